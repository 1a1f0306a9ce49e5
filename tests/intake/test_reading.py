"""A file is read in two passes: looked through, then taken in parts as large as its reader wants."""

from __future__ import annotations

import io
import itertools
import os
import threading
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import intake
from followup.errors import BadInput, NotFound, TryLater
from followup.intake import facts, reading, sources
from tests import factories, sheets

HOME = intake.HomeFacts(country="GB", currency="GBP", today=factories.TODAY, key=factories.HOME_KEY)
HEADER = "Job #,Client ID,Client name,Client email,Service,Completed,Status,Amount\n"


def jobs(count: int, *, of_one: int = 1) -> str:
    """Return a file of jobs, *of_one* rows with each number."""
    rows = (
        f"{row // of_one},C{row // of_one},Ada,a@example.com,Boiler,2026-01-13,Done,10.50\n" for row in range(count)
    )
    return HEADER + "".join(rows)


def opened(file: str | bytes | Path, **options: Any) -> reading.Reading:
    """Look through a file."""
    data = file.encode() if isinstance(file, str) else file
    return intake.opened(data, name="x.csv", home=HOME, **options)


def told(parts: Iterable[facts.FileResult]) -> dict[str, list[Any]]:
    """Return what all parts of a file say together."""
    found: dict[str, list[Any]] = {
        "jobs": [],
        "clients": [],
        "not_jobs": [],
        "skipped": [],
        "problems": [],
        "warnings": [],
    }
    for part in parts:
        for name, values in found.items():
            values += getattr(part, name)
    return found


def test_a_path_and_its_bytes_say_the_same(tmp_path: Path) -> None:
    """In parts or as a whole; a part says how many rows it is about."""
    text = (
        "My jobs\n\n"
        + jobs(30, of_one=3)
        + ",,,,,,,\nx,C9,Bob,nobody,Tap,2026-01-14,Done,5\n9,C9,Bob\nTotal,,,,,,,315\n"
    )
    path = tmp_path / "jobs.csv"
    path.write_text(text, encoding="utf-8")
    whole = next(iter(opened(text).slices()))
    parts = [*opened(path).slices(4)]
    assert told(parts) == told([whole])
    assert sum(part.rows for part in parts) == whole.rows == opened(path).result.rows == 36
    assert len(parts) > 3


@pytest.mark.parametrize("keep", [1, 12, 36, 1000])
def test_what_is_kept_of_looking_through_says_the_same_as_reading_again(tmp_path: Path, keep: int) -> None:
    """Also where the file turns out to be longer than what may be kept, and a second time."""
    path = tmp_path / "jobs.csv"
    path.write_text(
        "My jobs\n\n" + jobs(12_000, of_one=3) + ",,,,,,,\nx,C9,Bob,nobody,,never,Done,\n", encoding="utf-8"
    )
    read_again, kept = opened(path), opened(path, keep=keep * 400)
    expected = told(read_again.slices(5_000))
    assert told(kept.slices(5_000)) == expected
    assert told(kept.slices()) == expected


def test_rows_of_one_number_are_in_one_part() -> None:
    """An invoice has its lines, and a client its jobs, wherever the file is cut."""
    parts = [*opened(jobs(60, of_one=7)).slices(10)]
    numbers = [{job.job_id for job in part.jobs} for part in parts]
    assert all(one.isdisjoint(other) for one, other in itertools.pairwise(numbers))
    assert [len(part.jobs) for part in parts] == [14, 14, 14, 14, 4]


def test_what_is_said_of_the_whole_file_is_said_once_and_counts_all_rows() -> None:
    """The last part says it."""
    rows = "".join(f"{row},C{row},Ada,a@example.com,Boiler,2026-01-13\n" for row in range(30))
    *parts, last = opened(HEADER + rows).slices(10)
    assert not any(part.warnings for part in parts)
    assert "(rows 2, 3, 4, 5, 6, 7, 8, 9 and 22 more)" in " ".join(last.warnings)


def test_a_question_or_a_refusal_is_one_part_without_rows() -> None:
    """Nothing is read before the owner has answered."""
    (asked,) = opened(HEADER + "1,,Ada,a@example.com,Boiler,03/04/2025,Done,\n").slices(10)
    assert [question.about for question in asked.questions] == ["date_order"]
    assert asked.questions[0].rows == (2,)
    (refused,) = opened("Dear Sir\n").slices(10)
    assert refused.refused
    assert not (asked.jobs)
    assert not (refused.jobs)


def test_all_questions_of_a_file_come_at_once_with_the_rows_that_show_why() -> None:
    """Date order, decimal mark, words of status, merged cells."""
    text = HEADER + (
        "1,,Ada,a@example.com,Boiler,03/04/2025,Handed over,1.234\n"
        "2,,,,Tap,04/03/2025,Handed over,2.345\n"
        "3,,Bob,b@example.com,Tap,04/03/2025,Done,2.345\n"
    )
    asked = {question.key: question.rows for question in opened(text).result.questions}
    assert asked["date_order"] == (2, 3)
    assert asked["decimal_mark"] == (2, 3)
    assert asked["status:Handed over"] == (2, 3)
    assert "fill_down" in asked


