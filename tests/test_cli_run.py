"""run: the daily run, as cron and its owner meet it."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from followup.workflow import daily, runlog
from tests.conftest import Ran
from tests.mailserver import Fault, FaultServer
from tests.mailserver.fixtures import LiveHome

Run = Callable[..., Ran]
Servers = Callable[..., FaultServer]


@pytest.fixture
def calm(run: Run) -> Run:
    """Give `run` in a home where nothing waits."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    return run


def test_cron_prints_nothing_when_all_is_well_and_nothing_waits(calm: Run, home: Path) -> None:
    """No output, so no mail from cron."""
    ran = calm("run", "--cron", now=None)
    assert (ran.stdout, ran.stderr) == ("", "")
    assert calm("run").stdout == "Nothing waits for you.\n"


def test_cron_drafts_what_is_due_and_prints_one_digest(made: Run, home: Path) -> None:
    """What waits, each with what to do."""
    said = made("run", "--cron").stdout
    assert said.splitlines()[0] == "followup, 2 March 2026: what waits for you"
    assert "1 draft to confirm: open" in said
    assert str(home / "drafts" / "drafts.html") in said
    assert len(list((home / "drafts").glob("*.eml"))) == 1


def test_cron_tells_nothing_twice_and_reminds_after_a_week(made: Run, home: Path) -> None:
    """The draft is not made again, and not told again until it has lain there for seven days."""
    made("run", "--cron")
    assert made("run", "--cron", now="2026-03-03").stdout == ""
    said = made("run", "--cron", now="2026-03-09").stdout
    assert "nothing is new since 2 March 2026" in said or "new)" in said
    assert "to confirm" in said
    made("confirm", "--drafts", "--sent", now="2026-03-09")
    assert "draft" not in made("run", "--cron", now="2026-03-10").stdout


def test_without_cron_the_digest_is_printed_each_time(made: Run) -> None:
    """Whoever asks gets an answer."""
    made("run")
    assert "what waits for you, and nothing is new since 2 March 2026" in made("run").stdout


def test_the_digest_counts_calls_letters_and_cases(business: Run) -> None:
    """Everything that a person has to do."""
    business("case", "open", "Lorna Fisk")
    said = business("run", "--cron").stdout
    for words in ("calls to make: followup calls", "letters or texts to write: followup calls", "1 open case"):
        assert words in said


def test_what_is_too_late_needs_a_person(made: Run) -> None:
    """Exit code 3, with where to look."""
    ran = made("run", "--cron", now="2026-03-20", exit_code=3)
    assert "1 touchpoint to look at: followup due" in ran.stdout


def test_a_template_that_does_not_render_is_in_the_digest(made: Run, home: Path) -> None:
    """78, with file and line; the other messages are drafted."""
    (home / "templates").mkdir(exist_ok=True)
    (home / "templates" / "thank-you.en.txt").write_text("subject: Hi\n---\n{{ nmae }}\n", encoding="utf-8")
    ran = made("run", "--cron", exit_code=78)
    assert "1 message that cannot be written: see below" in ran.stdout
    assert "thank-you.en.txt:3" in ran.stdout


def test_wrong_settings_are_told_by_cron_too(made: Run, home: Path) -> None:
    """78 on stderr, nothing drafted."""
    with (home / "followup.toml").open("a", encoding="utf-8") as stream:
        stream.write("\n[budgets]\nx = 1\n")
    assert "budget" in made("run", "--cron", exit_code=78).stderr


