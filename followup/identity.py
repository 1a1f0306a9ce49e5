"""Identifiers, touchpoint keys, keyed hashes, and when names and addresses are the same: what outlives rows.

Takes the home's key (32 bytes) and plain values. Gives strings. Touches nothing but the system's random source.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import hashlib
    from collections.abc import Callable

LETTERS = "abcdefghjkmnpqrstvwxyz"
ALPHABET = LETTERS + "23456789"  # no 0 o 1 l i u: they are misread over the phone
DIGITS = ALPHABET[len(LETTERS) :]
LENGTH = 10
KEY_BYTES = 32
_BLOCK = 64  # bytes that SHA-256 takes in at once
_REFERRAL_CODE = rf"(?i)(?<!\w)([{ALPHABET}]{{2}}[{DIGITS}])[ -]?([{ALPHABET}]{{3}})(?!\w)"
_NOT_WORDS = re.compile(r"[\W_]+")


def new_home_key() -> bytes:
    """Return a fresh key for a home; it is kept in a file of its own, apart from the database."""
    import secrets

    return secrets.token_bytes(KEY_BYTES)


def random_identifier() -> str:
    """Return an identifier for a fact typed by hand."""
    import secrets

    return _spell(secrets.token_bytes(KEY_BYTES))


def imported_identifier(home_key: bytes, *identity: str) -> str:
    """Return the identifier of an imported fact: the same for the same *identity*, for ever.

    Args:
        home_key: the home's key.
        identity: kind, source and what identifies the fact there, e.g. ``("job", "jobber", "1042")``.
    """
    return _spell(_digest(home_key, "identifier", *identity))


def imported_identifiers(home_key: bytes, *beginning: str) -> Callable[[str], str]:
    """Return what makes the `imported_identifier` of *beginning* and one part more, for hundreds of thousands."""
    inner, outer = _keyed(home_key)
    begun = inner.copy()
    begun.update(_marked("identifier", *beginning))

    def identifier(part: str) -> str:
        text = part.encode()
        whole, last = begun.copy(), outer.copy()
        whole.update(b"%d:%b" % (len(text), text))
        last.update(whole.digest())
        return _spell(last.digest())

    return identifier


def touchpoint_key(fact_id: str, step: str, occurrence: int) -> str:
    """Return the one key that follows a touchpoint everywhere."""
    return f"{fact_id}.{step}.{occurrence}"


def split_key(key: str) -> tuple[str, str, int] | None:
    """Return fact, step and occurrence of a whole key, or None when *key* is not one."""
    fact_id, dot, rest = key.partition(".")
    step, dot2, occurrence = rest.rpartition(".")
    if not (dot and dot2 and step and occurrence.isdigit()):
        return None
    return fact_id, step, int(occurrence)


def canonical_address(address: str) -> str:
    """Return the form in which addresses are compared and hashed: e-mail folded, phones as they are.

    Only ASCII letters are folded: folding more sent GitHub's mail for ``mike@`` to ``mıke@`` in 2016. Dots and what
    stands behind a plus are kept: what they mean is the other server's own affair. A domain in letters of its own is
    the one that DNS knows (RFC 5890, A-label): an opt-out holds for both spellings.
    """
    if address.isascii():
        return address.strip().lower()
    text = unicodedata.normalize("NFC", address).strip()
    local, at, domain = text.rpartition("@")
    if at and not domain.isascii():
        text = f"{local}@{_a_labels(domain)}"
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _a_labels(domain: str) -> str:
    import idna

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:  # no domain at all: compared as it is written
        return domain


def fold(text: str) -> str:
    """Return *text* without accents, case and punctuation, in which names and streets are compared.

    "Müller & Sons, Ltd." becomes "muller sons ltd".
    """
    if not text.isascii():  # case first: some capitals (the Turkish I with a dot) become a letter and an accent
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        text = "".join([letter for letter in decomposed if not unicodedata.combining(letter)])
    elif text.replace(" ", "").isalnum():  # most names and streets
        return " ".join(text.lower().split())
    return _NOT_WORDS.sub(" ", text.casefold()).strip()


def address_hash(home_key: bytes, address: str) -> str:
    """Return the keyed hash under which a suppressed address is remembered, also after erasure."""
    return _digest(home_key, "address", canonical_address(address)).hex()


def message_identifier(home_key: bytes, key: str) -> str:
    """Return the 32 hex digits that stand for a touchpoint in Message-ID and X-Touchpoint, on every try."""
    return _digest(home_key, "message", key).hex()[:32]


def draw(home_key: bytes, step: str, client_id: str) -> int:
    """Return the number from 0 to 99 that a client drew for a step: by chance, and the same for ever."""
    return int.from_bytes(_digest(home_key, "holdout", step, client_id)) % 100


def referral_code(home_key: bytes, client_id: str) -> str:
    """Return the code by which whom a client sends us can say who sent them: AB3-DEF, with a digit in that place.

    Two clients of a large home may have the same one by chance; then it tells nobody.
    """
    number, code = int.from_bytes(_digest(home_key, "referral", client_id)), ""
    for place in range(6):
        symbols = DIGITS if place == 2 else ALPHABET
        number, index = divmod(number, len(symbols))
        code += symbols[index]
    return f"{code[:3]}-{code[3:]}".upper()


def referral_codes(text: str) -> list[str]:
    """Return what may be referral codes in *text*, as `referral_code` spells them."""
    return [f"{first}-{second}".upper() for first, second in re.findall(_REFERRAL_CODE, text)]


def _digest(home_key: bytes, *parts: str) -> bytes:
    inner, outer = _keyed(home_key)
    whole = inner.copy()
    whole.update(_marked(*parts))
    return _finished(whole, outer)


def _marked(*parts: str) -> bytes:
    # The length in front of each part keeps ("ab", "c") apart from ("a", "bc").
    texts = [part.encode() for part in parts]
    return b"".join([b"%d:%b" % (len(text), text) for text in texts])


def _finished(whole: hashlib._Hash, outer: hashlib._Hash) -> bytes:
    last = outer.copy()
    last.update(whole.digest())
    return last.digest()


@lru_cache(maxsize=8)
def _keyed(home_key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Return the two halves of HMAC-SHA256 (RFC 2104) with the key taken in, ready to be copied.

    The class of the standard library does the same, and its own copying takes as long as all the rest.
    """
    sha256 = _sha256()
    block = (home_key if len(home_key) <= _BLOCK else sha256(home_key).digest()).ljust(_BLOCK, b"\0")
    inner, outer = (sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    return inner, outer


def _sha256() -> Any:
    """Return the interpreter's own SHA-256, as `random` takes its SHA-512: hashlib loads OpenSSL for milliseconds."""
    for module in ("_sha2", "_sha256"):  # from 3.12 on, and 3.11; an interpreter may be built without
        with suppress(ImportError):
            return import_module(module).sha256
    return import_module("hashlib").sha256


def _spell(digest: bytes) -> str:
    number, start = divmod(int.from_bytes(digest) % _SPELLINGS, len(_STARTS))
    number, first = divmod(number, len(_PAIRS))
    number, second = divmod(number, len(_PAIRS))
    fourth, third = divmod(number, len(_PAIRS))
    return f"{_STARTS[start]}{_PAIRS[first]}{_PAIRS[second]}{_PAIRS[third]}{_PAIRS[fourth]}"


# Two letters at a time, the less significant one first: an import spells hundreds of thousands.
_STARTS = [first + second for second in ALPHABET for first in LETTERS]
_PAIRS = [first + second for second in ALPHABET for first in ALPHABET]
_SPELLINGS: int = len(_STARTS) * len(_PAIRS) ** (LENGTH // 2 - 1)
