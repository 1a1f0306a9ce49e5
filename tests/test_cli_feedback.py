"""Scores and comments, testimonials with permission, and what keeps happening, as their user meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import Ran

Run = Callable[..., Ran]

YEAR = ("--year", "2026")


def report(run: Run, *arguments: str, **options: Any) -> list[dict[str, Any]]:
    """Return the rows of a report."""
    return list(json.loads(run("report", *arguments, "--format", "json", **options).stdout))


def test_a_score_is_kept_with_its_comment(made: Run) -> None:
    """It is theirs, so it came in; a low one is marked, and makes the client a concern."""
    said = made("log", "hall", "--score", "4", "--channel", "email", "--note", "came twice").stdout
    assert "e-mail from Ada Hall on Monday 2 March 2026, 4 of 10" in said
    (row,) = report(made, "feedback", *YEAR)
    assert (row["score"], row["low"], row["comment"]) == (4, True, "came twice")
    (concern,) = json.loads(made("concerns", "--format", "json").stdout)
    assert concern["evidence"][0]["code"] == "low-score"


def test_a_high_score_is_no_concern(made: Run) -> None:
    """Nor is it low."""
    made("log", "hall", "--score", "10")
    assert report(made, "feedback", *YEAR)[0]["low"] is False
    assert json.loads(made("concerns", "--format", "json").stdout) == []


def test_a_score_is_from_nothing_to_ten(made: Run) -> None:
    """Eleven is a slip."""
    made("log", "hall", "--score", "11", exit_code=2)


def quote(run: Run, wording: str, **options: Any) -> Ran:
    """Fix the words of Ada Hall's praise."""
    return run(
        *("praise", "quote", "hall", "--wording", wording, "--as", "A. H., Leeds", "--permission", "mail of 2 March"),
        **options,
    )


def test_a_testimonial_is_printed_as_it_was_allowed(made: Run) -> None:
    """Words, name and permission are fixed together; only then is it quotable, at any time."""
    made("praise", "add", "hall", "Sam left it spotless, and he explained everything", "--for", "sam")
    assert report(made, "praise", "--quotable") == []
    assert "can be quoted" in quote(made, "Spotless work").stdout
    (row,) = report(made, "praise", "--quotable", now="2027-01-01")
    assert (row["quote"], row["quoted_as"], row["permission"]) == ("Spotless work", "A. H., Leeds", "mail of 2 March")


def test_other_words_than_those_that_were_allowed_are_refused(made: Run) -> None:
    """The same ones again change nothing."""
    made("praise", "add", "hall", "spotless", "--for", "sam")
    quote(made, "Spotless work")
    quote(made, "Spotless work")
    assert "was allowed" in quote(made, "The best work ever", exit_code=65).stderr
    assert "needs its words" in quote(made, "  ", exit_code=65).stderr


def test_quotable_praise_has_no_period(made: Run) -> None:
    """It says so instead of leaving some out."""
    made("report", "praise", "--quotable", *YEAR, exit_code=2)
    made("report", "praise", "--quotable", "--client", "hall", exit_code=2)


def test_what_keeps_happening_is_counted_by_cause(made: Run) -> None:
    """Cases and lessons of the same cause stand together, however it is cased."""
    for cause in ("Part", "part", "hurry", ""):
        made("case", "open", "hall", "--summary", "tap drips", "--cause", cause)
        if cause:  # without one a case stays open
            made("case", "resolve", "hall")
    made("lesson", "add", "hall", "we ran out of taps", "--cause", "part", "--better", "keep two")
    rows = {row["cause"]: row for row in report(made, "lessons", "--by", "cause", *YEAR)}
    assert (rows["part"]["cases"], rows["part"]["lessons"], rows["part"]["repeats"]) == (2, 1, True)
    assert (rows["hurry"]["cases"], rows["hurry"]["repeats"], rows["not known"]["repeats"]) == (1, False, False)


def test_what_is_done_about_a_case_is_told_to_its_client(made: Run) -> None:
    """On the business day after it is in place; a lesson that came of no case is our own business."""
    (case,) = json.loads(made("case", "open", "hall", "--summary", "tap drips", "--format", "json").stdout)
    made("case", "resolve", "hall", "--cause", "part")
    made("lesson", "add", case["case_id"], "we ran out of taps", "--better", "keep two")
    assert "lesson-told" not in made("plan", now="2026-03-02").stdout
    (lesson,) = json.loads(made("lesson", "list", "--format", "json").stdout)
    made("lesson", "close", lesson["lesson_id"])
    told = [row for row in json.loads(made("plan", "--format", "json").stdout) if row["step"] == "lesson-told"]
    assert [row["due_on"] for row in told] == ["2026-03-03"]
    made("undo", "--yes")
    made("lesson", "add", "hall", "vans are late on Mondays", "--better", "start earlier")
    assert "lesson-told" not in made("plan").stdout


def test_the_csv_of_a_form_service_is_taken_in_once(made: Run, tmp_path: Path) -> None:
    """By e-mail or name, with score, comment and date; the same file again adds nothing."""
    path = tmp_path / "answers.csv"
    path.write_text("Submitted at,Your name,E-mail,Score,Comments\n2026-02-28 10:11,,ada@example.com,9,on time\n"
                    "2026-03-01,Ada Hall,,3,the second tap drips\n", encoding="utf-8")  # fmt: skip
    assert "2 scores added, 0 as they were" in made("feedback", "import", path).stdout
    assert "0 scores added, 2 as they were" in made("feedback", "import", path).stdout
    found = [(row["on"], row["score"], row["comment"]) for row in report(made, "feedback", *YEAR)]
    assert found == [("2026-02-28", 9, "on time"), ("2026-03-01", 3, "the second tap drips")]


def test_a_file_with_rows_that_mean_nothing_is_taken_in_whole_or_not_at_all(made: Run, tmp_path: Path) -> None:
    """Each row is named; people whom we do not know can be left out."""
    path = tmp_path / "answers.csv"
    path.write_text("email,score\nada@example.com,9\nwho@example.com,8\n", encoding="utf-8")
    refused = made("feedback", "import", path, exit_code=65).stderr
    assert "row 3: no client fits 'who@example.com'" in refused
    assert report(made, "feedback", *YEAR) == []
    assert "1 score added" in made("feedback", "import", path, "--skip-unknown").stdout
    path.write_text("email,score\nada@example.com,eleven\n", encoding="utf-8")
    assert "no score from 0 to 10" in made("feedback", "import", path, exit_code=65).stderr


def test_stars_are_not_taken_for_points(made: Run, tmp_path: Path) -> None:
    """Five stars of five are ten of ten, and nobody guesses which it is."""
    path = tmp_path / "stars.csv"
    path.write_text("email,rating\nada@example.com,5\n", encoding="utf-8")
    assert "--out-of 5" in made("feedback", "import", path, exit_code=65).stderr
    made("feedback", "import", path, "--out-of", "5")
    assert [row["score"] for row in report(made, "feedback", *YEAR)] == [10]


def test_programs_get_the_scores_that_came_in_as_rows(made: Run, tmp_path: Path) -> None:
    """Those that are new; how many stayed as they were is said on the side."""
    path = tmp_path / "answers.csv"
    path.write_text("email,score,comment\nada@example.com,3,came twice\n", encoding="utf-8")
    (row,) = json.loads(made("feedback", "import", path, "--format", "json").stdout)
    assert (row["score"], row["low"], row["comment"]) == (3, True, "came twice")
    again = made("feedback", "import", path, "--format", "json")
    assert json.loads(again.stdout) == []
    assert "0 scores added, 1 as they were" in again.stderr
