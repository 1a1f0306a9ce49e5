"""How dates, money, names and greetings are written in a client's language: small tables, no library.

Takes plain values. Gives text. Touches nothing. English, German, French and Spanish are spoken; any other language
gets ISO dates and currency codes, which nobody misreads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from followup import cells

SPOKEN = ("en", "de", "fr", "es")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# ---------------------------------------------------------------- dates

_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_MONTHS = {
    "en": _listed("January February March April May June July August September October November December"),
    "de": _listed("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
    "fr": _listed("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    "es": _listed("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
}
_MONTH_FIRST = frozenset({"US"})  # countries that write English dates month first
_SHORT = {"en": "{d:02}/{m:02}/{y}", "de": "{d:02}.{m:02}.{y}", "fr": "{d:02}/{m:02}/{y}", "es": "{d:02}/{m:02}/{y}"}


def parse_date(value: object) -> date:
    """Return the day that *value* names: a date, or ISO text.

    Raises:
        ValueError: it is empty or no date; the text is fit to show.
    """
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        what = f"'{value}' is not a date" if value else "the date is not known"
        raise ValueError(f"{what}; write {{% if %}} around it, or complete the record") from None


@lru_cache(maxsize=4096)
def day(value: object, language: str, country: str = "") -> str:
    """Return weekday, day and month: "Friday 27 February"."""
    when = parse_date(value)
    if language not in _DAYS:
        return when.isoformat()
    weekday = _DAYS[language][when.weekday()]
    comma = "," if language == "de" or _month_first(language, country) else ""
    return f"{weekday}{comma} {_day_and_month(when, language, country)}"


@lru_cache(maxsize=4096)
def long_date(value: object, language: str, country: str = "") -> str:
    """Return day, month and year in words: "27 February 2026"."""
    when = parse_date(value)
    if language not in _MONTHS:
        return when.isoformat()
    between = {"es": " de "}.get(language, ", " if _month_first(language, country) else " ")
    return f"{_day_and_month(when, language, country)}{between}{when.year}"


@lru_cache(maxsize=4096)
def short_date(value: object, language: str, country: str = "") -> str:
    """Return the date in figures, as the language writes it: "27/02/2026"."""
    when = parse_date(value)
    if _month_first(language, country):
        return f"{when.month}/{when.day}/{when.year}"
    form = _SHORT.get(language)
    return form.format(d=when.day, m=when.month, y=when.year) if form else when.isoformat()


@lru_cache(maxsize=4096)
def month(value: object, language: str) -> str:
    """Return month and year: "February 2026"."""
    when = parse_date(value)
    if language not in _MONTHS:
        return when.isoformat()[:7]
    between = " de " if language == "es" else " "
    return f"{_MONTHS[language][when.month - 1]}{between}{when.year}"


def _month_first(language: str, country: str) -> bool:
    return language == "en" and country in _MONTH_FIRST


def _day_and_month(when: date, language: str, country: str) -> str:
    name = _MONTHS[language][when.month - 1]
    if _month_first(language, country):
        return f"{name} {when.day}"
    if language == "de":
        return f"{when.day}. {name}"
    if language == "fr" and when.day == 1:
        return f"1er {name}"
    return f"{when.day} de {name}" if language == "es" else f"{when.day} {name}"


# ---------------------------------------------------------------- money

_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥", "INR": "₹", "CHF": "CHF"}
# Thousands and decimal marks; a no-break space keeps the amount on one line.
_MARKS = {"en": (",", "."), "de": (".", ","), "fr": ("\N{NO-BREAK SPACE}", ","), "es": (".", ",")}


@lru_cache(maxsize=4096)
def amount(minor: int | None, currency: str) -> str:
    """Return an amount as a plain value for templates, "120.00 GBP", or "" when it is not known."""
    return "" if minor is None else cells.amount(minor, currency)


_AMOUNT = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?: ?([A-Za-z]{3}))?")


@lru_cache(maxsize=4096)
def money(value: object, language: str, currency: str = "") -> str:
    """Return an amount the way the language writes it: "£1,234.50", "1.234,50 €".

    Args:
        value: ``"120.00 GBP"``, or a bare number, which is in *currency*.
        language: of the client.
        currency: of the home.
    """
    found = _AMOUNT.fullmatch(str(value).strip())
    if not found:
        what = f"'{value}' is not an amount" if value != "" else "the amount is not known"
        raise ValueError(f"{what}; write {{% if %}} around it, or complete the record")
    sign, whole, rest, code = found.groups()
    code = (code or currency).upper()
    rest = (rest or "").ljust(cells.minor_digits(code), "0")
    thousands, decimal = _MARKS.get(language, ("", "."))
    figures = f"{int(whole):,}".replace(",", thousands) + (f"{decimal}{rest}" if rest else "")
    symbol = _SYMBOLS.get(code, code)
    if not code:
        return sign + figures
    if language == "en" and len(symbol) == 1:
        return f"{sign}{symbol}{figures}"
    if language == "en" and code in _SYMBOLS:
        return f"{sign}{symbol}\N{NO-BREAK SPACE}{figures}"
    return f"{sign}{figures}\N{NO-BREAK SPACE}{symbol if language in SPOKEN else code}"


# ---------------------------------------------------------------- numbers, lists, services

_NUMBERS = {
    "en": _listed("one two three four five six seven eight nine ten eleven twelve"),
    "de": _listed("ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf"),
    "fr": _listed("un deux trois quatre cinq six sept huit neuf dix onze douze"),
    "es": _listed("un dos tres cuatro cinco seis siete ocho nueve diez once doce"),
}
_UNITS = {
    "en": {
        "day": ("day", "days"),
        "business day": ("business day", "business days"),
        "week": ("week", "weeks"),
        "month": ("month", "months"),
        "year": ("year", "years"),
    },
    "de": {
        "day": ("Tag", "Tage"),
        "business day": ("Werktag", "Werktage"),
        "week": ("Woche", "Wochen"),
        "month": ("Monat", "Monate"),
        "year": ("Jahr", "Jahre"),
    },
    "fr": {
        "day": ("jour", "jours"),
        "business day": ("jour ouvré", "jours ouvrés"),
        "week": ("semaine", "semaines"),
        "month": ("mois", "mois"),
        "year": ("an", "ans"),
    },
    "es": {
        "day": ("día", "días"),
        "business day": ("día hábil", "días hábiles"),
        "week": ("semana", "semanas"),
        "month": ("mes", "meses"),
        "year": ("año", "años"),
    },
}
_ENDS = (".", "!", "?", "…", ")")
_QUOTES = "\"'”’»"
_FEMININE_ONE = {("de", "week"): "eine", ("fr", "week"): "une", ("es", "week"): "una"}
_AND = {"en": "and", "de": "und", "fr": "et", "es": "y"}
_THE_WORK = {"en": "the work", "de": "die Arbeiten", "fr": "les travaux", "es": "el trabajo"}


def duration(number: int, unit: str, language: str) -> str:
    """Return a span of time in words: "two years", "drei Wochen"; languages not spoken get the English."""
    language = language if language in _UNITS else "en"
    forms = _UNITS[language].get(unit, (unit, unit))
    if number == 1:
        return f"{_FEMININE_ONE.get((language, unit), _NUMBERS[language][0])} {forms[0]}"
    word = _NUMBERS[language][number - 1] if 1 < number <= len(_NUMBERS[language]) else str(number)
    return f"{word} {forms[1]}"


def sentence(text: str) -> str:
    """Return somebody's words as a sentence of ours: a capital in front, a stop at the end; empty stays empty."""
    text = text.strip()
    return full_stop(text[:1].upper() + text[1:])


