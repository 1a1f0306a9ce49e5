"""The README is true: its map, its tables and its transcripts are compared with the program."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import shutil
import stat
import sys
import tomllib
from calendar import month_name
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from followup import cadence, cli, errors, files, identity, model, providers, render, settings
from followup.care.kinds import KINDS
from followup.cli.app import App
from followup.intake import headers
from tests import conftest, factories
from tests.mailserver import HOST, PASSWORD, Fault, FaultServer
from tests.mailserver.fixtures import set_mail
from tests.test_architecture import LAYERS

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PIECE = re.compile(
    r"^```console\n(?P<console>.*?)^```$|^```toml\n(?P<mail>\[mail\]\n.*?)^```$|"
    r"^<!-- play: settings -->\n\n```toml\n(?P<settings>.*?)^```$|^<!-- play: (?P<stage>.*?) -->$",
    re.MULTILINE | re.DOTALL,
)
"""What happens in the README, from top to bottom: commands, lines for [mail] in followup.toml, and what only readers of
its source see: ``on DAY``; ``fault JSON``, with which the mail server goes wrong (`tests.mailserver.Fault`);
``settings`` above lines for followup.toml; ``aside`` and ``back``, between which days pass that the rest never saw."""
DRAWN = re.compile(r"\bna{5}[a-z0-9]{4}\b")  # what factories.identifier("n") makes
WIDTH = 100  # of tables, as on a screen
NAMES = """
k7m2p9q4wd hx4r9c2j7n td5g8w3vkf b6y2s9mzqe r3k9t5w2xb m8c4v7h2pd f5n2q6z9tj w7d3g8k4ry y2s6b9m5vc c9x4j7f2hn
p6t3w8d5kz g4h9r2n7qs v8z5c3y6mb j2k7f9x4td n5q8s3g6wr z3m6b9h4cp d7y2v5j8kf t9r4n6p3xg q5w2z8c7hm x6k3d9s4vy
"""  # identifiers that are drawn are shown as these
SKIPPED = "..."  # a line of a transcript that stands for any number of lines


def readme() -> str:
    """Return the README."""
    return README.read_text(encoding="utf-8")


def section(title: str) -> str:
    """Return the README from the heading *title* to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", readme(), re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no section '{title}'"
    return found[1]


def test_the_map_is_the_code() -> None:
    """Every module of the package stands in the map, in the order of the layers, and nothing else does."""
    lines = section("How the code is laid out").split("```")[1].splitlines()
    named = [re.split(r"[/.\s]", line.strip())[0] for line in lines if re.match(r" {4}\w", line)]
    assert named == [layer for layer in LAYERS if layer != "__main__"]


def test_every_command_is_mentioned() -> None:
    """A newcomer finds each command of the program in the README."""
    text = readme()
    assert [name for name in cli.MODULES if not re.search(rf"\bfollowup {name}\b|`{name}[ `]", text)] == []


def test_every_exit_code_is_explained() -> None:
    """The table of exit codes is that of errors.py, and so is the order of the worst."""
    text = section("Exit codes")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == sorted(errors.ExitCode)
    assert ", ".join(str(int(code)) for code in errors.SEVERITY) in text


def test_every_state_is_explained() -> None:
    """The table of states is that of the model."""
    words = re.findall(r"^\| `([a-z]+)` \|", section("What is due, and why"), re.MULTILINE)
    assert words == [state.value for state in model.State]


def test_every_shipped_step_is_explained() -> None:
    """Each step that is shipped stands in the README, in the table or, when it is switched off, below it."""
    text = section("Cadences")
    assert [step.name for step in settings.parse("", where="followup.toml").steps if f"`{step.name}`" not in text] == []


def settings_table() -> list[str]:
    """Return the table of settings, from the table that checks them."""
    rows = (
        f"| `{name}` | {default if ' ' in default else f'`{default}`'} | {text} |"
        for name, default, text in settings.table()
    )
    return ["| setting | default | meaning |", "|---|---|---|", *rows]


