"""Every command explains itself, and every example in its help works as it stands there."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from followup import cli
from followup.care.kinds import KINDS
from tests.conftest import EXAMPLES, Ran
from tests.mailserver import PASSWORD, Fault, FaultServer
from tests.mailserver.fixtures import send_through

Run = Callable[..., Ran]


def walk(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command and subcommand with its words."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from walk(command, (*path, name))


COMMANDS = dict(walk(cli.cli))
LEAVES = {words: command for words, command in COMMANDS.items() if not isinstance(command, click.Group)}


def examples() -> Iterator[str]:
    """Yield each line of each Example."""
    for command in LEAVES.values():
        for line in (command.help or "").splitlines():
            if line.strip().startswith("$ "):
                yield line.strip().removeprefix("$ ")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_fits_a_screen_and_explains_every_option(words: tuple[str, ...]) -> None:
    """Forty lines at most; no option without a word about it."""
    said = CliRunner().invoke(cli.cli, [*words, "--help"], terminal_width=100)
    assert said.exit_code == 0
    assert len(said.stdout.splitlines()) <= 40
    for option in COMMANDS[words].params:
        if isinstance(option, click.Option):
            assert option.help, f"{' '.join(words)}: {option.name} has no help"


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_has_an_example_of_its_own(words: tuple[str, ...]) -> None:
    """The example begins with the command."""
    lines = [line.strip() for line in (LEAVES[words].help or "").splitlines()]
    assert any(line.startswith(f"$ followup {' '.join(words)}") for line in lines)


def test_the_first_line_of_each_help_is_a_whole_sentence() -> None:
    """It is what lists of commands show."""
    for words, command in COMMANDS.items():
        first = (command.help or "").strip().splitlines()[0]
        assert first[0].isupper(), words
        assert first.rstrip()[-1] in ".;,:" or len(first) > 60, words


# What the home of the example needs first, besides Ada Hall, her boiler service and a draft of her thank-you.
BEFORE: dict[str, list[tuple[str, ...]]] = {
    "followup praise quote": [("praise", "add", "hall", "Sam left it spotless")],
    "followup lesson study": [("lesson", "add", "hall", "we left without testing the tap")],
    "followup referral won": [("referral", "add", "hall", "Clara Dunn")],
    "followup referral refuse": [("referral", "add", "hall", "Clara Dunn")],
    "followup referral paid": [
        ("referral", "add", "hall", "Clara Dunn", "--on", "2026-02-02", "--reward", "a voucher"),
        ("client", "add", "--name", "Clara Dunn", "--referred-by", "Ada Hall"),
        ("job", "add", "dunn", "--service", "New bath", "--completed", "2026-02-13", "--paid", "2026-02-13"),
    ],
    "followup concerns --accept": [
        ("job", "add", "hall", "--service", "New bath", "--promised", "2026-02-20", "--completed", "2026-02-27"),
    ],
    "followup client merge": [("client", "add", "--name", "A. Hall", "--phone", "01632 960199")],
    "followup client duplicates --different": [("client", "add", "--name", "A. Hall")],
    "followup client household hall --join": [("client", "add", "--name", "Bert Hill")],
    "followup optout --lift": [("optout", "hall")],
    "followup confirm hall": [("send", "--yes")],
    "followup status --max-age": [("run",)],
    "followup message show": [("send", "--yes")],
    "followup send --plan": [("plan", "--format", "csv", "-o", "plan.csv")],
    "followup restore followup-": [("backup", "followup-2026-03-02-090000.tar.gz")],
    "followup restore --looked": [("backup", "kept.tar.gz"), ("restore", "kept.tar.gz")],
    "followup job complete": [("job", "reopen", "jk7m")],
    "followup client add": [("undo", "--yes"), ("undo", "--yes")],
    "followup undo 4": [("import", "clients.csv", "--yes")],
    "followup imports show": [("import", "clients.csv", "--yes")],
    "followup imports sources": [("import", "clients.csv", "--yes")],
    "followup done hall": [
        ("client", "edit", "hall", "--phone", "01632 960101"),
        ("job", "add", "hall", "--service", "New bath", "--completed", "2026-02-23", "--amount", "5000"),
    ],
}

OF_KIND = {"enquiry": ("answer", "won", "lost"), "promise": ("move",), "case": ("ack",)}
"""Verbs that only one kind of record has, and whose examples need a record of it."""

for _kind in KINDS.values():
    if "add" in _kind.examples:
        _add = (_kind.name, "add", *shlex.split(_kind.examples["add"]))
        _file = (_kind.name, "export", "-o", f"{_kind.plural}.csv")
        for _verb in ("show", "edit", "void", "correct", _kind.closes):
            BEFORE[f"followup {_kind.name} {_verb} hall"] = [_add]
        BEFORE[f"followup {_kind.name} import"] = [_add, _file]
        for _verb in OF_KIND.get(_kind.name, ()):
            BEFORE[f"followup {_kind.name} {_verb} hall"] = [_add]

_OPENED = ("case", "open", *shlex.split(KINDS["case"].examples["add"]))
_OFFERED = ("case", "offer", "hall", "come-back-free")
BEFORE |= {
    "followup case offer": [_OPENED],
    "followup case grant": [_OPENED, ("case", "offer", "hall", "price-off")],
    "followup case choose": [_OPENED, _OFFERED],
    "followup case reopen": [_OPENED, ("case", "resolve", "hall", "--cause", "washer")],
}

MENU = """
[people.mia]
name = "Mia Cole"

