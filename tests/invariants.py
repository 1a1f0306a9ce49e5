"""What must hold after every run, however it ended: the mail server's log is the truth, the home is the belief.

Takes a home's folder, the `Truth` of the mail servers that it talked to, and what runs printed. Gives the belief that
it read. Touches the database with plain SQL, the journal and the files, none of it through the code that is tested.

One message per invariant: which one, which touchpoint, what is wrong. The numbers are those of the project's design:

====  ==============================================================================================================
I1    at most one accepted message per touchpoint, over all runs
I2    nothing is lost: each touchpoint is in exactly one state, and each that is believed sent was accepted
I3    no accepted message belongs to a touchpoint that is believed due
I4    every unknown one had a fence; there are no more of them than kills and texts without an answer
I5    nothing was accepted for an address whose opt-out was committed before the fence
I6    the database is whole, of this version, and nobody else can read the home
I7    no secret in anything that was written or printed
I8    an exported file is the old one or the new one
I9    the same command again changes nothing and exits the same way (`check_again`)
I10   no temporary file, no lock, no half-way state outlives the next run; no traceback was ever printed
====  ==============================================================================================================
"""

from __future__ import annotations

import base64
import io
import json
import sqlite3
import stat
import sys
import tarfile
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from followup import identity
from followup.store import engine
from tests.mailserver import PASSWORD, USER
from tests.mailserver.truth import Accepted, Truth

ENDED = ("drafted", "sent", "temporary", "permanent", "unknown", "cancelled")
HALF_WAY = ("claimed", "handing_over")
HOLDING = ("drafted", "claimed", "handing_over", "unknown", "sent")
GONE_OUT = ("handing_over", "unknown", "sent")  # states in which nobody takes a touchpoint for due
OWNERS = ("followup.toml", "templates")  # made by the owner, with the owner's modes


class Broken(AssertionError):
    """An invariant does not hold."""

    def __init__(self, invariant: str, about: str, what: str) -> None:
        """Name it, the touchpoint or file, and what is wrong."""
        self.invariant = invariant
        super().__init__(f"{invariant} is broken: {about}: {what}")


@dataclass(frozen=True, slots=True)
class Belief:
    """What a home holds about its messages."""

    attempts: tuple[Mapping[str, Any], ...]
    contacts: tuple[Mapping[str, Any], ...]
    suppressions: tuple[Mapping[str, Any], ...]
    journal: tuple[tuple[str, str, str], ...]  # event, key, attempt

    def states(self) -> Counter[str]:
        """Return how many attempts are in each state."""
        return Counter(each["state"] for each in self.attempts)

    def of(self, key: str) -> list[Mapping[str, Any]]:
        """Return the attempts at a touchpoint."""
        return [each for each in self.attempts if each["key"] == key]

    def fences(self) -> set[str]:
        """Return the attempts that the journal saw handed over."""
        return {attempt for event, _, attempt in self.journal if event == "handing_over"}


def check(
    home: Path,
    truth: Truth | Iterable[Truth],
    *,
    touchpoints: Collection[str] = (),
    due: Collection[str] | None = None,
    before: Belief | None = None,
    kills: int = 0,
    opted_out: Collection[str] = (),
    settled: Collection[str] = (),
    output: Iterable[str] = (),
    secrets: Collection[str] = (PASSWORD,),
    secret_files: Collection[Path] = (),
    exports: Mapping[Path, Collection[bytes]] | None = None,
    ended: bool = True,
) -> Belief:
    """See that everything holds, and return the belief; `Broken` names what does not.

    Args:
        truth: what reached the mail servers; several when a home talked to several.
        touchpoints: the keys of all that there was to say.
        due: the keys that the planner still calls due, to retry, failed or for review; None: it was not asked.
        before: the belief at an earlier time.
        kills: how many runs were killed until now.
        opted_out: addresses that had said stop before anything was sent.
        settled: keys about which a person decided otherwise than the program would have.
        output: what runs printed, logs, command lines of processes.
        secrets: what must not be found anywhere but in *secret_files*.
        exports: file -> what it may hold.
        ended: the last run came to its end by itself, so that nothing half-way may be left.
    """
    truths = [truth] if isinstance(truth, Truth) else list(truth)
    messages = [each for one in truths for each in one.messages if each.touchpoint]
    belief = read(home)
    key_of = _key_of(home, belief, touchpoints)
    _at_most_once(messages, key_of)
    _nothing_lost(belief, messages, key_of, touchpoints=touchpoints, due=due, before=before, settled=settled)
    _nothing_due_was_accepted(belief, messages, key_of, settled=settled)
    _unknown_only_behind_a_fence(belief, most=kills + sum(one.unanswered for one in truths))
    _stop_means_stop(home, belief, messages, key_of, opted_out=opted_out)
    _whole_and_private(home)
    texts = list(output)
    _no_secret(home, texts, secrets=secrets, secret_files=secret_files)
    for path, allowed in (exports or {}).items():
        if path.read_bytes() not in allowed:
            raise Broken("I8", str(path), "is neither the old file nor the new one")
    _nothing_left_over(home, belief, texts, ended=ended)
    return belief


