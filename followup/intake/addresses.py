"""E-mail addresses in a cell -> addresses that mail can be sent to, and what is none.

Takes text. Gives addresses as written. Touches nothing. RFC 5321 section 4.5.3.1 has the lengths.
"""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"\s*(?:[;,\n|]| ::: | / | or | oder | ou | und | and )\s*|\s+", re.IGNORECASE)
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"(?!-)[^\W_](?:[^\W_]|-)*(?<!-)|(?!-)[^\W_]", re.UNICODE)
_PLAIN = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)
_WITH_AT = re.compile(r"[^\s;,|<>()]*@[^\s;,|<>()]*")
_WORD = re.compile(r"[^\W\d_]{2,}")
_NAMES_OF_KINDS = frozenset(
    {"email", "mail", "mailto", "work", "home", "privat", "or", "and", "oder", "und", "ou", "et", "och", "lub", "of"}
)
_ANGLE = re.compile(r"<([^<>\s]+)>")


def split(cell: str) -> tuple[list[str], list[str]]:
    """Return the addresses in a cell, in order and once each (case ignored), and the parts that are none."""
    if is_plain(cell):
        return [cell], []
    in_angles = _ANGLE.findall(cell)
    good: list[str] = []
    bad: list[str] = []
    seen: set[str] = set()
    parts = in_angles if in_angles and cell.count("@") == len(in_angles) else _BETWEEN.split(cell)
    for part in parts:
        address = part.strip("<>\"'()[]:").removeprefix("mailto:").rstrip(".")
        if not address:
            continue
        if not is_address(address):
            bad.append(part)
        elif address.lower() not in seen:
            seen.add(address.lower())
            good.append(address)
    if good and not any("@" in part for part in bad):
        bad = []  # "ada@example.com (work)": words beside an address
    return good, bad


def words(cell: str) -> str:
    """Return what a cell says beside its addresses: whose they are, which is for what."""
    rest = " ".join(_WITH_AT.sub(" ", cell).split())
    said = (word for word in _WORD.findall(rest) if word.lower() not in _NAMES_OF_KINDS)
    return rest if any(said) else ""


def is_plain(cell: str) -> bool:
    """Return whether a cell holds one address as nearly all are, and nothing else."""
    return len(cell) <= 64 and _PLAIN.fullmatch(cell) is not None


def is_address(text: str) -> bool:
    """Return whether mail can be sent to *text*."""
    if is_plain(text):
        return True
    local, at, domain = text.rpartition("@")
    if not at or len(local) > 64 or len(text) > 254 or not _LOCAL.fullmatch(local):
        return False
    try:
        wire = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    except UnicodeError:
        return False
    labels = wire.split(".")
    return (
        len(labels) >= 2
        and not labels[-1].isdigit()
        and len(wire) <= 253
        and len(labels[-1]) >= 2
        and all(0 < len(label) <= 63 and _LABEL.fullmatch(label) for label in labels)
    )
