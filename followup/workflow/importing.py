"""Import: files -> a preview that writes nothing -> one batch, or nothing.

Takes a Desk and the files of one command. Gives a Preview, which can be shown, tried in a transaction that is rolled
back (`apply`), and committed; or `take` does all at once. Touches the files, the store and, by `rejects`, the home's
folder of rejected rows.

What does not fit into memory goes in portions that share nothing (`intake.portions`), each looked at and written like
an import of its own, all in one transaction.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache, partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from followup import cells, identity, intake
from followup.errors import BadInput, TryLater, UsageError
from followup.intake import alike, exporters, facts, match, merge, moved, portions, reading
from followup.model import OPTED_OUT, REFUSED, Client, Consent, Job, JobStatus, KnownClient
from followup.store import ImportedFile
from followup.workflow import previews, referrals, rejects, stops

if TYPE_CHECKING:
    from followup.store import Writer
    from followup.workflow.desk import Desk

BULK = 1000
"""How many records are worth writing without indexes, which are made afterwards."""

IN_ONE_GO = 120_000
"""Rows that are looked at in one go; it is the fastest, and takes about 3 KB of memory for each."""

SLICE = 5_000
"""Rows that are read at a time where there are more."""

PORTION = 50_000
"""About how many rows are in memory at a time where there are more."""

TOLD_EVERY = 500
"""After how many records somebody is told how far it is."""

Record = TypeVar("Record", Client, Job)


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the command: its name as the owner knows it, and its bytes or where they are, if not at that name."""

    name: str
    data: bytes | intake.Piped | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was written."""

    batch_id: str  # empty when nothing had to be written
    counts: Mapping[str, int]
    rejected: tuple[Path, ...] = ()  # files of rows that were left out, to repair and import again


# ---------------------------------------------------------------- looking


def check(
    desk: Desk,
    sources: Sequence[Source],
    *,
    kind: str = "",
    source: str = "",
    answers: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    whole: bool = False,
    prefer: merge.Prefer = merge.Prefer.EDITED,
    examples: int = previews.EXAMPLES,
    progress: previews.Progress = previews.no_progress,
) -> previews.Preview:
    """Return what importing *sources* together would do. Nothing is written.

    Args:
        desk: the open home.
        sources: the files, in any order.
        kind: clients, jobs or mixed, for all of them; else each file's columns say it.
        source: whose numbers the files' numbers are.
        answers: ``KEY=VALUE`` as a mapping; a key may begin with a file's name and a colon.
        skip_bad_rows: rows with problems will be left out, instead of stopping everything.
        whole: read every row, also those that were imported before as they are, and keep all of it in the preview (for
            the dry run that lists all).
        prefer: whose word counts where a file contradicts what we have. The file's: every row is read.
        examples: how many changes of each kind are kept to be shown, where the files are too large for one go.
        progress: is told how far reading is, and later, when the preview is written, how far that is.

    Raises:
        NotFound: a file is not there. NoPermission, IOFailure: it cannot be read.
        UsageError: an answer fits no question. ConfigurationError: a file of the home's exporters is wrong.
    """
    with _no_collecting():
        batch = _opened(
            desk,
            sources,
            kind=kind,
            source=source,
            answers=answers,
            skip_bad_rows=skip_bad_rows,
            whole=whole,
            prefer=prefer,
            examples=examples,
            progress=progress,
        )
        return _look(batch)


def take(
    desk: Desk,
    sources: Sequence[Source],
    *,
    kind: str = "",
    source: str = "",
    answers: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    prefer: merge.Prefer = merge.Prefer.EDITED,
    examples: int = previews.EXAMPLES,
    progress: previews.Progress = previews.no_progress,
    watch: Callable[[], Callable[[Writer], None]] | None = None,
) -> tuple[previews.Preview, Imported | None]:
    """Do what `check` and `commit` do, and look at large files once: nobody has to agree first.

    Nothing is written, and there is no Imported, where a question is open or rows are bad that are not to be left out.
    The arguments and errors are those of `check`; *watch* is called before anything is written, and what it returns as
    *then* of `commit`.
    """
    with _no_collecting():
        batch = _opened(
            desk,
            sources,
            kind=kind,
            source=source,
            answers=answers,
            skip_bad_rows=skip_bad_rows,
            prefer=prefer,
            examples=examples,
            progress=progress,
        )
        if not all(file.ready for file in batch.results):
            return _look(batch), None
        then = watch() if watch is not None else None
        try:
            with _writing(desk, batch.results) as write:
                if desk.store.facts_version() != batch.version:
                    raise _changed_meanwhile()
                preview = _look(batch, write=write)
                if not preview.writable:
                    raise _NotWritableError(preview)
                return preview, _finish(desk, write, preview, then)
        except _NotWritableError as error:
            return error.preview, None


class _NotWritableError(Exception):
    """Takes back what was written before the first bad row."""

    def __init__(self, preview: previews.Preview) -> None:
        """Keep what there is to say."""
        super().__init__()
        self.preview = preview


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Keep Python from looking for circles among hundreds of thousands of rows, which has none and costs half the time.

    What was made meanwhile is left alone afterwards, too: the next collection would look at all of it at once.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.freeze()
            gc.enable()


@dataclass(slots=True, kw_only=True)
class _Batch:
    """The files of one command, looked through, and their rows: in one go, or waiting for their portion."""

    desk: Desk
    version: int
    skip_bad_rows: bool
    prefer: merge.Prefer
    examples: int
    progress: previews.Progress
    readings: Sequence[reading.Reading]
    in_portions: bool
    given: Sequence[Mapping[str, str]] = ()  # the answers that were given with the command, file by file
    results: list[facts.FileResult] = field(default_factory=list)
    waiting: portions.Portions | None = None
    same: set[tuple[str, str]] = field(default_factory=set)  # jobs that were moved: identifier and new day

    @property
    def rows(self) -> int:
        """Return how many rows there are to look at."""
        return sum(file.rows - file.known for file in self.results)

    def read(self) -> None:
        """Read the files: in one go, or so that their rows wait for their portion."""
        if not self.in_portions:
            self.results = [next(iter(each.slices())) for each in self.readings]
            return
        self.results = [each.result for each in self.readings]
        waiting = portions.Portions(self.results, self.desk.store, key=self.desk.key, folder=self.desk.home.path)
        for number, each in enumerate(self.readings):
            self.results[number] = waiting.add_all(number, each.slices(SLICE))
        self.waiting = waiting

    def parts(self, lookup: match.Lookup | None = None) -> Iterator[previews.Preview]:
        """Yield what is to be done, portion by portion; *lookup* is the home as it was before the first of them."""
        desk, lookup = self.desk, lookup or self.desk.store
        numbered = self.waiting.numbered if self.waiting is not None else ()
        for results in [self.results] if self.waiting is None else self.waiting.of(PORTION):
            part = previews.Preview(
                files=results, version=self.version, skip_bad_rows=self.skip_bad_rows, progress=self.progress
            )
            tell = self.progress if self.waiting is None else previews.no_progress
            tell("Comparing", 0, 4)
            found = match.match(results, lookup, key=desk.key, numbered=numbered)
            while self.waiting is None and self._leaves_out(results, found):
                self.read()
                results = part.files = self.results
                found = match.match(results, lookup, key=desk.key)
            moves = moved.find(found, desk.store)
            if self.waiting is None:
                self._ask_about(moves, again={file.name for file in results if _has_known_jobs(file, found)})
            moved.adopt(move for move in moves if (move.known.id, move.day) in self.same)
            tell("Comparing", 2, 4)
            part.links = found.links
            _plan_clients(desk, part, found, self.prefer)
            part.doubts = _in_doubt(part, found.doubts, lookup)
            tell("Comparing", 3, 4)
            _plan_jobs(desk, part, found, self.prefer)
            _plan_rows(part, found)
            tell("Comparing", 4, 4)
            part.origins = dict(referrals.sources([*part.new_clients, *(each.new for each in part.changed_clients)]))
            del results, found  # before the next of them is made
            yield part
            del part

    def look_for_moves(self) -> None:
        """Ask about moved jobs of files that are looked at in portions, before anything else is done with them."""
        moves: list[moved.Move] = []
        again: set[str] = set()
        leaves_out = self.desk.store.has_clients()
        while leaves_out and self.waiting is not None:
            leaves_out = False
            moves.clear()
            for results in self.waiting.of(PORTION):
                found = match.match(results, self.desk.store, key=self.desk.key, numbered=self.waiting.numbered)
                leaves_out = self._leaves_out(results, found) or leaves_out
                moves += moved.find(found, self.desk.store)
                again.update(file.name for file in results if _has_known_jobs(file, found))
            if leaves_out:
                self.read()
        self._ask_about(moves, again=again)

    def _leaves_out(self, results: Sequence[facts.FileResult], found: match.Matches) -> bool:
        """Return whether files have known rows that were not read, of records of which other rows of theirs have news.

        Who such a row is about shows only when everybody is matched: it need not share a cell with the others. From now
        on it is read. Unread it would be outdated by them, and news the next time.
        """
        readings = {each.result.fingerprint: each for each in self.readings if each.met_known_rows}
        if not readings:
            return False
        leaves_out, of_file = False, _records(results, found)
        existing = {each.id for each in found.clients if each.existing is not None}
        existing |= {each.id for each in found.jobs if each.existing is not None}
        for file in results:
            if file.fingerprint in readings and file.digests:
                of_row = of_file[id(file)]
                news = {of_row[row] for row in of_row.keys() & file.digests.keys() - file.again} & existing
                known = self.desk.store.known_rows_of(file.fingerprint, news).difference(file.digests.values())
                leaves_out = readings[file.fingerprint].read_too(known) or leaves_out
        return leaves_out

    def _ask_about(self, moves: Sequence[moved.Move], *, again: Collection[str]) -> None:
        """Ask once a file about jobs that may have been moved, or go by what was said of these very rows."""
        store = self.desk.store
        for file, given in zip(self.results, self.given, strict=True):
            mine = [move for move in moves if move.file == file.name]
            if not mine or not (file.known or file.name in again or self._is_one_row_again(file)):
                continue
            question = moved.question(mine)
            answer = given.get(question.key) or store.answers(file.fingerprint).get(question.key)
            if answer is None:
                file.questions.append(question)
                continue
            file.answers = {**file.answers, question.key: answer}
            if answer == "same":
                self.same.update((move.known.id, move.day) for move in mine)

    def _is_one_row_again(self, file: facts.FileResult) -> bool:
        """Return whether a file of a single row is called like the last one of its kind: nothing else could tell."""
        last = (kind.name for kind in self.desk.store.learnt() if kind.fingerprint == file.fingerprint)
        return file.rows == 1 and next(last, "") == Path(file.name).name


def _has_known_jobs(file: facts.FileResult, found: match.Matches) -> bool:
    """Return whether a file has rows of jobs that we have: a list that came in before, not the next one of its kind."""
    return any(entry.existing is not None and any(each is file for each, _ in entry.parsed) for entry in found.jobs)


def _opened(
    desk: Desk,
    sources: Sequence[Source],
    *,
    kind: str,
    source: str,
    answers: Mapping[str, str] | None,
    skip_bad_rows: bool,
    whole: bool = False,
    prefer: merge.Prefer,
    examples: int,
    progress: previews.Progress,
) -> _Batch:
    given = _answers_by_file(answers or {}, [each.name for each in sources])
    version = desk.store.facts_version()  # before anything is read
    home = intake.HomeFacts(
        country=desk.settings.business.country,
        currency=desk.settings.business.currency,
        today=desk.today,
        key=desk.key,
        exporters=exporters.of_home(desk.home.exporters_path),
    )
    readings = []
    room = IN_ONE_GO
    for file in sources:
        opened = intake.opened(
            file.path or Path(file.name) if file.data is None else file.data,
            name=rejects.writable(file.name),  # some systems' file names are bytes that no text holds
            source=source,
            home=home,
            kind=kind,
            answers=given[file.name],
            remembered=desk.store.answers,
            known=None if prefer is merge.Prefer.FILE else desk.store.known_rows,
            whole=whole,
            progress=partial(progress, f"Reading {Path(file.name).name}"),
            keep=room,
        )
        room = max(0, room - opened.result.rows)
        readings.append(opened)
    kinds = Counter(each.result.fingerprint for each in readings)
    for each in readings:
        if kinds[each.result.fingerprint] > 1:
            each.beside_others()
    batch = _Batch(
        desk=desk,
        version=version,
        skip_bad_rows=skip_bad_rows,
        prefer=prefer,
        examples=examples,
        progress=progress,
        readings=readings,
        in_portions=not whole and sum(each.result.rows for each in readings) > IN_ONE_GO,
        given=[given[each.name] for each in sources],
    )
    batch.read()
    if batch.in_portions:
        if batch.rows:
            progress("Comparing", 0, batch.rows)
        batch.look_for_moves()
    return batch


def _look(batch: _Batch, *, write: Writer | None = None) -> previews.Preview:
    """Return what *batch* would do, and do it with *write* as long as nothing is wrong."""
    if batch.waiting is None:
        (preview,) = batch.parts()
        if write is not None and preview.writable:
            counts = preview.counts()
            told = _Told(batch.progress, "Writing", of=counts["new"] + counts["changed"])
            with _filling(write, preview, told):
                _write(write, preview, told)
        return preview
    preview = previews.Preview(
        files=batch.results,
        version=batch.version,
        skip_bad_rows=batch.skip_bad_rows,
        portions=batch.parts,
        examples=batch.examples,
        progress=batch.progress,
    )
    home = match.EmptyHome() if write is not None and not batch.desk.store.has_clients() else None
    told = _Told(batch.progress, "Writing", of=batch.rows)
    with nullcontext() if write is None else _filling(write, preview, told):
        for part in batch.parts(home):
            preview.let_go(part)
            if write is not None and preview.writable:
                counts = part.counts()
                told.worth = sum(len(file.digests) for file in part.files) / max(counts["new"] + counts["changed"], 1)
                _write(write, part, told)
                write.flush()
            elif write is None:
                batch.progress(
                    "Comparing", sum(preview.passed[each] for each in ("new", "changed", "unchanged")), batch.rows
                )
            del part  # before the next of them is made
    return preview


def split_answer(text: str) -> tuple[str, str]:
    """Return key and value of ``[FILE:]KEY=VALUE``."""
    about, equals, value = text.partition("=")
    if not equals or not about.strip():
        raise UsageError(f"'{cells.short(text)}' is no answer; write KEY=VALUE, such as date_order=dmy")
    return about.strip(), value.strip()


def _answers_by_file(answers: Mapping[str, str], names: Sequence[str]) -> dict[str, dict[str, str]]:
    given: dict[str, dict[str, str]] = {name: {} for name in names}
    general: dict[str, str] = {}
    wrong: list[str] = []
    for about, value in answers.items():
        owner = next(
            (name for name in names for start in (name, Path(name).name) if about.startswith(f"{start}:")), None
        )
        key = about if owner is None else about[len(owner if about.startswith(f"{owner}:") else Path(owner).name) + 1 :]
        problem = intake.check_answer(key, value)
        if problem:
            wrong.append(problem)
        elif owner is None:
            general[key] = value
        else:
            given[owner][key] = value
    if wrong:
        raise UsageError("\n".join(f"--answer: {problem}" for problem in wrong))
    return {name: {**general, **own} for name, own in given.items()}


def _plan_clients(desk: Desk, preview: previews.Preview, found: match.Matches, prefer: merge.Prefer) -> None:
    told = [each for each in found.clients if each.existing is None or _has_news(each.existing, each)]
    preview.unchanged_clients += len(found.clients) - len(told)
    ours = desk.store.clients(each.id for each in told if each.existing is not None)
    by_hand = _by_hand(desk, list(ours))
    called = {id(file): Path(file.name).name for file in preview.files}
    today, none = desk.today, frozenset[str]()
    day = today.isoformat()
    for entry in told:
        news = entry.news()
        files = (
            called[id(news[0][0])]
            if len(news) == 1
            else ", ".join(dict.fromkeys([called[id(file)] for file, _ in news]))
        )
        evidence = f"import of {files} on {day}"
        said, by_number = [client for _, client in news], entry.by_number
        existing = ours.get(entry.id)
        if existing is None:
            record = merge.client(
                None, said, client_id=entry.id, by_number=by_number, by_hand=none, today=today, evidence=evidence
            )
            preview.new_clients.append(record)
            preview.stops += _stops(desk, None, record)
        else:
            merged = partial(
                merge.client,
                existing,
                said,
                client_id=entry.id,
                by_number=by_number,
                today=today,
                evidence=evidence,
            )
            record = _preferring(preview, existing, merged, by_hand.get(entry.id, none), prefer)
            if record.referred_by != existing.referred_by:
                record = replace(record, referred_by_id="")  # another name: `_conclude` looks for whose it is
            if record == existing:
                preview.unchanged_clients += 1
            else:
                preview.changed_clients.append(previews.Change(existing, record))
                preview.stops += _stops(desk, existing, record)
        for address in [each for _, client in news if client.mail_refused for each in client.emails]:
            if desk.store.suppression(address) is None:  # an owner who allowed it again knows better
                preview.mail_refused[address] = evidence


def _has_news(known: KnownClient, entry: match.ClientEntry) -> bool:
    return any(merge.is_news(known, said) for _, said in entry.news())


def _in_doubt(preview: previews.Preview, doubts: Sequence[match.Doubt], lookup: match.Lookup) -> list[match.Doubt]:
    """Return the doubts that `client duplicates` would have too, once both clients are there."""
    if not doubts:
        return []
    records = {each.id: each for each in preview.new_clients}
    records |= {each.new.id: each.new for each in preview.changed_clients if isinstance(each.new, Client)}
    records |= lookup.clients({each.other_id for each in doubts} - records.keys())
    told = [each for each in doubts if each.client_id in records and each.other_id in records]
    agreed = alike.doubted((records[each.client_id], records[each.other_id]) for each in told)
    return [each for each, is_one in zip(told, agreed, strict=True) if is_one]


def _stops(desk: Desk, before: Client | None, after: Client) -> list[tuple[str, str]]:
    """Return the addresses to stop because of a client's row, each with why.

    A stop is of a person: whoever was stopped before stays so at a new address, whatever the file says.
    """
    if before is None and after.consent is not Consent.OPTED_OUT:
        return []
    known = {identity.canonical_address(each) for each in (*before.emails, *before.phones)} if before else set()
    new = [each for each in (*after.emails, *after.phones) if identity.canonical_address(each) not in known]
    if after.consent is Consent.OPTED_OUT:
        fresh = before is None or before.consent is not Consent.OPTED_OUT
        return [(each, after.consent_evidence) for each in ((*after.emails, *after.phones) if fresh else new)]
    if before is not None and new and stops.is_stopped(desk, before):
        return [(each, stops.SAME_PERSON) for each in new]
    return []


def _preferring(
    preview: previews.Preview,
    existing: Record,
    merged: Callable[..., Record],
    by_hand: Collection[str],
    prefer: merge.Prefer,
) -> Record:
    """Return what the files make of a record when some of its fields stay, and note what those would have become."""
    fixed = merge.settled(existing, by_hand, prefer)
    record = merged(by_hand=fixed)
    if fixed:
        preview.kept += (previews.Kept(record, *each) for each in merge.kept(record, merged(by_hand=frozenset())))
    return record


def _plan_jobs(desk: Desk, preview: previews.Preview, found: match.Matches, prefer: merge.Prefer) -> None:
    by_hand = _by_hand(
        desk, [entry.id for entry in found.jobs if entry.existing] + [job.id for job, _, _ in found.ended]
    )
    person, today, none = _person_of(desk), desk.today, frozenset[str]()
    for entry in found.jobs:
        said = [job for _, job in entry.news()]
        client_id = entry.client.id
        if entry.existing is None:
            preview.new_jobs.append(
                merge.job(None, said, job_id=entry.id, client_id=client_id, by_hand=none, today=today, people=person)
            )
            continue
        merged = partial(
            merge.job, entry.existing, said, job_id=entry.id, client_id=client_id, today=today, people=person
        )
        record = _preferring(preview, entry.existing, merged, by_hand.get(entry.id, none), prefer)
        if record == entry.existing:
            preview.unchanged_jobs += 1
        else:
            preview.changed_jobs.append(previews.Change(entry.existing, record))
    for job, _, _ in found.ended:
        if job.status is not JobStatus.CANCELLED:
            ended = merge.ended(job, by_hand=merge.settled(job, by_hand.get(job.id, frozenset()), prefer))
            if ended != job:
                preview.changed_jobs.append(previews.Change(job, ended))


def _by_hand(desk: Desk, ids: Sequence[str]) -> dict[str, set[str]]:
    edited: dict[str, set[str]] = {}
    if ids:
        for record_id, name in desk.store.edited_by_hand(ids):
            edited.setdefault(record_id, set()).add(name)
    return edited


def _person_of(desk: Desk) -> Callable[[str], str]:
    """Return a function that says which person of the firm a name in a file means; nobody for the others."""
    known: dict[str, str] = {}
    for person in desk.settings.people.values():
        for name in (person.id, person.name, person.email, *person.also):
            if name:
                known.setdefault(name.casefold(), person.id)

    @cache
    def find(text: str) -> str:
        whole = known.get(text.strip().casefold())
        if whole:
            return whole
        first = text.replace(" and ", ",").replace("&", ",").split(",")[0]
        return known.get(first.strip().casefold(), "")

    return find


def _records(files: Iterable[facts.FileResult], found: match.Matches) -> dict[int, dict[int, str]]:
    """Return of which record each row is, by the file's id()."""
    of_file: dict[int, dict[int, str]] = {id(file): {} for file in files}
    for entry in found.clients:
        for file, client in entry.parsed:
            if not client.reference:
                of_row = of_file[id(file)]
                for row in client.rows:
                    of_row[row] = entry.id
    for job_entry in found.jobs:
        for file, job in job_entry.parsed:
            of_row = of_file[id(file)]
            for row in job.rows:
                of_row[row] = job_entry.id
    return of_file


