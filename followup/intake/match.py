"""Who is who: clients and jobs of a batch of files, against each other and against the home.

Takes FileResults and a Lookup. Gives Matches: one entry per client and per job, each with the record we have of it, if
any; rows that fit nobody become problems of their file. Pure but for what it asks the Lookup, in bulk.

A client is the same by the id of the same source, by e-mail (case ignored) unless the names contradict, by phone and
full name. Anything weaker is a doubt that the owner is shown, never a silent merge.

The order of files and rows decides nothing here, and the same batch again finds the same: rows are taken by what they
say, a row that finds nobody waits for what the others teach, a row that is refused teaches nothing, and is looked at
once more after the others, as the next import would, nothing is learned of a row but what the home will keep of it, and
a nameless row is nobody whom another row of its number contradicts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from operator import attrgetter
from typing import Any, Protocol

from followup import identity
from followup.intake import alike, aside, facts, people
from followup.model import Client, Job, KnownClient

CROWD = 20
"""An e-mail address that more clients have, each under a name of their own, is nobody's: a firm's, or one made up."""

MOST_DOUBTS = 5
"""How many clients a row is in doubt about, of each kind of doubt."""


class Lookup(Protocol):
    """What the home can be asked, always in bulk. The store answers it."""

    def by_external_ids(self, source: str, kind: str, values: Iterable[str]) -> dict[str, str]:
        """Return record ids by outside number."""

    def has_external_ids(self, source: str, kind: str) -> bool:
        """Return whether any number of a source is known."""

    def clients_by_email(self, canonicals: Iterable[str]) -> dict[str, list[str]]:
        """Return client ids by canonical address."""

    def clients_by_phone(self, numbers: Iterable[str]) -> dict[str, list[str]]:
        """Return client ids by E.164 number."""

    def clients_by_name(self, folded: Iterable[str]) -> dict[str, list[str]]:
        """Return client ids by folded name."""

    def has_clients(self) -> bool:
        """Return whether there is any client."""

    def clients(self, ids: Iterable[str]) -> dict[str, Client]:
        """Return clients by id."""

    def known_clients(self, ids: Iterable[str]) -> dict[str, KnownClient]:
        """Return what tells clients from others, by id."""

    def kept_clients(self, ids: Iterable[str]) -> dict[str, str]:
        """Return, for the clients that exist, who each is by now: itself, or whom it was merged into."""

    def jobs(self, ids: Iterable[str]) -> dict[str, Job]:
        """Return jobs by id."""


class EmptyHome:
    """The home before its first import, while that is written: a Lookup that knows nobody."""

    def by_external_ids(self, source: str, kind: str, values: Iterable[str]) -> dict[str, str]:
        """Return nothing."""
        return {}

    def has_external_ids(self, source: str, kind: str) -> bool:
        """Return False."""
        return False

    def clients_by_email(self, canonicals: Iterable[str]) -> dict[str, list[str]]:
        """Return nothing."""
        return {}

    clients_by_phone = clients_by_name = clients_by_email

    def has_clients(self) -> bool:
        """Return False."""
        return False

    def clients(self, ids: Iterable[str]) -> dict[str, Client]:
        """Return nothing."""
        return {}

    def known_clients(self, ids: Iterable[str]) -> dict[str, KnownClient]:
        """Return nothing."""
        return {}

    def jobs(self, ids: Iterable[str]) -> dict[str, Job]:
        """Return nothing."""
        return {}

    def kept_clients(self, ids: Iterable[str]) -> dict[str, str]:
        """Return nothing."""
        return {}


@dataclass(slots=True, eq=False)
class ClientEntry:
    """One client of the batch, or one of the home that it speaks of."""

    id: str
    existing: KnownClient | None
    parsed: list[tuple[facts.FileResult, facts.ParsedClient]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # as written -> as they are compared
    emails: set[str] = field(default_factory=set)  # canonical
    phones: set[str] = field(default_factory=set)
    by_number: bool = False  # found by the id of the same source

    def news(self) -> list[tuple[facts.FileResult, facts.ParsedClient]]:
        """Return what the home has not read before; of a client that it does not have, everything."""
        parsed = self.parsed
        return parsed if self.existing is None else [each for each in parsed if not each[0].is_old(each[1].rows)]


@dataclass(slots=True, eq=False)
class Who:
    """All rows of the batch that say the very same about who is meant: they are one client, or refused, together."""

    source: str
    said: facts.ParsedClient  # the first of them
    names: list[str]
    emails: list[str]  # canonical
    folded: list[str]  # the names as they are compared
    makes_a_client: bool  # enough is said for a client whom nobody knows yet
    rows: list[tuple[facts.FileResult, facts.ParsedClient]] = field(default_factory=list)
    identifier: str = ""  # of the client that these rows make
    refusal: str = ""  # why nobody was found the last time
    put_off: int = 0  # how often others came first, beside which these rows were refused

    @property
    def is_only_named(self) -> bool:
        """Return whether a job's row gives no address of its client."""
        return self.said.reference and not self.said.emails and not self.said.phones

    def order(self) -> tuple[object, ...]:
        """Return the place within a turn: those that say most come first, wherever they stand in the files."""
        said = self.said
        return (  # few values before the one that decides mostly: hundreds of thousands are compared
            8 * (not said.client_id) + 4 * (not self.makes_a_client) + 2 * (not self.names) + (not self.emails),
            self.source,
            said.client_id,
            self.names,
            self.emails,
            said.phones,
            said.street,
            said.postal_code,
        )


