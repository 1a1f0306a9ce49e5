"""Storms: real runs are killed at any moment against a real server, until every phase of a hand-over was hit often.

Takes a folder, a seed and how many kills each phase must get. Gives a table of what was killed where and what came of
it. Touches that folder, and starts processes: a mail server that outlives everything, and one run after the other.

A kill lands in the phase that the evidence shows afterwards: what the server heard, how far the journal and the
database got. Half of the kills come at a random moment, half right after something that is over too soon for chance to
find it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from tests import invariants
from tests.mailserver import PASSWORD, Fault, FaultServer, certificates, process
from tests.mailserver.fixtures import send_through, set_mail
from tests.mailserver.truth import Record, Truth
from tests.programs import CHECKOUT, TODAY, Program, ended, jobs_file

PHASES = ("connecting", "claimed", "envelope", "body", "fence", "dot", "outcome")
CLOCK = f"{TODAY}T09:15"
AFTERWARDS = (f"{TODAY}T15:00", "2026-03-03T09:30", "2026-03-04T09:30")  # quiet runs, later than every retry
AT_ONCE = 60  # clients that one import brings
MOSTLY = (
    0.9  # of the random kills so many come after the run has reached the server: its start is long, and not the point
)
LONGEST = 1.0  # seconds until a random kill

SLOW = {"connect": 0.06, "mail": 0.03, "rcpt": 0.03, "data": 0.02, "dot": 0.03, "reply": 0.03}
"""Seconds that a server takes in ordinary places: a kill at a random moment finds the waiting more often."""

DISHONEST = (
    {"at": "dot", "do": "drop", "share": 0.06},
    {"at": "dot", "do": "accept+drop", "share": 0.06},
    {"at": "dot", "do": "accept+garbage", "share": 0.02},
    {"at": "body", "do": "drop", "share": 0.02},
    {"at": "rcpt", "do": "drop", "share": 0.02},
    {"at": "quit", "do": "drop", "share": 0.1},
)
"""What a server does that cuts lines: with the message, without it, and before it is whole."""

AIMED: Mapping[str, Sequence[Mapping[str, object]]] = {
    "connecting": ({"at": "connect", "when": "after"}, {"at": "connect", "when": "after", "wait": 0.06}),
    "claimed": ({"at": "claimed", "when": "before"}, {"at": "claimed", "when": "after"}),
    "envelope": ({"at": "claimed", "when": "after", "wait": 0.06},),
    "body": ({"at": "body", "when": "before"}, {"at": "body", "when": "after"}),
    "fence": (
        {"at": "handing_over", "when": "before"},
        {"at": "body", "when": "after", "wait": 0.004},
        {"at": "body", "when": "after", "wait": 0.002},
    ),
    "dot": (
        {"at": "handing_over", "when": "after"},
        {"at": "fsync", "when": "before"},
        {"at": "fsync", "when": "after"},
        {"at": "dot", "when": "before"},
        {"at": "dot", "when": "after"},
    ),
    "outcome": ({"at": "sent", "when": "before"}, {"at": "sent", "when": "after"}),
}
"""Where a phase is over too soon for a random moment to find it: what it follows; see `deadly`."""


Running: TypeAlias = "subprocess.Popen[str]"


@dataclass
class Storm:
    """A home, a server, and what was done to them."""

    program: Program
    server: process.ServerProcess
    chance: random.Random
    landed: Counter[str] = field(default_factory=Counter)
    late: int = 0  # runs that were over before the kill
    quiet: int = 0  # runs that nobody killed
    kills: int = 0
    in_flight: dict[str, str] = field(default_factory=dict)  # address -> the phase in which its run was killed
    brought: int = 0

    # ---------------------------------------------------------------- runs

    def bring(self, count: int) -> None:
        """Bring new clients, each with one thank-you due."""
        name = f"s{self.brought}x"
        path = jobs_file(self.program.home.parent, name, count)
        self.program.run("import", str(path), "--yes", now=CLOCK)
        self.brought += count

    def waiting(self, now: str = CLOCK) -> set[str]:
        """Return the keys that the planner still calls due, or waits with."""
        table = self.program.run("due", "--format", "json", now=now, exit_code=None).stdout
        return {row["key"] for row in json.loads(table) if row["state"] in ("due", "retry")}

    def killed(self, phase: str) -> str:
        """Kill one run; aimed at *phase*, or at a random moment where it is empty. Return where the kill landed."""
        session = self.server.truth.sessions
        words = ["send", "--yes", "--limit", str(self.chance.randrange(4, 9))]
        if phase:
            aim = dict(self.chance.choice(AIMED[phase]))
            aim["hit"] = 1 if aim["at"] == "connect" else self.chance.randrange(1, 4)
            aim["wait"] = self.chance.random() * float(str(aim.get("wait", 0)))
            run = start(aimed(self.program.command(*words, now=CLOCK), aim))
            said = run.communicate(timeout=120)
        else:
            heard = self.server.log.stat().st_size if self.server.log.exists() else 0
            run = start(self.program.command(*words, now=CLOCK))
            if self.chance.random() < MOSTLY:
                while run.poll() is None and not (self.server.log.exists() and self.server.log.stat().st_size > heard):
                    time.sleep(0.002)
            try:
                said = run.communicate(timeout=self.chance.uniform(0.0, LONGEST))
            except subprocess.TimeoutExpired:
                run.kill()
                said = run.communicate()
        if run.returncode >= 0:
            self.late += 1
            return ""
        self.kills += 1
        time.sleep(0.05)  # the server learns of it
        hot = (self.program.home / "followup.db-journal").exists()
        truth = self.server.truth
        belief = invariants.check(self.program.home, truth, kills=self.kills, output=said, ended=False)
        where, address = landed_in(truth, belief, after=session, hot=hot)
        if address:
            self.in_flight[address] = where
        self.landed[where] += 1
        return where

    def calm(self) -> None:
        """Let quiet runs do the rest, and see that the last of them found nothing to do.

        Some time passes first: what is half written in the folder of drafts could be another run's for a minute.
        """
        for path in (self.program.home / "drafts").glob(".*.part"):
            os.utime(path, (0, 0))
        for now in (CLOCK, *AFTERWARDS):
            for _ in range(8):
                before = len(self.server.truth.messages)
                ran = ended(start(self.program.command("send", "--yes", now=now)), None)
                self.quiet += 1
                invariants.check(
                    self.program.home, self.server.truth, kills=self.kills, output=[ran.stdout, ran.stderr]
                )
                waiting = self.waiting(now)
                if not waiting and len(self.server.truth.messages) == before:
                    return
                if waiting and len(self.server.truth.messages) == before:
                    break  # they wait for a later hour


def aimed(command: list[str], moment: Mapping[str, object]) -> list[str]:
    """Return the command line of the same run, which dies or fails at *moment* (see `deadly`)."""
    at = command.index("-m")
    return [*command[: at + 1], "tests.storms.deadly", json.dumps(dict(moment)), *command[at + 2 :]]


def under_way(program: Program, server: FaultServer, *, texts: int = 1) -> Running:
    """Start a run that sends, and return it when *server* has begun to read so many texts."""
    process = program.start("send", "--yes", now=CLOCK)
    deadline = time.monotonic() + 60
    while sum(each.event == "body" for each in list(server.truth.records)) < texts:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return process


def start(command: list[str]) -> Running:
    """Start a program that may use the tests' own modules."""
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )


