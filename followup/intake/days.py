"""A cell -> the day that it names, in the ways of writing days that people and programs have.

Takes text, and the order of day, month and year where figures leave it open: 03/04/2026 is two different days, and only
its whole column tells which. Gives dates, or says that there is none. Touches nothing.
"""

from __future__ import annotations

import re
from datetime import date

from followup.intake import headers

_TIME = (
    r"(?:[T,]?\s*(?:\bat\b\s*)?\d{1,2}[:.h]\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[ap]\.?m\.?)?\s*(?:Z|"
    r"UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_ISO = re.compile(rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){_TIME}", re.IGNORECASE)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_FIRST = re.compile(rf"(\d{{4}})[./ ](\d{{1,2}})[./ ](\d{{1,2}})\.?{_TIME}", re.IGNORECASE)
_NUMERIC = re.compile(rf"(\d{{1,2}})\s?([./-])\s?(\d{{1,2}})\s?\2\s?(\d{{4}}|\d{{2}}){_TIME}", re.IGNORECASE)
_DAY_WORD = re.compile(
    rf"(?:[^\W\d]+\.?,?\s+)?(\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?[\s\-]*(?:de |of "
    rf")?([^\W\d]+)\.?,?[\s\-]*(?:de |del )?(\d{{4}}|\d{{2}}){_TIME}",
    re.IGNORECASE,
)
_WORD_DAY = re.compile(
    rf"(?:[^\W\d]+,\s+)?([^\W\d]+)\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}){_TIME}", re.IGNORECASE
)
_NO_DATE = frozenset({"0/0/00", "00/00/0000", "0000-00-00", "00.00.0000", "0/0/0000", "0000-00-00 00:00:00"})
_MONTHS: dict[str, int] = {}
for _names in (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jän feb mrz apr mai jun jul aug sept okt nov dez",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "janv févr mar avr mai juin juil aoû sep oct nov déc",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "ene feb mar abr may jun jul ago set oct nov dic",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "gen feb mar apr mag giu lug ago set ott nov dic",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
    "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "jan feb mär apr mai jun jul aug sep okt nov dez",
):
    for _number, _name in enumerate(_names.split(), 1):
        _MONTHS.setdefault(headers.without_accents(_name), _number)
_PERIOD = re.compile(
    r"(?:(?:19|20)\d\d|(?:kw|week|woche|semaine|semana|settimana|tydzień|vecka|q|quarter|quartal|trimestre|kwartał)"
    r"\.? ?\d{1,2}(?:[ /.]+(?:19|20)?\d\d)?"
    r"|(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[-/.](?:19|20)\d\d)",
    re.IGNORECASE,
)
_MONTH_AND_YEAR = re.compile(r"(?:(?:month|monat|mois|mes|mese) )?([^\W\d]+)\.?(?:[ \-'/]+(?:de |del )?(\d{4}|\d{2}))?")
FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Between which a year is no slip of the pen."""


def read(value: str, order: str) -> date | None:
    """Return the day that *value* names under the order of its file, or None when there is none of our time.

    Raises:
        ValueError: the cell holds no date at all, which is "not filled": ``0/0/00``.
    """
    text = value.strip()
    if text in _NO_DATE:
        raise ValueError(text)
    day = named(text, order)
    return day if _is_of_our_time(day) else None


def named(text: str, order: str) -> date | None:
    """Return the day that *text* names under the order of its file, in whatever year, or None when there is none."""
    found = _ISO.fullmatch(text) or _COMPACT.fullmatch(text) or _YEAR_FIRST.fullmatch(text)
    if found:
        return _day(int(found[1]), int(found[2]), int(found[3]))
    found = _NUMERIC.fullmatch(text)
    if found:
        return _readings(found).get(order)
    found = _DAY_WORD.fullmatch(text)
    if found and _month(found[2]):
        return _day(_year(found[3]), _month(found[2]), int(found[1]))
    found = _WORD_DAY.fullmatch(text)
    if found:
        return _day(int(found[3]), _month(found[1]), int(found[2]))
    return None


def readings(text: str) -> dict[str, date]:
    """Return the days that a date in figures can be, by their order, or nothing; the order of others is no question."""
    found = _NUMERIC.fullmatch(text)
    return {order: day for order, day in _readings(found).items() if _is_of_our_time(day)} if found else {}


def is_date_shaped(text: str) -> bool:
    """Return whether *text* is written like a date, possible or not."""
    return any(pattern.fullmatch(text) for pattern in (_ISO, _YEAR_FIRST, _NUMERIC, _COMPACT, _DAY_WORD, _WORD_DAY))


def is_day_number(text: str) -> bool:
    """Return whether *text* can be a day as spreadsheets count them: 1954 to 2064 in Excel."""
    return len(text) == 5 and text.isascii() and text.isdigit() and 20_000 <= int(text) < 60_000


def is_period(text: str) -> bool:
    """Return whether *text* names a month, a week, a quarter or a year, and nothing else."""
    plain = text.strip().rstrip(":")
    if _PERIOD.fullmatch(plain):
        return True
    found = _MONTH_AND_YEAR.fullmatch(plain.lower())
    return bool(found and _month(found[1]))


def _readings(found: re.Match[str]) -> dict[str, date]:
    one, mark, two, three = found.group(1, 2, 3, 4)
    fits: dict[str, date] = {}
    choices = [("dmy", three, two, one), ("mdy", three, one, two)]
    if len(three) == 2 and len(one) == 2 and (mark == "-" or int(one) > 31):
        choices.append(("ymd", one, two, three))
    for order, year, month, day in choices:
        whole = _day(_year(year), int(month), int(day))
        if whole:
            fits[order] = whole
    return fits


def _year(text: str) -> int:
    # Two digits: POSIX's rule for %y.
    number = int(text)
    if len(text) == 4:
        return number
    return number + (2000 if number < 69 else 1900)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _is_of_our_time(day: date | None) -> bool:
    return day is not None and FIRST_YEAR <= day.year <= LAST_YEAR


def _month(word: str) -> int:
    plain = headers.without_accents(word.lower())
    return _MONTHS.get(plain, 0) or _MONTHS.get(plain[:4], 0) or (_MONTHS.get(plain[:3], 0) if len(plain) == 3 else 0)