@dataclass(slots=True, eq=False)
class JobEntry:
    """One job of the batch."""

    id: str
    client: ClientEntry
    existing: Job | None = None
    parsed: list[tuple[facts.FileResult, facts.ParsedJob]] = field(default_factory=list)
    link: tuple[str, str] | None = None  # source and number
    clash: bool = False  # its rows are about different jobs

    def news(self) -> list[tuple[facts.FileResult, facts.ParsedJob]]:
        """Return what the home has not read before; of a job that it does not have, everything."""
        parsed = self.parsed
        return parsed if self.existing is None else [each for each in parsed if not each[0].is_old(each[1].rows)]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two clients that may be one: shown, never acted upon."""

    file: str
    row: int
    what: str  # same e-mail, another name ...
    client_id: str
    name: str
    other_id: str
    other_name: str


Links = dict[tuple[str, str], dict[str, str]]
"""Source and kind -> number -> the record that has it there."""


@dataclass(slots=True)
class Matches:
    """What a batch of files says, by client and by job."""

    clients: list[ClientEntry] = field(default_factory=list)
    jobs: list[JobEntry] = field(default_factory=list)
    ended: list[tuple[Job, facts.FileResult, facts.ParsedJob]] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    links: Links = field(default_factory=dict)


class Identifiers:
    """Gives the identifier that a client has if it is new: by its number, else by name and first address."""

    def __init__(self, key: bytes) -> None:
        """Use the home's key."""
        self._key = key
        self._by_number: dict[str, Callable[[str], str]] = {}  # by source

    def of(self, who: Who) -> str:
        """Return the identifier of the client that *who* makes."""
        if not who.identifier:
            number = who.said.client_id
            if not number:
                who.identifier = identity.imported_identifier(self._key, "client", "", *made_of(who))
            else:
                by_number = self._by_number.get(who.source)
                if by_number is None:
                    by_number = identity.imported_identifiers(self._key, "client", who.source)
                    self._by_number[who.source] = by_number
                who.identifier = by_number(number)
        return who.identifier


def made_of(who: Who) -> tuple[str, str]:
    """Return what tells a client without a number from others: a name and the first way to reach them."""
    said = who.said
    reach = next(iter((*who.emails, *said.phones)), "") or identity.fold(f"{said.street} {said.postal_code}")
    return who.folded[0] if who.folded else "", reach


def match(files: Sequence[facts.FileResult], lookup: Lookup, *, key: bytes, numbered: Collection[str] = ()) -> Matches:
    """Return who is who in *files*, clients before jobs whatever the order of the files.

    Rows of one file that are the same client or job become one ParsedClient or ParsedJob with several rows.

    Args:
        files: the batch, or a portion of it that shares nothing with the others (see `portions`).
        lookup: the home.
        key: of the home.
        numbered: sources that number their clients in other portions.
    """
    known, called = set(numbered), dict[tuple[str, str], set[str]]()
    refused = aside.Aside(files)
    settled: _Matcher | None = None
    left_out: set[tuple[int, int]] = set()
    while True:
        matcher = _Matcher(files, lookup, key, known, called, refused.put_off)
        if not matcher.settles():
            refused.take(matcher.problems)
            if settled is None or refused.rows() != left_out:
                continue
            matcher = settled  # as before: with the others in the home, these rows are refused again
        elif refused.problems and (settled is None or matcher.has_taken_more()):
            settled, left_out = matcher, refused.rows()
            refused.give_back(said for who in matcher.refused for _, said in who.rows)
            continue
        for file, problem in refused.problems:
            file.problems.append(problem)
        return matcher.finish()


