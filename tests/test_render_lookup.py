"""Where templates are found, and what their heads say."""

from __future__ import annotations

from pathlib import Path

import pytest

from followup.errors import NotFound, TemplateProblem
from followup.model import Purpose
from followup.render import lookup


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return a home's folder of templates and a shipped one, both empty."""
    for name in ("home", "shipped"):
        (tmp_path / name).mkdir()
    return tmp_path / "home", tmp_path / "shipped"


def put(folder: Path, name: str, text: str = "Hello") -> Path:
    """Write a template."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("file_name", "parts"),
    [
        ("thank-you.txt", ("thank-you", "", "", "txt")),
        ("thank-you.en.txt", ("thank-you", "en", "", "txt")),
        ("thank-you.en.text.txt", ("thank-you", "en", "text", "txt")),
        ("thank-you.text.txt", ("thank-you", "", "text", "txt")),
        ("thank-you.de.html", ("thank-you", "de", "", "html")),
    ],
)
def test_a_file_name_says_name_language_and_channel(file_name: str, parts: tuple[str, ...]) -> None:
    """Language and channel may be left out; the name written again is the same."""
    found = lookup.FileName.parse(file_name)
    assert found is not None
    assert (found.name, found.language, found.channel, found.suffix) == parts
    assert str(found) == file_name


@pytest.mark.parametrize(
    "file_name", ["cadences.toml", "thank-you", ".txt", "thank-you.English.txt", "a.en.fax.txt", "thank-you.txt~"]
)
def test_other_files_are_no_templates(file_name: str) -> None:
    """Settings, copies of editors and misspelt channels are left alone."""
    assert lookup.FileName.parse(file_name) is None


def test_the_most_fitting_file_is_taken(folders: tuple[Path, Path]) -> None:
    """Language and channel, then language, then channel, then the name alone."""
    names = ["t.en.text.txt", "t.en.txt", "t.text.txt", "t.txt"]
    for name in names:
        put(folders[1], name)
    for name in names:
        found = lookup.find(folders, "t", language="", channel="text", home_language="en")
        assert found.path.name == name
        found.path.unlink()
    with pytest.raises(NotFound, match="There are: none"):
        lookup.find(folders, "t", language="en", channel="text")


def test_the_home_goes_before_what_was_shipped(folders: tuple[Path, Path]) -> None:
    """An own file of the same name replaces the shipped one; a more fitting shipped one still wins."""
    shipped = put(folders[1], "t.en.txt")
    assert not lookup.find(folders, "t", language="en", channel="email").own
    own = put(folders[0], "t.en.txt")
    found = lookup.find(folders, "t", language="en", channel="email")
    assert (found.path, found.own) == (own, True)
    put(folders[1], "t.en.text.txt")
    assert lookup.find(folders, "t", language="en", channel="text").path.name == "t.en.text.txt"
    assert lookup.files(folders) == {"t.en.txt": own, "t.en.text.txt": folders[1] / "t.en.text.txt"}
    assert shipped.exists()


def test_a_known_language_is_never_answered_in_another(folders: tuple[Path, Path]) -> None:
    """A Polish client gets no English letter, and no letter that names no language either."""
    put(folders[1], "t.en.txt")
    put(folders[1], "t.txt")
    assert lookup.find(folders, "t", language="en", channel="email", home_language="en").language == "en"
    with pytest.raises(NotFound, match=r"not there in 'pl', only in: en\. Make one: followup template new t\.pl"):
        lookup.find(folders, "t", language="pl", channel="email", home_language="en")


def test_a_misspelt_name_gets_the_nearest(folders: tuple[Path, Path]) -> None:
    """The text names what was perhaps meant."""
    put(folders[1], "thank-you.en.txt")
    with pytest.raises(NotFound, match="Did you mean 'thank-you'"):
        lookup.find(folders, "thank-yuo", language="en", channel="email")


def test_own_html_is_found_beside_the_text(folders: tuple[Path, Path]) -> None:
    """NAME.LANG.html belongs to NAME.LANG.txt."""
    put(folders[1], "t.en.txt")
    assert lookup.find(folders, "t", language="en", channel="email").html == ""
    put(folders[0], "t.en.html")
    assert lookup.find(folders, "t", language="en", channel="email").html == "t.en.html"


def test_the_catalogue_lists_names_and_languages(folders: tuple[Path, Path]) -> None:
    """Parts, HTML and other files are not in it; a missing folder is empty."""
    for name in ("t.en.txt", "t.de.text.txt", "u.txt", "_part.en.txt", "t.fr.html", "cadences.toml"):
        put(folders[1], name)
    catalogue = lookup.catalogue((folders[0] / "nowhere", folders[1]))
    assert catalogue == {"t": frozenset({"en", "de"}), "u": frozenset({""})}


def test_sources_list_even_what_is_wrong(folders: tuple[Path, Path]) -> None:
    """A template with a broken head is listed with its problem."""
    put(folders[0], "a.en.txt", "subject: S\npurpose: marketing\n---\nHello")
    put(folders[1], "b.en.txt", "subject: S\nHello\n")
    put(folders[1], "_part.txt")
    first, second = lookup.sources(folders)
    assert (first.name, first.subject, first.purpose, first.own, first.problem) == ("a", "S", "marketing", True, "")
    assert (second.name, second.subject, second.purpose, second.own) == ("b", "", "", False)
    assert "b.en.txt:2: the head is not closed" in second.problem


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("thank-you", "thank-you.en.txt"),
        ("thank-you.de", "thank-you.de.txt"),
        ("thank-you.en.text.txt", "thank-you.en.text.txt"),
        ("only", "only.fr.txt"),
        ("_part", "_part.txt"),
    ],
)
def test_what_somebody_types_names_one_file(folders: tuple[Path, Path], typed: str, found: str) -> None:
    """A name alone means the home's language, else the first there is."""
    for name in ("thank-you.en.txt", "thank-you.de.txt", "thank-you.en.text.txt", "only.fr.txt", "_part.txt"):
        put(folders[1], name)
    assert lookup.typed(folders, typed, language="en").name == found


