"""Whatever ends a command, the home is whole, nothing is said twice or lost, and the next run does the rest."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from followup.model import AttemptState
from tests import programs
from tests.conftest import Ran
from tests.programs import Program, held, jobs_file, together

Run = Callable[..., Ran]
POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")


@pytest.fixture
def made(run: Run, home: Path) -> Program:
    """Give a program with an empty home."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    return Program(home)


@pytest.fixture
def twenty(made: Program, run: Run, tmp_path: Path) -> Program:
    """Give a program whose home has twenty messages due."""
    run("import", jobs_file(tmp_path, "a", 20), "--yes")
    return made


@contextmanager
def killed_after(program: Program, seconds: float, *words: str) -> Iterator[bool]:
    """Start a command, kill it after *seconds*, and give whether that came in time."""
    process = program.start(*words)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    _, said = process.communicate()
    assert "Traceback" not in said, said
    yield process.returncode < 0


def storm(program: Program, files: list[Path], *, rounds: int, seed: int) -> int:
    """Kill commands at random moments, look at the home each time, and return how many kills came in time."""
    chance = random.Random(seed)
    landed = 0
    for number in range(rounds):
        words = chance.choice(
            [
                ["import", str(files[number % len(files)]), "--yes"],
                ["send", "--yes"],
                ["send", "--yes", "--limit", "7"],
                ["confirm", "--drafts", "--sent"],
                ["undo", "--yes"],
                ["backup", str(program.home.parent / f"{number}.tar.gz")],
            ]
        )
        before = held(program.home)
        with killed_after(program, chance.uniform(0.1, 0.7), *words) as came_in_time:
            landed += came_in_time
        after = held(program.home)
        assert after.contacts >= before.contacts
        assert {each.key for each in after.attempts} >= {each.key for each in before.attempts}
    return landed


def see_the_rest_done(program: Program, files: list[Path], *, clients: int) -> None:
    """The next runs complete what the killed ones began."""
    program.run("import", *map(str, files), "--yes")
    program.run("send", "--yes")
    now = held(program.home)
    assert (now.clients, now.jobs, len(now.attempts)) == (clients, clients, clients)
    assert program.draft_files() == now.drafted
    program.run("confirm", "--drafts", "--sent")
    now = held(program.home)
    assert now.contacts == clients
    assert {each.state for each in now.attempts} == {AttemptState.SENT}
    assert program.draft_files() == set()
    assert not list(program.home.rglob("*.part"))
    program.run("doctor")


@POSIX_ONLY
def test_a_short_storm_of_kills_loses_nothing_and_says_nothing_twice(made: Program, tmp_path: Path) -> None:
    """Eight commands are killed anywhere; the home is whole each time, and the rest is done afterwards."""
    files = [jobs_file(tmp_path, name, 10) for name in "ab"]
    storm(made, files, rounds=8, seed=random.randrange(2**32))
    see_the_rest_done(made, files, clients=20)


@pytest.mark.slow
@POSIX_ONLY
def test_a_long_storm_of_kills_loses_nothing_and_says_nothing_twice(made: Program, tmp_path: Path) -> None:
    """Three hundred commands are killed anywhere."""
    files = [jobs_file(tmp_path, name, 60) for name in "abcd"]
    assert storm(made, files, rounds=300, seed=random.randrange(2**32)) > 30
    see_the_rest_done(made, files, clients=240)


@POSIX_ONLY
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_send_that_is_stopped_is_completed_by_the_next(twenty: Program, sign: signal.Signals) -> None:
    """Whether asked or forced to stop in the middle: what was drafted stays, the rest follows."""
    process = twenty.start("send", "--yes")
    journal = twenty.home / "journal"
    deadline = time.monotonic() + 30
    while not journal.read_bytes() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(sign)
    _, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    begun = {each.id for each in held(twenty.home).attempts}
    assert begun
    twenty.run("send", "--yes")
    now = held(twenty.home)
    assert len(now.attempts) == 20
    assert begun <= {each.id for each in now.attempts}
    assert twenty.draft_files() == now.drafted