class _Matcher:
    def __init__(
        self,
        files: Sequence[facts.FileResult],
        lookup: Lookup,
        key: bytes,
        numbered: set[str],
        called: dict[tuple[str, str], set[str]],
        put_off: Mapping[int, int],
    ) -> None:
        self.files = files
        self.lookup = lookup
        self.has_clients = lookup.has_clients()  # else nothing is known, and there is nothing to ask
        self.key = key
        self.found = Matches()
        self.entries: dict[str, ClientEntry] = {}  # by client id
        self.numbers: dict[tuple[str, str], ClientEntry] = {}
        self.by_email: dict[str, list[ClientEntry]] = {}
        self.by_phone: dict[str, list[ClientEntry]] = {}
        self.by_name: dict[str, list[ClientEntry]] = {}
        self.known_emails, self.known_phones = self.by_email.keys(), self.by_phone.keys()
        self.known_names = self.by_name.keys()
        self.crowds: set[str] = set()  # e-mails of many clients
        self.in_order: list[ClientEntry] = []
        self.named: dict[tuple[str, str], str] = {}  # source, client id -> the number of who was found by name alone
        self.refused: list[Who] = []
        self.forgotten: list[Who] = []
        self.placed: dict[int, ClientEntry] = {}  # by id() of what was parsed
        # By both identifiers; with all who, in the end, share what the two do.
        self.doubts: dict[tuple[str, str], tuple[Doubt, list[list[ClientEntry]]]] = {}
        self.numbered = numbered  # sources whose numbers of clients we know some of, or a row has, good or bad
        self.called = called  # source, number of a row without a name -> how others call it, good rows or bad
        self.named_in: dict[tuple[str, str], int] = {}  # such a number -> the turn of the first who names it
        self.identifiers = Identifiers(key)
        self.linked: dict[str, dict[str, str]] = {}  # source -> number -> the client who has it in the home
        self.everybody: list[Who] = []
        self.put_off = put_off
        self.last = max(put_off.values(), default=0)
        self.problems: list[tuple[facts.FileResult, facts.Problem]] = []  # of jobs

    def settles(self) -> bool:
        """Find or make the client and the job of every row.

        False when a row that taught who is who turned out bad: a row that is left out says nothing, so it has to be
        put aside, and everything starts anew without it.
        """
        self.everybody = self._everybody()
        self._ask_about(self.everybody)
        self._place_all(self.everybody)
        self._jobs()
        return not self.problems

    def has_taken_more(self) -> bool:
        """Return whether rows that came after all others have found who they are about."""
        refused = set(map(id, self.refused))
        return any(who.put_off == self.last and id(who) not in refused for who in self.everybody)

    def finish(self) -> Matches:
        """Say it row by row, and return it."""
        for who in self.refused:
            for file, said in who.rows:
                if file.is_old(said.rows):  # it came in when there was nobody else whom it could mean
                    file.known += len(said.rows)
                elif who.refusal == "no-address" and file.looks_like:
                    # Address books and books of accounts are full of names alone, which nobody would repair.
                    file.skipped += [facts.Skipped(row, "unreachable", _UNREACHABLE) for row in said.rows]
                else:
                    self._refuse(file, said, who.refusal)
        for who in self.forgotten:
            for file, said in who.rows:
                for row in said.rows:
                    file.skipped.append(facts.Skipped(row, "forgotten", "this client asked to be forgotten"))
        order = {id(file): index for index, file in enumerate(self.files)}
        for entry in self.in_order:
            if len(entry.parsed) > 1:  # what jobs say comes last, and stays in the order in which it was learned
                entry.parsed.sort(
                    key=lambda said: (True, 0, 0) if said[1].reference else (False, order[id(said[0])], said[1].rows[0])
                )
        self._ended()
        self.found.clients = sorted(
            (entry for entry in self.in_order if entry.parsed),
            key=lambda entry: (order[id(entry.parsed[0][0])], entry.parsed[0][1].rows[0]),
        )
        places = {file.name: index for index, file in enumerate(self.files)}
        self.found.doubts += [
            doubt for doubt, shared in self.doubts.values() if any(len(each) <= alike.MANY for each in shared)
        ]
        self.found.doubts.sort(key=lambda doubt: (places[doubt.file], doubt.row))
        for file in self.files:
            self._fold_rows(file)
            file.keep_bad_rows()
        return self.found

    def _everybody(self) -> list[Who]:
        """Return who the clients of the files are, and whom their jobs name."""
        found: dict[tuple[object, ...], Who] = {}
        for file in self.files:
            source = file.source
            for said in (*file.clients, *file.named_by_jobs()):
                put_off = self.put_off.get(id(said), 0)
                key = (source, _meant(said), put_off)
                who = found.get(key)
                if who is None:
                    who = found[key] = who_is(source, said)
                    who.put_off = put_off
                who.rows.append((file, said))
        return sorted(found.values(), key=Who.order)

    # ------------------------------------------------------------ what the home knows

    def _ask_about(self, everybody: Sequence[Who]) -> None:
        if not self.has_clients:
            self._find_crowds(everybody, {})
            return
        numbers: dict[str, dict[str, None]] = {}
        ours: dict[str, None] = {}
        given: dict[str, None] = {}
        for who in everybody:
            number = who.said.client_id
            if number:
                numbers.setdefault(who.source, {})[number] = None
                if may_be_ours(number):
                    ours[number] = None
        known_numbers = self.linked = {
            source: self.lookup.by_external_ids(source, "client", values) for source, values in numbers.items()
        }
        # Who is known by number is looked for by nothing else.
        strangers = [
            who for who in everybody if not who.said.client_id or who.said.client_id not in known_numbers[who.source]
        ]
        emails = dict.fromkeys([address for who in strangers for address in who.emails])
        phones = dict.fromkeys([number for who in strangers for number in who.said.phones])
        names = dict.fromkeys([name for who in strangers for name in who.folded])
        for who in strangers:
            # The identifier may be one we gave before: to a client forgotten since, or with another address by now.
            given[self.identifiers.of(who)] = None
        known_emails = self.lookup.clients_by_email(emails)
        self._find_crowds(strangers, known_emails)
        known_phones = self.lookup.clients_by_phone(phones)
        known_names = self.lookup.clients_by_name(names)
        ids = {**ours, **given}
        for found in known_numbers.values():
            ids.update(dict.fromkeys(found.values()))
        for listed in (known_emails, known_phones, known_names):
            for several in listed.values():
                ids.update(dict.fromkeys(several))
        for entry in self._load(ids):
            if entry.id in ours:
                for source in numbers:
                    self.numbers[source, entry.id] = entry
        for source, found in known_numbers.items():
            if found or self.lookup.has_external_ids(source, "client"):
                self.numbered.add(source)
            for number, client_id in found.items():
                if client_id in self.entries:
                    self.numbers[source, number] = self.entries[client_id]

    def _find_crowds(self, strangers: Iterable[Who], known: Mapping[str, Sequence[str]]) -> None:
        """Find the addresses that so many clients have, under different names, that they tell nobody apart."""
        counted = Counter([address for who in strangers for address in who.emails])
        counted.update({address: len(several) for address, several in known.items()})
        names: dict[str, set[str]] = {address: set() for address, count in counted.items() if count > CROWD}
        for who in strangers if names else ():
            for address in who.emails:
                if address in names:
                    names[address].update(who.folded)
        self.crowds.update(
            address for address, said in names.items() if max(len(said), len(known.get(address, ()))) > CROWD
        )

    def _load(self, ids: Iterable[str]) -> list[ClientEntry]:
        """Make entries of clients we have; a merged one is looked up under the client it became."""
        loaded: list[ClientEntry] = []
        missing = [client_id for client_id in ids if client_id not in self.entries]
        records = self.lookup.known_clients(missing)
        for _ in range(20):  # chains of merges are short, and must not be a circle
            further = (
                {each.merged_into for each in records.values() if each.merged_into} - set(records) - set(self.entries)
            )
            if not further:
                break
            records.update(self.lookup.known_clients(further))
        for client_id, record in records.items():
            kept = record
            for _ in range(20):
                if not kept.merged_into or kept.merged_into not in records:
                    break
                kept = records[kept.merged_into]
            entry = self.entries.get(kept.id)
            if entry is None:
                entry = self.entries[kept.id] = ClientEntry(kept.id, kept)
                self.in_order.append(entry)
                names = dict.fromkeys((kept.full_name, kept.company, f"{kept.first_name} {kept.last_name}".strip()))
                emails = map(identity.canonical_address, kept.emails)
                self._learn(entry, emails, kept.phones, names, map(identity.fold, names))
            self.entries[client_id] = entry
            loaded.append(entry)
        return loaded

    def _learn(
        self,
        entry: ClientEntry,
        emails: Iterable[str],
        phones: Iterable[str],
        names: Iterable[str],
        folded: Iterable[str],
    ) -> None:
        """Know a client by more: canonical addresses, numbers, and names as they are written and *folded*."""
        for canonical in emails:
            if canonical not in entry.emails:
                entry.emails.add(canonical)
                self.by_email.setdefault(canonical, []).append(entry)
        for number in phones:
            if number not in entry.phones:
                entry.phones.add(number)
                self.by_phone.setdefault(number, []).append(entry)
        for name, compared in zip(names, folded, strict=True):
            if compared and name not in entry.names:
                if compared not in entry.names.values():
                    self.by_name.setdefault(compared, []).append(entry)
                entry.names[name] = compared

    # ------------------------------------------------------------ clients

    def _place_all(self, everybody: Sequence[Who]) -> None:
        """Find or make the client of every row. Whoever is not found waits for what the others teach, until no more is
        learned: a number, for one, may get its client only from a job."""
        self.numbered.update(who.source for who in everybody if who.said.client_id and not who.is_only_named)
        self._name_the_nameless(everybody)
        turns: list[list[Who]] = [[] for _ in range(4 * (self.last + 1))]
        for who in everybody:
            turns[4 * who.put_off + self._turn(who)].append(who)
        waiting: list[Who] = []
        for turn in turns:
            waiting += turn
            while waiting:
                left = [who for who in waiting if not self._place(who)]
                if len(left) == len(waiting):
                    break
                waiting = left
        self.refused = waiting

    def _turn(self, who: Who) -> int:
        """Return when these rows are placed: clients, then jobs, then the nameless, who are whoever is known by then.

        A nameless row whose number others name comes with them. Whom a name alone means shows last: it says nothing of
        anybody, and has to be the name of only one of all.
        """
        if self._goes_by_name(who):
            return 3
        first = 1 if who.said.reference else 0
        return first if who.names else max(first, self.named_in.get((who.source, who.said.client_id), 2))

    def _name_the_nameless(self, everybody: Sequence[Who]) -> None:
        """Find how a nameless row's number is called in other rows.

        Also in those that are refused: nothing is learned from them, but the next import reads them again, and then its
        number is not to belong to somebody whom they contradict.
        """
        nameless = {(who.source, who.said.client_id) for who in everybody if not who.names and who.said.client_id}
        for who in everybody if nameless else ():
            number = who.source, who.said.client_id
            if who.names and number in nameless:
                self.called.setdefault(number, set()).update(who.names)
                self.named_in[number] = min(self._turn(who), self.named_in.get(number, 2))

    def _goes_by_name(self, who: Who) -> bool:
        """Return whether nothing but a name can say whom these rows mean."""
        return who.is_only_named and (not who.said.client_id or who.source not in self.numbered)

    def _place(self, who: Who) -> bool:
        """Find or make the client of these rows; False, with the reason, when there is none so far."""
        entry, how = self._find(who)
        if entry is None:
            if not how and (not who.makes_a_client or self._came_in_as_somebody_else(who)):
                how = "no-client" if who.said.reference else "no-address"
            if how:
                who.refusal = how
                return False
            entry = self._new(who)
        if entry.existing is not None and entry.existing.erased_on:
            self.forgotten.append(who)
            return True
        entry.by_number = entry.by_number or how == "number"
        entry.parsed += who.rows
        for _, said in who.rows:
            self.placed[id(said)] = entry
        number = who.said.client_id
        if number and how != "name":  # a name is too little to give somebody a number for ever
            self.numbers.setdefault((who.source, number), entry)
            if number != entry.id and self.linked.get(who.source, {}).get(number) != entry.id:
                self.found.links.setdefault((who.source, "client"), {})[number] = entry.id
        if not who.said.reference or not how:
            self._learn(entry, who.emails, who.said.phones, who.names, who.folded)
        elif not (
            entry.emails and entry.phones and entry.names
        ):  # what the home keeps of a job's row: see merge.client
            self._learn(
                entry,
                [] if entry.emails else who.emails,
                [] if entry.phones else who.said.phones,
                *(([], []) if entry.names else (who.names, who.folded)),
            )
        return True

    def _find(self, who: Who) -> tuple[ClientEntry | None, str]:
        """Return whom these rows mean and how they were found, or nobody and why not; nobody and "" for strangers."""
        said, names = who.said, who.names
        if said.client_id:
            entry = self.numbers.get((who.source, said.client_id))
            if entry is not None:
                shares = not entry.emails.isdisjoint(who.emails) or not entry.phones.isdisjoint(said.phones)
                if names and not shares and _contradict(names, entry.names):
                    return None, "id-conflict"
                return entry, "number"
        if (  # as most of a first import
            self.known_names.isdisjoint(who.folded)
            and self.known_emails.isdisjoint(who.emails)
            and self.known_phones.isdisjoint(said.phones)
        ):
            return None, ""
        folded = set(who.folded)
        exact = self._named(self.by_email, who.emails, folded)
        by_email = _candidates(self.by_email, who.emails, most=CROWD)
        if self.crowds.isdisjoint(who.emails):
            called = self.called.get((who.source, said.client_id), set())
            agreeing = [entry for entry in by_email if not _contradict(names or called, entry.names)]
        elif names:
            agreeing = exact
        else:
            return None, "ambiguous"
        others = [entry for entry in by_email if entry not in agreeing]
        if len(agreeing) > 1:
            agreeing = exact if len(exact) == 1 else self._made_by(who, {*agreeing, *exact})
            if not agreeing:
                return None, "ambiguous"
        if agreeing:
            return agreeing[0], "email"
        same = self._named(self.by_phone, said.phones, folded)
        if len(same) > 1:
            same = self._made_by(who, same)
            if not same:
                return None, "ambiguous"
        if same:
            return same[0], "phone"
        if not who.emails and not said.phones and not said.client_id and not said.reference:
            namesakes = _candidates(self.by_name, folded, most=CROWD)
            there = [entry for entry in namesakes if _lives_at(entry, said)]
            if len(there) == 1:
                return there[0], "address"
        by_name = _candidates(self.by_name, folded, most=MOST_DOUBTS)
        if self._goes_by_name(who):
            if len(by_name) == 1 and self._is_one_person(who, by_name[0]):
                return by_name[0], "name"
            if by_name:
                return None, "ambiguous"
        if who.makes_a_client:
            by_phone = _candidates(self.by_phone, said.phones, most=MOST_DOUBTS)
            self._doubt(who, "the same e-mail, another name", others[:MOST_DOUBTS], self.by_email, who.emails)
            self._doubt(who, "the same phone, another name", by_phone, self.by_phone, said.phones)
            self._doubt(who, "the same name", by_name, self.by_name, who.folded)
        return None, ""

    def _named(
        self, index: Mapping[str, Sequence[ClientEntry]], reaches: Iterable[str], folded: Collection[str]
    ) -> list[ClientEntry]:
        """Return who has one of these addresses or phones and is called the very same."""
        found: dict[ClientEntry, None] = {}
        for reach in reaches:
            there = index.get(reach, ())
            for name in folded if there else ():
                called = self.by_name.get(name, ())
                if len(called) < len(there):  # a crowd's address
                    several = [entry for entry in called if reach in entry.emails or reach in entry.phones]
                else:
                    several = [entry for entry in there if name in entry.names.values()]
                found.update(dict.fromkeys(several))
        return list(found)

    def _made_by(self, who: Who, several: Collection[ClientEntry]) -> list[ClientEntry]:
        """Return the one that these rows made: it stays theirs, whoever else came under the same address since."""
        made = self.entries.get(self.identifiers.of(who))
        return [made] if made is not None and made in several else []

    def _is_one_person(self, who: Who, entry: ClientEntry) -> bool:
        """Return whether a client found by name alone is not claimed under another number of the same source."""
        number = who.said.client_id
        return not number or self.named.setdefault((who.source, entry.id), number) == number

    def _doubt(
        self,
        who: Who,
        what: str,
        others: Iterable[ClientEntry],
        index: Mapping[str, list[ClientEntry]],
        values: Iterable[str],
    ) -> None:
        """Note whom these rows may mean: *others*, who have some of *values*, as *index* knows."""
        file, said = who.rows[0]
        client_id, name = self.identifiers.of(who), said.full_name or said.company
        shared = [index[value] for value in values if value in index]
        for entry in others:
            known = next(iter(sorted(entry.names)), "")
            doubt = Doubt(file.name, said.rows[0], what, client_id, name, entry.id, known)
            self.doubts.setdefault((client_id, entry.id), (doubt, shared))

    def _came_in_as_somebody_else(self, who: Who) -> bool:
        """Return whether the home had read all of these rows before, and made nobody of them: nor does it now."""
        return all(file.is_old(said.rows) for file, said in who.rows) and self.identifiers.of(who) not in self.entries

    def _new(self, who: Who) -> ClientEntry:
        client_id = self.identifiers.of(who)
        entry = self.entries.get(client_id)
        if entry is None:
            entry = self.entries[client_id] = ClientEntry(client_id, None)
            self.in_order.append(entry)
        return entry

    def _refuse(self, file: facts.FileResult, client: facts.ParsedClient, why_not: str) -> None:
        code, why = _REFUSALS[why_not]
        column, value = _shown(file, client)
        why = why.format(missing=_missing(client))
        file.problems += [facts.Problem(row, column, value, code, why) for row in client.rows]

    # ------------------------------------------------------------ jobs

    def _jobs(self) -> None:
        """Find or make the job of every row whose client was found."""
        entries: dict[str, JobEntry] = {}
        nobodys: dict[str, list[tuple[facts.FileResult, facts.ParsedJob]]] = {}  # by job id: their client is not found
        numbers: dict[str, dict[str, None]] = {}
        for file in self.files if self.has_clients else ():
            for job in file.jobs:
                if job.job_id:
                    numbers.setdefault(file.source, {})[job.job_id] = None
        known = {source: self.lookup.by_external_ids(source, "job", values) for source, values in numbers.items()}
        ours = self.lookup.jobs([value for values in numbers.values() for value in values if may_be_ours(value)])
        for file in self.files:
            source = file.source
            counted: dict[str, list[facts.ParsedJob]] = {}
            known_here = known.get(source, {})
            numbering = identity.imported_identifiers(self.key, "job", source)
            for job in file.jobs:
                client = self.placed.get(id(job.who))
                number = job.job_id
                if not number:
                    if client is None:
                        continue
                    job_id = self._unnumbered(client, job, counted)
                elif number in known_here:
                    job_id = known_here[number]
                else:
                    job_id = number if number in ours else numbering(number)
                if client is None:
                    nobodys.setdefault(job_id, []).append((file, job))
                    continue
                entry = entries.get(job_id)
                if entry is None:
                    entry = entries[job_id] = JobEntry(job_id, client, parsed=[(file, job)])
                else:
                    if entry.client is not client or (number and _differs(entry.parsed[-1], file, job)):
                        entry.clash = True
                    entry.parsed.append((file, job))
                if number and number != job_id and number not in known_here:
                    entry.link = (source, number)
        existing = self.lookup.jobs(entries)
        for job_id, entry in entries.items():
            entry.existing = existing.get(job_id)
            if (entry.clash or entry.existing is not None) and self._refuse_jobs(entry, nobodys.get(job_id, ())):
                continue
            self.found.jobs.append(entry)
            if entry.link:
                source, number = entry.link
                self.found.links.setdefault((source, "job"), {})[number] = entry.id

    def _refuse_jobs(self, entry: JobEntry, nobodys: Iterable[tuple[facts.FileResult, facts.ParsedJob]]) -> bool:
        """Refuse rows whose number is another job's, and say whether there are any.

        *nobodys*: rows with the same number, whose client is not found.
        """
        new = [each for each in entry.parsed if not self._came_in(*each)]  # what came in is not refused later
        if not new:
            return False
        if entry.clash and self._is_unclear(entry, new):  # which of them is the job of that number, nobody knows
            several = [*entry.parsed, *nobodys]
            where = [f"row {job.rows[0]} of {file.name}" for file, job in several]
            for file, job in several:
                if not self._came_in(file, job):
                    other = where[1] if job is several[0][1] else where[0]
                    why = f"is the number in {other} too, for something else; give each job its own"
                    self._refuse_job(file, job, "same-number", why)
            return True
        entry.client = self.placed[id(new[0][1].who)]
        if self._is_anothers(entry, new[0][1]):
            why = (
                "is the number of another client's job in the home; if the file comes from another program, "
                "name it with --source"
            )
            for file, job in new:
                self._refuse_job(file, job, "id-conflict", why)
            return True
        return False

    def _is_unclear(self, entry: JobEntry, new: Sequence[tuple[facts.FileResult, facts.ParsedJob]]) -> bool:
        """Return whether a job's rows clash without those of other files that came in: for them the home speaks."""
        files = {id(file) for file, _ in new}
        beside = [each for each in entry.parsed if id(each[0]) in files]
        return any(
            self.placed[id(one[1].who)] is not self.placed[id(job.who)] or (job.job_id and _differs(one, file, job))
            for one, (file, job) in pairwise(beside)
        )

    def _is_anothers(self, entry: JobEntry, job: facts.ParsedJob) -> bool:
        """Return whether the job that came in with the number of *job* is another client's, and not the same."""
        ours_now = entry.existing
        if ours_now is None:  # it came in with a row of this batch
            return True
        if self._belongs_to(ours_now) == entry.client.id:
            return False
        return entry.clash or (ours_now.service, ours_now.completed_on) != (job.service, job.completed_on)

    def _refuse_job(self, file: facts.FileResult, job: facts.ParsedJob, code: str, why: str) -> None:
        self.problems += ((file, facts.Problem(row, "", job.job_id, code, why)) for row in job.rows)

    def _came_in(self, file: facts.FileResult, job: facts.ParsedJob) -> bool:
        """Return whether a job's rows came in before, or before those that are put off by now."""
        return file.is_old(job.rows) or self.put_off.get(id(job.who), 0) < self.last

    def _belongs_to(self, job: Job) -> str:
        if job.client_id not in self.entries:
            self._load([job.client_id])
        entry = self.entries.get(job.client_id)
        return entry.id if entry else job.client_id

    def _unnumbered(self, client: ClientEntry, job: facts.ParsedJob, counted: dict[str, list[facts.ParsedJob]]) -> str:
        """Return the identifier of a job without a number: by client, service and day; the second of a day gets a 2."""
        day = job.completed_on or job.promised_on
        parts = ["job", client.id, identity.fold(job.service), day.isoformat() if day else ""]
        alike = counted.setdefault("\n".join(parts), [])
        place = next((index for index, other in enumerate(alike) if _same_job(other, job)), len(alike))
        if place == len(alike):
            alike.append(job)
        return identity.imported_identifier(self.key, *parts, *([str(place + 1)] if place else []))

    def _ended(self) -> None:
        """Find the jobs we know that a file now calls cancelled, void or a draft."""
        ended = [(file, job) for file in self.files for job in file.not_jobs if not file.is_old(job.rows)]
        if not ended:
            return
        alive = {entry.id for entry in self.found.jobs}  # a draft beside the job itself ends nothing
        wanted: dict[str, dict[str, None]] = {}
        for file, job in ended:
            if job.job_id:
                wanted.setdefault(file.source, {})[job.job_id] = None
        for source, numbers in wanted.items():
            known = self.lookup.by_external_ids(source, "job", numbers)
            records = self.lookup.jobs(set(known.values()))
            for file, job in ended:
                record = records.get(known.get(job.job_id, ""))
                if file.source == source and record is not None and record.id not in alive:
                    self.found.ended.append((record, file, job))

    # ------------------------------------------------------------ the files, row by row

    def _fold_rows(self, file: facts.FileResult) -> None:
        """Make one value of the rows of one client or job, and list the clients that jobs made."""
        said_otherwise: list[int] = []
        clients: list[facts.ParsedClient] = []
        for entry in self.found.clients:
            if len(entry.parsed) == 1 and entry.parsed[0][0] is file and not entry.parsed[0][1].reference:
                clients.append(entry.parsed[0][1])
                continue
            whole = [client for owner, client in entry.parsed if owner is file and not client.reference]
            if entry.existing is None and entry.parsed[0][0] is file and all(one.reference for _, one in entry.parsed):
                whole = [client for owner, client in entry.parsed if owner is file]  # made by a job, and in no list
            if not whole:
                continue
            first = whole[0]
            old = {id(client) for client in whole if entry.existing is not None and file.is_old(client.rows)}
            news = [replace(client) for client in whole if id(client) not in old] if old else []
            for other in whole[1:]:
                if first.reference:
                    first.rows = sorted(first.rows + other.rows)
                elif _take(first, other):
                    said_otherwise += other.rows
            folded = set(map(id, whole[1:]))
            entry.parsed = [(owner, client) for owner, client in entry.parsed if id(client) not in folded]
            if news:
                entry.parsed = [(owner, _said_by(news, one) if one is first else one) for owner, one in entry.parsed]
            clients.append(first)
        bad = {problem.row for problem in file.problems}
        file.clients = sorted(
            (client for client in clients if client.rows[0] not in bad), key=lambda client: client.rows[0]
        )
        jobs: list[facts.ParsedJob] = []
        for job_entry in self.found.jobs:
            if len(job_entry.parsed) == 1:
                if job_entry.parsed[0][0] is file:
                    jobs.append(job_entry.parsed[0][1])
                continue
            own = [job for owner, job in job_entry.parsed if owner is file]
            if not own:
                continue
            _add_lines(file, own)
            folded = set(map(id, own[1:]))
            job_entry.parsed = [(owner, job) for owner, job in job_entry.parsed if id(job) not in folded]
            jobs.append(own[0])
        file.jobs = sorted(jobs, key=lambda job: job.rows[0])
        if said_otherwise:
            listed = ", ".join(map(str, sorted(said_otherwise)[:8]))
            rows = f"row {listed} repeats" if len(said_otherwise) == 1 else f"rows {listed} repeat"
            file.warnings.append(f"{rows} a client of an earlier row in other words; what stands first counts")


