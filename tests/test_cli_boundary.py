"""The boundary: every way a command can end has its exit code and one clear message, and never a traceback."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from followup import cli
from followup.cli.app import App
from followup.errors import NotFound
from tests.conftest import Ran

Run = Callable[..., Ran]

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="shell redirections of POSIX")


def shell(line: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a line in a real shell, with `followup` standing for this checkout and home."""
    program = f'"{sys.executable}" -m followup --home "{home}" --now 2026-03-02'
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[2])}
    return subprocess.run(
        ["bash", "-c", line.replace("followup", program, 1)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )


def test_without_a_home_three_lines_say_what_this_is_and_where_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`followup` alone, nowhere: what it is, `demo` to look, `init` to start."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli.cli, [])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 3
    assert "followup demo" in lines[1]
    assert "followup init" in lines[2]


def test_with_a_home_the_screen_lists_what_waits_each_with_its_command(made: Run) -> None:
    """`followup` alone in a home is a screen like `git status`."""
    screen = made().stdout
    assert "1 message to send" in screen
    assert "followup send" in screen


def test_help_fits_forty_lines_and_imports_no_command() -> None:
    """--help is short, in sections, and cheap."""
    code = (
        "import sys; from followup import cli; "
        "from click.testing import CliRunner; r = CliRunner().invoke(cli.cli, ['--help']); "
        "print(len(r.stdout.splitlines())); print([m for m in sys.modules if m.startswith('followup.cli.')]); "
        "print([m for m in ('jinja2','tabulate','yagmail','sqlite3','holidays','phonenumbers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    length, commands, heavy = done.stdout.splitlines()
    assert int(length) <= 40
    assert commands == "[]"
    assert heavy == "[]"


def test_every_line_of_the_root_help_is_the_first_line_of_its_command() -> None:
    """The lazy table of commands and the commands themselves say the same."""
    root = cli.cli
    for _, commands in cli.SECTIONS:
        for name, _, text in commands:
            command = root.get_command(None, name)  # type: ignore[arg-type] # the context is not looked at
            assert command is not None
            assert command.name == name
            assert text.endswith(".")


def test_a_wrong_now_is_a_usage_error(run: Run) -> None:
    """--now takes a day; anything else exits 2 and shows how to write one."""
    ran = run("due", now="next monday", exit_code=2)
    assert "2026-03-02" in ran.stderr
    assert ran.stdout == ""


def test_an_unknown_command_exits_2(run: Run) -> None:
    """Click's own usage errors keep their code."""
    assert "No such command" in run("dew", exit_code=2).stderr


def test_a_missing_home_exits_66(run: Run) -> None:
    """A home that was named and is not there is not looked for elsewhere."""
    assert "followup init" in run("due", exit_code=66).stderr


def test_a_name_that_fits_several_clients_lists_them_and_exits_65(made: Run) -> None:
    """Ambiguous names show the candidates."""
    made("client", "add", "--name", "Bert Hall", "--email", "bert@example.com")
    ran = made("client", "show", "hall", exit_code=65)
    assert "Ada Hall" in ran.stderr
    assert "Bert Hall" in ran.stderr


def test_a_name_that_fits_nobody_exits_66(made: Run) -> None:
    """Unknown names say what to try."""
    assert "followup client list" in made("client", "show", "nobody", exit_code=66).stderr


def test_a_question_without_anybody_to_answer_exits_2_and_names_the_option(made: Run) -> None:
    """Nothing hangs in cron."""
    assert "--yes" in made("send", exit_code=2).stderr


def test_answering_no_exits_1_and_does_nothing(made: Run, home: Path) -> None:
    """A person who says no is told that nothing was done."""
    result = CliRunner().invoke(
        cli.cli, ["--home", str(home), "--now", "2026-03-02", "send"], input="n\n", obj=App(person_is_there=True)
    )
    assert result.exit_code == 1
    assert "Nothing was done" in result.stderr
    assert not (home / "drafts").exists()


def test_leaving_a_question_exits_130(made: Run, home: Path) -> None:
    """Ctrl-C and Ctrl-D are the same answer: stop."""
    result = CliRunner().invoke(
        cli.cli, ["--home", str(home), "--now", "2026-03-02", "send"], input="", obj=App(person_is_there=True)
    )
    assert result.exit_code == 130
    assert "Traceback" not in result.stderr


@POSIX_ONLY
def test_a_reader_that_leaves_early_is_141_and_silent(made: Run, home: Path) -> None:
    """`| head -1` is no error worth a word."""
    for number in range(40):
        made("client", "add", "--name", f"Client {number}", "--email", f"c{number}@example.com")
    done = shell("followup client list --format json | head -c 1; exit ${PIPESTATUS[0]}", home)
    assert done.returncode in (0, 141)
    assert done.stderr.replace("Using Monday 2 March 2026 as today (--now).\n", "") == ""


@POSIX_ONLY
def test_a_full_device_is_74(made: Run, home: Path) -> None:
    """What could not be written is said, once."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    done = shell("followup client list > /dev/full", home)
    assert done.returncode == 74
    assert "Traceback" not in done.stderr
    assert done.stderr.count("Error") == 1
    assert "look whether it is done" in done.stderr  # a command that writes has written by then


@POSIX_ONLY
def test_a_closed_output_is_74(made: Run, home: Path) -> None:
    """`>&-` does not look like success."""
    done = shell("followup client list >&-", home)
    assert done.returncode == 74
    assert "Traceback" not in done.stderr


@POSIX_ONLY
def test_a_closed_input_is_no_traceback(made: Run, home: Path) -> None:
    """`<&-` is nobody there to answer."""
    done = shell("followup send <&-", home)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@POSIX_ONLY
def test_a_read_only_home_is_read_and_refuses_to_write_with_77(made: Run, home: Path) -> None:
    """Reading works; writing says whose permission is missing."""
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    for path in (*home.iterdir(), home):
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        assert made("due").exit_code == 0
        assert "Traceback" not in made("client", "add", "--name", "New", exit_code=77).stderr
    finally:
        home.chmod(0o700)


@POSIX_ONLY
def test_a_signal_stops_a_command_without_a_traceback(made: Run, home: Path) -> None:
    """SIGINT while a question waits exits 130."""
    program = [
        sys.executable,
        "-m",
        "followup",
        "--home",
        str(home),
        "--now",
        "2026-03-02",
        "preview",
        "--edit",
        "hall",
    ]
    process = subprocess.Popen(
        [*program, "--text-file", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[2])},
    )
    assert process.stderr is not None
    process.stderr.readline()  # it is up and has said which day it takes for today
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)  # before its input is closed, which would be an answer
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said


class Gone(io.TextIOBase):
    """A stream whose other end fails in one way."""

    def __init__(self, code: int, name: str | None = None) -> None:
        self.code, self.name_ = code, name

    def write(self, text: str) -> int:
        """Fail as the system does."""
        if self.name_:
            raise OSError(self.code, os.strerror(self.code), self.name_)
        raise OSError(self.code, os.strerror(self.code))


@pytest.mark.parametrize(
    ("code", "name", "exit_code", "words"),
    [
        (errno.EPIPE, None, 141, ""),
        (errno.ENOSPC, None, 74, "Make room"),
        (errno.ENOSPC, "out.csv", 74, "out.csv: "),
        (errno.EROFS, None, 77, "may be written"),
    ],
)
def test_what_happens_to_the_output_has_its_code(
    made: Run,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: int,
    name: str | None,
    exit_code: int,
    words: str,
) -> None:
    """A reader that left, a full disk, a medium that cannot be written: each said once, or not at all."""
    monkeypatch.setattr(sys, "stdout", Gone(code, name))
    with pytest.raises(SystemExit) as left:
        cli.main(["--home", str(home), "-q", "client", "list"])
    assert left.value.code == exit_code
    said = capsys.readouterr().err
    assert words in said
    assert said.count("Error") == (1 if words else 0)


def test_no_output_at_all_is_74(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`>&-`: Python leaves nothing where stdout was."""
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as left:
        cli.main(["--help"])
    assert left.value.code == 74
    assert "standard output is closed" in capsys.readouterr().err


def test_nowhere_to_complain_is_no_second_error(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """When stderr is gone too, the exit code is all there is."""
    monkeypatch.setattr(sys, "stderr", Gone(errno.EPIPE))
    with pytest.raises(SystemExit) as left:
        cli.main(["--home", str(home), "due"])
    assert left.value.code == 66


def test_a_program_may_call_without_leaving(made: Run, home: Path) -> None:
    """standalone_mode=False gives errors to the caller, as click's own commands do."""
    with pytest.raises(NotFound):
        cli.cli.main(["--home", str(home.parent / "none"), "due"], standalone_mode=False)


def test_control_characters_are_not_taken_from_the_command_line(made: Run) -> None:
    """What no terminal shows goes into no record."""
    assert "U+001B" in made("client", "add", "--name", "Eve\x1b[2J", exit_code=65).stderr


def test_a_day_too_far_away_is_a_usage_error(made: Run) -> None:
    """Calendars have an end."""
    assert "too far away" in made("due", now="9999-12-31", exit_code=2).stderr


def test_the_root_help_in_process_has_its_sections() -> None:
    """The same text as in the shell."""
    said = CliRunner().invoke(cli.cli, ["--help"]).stdout
    assert "Every week:" in said
    assert "followup COMMAND --help explains each" in said
    assert CliRunner().invoke(cli.cli, ["--version"]).stdout.startswith("followup ")


def test_a_fault_of_ours_is_70_and_says_what_to_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line without a traceback; with -v the traceback that helps to mend it."""
    monkeypatch.setitem(cli.MODULES, "due", "nothing_of_this_name")
    with pytest.raises(SystemExit) as left:
        cli.main(["due"])
    assert left.value.code == 70
    said = capsys.readouterr().err
    assert "this is a fault in followup" in said
    assert "Traceback" not in said
    monkeypatch.setattr(sys, "argv", ["followup", "-v", "due"])
    with pytest.raises(ModuleNotFoundError):
        cli.main(["-v", "due"])
