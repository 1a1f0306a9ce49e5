"""Where a template is found, and what its short head says.

Takes a template's name, a language and a channel. Gives the file that is used: the home's before the shipped one.
Touches the folders of templates, to read; links that lead out of them are refused.

A template is a text file ``NAME.LANG.CHANNEL.txt``; language and channel may be left out: ``thank-you.en.txt`` is
the English thank-you on any channel, ``thank-you.txt`` is in the home's language. Names that begin with ``_`` are
parts for ``{% include %}`` and never sent by themselves. The head::

    subject: Thank you for having us
    purpose: service
    ---
    {{ greeting }}, ...
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from followup import cells, codes
from followup.errors import NotFound, TemplateProblem
from followup.model import Channel, Purpose
from followup.records import dataclass

CHANNELS = frozenset(channel.value for channel in Channel)
LARGEST = 256 * 1024
"""Bytes of a template's file; more is no letter but a mistake."""

_LANGUAGE = r"[a-z]{2,3}"
_HEAD_LINE = r"([A-Za-z][\w -]*?)\s*:(?:\s+(.*)|)"
_FENCE = "---"
HEAD_NAMES = ("subject", "purpose")


@dataclass(frozen=True, slots=True)
class FileName:
    """What the name of a template's file says."""

    name: str
    language: str = ""
    channel: str = ""
    suffix: str = "txt"

    @classmethod
    def parse(cls, file_name: str) -> FileName | None:
        """Take ``thank-you.en.text.txt`` apart; None when it is no template."""
        name, *parts = file_name.split(".")
        if not name or not parts or parts[-1] not in {"txt", "html"}:
            return None
        suffix = parts.pop()
        channel = parts.pop() if parts and parts[-1] in CHANNELS else ""
        language = parts.pop() if parts and re.fullmatch(_LANGUAGE, parts[-1]) else ""
        return None if parts else cls(name, language, channel, suffix)

    def __str__(self) -> str:
        """Return the file's name."""
        return ".".join(part for part in (self.name, self.language, self.channel, self.suffix) if part)


@dataclass(frozen=True, slots=True)
class Head:
    """The lines above ``---``. *subject_line* and *body_line* count from 1, as an editor does."""

    subject: str = ""
    subject_line: int = 0
    purpose: Purpose | None = None
    body_line: int = 1


def split(text: str, *, where: str) -> tuple[Head, str]:
    """Return the head and the body of a template.

    Raises:
        TemplateProblem: the head names something unknown, or is not closed; all of it at once.
    """
    lines = text.splitlines(keepends=True)
    if not lines or not _is_head(lines[0]):
        return Head(), text
    problems: list[str] = []
    found: dict[str, tuple[int, str]] = {}
    for number, raw in enumerate(lines, start=1):
        said = raw.strip()
        if said == _FENCE:
            break
        if not said:
            continue
        match = re.fullmatch(_HEAD_LINE, said)
        if match is None:
            problems.append(f"{where}:{number}: the head is not closed. Write a line --- between head and text.")
            break
        name = match[1].lower()
        if name not in HEAD_NAMES:
            problems.append(f"{where}:{number}: the head has no '{match[1]}'. {_known(name)}")
        elif name in found:
            problems.append(f"{where}:{number}: {name} is given twice. Leave one of them.")
        found[name] = (number, (match[2] or "").strip())
    else:
        problems.append(f"{where}:{len(lines)}: the head is not closed. Write a line --- between head and text.")
    number_of_purpose, purpose = found.get("purpose", (0, ""))
    if number_of_purpose and purpose not in set(Purpose):
        problems.append(f"{where}:{number_of_purpose}: purpose is '{purpose}'. Write service or marketing.")
    if problems:
        raise TemplateProblem(problems)
    subject_line, subject = found.get("subject", (0, ""))
    head = Head(subject, subject_line, Purpose(purpose) if purpose else None, number + 1)
    return head, "".join(lines[number:])


def _is_head(first_line: str) -> bool:
    match = re.fullmatch(_HEAD_LINE, first_line.strip())
    if match is None:
        return False
    # "Remember: we close at noon" is a text's first line; a head begins with a name we know, or nearly.
    return bool(codes.nearest(match[1].lower(), HEAD_NAMES, likeness=0.7))


def _known(name: str) -> str:
    near = codes.nearest(name, HEAD_NAMES)
    return f"Did you mean '{near}'?" if near else f"It may have: {', '.join(HEAD_NAMES)}."


# ---------------------------------------------------------------- folders


def read(folders: Sequence[Path], file_name: str) -> tuple[Path, str] | None:
    """Return path and text of a file in one of *folders*, the first that has it; None when none has.

    Raises:
        TemplateProblem: the name or a link leads out of the folders, or the file is not readable text.
    """
    for folder in folders:
        path = folder / file_name
        try:
            real = path.resolve(strict=True)
            inside = real.is_relative_to(folder.resolve())
            if inside and real.stat().st_size > LARGEST:
                raise TemplateProblem(f"{path}:1: is larger than {LARGEST // 1024} KiB. A template is a short text.")
            # The bytes are decoded here: templates may come from an editor that writes a byte order mark.
            text = real.read_bytes().decode("utf-8-sig") if inside else ""
        except (FileNotFoundError, NotADirectoryError):
            continue
        except UnicodeDecodeError as error:
            line = real.read_bytes()[: error.start].count(b"\n") + 1
            raise TemplateProblem(f"{path}:{line}: is not UTF-8 text. Save it as UTF-8.") from None
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a link that leads to itself
            raise TemplateProblem(f"{path}:1: cannot be read ({error}). Check the file.") from None
        if not inside:
            raise TemplateProblem(
                f"{path}:1: leads out of the folder of templates to {real}. Put a copy of the file there instead."
            )
        return path, text.replace("\r\n", "\n").replace("\r", "\n")
    return None