def may_be_ours(number: str) -> bool:
    """Return whether a number may be an identifier of ours, out of an export of this home."""
    return len(number) == identity.LENGTH and number.isalnum()


_meant = attrgetter(
    "reference",
    "client_id",
    "full_name",
    "company",
    "first_name",
    "last_name",
    "emails",
    "phones",
    "street",
    "postal_code",
)

_UNREACHABLE = "no e-mail, phone or postal address"

_REFUSALS = {
    "id-conflict": (
        "id-conflict",
        (
            "has a number under which the home, or another row, knows somebody else; if the file comes "
            "from another program, name it with --source"
        ),
    ),
    "ambiguous": (
        "ambiguous-client",
        "fits several clients; add the client's number, or a name and an e-mail or phone of their own",
    ),
    "no-client": (
        "no-client",
        "is in no file and not in the home; add {missing} to the row, or import the client too",
    ),
    "no-address": ("no-address", "has neither e-mail, phone nor postal address; add one"),
}


def who_is(source: str, said: facts.ParsedClient) -> Who:
    """Return whom a row of a source means."""
    names = _names(said)
    emails = [identity.canonical_address(address) for address in said.emails]
    makes = bool(names and (said.emails or said.phones)) if said.reference else said.reachable()
    return Who(source, said, names, emails, [identity.fold(name) for name in names], makes)