def check_again(home: Path, truth: Callable[[], Truth], again: Callable[[], int]) -> None:
    """See that running the same command twice changes nothing the second time, and that it exits the same way (I9)."""
    first = again()
    before, accepted = read(home), len(truth().messages)
    second = again()
    after = read(home)
    if first != second:
        raise Broken("I9", str(home), f"the same command exits with {first} and then with {second}")
    for name in ("attempts", "contacts", "suppressions"):
        if getattr(before, name) != getattr(after, name):
            raise Broken("I9", str(home), f"the same command again changed {name}")
    if len(truth().messages) != accepted:
        raise Broken("I9", str(home), "the same command again sent something")


# ---------------------------------------------------------------- the belief


def read(home: Path) -> Belief:
    """Read what the home believes."""
    connection = sqlite3.connect(home / "followup.db", timeout=30)
    connection.row_factory = sqlite3.Row
    try:
        tables = {
            name: tuple(dict(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY rowid"))
            for name in ("attempt", "contact", "suppression")
        }
    finally:
        connection.close()
    return Belief(tables["attempt"], tables["contact"], tables["suppression"], tuple(_journal(home)))


def _journal(home: Path) -> Iterator[tuple[str, str, str]]:
    path = home / "journal"
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else []:
        fields = line.decode("ascii", "replace").split()
        if len(fields) >= 4 and line.endswith(b"\n") and "(cut" not in fields:
            yield fields[1], fields[2], fields[3]


def _key_of(home: Path, belief: Belief, touchpoints: Collection[str]) -> dict[str, str]:
    home_key = bytes.fromhex((home / "key").read_text(encoding="ascii"))
    keys = {each["key"] for each in belief.attempts} | set(touchpoints)
    return {identity.message_identifier(home_key, key): key for key in keys}


# ---------------------------------------------------------------- the invariants


def _at_most_once(messages: Iterable[Accepted], key_of: Mapping[str, str]) -> None:
    accepted = Counter(each.touchpoint for each in messages if each.kept and each.promised)
    for touchpoint, times in accepted.items():
        if times > 1:
            raise Broken("I1", key_of.get(touchpoint, touchpoint), f"{times} messages were accepted")


def _nothing_lost(
    belief: Belief,
    messages: Iterable[Accepted],
    key_of: Mapping[str, str],
    *,
    touchpoints: Collection[str],
    due: Collection[str] | None,
    before: Belief | None,
    settled: Collection[str],
) -> None:
    promised = {key_of.get(each.touchpoint, "") for each in messages if each.promised}
    by_key: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for attempt in belief.attempts:
        by_key[attempt["key"]].append(attempt)
        if attempt["state"] not in (*ENDED, *HALF_WAY):
            raise Broken("I2", attempt["key"], f"is in no state that there is: {attempt['state']}")
    for key, attempts in by_key.items():
        holding = [each["state"] for each in attempts if each["state"] in HOLDING]
        if len(holding) > 1:
            raise Broken("I2", key, f"is in several states: {', '.join(holding)}")
        by_mail = [each for each in attempts if each["state"] == "sent" and not each["file_name"]]
        if by_mail and key not in promised and key not in settled:
            raise Broken("I2", key, "is believed sent, and no server accepted it")
    contacts = Counter(each["attempt_id"] for each in belief.contacts if each["attempt_id"])
    for attempt in belief.attempts:
        expected = 1 if attempt["state"] == "sent" else 0
        if contacts[attempt["id"]] != expected:
            raise Broken("I2", attempt["key"], f"{attempt['state']}, and {contacts[attempt['id']]} contacts say so")
    if due is not None:
        for key in touchpoints:
            held = [each["state"] for each in by_key.get(key, []) if each["state"] in HOLDING]
            if bool(held) == (key in due):
                raise Broken("I2", key, f"is {' and '.join(held) or 'nowhere'}, and the planner {_calls(key, due)}")
    if before is not None:
        missing = {each["id"]: each["key"] for each in before.attempts}
        for attempt in belief.attempts:
            missing.pop(attempt["id"], None)
        for key in missing.values():
            raise Broken("I2", key, "an attempt has vanished")


def _calls(key: str, due: Collection[str]) -> str:
    return "calls it due" if key in due else "does not know it"


def _nothing_due_was_accepted(
    belief: Belief, messages: Iterable[Accepted], key_of: Mapping[str, str], *, settled: Collection[str]
) -> None:
    for message in messages:
        if not (message.kept and message.promised):
            continue
        key = key_of.get(message.touchpoint)
        if key is None:
            raise Broken("I3", message.message_id, "was accepted, and nobody here has ever heard of it")
        states = [each["state"] for each in belief.of(key)]
        if key not in settled and not set(states) & set(GONE_OUT):
            raise Broken("I3", key, f"was accepted, and is believed {' and '.join(states) or 'due'}")


def _unknown_only_behind_a_fence(belief: Belief, *, most: int) -> None:
    fences = belief.fences()
    unknown = 0
    for attempt in belief.attempts:
        unknown += attempt["state"] == "unknown"
        if attempt["state"] in ("unknown", "handing_over") and not attempt["handed_over_at"]:
            raise Broken("I4", attempt["key"], f"is {attempt['state']} without a fence in the database")
        # A kill between the two fences leaves the first one only: that is `handing_over`, and then `unknown`.
        answered = attempt["handed_over_at"] and attempt["state"] in ("sent", "temporary", "permanent")
        if answered and attempt["id"] not in fences:
            raise Broken("I4", attempt["key"], f"is {attempt['state']} without a fence in the journal")
    if unknown > most:
        raise Broken("I4", f"{unknown} touchpoints", f"are unknown, and only {most} kills and cut lines explain that")


def _stop_means_stop(
    home: Path,
    belief: Belief,
    messages: Iterable[Accepted],
    key_of: Mapping[str, str],
    *,
    opted_out: Collection[str],
) -> None:
    stopped = {identity.canonical_address(address) for address in opted_out}
    home_key = bytes.fromhex((home / "key").read_text(encoding="ascii"))
    since = {
        each["address_hash"]: datetime.fromisoformat(each["since_at"])
        for each in belief.suppressions
        if each["reason"] != "refused" and not each["lifted_at"]
    }
    for message in messages:
        key = key_of.get(message.touchpoint, message.touchpoint)
        for address in message.recipients if message.kept else ():
            if identity.canonical_address(address) in stopped:
                raise Broken("I5", key, "was accepted for somebody who had said stop")
            stop = since.get(identity.address_hash(home_key, address))
            fences = [each["handed_over_at"] for each in belief.of(key) if each["handed_over_at"]]
            if stop is not None and any(stop < datetime.fromisoformat(fence) for fence in fences):
                raise Broken("I5", key, f"was handed over after its address was suppressed at {stop}")


def _whole_and_private(home: Path) -> None:
    database = home / "followup.db"
    connection = sqlite3.connect(database, timeout=30)
    try:
        if (said := connection.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
            raise Broken("I6", str(database), f"integrity_check says {said[:3]}")
        if said := connection.execute("PRAGMA foreign_key_check").fetchall():
            raise Broken("I6", str(database), f"foreign_key_check says {said[:3]}")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        newest = engine.newest_version()
        if version != newest:
            raise Broken("I6", str(database), f"is of version {version}, and this program of {newest}")
    except sqlite3.DatabaseError as error:
        raise Broken("I6", str(database), str(error)) from error
    finally:
        connection.close()
    if sys.platform == "win32":
        return
    for path in [home, *_files(home, folders=True)]:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise Broken("I6", str(path), f"others may look at it: {mode:o}")


def _files(home: Path, *, folders: bool = False) -> Iterator[Path]:
    for path in home.rglob("*"):
        if path.relative_to(home).parts[0] not in OWNERS and (path.is_file() or (folders and path.is_dir())):
            yield path


def _no_secret(home: Path, output: Iterable[str], *, secrets: Collection[str], secret_files: Collection[Path]) -> None:
    needles = {spelling for secret in secrets if secret for spelling in spellings(secret)}
    owned = {path.resolve() for path in secret_files}

    def look(data: bytes, where: str) -> None:
        if any(needle in data for needle in needles):
            raise Broken("I7", where, "contains a secret")

    for text in output:
        look(text.encode("utf-8", "surrogateescape"), "what was printed")
    for path in [home / "followup.toml", *_files(home)]:
        if path.resolve() in owned:
            continue
        data = path.read_bytes()
        look(data, str(path))
        if path.name.endswith(".tar.gz"):
            with tarfile.open(fileobj=io.BytesIO(data)) as packed:
                for member in packed:
                    if (inside := packed.extractfile(member)) is not None:
                        look(inside.read(), f"{path}: {member.name}")


def spellings(secret: str, *, user: str = USER) -> Iterator[bytes]:
    """Yield the forms in which a password could be printed: plain, base64, in AUTH PLAIN, in a URL, in JSON."""
    raw = secret.encode()
    yield raw
    yield base64.b64encode(raw)
    yield quote(secret, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    for prefix in (b"", user.encode()):
        yield base64.b64encode(prefix + b"\0" + user.encode() + b"\0" + raw)


def _nothing_left_over(home: Path, belief: Belief, output: Iterable[str], *, ended: bool) -> None:
    for text in output:
        if "Traceback (most recent call last)" in text:
            raise Broken("I10", "what was printed", text[text.index("Traceback") :][-600:])
    if not ended:
        return
    for pattern in ("*.part", ".followup-scratch*", "followup.db-*", ".lock.holder"):
        for path in home.rglob(pattern):
            raise Broken("I10", str(path), "was left over")
    for attempt in belief.attempts:
        if attempt["state"] in HALF_WAY:
            raise Broken("I10", attempt["key"], f"is still {attempt['state']} after a run that ended by itself")