def full_stop(text: str) -> str:
    """Return somebody's words as the end of a sentence of ours: as they are, with a stop; empty stays empty."""
    text = text.strip()
    return text if not text or text.rstrip(_QUOTES).endswith(_ENDS) else f"{text}."


def and_list(items: Iterable[str], language: str) -> str:
    """Return items as a sentence says them: "a, b and c"; languages not spoken get commas only."""
    words = [item for item in items if item]
    if len(words) < 2:
        return "".join(words)
    link = _AND.get(language)
    if link is None:
        return ", ".join(words)
    if link == "y" and re.match(r"h?i(?!e)", words[-1], re.IGNORECASE):
        link = "e"  # Spanish: "revisión e instalación"
    return f"{', '.join(words[:-1])} {link} {words[-1]}"


@lru_cache(maxsize=4096)
def service(name: str, language: str) -> str:
    """Return a service as a sentence names it: "the boiler service" in English, the bare name elsewhere.

    German, French and Spanish articles depend on a gender that no file tells, so none is guessed.
    """
    text = " ".join(name.split())
    if language != "en" or not text:
        return text
    words = text.split(" ")
    if all(word[:1].isupper() or not word[:1].isalpha() for word in words):
        words = [_lowered(word) for word in words]  # "Boiler Service" is a heading, not two proper nouns
    else:
        words[0] = _lowered(words[0])
    first = words[0].lower()
    return " ".join(words) if first in {"the", "a", "an", "your", "our"} else f"the {' '.join(words)}"