def _lives_at(entry: ClientEntry, said: facts.ParsedClient) -> bool:
    """Return whether a row that gives nothing but a postal address gives that of a client."""
    known = [each for _, each in entry.parsed if not each.reference]
    return _place(said) != ("", "") and any(_place(each) == _place(said) for each in (entry.existing, *known) if each)


def _place(client: KnownClient | facts.ParsedClient) -> tuple[str, str]:
    return identity.fold(client.street), identity.fold(client.postal_code)


def _candidates(index: Mapping[str, Sequence[ClientEntry]], values: Iterable[str], *, most: int) -> list[ClientEntry]:
    """Return the first of those that have one of *values*."""
    return list(dict.fromkeys(entry for value in values for entry in index.get(value, ())[:most]))[:most]


def _names(client: facts.ParsedClient) -> list[str]:
    names = [client.full_name] if client.full_name else []
    if client.company and client.company not in names:
        names.append(client.company)
    if client.first_name and client.last_name and (pair := f"{client.first_name} {client.last_name}") not in names:
        names.append(pair)
    return names


def _contradict(names: Collection[str], others: Iterable[str]) -> bool:
    """Return whether no name of one can be a name of the other; nameless ones contradict nobody."""
    known = [name for name in others if name.strip()]
    if not names or not known:
        return False
    return all(people.contradict(one, other) for one in names for other in known)