def _plan_rows(preview: previews.Preview, found: match.Matches) -> None:
    """Note which rows to remember, so that they are not read again."""
    of_file = _records(preview.files, found)
    ready = [file for file in preview.files if file.ready]
    bad = {id(file): {problem.row for problem in file.problems} for file in ready}
    news = {
        (file.fingerprint, of_file[id(file)].get(row))
        for file in (ready if any(file.again for file in ready) else ())
        for row in file.digests.keys() - bad[id(file)] - file.again
    }
    for file in ready:
        of_row = of_file[id(file)]
        # To remember a row outdates the others of its record, which only news can do.
        left_out = bad[id(file)] | {
            row for row in file.again & of_row.keys() if (file.fingerprint, of_row[row]) not in news
        }
        # A row that is no job, or came in and nobody knows any more for whom, stands for itself: it stays known.
        preview.remembered.setdefault(file.fingerprint, []).extend(
            (digest, of_row.get(row, digest)) for row, digest in file.digests.items() if row not in left_out
        )


def _answers(preview: previews.Preview) -> dict[tuple[str, str], str]:
    """Return which answers to remember, so that next month's file asks nothing: (fingerprint, about) -> value."""
    answers: dict[tuple[str, str], str] = {}
    for file in preview.files:
        if not file.ready:
            continue
        kept = {**file.answers}
        if file.problems and preview.skip_bad_rows:
            # The repaired rows come back alone, and alone they may not show what the whole file showed.
            kept = {**file.decided, **kept}
        for about, value in kept.items():
            if about != "tables" or file.header:
                answers[file.fingerprint, about] = value
        if file.page:
            answers[file.book, "sheet"] = file.page
    return answers