@POSIX_ONLY
def test_a_killed_restore_leaves_no_home_or_a_whole_one(twenty: Program, tmp_path: Path) -> None:
    """What a restore makes appears in one step."""
    packed = tmp_path / "b.tar.gz"
    twenty.run("backup", str(packed))
    for number, seconds in enumerate([0.12, 0.2, 0.3, 0.4]):
        target = tmp_path / f"back{number}"
        with killed_after(twenty, seconds, "restore", str(packed), str(target)):
            assert not target.exists() or held(target).clients == 20
    target = tmp_path / "back"
    twenty.run("restore", str(packed), str(target))
    assert held(target).clients == 20


@POSIX_ONLY
def test_what_a_killed_backup_left_goes_with_the_next_one(twenty: Program, tmp_path: Path) -> None:
    """A copy of the clients does not lie about for ever; one that somebody may be making right now is left alone."""
    left, fresh = tmp_path / ".followup-scratch-left", tmp_path / ".followup-scratch-fresh"
    for folder in (left, fresh):
        folder.mkdir()
        (folder / "followup.db").write_bytes(b"clients")
    yesterday = time.time() - 86400
    os.utime(left, (yesterday, yesterday))
    twenty.run("backup", str(tmp_path / "b.tar.gz"))
    assert not left.exists()
    assert fresh.exists()


@POSIX_ONLY
def test_the_process_that_fills_in_templates_ends_with_a_killed_parent(twenty: Program) -> None:
    """A template without an end does not run on when nobody waits for it any more."""
    endless_template(twenty.home)
    process = twenty.start("send", "--yes")
    child = ""
    deadline = time.monotonic() + 30
    while not child and time.monotonic() < deadline:
        time.sleep(0.05)
        child = first_child(process.pid)
    if not child:
        process.kill()
        process.communicate()
        pytest.skip("this system does not tell the children of a process")
    time.sleep(0.5)  # into the template
    process.kill()
    process.communicate()
    while Path(f"/proc/{child}").exists():
        assert time.monotonic() < deadline, "the child runs on"
        time.sleep(0.1)


def first_child(pid: int) -> str:
    """Return the process id of a process's first child, where the system tells."""
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").partition(" ")[0]
    except OSError:
        return ""


def endless_template(home: Path) -> None:
    """Give the home a thank-you that never ends."""
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    (home / "templates").mkdir()
    programs.lines_file(
        home / "templates" / "thank-you.en.txt", ["subject: Thanks", "purpose: service", "---", "{{ greeting }}" + loop]
    )


# ---------------------------------------------------------------- two at once


def test_two_sends_at_once_draft_everything_once(twenty: Program) -> None:
    """Cron and a person meet; each message is drafted by one of them."""
    codes = together(*(twenty.start(*words) for words in (["send", "--yes"], ["send", "--yes"], ["run", "--cron"])))
    assert set(codes) <= {0, 75}
    twenty.run("send", "--yes")
    now = held(twenty.home)
    assert len(now.attempts) == 20
    assert twenty.draft_files() == now.drafted


def test_two_imports_of_one_file_at_once_take_it_in_once(made: Program, tmp_path: Path) -> None:
    """The later one is told to start again, or finds nothing new; it does not write over what came between."""
    path = str(jobs_file(tmp_path, "a", 30))
    codes = together(made.start("import", path, "--yes"), made.start("import", path, "--yes"))
    assert codes in ([0, 0], [0, 75])
    assert held(made.home).clients == 30
    assert made.run("imports", "--format", "csv").stdout.count("a.csv") == 2  # one line: the command and its file
    made.run("import", path, "--yes")
    assert held(made.home).clients == 30


def test_an_import_and_a_send_at_once_disturb_nobody(twenty: Program, tmp_path: Path) -> None:
    """What the send did not see yet, the next one drafts."""
    path = str(jobs_file(tmp_path, "b", 20))
    assert set(together(twenty.start("import", path, "--yes"), twenty.start("send", "--yes"))) <= {0, 75}
    twenty.run("import", path, "--yes")
    twenty.run("send", "--yes")
    assert len(held(twenty.home).attempts) == 40


def test_a_confirm_and_a_send_at_once_record_each_message_once(twenty: Program, run: Run) -> None:
    """Two people say that everything went out while cron drafts."""
    run("send", "--yes", "--limit", "10")
    yes = ("confirm", "--drafts", "--sent")
    assert set(together(twenty.start(*yes), twenty.start("send", "--yes"), twenty.start(*yes))) <= {0, 75}
    twenty.run("send", "--yes")
    twenty.run(*yes)
    assert held(twenty.home).contacts == 20
    assert twenty.draft_files() == set()