def services(names: Iterable[str], language: str) -> str:
    """Return what was done as one phrase, each service once: "the boiler service and the tap repair"."""
    said = list(dict.fromkeys(phrase for phrase in (service(name, language) for name in names) if phrase))
    return and_list(said, language) if said else _THE_WORK.get(language, _THE_WORK["en"])


def _lowered(word: str) -> str:
    # "Boiler" is a word, "MOT" and "McCoy" are names.
    return word.lower() if word[1:].islower() else word


# ---------------------------------------------------------------- names

_PARTICLES = frozenset(
    _listed("af al av bin da das de dei del della den der di do dos du ibn la le ten ter van vom von y zu zum zur")
)
_AS_THEY_ARE = frozenset({"II", "III", "IV", "VI", "VII", "VIII"})
_LATIN = re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff\u0300-\u036f'\u2019.\-\s,&]+")
_PART = re.compile(r"[^\s'\u2019\-]+")


def soften(name: str) -> str:
    """Return a name shouted or mumbled in a file as people write it: "ADA O'BRIEN" and "ada o'brien" -> "Ada O'Brien".

    Names in mixed case, in other scripts, and short ones like "AJ" are somebody's own spelling and stay.
    """
    if not (name.isupper() or name.islower()) or not _LATIN.fullmatch(name):
        return name
    if name.isupper() and len(name) <= 2:
        return name
    words = name.split()
    return " ".join(_softened(word, first=number == 0) for number, word in enumerate(words))


def _softened(word: str, *, first: bool) -> str:
    if word in _AS_THEY_ARE:
        return word
    if not first and word.lower() in _PARTICLES:
        return word.lower()
    return _PART.sub(lambda found: _capital(found[0]), word.lower())


def _capital(part: str) -> str:
    if part.startswith("mc") and len(part) > 4:
        return f"Mc{part[2:].capitalize()}"
    return part[:1].upper() + part[1:]


@dataclass(frozen=True, slots=True)
class Name:
    """A client's name, taken apart and softened as one: "AJ" stays in "AJ Hall" and becomes "Aj" in "AJ HALL"."""

    title: str
    first: str
    last: str
    full: str


NOBODY = Name("", "", "", "")

