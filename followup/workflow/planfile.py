"""The plan file: what was looked over in a spreadsheet goes out exactly as it was looked over.

Takes a Desk, decisions, and the lines of such a file. Gives digests to write and messages to send. Touches nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from followup import cells
from followup.errors import BadInput, NotFound
from followup.model import (
    Channel,
    Decision,
    Message,
    State,
)
from followup.report import why, words
from followup.workflow import composing, planning, sending
from followup.workflow.desk import Desk


def text_digests(desk: Desk, decisions: Iterable[Decision]) -> dict[str, str]:
    """Return key -> digest of what would be said and why, for every message that can be rendered now."""
    states = (State.DUE, State.UPCOMING, State.HELD)
    said = [each for each in decisions if each.channel is not None and each.state in states]
    dossiers = desk.store.dossiers({each.client_id for each in said})
    found = [planning.Found(each, dossiers[each.client_id]) for each in said]
    return {
        item.decision.key: digest(item.decision, item.message)
        for item in composing.prepare(desk, found)
        if item.message
    }


def digest(decision: Decision, message: Message) -> str:
    """Return a short digest of a message and of the decision behind it: day of the rule, jobs, way, words.

    It begins with a letter: a spreadsheet would make a number of sixteen digits, and of 12e45.
    """
    said = (
        *(decision.key, str(decision.due_on), decision.channel or "", decision.address, decision.template),
        *(",".join(decision.job_ids), message.to_address, message.subject, message.text, message.html),
    )
    return "d" + sha256("\0".join(said).encode()).hexdigest()[:15]


COLUMNS = frozenset({"key", "channel", "address", "act_on", "digest"})
"""What `send --plan` compares; lines and other columns may be taken out of the file."""


def read(path: Path) -> list[dict[str, str]]:
    """Return the lines of a plan file, also of one that a spreadsheet has written again in its own way.

    Raises:
        NotFound: there is no such file. BadInput: it is no plan file.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"{path}: no such file.") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise BadInput(f"{path} is not a plan file: {error}.") from None
    missing = sorted(COLUMNS - set(rows[0])) if rows else []
    if not rows or missing:
        lacks = f" (no column {', '.join(missing)})" if missing and len(missing) < len(COLUMNS) else ""
        raise BadInput(f"{path} is not a plan file{lacks}. Make one with: followup plan --format csv -o {path.name}")
    return [{name: cells.unguard(value or "") for name, value in row.items() if name} for row in rows]


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a plan file goes out now, and the rest: each key with why it does not."""

    prepared: list[composing.Prepared]
    changed: list[tuple[str, str]]  # no longer what the plan says: a person has to look
    waiting: list[tuple[str, str]]  # as planned, and there is nothing to send now
    by_hand: int  # calls, texts and letters, which `send` does not make


def planned(desk: Desk, lines: Iterable[Mapping[str, str]]) -> Kept:
    """Return the messages of a plan file that are due with decision and text unchanged, and name the rest."""
    prepared = {item.decision.key: item for item in composing.prepare(desk, sending.ready(desk))}
    kept = Kept([], [], [], 0)
    by_hand = 0
    of_client: dict[str, dict[str, Decision]] = {}
    for key, line in {line["key"]: line for line in lines}.items():
        item = prepared.get(key)
        if item is not None:
            change = _changed(item, line, today=desk.today)
            if change:
                kept.changed.append((key, change))
            else:
                kept.prepared.append(item)
            continue
        owner = desk.store.client_of_fact(key.partition(".")[0]) or ""
        if owner and owner not in of_client:
            of_client[owner] = {each.key: each for each in planning.decisions_of(desk, owner)}
        decision = of_client.get(owner, {}).get(key)
        if decision is None:
            kept.changed.append((key, "nothing calls for it any more"))
        elif decision.state in _SETTLED:
            kept.waiting.append((key, why.verdict(decision)))
        elif decision.state not in _TO_COME:
            kept.changed.append((key, f"{why.verdict(decision)} ({words.main_reason(decision)})"))
        elif line["channel"] != (decision.channel or ""):
            kept.changed.append((key, _other_way(decision.channel, line)))
        elif decision.channel != Channel.EMAIL:
            by_hand += 1
        elif decision.state != State.REVIEW and _planned_on(line) < (decision.act_on or desk.today):
            kept.changed.append((key, f"{why.verdict(decision)}, later than planned ({words.main_reason(decision)})"))
        else:
            kept.waiting.append((key, why.verdict(decision)))
    return replace(kept, by_hand=by_hand)


_SETTLED = frozenset({State.UNCONFIRMED, State.DONE})


_TO_COME = frozenset({State.DUE, State.UPCOMING, State.HELD, State.REVIEW})


def _changed(item: composing.Prepared, line: Mapping[str, str], *, today: date) -> str:
    """Return what is no longer as a line of a plan file says of a message that is due; empty when all is."""
    if item.message is None:
        return item.problem
    if line["channel"] != Channel.EMAIL.value:
        return _other_way(Channel.EMAIL, line)
    if line["address"] != item.decision.address:
        return f"goes to {item.decision.address} now, not to {line['address'] or 'nobody'}"
    if today < _planned_on(line, unknown=today):
        return f"was planned for {line['act_on']} and is due already"
    if line["digest"] != digest(item.decision, item.message):
        return f"its words, its jobs or its day have changed; `followup preview {item.decision.key}` shows it"
    return ""


def _planned_on(line: Mapping[str, str], *, unknown: date = date.max) -> date:
    """Return the day that a line names; *unknown* where there is none, or a spreadsheet wrote it in its own way."""
    try:
        return date.fromisoformat(line["act_on"])
    except ValueError:
        return unknown


def _other_way(channel: Channel | None, line: Mapping[str, str]) -> str:
    return f"goes by {words.channel(channel)} now, not by {words.channel(line['channel']) or 'any way'}"
