"""Which phone numbers take text messages. Pure.

Takes a number in E.164. Gives yes or no, by the national numbering plans that tell mobiles from landlines by their
first digits (the table below); where a plan does not tell them apart, as in North America, the answer is yes.
"""

from __future__ import annotations

# Country calling code -> how the mobile numbers behind it begin (ITU E.164 national numbering plans, 2025).
_MOBILE = {
    "27": ("6", "7", "8"),
    "31": ("6",),
    "32": ("4",),
    "33": ("6", "7"),
    "34": ("6", "7"),
    "351": ("9",),
    "352": ("6",),
    "353": ("8",),
    "358": ("4", "50"),
    "39": ("3",),
    "41": ("74", "75", "76", "77", "78", "79"),
    "420": ("6", "7"),
    "43": ("65", "66", "67", "68", "69"),
    "44": ("7",),
    "46": ("7",),
    "47": ("4", "9"),
    "48": ("45", "5", "6", "7", "88"),
    "49": ("15", "16", "17"),
    "61": ("4",),
    "64": ("2",),
    "91": ("6", "7", "8", "9"),
}
_MOBILES = {f"+{code}": tuple(f"+{code}{start}" for start in starts) for code, starts in _MOBILE.items()}


def takes_texts(number: str) -> bool:
    """Tell whether a text message to *number* can arrive; what is not E.164 is given the benefit of the doubt."""
    for length in (3, 4):
        starts = _MOBILES.get(number[:length])
        if starts is not None:
            return number.startswith(starts)
    return True