_TITLES: Mapping[str, tuple[str, str]] = {
    # as written, folded and without dots -> (kind, English spelling)
    "mr": ("m", "Mr"), "mister": ("m", "Mr"), "herr": ("m", "Mr"), "hr": ("m", "Mr"), "m": ("m", "Mr"),
    "monsieur": ("m", "Mr"), "sr": ("m", "Mr"), "señor": ("m", "Mr"),
    "mrs": ("f", "Mrs"), "ms": ("f", "Ms"), "miss": ("f", "Miss"), "frau": ("f", "Ms"), "fr": ("f", "Ms"),
    "mme": ("f", "Ms"), "madame": ("f", "Ms"), "mlle": ("f", "Ms"), "mademoiselle": ("f", "Ms"),
    "sra": ("f", "Ms"), "srta": ("f", "Ms"), "señora": ("f", "Ms"), "señorita": ("f", "Ms"),
    "dr": ("dr", "Dr"), "doctor": ("dr", "Dr"), "docteur": ("dr", "Dr"), "dra": ("dr", "Dr"),
    "prof": ("prof", "Prof"), "professor": ("prof", "Prof"),
    "mx": ("", "Mx"), "rev": ("", "Rev"), "sir": ("", "Sir"), "lady": ("", "Lady"), "lord": ("", "Lord"),
}  # fmt: skip
_TITLE_FORMS = {
    "de": {"m": "Herr", "f": "Frau", "dr": "Dr.", "prof": "Prof."},
    "fr": {"m": "Monsieur", "f": "Madame", "dr": "Docteur", "prof": "Professeur"},
    "es": {"m": "Sr.", "f": "Sra.", "dr": "Dr.", "prof": "Prof."},
}
# One letter is an initial more often than "Monsieur"; "Sr" and "Fr" are titles only where the column says so.
_NOT_IN_FRONT = frozenset({"m", "sr", "fr", "hr"})
_LINKS = frozenset({"and", "&", "+", "und", "et", "y", "u"})


def name_of(*, full: str, first: str, last: str, title: str) -> Name:
    """Return the parts of a client's name, whichever of them the files gave."""
    first, last, full, title = map(_spaced, (first, last, full, title))
    whole = full or f"{first} {last}".strip()
    if not title and not last:
        title, rest = _title_in_front(first or whole)
        if title:
            first, last = "", rest
    elif not title and first and not _title_in_front(f"{first} x")[1].removeprefix("x"):
        title, first = first, ""  # "Mrs" in the column of first names
    if not first and not last and whole:
        first, _, last = whole.partition(" ")
        if not _LATIN.fullmatch(whole):
            first, last = whole, ""  # which part comes first is not ours to know
    shouted = bool(whole) and (whole.isupper() or whole.islower()) and len(whole) > 2
    if not shouted:
        return Name(title, soften(first), soften(last), whole)
    # In front of the last name a particle is not the first word of the whole name: "van der Berg".
    softened_last = soften(f"x {last}" if last.islower() else f"X {last}")[2:] if last else ""
    return Name(title, _soften_short(first), softened_last, soften(whole))


def _spaced(text: str) -> str:
    return " ".join(text.split()) if text else text


def _soften_short(first: str) -> str:
    # Two letters in capitals are initials in "AJ Hall" but a name in "JO HALL".
    return soften(first) if len(first) != 2 or not _LATIN.fullmatch(first) else _capital(first.lower())


def _title_in_front(text: str) -> tuple[str, str]:
    words = text.split()
    count = 0
    for word in words:
        folded = word.casefold().replace(".", "")
        is_title = folded in _TITLES and (folded not in _NOT_IN_FRONT or word.endswith("."))
        if not (is_title or (count and folded in _LINKS)):
            break
        count += 1
    return (" ".join(words[:count]), " ".join(words[count:])) if 0 < count < len(words) else ("", text)


def titled(title: str, last: str, language: str) -> str:
    """Return title and last name as the language says them: "Mrs Hall", "Frau Hall", "Madame Hall"."""
    words = []
    for word in title.split():
        kind, english = _TITLES.get(word.casefold().replace(".", ""), ("", word))
        words.append(english if language not in _TITLE_FORMS else _TITLE_FORMS[language].get(kind, word))
    return f"{' '.join(words)} {last}"


