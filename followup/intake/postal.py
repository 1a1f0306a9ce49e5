"""An address in one cell -> street, postal code, town: only where the country's postal code leaves no doubt.

Takes text and the home's country. Gives a Place, or None when the text is better kept whole. Touches nothing. Forms of
postal codes and where they stand: Universal Postal Union, addressing systems of its members.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from followup.intake import headers, iso


@dataclass(frozen=True, slots=True)
class Place:
    """The parts of an address; what it does not name is empty."""

    street: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str = ""


_FIVE, _FOUR = r"\d{5}", r"\d{4}"
_CODES = {
    **dict.fromkeys(("DE", "FR", "ES", "IT", "FI"), _FIVE),
    **dict.fromkeys(("AT", "CH", "BE", "DK", "NO", "LU"), _FOUR),
    "NL": r"\d{4} ?[A-Z]{2}",
    "PL": r"\d{2}-\d{3}",
    "SE": r"\d{3} ?\d{2}",
    "CZ": r"\d{3} ?\d{2}",
    "PT": r"\d{4}-\d{3}",
    "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "US": r"\d{5}(?:-\d{4})?",
    "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
    "AU": _FOUR,
}
_STATES = {
    "US": headers.words(
        "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK "
        "OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR GU VI AS MP"
    ),
    "CA": headers.words("AB BC MB NB NL NS NT NU ON PE QC SK YT"),
    "AU": headers.words("ACT NSW NT QLD SA TAS VIC WA"),
}
_COUNTIES = headers.words(
    "bedfordshire|beds|berkshire|berks|buckinghamshire|bucks|cambridgeshire|cambs|cheshire|cornwall|cumbria|derbyshire"
    "|devon|dorset|durham|county durham|co durham|essex|gloucestershire|glos|greater manchester|hampshire|hants"
    "|herefordshire|hertfordshire|herts|kent|lancashire|lancs|leicestershire|leics|lincolnshire|lincs|merseyside"
    "|middlesex|norfolk|northamptonshire|northants|northumberland|nottinghamshire|notts|oxfordshire|oxon|rutland"
    "|shropshire|somerset|staffordshire|staffs|suffolk|surrey|sussex|east sussex|west sussex|tyne and wear"
    "|tyne & wear|warwickshire|west midlands|wiltshire|wilts|worcestershire|worcs|yorkshire|yorks|north yorkshire"
    "|n yorks|north yorks|south yorkshire|s yorks|south yorks|west yorkshire|w yorks|west yorks|east yorkshire"
    "|e yorks|east riding|fife|lothian|midlothian|east lothian|west lothian|aberdeenshire|angus|ayrshire|argyll"
    "|lanarkshire|perthshire|stirlingshire|clwyd|dyfed|gwent|gwynedd|powys|glamorgan|south glamorgan|west glamorgan"
    "|mid glamorgan|flintshire|denbighshire|pembrokeshire|carmarthenshire|ceredigion|conwy|antrim|armagh|down"
    "|fermanagh|londonderry|tyrone|county antrim|county armagh|county down|county tyrone|co antrim|co down",
    between="|",
)
_CODE_LAST = frozenset({"GB", "US", "CA", "AU"})
_PREFIX = r"(?:[A-Z]{1,2}-)?"  # D-80331, as people of other countries write it
_TOWN = r"[^\W\d][^\d,]*"


@lru_cache(maxsize=50_000)
def split(text: str, country: str) -> Place | None:
    """Return the parts of a whole address, or None when it is not certain which part is which."""
    found, abroad = _of_country(text)
    parts, home = found, abroad or country
    if home not in _CODES or not parts:
        return None
    place = _code_last(parts, home) if home in _CODE_LAST else _code_first(parts, home)
    if place is None or not place.street or not place.city:
        return None
    return Place(place.street, place.postal_code, place.city, place.region, abroad)


@lru_cache(maxsize=50_000)
def town(text: str, country: str) -> Place | None:
    """Return postal code and town of a cell that holds both and nothing else, in whatever order."""
    parts, abroad = _of_country(text)
    home = abroad or country
    if home not in _CODES or not parts:
        return None
    if home in _CODE_LAST:
        place = _code_last(["", *parts], home)
        if place is not None and not place.street:
            return Place("", place.postal_code, place.city, place.region, abroad)
    joined = ", ".join(parts)
    found = re.fullmatch(rf"{_PREFIX}({_CODES[home]}),? +({_TOWN})", joined, re.IGNORECASE)
    if found:
        city, region = _province(found[2].strip(), home)
        return Place("", _code(found[1], home), city, region, abroad)
    found = re.fullmatch(rf"({_TOWN}?),? +{_PREFIX}({_CODES[home]})", joined, re.IGNORECASE)
    if found and home not in _STATES:
        return Place("", _code(found[2], home), found[1].strip(), "", abroad)
    return None


def is_code(text: str, country: str) -> bool:
    """Return whether *text* has the form of a postal code of *country*."""
    return country in _CODES and bool(re.fullmatch(_CODES[country], text, re.IGNORECASE))


def _of_country(text: str) -> tuple[list[str], str]:
    """Return the parts between commas and line ends, and the country where the last one names it."""
    parts = [" ".join(part.split()) for part in re.split(r"[,\n;]|:::", text)]
    parts = [part for part in parts if part]
    if len(parts) > 1 and (len(parts[-1]) > 2 or parts[-1] == "UK"):  # two letters are a state or a province
        named = iso.country(parts[-1])
        if len(named) == 2 and named != parts[-1]:
            return parts[:-1], named
    return parts, ""


def _code_first(parts: list[str], country: str) -> Place | None:
    """Read the form of the continent: street and number, then the code and the town behind it."""
    code = _CODES[country]
    *street, last = parts
    found = re.fullmatch(rf"{_PREFIX}({code})\s+({_TOWN})", last, re.IGNORECASE if country == "NL" else 0)
    if found and street:
        city, region = _province(found[2], country)
        return Place(", ".join(street), _code(found[1], country), city, region)
    if country == "IT" and len(parts) > 2:  # Via Roma 5, 20121 Milano, MI
        found = re.fullmatch(rf"({code})\s+({_TOWN})", parts[-2])
        if found and re.fullmatch(r"[A-Z]{2}", last):
            return Place(", ".join(parts[:-2]), found[1], found[2], last)
    if len(re.findall(rf"(?<![\w-])(?:{code})(?![\w-])", last)) != 1 or code == _FOUR:
        return None  # without a comma a short number may be the house's
    found = re.fullmatch(rf"(.*\D.*?)\s+{_PREFIX}({code})\s+({_TOWN})", last)
    if found and (country != "SE" or re.search(r"\d\w?$", found[1])):
        city, region = _province(found[3], country)
        return Place(", ".join([*street, found[1].removesuffix(" -")]), _code(found[2], country), city, region)
    return None


def _code_last(parts: list[str], country: str) -> Place | None:
    """Read the English form: street, town, state or county, and the code at the end."""
    *before, last = parts
    found = re.fullmatch(rf"(.*?)\s*({_CODES[country]})", last, re.IGNORECASE if country in ("GB", "CA") else 0)
    if not found or not before:
        return None
    rest, code = found[1].strip(), _code(found[2], country)
    if country in _STATES:
        if re.search(r"\d", rest):
            return None
        words = rest.split()
        if not words:  # the state stands alone before the code: Springfield, IL, 62701
            words = before.pop().split() if len(before) > 1 else []
        if not words or words[-1].rstrip(".").upper() not in _STATES[country]:
            return None
        state = words.pop().rstrip(".").upper()
        if not words:
            words = before.pop().split() if len(before) > 1 or not before[0] else []
        if not words or re.search(r"\d", "".join(words)):
            return None
        return Place(", ".join(before), code, " ".join(words), state)
    region = ""
    if not rest:
        rest = before.pop()
    if rest.lower().replace(".", "") in _COUNTIES and before:
        region, rest = rest, before.pop()
    if not rest or re.search(r"\d", rest):
        return None
    return Place(", ".join(before), code, rest, region)


def _province(city: str, country: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.+?)\s*(?:\(([A-Z]{2})\)|\s([A-Z]{2}))", city.strip()) if country == "IT" else None
    return (found[1], found[2] or found[3]) if found else (city.strip(), "")


def _code(text: str, country: str) -> str:
    if country in ("GB", "CA"):
        plain = text.upper().replace(" ", "")
        return f"{plain[:-3]} {plain[-3:]}"
    return text.upper()


# How long a code is, and how short a spreadsheet can make it: 01067 Dresden, 00118 Roma, 00501 Holtsville.
_WITH_ZEROS = {"DE": (5, 4), "FR": (5, 4), "ES": (5, 4), "IT": (5, 3), "US": (5, 3), "FI": (5, 3), "NO": (4, 3)}


def zeros_lost(code: str, country: str) -> str:
    """Return a postal code with the zeros in front that a spreadsheet took away; nothing where none are missing."""
    whole, least = _WITH_ZEROS.get(country, (0, 0))
    if not whole or not code.isascii() or not code.isdigit() or not least <= len(code) < whole:
        return ""
    return code.zfill(whole)
