"""HTML from plain text: paragraphs, breaks, links, everything escaped.

Takes text. Gives HTML that reads back as that text. Touches nothing.
"""

from __future__ import annotations

import re
from html import escape

_STYLE = "font-family:sans-serif;font-size:15px;line-height:1.5;color:#222;max-width:38em"
# Web and mail addresses; the last letter is not a mark that ends the sentence around it.
_LINK = re.compile(
    r"https?://[^\s<>\"'“”‘’«»]*[^\s<>\"'“”‘’«».,;:!?)\]}…]"
    r"|(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)+[A-Za-z]{2,24}(?![\w@-])"
)
_GAP = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


def from_text(text: str, *, language: str) -> str:
    """Return *text* as a whole HTML page."""
    if "://" in text or "@" in text:
        body, last = [], 0
        for found in _LINK.finditer(text):
            body.append(escape(text[last : found.start()]))
            address = escape(found[0])
            scheme = "" if found[0].startswith("http") else "mailto:"
            body.append(f'<a href="{scheme}{address}">{address}</a>')
            last = found.end()
        body.append(escape(text[last:]))
        text = "".join(body)
    else:
        text = escape(text)
    paragraphs = "</p>\n<p>".join(part.replace("\n", "<br>\n") for part in _GAP.split(text.strip("\n")))
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language or "en")}">\n<head><meta charset="utf-8"></head>\n'
        f'<body style="{_STYLE}">\n<p>{paragraphs}</p>\n</body>\n</html>\n'
    )