def test_what_nobody_wrote_is_not_found(folders: tuple[Path, Path]) -> None:
    """The nearest name is offered where there is one."""
    put(folders[1], "thank-you.en.txt")
    with pytest.raises(NotFound, match="Did you mean 'thank-you'"):
        lookup.typed(folders, "thankyou", language="en")
    with pytest.raises(NotFound, match="followup template list"):
        lookup.typed(folders, "zzz", language="en")


# ---------------------------------------------------------------- heads


def test_a_head_gives_subject_and_purpose() -> None:
    """Lines are counted as an editor does."""
    head, body = lookup.split("Subject: Hi: there\n\npurpose: service\n---\nHello\n---\nBye\n", where="t")
    assert head == lookup.Head("Hi: there", 1, Purpose.SERVICE, 5)
    assert body == "Hello\n---\nBye\n"


@pytest.mark.parametrize("text", ["", "Hello\n", "Remember: we close at noon.\n---\nBye", "\nsubject: x"])
def test_a_text_without_a_head_is_all_body(text: str) -> None:
    """Call scripts and letters need no head."""
    assert lookup.split(text, where="t") == (lookup.Head(), text)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("subject: x\nHello\n", ["t:2: the head is not closed"]),
        ("subject: x\n", ["t:1: the head is not closed"]),
        ("subjct: x\n---\n", ["t:1: the head has no 'subjct'. Did you mean 'subject'?"]),
        ("subject: x\ncolour: red\n---\n", ["t:2: the head has no 'colour'. It may have: subject, purpose."]),
        ("subject: x\nsubject: y\n---\n", ["t:2: subject is given twice"]),
        (
            "subject: x\npurpose: sales\nfrom: me\n---\n",
            ["t:3: the head has no 'from'", "t:2: purpose is 'sales'. Write service or marketing."],
        ),
    ],
)
def test_a_wrong_head_says_all_that_is_wrong(text: str, problems: list[str]) -> None:
    """Each problem has file and line."""
    with pytest.raises(TemplateProblem) as raised:
        lookup.split(text, where="t")
    assert len(raised.value.problems) == len(problems)
    for said, expected in zip(raised.value.problems, problems, strict=True):
        assert said.startswith(expected)


# ---------------------------------------------------------------- reading


def test_a_link_out_of_the_folder_is_refused(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """Jinja's own loader follows it."""
    secret = put(tmp_path, "secret.txt", "password")
    (folders[0] / "t.en.txt").symlink_to(secret)
    with pytest.raises(TemplateProblem, match="leads out of the folder"):
        lookup.find(folders, "t", language="en", channel="email")


def test_a_link_inside_the_folder_is_followed(folders: tuple[Path, Path]) -> None:
    """One text under two names is the owner's business."""
    put(folders[0], "a.en.txt", "Hello")
    (folders[0] / "b.en.txt").symlink_to(folders[0] / "a.en.txt")
    assert lookup.read(folders, "b.en.txt") == (folders[0] / "b.en.txt", "Hello")


def test_a_link_to_itself_is_said_to_be_unreadable(folders: tuple[Path, Path]) -> None:
    """It neither hangs nor passes for missing."""
    (folders[0] / "t.en.txt").symlink_to(folders[0] / "t.en.txt")
    with pytest.raises(TemplateProblem, match="cannot be read"):
        lookup.read(folders, "t.en.txt")


def test_a_folder_in_a_templates_place_is_said_to_be_unreadable(folders: tuple[Path, Path]) -> None:
    """The problem names it."""
    (folders[0] / "t.en.txt").mkdir()
    with pytest.raises(TemplateProblem, match="cannot be read"):
        lookup.read(folders, "t.en.txt")


def test_marks_and_line_ends_of_windows_are_taken_off(folders: tuple[Path, Path]) -> None:
    """Notepad writes a byte order mark and CR LF."""
    (folders[0] / "t.en.txt").write_bytes(b"\xef\xbb\xbfsubject: x\r\n---\r\nHello\rBye")
    assert lookup.read(folders, "t.en.txt") == (folders[0] / "t.en.txt", "subject: x\n---\nHello\nBye")


def test_a_file_that_is_not_utf8_says_where(folders: tuple[Path, Path]) -> None:
    """The line of the first wrong byte."""
    (folders[0] / "t.en.txt").write_bytes("Hello\nGrüße".encode("cp1252"))
    with pytest.raises(TemplateProblem, match=r"t\.en\.txt:2: is not UTF-8"):
        lookup.read(folders, "t.en.txt")


def test_a_giant_file_is_no_template(folders: tuple[Path, Path]) -> None:
    """Nothing of it is read."""
    put(folders[0], "t.en.txt", "x" * (lookup.LARGEST + 1))
    with pytest.raises(TemplateProblem, match="larger than 256 KiB"):
        lookup.read(folders, "t.en.txt")