def landed_in(truth: Truth, belief: invariants.Belief, *, after: int, hot: bool) -> tuple[str, str]:
    """Return the phase in which a run was killed, and whose message was in flight; both from what it left behind.

    Args:
        after: the number of connections before that run.
        hot: SQLite's rollback journal lay about: the kill came while a transaction was being written.
    """
    talk = [each for each in truth.records if each.session > after and each.event != "lost"]
    if not talk:
        return "starting", ""
    last = talk[-1]
    address = _recipient(talk)
    claimed = [each for each in belief.attempts if each["state"] == "claimed"]
    states = {each["address"]: each for each in belief.attempts if each["state"] in ("claimed", "handing_over", "sent")}
    mine = states.get(address)
    if last.event == "command" and last.text.startswith(("MAIL", "RCPT", "DATA")):
        return "envelope", address
    if last.event == "command" and last.text == "QUIT":
        return "goodbye", ""
    if last.event == "body" and mine is not None:
        if mine["state"] == "claimed":
            return ("fence" if hot else "body"), address
        return ("dot" if mine["id"] in belief.fences() else "fence"), address
    if last.event in ("message", "fault"):
        return "dot", address
    if last.event == "replied" and mine is not None:
        return ("outcome" if mine["state"] == "handing_over" else "claimed"), address
    return ("claimed" if claimed else "connecting"), ""


def _recipient(talk: Sequence[Record]) -> str:
    for record in reversed(talk):
        if record.event == "command" and record.text.startswith("RCPT"):
            return record.text.partition("<")[2].partition(">")[0]
    return ""


# ---------------------------------------------------------------- what came of it


