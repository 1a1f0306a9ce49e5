"""What a finished message says of itself, for people to read.

Takes bytes. Gives decoded headers. Touches nothing.
"""

from __future__ import annotations

import email
import email.policy

MACHINERY = frozenset({"mime-version", "content-type", "content-transfer-encoding"})
"""Headers that say how the message is packed and nothing that a person would want to check."""


def headers(raw: bytes) -> list[tuple[str, str]]:
    """Return the headers of a message in their order, decoded as a mail program shows them."""
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    return [(name, str(value)) for name, value in parsed.items() if name.lower() not in MACHINERY]