def test_an_answer_about_another_table_is_put_aside_where_there_is_one() -> None:
    """Last month's export had two."""
    text = jobs(2)
    result = next(iter(opened(text, remembered=lambda _: {"tables": "2"}).slices()))
    assert len(result.jobs) == 2
    assert not result.questions


def test_a_table_that_is_refused_is_no_reason_to_refuse_the_others() -> None:
    """It is asked which to read; whoever names the bank's gets the refusal."""
    bank = "Date,Money in,Money out,Balance\n2026-01-13,5,,5\n"
    assert [question.about for question in opened(bank + "\n" + jobs(2)).result.questions] == ["tables"]
    assert len(told(opened(bank + "\n" + jobs(2), answers={"tables": "2"}).slices())["jobs"]) == 2
    assert opened(bank + "\n" + jobs(2), answers={"tables": "1"}).result.refused_code == "bank-statement"


def test_known_rows_are_left_out_but_for_those_that_belong_to_a_new_one() -> None:
    """Across the borders of parts: a new line of an old invoice brings its other lines along."""
    rows = "".join(f"{row},C{row},N{row},n{row}@example.com,Boiler,2026-01-13,Done,10.50\n" for row in range(40))
    before = {digest for part in opened(HEADER + rows).slices(10) for digest in part.digests.values()}
    assert len(before) == 40

    def known(_: str, digests: Collection[str]) -> Collection[str]:
        return before.intersection(digests)

    assert [part.known for part in opened(HEADER + rows, known=known).slices(10)] == [10, 10, 10, 10]
    more = HEADER + rows + "3,C3,N3,n3@example.com,Tap,2026-01-13,Done,5.00\n"
    parts = [*opened(more, known=known).slices(10)]
    assert [part.known for part in parts] == [9, 10, 10, 10, 0]
    assert [row for part in parts for job in part.jobs for row in job.rows] == [5, 42]


def test_a_file_that_changes_while_it_is_read_is_left_alone(tmp_path: Path) -> None:
    """What was decided of its first half would be said of another second half."""
    path = tmp_path / "jobs.csv"
    path.write_text(jobs(3), encoding="utf-8")
    found = opened(path)
    path.write_text(jobs(4), encoding="utf-8")
    with pytest.raises(TryLater, match="was changed while it was read"):
        next(iter(found.slices()))


def test_what_is_no_file_is_refused_by_name(tmp_path: Path) -> None:
    """A folder, or nothing."""
    with pytest.raises(BadInput, match="is a folder"):
        opened(tmp_path)
    with pytest.raises(NotFound, match="There is no file"):
        opened(tmp_path / "none.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name are Unix's")
def test_a_pipe_is_read_whole(tmp_path: Path) -> None:
    """It gives its bytes only once."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(jobs(5).encode(),))
    writer.start()
    assert len(told(opened(path).slices(2))["jobs"]) == 5
    writer.join()


@pytest.mark.parametrize("data", [jobs(150_000).encode(), sheets.xlsx([["Name", "Email"], ["Ada", "a@example.com"]])])
def test_what_is_piped_in_reads_as_a_file_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """More of it than a little waits on disk, in a file that nobody sees."""
    monkeypatch.setattr(sources, "_IN_MEMORY", 1_000)
    piped = intake.Piped(io.BytesIO(data), name="standard input", folder=tmp_path)
    assert not list(tmp_path.iterdir())
    assert piped.size == len(data)
    for _ in range(2):  # before and after a question
        assert told(opened(piped).slices(50_000)) == told(opened(data).slices(50_000))
    with piped.open() as one, piped.open() as other:
        assert one.read(10) + other.read(10) == data[:10] * 2
        assert (one.seek(-5, os.SEEK_END), one.read()) == (len(data) - 5, data[-5:])


class Endless(io.RawIOBase):
    """What a device without an end gives, or a program that never stops."""

    def read(self, size: int = -1, /) -> bytes:
        """Return as many bytes as are asked for."""
        return bytes(size)


def test_what_is_piped_in_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to a gigabyte it is taken; then it says what else to do."""
    assert sources.MOST_PIPED == 1 << 30
    monkeypatch.setattr(sources, "MOST_PIPED", 20 << 20)
    with pytest.raises(BadInput, match=r"standard input goes on after .* Save it as a file"):
        intake.Piped(Endless(), name="standard input", folder=tmp_path)  # type: ignore[arg-type]  # reading is enough
    assert not list(tmp_path.iterdir())


def test_progress_goes_on_to_the_end(tmp_path: Path) -> None:
    """Both passes count; it never goes back, and never beyond the whole."""
    path = tmp_path / "jobs.csv"
    path.write_text(jobs(30_000), encoding="utf-8")
    seen: list[tuple[int, int]] = []
    for _ in opened(path, progress=lambda done, of: seen.append((done, of))).slices(10_000):
        pass
    assert len(seen) >= 10
    assert seen == sorted(seen)
    assert all(done <= of for done, of in seen)
    assert seen[-1][0] > seen[-1][1] * 0.9


