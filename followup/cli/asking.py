"""What an import has to ask: on a terminal question by question, else all at once with the options that answer them.

Takes questions and columns of files, and what the owner types. Gives answers. Talks on stderr.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from followup import cells
from followup.codes import did_you_mean
from followup.report import words

if TYPE_CHECKING:
    from followup.cli.app import App
    from followup.intake.facts import FileResult, Question, Taken

CELL = 30
"""How much of a value of a column is shown."""


# ---------------------------------------------------------------- without a terminal


def open_questions(files: Sequence[FileResult]) -> Iterator[str]:
    """Yield every open question of every file, each with the options that answer it, to be copied."""
    for file in files:
        prefix = f"{file.name}:" if len(files) > 1 else ""
        for question in file.questions:
            yield f"{file.name}: {question.question}"
            if question.about == "columns":
                yield from _shown(file.columns)
            first, *others = (_option(prefix, question, answer) for answer in _answers(file, question))
            yield f"  answer with: {first}"
            yield from (f"           or: {other}" for other in others)
            if question.about in _OTHERS:
                yield f"           or: {_option(prefix, question, '...')} {_OTHERS[question.about]}"


_OTHERS = {"encoding": "with the name of another, such as iso8859-2 or shift_jis"}
"""Questions whose options are only the likely answers, with what to say of others."""


def _answers(file: FileResult, question: Question) -> Sequence[str]:
    if question.about != "columns":
        return question.options
    likely = ",".join(name or "-" for name in _suggested(file, question))
    return [likely if likely in question.options else "name,email,..."]


def _suggested(file: FileResult, question: Question) -> list[str]:
    """Return what each column seems to be; nothing for those of which nobody knows."""
    if len(question.options) == len(file.columns):
        return list(question.options)
    return [each.field for each in file.columns]


def _option(prefix: str, question: Question, answer: str) -> str:
    if question.about == "sheet" and not prefix:
        return f"--sheet {_quoted(answer)}"
    return f"--answer {_quoted(f'{prefix}{question.key}={answer}')}"


def _quoted(text: str) -> str:
    """Return *text* as a shell takes it for one word; in double quotes, which every shell has, where it can be."""
    text = cells.printable(text)
    return shlex.quote(text) if any(sign in text for sign in '"$`\\!') else f'"{text}"'


# ---------------------------------------------------------------- on a terminal


def ask(app: App, file: FileResult, question: Question) -> str:
    """Ask one question until the answer is one."""
    from followup import intake

    app.warn(f"{file.name}: {question.question}")
    if question.about == "columns":
        return _ask_columns(app, file, question)
    if question.about in _OTHERS:
        app.warn(f"Likely are {', '.join(question.options)}; or answer {_OTHERS[question.about]}.")
    if not question.options or question.about in _OTHERS:
        while True:
            answer = str(click.prompt("Answer", err=True)).strip()
            problem = intake.check_answer(question.key, answer)
            if not problem:
                return answer
            app.warn(problem)
    return choose(app, question.options, about=question.about, numbered=question.about == "sheet")


LABELS: Mapping[str, Mapping[str, str]] = {
    "date_order": {"dmy": "day first", "mdy": "month first", "ymd": "year first"},
    "status": {"not_a_job": "not a job"},
    "column": {"status": "yes", "+": "no"},
}
"""How answers are called where a person is asked, by what the question is about."""


def choose(app: App, options: Sequence[str], *, about: str = "", numbered: bool = False) -> str:
    """Ask for one of *options*; the beginning of one is enough, and its number where they are numbered."""
    labels = LABELS.get(about, {})
    shown = [cells.printable(labels.get(option, option)) for option in options]
    listed = f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else shown[0]
    while True:
        typed = str(click.prompt(f"Which is it, {listed}?", prompt_suffix=" ", err=True)).strip().casefold()
        if numbered and typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(options):
            return options[int(typed) - 1]
        spelt = {option: (option.casefold(), labels.get(option, option).casefold()) for option in options}
        exact = [option for option, names in spelt.items() if typed in names]
        found = exact or [option for option, names in spelt.items() if any(name.startswith(typed) for name in names)]
        if len(found) == 1:
            return found[0]
        app.warn(f"'{typed}' is none of them.")


def _ask_columns(app: App, file: FileResult, question: Question) -> str:
    """Ask what the columns of a table without names are; begins with what they seem to be."""
    columns = dict(zip((each.number for each in file.columns), _suggested(file, question), strict=False))
    while True:
        for line in _shown(file.columns, columns):
            app.warn(line)
        known = any(columns.values())
        typed = _prompt("Enter takes it so" if known else "Names for all, with commas between them, or one by one")
        if known and (not typed or typed.casefold() in _AGREED):
            return ",".join(name or "-" for name in columns.values())
        if "=" in typed or typed in ("", "?"):
            columns.update(_corrections(app, typed, columns, nameless=True))
            continue
        names = [_named(app, name.strip() or "-", nameless=True) for name in typed.split(",")]
        if all(names) and len(names) == len(columns):
            return ",".join(names)
        if all(names):
            app.warn(f"These are {words.plural(len(names), 'name')} for {words.plural(len(columns), 'column')}.")


def look_over(app: App, file: FileResult) -> dict[str, str]:
    """Show what the columns of a file are taken for, and return the corrections, as answers; none: it is right so."""
    app.warn(f"{file.name}: its columns are taken for this (+ is kept under its own name, - is left out):")
    names = {each.number: each.name for each in file.columns}
    fields = {each.number: each.field for each in file.columns}
    corrected: dict[int, str] = {}
    while True:
        for line in _shown(file.columns, {**fields, **corrected}):
            app.warn(line)
        while not (found := _corrections(app, typed := _prompt("Enter takes it so"), names)):
            if not typed or typed.casefold() in _AGREED:
                return {f"column:{names[number]}": name for number, name in corrected.items()}
        corrected |= found


_AGREED = ("y", "yes", "ok")


def _prompt(enter: str) -> str:
    said = f"{enter}; 3=mobile says what column 3 is, 3=- leaves it out, ? lists what there is"
    return str(click.prompt(said, default="", show_default=False, prompt_suffix=": ", err=True)).strip()


def _corrections(app: App, typed: str, names: Mapping[int, str], *, nameless: bool = False) -> dict[int, str]:
    """Return number -> what it is for what was typed: 3=mobile, 4=-; nothing where a part of it is none."""
    from followup.intake import headers

    if typed == "?":
        app.warn(f"  {', '.join(headers.COLUMN_NAMES)}")
    if typed in ("", "?") or typed.casefold() in _AGREED:
        return {}
    found: dict[int, str] = {}
    for part in typed.split(","):
        number, equals, name = part.partition("=")
        if not equals or not number.strip().isdecimal() or int(number) not in names:
            app.warn(f"'{part.strip()}' is no correction. Write the number of a column and what it is: 3=mobile")
            return {}
        place = int(number)
        if not nameless and headers.is_never(names[place]):
            app.warn(f"'{names[place]}' is never imported: fax numbers, accounts, days of birth and the like stay out.")
            return {}
        found[place] = _named(app, name.strip(), nameless=nameless)
    return found if all(found.values()) else {}


def _named(app: App, typed: str, *, nameless: bool) -> str:
    from followup.intake import headers, mapping

    name = mapping.named(typed)
    if name is None:
        app.warn(f"'{typed}' is nothing that a column can be. {did_you_mean(typed, headers.COLUMN_NAMES)}")
    if nameless and name == mapping.KEPT:
        app.warn("A column without a name cannot be kept under it; name it, or leave it out with -")
        return ""
    return name or ""


def _shown(columns: Sequence[Taken], fields: Mapping[int, str] | None = None) -> list[str]:
    """Return a line a column: number, name, what it is taken for, and a value."""
    return words.aligned(
        [
            [
                str(each.number),
                *([cells.cut(each.header, CELL)] if any(column.header for column in columns) else []),
                f"-> {(each.field if fields is None else fields[each.number]) or '?'}",
                cells.cut(cells.printable(each.sample), CELL),
            ]
            for each in columns
        ]
    )