def test_a_run_while_another_is_at_work_is_for_later(made: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """75, and nothing half done."""
    from followup import files
    from followup import home as homes

    monkeypatch.setattr("followup.workflow.desk.WAIT_SECONDS", 0.2)
    with files.Lock(homes.Home(home).lock_path):
        assert "Error" in made("run", exit_code=75).stderr
    rows = json.loads(made("due", "--format", "json").stdout)
    assert [row["state"] for row in rows] == ["due"]


# ---------------------------------------------------------------- by a mail server


def test_cron_sends_and_is_silent_when_all_is_well(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """Nobody is asked and nobody is told; the messages say that a machine sent them."""
    server = mail_server(security="starttls")
    live_home(server, clients=3)
    ran = run("-q", "run", "--cron")
    assert (ran.stdout, ran.stderr) == ("", "")
    assert len(server.messages) == 3
    assert {message.headers["Auto-Submitted"] for message in server.messages} == {"auto-generated"}
    ran = run("-q", "run", "--cron")
    assert (ran.stdout, ran.stderr) == ("", "")


def test_what_a_person_runs_is_not_marked_as_automatic(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """`run` without --cron has somebody who looks, and is asked."""
    server = mail_server()
    live_home(server)
    assert "--yes, or --cron" in run("run", exit_code=2).stderr
    run("run", answers="n\n", exit_code=1)
    assert server.messages == []
    run("run", "--yes")
    assert server.messages[0].headers["Auto-Submitted"] is None


def test_a_refused_login_is_one_line_a_day_and_77_each_time(
    run: Run, mail_server: Servers, live_home: LiveHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is asked once; the line says what to do, and a quarter of an hour later cron does not say it again."""
    server = mail_server(security="starttls")
    live_home(server)
    monkeypatch.setenv("FOLLOWUP_MAIL_PASSWORD", "wrong")
    refused, blocked, silent, reminded = (
        run("-q", "run", "--cron", now=now, exit_code=77)
        for now in ("2026-03-02T09:15", "2026-03-02T09:30", "2026-03-02T09:45", "2026-03-03T09:30")
    )
    for ran in (refused, blocked, reminded):
        (line,) = ran.stderr.splitlines()
        assert "followup mail test" in line
        assert ran.stdout == ""
    assert (silent.stdout, silent.stderr) == ("", "")
    assert len({record.session for record in server.logins}) == 1, "a refused password is not tried again"


def test_a_server_that_is_down_is_news_after_a_day(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """69 each time; silence for a day after the last good run, then one line; and nothing was lost."""
    server = mail_server()
    live_home(server)
    run("run", "--cron", now="2026-03-02T09:00")
    run("client", "add", "--name", "Bea Moor", "--email", "bea@example.com")
    run("job", "add", "Bea Moor", "--service", "Drain", "--completed", "2026-02-27")
    server.faults.append(Fault("connect", "drop"))
    ran = run("-q", "run", "--cron", now="2026-03-02T21:00", exit_code=69)
    assert (ran.stdout, ran.stderr) == ("", "")
    (line,) = run("-q", "run", "--cron", now="2026-03-03T10:00", exit_code=69).stderr.splitlines()
    assert line.startswith("Error: localhost")
    server.faults.clear()
    assert run("-q", "run", "--cron", now="2026-03-03T11:00").stderr == ""
    assert len(server.messages) == 2


def test_what_nobody_knows_is_one_line_and_in_the_digest_once(
    run: Run, mail_server: Servers, live_home: LiveHome
) -> None:
    """3 until it is settled, and told when it is news."""
    live_home(mail_server(faults=[Fault("dot", "drop", hits={1})]))
    ran = run("-q", "run", "--cron", exit_code=3)
    assert "1 message that may have gone out: followup confirm" in ran.stdout
    (line,) = ran.stderr.splitlines()
    assert "1 message may have gone out" in line
    ran = run("-q", "run", "--cron", exit_code=3)
    assert (ran.stdout, ran.stderr) == ("", "")


def test_a_journal_that_is_ahead_is_one_line_and_78(
    run: Run, home: Path, mail_server: Servers, live_home: LiveHome
) -> None:
    """The line names the command, and nothing is sent."""
    server = mail_server()
    live_home(server, clients=2)
    old = (home / "followup.db").read_bytes()
    run("run", "--cron")
    (home / "followup.db").write_bytes(old)
    (line,) = run("-q", "run", "--cron", exit_code=78).stderr.splitlines()
    assert "followup reconcile" in line
    assert len(server.messages) == 2
    run("reconcile", "--yes")
    run("run", "--cron", exit_code=None)
    assert len(server.messages) == 2, "what went out is known"


def test_wrong_settings_are_one_line_for_cron(run: Run, home: Path, calm: Run) -> None:
    """However many there are."""
    with (home / "followup.toml").open("a", encoding="utf-8") as stream:
        stream.write("\n[budgets]\nx = 1\n\n[cals]\ny = 2\n")
    (line,) = calm("run", "--cron", exit_code=78).stderr.splitlines()
    assert "budgets" in line
    assert "cals" in line


def test_a_run_beside_another_is_no_news_for_a_day(made: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """75; cron's line overlaps when a run takes long, and the next one goes on."""
    from followup import files
    from followup import home as homes

    monkeypatch.setattr("followup.workflow.desk.WAIT_SECONDS", 0.2)
    made("run", "--cron")
    with files.Lock(homes.Home(home).lock_path):
        assert made("-q", "run", "--cron", exit_code=75).stderr == ""
        assert "at work" in made("-q", "run", "--cron", now="2026-03-04", exit_code=75).stderr
        assert "at work" in made("run", exit_code=75).stderr


# ---------------------------------------------------------------- the log


def log_of(home: Path) -> list[str]:
    """Return the log without its instants."""
    lines = (home / "log" / "followup.log").read_text(encoding="utf-8").splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00 ", line) for line in lines)
    return [line.partition(" ")[2] for line in lines]


def test_the_log_has_each_run_with_identifiers_only(
    run: Run, home: Path, mail_server: Servers, live_home: LiveHome
) -> None:
    """Keys, words of ours, numbers: no name, no address, nothing that a server said, no password."""
    server = mail_server(
        security="starttls",
        faults=[Fault("rcpt", "reply", "450 4.2.1 <ann@example.com> secret words", hits={2})],
    )
    live_home(server, clients=2)
    run("run", "--cron", exit_code=75)
    lines = log_of(home)
    assert lines[0] == "run"
    assert lines[-1] == "ended 75"
    words = {line.split()[0] for line in lines}
    assert {"accepted", "temporary"} <= words
    text = "\n".join(lines)
    assert "@" not in text
    assert "secret" not in text
    assert "correct horse" not in text
    assert len(re.findall(r"accepted \w+\.thank-you\.1 250 2\.0\.0$", text, re.MULTILINE)) == 1
    assert len(re.findall(r"temporary \w+\.thank-you\.1 450 4\.2\.1$", text, re.MULTILINE)) == 1


def test_a_run_that_was_stopped_is_in_the_log(
    run: Run, home: Path, mail_server: Servers, live_home: LiveHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its exit code."""
    live_home(mail_server(security="starttls"))
    monkeypatch.setenv("FOLLOWUP_MAIL_PASSWORD", "wrong")
    run("run", "--cron", exit_code=77)
    assert log_of(home)[-2:] == ["stopped 77", "ended 77"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_log_is_private_and_turns_over_by_itself(calm: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """0600 whatever the umask, and never more than so much."""
    monkeypatch.setattr(runlog, "MAX_BYTES", 100)
    before = os.umask(0)
    try:
        for _ in range(12):
            calm("run", "--cron")
    finally:
        os.umask(before)
    found = sorted((home / "log").iterdir())
    assert [path.name for path in found] == ["followup.log", *(f"followup.log.{n}" for n in range(1, runlog.KEPT + 1))]
    assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}
    assert stat.S_IMODE((home / "log").stat().st_mode) == 0o700
    assert all(path.stat().st_size <= 100 for path in found)


def test_a_log_that_cannot_be_written_stops_nothing(made: Run, home: Path) -> None:
    """It is for questions later; the journal is what counts."""
    (home / "log").write_text("in the way", encoding="utf-8")
    made("run", "--cron")
    assert len(list((home / "drafts").glob("*.eml"))) == 1


# ---------------------------------------------------------------- the owner's command


def after(home: Path, *command: str) -> None:
    """Set run.after."""
    path = home / "followup.toml"
    text = path.read_text(encoding="utf-8")
    assert '# after = ""' in text
    path.write_text(text.replace('# after = ""', f"after = {json.dumps(shlex.join(command))}"), encoding="utf-8")


def python(tmp_path: Path, code: str) -> tuple[str, str]:
    """Return a command that runs *code*."""
    path = tmp_path / "after.py"
    path.write_text(code, encoding="utf-8")
    return sys.executable, str(path)


def test_the_owners_command_runs_after_a_good_run_without_the_password(
    run: Run, home: Path, mail_server: Servers, live_home: LiveHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A monitor's ping; it is told nothing that it need not know, and what it prints is not mailed."""
    code = (
        "import os\nprint('hello')\nopen('pinged', 'a').write(os.environ.get('FOLLOWUP_MAIL_PASSWORD', 'none') + ' ')"
    )
    live_home(mail_server(security="starttls"))
    after(home, *python(tmp_path, code))
    ran = run("-q", "run", "--cron")
    assert (ran.stdout, ran.stderr) == ("", "")
    assert (home / "pinged").read_text() == "none "
    run("client", "add", "--name", "Bea Moor", "--email", "bea@example.com")
    run("job", "add", "Bea Moor", "--service", "Drain", "--completed", "2026-02-27")
    monkeypatch.setenv("FOLLOWUP_MAIL_PASSWORD", "wrong")
    run("run", "--cron", exit_code=77)
    assert (home / "pinged").read_text() == "none ", "no ping says that something is wrong"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise SystemExit(7)", "ended with 7"),
        ("import time; time.sleep(30)", "took longer than"),
        ("", "cannot be run"),
    ],
)
def test_a_command_that_fails_is_one_line_and_changes_nothing(
    made: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    """What was done is done, and the exit code is that of the run."""
    monkeypatch.setattr(daily, "AFTER_SECONDS", 0.5)
    after(home, *(python(tmp_path, code) if code else [str(tmp_path / "nothing-here")]))
    (line,) = made("-q", "run", "--cron").stderr.splitlines()
    assert said in line
    assert len(list((home / "drafts").glob("*.eml"))) == 1
