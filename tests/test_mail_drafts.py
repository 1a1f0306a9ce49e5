"""The drafts folder is a view of what is drafted, fit to send from the owner's own mail program."""

from __future__ import annotations

import html.parser
import os
import re
import stat
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import identity, model
from followup.errors import FollowupError
from followup.mail import drafts
from tests import factories


def a_draft(name: str = "Ada Hall", **fields: Any) -> model.Attempt:
    """Return a drafted thank-you with the file name that it would get."""
    key = fields.setdefault("key", f"{factories.identifier('j')}.thank-you.1")
    fields.setdefault("file_name", drafts.file_name(on=factories.TODAY, client_name=name, key=key))
    return factories.attempt(**fields)


class Page(html.parser.HTMLParser):
    """What a browser makes of the page: links, texts of the drafts, names of the elements."""

    def __init__(self, text: str) -> None:
        """Read *text*."""
        super().__init__()
        self.links: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[str, str] = {}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep element and link."""
        found = dict(attrs)
        self.elements.append((tag, found))
        if tag == "a":
            self.links.append(found["href"] or "")
        self._inside = (found.get("id") or "") if tag == "pre" else tag

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Keep the words of a draft."""
        self.words[self._inside] = self.words.get(self._inside, "") + data


def page_of(folder: Path) -> Page:
    """Return the page in *folder*, read."""
    return Page((folder / drafts.PAGE).read_text(encoding="utf-8"))


def test_each_draft_is_a_file_with_the_stored_bytes(tmp_path: Path) -> None:
    """What was frozen is what the mail program opens."""
    first, second = a_draft(), a_draft("Tom Reed", message="Subject: Two\r\n\r\nHello Tom\r\n")
    paths = drafts.write(tmp_path / "drafts", [first, second])
    assert [path.read_bytes() for path in paths] == [first.message.encode(), second.message.encode()]
    assert [path.name for path in paths] == [first.file_name, second.file_name]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_can_read_the_drafts(tmp_path: Path) -> None:
    """Names and letters are the owner's."""
    (path,) = drafts.write(tmp_path / "drafts", [a_draft()])
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (path.parent, path, path.parent / drafts.PAGE)]
    assert modes == [0o700, 0o600, 0o600]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada Hall", "2026-03-02-ada-hall-jabc.thank-you.1.eml"),
        ("Jürgen Müller-Groß", "2026-03-02-jurgen-muller-gross-jabc.thank-you.1.eml"),
        ("Łukasz Ørsted & Søn A/S", "2026-03-02-lukasz-orsted-son-a-s-jabc.thank-you.1.eml"),
        ("../../etc/passwd", "2026-03-02-etc-passwd-jabc.thank-you.1.eml"),
        ('C:\\con: "x"?*|', "2026-03-02-c-con-x-jabc.thank-you.1.eml"),
        ("王小明", "2026-03-02-jabc.thank-you.1.eml"),
        ("", "2026-03-02-jabc.thank-you.1.eml"),
    ],
)
def test_the_name_of_a_file_says_day_client_and_key(name: str, expected: str) -> None:
    """It ends in the key, which is what commands take."""
    assert drafts.file_name(on=date(2026, 3, 2), client_name=name, key="jabc.thank-you.1") == expected


@given(st.text(max_size=300))
def test_any_name_makes_a_file_name_that_every_system_takes(name: str) -> None:
    """Lower-case letters, digits, hyphens and the dots of the key; never long."""
    made = drafts.file_name(on=factories.TODAY, client_name=name, key="jabcdefghk.check-in-mail.1")
    assert re.fullmatch(r"2026-03-02-([a-z0-9-]+-)?jabcdefghk\.check-in-mail\.1\.eml", made)
    assert len(made) <= 90


def test_writing_again_touches_nothing(tmp_path: Path) -> None:
    """A view that fits already is left as it is."""
    draft = a_draft()
    drafts.write(tmp_path, [draft])
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    drafts.write(tmp_path, [draft])
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_settled_drafts_lose_their_files_and_nothing_else_does(tmp_path: Path) -> None:
    """What the owner keeps in the folder is the owner's."""
    settled, waiting = a_draft(), a_draft("Tom Reed")
    drafts.write(tmp_path, [settled, waiting])
    own = ["2026-holiday.eml", "notes.txt", "2026-03-02-letter.eml", "2026-03-02-x-.thank-you.1.eml.bak"]
    for name in own:
        (tmp_path / name).write_text("mine")
    drafts.write(tmp_path, [waiting])
    assert {path.name for path in tmp_path.iterdir()} == {waiting.file_name, drafts.PAGE, *own}


