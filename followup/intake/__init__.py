"""Files that owners have -> facts under our names, or row-numbered problems and questions.

Takes bytes, or a path, and what is known of the home. Gives a Reading, or a FileResult. Touches nothing but the file:
whether a row is known already is asked of a function that the caller hands in. This is the door; behind it, in the
order of the flow:

    reading                      the way of one file, looked through and then read, by these stages:
    sources, opening             the bytes of a file; which table is in them
    decode, alphabets            bytes -> text; what reads like words of the home's country
    workbooks, vcards            spreadsheets; address cards
    table, lines                 text -> records, with row numbers; the form in which rows travel
    naming, headers, exporters   what columns mean: who decides, the vocabulary, the programs that are known
    hints, mapping, strangers    ... by their values; as the owner is shown it; tables that are none of ours
    way                          the way of the rows of one table, which is:
    ragged, shape, typed, rules      too long or short; no records; days of a spreadsheet; a program's habits
    unread                       which rows the home has not read before
    deciding, columns            what only a whole table tells; what only a whole column tells
    damage                       what a spreadsheet did to its columns
    rows                         one record -> a client, a job, or what is wrong with it, by these:
    fields, cleaning             where the fields are, and what is told of them; the cells as they are meant
    clientrows                   what a row says of a client, which is:
    names, whereabouts, reach, wishes    what they are called; where they are; how they are reached; what they wish
    jobrows                      what a row says of a job, which is:
    prices, progress             what it cost; how far it is
    days, amounts, meanings, iso, people, addresses, phones, postal      one cell -> what it holds
    questions, ledger, telling   what the owner is asked; what became of each row; how it is said
    facts                        what comes out of all that

    portions                     files that do not fit into memory
    match, aside                 who is who; rows that are refused beside others
    moved, alike                 jobs that got another day; clients that may be one
    merge                        what a file says, laid over what we have
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from followup.intake import decode, facts, opening, questions, reading, sources, table
from followup.intake.facts import DEFAULT_SOURCE, HomeFacts
from followup.intake.sources import Piped

__all__ = ["DEFAULT_SOURCE", "HomeFacts", "Piped", "check_answer", "fingerprint", "opened", "read"]
__all__ += ["recognised", "sheet"]

check_answer = questions.check
fingerprint = questions.fingerprint


def opened(
    file: bytes | Path | Piped,
    *,
    name: str,
    home: HomeFacts,
    source: str = "",
    kind: str = "",
    answers: Mapping[str, str] | None = None,
    remembered: questions.Remembered | None = None,
    known: reading.Known | None = None,
    whole: bool = False,
    progress: reading.Progress | None = None,
    keep: int = 0,
) -> reading.Reading:
    """Look through a file once: what it is, what is open about it, what its columns as a whole decide.

    What is in the file never raises; `Reading.result` says it.

    Args:
        file: the bytes, or where they are; there they are read in pieces, and never all of them are kept.
        name: how the owner calls it.
        home: what reading depends on.
        source: whose numbers its numbers are; "" for what its header says, else DEFAULT_SOURCE.
        kind: clients, jobs or mixed, where the owner said so.
        answers: given for this file now.
        remembered: answers given earlier, by the fingerprint of the header.
        known: which rows the home has read before. They are not read again, but for those that are needed to understand
            new ones; without it every row is new.
        whole: read all rows, also those that are known.
        progress: is told how much of the work is done and how much there is, in a unit of its own.
        keep: how many rows may be kept once looked through; of a longer file, and by itself of any, none are.

    Raises:
        NotFound, NoPermission, IOFailure: the file cannot be read. BadInput: it is a folder.
        TryLater: it was changed meanwhile.
    """
    return reading.Reading(
        sources.Source(file),
        facts.FileResult(name=name, source=source),
        questions.Questions(answers or {}),
        home=home,
        kind=kind,
        remembered=remembered or (lambda _: {}),
        known=known,
        whole=whole,
        progress=progress,
        keep=keep,
    )


def recognised(file: bytes | Path, *, name: str, home: HomeFacts) -> facts.FileResult:
    """Return what the first 64 KB of a file show of it, in less time than a person notices: no rows, no questions."""
    result = facts.FileResult(name=name, source="")
    reading.recognise(sources.Source(file), result, home)
    return result


def read(
    file: bytes | Path,
    *,
    name: str,
    home: HomeFacts,
    source: str = "",
    kind: str = "",
    answers: Mapping[str, str] | None = None,
    remembered: questions.Remembered | None = None,
    known: reading.Known | None = None,
) -> facts.FileResult:
    """Return all that a file says, as `opened` takes it; it is not read beyond an open question."""
    found = opened(
        file,
        name=name,
        home=home,
        source=source,
        kind=kind,
        answers=answers,
        remembered=remembered,
        known=known,
        keep=sys.maxsize,
    )
    return next(iter(found.slices()))


def sheet(file: bytes | Path, *, name: str, country: str, known: Callable[[Sequence[str]], bool]) -> table.Sheet:
    """Return the table in a file whose columns the caller knows; nothing is asked about it.

    Args:
        file: the bytes, or where they are.
        name: how the owner calls it.
        country: of the home, ISO 3166: in which letters old files are written.
        known: whether a row is the header.

    Raises:
        NotFound, NoPermission, IOFailure: the file cannot be read. BadInput: there is no such table in it.
    """
    result = facts.FileResult(name=name, source="")
    opener = opening.Opener(
        sources.Source(file),
        questions.Questions({}),
        result,
        country=country,
        remembered=lambda _: {},
        known=known,
    )
    try:
        found = opener.open()
    except decode.Refused as refused:
        raise decode.Refused(refused.code, f"{name}: {refused}") from None
    if found is None:
        raise decode.Refused("encoding", f"{name}: its letters can be read in several ways. Save it as CSV in UTF-8.")
    return found
