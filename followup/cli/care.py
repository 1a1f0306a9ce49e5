"""The one door to every kind of record: KIND add | list | show | edit | close | import | export.

Takes the description of a kind (care.kinds). Gives its group of commands; what a kind has besides is added to the group
in a file of its own: promises.py, cases.py ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from followup.care.kind import Field, Kind, Verb
from followup.care.kinds import KINDS
from followup.cli.app import App, pass_app
from followup.cli.output import Commands, Day, dry_run_option, format_option, options, print_rows, say
from followup.errors import UsageError
from followup.model import Record
from followup.report import words


class _AnyDay(Day):
    """A day as import understands it: 14 March 2026, 14/03/2026; one that can be two days is refused, not guessed."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read what only a command line knows (today); anything else is left to the one reader of fields."""
        return super().convert(value, param, ctx) if value in ("today", "yesterday", "tomorrow") else value


_ANY_DAY = _AnyDay()
_METAVARS = {
    "day": "DATE",
    "amount": "AMOUNT",
    "person": "PERSON",
    "client": "CLIENT",
    "job": "JOB",
    **{name: name.upper() for name in KINDS},
}

_PEOPLE = options(
    click.option("--new", is_flag=True, help="CLIENT is a new name: the client is made, too."),
    click.option("--email", "emails", multiple=True, help="Of the new client."),
    click.option("--phone", "phones", multiple=True, help="Of the new client."),
)


def door(name: str) -> click.Group:
    """Return the commands of the kind called *name*, with the verbs that its description makes."""
    kind = KINDS[name]
    group = Commands(name=kind.name, help=kind.about)
    for verb in kind.verbs:
        makers = {"add": _add, "list": _list, "show": _show, "edit": _edit, "close": _close}
        word = {"add": kind.opens, "close": kind.closes}.get(verb, verb)
        group.add_command(makers[verb](kind, word))
        if word != verb:  # every kind answers to the words of all
            alike = makers[verb](kind, verb)
            alike.hidden = True
            group.add_command(alike)
    if not kind.fixed:  # what is never changed is checked when it is given, one by one
        group.add_command(_import(kind))
    group.add_command(_export(kind))
    return group


def field_options(kind: Kind, verb: Verb) -> Callable[[Any], Any]:
    """Return what adds an option for each field that *verb* takes, but the one that is typed without one."""
    return options(*(_option(each, verb) for each in kind.at(verb) if verb != "add" or each.name != kind.argument))


def _option(field: Field, verb: Verb) -> Callable[[Any], Any]:
    required, said = field.required and verb == "add", field.said
    more: dict[str, Any] = {"metavar": _METAVARS.get(field.takes)}
    if field.flag:
        more = {"flag_value": field.flag}
    elif field.takes == "truth":
        said, more = f"{said}/--no-{said.removeprefix('--')}", {}
    elif field.takes == "choice":
        more = {"type": click.Choice(field.choices)}
    elif field.takes == "day":
        more["type"] = _ANY_DAY
    elif field.takes == "texts":
        more = {"multiple": True}
    return click.option(said, field.name, help=field.help, default=None, required=required, **more)


def typed(fields: dict[str, Any]) -> dict[str, Any]:
    """Return what was typed of *fields*."""
    return {name: value for name, value in fields.items() if value not in (None, ())}


def _help(text: str, kind: Kind, verb: str, example: str) -> str:
    return f"{text}\n\n\b\nExample:\n    $ followup {kind.name} {verb} {example}".rstrip()


def tell(
    app: App,
    kind: Kind,
    found: Record | Sequence[Record],
    text: str,
    *,
    format_: str,
    output: Path | None,
    remarks: bool = False,
) -> None:
    """Say what became of a record, or of several; in csv and json they are the result, and the rest is narration."""
    from followup.workflow import care

    records = [found] if isinstance(found, Record) else found
    about = [line for record in records for line in care.remarks(app.desk(), record)] if remarks else []
    if format_ == "table" and output is None:
        say("\n".join([text, *about]))
        return
    app.narrate(" ".join([text, *about]))
    print_records(app, kind, records, format_=format_, output=output)