# ---------------------------------------------------------------- writing


def apply(desk: Desk, write: Writer, preview: previews.Preview) -> None:
    """Write what *preview* found, within the caller's transaction, which may be rolled back to see what it leads to.

    Raises:
        TryLater: the home was changed since the preview was made.
    """
    _write_all(desk, write, preview, "Looking ahead")
    _conclude(desk, write, preview)


def _write_all(desk: Desk, write: Writer, preview: previews.Preview, what: str) -> None:
    _refuse_a_changed_home(desk, preview)
    counts = preview.counts()
    told = _Told(preview.progress, what, of=counts["new"] + counts["changed"])
    home = None if desk.store.has_clients() else match.EmptyHome()
    with _filling(write, preview, told):
        for part in preview.parts(home):
            _write(write, part, told)
            if part is not preview:
                write.flush()
            del part  # before the next of them is made


def _filling(write: Writer, preview: previews.Preview, told: _Told) -> AbstractContextManager[None]:
    """Return the context in which *preview* is written: without indexes, where there is much of it."""
    if told.of < BULK:
        return nullcontext()
    if preview.portions is not None:
        return write.bulk(with_looks=True)
    return write.bulk(clients=len(preview.new_clients), jobs=len(preview.new_jobs), kinds=preview.remembered)