def _same_job(one: facts.ParsedJob, other: facts.ParsedJob) -> bool:
    return (one.amount_minor, one.currency, one.site_address, one.invoice_ref, one.status) == (
        other.amount_minor,
        other.currency,
        other.site_address,
        other.invoice_ref,
        other.status,
    )


def _differs(before: tuple[facts.FileResult, facts.ParsedJob], file: facts.FileResult, job: facts.ParsedJob) -> bool:
    """Return whether a second row with the same number, in one file, is about another job than a line of the first."""
    one = before[1]
    if "amount" in one.fills and "amount" in job.fills:
        return False  # two invoices for one job
    return before[0] is file and (one.completed_on, one.status) != (job.completed_on, job.status)


def _add_lines(file: facts.FileResult, lines: Sequence[facts.ParsedJob]) -> None:
    """Make the first of several rows with one number the whole job: its lines are services, its amounts add up."""
    first = lines[0]
    if len(lines) == 1:
        return
    first.rows = [row for line in lines for row in line.rows]
    first.service = ", ".join(dict.fromkeys(line.service for line in lines if line.service))
    amounts = [line.amount_minor for line in lines if line.amount_minor is not None]
    if amounts and len({line.currency for line in lines if line.currency}) == 1 and first.job_id:
        first.currency = next(line.currency for line in lines if line.currency)
        if file.amounts_are_parts or len(set(amounts)) > 1 or len({line.invoice_ref for line in lines}) > 1:
            first.amount_minor = sum(amounts)
        else:
            first.amount_minor = amounts[0]
            if len(amounts) > 1:
                file.warnings.append(
                    f"{len(amounts)} rows have the number {first.job_id} and the same amount, which was taken as "
                    f"their total"
                )
    for line in lines[1:]:
        for name in ("promised_on", "paid_on", "invoice_ref", "site_address", "assigned_to", "note"):
            if not getattr(first, name):
                setattr(first, name, getattr(line, name))
        first.extra = {**line.extra, **first.extra}
        first.unpaid = first.unpaid or line.unpaid


