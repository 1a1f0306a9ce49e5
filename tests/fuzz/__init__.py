"""Files that owners have, damaged in every way that we could think of, and fed to the import.

Takes a seed. Gives findings: a traceback, a hang, a row in two places, an exit code that nobody promised, a control
character on the screen, an import that could not be taken back. Touches homes and files in a folder of its own.
"""

from __future__ import annotations

import io
import json
import random
import re
import shutil
import signal
import threading
import traceback
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType

from followup import intake
from followup.errors import ExitCode
from followup.intake import headers, questions
from tests import factories, ledgers, sheets

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "data"
EXAMPLES = HERE.parent.parent / "examples"
PLACES = ("GB", "US", "DE", "FR", "PL", "SE", "JP", "RU", "")
SECONDS = 20.0
"""How much of the processor's time one file may take; a hang is whatever takes longer."""

PROMISED = {int(code) for code in ExitCode} - {int(ExitCode.BUG)}


class TooSlow(BaseException):
    """Not an Exception, so that nothing on the way takes it for damage of the file."""


@dataclass(frozen=True, slots=True)
class Case:
    """One damaged file: which one of the seed, what it was, how it is called, and what it holds now."""

    number: int
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """What should not have happened, and with which case."""

    case: Case
    what: str


# ---------------------------------------------------------------- good files

_TEXTS = {
    "clients.csv": 'Client ID,Name,Email,Phone,City,Opt out,Notes\n1,Ada Hall,ada@example.com,07700 900123,Leeds,,"2\n'
    'lines, one ""dog"""\n2,"Reed, Bob",bob@example.com,,York,yes,\n3,Jürgen & Zoë,m@example.com,,,no,=1+1\n',
    "jobs.csv": "Job #,Client name,Client email,Service,Completed,Status,Amount,Paid on\n7,Ada Hall,ada@example.com,Tap"
    ',13/02/2026,Done,"£1,234.50",20/02/2026\n8,Bob,bob@example.com,Tap,03/04/2026,Handed over,1.234,\n9,,,Tap,,,,\n'
    "Total,,,,,,9,\n",
    "liste.csv": "sep=;\r\nListe der Kunden;;;\r\n\r\nKundennummer;Nachname;E-Mail;Straße;PLZ;Ort\r\n1;Müller;"
    "m@example.com;Große Straße 1;01234;Köln\r\n;Weiß;w@example.com;;;\r\n",
    "headless.csv": "Ada Hall\tada@example.com\t2026-02-03\tBoiler\t12.50\nBob\tbob@example.com\t2026-02-04\tX\t9\n",
    "cards.vcf": "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Hall;Ada;;;\r\nFN:Ada Hall\r\nEMAIL;TYPE=home:ada@example.com\r\n"
    "TEL;TYPE=cell:+447700900123\r\nADR;TYPE=home:;;1 High St;Leeds;;LS1 1AA;UK\r\nNOTE:two dogs\\nand a cat\r\n"
    "END:VCARD\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;Zo=C3=AB\r\n"
    "TEL;CELL:0123\r\nEND:VCARD\r\n",
}
_SHEET = [
    ["Job ID", "Customer", "Email", "Service", "Completed on", "Amount", "Done?"],
    [7, "Ada Hall", "ada@example.com", "Boiler", factories.TODAY, 120.5, True],
    [8, "Bob Reed", "bob@example.com", "Tap", 46056, sheets.Formula("A1*2", "#REF!"), False],
]


@cache
def corpus() -> tuple[tuple[str, bytes], ...]:
    """Return name and content of every good file: the fixtures, the examples, and one of each kind."""
    found = [
        (path.name, path.read_bytes())
        for place in (DATA, EXAMPLES)
        for path in sorted(place.rglob("*"))
        if path.is_file() and path.suffix.lower() in {".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods", ".vcf"}
    ]
    found += [(name, text.encode()) for name, text in _TEXTS.items()]
    found += [("jobs.xlsx", sheets.xlsx(_SHEET)), ("jobs.ods", sheets.ods(_SHEET))]
    found.append(("two.xlsx", sheets.xlsx({"Clients": [["Name", "Email"], ["Ada", "a@example.com"]], "Jobs": _SHEET})))
    return tuple(found)


# ---------------------------------------------------------------- damage