def test_two_undos_at_once_take_back_one_change_each_or_wait(made: Program, run: Run, tmp_path: Path) -> None:
    """Nothing is taken back that nobody was shown."""
    for name in "abc":
        run("import", jobs_file(tmp_path, name, 3), "--yes")
    codes = together(made.start("undo", "--yes"), made.start("undo", "--yes"))
    assert held(made.home).clients == 9 - 3 * codes.count(0)


# ---------------------------------------------------------------- no room


@POSIX_ONLY
@pytest.mark.parametrize(
    "words", [["send", "--yes"], ["undo", "--yes"], ["client", "add", "--name", "New", "--email", "n@example.com"]]
)
def test_a_full_disk_changes_nothing(twenty: Program, words: list[str]) -> None:
    """74, one message, and the home is as it was."""
    before = held(twenty.home)
    said = twenty.run(*words, exit_code=74, largest_file=1000).stderr
    assert str(twenty.home) in said
    assert held(twenty.home) == before


@POSIX_ONLY
def test_an_import_that_finds_no_room_writes_nothing(made: Program, tmp_path: Path) -> None:
    """All of the batch or none of it; with room it goes through."""
    path = str(jobs_file(tmp_path, "a", 400))
    room = (made.home / "followup.db").stat().st_size
    made.run("import", path, "--yes", exit_code=74, largest_file=room)
    assert held(made.home).clients == 0
    made.run("import", path, "--yes")
    assert held(made.home).clients == 400


@POSIX_ONLY
def test_a_disk_that_fills_while_drafting_keeps_what_was_drafted(twenty: Program, run: Run) -> None:
    """Some drafts are made before there is no room; the message says so, and the next run does the rest."""
    (twenty.home / "journal").write_bytes(b"")
    twenty.run("send", "--yes", exit_code=74, largest_file=(twenty.home / "followup.db").stat().st_size + 4096)
    begun = held(twenty.home)
    assert len(begun.attempts) < 20
    run("send", "--yes")
    assert len(held(twenty.home).attempts) == 20
    assert twenty.draft_files() == held(twenty.home).drafted


@POSIX_ONLY
def test_a_confirm_that_finds_no_room_is_asked_again(twenty: Program, run: Run) -> None:
    """An answer that could not be kept is not half kept."""
    run("send", "--yes")
    twenty.run("confirm", "--drafts", "--sent", exit_code=74, largest_file=1000)
    now = held(twenty.home)
    assert now.contacts == sum(each.state is AttemptState.SENT for each in now.attempts)
    run("confirm", "--drafts", "--sent")
    assert held(twenty.home).contacts == 20


@POSIX_ONLY
def test_a_backup_that_finds_no_room_leaves_nothing(twenty: Program, tmp_path: Path) -> None:
    """No half archive that somebody would rely on, and no copy of the clients lying about."""
    folder = tmp_path / "stick"
    folder.mkdir()
    said = twenty.run("backup", str(folder / "b.tar.gz"), exit_code=74, largest_file=100_000).stderr
    assert str(folder) in said
    assert list(folder.iterdir()) == []


@POSIX_ONLY
def test_an_export_that_finds_no_room_keeps_the_old_file(twenty: Program, tmp_path: Path) -> None:
    """The old file or the new one, never half of it."""
    target = tmp_path / "clients.csv"
    target.write_text("old\n", encoding="utf-8")
    twenty.run("client", "export", "-o", str(target), exit_code=74, largest_file=500)
    assert target.read_text(encoding="utf-8") == "old\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "clients.csv", "home"]