_TOLD = [name for name in facts.ParsedClient.__dataclass_fields__ if name not in {"rows", "client_id", "reference"}]
_told = attrgetter(*_TOLD)


def _take(first: facts.ParsedClient, other: facts.ParsedClient) -> bool:
    """Add what a further row of the same client says; return whether something of it was not taken."""
    lost = False
    first.rows += other.rows
    for name, mine, theirs in zip(_TOLD, _told(first), _told(other), strict=True):
        if mine == theirs or not theirs:
            continue
        if isinstance(mine, tuple):
            known = {each.casefold() for each in mine}
            setattr(first, name, (*mine, *(each for each in theirs if each.casefold() not in known)))
        elif isinstance(mine, dict):
            setattr(first, name, {**theirs, **mine})
        elif name == "consent":
            if theirs == "opted_out" or mine == "unknown":
                first.consent = theirs
        elif not mine:
            setattr(first, name, theirs)
        else:
            lost = True
    return lost


def _said_by(news: Sequence[facts.ParsedClient], folded: facts.ParsedClient) -> facts.ParsedClient:
    """Return the rows of a client without the values that only rows have that the home had read before.

    Those take part in what stands first, and are nothing new. What adds up (addresses, tags) stays whole.
    """
    kept: dict[str, Any] = {}
    for name, value in zip(_TOLD, _told(folded), strict=True):
        if isinstance(value, str) and all(getattr(each, name) != value for each in news):
            kept[name] = "unknown" if name == "consent" else ""
    said = {item for each in news for item in each.extra.items()}
    return replace(folded, **kept, extra={name: value for name, value in folded.extra.items() if (name, value) in said})


def _shown(file: facts.FileResult, client: facts.ParsedClient) -> tuple[str, str]:
    """Return the column and the value by which an owner finds a client in the file: the first that the row has."""
    said = (
        (client.full_name or client.company, ("name", "last_name", "last_first", "company")),
        (next(iter(client.emails), ""), ("email", "reach")),
        (next(iter(client.phones), ""), ("phone", "reach")),
        (client.client_id, ("client_id",)),
    )
    for value, fields in said:
        if value:
            return next((each.header for name in fields for each in file.columns if each.field == name), ""), value
    return "", ""


def _missing(client: facts.ParsedClient) -> str:
    """Return what a job's row needs, beside what it has, to make a client."""
    named, reached = bool(client.full_name or client.company), bool(client.emails or client.phones)
    return " and ".join([*([] if named else ["a name"]), *([] if reached else ["an e-mail or phone"])])
