"""Large files in portions: rows that may be about one client or one job stay together, wherever they stand.

Takes FileResults, a slice of rows at a time, and a Lookup. Gives FileResults again, a portion at a time; for `match`
each portion is a batch of its own. Touches a file without a name, where the rows wait for their portion.

Who is who follows from what rows share: numbers, addresses, phones, a name that is asked for, a job's number, a client
of the home whom several mean. Rows that share nothing, not even by way of others, never meet in `match`; so it finds
the same in portions as it would in all of them at once, and memory holds one portion and a few numbers per row.
"""

from __future__ import annotations

import marshal
import tempfile
import weakref
from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any

from followup import files
from followup.intake import facts, match, rows

_BINS = 64
"""Into how many parts what rows share is sorted, so that one part at a time is looked through."""


@dataclass(slots=True)
class _Piece:
    """Rows of a slice that say the very same of a client, and what they say of jobs."""

    client: facts.ParsedClient | None = None
    is_listed: bool = False  # in the file as a client, not only named by jobs
    jobs: list[facts.ParsedJob] = field(default_factory=list)
    not_jobs: list[facts.ParsedJob] = field(default_factory=list)
    rows: set[int] = field(default_factory=set)


class Portions:
    """Rows that wait for their portion."""

    def __init__(self, results: Sequence[facts.FileResult], lookup: match.Lookup, *, key: bytes, folder: Path) -> None:
        """Begin without rows.

        Args:
            results: what is known of each file beside its rows.
            lookup: the home.
            key: of the home.
            folder: where rows wait; as private as the home is.

        Raises:
            IOFailure, NoPermission: nothing can be written there.
        """
        self.numbered: set[str] = set()  # sources whose numbers of clients the files have
        self._results = results
        self._lookup = lookup
        self._identifiers = match.Identifiers(key)
        self._is_first = not lookup.has_clients()
        self._folder = folder
        try:
            self._waiting = tempfile.TemporaryFile(dir=folder, buffering=1 << 20)  # noqa: SIM115  # closed below
        except OSError as error:
            raise files.failure(error, folder, doing="write in") from error
        weakref.finalize(self, self._waiting.close)
        self._ends = array("Q")  # where each piece ends in the file
        self._weights = array("I")  # rows of each piece; of the first of several that belong together, of all of them
        self._shared = [(array("q"), array("I")) for _ in range(_BINS)]  # what is shared, and by which piece
        self._names = [(array("q"), array("I")) for _ in range(_BINS)]
        self._ordered: array[int] | None = None  # the pieces, portion by portion
        self._begins: list[int] = []  # of each portion among them, and the end
        # Names by which somebody is looked for; by source where the row has a number, too.
        self._asked: dict[str, set[int]] = {"": set()}

    # ------------------------------------------------------------ in

    def add_all(self, number: int, slices: Iterable[facts.FileResult]) -> facts.FileResult:
        """Take in the file with this *number*, and return what is known of it beside the rows that wait."""
        whole: facts.FileResult | None = None
        for each in slices:
            if whole is None:
                whole = _without_rows(each)
            self._add(number, each)
            each.keep_bad_rows()
            whole.rows += each.rows
            whole.note(each)
        assert whole is not None  # there is always one
        return whole

    def _add(self, number: int, result: facts.FileResult) -> None:
        pieces: dict[int, _Piece] = {}
        for client in result.clients:
            pieces[id(client)] = _Piece(client, is_listed=True)
        for job in result.jobs:
            piece = pieces.get(id(job.who))
            if piece is None:
                piece = pieces[id(job.who)] = _Piece(job.who)
            piece.jobs.append(job)
        known = [*pieces.values(), *(_Piece(not_jobs=[job]) for job in result.not_jobs)]
        for piece in known:
            piece.rows.update(*[said.rows for said in (*piece.jobs, *piece.not_jobs)])
            if piece.client is not None:
                piece.rows.update(piece.client.rows)
        self._note_what_is_shared(result.source, known)
        # What is no client and no job is remembered all the same.
        known.append(_Piece(rows=result.digests.keys() - set().union(*[piece.rows for piece in known])))
        try:
            for piece in known:
                self._keep(number, result, piece)
            self._waiting.flush()
        except OSError as error:
            raise files.failure(error, self._folder, doing="write in") from error

    def _keep(self, number: int, result: facts.FileResult, piece: _Piece) -> None:
        digests, sheet, again, given = result.digests, result.sheet, result.again, result.given
        written = marshal.dumps(
            (
                number,
                None if piece.client is None else _said_of_a_client(piece.client),
                piece.is_listed,
                [_said_of_a_job(job) for job in piece.jobs],
                [_said_of_a_job(job) for job in piece.not_jobs],
                {row: digests[row] for row in piece.rows if row in digests},
                {row: rows.SEPARATOR.join(sheet[row]) for row in piece.rows if row in sheet},
                [*(piece.rows & again)],
                {row: given[row] for row in piece.rows if row in given} if given else {},
            )
        )
        self._waiting.write(written)
        self._ends.append((self._ends[-1] if self._ends else 0) + len(written))
        self._weights.append(max(len(piece.jobs), 1))

    # ------------------------------------------------------------ what is shared

    def _note_what_is_shared(self, source: str, pieces: Sequence[_Piece]) -> None:
        first = len(self._weights)
        said = [
            (first + place, match.who_is(source, piece.client)) for place, piece in enumerate(pieces) if piece.client
        ]
        for piece, who in said:
            client, shared = who.said, [*who.emails, *who.said.phones]
            if client.client_id:
                self._share(piece, (source, client.client_id), *shared)
                if not who.is_only_named:
                    self.numbered.add(source)
            else:
                self._share(piece, ("made of", *match.made_of(who)), *shared)
            asked = self._asked.setdefault(source if client.client_id else "", set()) if who.is_only_named else None
            for name in who.folded:
                mark = hash(name)
                marks, by = self._names[mark % _BINS]
                marks.append(mark)
                by.append(piece)
                if asked is not None:
                    asked.add(mark)
        numbers: dict[str, list[int]] = {}
        for place, each in enumerate(pieces, first):
            for number in {job.job_id for job in (*each.jobs, *each.not_jobs)} - {""}:
                self._share(place, ("job", source, number))
                if not self._is_first:
                    numbers.setdefault(number, []).append(place)
        if not self._is_first:
            self._note_whom_the_home_knows(source, said)
            for number, job_id in self._lookup.by_external_ids(source, "job", numbers).items():
                for place in numbers[number]:
                    self._share(place, ("our job", job_id))
            for number in filter(match.may_be_ours, numbers):
                for place in numbers[number]:
                    self._share(place, ("our job", number))

    def _note_whom_the_home_knows(self, source: str, said: Sequence[tuple[int, match.Who]]) -> None:
        """Two addresses of one client of ours, in rows that have nothing else in common, mean the same client."""
        lookup = self._lookup
        numbers = dict.fromkeys(who.said.client_id for _, who in said if who.said.client_id)
        known = lookup.by_external_ids(source, "client", numbers)
        strangers = [(piece, who) for piece, who in said if who.said.client_id not in known]
        emails = lookup.clients_by_email(dict.fromkeys(each for _, who in strangers for each in who.emails))
        phones = lookup.clients_by_phone(dict.fromkeys(each for _, who in strangers for each in who.said.phones))
        names = lookup.clients_by_name(
            dict.fromkeys(name for _, who in strangers if who.is_only_named for name in who.folded)
        )
        found: list[tuple[int, Iterable[str]]] = [
            (piece, [known[who.said.client_id]]) for piece, who in said if who.said.client_id in known
        ]
        for piece, who in strangers:
            several = [self._identifiers.of(who)]
            if match.may_be_ours(who.said.client_id):
                several.append(who.said.client_id)
            for listed, values in ((emails, who.emails), (phones, who.said.phones), (names, who.folded)):
                for value in values:
                    several += listed.get(value, ())
            found.append((piece, several))
        kept = lookup.kept_clients(dict.fromkeys(each for _, ids in found for each in ids))
        for piece, ids in found:
            for client_id in dict.fromkeys(kept[each] for each in ids if each in kept):
                self._share(piece, ("our client", client_id))

    def _share(self, piece: int, *what: Hashable) -> None:
        for mark in map(hash, what):
            marks, by = self._shared[mark % _BINS]
            marks.append(mark)
            by.append(piece)

    # ------------------------------------------------------------ out

    def of(self, most: int) -> Iterator[list[facts.FileResult]]:
        """Yield portions of about *most* rows; what belongs together is never parted, however much that is."""
        if self._ordered is None:
            self._ordered = self._order(most)
        for begin, end in pairwise(self._begins):
            yield self._portion(self._ordered[begin:end])

    def _order(self, most: int) -> array[int]:
        """Return the pieces in the order of their portions."""
        leaders = self._united()
        portion_of, begins = array("I", bytes(4 * len(leaders))), [0]
        held, pieces = 0, Counter[int]()
        for piece, leader in enumerate(leaders):
            if leader == piece:
                if held and held + self._weights[piece] > most:
                    begins.append(0)
                    held = 0
                held += self._weights[piece]
                portion_of[piece] = len(begins) - 1
            pieces[portion_of[leader]] += 1
        for portion in range(1, len(begins)):
            begins[portion] = begins[portion - 1] + pieces[portion - 1]
        ordered, free = array("I", bytes(4 * len(leaders))), list(begins)
        for piece, leader in enumerate(leaders):
            portion = portion_of[leader]
            ordered[free[portion]] = piece
            free[portion] += 1
        self._begins = [*begins, len(ordered)]
        return ordered

    def _united(self) -> array[int]:
        """Return for each piece the first of those that it belongs together with."""
        leaders = array("I", range(len(self._weights)))

        def find(piece: int) -> int:
            while leaders[piece] != piece:
                leaders[piece] = leaders[leaders[piece]]
                piece = leaders[piece]
            return piece

        # A row with a number looks for a name only where nobody has a number of that source yet.
        asked_for = self._asked[""].union(
            *(
                marks
                for source, marks in self._asked.items()
                if source not in self.numbered and not self._lookup.has_external_ids(source, "client")
            )
        )
        for bins, asked in ((self._shared, None), (self._names, asked_for)):
            for marks, by in bins:
                first: dict[int, int] = {}
                for mark, piece in zip(marks, by, strict=True):
                    if asked is not None and mark not in asked:
                        continue
                    other = first.setdefault(mark, piece)
                    if other != piece:
                        one, two = find(other), find(piece)
                        leaders[max(one, two)] = min(one, two)
        for piece in range(len(leaders)):
            leader = leaders[piece] = find(piece)
            if leader != piece:
                self._weights[leader] += self._weights[piece]
        self._shared, self._names = [], []
        self._asked.clear()
        return leaders

    def _portion(self, pieces: Iterable[int]) -> list[facts.FileResult]:
        results: dict[int, facts.FileResult] = {}
        packed: dict[int, _Packed] = {}
        for piece in pieces:
            begin = self._ends[piece - 1] if piece else 0
            self._waiting.seek(begin)
            kept = self._waiting.read(self._ends[piece] - begin)
            number, said, is_listed, jobs, not_jobs, digests, texts, again, given = marshal.loads(kept)  # noqa: S302  # what `_keep` wrote
            result = results.get(number)
            if result is None:
                result = results[number] = _without_rows(self._results[number])
                result.sheet = packed[number] = _Packed()
            if said is not None:
                client = facts.ParsedClient(*said)
                if is_listed:
                    result.clients.append(client)
                result.jobs += [_job(each, client) for each in jobs]
            result.not_jobs += [_job(each, facts.ParsedClient()) for each in not_jobs]
            result.digests.update(digests)
            result.again.update(again)
            result.given.update(given)
            packed[number].texts.update(texts)
        for result in results.values():
            result.clients.sort(key=_rows)
            result.jobs.sort(key=_rows)
            result.not_jobs.sort(key=_rows)
        return [results[number] for number in sorted(results)]