class _Told:
    """Hands records on, and tells how many it were."""

    def __init__(self, progress: previews.Progress, what: str, *, of: int) -> None:
        """Tell *progress* how much of *what* is done."""
        self._progress = progress
        self._what = what
        self._done = 0.0
        self.of = of
        self.worth = 1.0  # of a record

    def each(self, records: Iterable[Client | Job]) -> Iterator[Client | Job]:
        """Yield *records*."""
        for number, record in enumerate(records, 1):
            self._done += self.worth
            if not number % TOLD_EVERY:
                self._progress(self._what, int(self._done), self.of)
            yield record


def _write(write: Writer, part: previews.Preview, told: _Told) -> None:
    """Write what a portion changes, or all of it."""
    write.add_many(told.each(sorted(part.new_clients, key=attrgetter("id"))))
    write.add_many(told.each(sorted(part.new_jobs, key=attrgetter("id"))))
    write.save_many(told.each(each.new for each in (*part.changed_clients, *part.changed_jobs)))
    for (source, kind), links in part.links.items():
        write.link_many(source, kind, links)
    for fingerprint, rows in part.remembered.items():
        write.remember_rows(fingerprint, sorted(rows))


def _conclude(desk: Desk, write: Writer, preview: previews.Preview, *, rejected: Sequence[Path] = ()) -> None:
    """Write what follows from all of it, and what is kept of the files.

    *rejected*: the files that hold what was left out, which `imports show` names.
    """
    write.adopt()
    referrals.link(desk, write, preview.origins)
    now = desk.now()
    for address, evidence in dict(preview.stops).items():
        write.suppress(address, OPTED_OUT, evidence, now)
    for address, evidence in preview.mail_refused.items():
        write.suppress(address, REFUSED, evidence, now)
    for (fingerprint, about), value in _answers(preview).items():
        write.remember_answer(fingerprint, about, value)
    write.remember_files(
        ImportedFile(
            fingerprint=file.fingerprint,
            book=file.book,
            name=Path(file.name).name,
            looks_like=file.looks_like,
            header=tuple(map(rejects.writable, file.header)),
        )
        for file in preview.files
        if file.fingerprint
    )
    write.detail(
        {
            "files": [file.name for file in preview.files],
            "counts": preview.counts(),
            "read": [_said_of(file) for file in preview.files],
            "rejected": [str(path) for path in rejected],
        }
    )