def candidates(
    name: str, *, languages: Iterable[str], channel: str = "", suffix: str = "txt", any_language: bool = True
) -> Iterator[str]:
    """Yield the file names that can stand for a template, the most fitting first."""
    named = dict.fromkeys(language for language in languages if language)
    for language in (*named, "") if any_language else named:
        if channel:
            yield str(FileName(name, language, channel, suffix))
        yield str(FileName(name, language, "", suffix))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A template as found: *path* for people, *file_name* to ask the sandbox for."""

    name: str
    language: str  # of its file's name; "" for any
    channel: str  # likewise
    path: Path
    head: Head
    own: bool  # the home's, not a shipped one
    html: str = ""  # file name of the own HTML beside it, if there is one
    problem: str = ""  # of the head, where `sources` lists it all the same

    @property
    def file_name(self) -> str:
        """Return the name of the file, without its folder."""
        return self.path.name

    @property
    def subject(self) -> str:
        """Return the subject as the head has it."""
        return self.head.subject

    @property
    def purpose(self) -> str:
        """Return the purpose as the head has it, "" where it has none."""
        return self.head.purpose.value if self.head.purpose else ""


def find(folders: Sequence[Path], name: str, *, language: str, channel: str, home_language: str = "") -> Source:
    """Return the template that is used for a language and a channel.

    A client's language without a template is never answered in another one: *home_language* is tried only where
    *language* is empty. A file that names no language is in the home's.

    Raises:
        NotFound: no folder has it; the text names those that there are.
        TemplateProblem: its head is wrong.
    """
    wanted = language or home_language
    for file_name in candidates(name, languages=(wanted,), channel=channel, any_language=wanted == home_language):
        found = read(folders, file_name)
        if found is None:
            continue
        path, text = found
        head, _ = split(text, where=str(path))
        return _source(folders, path, head)
    known = catalogue(folders)
    if name in known:
        spoken = ", ".join(sorted(known[name] - {""}))
        raise NotFound(
            f"template '{name}' is not there in '{wanted}', only in: {spoken}. "
            f"Make one: followup template new {name}.{wanted}"
        )
    near = codes.nearest(name, known)
    hint = f"Did you mean '{near}'?" if near else f"There are: {', '.join(sorted(known)) or 'none'}."
    raise NotFound(f"template '{name}' is in none of {', '.join(map(str, folders))}. {hint}")


def _source(folders: Sequence[Path], path: Path, head: Head, problem: str = "") -> Source:
    parts = FileName.parse(path.name) or FileName(path.stem)
    html = f"{path.stem}.html"
    return Source(
        name=parts.name,
        language=parts.language,
        channel=parts.channel,
        path=path,
        head=head,
        own=len(folders) > 1 and path.parent == folders[0],
        html=html if any((folder / html).is_file() for folder in folders) else "",
        problem=problem,
    )


def files(folders: Sequence[Path]) -> dict[str, Path]:
    """Return every template's file by its name, the home's in place of the shipped one; parts and HTML too."""
    found: dict[str, Path] = {}
    for folder in reversed(folders):
        if folder.is_dir():
            found.update((path.name, path) for path in folder.iterdir() if FileName.parse(path.name))
    return dict(sorted(found.items()))


def sources(folders: Sequence[Path]) -> Iterator[Source]:
    """Yield every template in force, by name, language and channel; one with a wrong head says so in *problem*."""
    for file_name, path in sorted(files(folders).items(), key=lambda item: item[0].split(".")):
        if not _is_sent(file_name):
            continue
        try:
            found = read(folders, file_name)
            head, problem = (split(found[1], where=str(path))[0] if found else Head()), ""
        except TemplateProblem as wrong:
            head, problem = Head(), str(wrong)
        yield _source(folders, path, head, problem)


def typed(folders: Sequence[Path], text: str, *, language: str) -> Path:
    """Return the file in force for what somebody typed: `thank-you`, `thank-you.de`, `thank-you.en.text.txt`.

    Raises:
        NotFound: none is called that; the text names the nearest.
    """
    known = files(folders)
    for file_name in (text, f"{text}.{language}.txt", f"{text}.txt"):
        if file_name in known:
            return known[file_name]
    named = sorted(file_name for file_name in known if file_name.startswith(f"{text}."))
    if named:
        return known[named[0]]
    names = [name.rpartition(".")[0] for name in known]
    near = codes.nearest(text, [*names, *(name.partition(".")[0] for name in names)])
    hint = f"Did you mean '{near}'?" if near else "See: followup template list"
    raise NotFound(f"there is no template '{cells.short(text)}'. {hint}")


def _is_sent(file_name: str) -> bool:
    return file_name.endswith(".txt") and not file_name.startswith("_")


def catalogue(folders: Sequence[Path]) -> Mapping[str, frozenset[str]]:
    """Return each template's name with the languages it is there in; "" stands for any language.

    A file for one channel counts like one for all: what cannot be rendered is found by `check` and at the message.
    """
    found: dict[str, set[str]] = {}
    for file_name in (path.name for folder in folders if folder.is_dir() for path in folder.iterdir()):
        parts = FileName.parse(file_name)
        if parts and _is_sent(file_name):
            found.setdefault(parts.name, set()).add(parts.language)
    return {name: frozenset(languages) for name, languages in sorted(found.items())}
