"""An address in one cell comes apart where its country's postal code leaves no doubt, and stays whole elsewhere."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.intake import postal


@pytest.mark.parametrize(
    ("text", "country", "parts"),
    [
        ("12 High Street, Leeds LS1 4AP", "GB", ("12 High Street", "LS1 4AP", "Leeds", "", "")),
        ("12 High Street, Leeds, ls14ap", "GB", ("12 High Street", "LS1 4AP", "Leeds", "", "")),
        ("Flat 2, 12 High St, Leeds, W Yorks, LS1 4AP, UK", "GB",
         ("Flat 2, 12 High St", "LS1 4AP", "Leeds", "W Yorks", "GB")),
        ("Rose Cottage\nOtley\nLS21 1AA", "GB", ("Rose Cottage", "LS21 1AA", "Otley", "", "")),
        ("Hauptstr. 5, 80331 München", "DE", ("Hauptstr. 5", "80331", "München", "", "")),
        ("Hauptstr. 5 80331 München", "DE", ("Hauptstr. 5", "80331", "München", "", "")),
        ("Hauptstr. 5, D-80331 München, Deutschland", "AT", ("Hauptstr. 5", "80331", "München", "", "DE")),
        ("Bahnhofstr. 1, 8001 Zürich", "CH", ("Bahnhofstr. 1", "8001", "Zürich", "", "")),
        ("12 rue de la Paix, 75002 Paris", "FR", ("12 rue de la Paix", "75002", "Paris", "", "")),
        ("3 place du Marché 69001 Lyon", "FR", ("3 place du Marché", "69001", "Lyon", "", "")),
        ("C/ Mayor, 5, 2º B, 28013 Madrid", "ES", ("C/ Mayor, 5, 2º B", "28013", "Madrid", "", "")),
        ("Via Roma 5, 20121 Milano (MI)", "IT", ("Via Roma 5", "20121", "Milano", "MI", "")),
        ("Via Roma 5 - 20121 Milano MI", "IT", ("Via Roma 5", "20121", "Milano", "MI", "")),
        ("Keizersgracht 5, 1015 CJ Amsterdam", "NL", ("Keizersgracht 5", "1015 CJ", "Amsterdam", "", "")),
        ("ul. Długa 5/3, 00-238 Warszawa", "PL", ("ul. Długa 5/3", "00-238", "Warszawa", "", "")),
        ("Storgatan 5, 111 22 Stockholm", "SE", ("Storgatan 5", "111 22", "Stockholm", "", "")),
        ("12 Main St, Apt 4, Springfield, IL 62701-1234", "US",
         ("12 Main St, Apt 4", "62701-1234", "Springfield", "IL", "")),
        ("12 Main St\nSpringfield IL 62701", "US", ("12 Main St", "62701", "Springfield", "IL", "")),
    ],
)  # fmt: skip
def test_an_address_in_one_cell_comes_apart(text: str, country: str, parts: tuple[str, ...]) -> None:
    """In the form of each country, on one line or several."""
    assert postal.split(text, country) == postal.Place(*parts)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("12 High Street Leeds LS1 4AP", "GB"),  # where the street ends is anybody's guess
        ("10 Downing Street, SW1A 2AA", "GB"),
        ("Bahnhofstr. 1 8001 Zürich", "CH"),
        ("Springfield, IL 62701", "US"),
        ("12 Main St, Springfield, XX 62701", "US"),
        ("somewhere near Leeds", "GB"),
        ("Hauptstr. 5, 80331 München", ""),
        ("", "DE"),
    ],
)
def test_what_is_not_certain_stays_whole(text: str, country: str) -> None:
    """Half an address is worse than one line too many."""
    assert postal.split(text, country) is None


@pytest.mark.parametrize(
    ("text", "country", "code", "city"),
    [
        ("80331 München", "DE", "80331", "München"),
        ("München, 80331", "DE", "80331", "München"),
        ("LS1 4AP Leeds", "GB", "LS1 4AP", "Leeds"),
        ("Leeds LS1 4AP", "GB", "LS1 4AP", "Leeds"),
        ("Springfield, IL 62701", "US", "62701", "Springfield"),
        ("00-238 Warszawa", "PL", "00-238", "Warszawa"),
    ],
)
def test_a_town_with_its_code_is_read_in_any_order(text: str, country: str, code: str, city: str) -> None:
    """Whatever the header says first."""
    found = postal.town(text, country)
    assert found is not None
    assert (found.postal_code, found.city) == (code, city)


def test_zeros_are_put_back_only_where_a_country_has_them() -> None:
    """Dresden is 01067, Rome 00118; Vienna is 1010 and stays."""
    assert postal.zeros_lost("1067", "DE") == "01067"
    assert postal.zeros_lost("118", "IT") == "00118"
    assert postal.zeros_lost("2134", "US") == "02134"
    assert postal.zeros_lost("80331", "DE") == ""
    assert postal.zeros_lost("1010", "AT") == ""
    assert postal.zeros_lost("106", "DE") == ""


_STREET = st.text("abcdeföñ 0123456789.-/'", min_size=1, max_size=25)
_CODE = st.sampled_from(["80331", "LS1 4AP", "1015 CJ", "00-238", "111 22", "62701", "8001", ""])
_PART = st.one_of(_STREET, _CODE, st.sampled_from(["Leeds", "IL", "MI", "(MI)", "München", "Kent"]))


@given(
    st.lists(_PART, min_size=1, max_size=5),
    st.sampled_from([", ", " ", "\n", ",", " - "]),
    st.sampled_from(["GB", "DE", "AT", "FR", "ES", "IT", "NL", "PL", "SE", "US", "CA", "AU"]),
)
def test_nothing_of_an_address_is_lost(parts: list[str], between: str, country: str) -> None:
    """Every letter and digit is in one of the parts, whatever was written."""
    text = between.join(parts)
    for found in (postal.split(text, country), postal.town(text, country)):
        if found is not None:
            kept = f"{found.street}{found.postal_code}{found.city}{found.region}".lower()
            written = Counter(letter for letter in text.lower() if letter.isalnum())
            assert written == Counter(letter for letter in kept if letter.isalnum())