def names_table() -> list[str]:
    """Return the table of names that templates may use, from the table that gives them their values."""
    rows = (f"| `{each.name}` | {each.meaning} |" for each in render.NAMES)
    return ["| name | meaning |", "|---|---|", *rows]


def providers_table() -> list[str]:
    """Return the table of mail providers, from the presets."""
    rows = (
        f"| `{name}` | {each.title} | {each.per_day or 'by plan'} | "
        f"{'' if each.takes_passwords else 'stays with drafts: '}{each.password} |"
        for name, each in providers.PROVIDERS.items()
    )
    as_of = {each.as_of for each in providers.PROVIDERS.values()}
    (known,) = {f"{month_name[day.month]} {day.year}" for day in as_of}
    return [f"| provider | | most in 24 hours ({known}) | password |", "|---|---|---|---|", *rows]


def filters_table() -> list[str]:
    """Return the table of filters, from the place that makes them."""
    rows = ("| `{{ " + use.replace("|", r"\|") + " }}` | " + result + " |" for _name, use, result in render.FILTERS)
    return ["| in the template | in the message |", "|---|---|", *rows]


def step_table() -> list[str]:
    """Return the keys of a step, from the table that reads them."""
    return ["| key | meaning |", "|---|---|", *(f"| `{key}` | {text} |" for key, text in cadence.STEP_KEYS.items())]


def kinds_table() -> list[str]:
    """Return the columns of each kind of record, from the descriptions that make them."""
    said: dict[tuple[str, str], list[str]] = {}
    for kind in KINDS.values():
        fields = {field.header: field for field in kind.fields}
        for column in kind.columns:
            field = fields.get(column.name)
            if column.name == "currency":
                continue
            meaning = column.title.lower() or _OF_RECORDS.get(column.name, column.name.replace("_", " "))
            if field is not None:
                meaning = (field.help.rstrip(".") if field.help and field.at else field.label.lower()).replace("|", "/")
                if field.choices:
                    meaning += f": {', '.join(f'`{each}`' for each in field.choices)}"
            elif column.name == f"{kind.name}_id":
                meaning = f"identifier of the {kind.name}"
            said.setdefault((column.name, meaning), []).append(kind.name)
    rows = (f"| `{name}` | {meaning} | {' '.join(of)} |" for (name, meaning), of in said.items())
    return ["| column | meaning | of |", "|---|---|---|", *rows]


_OF_RECORDS = {
    "client_id": "identifier of the client",
    "client": "how lists call the client",
    "days_late": "how late it was, or is",
    "hours_to_answer": "between receiving and the first answer",
    "recorded_at": "when it was written down",
}


def condition_table() -> list[str]:
    """Return the keys of a step's conditions, from the table that reads them."""
    rows = (f"| `when.{key}` | {text} |" for key, text in cadence.CONDITION_KEYS.items())
    return ["| condition | meaning |", "|---|---|", *rows]


@pytest.mark.parametrize(
    "made", [settings_table, names_table, filters_table, providers_table, step_table, condition_table, kinds_table]
)
def test_the_tables_are_those_of_the_program(made: Callable[[], list[str]], request: pytest.FixtureRequest) -> None:
    """What the program knows in a table is not written by hand: --update-golden writes it into the README."""
    name = made.__name__.removesuffix("_table")
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    before, found, rest = readme().partition(begin)
    assert found, f"README.md has no place for the table of {name}"
    shown, _, after = rest.partition(end)
    table = "\n".join(["", *made(), "", ""])
    if request.config.getoption("--update-golden"):
        README.write_text("".join([before, begin, table, end, after]), encoding="utf-8", newline="\n")
        return
    assert shown == table, f"the table of {name} in README.md is not the program's; run pytest --update-golden"


def test_the_examples_of_settings_are_right() -> None:
    """Each piece of followup.toml that the README shows is accepted as it stands there; other files say their name."""
    pieces = re.findall(r"^```toml\n((?![^\n]*# exporters/).*?)^```$", readme(), re.MULTILINE | re.DOTALL)
    assert pieces
    for piece in pieces:
        settings.parse(piece, where="README.md")


