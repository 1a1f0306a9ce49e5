"""HTML from plain text."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st

from followup.render import markup


class Reader(HTMLParser):
    """Reads a page back: its text, its links, and which elements it has."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.links: list[str] = []
        self.elements: set[str] = set()
        self._paragraphs = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element; breaks and paragraphs are line ends."""
        self.elements.add(tag)
        if tag == "br":
            self.text += "\n"
        elif tag == "p":
            self.text += "\n\n" if self._paragraphs else ""
            self._paragraphs += 1
        elif tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_data(self, data: str) -> None:
        """Take the text; line ends of the source mean nothing."""
        self.text += data.replace("\n", "")


def read(html: str) -> Reader:
    """Return what a browser makes of a page."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


# A message's text, as `compose` leaves it: no controls, no blanks at line ends, no gaps of several lines.
LINES = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]) | st.sampled_from("<>&\"'@:/. "), max_size=30
).map(str.strip)
PARAGRAPHS = st.lists(st.lists(LINES.filter(bool), min_size=1).map("\n".join), min_size=1).map("\n\n".join)


@given(PARAGRAPHS)
@example("<script>alert(1)</script>\nhttps://x.example/?a=1&b=<2>")
@example("&lt;b&gt; a@b.example, (https://x.example/).")
def test_html_reads_back_as_the_text(text: str) -> None:
    """Whatever the text holds, a reader sees exactly that, and no element but ours."""
    reader = read(markup.from_text(text, language="en"))
    assert reader.text == text
    assert reader.elements <= {"html", "head", "meta", "body", "p", "br", "a"}
    assert all(link.startswith(("http://", "https://", "mailto:")) for link in reader.links)


def test_addresses_become_links_without_the_sentence_around_them() -> None:
    """The full stop, the bracket and the comma after an address are not part of it."""
    text = "See https://hall.example/review?x=1&y=2. Or (http://hall.example/), or sam@hall.example."
    assert read(markup.from_text(text, language="en")).links == [
        "https://hall.example/review?x=1&y=2",
        "http://hall.example/",
        "mailto:sam@hall.example",
    ]


def test_no_other_scheme_becomes_a_link() -> None:
    """Text that looks like a script stays text."""
    assert read(markup.from_text("javascript:alert(1) data:text/html,x me@host", language="en")).links == []


def test_paragraphs_and_breaks_are_kept() -> None:
    """An empty line parts paragraphs, also when it holds blanks."""
    html = markup.from_text("One\ntwo\n \n\nthree", language="de")
    assert "<p>One<br>\ntwo</p>\n<p>three</p>" in html
    assert '<html lang="de">' in html
