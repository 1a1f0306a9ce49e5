"""Which numbers take text messages."""

from __future__ import annotations

import pytest

from followup.plan import mobiles


@pytest.mark.parametrize(
    ("number", "takes_texts"),
    [
        ("+447700900108", True),
        ("+441632960114", False),
        ("+4915123456789", True),
        ("+493012345678", False),
        ("+33612345678", True),
        ("+33199001234", False),
        ("+353851234567", True),
        ("+35312345678", False),
        ("+12025550123", True),
        ("+4512345678", True),
        ("extension 12", True),
    ],
)
def test_a_text_goes_to_no_landline(number: str, takes_texts: bool) -> None:
    """Numbers that the numbering plan calls landlines get no texts; where it cannot tell, they may."""
    assert mobiles.takes_texts(number) is takes_texts