@pytest.mark.parametrize("kind", ["client", "job"])
def test_the_fields_of_files_are_named(kind: str) -> None:
    """The fields that import knows are listed, all of them and in their order."""
    known = {"client": headers.CLIENT_FIELDS, "job": headers.JOB_FIELDS}[kind]
    text = section("Bringing in clients and jobs")
    paragraph = text[text.index(f"Fields of a {kind}:") :].split(".\n", 1)[0]
    assert [word for word in re.findall(r"`([a-z_]+)`", paragraph) if word in known] == known


# ---------------------------------------------------------------- json

WITH_ROWS = {
    "due": "due",
    "plan": "plan",
    "why": "why grace",
    "calls": "calls",
    "report contacts": "report contacts --month 2026-03",
    "report summary": "report summary --month 2026-03",
    "client list": "client list",
    "client show": "client show grace",
    "client duplicates": "client duplicates",
    "client household": "client household",
    "client export": "client export",
    "job list": "job list",
    "job export": "job export",
    "imports": "imports",
    "imports show": "imports show 1",
    "imports sources": "imports sources",
    "doctor": "doctor",
    "config show": "config show",
    "message list": "message list",
    "template list": "template list",
    "cadence list": "cadence list",
}
"""Command as the README calls it -> a line that prints at least one row on the day of the example."""

OWN_COLUMNS = {"Boiler make", "Parts fitted"}
"""Columns of the example's files that are no fields of ours."""


def documented_keys() -> dict[str, set[str]]:
    """Return command -> the keys that the README says it prints."""
    found: dict[str, set[str]] = {}
    for line in section("Json keys").splitlines():
        cells = line.strip("|").split(" | ")
        if len(cells) == 3 and "`" in cells[0]:
            for command in re.findall(r"`([^`]+)`", cells[2]):
                found.setdefault(command, set()).update(re.findall(r"`([^`]+)`", cells[0]))
    return found


def test_every_json_key_is_explained(business: Callable[..., conftest.Ran]) -> None:
    """Every command that prints rows prints the keys that the README explains for it, and no others."""
    business("send", "--yes", "--limit", "3")
    business("confirm", "--drafts", "--sent")
    business("send", "--yes", "--limit", "3")
    business("client", "add", "--name", "A. Menon")
    business("client", "household", "A. Menon", "--join", "Anita Menon")
    printed = {}
    for command, line in WITH_ROWS.items():
        shown = json.loads(business(*shlex.split(line), "--format", "json").stdout)
        rows = shown if isinstance(shown, list) else shown["rows"]
        assert rows, f"followup {line} has no row to compare"
        printed[command] = set(rows[0]) - OWN_COLUMNS
    assert documented_keys() == printed


def test_the_objects_of_the_dry_run_are_explained(business: Callable[..., conftest.Ran]) -> None:
    """The keys of import --dry-run --format json, and of its counts, stand in the README."""
    path = ROOT / "examples" / "jobs-this-week.csv"
    (line,) = business("import", path, "--dry-run", "--format", "json", now="2026-03-09").stdout.splitlines()
    shown = json.loads(line)
    rows = [row.strip("|").split(" | ") for row in section("Json keys").splitlines() if row.startswith("| `")]
    table = {row[0].strip(" `"): row[1] for row in rows if len(row) == 2}
    assert set(table) == set(shown)
    assert set(shown["counts"]) <= set(re.findall(r"`([a-z]+)`", table["counts"]))


# ---------------------------------------------------------------- the tour


def test_the_tour_is_short_and_fits_the_screen(tmp_path: Path) -> None:
    """What `followup demo` prints takes three minutes to read, and no table of it is wider than a screen."""
    ran = CliRunner().invoke(cli.cli, ["demo", str(tmp_path / "demo")])
    assert ran.exit_code == 0, ran.output
    lines = ran.output.splitlines()
    assert len(lines) < 400
    rules = [number for number, line in enumerate(lines) if re.fullmatch(r"-+(  -+)+", line)]
    assert len(rules) >= 3
    assert max(len(lines[number]) for number in rules) <= WIDTH
    assert not [line for line in lines if "Traceback" in line or line.startswith("Error")]