@pytest.mark.parametrize("keep", [0, 100_000], ids=["streamed", "kept"])
def test_rows_count_when_they_are_read_and_not_when_they_come(tmp_path: Path, keep: int) -> None:
    """A file that is taken in one go is in memory long before all of it is read."""
    path = tmp_path / "jobs.csv"
    path.write_text(jobs(30_000), encoding="utf-8")
    seen: list[float] = []
    found = opened(path, progress=lambda done, of: seen.append(done / of), keep=keep)
    assert 0.4 < seen[-1] <= 0.5
    before = len(seen)
    next(iter(found.slices()))
    assert len(seen[before:]) == 6
    assert seen[before:] == sorted(seen[before:])


@pytest.mark.parametrize("quote", ["", '"'], ids=["never closed", "closed by a later one"])
def test_an_unclosed_quote_early_in_a_long_file_is_refused_soon(tmp_path: Path, quote: str) -> None:
    """Whoever left it open is told the row, not handed a row of a hundred thousand lines."""
    lines = jobs(100_000).splitlines(keepends=True)
    lines[2] = lines[2].replace("Ada", '"Ada')
    lines[90_000] = lines[90_000].replace("Ada", f"{quote}Ada")
    path = tmp_path / "jobs.csv"
    path.write_text("".join(lines), encoding="utf-8")
    start = time.process_time()
    result = opened(path).result
    assert (result.refused_code, "row 3 opens a quotation mark" in result.refused) == ("unclosed-quote", True)
    assert time.process_time() - start < 5


def test_a_cell_of_ten_million_letters_and_a_thousand_columns_are_told_in_words() -> None:
    """One is a problem of its row, the other of the file."""
    result = next(iter(opened(HEADER + "1,C1," + "x" * 10_000_000 + ",a@example.com,Tap,2026-01-13,Done,\n").slices()))
    assert [(each.row, each.code) for each in result.problems] == [(2, "too-long")]
    wide = ",".join(f"Email {number}" for number in range(1000))
    assert opened(f"Name,{wide}\n").result.refused_code == "too-wide"


def test_text_saved_twice_by_way_of_a_mac_is_named() -> None:
    """As well as by way of Windows."""
    (result,) = opened("Name,Email\nJos√© N√∫√±ez,jose@example.com\n").slices()
    assert "'José Núñez'" in result.warnings[0]


row = st.tuples(
    st.sampled_from(["1", "2", "3", ""]),
    st.sampled_from(["C1", "C2", ""]),
    st.sampled_from(["Ada Hall", "Bob", "Total", ""]),
    st.sampled_from(["a@example.com", "nobody", ""]),
    st.sampled_from(["Boiler", "Tap, old", ""]),
    st.sampled_from(["2026-01-13", "never", ""]),
    st.sampled_from(["Done", "Draft", ""]),
    st.sampled_from(["10.50", "-3", ""]),
)


@given(st.lists(row, max_size=30), st.integers(1, 12))
def test_parts_say_what_the_whole_says(rows: list[tuple[str, ...]], most: int) -> None:
    """Whatever the rows, and wherever the file is cut; each row is told of once."""
    text = HEADER + "".join(",".join(f'"{cell}"' if "," in cell else cell for cell in each) + "\n" for each in rows)
    answers = {"fill_down": "no", "headings": "nothing"}
    whole = next(iter(opened(text, answers=answers).slices()))
    parts = [*opened(text, answers=answers).slices(most)]
    assert [job.to_json() for part in parts for job in part.jobs] == [job.to_json() for job in whole.jobs]
    assert told(parts)["problems"] == whole.problems
    assert told(parts)["skipped"] == whole.skipped
    assert sum(part.rows for part in parts) == whole.rows


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16-le", "utf-16"])
def test_a_long_file_is_recognised_by_its_beginning(tmp_path: Path, encoding: str) -> None:
    """Whose export it is shows before it has been looked through."""
    header = ",".join(["J-ID", "Is Company?", "First Name", "Last Name", "E-mails", "Service Property Name"]) + "\n"
    path = tmp_path / "clients.csv"
    path.write_bytes((header + "1_2,false,José,Núñez,jose@example.com,Home\n" * 5_000).encode(encoding))
    found = intake.recognised(path, name="clients.csv", home=HOME)
    assert (found.looks_like, found.source, found.encoding) == ("Jobber clients", "jobber", encoding)
    assert found.header[0] == "J-ID"


def test_what_is_no_table_is_recognised_as_such() -> None:
    """So is a spreadsheet, whose sheets take longer."""
    assert intake.recognised(b"%PDF-1.7", name="x.csv", home=HOME).refused_code == "pdf"
    assert intake.recognised(sheets.xlsx([["Name", "Email"]]), name="x.xlsx", home=HOME).encoding == "xlsx"