def print_records(
    app: App, kind: Kind, records: Sequence[Record], *, format_: str, output: Path | None, empty: str = ""
) -> None:
    """Print records of a kind as rows."""
    from followup.report import care

    desk = app.desk()
    known = desk.store.clients({each.client_id for each in records})
    found = care.rows(kind, records, known, today=desk.today)
    print_rows(app, found, kind.columns, format_=format_, output=output, empty=empty)


# ---------------------------------------------------------------- the verbs


def _add(kind: Kind, word: str) -> click.Command:
    argument = next((each for each in kind.fields if each.name == kind.argument), None)

    def add(app: App, /, *, client: str, format_: str, output: Path | None, **fields: Any) -> None:
        from followup.report import care as care_report
        from followup.workflow import care

        is_new, *addresses = (fields.pop(name, ()) for name in ("new", "emails", "phones"))
        if is_new:
            person = {"full_name": client, **dict(zip(("emails", "phones"), addresses, strict=True))}
            who, record = care.add_with_client(app.desk(), kind, person, typed(fields))
            app.narrate(f"Added client {words.client(who)} ({who.id}).")
        elif any(addresses):
            raise UsageError("--email and --phone are those of a new client: say --new, or use `followup client edit`.")
        else:
            record = care.add(app.desk(), kind, client, typed(fields))
        said = f"{'Opened' if kind.opens == 'open' else 'Added'} {kind.name} {record.id}"
        when = f", by {words.long_day(record.due_on)}" if record.due_on else ""
        about = care_report.about(record)
        text = f"{said}{': ' + about if about else ''}{when}."
        tell(app, kind, record, text, format_=format_, output=output, remarks=True)
        if kind.name == "case":
            from followup.cli import confirming

            confirming.warn_of_stranded(app, record.client_id)

    decorators = [click.argument("client")]
    if argument is not None:
        decorators.append(
            click.argument(argument.name, required=argument.required, default=None, metavar=_place(argument))
        )
    decorators.append(field_options(kind, "add"))
    if kind.name == "enquiry":
        decorators.append(_PEOPLE)
    text = f"Add {_a(kind)}. {kind.about}" if word == "add" else f"Open {_a(kind)} for a client."
    return _command(word, add, *decorators, format_option, text=_help(text, kind, word, kind.examples["add"]))


def _place(field: Field) -> str:
    name = "TEXT" if field.name == "summary" else field.name.upper()
    return name if field.required else f"[{name}]"


def _a(kind: Kind) -> str:
    article = "" if kind.name == kind.plural else "an " if kind.name[0] in "aeiou" else "a "
    return f"{article}{kind.name}"


def _command(name: str, function: Callable[..., None], *decorators: Callable[[Any], Any], text: str) -> click.Command:
    wrapped: Any = pass_app(function)
    for decorate in reversed(decorators):
        wrapped = decorate(wrapped)
    return click.command(name, help=text)(wrapped)


def _list(kind: Kind, word: str) -> click.Command:
    def list_(
        app: App, /, *, everything: bool = True, client: str, owner: str, format_: str, output: Path | None
    ) -> None:
        from followup.workflow import care

        found = care.listed(app.desk(), kind, everything=everything, client=client, owner=owner, derived=True)
        which = "" if everything else "open "
        print_records(app, kind, found, format_=format_, output=output, empty=f"No {which}{kind.plural}.")

    decorators = [
        click.option("--client", default="", help="Only this client's."),
        click.option("--owner", default="", metavar="PERSON", help="Only those that one of us looks after."),
        format_option,
    ]
    if not kind.fixed:
        decorators.insert(0, click.option("--all", "everything", is_flag=True, help="Closed ones too."))
    which, order = ("", "") if kind.fixed else ("the open ", "first to come" if kind.fields[0].name == "due_on" else "")
    text = f"List {which}{kind.plural}, {order or 'oldest'} first."
    return _command(word, list_, *decorators, text=_help(text, kind, word, ""))