# ---------------------------------------------------------------- transcripts


class Play:
    """Sam's machine, on which the README happens: his files, his home, and the mail server of his web host.

    The server is a real one on this machine. Where the README names a host and a port, the home gets those of that
    server, and what appears on the screen is read back the other way round, like the path of the home.
    """

    def __init__(self, sam: Path, server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put Sam's files and program in their places."""
        self._sam, self._server, self._monkeypatch = sam, server, monkeypatch
        (sam / "files").mkdir(parents=True)
        for table in (ROOT / "examples").glob("*.csv"):
            shutil.copy(table, sam / "files")
        self._program = sam / ".local" / "bin" / "followup"
        self._program.parent.mkdir(parents=True)
        self._program.write_text("#!/bin/sh\n")
        self._program.chmod(self._program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.chdir(sam / "files")
        path = f"{self._program.parent}{os.pathsep}{os.defpath}"
        for name, value in {"HOME": sam, "USERPROFILE": sam, "PATH": path}.items():
            monkeypatch.setenv(name, str(value))
        self.stage(f"on {conftest.NOW}")
        # Identifiers that are drawn at random are shown under names of our own, in the order in which they appear.
        drawn = (factories.identifier("n") for _ in itertools.count())
        monkeypatch.setattr(identity, "random_identifier", lambda: next(drawn))
        monkeypatch.setattr(identity, "new_home_key", lambda: factories.HOME_KEY)
        self._named: dict[str, str] = {}
        self._names = iter(NAMES.split())
        self._shown_server: dict[str, str] = {}  # what stands in the settings -> what stands in the README

    def stage(self, direction: str) -> None:
        """Follow a direction that only readers of the README's source see."""
        what, _, how = direction.partition(" ")
        if what == "on":
            self._monkeypatch.setenv("FOLLOWUP_NOW", how)
        elif what == "fault":
            self._server.faults.append(Fault(**json.loads(how)))
        elif what == "aside":
            shutil.copytree(self._sam / "followup", self._sam / "kept")
        elif what == "back":
            shutil.rmtree(self._sam / "followup")
            (self._sam / "kept").rename(self._sam / "followup")
        else:
            raise ValueError(f"README.md: no such direction: {direction}")

    def add_settings(self, piece: str) -> None:
        """Put lines of the README into the home's settings, each table in place of the one that is there."""
        path = self._sam / "followup" / "followup.toml"
        tables = re.split(r"^(?=\[)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        kept = [each for each in tables if each.partition("\n")[0] not in piece.splitlines()]
        path.write_text("".join([*kept, "\n", piece]), encoding="utf-8")

    def mail(self, piece: str) -> None:
        """Put the README's lines for [mail] into the home, and what they name where they say it is."""
        home = self._sam / "followup"
        shown, certificates = settings.parse(piece, where="README.md").mail, self._server.certificates
        assert certificates is not None
        assert shown.security == self._server.security
        files.write_atomically(home / "ca.pem", certificates.ca_file.read_bytes())
        files.write_atomically(home / shown.password_file, f"{PASSWORD}\n")
        here: dict[str, object] = {"host": HOST, "port": self._server.port, "ca_file": "ca.pem", "pause": 0}
        set_mail(home, **{**tomllib.loads(piece)["mail"], **here})
        self._shown_server = {HOST: shown.host, str(self._server.port): str(shown.port)}

    def run(self, line: str) -> list[str]:
        """Run a command line as Sam, and return what appears on the screen."""
        for real, shown in self._named.items():
            line = line.replace(shown, real)
        _followup, *arguments = shlex.split(line)
        app = App(person_is_there=False, width=WIDTH, says_now=False)
        result = CliRunner().invoke(cli.cli, arguments, obj=app)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        if arguments[:1] == ["init"]:  # the settings of the example: its second person, its services
            shutil.copyfile(ROOT / "examples" / "followup.toml", self._sam / "followup" / "followup.toml")
            shutil.copytree(ROOT / "examples" / "guides", self._sam / "followup" / "guides", dirs_exist_ok=True)
        assert result.exit_code in (0, 3) or "Error: " in result.output, f"$ {line}\n{result.output}"
        return [each.rstrip() for each in self._read_back(result.output).splitlines()]

    def _read_back(self, text: str) -> str:
        beside = Path(sys.executable).with_name("followup")  # where it may really be installed
        text = DRAWN.sub(lambda found: self._named.get(found[0]) or self._name(found[0]), text)
        text = text.replace(f'"{beside}"', f'"{self._program}"').replace(str(self._sam), "/home/sam")
        for ours, shown in self._shown_server.items():
            text = re.sub(rf"\b{ours}\b", shown, text)
        return text

    def _name(self, drawn: str) -> str:
        return self._named.setdefault(drawn, next(self._names))


@pytest.fixture
def play(tmp_path: Path, mail_server: Callable[..., FaultServer], monkeypatch: pytest.MonkeyPatch) -> Play:
    """Give Sam's machine, on the Monday of the example."""
    server = mail_server(security="tls", users={"sam@alderheating.example.com": PASSWORD})
    return Play(tmp_path / "sam", server, monkeypatch)


@pytest.mark.skipif(os.name == "nt", reason="the transcripts show the paths of other systems")
def test_the_transcripts_are_true(play: Play, request: pytest.FixtureRequest) -> None:
    """Every console block of the README prints what it says; a line `...` stands for any lines."""
    text = readme()
    blocks: list[tuple[re.Match[str], str]] = []
    wrong: list[str] = []
    for piece in PIECE.finditer(text):
        if piece["stage"]:
            play.stage(piece["stage"])
        elif piece["settings"]:
            play.add_settings(piece["settings"])
        elif piece["mail"]:
            play.mail(piece["mail"])
        else:
            blocks.append((piece, _played(play, piece["console"], wrong)))
    assert blocks
    if request.config.getoption("--update-golden"):
        for block, real in reversed(blocks):
            text = text[: block.start("console")] + real + text[block.end("console") :]
        README.write_text(text, encoding="utf-8", newline="\n")
        return
    assert not wrong, "README.md shows something else; run pytest --update-golden\n" + "\n\n".join(wrong)


def _played(play: Play, block: str, wrong: list[str]) -> str:
    """Play a block, and return it with what really appeared; what did not match is added to *wrong*."""
    shown = list(commands(block))
    assert shown, f"a console block of README.md has no command:\n{block}"
    lines: list[str] = []
    for line, expected in shown:
        printed = play.run(line)
        if not matches(expected, printed):
            wrong.append("\n".join([f"$ {line}", *printed]))
            expected = printed
        lines += [f"$ {line}", *expected]
    return "\n".join(lines) + "\n"


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with the lines shown below it."""
    line, shown = "", list[str]()
    for each in block.splitlines():
        if each.startswith("$ "):
            if line:
                yield line, shown
            line, shown = each.removeprefix("$ "), []
        else:
            shown.append(each.rstrip())
    if line:
        yield line, shown


def matches(shown: list[str], printed: list[str]) -> bool:
    """Tell whether *printed* is what is *shown*, where a line `...` stands for any number of lines."""
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == SKIPPED else re.escape(line) + r"\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


def test_a_transcript_may_leave_lines_out() -> None:
    """Three dots on a line of their own stand for any number of lines, everything else for itself."""
    assert matches(["a", "...", "d"], ["a", "b", "c", "d"])
    assert matches(["a", "...", "b"], ["a", "b"])
    assert not matches(["a", "b"], ["a", "x"])
    assert not matches(["a"], ["a", "b"])
    assert list(commands("$ one\n1\n2\n$ two\n")) == [("one", ["1", "2"]), ("two", [])]