Damage = Callable[[random.Random, bytes], bytes]
_NASTY = (
    *("=1+1", "#REF!", "99/99/9999", "31/02/2026", "0/0/00", "2026-02-30", "1E400", "9" * 400, "-0", "NaN", "inf"),
    *(
        "1,2,3.4.5",
        "٣٤٥",
        "１２/０２/２０２６",
        "½",
        "²",
        "1_000",
        "+",
        "-",
        "'",
        "''+44",
        "\u202eadA",
        "\u200b",
        "\ufeff",
    ),
    *("e\u0301" * 500, "ﷺ" * 50, "\U0001f469\u200d\U0001f52c", "\x1b[2J", "\x07", "\x85", "\u2028", "\x0b", "\x0c"),
    *("\x1c", "\x00", "a@b@c", "@", "<a@example.com>", ";" * 300, "=?utf-8?q?Ada?=", "x" * 40_000, "Total"),
    *(
        "x" * 30_000,
        "1 " * 15_000,
        "Ada, " * 6_000,
        "a1-" * 10_000,
        " " * 30_000 + "x",
        "a@b.co; " * 4_000,
        "x y" * 9_000,
    ),
    *("Ada\r\nBcc: x@example.com", "Ada ::: Bob", "C:\\x\\", "İIıi", "ß" * 99),
)
_MARKS = (b",", b";", b"\t", b"|", b'"', b"\n", b"\r", b"\r\n", b"'", b" ")
_ENCODINGS = (
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-8-sig",
    "utf-32",
    "cp1252",
    "cp1250",
    "mac_roman",
    "cp437",
    "shift_jis",
)


def _place(chance: random.Random, data: bytes) -> int:
    return chance.randrange(len(data) + 1)


def _flip(chance: random.Random, data: bytes) -> bytes:
    damaged = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 8, 64])):
        if damaged:
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: _place(chance, data)]


def _behead(chance: random.Random, data: bytes) -> bytes:
    return data[chance.randrange(min(len(data), 200) + 1) :]


def _drop(chance: random.Random, data: bytes) -> bytes:
    start = _place(chance, data)
    return data[:start] + data[start + chance.choice([1, 2, 10, 100]) :]


def _twice(chance: random.Random, data: bytes) -> bytes:
    start = _place(chance, data)
    end = min(len(data), start + chance.choice([1, 5, 50, 500]))
    return data[:end] + data[start:end] * chance.choice([1, 2, 50]) + data[end:]


def _insert(chance: random.Random, data: bytes) -> bytes:
    at = _place(chance, data)
    what = chance.choice([chance.randbytes(chance.randrange(1, 9)), b"\0", b"\0" * 40, chance.choice(_MARKS)])
    return data[:at] + what + data[at:]


def _nasty(chance: random.Random, data: bytes) -> bytes:
    """Put a nasty value in the place of a cell."""
    cells = list(re.finditer(rb"[^,;\t|\r\n\"]+", data[:200_000]))
    if not cells:
        return data
    cell = chance.choice(cells)
    value = chance.choice(_NASTY).encode("utf-8", "surrogatepass")
    return data[: cell.start()] + value + data[cell.end() :]


def _marks(chance: random.Random, data: bytes) -> bytes:
    """Exchange, double or take out one kind of mark, in one place or everywhere."""
    old, new = chance.choice(_MARKS), chance.choice((*_MARKS, b""))
    new = chance.choice([new, old * 2])
    if chance.random() < 0.3:
        return data.replace(old, new)
    places = [found.start() for found in re.finditer(re.escape(old), data[:200_000])]
    if not places:
        return data
    at = chance.choice(places)
    return data[:at] + new + data[at + len(old) :]


def _lines(chance: random.Random, data: bytes) -> bytes:
    """Turn rows round, double them, leave some out."""
    lines = data.splitlines(keepends=True)
    if len(lines) < 2:
        return data
    deed = chance.randrange(5)
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    if deed == 0:
        lines[one], lines[two] = lines[two], lines[one]
    elif deed == 1:
        lines.insert(two, lines[one])
    elif deed == 2:
        del lines[one]
    elif deed == 3:
        lines = lines + lines[1:] * chance.choice([1, 3, 40])
    else:
        chance.shuffle(lines)
    return b"".join(lines)


def _columns(chance: random.Random, data: bytes) -> bytes:
    """Make a row, or all, much longer."""
    mark = chance.choice([b",", b";", b"\t"])
    lines = data.splitlines(keepends=True)
    more = mark * chance.choice([1, 3, 600, 5000])
    if not lines:
        return more
    at = chance.randrange(len(lines))
    lines[at] = lines[at].rstrip(b"\r\n") + more + b"\n"
    return b"".join(lines)