def test_what_a_killed_run_left_half_written_goes(tmp_path: Path) -> None:
    """But not what another run may be writing at this moment, and nothing of the owner's."""
    for name, age in (
        (".2026-03-02-ada-hall-j.x9y.part", 3600),
        (".drafts.html.abc.part", 3600),
        (".drafts.html.def.part", 1),
        (".mine.part", 3600),
    ):
        (tmp_path / name).write_text("half")
        then = time.time() - age
        os.utime(tmp_path / name, (then, then))
    drafts.write(tmp_path, [])
    assert {path.name for path in tmp_path.iterdir()} == {".drafts.html.def.part", ".mine.part", drafts.PAGE}


def test_a_lost_or_damaged_file_comes_back(tmp_path: Path) -> None:
    """The row is the draft; the file only shows it."""
    draft = a_draft()
    (path,) = drafts.write(tmp_path, [draft])
    path.write_bytes(b"half")
    (tmp_path / drafts.PAGE).unlink()
    drafts.write(tmp_path, [draft])
    assert path.read_bytes() == draft.message.encode()
    assert draft.subject in (tmp_path / drafts.PAGE).read_text()


def test_only_drafted_emails_are_shown(tmp_path: Path) -> None:
    """Sent, cancelled and text messages have no file."""
    others = [
        a_draft(state=model.AttemptState.SENT),
        a_draft(state=model.AttemptState.CANCELLED),
        a_draft(channel=model.Channel.TEXT),
    ]
    assert drafts.write(tmp_path, others) == []
    assert "No drafts wait" in (tmp_path / drafts.PAGE).read_text()


@pytest.mark.parametrize("name", ["", "../outside.eml", "/etc/passwd", "plain.eml"])
def test_a_file_name_that_is_not_ours_is_made_anew(tmp_path: Path, name: str) -> None:
    """A damaged record writes no file outside the folder."""
    draft = a_draft(file_name=name)
    (path,) = drafts.write(tmp_path / "drafts", [draft])
    assert path.name == f"2026-03-02-{draft.key}.eml"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["drafts"]


def test_a_settled_draft_that_cannot_be_removed_is_said(tmp_path: Path) -> None:
    """A folder has its name: the error says which path it is, and what now."""
    settled = a_draft()
    (tmp_path / settled.file_name).mkdir()
    with pytest.raises(FollowupError, match="cannot be removed"):
        drafts.write(tmp_path, [])


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "drafts").write_text("a file")
    with pytest.raises(FollowupError, match="drafts"):
        drafts.write(tmp_path / "drafts", [a_draft()])


# ---------------------------------------------------------------- the page


def test_the_page_lists_every_draft_with_four_ways_to_send_it(tmp_path: Path) -> None:
    """Mail program, Gmail, copy, and the file itself."""
    drafts.write(tmp_path, [a_draft(subject="One"), a_draft("Tom Reed", subject="Two", address="tom@example.com")])
    text = (tmp_path / drafts.PAGE).read_text(encoding="utf-8")
    page = Page(text)
    assert "2 drafts wait" in text
    assert [urlsplit(link).scheme for link in page.links] == ["mailto", "https", ""] * 2
    assert all((tmp_path / unquote(link)).exists() for link in page.links if link.endswith(".eml"))
    buttons = [attrs for tag, attrs in page.elements if tag == "button"]
    assert [attrs["data-copy"] for attrs in buttons] == ["text-1", "text-2"]
    assert {"text-1", "text-2"} <= page.words.keys()


def test_the_page_is_the_same_on_every_run_and_in_the_order_of_making(tmp_path: Path) -> None:
    """The oldest draft comes first, whatever order the store gives them in."""
    later = a_draft("Tom Reed", subject="Second", made_at=factories.NOW + timedelta(minutes=1))
    first = a_draft(subject="First")
    drafts.write(tmp_path, [later, first])
    before = (tmp_path / drafts.PAGE).read_text(encoding="utf-8")
    drafts.write(tmp_path, [first, later])
    assert (tmp_path / drafts.PAGE).read_text(encoding="utf-8") == before
    assert before.index("First") < before.index("Second")


