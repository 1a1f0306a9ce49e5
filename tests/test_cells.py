"""What one cell may hold, and how it is made safe."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from followup import cells


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_could_be_a_formula_gets_an_apostrophe(first: str) -> None:
    """Each of the six first characters is guarded."""
    assert cells.guard(f"{first}cmd|' /C calc'!A0") == f"'{first}cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", ["+447700900123", "-12.50", "-3", "12", "12.5", "", "a=b", "O'Hara", "'t Hooft"])
def test_harmless_texts_stay_as_they_are(text: str) -> None:
    """Whole phone numbers, plain decimals and ordinary words are written as they are."""
    assert cells.guard(text) == text


@pytest.mark.parametrize("text", ["+44 7700 900123", "+447700900123\n", "-1.250,00", "-", "+0123", "-1.", "-١٢"])
def test_what_only_begins_like_a_number_is_guarded(text: str) -> None:
    """Nothing but an exact E.164 number or a plain ASCII decimal is let through."""
    assert cells.guard(text) == f"'{text}"


@given(st.text(st.sampled_from("'=+-@\t\r\n1.a"), max_size=8) | st.text())
@example("'=1")
@example("''+447700900123")
def test_unguard_gives_back_what_guard_was_given(text: str) -> None:
    """Every text survives the way into a csv cell and back."""
    guarded = cells.guard(text)
    assert cells.unguard(guarded) == text
    assert not guarded or guarded[0] not in cells.TRIGGERS or guarded == text


@given(st.text())
def test_texts_without_a_suspect_first_letter_need_no_look(text: str) -> None:
    """A caller may ask SUSPECT first and save the call."""
    if text[:1] not in cells.SUSPECT:
        assert cells.guard(text) == text


def test_an_apostrophe_of_a_name_is_not_taken_off() -> None:
    """'t Hooft begins with an apostrophe that guards nothing."""
    assert cells.unguard("'t Hooft") == "'t Hooft"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Müller 木村", "Müller 木村"),
        ("\x1b[2J\x1b]0;owned\x07", "␛[2J␛]0;owned␇"),
        ("\x9b31m", "<U+009B>31m"),
        ("evil\u202egnp.exe", "evil<U+202E>gnp.exe"),
        ("two\nlines", "two ⏎ lines"),
        ("two\r\nlines", "two ⏎ lines"),
        ("back\rover", "back␍over"),
        ("a\tb", "a b"),
        ("a\u2028b\x85c", "a ⏎ b ⏎ c"),
        ("\x7f\x00", "␡␀"),
        ("no\u00a0break", "no\u00a0break"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\ud800", "<U+D800>"),
        ("\U000f0000", "<U+F0000>"),
    ],
)
def test_what_could_forge_the_screen_is_made_visible(text: str, shown: str) -> None:
    """Control characters, escape sequences, bidi overrides and newlines are shown, not obeyed."""
    assert cells.printable(text) == shown


@given(st.text())
def test_printable_text_holds_no_control_character(text: str) -> None:
    """Whatever a client is called, one harmless line comes of it."""
    shown = cells.printable(text)
    assert not any(
        unicodedata.category(letter) in {"Cc", "Cs", "Co", "Zl", "Zp"}
        or (unicodedata.category(letter) == "Cf" and letter not in "\u200c\u200d")
        for letter in shown
    )
    assert cells.printable(shown) == shown


def test_pages_keep_their_lines() -> None:
    """On a page newlines may stay, and nothing else does."""
    assert cells.printable_lines("one\r\ntwo\x1b\nthree") == ["one", "two␛", "three"]


@pytest.mark.parametrize(
    ("text", "columns"), [("Ada", 3), ("木村", 4), ("é", 1), ("e\u0301", 1), ("क्षि", 3), ("", 0), ("ﾊﾛｰ", 3)]
)
def test_width_counts_columns_of_a_terminal(text: str, columns: int) -> None:
    """Wide letters take two columns, combining marks none."""
    assert cells.width(text) == columns


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("Boiler service", 20, "Boiler service"),
        ("Boiler service", 10, "Boiler se…"),
        ("Boiler service", 8, "Boiler…"),
        ("木村木村", 6, "木村…"),
        ("Ada", 0, ""),
    ],
)
def test_cut_says_that_something_is_missing(text: str, limit: int, short: str) -> None:
    """A text that is too long ends with an ellipsis and fits."""
    assert cells.cut(text, limit) == short


@given(st.text(), st.integers(0, 30))
def test_cut_text_fits(text: str, limit: int) -> None:
    """No cut text is wider than it may be."""
    assert cells.width(cells.cut(text, limit)) <= limit


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (12000, "GBP", "120.00"),
        (-5, "EUR", "-0.05"),
        (0, "USD", "0.00"),
        (1200, "JPY", "1200"),
        (-1200, "jpy", "-1200"),
        (1234, "KWD", "1.234"),
        (7, "", "0.07"),
    ],
)
def test_amounts_are_exact_decimals(minor: int, currency: str, text: str) -> None:
    """Each currency has its own number of digits, and no float comes near."""
    assert cells.decimal(minor, currency) == text


def test_a_column_knows_where_it_is_shown() -> None:
    """Columns for people stay out of data, and columns for machines off the screen."""
    assert cells.Column("when", place="screen").in_data is False
    assert cells.Column("key", place="data").on_screen is False
    both = cells.Column("client")
    assert both.in_data
    assert both.on_screen
