"""Rows of a batch that are refused beside others: put aside meanwhile, and looked at once more after those.

Takes the files of a batch, and problems that matching found in their rows. Changes the files: what is aside is in no
file, and what was given back is. Touches nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import attrgetter

from followup.intake import facts

_rows = attrgetter("rows")


class Aside:
    """The rows of a batch that are aside, each with what is wrong with it."""

    def __init__(self, files: Sequence[facts.FileResult]) -> None:
        """Begin with all rows in their files."""
        self.problems: list[tuple[facts.FileResult, facts.Problem]] = []
        self.put_off: dict[int, int] = {}  # by id() of a client as parsed: how often it was given back
        self._files = files
        self._given_back = 0
        self._clients: list[tuple[facts.FileResult, facts.ParsedClient]] = []
        self._jobs: list[tuple[facts.FileResult, facts.ParsedJob]] = []

    def rows(self) -> set[tuple[int, int]]:
        """Return the rows that are aside, each with the id() of its file."""
        return {(id(file), problem.row) for file, problem in self.problems}

    def take(self, problems: Iterable[tuple[facts.FileResult, facts.Problem]]) -> None:
        """Take the rows with *problems* out of their files."""
        bad: dict[int, set[int]] = {}
        for file, problem in problems:
            bad.setdefault(id(file), set()).add(problem.row)
            self.problems.append((file, problem))
        for file in self._files:
            if rows := bad.get(id(file)):
                self._take(file, rows)

    def _take(self, file: facts.FileResult, rows: set[int]) -> None:
        taken: dict[int, facts.ParsedClient] = {}  # by id() of what they are a part of, or all
        for said in (*file.clients, *file.named_by_jobs()):
            if not rows.isdisjoint(said.rows):
                taken[id(said)] = said
                if not rows.issuperset(said.rows):
                    taken[id(said)] = replace(said, rows=[row for row in said.rows if row in rows])
                    said.rows = [row for row in said.rows if row not in rows]
        self._clients += ((file, taken[id(client)]) for client in file.clients if id(client) in taken)
        file.clients = [client for client in file.clients if taken.get(id(client)) is not client]
        jobs = [job for job in file.jobs if not rows.isdisjoint(job.rows)]
        file.jobs = [job for job in file.jobs if rows.isdisjoint(job.rows)]
        for job in jobs:
            job.who = taken[id(job.who)]
            self._jobs.append((file, job))

    def give_back(self, beside: Iterable[facts.ParsedClient]) -> None:
        """Give all rows back to their files, and note that they come after the others; so do those *beside* them."""
        self._given_back += 1
        late = [*beside, *(client for _, client in self._clients), *(job.who for _, job in self._jobs)]
        self.put_off.update((id(said), self._given_back) for said in late)
        for file, client in self._clients:
            file.clients.append(client)
        for file, job in self._jobs:
            file.jobs.append(job)
        for file in self._files:
            file.clients.sort(key=_rows)
            file.jobs.sort(key=_rows)
        self.problems.clear()
        self._clients.clear()
        self._jobs.clear()