@POSIX_ONLY
@pytest.mark.parametrize(
    "words", [["report", "contacts", "--format", "csv"], ["due", "--format", "json"], ["why", "a1@example.com"]]
)
def test_output_that_cannot_be_written_is_74(twenty: Program, words: list[str]) -> None:
    """A full device does not look like success."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            twenty.command(*words),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(programs.CHECKOUT)},
        )
    assert done.returncode == 74
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------- older than reality


def test_a_database_older_than_the_journal_is_not_sent_from(twenty: Program, run: Run) -> None:
    """Somebody copied yesterday's database back: sending stops with 78, looking goes on, and doctor says why."""
    database = twenty.home / "followup.db"
    old = database.read_bytes()
    run("send", "--yes")
    database.write_bytes(old)
    for words in (["send", "--yes"], ["send", "--dry-run"], ["run", "--cron"]):
        assert "older than the journal" in twenty.run(*words, exit_code=78).stderr
    assert held(twenty.home).attempts == ()
    twenty.run("due")
    assert "the database is older" in twenty.run("doctor", exit_code=78).stdout


def test_a_database_older_than_the_journal_goes_on_after_a_person_looked(twenty: Program, run: Run) -> None:
    """Without a newer backup it is no dead end: five are asked about, the rest waits for a look."""
    database = twenty.home / "followup.db"
    old = database.read_bytes()
    run("send", "--yes", "--limit", "5")
    database.write_bytes(old)
    run("send", "--yes", exit_code=78)
    assert "5 messages may have gone out" in twenty.run("reconcile", "--yes").stdout
    run("send", "--yes")
    assert len(held(twenty.home).attempts) == 5
    twenty.run("restore", "--looked")
    run("send", "--yes")
    assert len(held(twenty.home).attempts) == 20


def test_a_journal_with_a_torn_line_goes_on(twenty: Program, run: Run) -> None:
    """A power cut in the middle of a line costs that line only."""
    run("send", "--yes", "--limit", "3")
    journal = twenty.home / "journal"
    journal.write_bytes(journal.read_bytes()[:-9])
    twenty.run("send", "--yes")
    assert len(held(twenty.home).attempts) == 20
    assert "cut short" in twenty.run("doctor").stdout


def test_after_a_restore_nothing_goes_out_before_somebody_looked(twenty: Program, run: Run, tmp_path: Path) -> None:
    """What was due by then may have gone out since the backup: it waits for review."""
    run("send", "--yes", "--limit", "5")
    packed, back = tmp_path / "b.tar.gz", tmp_path / "back"
    run("backup", packed)
    run("send", "--yes")
    twenty.run("restore", str(packed), str(back))
    restored = Program(back)
    assert restored.run("due", "--format", "csv").stdout.count(",review,") == 15
    restored.run("send", "--yes")
    assert len(held(back).attempts) == 5
    assert restored.draft_files() == held(back).drafted
    restored.run("restore", "--looked")
    restored.run("send", "--yes")
    assert len(held(back).attempts) == 20


def test_a_clock_that_was_moved_back_sends_nothing_by_itself(made: Program, run: Run, tmp_path: Path) -> None:
    """Old jobs were history when they came in; on a day before that, a person is asked whether the date is right."""
    run("import", jobs_file(tmp_path, "old", 2, completed="2025-05-30"), jobs_file(tmp_path, "new", 2), "--yes")
    run("send", "--yes")
    assert len(held(made.home).attempts) == 2
    due = made.run("due", "--format", "csv", now="2025-06-02").stdout
    assert due.count(",review,") == 2
    assert "is the date of this computer right?" in due
    made.run("run", "--cron", now="2025-06-02", exit_code=3)
    made.run("run", "--cron", now="1970-01-01")
    assert len(held(made.home).attempts) == 2


def test_a_home_in_another_folder_is_the_same_home(twenty: Program, run: Run, tmp_path: Path) -> None:
    """Nothing in it knows where it lies: moved, behind a link, with blanks and letters of any script in its path."""
    run("send", "--yes", "--limit", "5")
    moved = tmp_path / "Büro von Sam — 事務所"
    shutil.move(twenty.home, moved)
    elsewhere = Program(moved)
    elsewhere.run("send", "--yes")
    now = held(moved)
    assert len(now.attempts) == 20
    assert elsewhere.draft_files() == now.drafted


@POSIX_ONLY
def test_a_home_behind_a_link_is_worked_in_where_it_is(twenty: Program, tmp_path: Path) -> None:
    """The link stays one, and nothing is made beside it."""
    link = tmp_path / "link"
    link.symlink_to(twenty.home)
    Program(link).run("send", "--yes")
    assert link.is_symlink()
    assert twenty.draft_files() == held(twenty.home).drafted
    assert len(twenty.draft_files()) == 20