class _Packed(dict[int, list[str]]):
    """The cells of rows, taken apart when somebody asks: only those of bad rows are needed."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.texts: dict[int, str] = {}

    def __contains__(self, row: object) -> bool:
        """Return whether there is such a row."""
        return row in self.texts

    def __getitem__(self, row: int) -> list[str]:
        """Return the cells of a row."""
        return self.texts[row].split(rows.SEPARATOR)


def _without_rows(result: facts.FileResult) -> facts.FileResult:
    part = result.part(result.kind, amounts_are_parts=result.amounts_are_parts)
    part.rows = part.known = 0
    return part


_OF_A_CLIENT = tuple(facts.ParsedClient.__dataclass_fields__)
_OF_A_JOB = tuple(name for name in facts.ParsedJob.__dataclass_fields__ if name != "who")
_DAYS = tuple(_OF_A_JOB.index(name) for name in ("completed_on", "promised_on", "paid_on"))
_said_of_a_client: Callable[[facts.ParsedClient], tuple[Any, ...]] = attrgetter(*_OF_A_CLIENT)
_cells_of_a_job: Callable[[facts.ParsedJob], tuple[Any, ...]] = attrgetter(*_OF_A_JOB)
_rows = attrgetter("rows")


def _said_of_a_job(job: facts.ParsedJob) -> list[Any]:
    cells = list(_cells_of_a_job(job))
    for place in _DAYS:
        if cells[place] is not None:
            cells[place] = cells[place].toordinal()
    return cells


def _job(cells: list[Any], who: facts.ParsedClient) -> facts.ParsedJob:
    for place in _DAYS:
        if cells[place] is not None:
            cells[place] = date.fromordinal(cells[place])
    return facts.ParsedJob(*cells, *[who])