def _said_of(file: facts.FileResult) -> dict[str, Any]:
    """Return what `imports show` says of a file later."""
    return {
        "name": file.name,
        "looks_like": file.looks_like,
        "kind": file.kind,
        "source": file.source,
        "encoding": file.encoding,
        "sheet": file.page,
        "decided": dict(file.decided),
        "answers": dict(file.answers),
        "counts": file.counts(),
    }


def commit(desk: Desk, preview: previews.Preview, *, then: Callable[[Writer], None] | None = None) -> Imported:
    """Write the whole batch in one transaction, and the rows that were left out to files of their own.

    *then* writes what belongs to it, in the same transaction.
    """
    if not preview.writable:
        raise BadInput("Nothing was imported: the files have open questions or rows with problems.")
    with _no_collecting(), _writing(desk, preview.files) as write:
        _write_all(desk, write, preview, "Writing")
        return _finish(desk, write, preview, then)


def _writing(desk: Desk, results: Sequence[facts.FileResult]) -> AbstractContextManager[Writer]:
    command = "import " + " ".join(Path(file.name).name for file in results)
    return desk.store.write(kind="import", command=command, person=desk.person, now=desk.now())


def _finish(desk: Desk, write: Writer, preview: previews.Preview, then: Callable[[Writer], None] | None) -> Imported:
    rejected = rejects.write(desk, preview.files if preview.skip_bad_rows else ())
    _conclude(desk, write, preview, rejected=rejected)
    if then is not None:
        then(write)
    stops.note(desk, (address for address, _ in preview.stops))
    return Imported(batch_id=write.batch_id if write.changed else "", counts=preview.counts(), rejected=tuple(rejected))


def _refuse_a_changed_home(desk: Desk, preview: previews.Preview) -> None:
    clients = {each.old.id: each.old for each in preview.changed_clients}
    jobs = {each.old.id: each.old for each in preview.changed_jobs}
    changed = (clients and desk.store.clients(clients) != clients) or (jobs and desk.store.jobs(jobs) != jobs)
    if changed or desk.store.facts_version() != preview.version:
        raise _changed_meanwhile()


def _changed_meanwhile() -> TryLater:
    return TryLater("The home was changed by somebody else meanwhile. Nothing was imported; start the import again.")


def to_json(preview: previews.Preview) -> Iterator[dict[str, Any]]:
    """Yield what ``import --dry-run --format json`` prints: one object per file."""
    for file in preview.files:
        yield file.to_json()
