"""What a home notes about its mail: what stops sending, on which machine it runs, when it last went well.

Takes a Desk. Gives and keeps notes. Touches the store. A note holds no password and nothing of a client.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from followup import identity, pace
from followup.records import dataclass
from followup.workflow.desk import CLOCK_SET_BACK, Desk

_BLOCK, _PAUSE, _MACHINE, _TESTED = "mail_block", "mail_pause", "mail_machine", "mail_tested"
_GOOD, _TRIED = "run_good", "run_tried"

_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"), Path("/etc/hostid"))


@dataclass(frozen=True, slots=True)
class Block:
    """A login that was refused: no further tries until the owner acts, or providers lock the account."""

    since: datetime
    why: str
    host: str
    user: str


@dataclass(frozen=True, slots=True)
class Pause:
    """A server asked us to wait."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a home was when it last sent."""

    mark: str  # a keyed hash: tells machines apart, and says nothing of them
    host: str
    home: str

    def __str__(self) -> str:
        """Return it as people know it."""
        return f"{self.home} on {self.host}"


# ---------------------------------------------------------------- what stops sending


def block(desk: Desk) -> Block | None:
    """Return the refused login that stops sending; changing host or user of the settings lifts it."""
    note = _read(desk, _BLOCK)
    if note is None:
        return None
    found = Block(datetime.fromisoformat(note["since"]), note["why"], note["host"], note["user"])
    mail = desk.settings.mail
    return found if (found.host, found.user) == (mail.host, mail.user) else None


def set_block(desk: Desk, why: str) -> None:
    """Note that the login was refused just now; *why* holds the server's words."""
    mail = desk.settings.mail
    why = _of_nobody(desk, why)
    _write(desk, {_BLOCK: {"since": _said(desk.now()), "why": why, "host": mail.host, "user": mail.user}})


def pause(desk: Desk) -> Pause | None:
    """Return the pause that a server asked for, while it lasts: a day at most, whatever the clock once said."""
    note = _read(desk, _PAUSE)
    if note is None:
        return None
    found = Pause(datetime.fromisoformat(note["until"]), note["why"])
    left = found.until - desk.now()
    return found if timedelta() < left <= pace.DAY + CLOCK_SET_BACK else None


def set_pause(desk: Desk, until: datetime, why: str) -> None:
    """Note that nothing may be tried before *until*."""
    _write(desk, {_PAUSE: {"until": _said(until), "why": _of_nobody(desk, why)}})


def lift(desk: Desk) -> None:
    """Forget a block and a pause: the owner acted, and the server took a login."""
    _write(desk, {_BLOCK: None, _PAUSE: None})


_ADDRESS = re.compile(r"""[^\s<>()\[\],;:"']+@[^\s<>()\[\],;:"']+""")


def _of_nobody(desk: Desk, words: str) -> str:
    """Return what a server said without the address it was about, unless that is ours: notes outlive an erasure."""
    ours = {desk.settings.mail.user, desk.settings.mail.from_address}
    return _ADDRESS.sub(lambda found: found[0] if found[0] in ours else "(an address)", words)


# ---------------------------------------------------------------- where it runs


def here(desk: Desk) -> Machine:
    """Return the machine and the folder in which this home is now."""
    host, home = socket.gethostname(), str(desk.home.path.resolve())  # a link to the home is the home
    name = host.partition(".")[0].lower()  # the rest of it a Mac takes from the network that it is in
    mark = identity.imported_identifier(desk.key, "machine", name, _machine_id(), home)
    return Machine(mark, host, home)


def _machine_id() -> str:
    """Return what the system calls itself; empty where it has no such name (then host and folder have to do)."""
    for path in _MACHINE_IDS:
        try:
            return path.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
    return ""


def machine(desk: Desk) -> Machine | None:
    """Return where this home sent last; None: it never did."""
    note = _read(desk, _MACHINE)
    return None if note is None else Machine(note["mark"], note["host"], note["home"])


def set_machine(desk: Desk, machine: Machine) -> None:
    """Note that this home sends from here."""
    _write(desk, {_MACHINE: {"mark": machine.mark, "host": machine.host, "home": machine.home}})


# ---------------------------------------------------------------- how it went


def tested(desk: Desk) -> datetime | None:
    """Return when a test message of this home was accepted by the server of the settings; None: never."""
    note = _read(desk, _TESTED)
    if note is None or note["host"] != desk.settings.mail.host:
        return None
    return datetime.fromisoformat(note["at"])


def set_tested(desk: Desk) -> None:
    """Note that the server just accepted a test message, which lifts a block too."""
    host = desk.settings.mail.host
    _write(desk, {_TESTED: {"at": _said(desk.now()), "host": host}, _BLOCK: None, _PAUSE: None})


def last_good_run(desk: Desk) -> datetime | None:
    """Return when a run last came to its end without being stopped; None: none ever did.

    A run that is yet to come by this clock was noted by a wrong one, and must not hide that nothing runs any more.
    """
    found = _instant(desk, _GOOD)
    return found if found is not None and found <= desk.now() + CLOCK_SET_BACK else None


def last_unattended_run(desk: Desk) -> datetime | None:
    """Return when a run that needs nobody last tried to send; None: none ever did."""
    return _instant(desk, _TRIED)


def note_run(desk: Desk, *, good: bool, automatic: bool) -> None:
    """Note that a run is over."""
    now = {"at": _said(desk.now())}
    _write(desk, {**({_GOOD: now} if good else {}), **({_TRIED: now} if automatic else {})})


# ---------------------------------------------------------------- notes


def _said(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")


def _instant(desk: Desk, name: str) -> datetime | None:
    note = _read(desk, name)
    return None if note is None else datetime.fromisoformat(note["at"])


def _read(desk: Desk, name: str) -> dict[str, str] | None:
    text = desk.store.meta(name)
    if text is None:
        return None
    note: dict[str, str] = json.loads(text)
    return note


def _write(desk: Desk, notes: Mapping[str, Mapping[str, str] | None]) -> None:
    with desk.store.write(kind="system", command="mail", person=desk.person, now=desk.now()) as write:
        for name, note in notes.items():
            write.set_meta(name, None if note is None else json.dumps(note))