def test_the_page_says_for_whom_each_draft_is(tmp_path: Path) -> None:
    """Name and address, as people read them."""
    drafts.write(tmp_path, [a_draft(message="To: =?utf-8?q?Zo=C3=AB?= <ada@example.com>\r\n\r\nHello\r\n")])
    assert "to Zoë &lt;ada@example.com&gt;" in (tmp_path / drafts.PAGE).read_text(encoding="utf-8")


HOSTILE = '<script>alert(1)</script> & "quotes" \' {braces} </pre> {0}'


def test_what_clients_are_called_cannot_change_the_page(tmp_path: Path) -> None:
    """Text of a client is shown, never obeyed."""
    drafts.write(tmp_path, [a_draft(subject=HOSTILE, text=f"Hello {HOSTILE}\nyours")])
    page = page_of(tmp_path)
    assert page.words["text-1"] == f"Hello {HOSTILE}\nyours"
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert not any(name.startswith("on") for _, attrs in page.elements for name in attrs)


def test_the_page_reaches_nothing_outside_and_runs_only_its_own_script(tmp_path: Path) -> None:
    """It works offline, and a content policy says so to the browser."""
    drafts.write(tmp_path, [a_draft()])
    page = page_of(tmp_path)
    assert not any("src" in attrs or tag == "link" for tag, attrs in page.elements)
    policy = next(attrs["content"] for tag, attrs in page.elements if "Content-Security-Policy" in attrs.values())
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


# ---------------------------------------------------------------- links


@given(
    subject=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60),
    text=st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=150),
)
def test_a_mail_program_gets_exactly_the_words(subject: str, text: str) -> None:
    """RFC 6068: everything percent-encoded, lines ended by %0D%0A, no plus for a blank."""
    link, fits = drafts.mailto(address="a+b%c@example.com", subject=subject, text=text)
    assert re.fullmatch(r"mailto:a%2Bb%25c@example\.com\?subject=[\w.~%-]*(&body=[\w.~%-]*)?", link, re.ASCII)
    fields = dict(pair.split("=", 1) for pair in urlsplit(link).query.split("&"))
    assert unquote(fields["subject"]) == subject
    if fits:
        assert unquote(fields["body"]) == text.rstrip("\n").replace("\n", "\r\n")


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=150))
def test_gmail_gets_exactly_the_words(text: str) -> None:
    """The compose window takes address, subject and text from the link."""
    link, fits = drafts.gmail(address="ada@bücher.example", subject="A & B?", text=text)
    fields = parse_qs(urlsplit(link).query, keep_blank_values=True)
    assert fits
    assert (fields["to"], fields["su"]) == (["ada@xn--bcher-kva.example"], ["A & B?"])
    assert fields["body"] == [text.rstrip("\n").replace("\n", "\r\n")]


@pytest.mark.parametrize(
    ("length", "mailto", "gmail", "said"),
    [
        (1000, True, True, ""),
        (3000, False, True, "link to the mail program:"),
        (9000, False, False, "link to the mail program or Gmail:"),
    ],
)
def test_a_text_too_long_for_a_link_is_pasted(
    tmp_path: Path, length: int, mailto: bool, gmail: bool, said: str
) -> None:
    """The link then carries address and subject, and the page says what to do."""
    draft = a_draft(text="x" * length)
    given = {"address": draft.address, "subject": draft.subject, "text": draft.text}
    assert drafts.mailto(**given)[1] is mailto
    assert drafts.gmail(**given)[1] is gmail
    assert all(
        "subject=Thank%20you" in link or "su=Thank%20you" in link
        for link in (drafts.mailto(**given)[0], drafts.gmail(**given)[0])
    )
    drafts.write(tmp_path, [draft])
    text = (tmp_path / drafts.PAGE).read_text()
    assert said in text
    assert ("press <b>Copy text</b>" in text) is bool(said)


def test_the_key_in_a_file_name_is_one_that_commands_take() -> None:
    """A name can be typed from what the folder shows."""
    made = drafts.file_name(on=factories.TODAY, client_name="Ada", key="jabcdefghk.thank-you.12")
    assert identity.split_key("jabcdefghk.thank-you.12") == ("jabcdefghk", "thank-you", 12)
    assert made.removesuffix(".eml").endswith("jabcdefghk.thank-you.12")