def _encode(chance: random.Random, data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode(chance.choice(_ENCODINGS), "replace")


def _huge(chance: random.Random, data: bytes) -> bytes:
    at = _place(chance, data)
    return data[:at] + chance.choice([b"x", b'"', b"a,", b"\n", b"\xc3\xa9", b"0", b" "]) * 300_000 + data[at:]


def _glue(chance: random.Random, data: bytes) -> bytes:
    return data + chance.choice([b"", b"\n", b"\n\n"]) + chance.choice(corpus())[1]


def _header(chance: random.Random, data: bytes) -> bytes:
    """Give another column a name of the vocabulary, or of somebody else's file."""
    line, mark, rest = data.partition(b"\n")
    names = line.split(b",")
    spelled = sorted(headers.known_spellings())
    names[chance.randrange(len(names))] = chance.choice(spelled).encode()
    return b",".join(names) + mark + rest


DAMAGES: Sequence[Damage] = (
    _flip, _flip, _cut, _behead, _drop, _twice, _insert, _insert, _nasty, _nasty, _nasty, _marks, _marks, _lines,
    _lines, _columns, _encode, _huge, _glue, _header, _header,
)  # fmt: skip


_LARGEST = 700_000
"""Bytes of a damaged file: enough to be slow with, and few enough to try many."""


def damaged(chance: random.Random, data: bytes) -> bytes:
    """Return *data* damaged a few times; of a zipped spreadsheet also what is inside."""
    if data.startswith(b"PK\x03\x04") and chance.random() < 0.7:
        return _inside(chance, data)
    for _ in range(chance.choice([1, 1, 1, 2, 3, 6])):
        data = chance.choice(DAMAGES)(chance, data)[:_LARGEST]
    return data


def _inside(chance: random.Random, data: bytes) -> bytes:
    """Damage the parts of a zipped spreadsheet, and zip them again as if nothing had happened."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(chance.choice([1, 1, 2])):
        name = chance.choice(sorted(members))
        deed = chance.randrange(8)
        if deed == 0:
            del members[name]
            if not members:
                return b"PK\x05\x06" + bytes(18)
        elif deed == 1:
            members[name] = chance.choice(sorted(members.values()))
        elif deed <= 4:
            members[name] = _number(chance, members[name])
        else:
            members[name] = chance.choice([_flip, _cut, _drop, _twice, _insert, _marks])(chance, members[name])
    return sheets.zipped(members)


def _number(chance: random.Random, xml: bytes) -> bytes:
    """Put another value into an attribute or a text of XML."""
    places = list(re.finditer(rb'"[^"<>]*"|>[^<>]+<', xml))
    if not places:
        return xml
    found = chance.choice(places)
    value = chance.choice(
        ["0", "-1", "1048577", "9" * 30, "XFD1048576", "A0", "", "1e999", "s", "e", "true", "A1:XFD9", *_NASTY[:8]]
    )
    return xml[: found.start() + 1] + value.encode() + xml[found.end() - 1 :]


def cases(seed: int, start: int = 0) -> Iterator[Case]:
    """Yield damaged files without an end; the same seed and number make the same file."""
    files = corpus()
    number = start
    while True:
        chance = random.Random(f"{seed}/{number}")
        name, data = files[number % len(files)]
        yield Case(number, name, damaged(chance, data))
        number += 1


# ---------------------------------------------------------------- feeding


@contextmanager
def in_time(seconds: float) -> Iterator[None]:
    """Raise TooSlow in whatever takes longer, where the system can."""
    if not hasattr(signal, "ITIMER_PROF") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(_: int, __: FrameType | None) -> None:
        raise TooSlow(f"more than {seconds:g} seconds of the processor's time")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def look(case: Case, seed: int, *, seconds: float = SECONDS) -> Finding | None:
    """Read a case as the import does, answering what it asks; return what should not have happened."""
    chance = random.Random(f"answers {seed}/{case.number}")
    home = intake.HomeFacts(
        country=chance.choice(PLACES), currency="EUR", today=factories.TODAY, key=factories.HOME_KEY
    )
    try:
        with in_time(seconds):
            answers: dict[str, str] = {}
            for _ in range(6):
                result = intake.read(case.data, name=case.name, source="default", home=home, answers=answers)
                _harmless(json.dumps(result.to_json(), ensure_ascii=False), "the json")
                for text in (result.refused, *result.warnings, *(each.question for each in result.questions)):
                    _harmless(text, "what is said")
                if result.ready:
                    ledgers.balance(result)
                if not result.questions:
                    break
                for question in result.questions:
                    answer = _answer(chance, question.about, question.question, question.options)
                    if not questions.check(question.key, answer):
                        answers[question.key] = answer
    except (Exception, TooSlow):
        return Finding(case, traceback.format_exc())
    return None


def _answer(chance: random.Random, about: str, question: str, options: Sequence[str]) -> str:
    if about != "columns":
        return chance.choice([*options, *options, "nonsense"]) if options else "yes"
    width = re.search(r"(\d+) columns|table has (\d+)", question)
    count = int(next(each for each in width.groups() if each)) if width else 3
    return ",".join(chance.choice([*headers.COLUMN_NAMES, "-", "-"]) for _ in range(count))


def _harmless(text: str, what: str) -> None:
    text.encode()
    bad = _MOVES.search(text)
    assert not bad, f"{what} holds {bad[0]!r} after {text[max(0, bad.start() - 60) : bad.start()]!r}"


class Household:
    """A home to import into, over and over, and to take everything back."""

    def __init__(self, folder: Path) -> None:
        """Make the home in *folder*."""
        from click.testing import CliRunner

        self._runner = CliRunner()
        self._folder = folder
        self._home = folder / "home"
        self._fresh = folder / "fresh"
        words = ["--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com"]
        assert self._run("init", *words)[0] == 0
        shutil.copytree(self._home, self._fresh)

    def _run(self, *words: str) -> tuple[int, str]:
        from followup import cli

        result = self._runner.invoke(cli.cli, ["--home", str(self._home), "--now", "2026-03-02T09:15", *words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        text = result.stdout + result.stderr
        assert result.exit_code in PROMISED, f"exit code {result.exit_code}:\n{text}"
        _harmless(text, "the screen")
        return int(result.exit_code), text

    def try_out(self, case: Case, seed: int, *, seconds: float = SECONDS) -> Finding | None:
        """Look at a case with the whole command, import it, and take it back."""
        chance = random.Random(f"command {seed}/{case.number}")
        path = self._folder / case.name
        path.write_bytes(case.data)
        how = [
            *(["--skip-bad-rows"] if chance.random() < 0.7 else []),
            *(["--history"] if chance.random() < 0.2 else []),
        ]
        try:
            with in_time(seconds):
                before = self._facts()
                shown = self._run(
                    "import", str(path), "--dry-run", "--yes", *(["--format", "json"] if chance.random() < 0.3 else [])
                )
                assert self._facts() == before, f"a dry run wrote:\n{shown}"
                code, _ = self._run("import", str(path), "--yes", *how)
                after = self._facts()
                if code or after == before:
                    assert after == before, f"ended with {code}, and wrote"
                    return None
                code, said = self._run("undo", "--yes")
                assert code == 0, said
                if "stays:" not in said and "cannot be taken back" not in said:
                    assert self._facts() == before, f"not taken back:\n{said}"
                else:  # an opt-out stays, and whoever said it
                    self._renew()
        except (Exception, TooSlow):
            self._renew()
            return Finding(case, traceback.format_exc())
        finally:
            path.unlink()
        return None

    def _facts(self) -> tuple[str, str]:
        return self._run("client", "export", "--format", "json")[1], self._run("job", "export", "--format", "json")[1]

    def _renew(self) -> None:
        with suppress(FileNotFoundError):
            shutil.rmtree(self._home)
        shutil.copytree(self._fresh, self._home)


_MOVES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What moves the cursor of a terminal, or worse."""

EVERY = 12
"""Every so many cases go through the whole command, too."""


def run(
    folder: Path,
    *,
    seed: int,
    numbers: Iterator[int] | None = None,
    tell: Callable[[int], None] | None = None,
    seconds: float = SECONDS,
) -> Iterator[Finding]:
    """Yield findings as they come; ends when *numbers* do, and never without them."""
    household = Household(folder)
    for case in cases(seed) if numbers is None else (next(cases(seed, number)) for number in numbers):
        found = look(case, seed, seconds=seconds)
        if found is None and case.number % EVERY == 0:
            found = household.try_out(case, seed)
        if found is not None:
            yield found
        if tell is not None:
            tell(case.number)
