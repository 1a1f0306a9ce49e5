"""What the columns of a table mean: by the program that made it, by the vocabulary, or by its owner's word.

Takes the header of a table, or its first rows where it has none. Gives an exporter, if it is one's, and a Layout; or
asks, and gives no Layout. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from followup import cells
from followup.intake import decode, exporters, facts, headers, hints, mapping, questions, strangers, table, telling
from followup.intake.lines import Rule


def layout(
    part: table.Table,
    first: Sequence[table.Record],
    asked: questions.Questions,
    result: facts.FileResult,
    exporter: exporters.Exporter | None,
    *,
    kind: str,
    country: str,
) -> headers.Layout | None:
    """Return what the columns of a table mean, or nothing when that had to be asked.

    Args:
        part: the table.
        first: the first rows of it.
        asked: where questions go and answers come from.
        result: where it is noted what each column is taken for.
        exporter: whose export it is, None for a sheet made by hand.
        kind: clients, jobs or mixed, where the owner said so.
        country: of the home, ISO 3166.

    Raises:
        decode.Refused: it is no table of clients or jobs.
    """
    names = asked.answer("columns")
    answered = headers.by_answer(names.split(",")) if names else None
    if answered is not None and len(answered) == part.width:
        found = headers.layout(answered, kind=kind, answered=True)
    elif answered is not None:
        asked.ask(
            "columns",
            f"{len(answered)} columns were named, and the table has {part.width}. Name each one, - for those to leave "
            "out",
            headers.COLUMN_NAMES,
        )
        return None
    elif not part.header:
        for record in () if kind else first[:_MOST_ASKED]:
            strangers.refuse(record)
        sample = next(record for record in first if any(record))
        shown = " | ".join(cells.short(cell) for cell in sample[:12])
        suggested = hints.suggested([record for record in first if len(record) <= part.width], country)
        result.columns = mapping.columns((), None, first, suggested=suggested)
        nobodys = "completed_on" in suggested and _SAY_WHO.isdisjoint(suggested)
        options = [",".join(suggested)] if any(name != "-" for name in suggested) and not nobodys else []
        asked.ask(
            "columns",
            f"there is no row of column names{_NOBODYS if nobodys else ''}. "
            f"What are these {part.width} columns: {shown} ?",
            [*options, *headers.COLUMN_NAMES],
        )
        return None
    else:
        found = _known(part.header, first, asked, exporter, kind)
        if not kind and exporter is None:
            strangers.refuse(part.header)
            if found.kind == "jobs" and hints.names_clients_alone(found, first):
                found = replace(found, kind="mixed")
    result.columns = mapping.columns(part.header, found, first)
    if not found.kind:
        asked.ask(
            "kind",
            f"a row of this file could be a client or a job. Its columns are "
            f"{telling.listed(part.header or answered or ())}",
            headers.KINDS,
        )
        return None
    return found


def _known(
    header: Sequence[str],
    first: Sequence[table.Record],
    asked: questions.Questions,
    exporter: exporters.Exporter | None,
    kind: str,
) -> headers.Layout:
    """Return what a header means to the vocabulary; values or a program say it better, and the owner best."""
    names = headers.named(header)
    told = mapping.told(asked.answers_about(mapping.ABOUT, names))
    header = [name if headers.normal(name) in told else cell for name, cell in zip(names, header, strict=True)]
    if exporter is not None:
        return exporters.layout(header, replace(exporter, columns={**exporter.columns, **told}), kind)
    found = headers.layout(header, kind=kind, told={**hints.told(header, first), **told})
    states = None if found.of("job.status") else hints.states(found, first)
    if states is not None and headers.normal(name := headers.named(header)[states.index]) not in told:
        asked.ask(
            "column",
            f"'{name}' has {telling.listed(hints.words_of(states, first))}. Does it say how far each job is?",
            _STATES_OR_NOT,
            word=name,
        )
    return found


_STATES_OR_NOT = ("status", mapping.KEPT)


_WHOSE = frozenset(
    {"client.id", "client.first_name", "client.last_name", "client.full_name", "client.last_first", "client.company"}
    | {"client.email", "client.phone", "client.reach"}
)


def refuse_the_nameless(found: headers.Layout) -> None:
    """Refuse a table of which no column says who the clients are; each row of it would be wrong for that reason.

    Raises:
        decode.Refused: with what its columns are.
    """
    if _WHOSE.isdisjoint(column.field for column in found.columns):
        names = [column.header for column in found.columns if column.header]
        listed = f" (they are {telling.listed(names)})" if names else ""
        raise decode.Refused(
            "no-clients",
            f"no column of it says who the clients are{listed}. Add one with their names, numbers or e-mail addresses; "
            "or if there is one, name the columns with --answer columns=...",
        )


def left_out(found: headers.Layout) -> str:
    """Return what to say of columns that are never imported, or nothing where there are too many to list."""
    ours = headers.normal(headers.REASON_COLUMN)
    kept = [name for name in found.dropped if headers.normal(name) != ours]
    return f"columns left out on purpose: {telling.listed(kept)}" if kept and len(kept) < _MOST_LISTED else ""


_MOST_LISTED = 30
_MOST_ASKED = 25
_SAY_WHO = frozenset({"name", "email", "phone"})
_NOBODYS = ", and no column seems to name a client (a bank statement, for one, names none)"


def with_added(found: headers.Layout, width: int, fields: Sequence[str]) -> headers.Layout:
    """Return a layout with columns at the right of the table for those of *fields* for which it has none."""
    missing = [name for name in dict.fromkeys(fields) if not found.of(name)]
    added = [
        headers.Column(width + place, name.partition(".")[2].replace("_", " "), name)
        for place, name in enumerate(missing)
    ]
    return headers.Layout((*found.columns, *added), found.kind, found.dropped, found.header)


def added_by(chosen: Sequence[Rule]) -> list[str]:
    """Return the fields that rules fill."""
    return [name for rule in chosen for name in rule.adds]