@dataclass(frozen=True)
class Outcome:
    """What a storm left behind."""

    landed: Mapping[str, int]
    touchpoints: int
    accepted: int
    twice: int
    lost: int
    unknown: Mapping[str, tuple[int, int]]  # cause -> how many, and how many of these were really delivered
    late: int
    quiet: int

    def lines(self) -> Iterator[str]:
        """Yield the table."""
        yield "kills landed in   " + "".join(f"{phase:>12}" for phase in (*PHASES, "elsewhere"))
        elsewhere = sum(count for phase, count in self.landed.items() if phase not in PHASES)
        counts = [*(self.landed.get(phase, 0) for phase in PHASES), elsewhere]
        yield "                  " + "".join(f"{count:>12}" for count in counts)
        yield f"runs that were over before the kill: {self.late}; quiet runs afterwards: {self.quiet}"
        yield f"touchpoints: {self.touchpoints}; accepted: {self.accepted}; twice: {self.twice}; lost: {self.lost}"
        yield f"unknown: {sum(count for count, _ in self.unknown.values())}"
        for cause, (count, delivered) in sorted(self.unknown.items()):
            yield f"    {count:>4}  {cause}; {delivered} of them really delivered"


def outcome(storm: Storm) -> Outcome:
    """Count what a storm left behind."""
    truth = storm.server.truth
    belief = invariants.read(storm.program.home)
    kept = Counter(each.recipients[0] for each in truth.kept)
    unknown: dict[str, list[int]] = {}
    for attempt in belief.attempts:
        if attempt["state"] == "unknown":
            address = attempt["address"]
            cause = (
                f"killed in phase {storm.in_flight[address]}" if address in storm.in_flight else _fault(truth, address)
            )
            found = unknown.setdefault(cause, [0, 0])
            found[0] += 1
            found[1] += kept[address] > 0
    settled = {each["address"] for each in belief.attempts if each["state"] in ("sent", "unknown")}
    return Outcome(
        landed=storm.landed,
        touchpoints=storm.brought,
        accepted=len(kept),
        twice=sum(count > 1 for count in kept.values()),
        lost=storm.brought - len(settled),
        unknown={cause: (count, delivered) for cause, (count, delivered) in unknown.items()},
        late=storm.late,
        quiet=storm.quiet,
    )


def _fault(truth: Truth, address: str) -> str:
    """Return what the server did to the message for *address*."""
    sessions = {each.session for each in truth.records if each.event == "body" and each.text == address}
    current = ""
    for record in truth.records:
        if record.session in sessions:
            current = record.text if record.event == "body" else current
            if record.event == "fault" and current == address:
                return f"the server's doing: {record.text}"
    return "nobody knows why"


def rage(
    folder: Path,
    *,
    kills: int,
    server: str = "honest",
    security: str = "none",
    seconds: float = 3600.0,
    at_least: int = 0,
    seed: int = 0,
    tell: bool = False,
) -> Outcome:
    """Kill runs until every phase got *kills*, or the time is over; then let quiet runs end it, and see that all holds.

    Args:
        folder: empty; the home and the truth stay in it.
        server: ``honest``, or ``dishonest``: it cuts lines too, see `DISHONEST`.
        seconds: for the kills; the quiet runs come on top.
        at_least: so many kills in all, however long a busy machine takes for them.
        tell: say on stderr how far it is.
    """
    chance = random.Random(seed)
    os.environ["FOLLOWUP_MAIL_PASSWORD"] = PASSWORD
    made = certificates.make(folder / "certificates") if security != "none" else None
    faults = [Fault(**fault) for fault in DISHONEST] if server == "dishonest" else []  # type: ignore[arg-type]  # the fields of a fault, as data
    with process.running(
        folder, security=security, certificates=made, faults=faults, delays=SLOW, seed=seed
    ) as serving:
        storm = Storm(_home(folder, serving), serving, chance)
        until = time.monotonic() + seconds
        waiting, at_once = 0, min(AT_ONCE, 12 * kills)
        while time.monotonic() < until or storm.kills < at_least:
            missing = [phase for phase in PHASES if storm.landed[phase] < kills]
            if not missing:
                break
            if waiting < at_once / 3:
                storm.bring(at_once)
                waiting += at_once
            before = len(serving.truth.messages)
            storm.killed(chance.choice(["", chance.choice(missing)]))
            waiting -= len(serving.truth.messages) - before + 1
            if tell:
                sys.stderr.write(f"\r{dict(storm.landed)}   ")
                sys.stderr.flush()
        storm.calm()
        return outcome(storm)


def _home(folder: Path, serving: process.ServerProcess) -> Program:
    program = Program(folder / "home")
    words = ["--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com"]
    subprocess.run(
        [sys.executable, "-m", "followup", "init", str(program.home), *words],
        check=True,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )
    send_through(program.home, serving)
    set_mail(program.home, timeout=20)
    return program


def clear(folder: Path) -> None:
    """Remove what a storm left."""
    shutil.rmtree(folder, ignore_errors=True)