[people.kim]
name = "Kim Reed"
email = "kim@alder.example.com"

[remedies.come-back-free]
cost = 40

[remedies.price-off]
cost = 120
"""

# Those that ask a person: without one they end with 2 and name the option that answers.
ASKS = {
    "followup concerns --accept hall",
    "followup undo",
    "followup undo 4",
    "followup send --plan plan.csv",
    "followup mail login",
}


@pytest.fixture
def served(made: Run, home: Path, mail_server: Callable[..., FaultServer], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give `run` in a home that sends by itself, whose server refused Ada Hall's address."""
    server = mail_server(faults=[Fault("rcpt", "reply", "550 5.1.1 no such user", address="ada@example.com")])
    send_through(home, server)
    monkeypatch.setenv("FOLLOWUP_MAIL_PASSWORD", PASSWORD)
    made("send", "--yes", exit_code=3)
    return made


@pytest.mark.parametrize("line", sorted({line for line in examples() if line.startswith("followup mail ")}))
def test_every_example_with_a_mail_server_works(line: str, served: Run) -> None:
    """Typed as it stands there, in a home that sends through a server on this machine."""
    served(*shlex.split(line)[1:], exit_code=2 if line in ASKS else 0)


@pytest.mark.parametrize("line", sorted({line for line in examples() if not line.startswith("followup mail ")}))
def test_every_example_works(line: str, made: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typed as it stands there, in a home with a client called Hall; jk7m stands for the key of her job."""
    play(line, made, home, tmp_path, monkeypatch)


def play(
    line: str, made: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, more: tuple[str, ...] = ()
) -> Ran:
    """Type an example, and *more* after it, in a home that has what it needs."""
    monkeypatch.chdir(tmp_path)
    for name in ("clients.csv", "jobs.csv"):
        shutil.copyfile(EXAMPLES / name, tmp_path / name)
    (tmp_path / "answers.csv").write_text("email,score\nada@example.com,9\n", encoding="utf-8")
    job = json.loads(made("job", "list", "--format", "json").stdout)[0]["job_id"]
    steps = next((steps for start, steps in BEFORE.items() if line.startswith(start)), [])
    if line.startswith(("followup case ", "followup handover ")):
        with (home / "followup.toml").open("a", encoding="utf-8") as file:
            file.write(MENU)
        if line.startswith("followup case "):
            monkeypatch.setenv("FOLLOWUP_PERSON", "mia")  # who has to ask the owner
    for step in steps:
        if step[0] == "restore":
            shutil.rmtree(home)
        made(*(word.replace("jk7m", job) for word in step))
    arguments = [word.replace("jk7m", job).replace("~", str(tmp_path)) for word in shlex.split(line)[1:]]
    if arguments[0] == "init":
        shutil.rmtree(home)
    monkeypatch.delenv("FOLLOWUP_PERSON", raising=False)
    if arguments[0] == "demo":
        arguments.append("played")
    return made(*arguments, *more, exit_code=2 if line in ASKS and "--yes" not in more else 0)


RELATIONSHIP = {name for section, commands in cli.SECTIONS if section == "Relationship" for name, _, _ in commands}
ALSO = {"client", "job", "log", "done", "calls", "due", "why", "plan", "report"}
"""Commands that the records of a relationship go through, too."""

TALKS = {("client", "merge")}
"""It shows two clients and asks; `client show` is for programs."""

FOR_PROGRAMS = [words for words in LEAVES if words[0] in RELATIONSHIP | ALSO and words not in TALKS]


@pytest.mark.parametrize("words", FOR_PROGRAMS, ids=" ".join)
def test_every_command_of_the_relationship_speaks_json(
    words: tuple[str, ...], made: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own example with --format json: the result on stdout is json, whatever else there is to say is on stderr."""
    line = next(line for line in examples() if f"{line} ".startswith(f"followup {' '.join(words)} "))
    more = ["--format", "json"]
    if line in ASKS:
        more.append("--yes")
    said = play(line, made, home, tmp_path, monkeypatch, more=tuple(more))
    written = tmp_path / shlex.split(line)[-1]
    printed = written.read_text(encoding="utf-8") if " -o " in line else said.stdout
    assert isinstance(json.loads(printed), dict | list), printed