def first_name(name: str) -> str:
    """Return the first name in a whole one, softened: "SAM MILLER" -> "Sam"."""
    return name_of(full=name, first="", last="", title="").first


# ---------------------------------------------------------------- greetings


@dataclass(frozen=True, slots=True)
class _Greeting:
    hello: str  # before a first name, a firm's team, or what they like to be called
    formal: str  # before title and last name
    team: str
    by_first_name: bool


_GREETINGS = {
    "en": _Greeting("Hello", "Dear", "{} team", by_first_name=True),
    "de": _Greeting("Guten Tag", "Guten Tag", "Team von {}", by_first_name=False),
    "fr": _Greeting("Bonjour", "Bonjour", "à toute l’équipe de {}", by_first_name=False),
    "es": _Greeting("Hola", "Hola", "equipo de {}", by_first_name=True),
}
_ALREADY_GREETS = re.compile(
    r"(dear|hello|hi|hey|good (morning|afternoon|day)|hallo|guten tag|liebe[rs]?|sehr geehrte[rs]?|moin|servus|grüezi"
    r"|bonjour|cher|chère|chers|salut|hola|estimad[oa]s?|querid[oa]s?|buenos días)\b",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"(?:\w\.?\s*-?){1,2}\.|\w")


def greeting(name: Name, *, address_as: str, company: str, language: str) -> str:
    """Return the whole greeting without its comma, "Hello Ada", or "" when nobody is there to greet.

    What they like to be called wins; else the language decides between first name and title with last name; a firm
    without a person is greeted as a team. A last name alone greets nobody: "Hello Hall" is worse than asking.
    """
    style = _GREETINGS.get(language, _GREETINGS["en"])
    called = " ".join(address_as.split())
    if called:
        return called if _ALREADY_GREETS.match(called) else f"{style.hello} {called}"
    if not any(letter.isalnum() for letter in name.full + name.first):
        return f"{style.hello} {style.team.format(company)}" if company.strip() else ""
    usable_first = bool(name.first) and not _INITIALS.fullmatch(name.first)
    if style.by_first_name and usable_first:
        return f"{style.hello} {name.first}"
    if name.title and name.last:
        return f"{style.formal} {titled(name.title, name.last, language)}"
    if name.first:
        return f"{style.hello} {name.first} {name.last}".rstrip()
    return f"{style.hello} {style.team.format(company)}" if company.strip() else ""


# ---------------------------------------------------------------- the way out

OPT_OUT = {
    "en": {
        "email": "If you would rather not receive messages like this one, reply “stop” and we will not send any more.",
        "text": "Reply STOP to opt out.",
        "letter": "If you would rather not receive letters like this one, let us know and we will not send any more.",
    },
    "de": {
        "email": "Wenn Sie solche Nachrichten nicht mehr erhalten möchten, antworten Sie einfach mit „Stopp“.",
        "text": "Abbestellen: mit STOPP antworten.",
        "letter": "Wenn Sie solche Schreiben nicht mehr erhalten möchten, sagen Sie uns bitte kurz Bescheid.",
    },
    "fr": {
        "email": "Si vous ne souhaitez plus recevoir ce type de message, répondez simplement « stop ».",
        "text": "Répondez STOP pour ne plus recevoir de messages.",
        "letter": "Si vous ne souhaitez plus recevoir ce type de courrier, il suffit de nous le dire.",
    },
    "es": {
        "email": "Si prefiere no recibir más mensajes como este, responda «stop» y no le enviaremos más.",
        "text": "Responda STOP para no recibir más mensajes.",
        "letter": "Si prefiere no recibir más cartas como esta, díganoslo y no le enviaremos más.",
    },
}  # fmt: skip


def opt_out(language: str, channel: str) -> str:
    """Return the sentence that tells a client how to hear no more of this."""
    said = OPT_OUT.get(language, OPT_OUT["en"])
    return said.get(channel, said["letter"] if channel == "card" else said["email"])