def _show(kind: Kind, word: str) -> click.Command:
    def show(app: App, /, *, record: str, format_: str, output: Path | None) -> None:
        from followup.report import care as care_report
        from followup.workflow import care, finding

        desk = app.desk()
        found = finding.record(desk, kind.record, record, open_only=False)
        if format_ != "table" or output is not None:
            print_records(app, kind, [found], format_=format_, output=output)
            return
        who = finding.by_id(desk, found.client_id)
        contacts = desk.store.contacts_of(who.id)
        names = care.names(desk, found)
        for line in care_report.lines(
            found, who, contacts, today=desk.today, names=names, zone=desk.zone, notes=care.notes(found)
        ):
            say(line)

    text = f"Show {_a(kind)} with every contact since it began."
    decorators = (click.argument("record", metavar=kind.name.upper()), format_option)
    return _command(word, show, *decorators, text=_help(text, kind, word, "hall"))


def _edit(kind: Kind, word: str) -> click.Command:
    def edit(app: App, /, *, record: str, format_: str, output: Path | None, **fields: Any) -> None:
        from followup.report import care as care_report
        from followup.workflow import care

        given = typed(fields)
        if not given:
            raise UsageError(f"Say what to change. `followup {kind.name} edit --help` lists the fields.")
        before, after = care.edit(app.desk(), kind, record, given)
        changes = care_report.differences(kind, before, after)
        text = "\n".join(changes) if changes else "Nothing changed: it was so already."
        tell(app, kind, after, text, format_=format_, output=output)

    text = f"Change {_a(kind)}; what has not gone out for it moves along."
    decorators = (click.argument("record", metavar=kind.name.upper()), field_options(kind, "edit"), format_option)
    return _command(word, edit, *decorators, text=_help(text, kind, word, kind.examples.get("edit", "")))


def _close(kind: Kind, word: str) -> click.Command:
    usual = [each.word for each in kind.endings if not each.by]

    def close(app: App, /, *, record: str, ending: str = "", format_: str, output: Path | None, **fields: Any) -> None:
        from followup.report import care as care_report
        from followup.workflow import care

        closed = care.close(app.desk(), kind, record, ending, typed(fields))
        text = f"{kind.name.capitalize()} {closed.id}: {care_report.ended(closed)}."
        tell(app, kind, closed, text, format_=format_, output=output)

    decorators = [click.argument("record", metavar=kind.name.upper())]
    if len(kind.endings) > 1:  # those of a verb of its own are understood, too: one is told of the verb
        choice, metavar = click.Choice([each.word for each in kind.endings]), f"[{'|'.join(usual)}]"
        option = click.option("--as", "ending", type=choice, metavar=metavar, required=True, help="How it ended.")
        decorators.append(option)
    decorators += [field_options(kind, "close"), format_option]
    text = f"Close {_a(kind)}; what waited for it counts from this day."
    return _command(word, close, *decorators, text=_help(text, kind, word, kind.examples["close"]))


def _import(kind: Kind) -> click.Command:
    def import_(app: App, /, *, file: Path, dry_run: bool, format_: str, output: Path | None) -> None:
        from followup.workflow import carefiles

        done = carefiles.take_in(app.desk(), kind, file, dry_run=dry_run)
        tell(app, kind, done.records, done.line(kind, dry_run=dry_run), format_=format_, output=output)

    text = (
        f"Take in {kind.plural} from a CSV file or a spreadsheet with the columns that `export` writes. A row with a "
        f"known {kind.name}_id changes that record; without one it is new. Empty cells change nothing. All of the "
        "file, or nothing."
    )
    argument = click.argument("file", type=click.Path(path_type=Path))
    text = _help(text, kind, "import", f"{kind.plural}.csv")
    return _command("import", import_, argument, dry_run_option, format_option, text=text)


def _export(kind: Kind) -> click.Command:
    def export(app: App, /, *, format_: str, output: Path | None) -> None:
        from followup.workflow import care

        found = care.listed(app.desk(), kind, everything=True)
        print_records(app, kind, found, format_="csv" if format_ == "table" else format_, output=output)

    text = f"Write all {kind.plural}, closed ones too, as csv that `import` reads back."
    return _command("export", export, format_option, text=_help(text, kind, "export", f"-o {kind.plural}.csv"))
