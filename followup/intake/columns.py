"""Cells -> values, decided by the whole column: day order, decimal mark, words for yes, done and stop.

Takes text, the home's country and day. Gives dates, minor units, codes; or says what is undecidable, so that the
owner is asked. Touches nothing. The unit of decision is the file: 03/04/2026 alone is two different days.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from followup import cells, codes
from followup.intake import headers

# ---------------------------------------------------------------- dates

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

ORDERS = ("dmy", "mdy", "ymd")
_MONTH_FIRST = frozenset(["US", "PH", "FM", "MH", "PW", "PR", "GU", "AS", "VI", "MP"])
_YEAR_FIRST_HOMES = frozenset(["CN", "JP", "KR", "TW", "HU", "LT", "SE", "MN"])


@dataclass(frozen=True, slots=True)
class Undecided:
    """What a file leaves open: the answers that fit, and values that show it."""

    options: tuple[str, ...]
    samples: tuple[str, ...]
    contradictory: bool = False


def date_order(values: Iterable[str], *, country: str) -> str | Undecided:
    """Return the one order in which all numeric dates of a file make sense, or what it could be.

    The order of the home's country only comes first among the options; it decides nothing.
    """
    possible: set[str] | None = None
    readings: dict[str, dict[str, date]] = {}
    for value in values:
        text = value.strip()
        found = _NUMERIC.fullmatch(text)
        if not found:
            continue
        fits = _readings(found)
        if fits:
            readings[text] = fits
            possible = set(fits) if possible is None else possible & set(fits)
    if possible is None:
        return "dmy"
    home = "mdy" if country in _MONTH_FIRST else "ymd" if country in _YEAR_FIRST_HOMES else "dmy"
    if not possible:
        seen = {order for fits in readings.values() if len(fits) == 1 for order in fits}
        samples = [next(text for text, fits in readings.items() if set(fits) == {order}) for order in sorted(seen)]
        return Undecided(_ordered(seen or set(ORDERS), home), tuple(samples), contradictory=True)
    ambiguous = [text for text, fits in readings.items() if len({fits[order] for order in possible}) > 1]
    if len(possible) == 1 or not ambiguous:
        return _ordered(possible, home)[0]
    return Undecided(_ordered(possible, home), tuple(ambiguous[:3]))


def fits_order(values: Iterable[str], order: str) -> bool:
    """Return whether no date of a file needs another order than *order*, an answer given for an earlier file."""
    found = (_NUMERIC.fullmatch(value.strip()) for value in values)
    return all(order in fits or not fits for fits in (_readings(each) for each in found if each))


def fits_mark(values: Iterable[str], mark: str) -> bool:
    """Return whether no amount of a file proves another decimal mark than *mark*."""
    found = (_MONEY.fullmatch(value.strip()) for value in values)
    return all(_mark_of(each["number"].translate(_BLANKS)) in (mark, "", None) for each in found if each)


def order_witness(value: str) -> Hashable:
    """Return what a date says of the order of its file, None when it says nothing.

    Dates that say the same decide the same: a few of each are as good as all dates of a long file.
    """
    found = _NUMERIC.fullmatch(value.strip())
    fits = _readings(found) if found else {}
    days = [*fits.values()]
    return tuple((order, days.index(day)) for order, day in fits.items()) or None


def mark_witness(value: str) -> str | None:
    """Return the decimal mark that an amount proves, "?" when it could have two, None when it says nothing."""
    shape = value.translate(LIKE_NINE).strip()
    found = _shape_of_money(shape)
    return "?" if found is None else found or None


@lru_cache(maxsize=10_000)
def _shape_of_money(shape: str) -> str | None:
    found = _MONEY.fullmatch(shape)
    return _mark_of(found["number"].translate(_BLANKS)) if found else ""


def proves_order(values: Iterable[str]) -> bool:
    """Return whether a date of a file can be read in one order only."""
    found = (_NUMERIC.fullmatch(value.strip()) for value in values)
    return any(len(_readings(each)) == 1 for each in found if each)


def proves_mark(values: Iterable[str]) -> bool:
    """Return whether an amount of a file shows its decimal mark."""
    found = (_MONEY.fullmatch(value.strip()) for value in values)
    return any(_mark_of(each["number"].translate(_BLANKS)) for each in found if each)


def _ordered(options: Collection[str], home: str) -> tuple[str, ...]:
    return tuple(sorted(options, key=lambda order: (order != home, ORDERS.index(order))))


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
        return date(year, month, day) if 1900 <= year <= 2200 else None
    except ValueError:
        return None


def is_date_shaped(text: str) -> bool:
    """Return whether *text* is written like a date, possible or not."""
    return any(pattern.fullmatch(text) for pattern in (_ISO, _YEAR_FIRST, _NUMERIC, _COMPACT, _DAY_WORD, _WORD_DAY))


def read_date(value: str, order: str) -> date | None:
    """Return the day that *value* names under the order of its file, or None when there is no such day.

    Raises:
        ValueError: the cell holds no date at all, which is "not filled": ``0/0/00``.
    """
    text = value.strip()
    if text in _NO_DATE:
        raise ValueError(text)
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


def _month(word: str) -> int:
    plain = headers.without_accents(word.lower())
    return _MONTHS.get(plain, 0) or _MONTHS.get(plain[:4], 0) or (_MONTHS.get(plain[:3], 0) if len(plain) == 3 else 0)


_PERIOD = re.compile(
    r"(?:(?:19|20)\d\d|(?:kw|week|woche|semaine|semana|settimana|tydzień|vecka|q|quarter|quartal|trimestre|kwartał)"
    r"\.? ?\d{1,2}(?:[ /.]+(?:19|20)?\d\d)?"
    r"|(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[-/.](?:19|20)\d\d)",
    re.IGNORECASE,
)
_MONTH_AND_YEAR = re.compile(r"(?:(?:month|monat|mois|mes|mese) )?([^\W\d]+)\.?(?:[ \-'/]+(?:de |del )?(\d{4}|\d{2}))?")


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


# ---------------------------------------------------------------- amounts

_MONEY = re.compile(
    r"(?P<sign>[-−(]?)\s*(?P<before>[^\W\d]{0,3}[$£€¥₹]?|[A-Z]{3})\s*(?P<minus>[-−]?)(?P<number>\d[\d.,'’\s]*|[.,]\d+)\s*"
    r"(?P<after>[$£€¥₹]|[^\W\d]{1,4}\.?)?\s*(?P<close>[-)]?)"
)
_SIGNS = {"£": "GBP", "€": "EUR", "¥": "JPY", "₹": "INR"}
LIKE_NINE = str.maketrans("12345678", "99999999")
"""Amounts that it makes one show the same of their decimal mark."""
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{2,3})*[.,]\d{3}")  # by two and three in India
_BLANKS = str.maketrans("", "", "\u00a0\u202f\u2009 '’")


def decimal_mark(values: Iterable[str]) -> str | Undecided:
    """Return the one decimal mark under which all amounts of a file make sense, or what it could be."""
    proofs: dict[str, str] = {}
    open_values: list[str] = []
    marks: dict[str, str | None] = {}  # a file has few shapes of amounts
    for value in values:
        shape = value.translate(LIKE_NINE)
        if shape not in marks:
            found = _MONEY.fullmatch(shape.strip())
            marks[shape] = _mark_of(found["number"].translate(_BLANKS)) if found else ""
        mark = marks[shape]
        if mark:
            proofs.setdefault(mark, value.strip())
        elif mark is None:
            open_values.append(value.strip())
    if len(proofs) == 2:
        return Undecided((".", ","), (proofs["."], proofs[","]), contradictory=True)
    if proofs:
        return next(iter(proofs))
    if open_values:
        return Undecided((".", ","), tuple(open_values[:3]))
    return "."


def _mark_of(number: str) -> str | None:
    """Return the decimal mark that *number* proves, "" when it has none and any would do, None when it could be two."""
    points, commas = number.count("."), number.count(",")
    if points and commas:
        return "." if number.rfind(".") > number.rfind(",") else ","
    if not points and not commas:
        return ""
    mark = "." if points else ","
    other = "," if points else "."
    if points + commas > 1:
        return other if _GROUPED.fullmatch(number) else ""  # 1.2.3 is a slip, and proves nothing
    whole, _, part = number.partition(mark)
    if len(part) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        return None
    return mark


class Money(NamedTuple):
    """An exact amount in minor units."""

    minor: int
    currency: str


def currency_of_sign(sign: str) -> str:
    """Return the currency that a sign stands for everywhere; a dollar sign stands for many."""
    return _SIGNS.get(sign.strip(), "")


def plain_amount(value: str, mark: str, digits: int) -> int | None:
    """Return the minor units in a cell of figures with so many *digits* behind the mark, as nearly every amount is."""
    whole, _, part = value.partition(mark)
    if len(part) == digits and len(value) < 16 and value.isascii() and whole.isdigit() and part.isdigit():
        return int(whole + part)
    return None


def read_amount(value: str, *, mark: str, currency: str) -> Money | str:
    """Return the amount in a cell, or why it is none.

    Args:
        value: the cell.
        mark: the decimal mark of the file.
        currency: of the row, else of the home; a sign in the cell goes before it.
    """
    plain = plain_amount(value, mark, cells.minor_digits(currency))
    if plain is not None:
        return Money(plain, currency)
    found = _MONEY.fullmatch(value.strip())
    if not found:
        return "is no amount; write it like 120.00"
    name = (found["before"] or "") + (found["after"] or "").rstrip(".")
    code = _SIGNS.get(name) or (name.upper() if name.upper() in codes.CURRENCIES else "") or currency
    if name.endswith("$") and not code.endswith("D"):
        code = "USD"
    exact = _exact(found["number"].translate(_BLANKS), mark)
    if exact is None:
        return f"does not fit the decimal mark '{mark}'; write it like 120{mark}00"
    digits = cells.minor_digits(code)
    minor = exact.scaleb(digits)
    if minor != minor.to_integral_value():
        return f"is more exact than {code or 'money'} can be ({digits} digits after the mark)"
    if minor > 10**15:
        return "is too large for an amount"
    negative = found["sign"] in ("-", "−", "(") or found["minus"] or found["close"] == "-"
    return Money(-int(minor) if negative else int(minor), code)


def read_number(value: str, *, mark: str) -> Decimal | None:
    """Return the number in a cell, such as a price or how many, as exact as it is written; None when it is none."""
    found = _MONEY.fullmatch(value.strip())
    exact = _exact(found["number"].translate(_BLANKS), mark) if found else None
    negative = found and (found["sign"] in ("-", "−", "(") or found["minus"] or found["close"] == "-")
    return -exact if exact is not None and negative else exact


def _exact(number: str, mark: str) -> Decimal | None:
    grouping = "," if mark == "." else "."
    whole, _, part = number.partition(mark)
    first, *groups = whole.split(grouping)
    # 1,00,000 is written in India; the last group has three figures everywhere, so that 12,50 is never 1250.
    if grouping in part or mark in part or any(len(each) not in (2, 3) for each in groups):
        return None
    if groups and (len(groups[-1]) != 3 or not first):
        return None
    try:
        return Decimal(f"{first or '0'}{''.join(groups)}.{part or '0'}")
    except InvalidOperation:
        return None


# ---------------------------------------------------------------- words

_YES = frozenset(
    [
        "yes",
        "y",
        "true",
        "t",
        "1",
        "x",
        "✓",
        "✔",
        "ja",
        "oui",
        "sí",
        "si",
        "sì",
        "tak",
        "wahr",
        "vrai",
        "vero",
        "on",
        "checked",
        "done",
    ]
)
_NO = frozenset(
    [
        "no",
        "n",
        "false",
        "f",
        "0",
        "nein",
        "non",
        "nee",
        "nej",
        "nie",
        "falsch",
        "faux",
        "falso",
        "off",
        "-",
        "unchecked",
    ]
)

_STATUS = {
    "completed": "completed|complete|complete rated|complete unrated|closed|done|finished|delivered|fulfilled|"
    "job complete"
    "|job completed|archived|work completed|completed job|signed off|all done|terminé|terminée|"
    "fini|finie|réalisé|réalisée"
    "|effectué|effectuée|livré|erledigt|abgeschlossen|fertig|fertiggestellt|ausgeführt|geliefert|completado|completada"
    "|terminado|terminada|hecho|hecha|realizado|finalizado|completato|completata|terminato|finito|fatto|wykonane|wykonano"
    "|zakończone|klar|slutförd|färdig|avslutad|gereed|klaar|afgerond|voltooid|valmis|ferdig|færdig|concluído|yes|ja|oui|x|✓|✔|1|true"
    "|gemacht|beendet|exécuté|exécutée|achevé|achevée|clos|clôturé|fait|faite|entregado|entregada|realizada"
    "|acabado|acabada|cerrado|cerrada|finalizada|ejecutado|eseguito|eseguita|concluso|conclusa|chiuso"
    "|consegnato|finita|fatta|uitgevoerd|opgeleverd|gedaan|geleverd|wykonany|wykonana|zakończony|zakończona"
    "|zrobione|zrobiona|gotowe|ukończone|zrealizowane|utfört|utförd|klart|klara|färdigt|slutfört|avslutad"
    "|avslutat|levererad|levererat|gjort|genomfört|sí|sì|tak",
    "paid": "paid|auto-paid|autopaid|paid in full|deposited|succeeded|captured|payé|payée|réglé|réglée|"
    "acquittée|bezahlt|beglichen"
    "|pagado|pagada|pagato|pagata|zapłacone|opłacone|betald|betaald|completed and paid|done and paid"
    "|opłacony|opłacona|zapłacony|zapłacona|zapłacono|betalt|voldaan|afgerekend|saldato|saldata|incassato"
    "|cobrado|cobrada|abonado|encaissé|soldé|erledigt und bezahlt|terminé et payé",
    "billed": "invoiced|sent|viewed|awaiting payment|overdue|past due|outstanding|partial|partially paid|partiallypaid"
    "|facturé|facturée|berechnet|fakturiert|facturado|bad debt|unpaid|offen"
    "|facturada|fatturato|fatturata|gefactureerd|fakturerad|fakturerat|zafakturowane|zafakturowano"
    "|in rechnung gestellt|abgerechnet|verrechnet|rechnung gestellt|rechnung|impayé|impagado|non pagato"
    "|onbetaald|niezapłacone|obetald|unbezahlt|teilweise bezahlt|teilbezahlt|à payer|por cobrar|da pagare"
    "|openstaand|facture envoyée|facture",
    "open": "open|scheduled|in progress|inprogress|needs scheduling|unscheduled|work order|awarded|"
    "pending|on hold|hold|awaiting approval"
    "|booked|assigned|started|active|upcoming|new|to do|todo|waiting|waiting for parts|not "
    "started|in arbeit|geplant|terminiert"
    "|beauftragt|wartet|laufend|planifié|planifiée|en cours|en attente|à faire|programado|"
    "programada|en curso|pendiente|in corso"
    "|programmato|da fare|gepland|in uitvoering|zaplanowane|w toku|planerad|pågår|no|nein|non|0|"
    "false|not completed|incomplete"
    "|begonnen|angefangen|bestellt|zugesagt|vereinbart|unerledigt|nicht erledigt|in planung|in bearbeitung"
    "|neu|aktiv|prévu|prévue|commencé|commencée|à planifier|accepté|acceptée|en préparation|ouvert|agendado"
    "|en proceso|por hacer|aceptado|sin empezar|no terminado|abierto|in lavorazione|programmata|in attesa"
    "|da programmare|accettato|accettata|iniziato|aperto|ingepland|bezig|nog te doen|in behandeling|te doen"
    "|gestart|niet klaar|planowane|w trakcie|w realizacji|do zrobienia|oczekuje|przyjęte|rozpoczęte|nowe"
    "|otwarte|nie wykonane|niewykonane|bokad|bokat|påbörjad|påbörjat|att göra|väntar|ej klar|ej klart"
    "|inte klar|planerat|ny|nytt|accepterad|beställd|öppen|öppet|nee|nej|nie|not done|no todavía",
    "not_a_job": "not a job|draft|quote|quoted|estimate|unsuccessful|not awarded|declined|rejected|lost|void|voided|"
    "canceled|cancelled"
    "|user canceled|user cancelled|pro canceled|pro cancelled|no-show|no show|noshow|refunded|"
    "credit memo|credit note|payment"
    "|annulé|annulée|devis|storniert|abgesagt|angebot|entwurf|gutschrift|cancelado|cancelada|anulado|presupuesto|annullato"
    "|preventivo|geannuleerd|offerte|anulowane|avbokad|inställd|deleted"
    "|devis envoyé|refusé|refusée|perdu|perdue|brouillon|avoir|remboursé|remboursée|rechazado|rechazada"
    "|borrador|presupuestado|abono|devuelto|rifiutato|rifiutata|bozza|annullata|rimborsato|nota di credito"
    "|afgewezen|verloren|vervallen|creditnota|odrzucone|wycena|oferta|szkic|anulowany|anulowano|rezygnacja"
    "|korekta|zwrot|offert|avböjd|avböjt|avbokat|avbruten|makulerad|kreditfaktura|utkast|abgelehnt"
    "|kostenvoranschlag|verworfen|erstattet|stornierung",
}
STATUS_WORDS = {
    form: meaning
    for meaning, words in _STATUS.items()
    for word in words.split("|")
    for form in (headers.normal(word), headers.without_accents(headers.normal(word)))
}
STATUS_ANSWERS = ("completed", "open", "not_a_job")

_ROW_KINDS = {
    "client": "client|customer|contact|kunde|kundin|neukunde|kontakt|adresse|address|client|cliente|contacto|contatto"
    "|klant|contactpersoon|klient|klientka|kund|new client|new customer|nouveau client|nuevo cliente|nuovo cliente"
    "|nieuwe klant|nowy klient|ny kund",
    "job": "job|work|work done|done|auftrag|arbeit|einsatz|erledigt|chantier|intervention|travail|travaux|prestation"
    "|trabajo|obra|servicio|lavoro|intervento|servizio|klus|opdracht|werk|zlecenie|praca|usługa|jobb|arbete|uppdrag"
    "|tjänst|service|visit|order",
    "promise": "promise|promised|versprechen|versprochen|zusage|zugesagt|promesse|promis|promesa|prometido|promessa"
    "|promesso|belofte|beloofd|toezegging|toegezegd|obietnica|obiecane|löfte|lovat|utlovat",
}
_ROW_KIND = {
    form: kind
    for kind, words in _ROW_KINDS.items()
    for word in words.split("|")
    for form in (headers.normal(word), headers.without_accents(headers.normal(word)))
}


def row_kind(word: str) -> str:
    """Return client, job or promise, where a row says of itself that it is one."""
    return _ROW_KIND.get(headers.normal(word), "")


_OPTED_IN = frozenset(
    {"subscribed", "opted in", "opted_in", "opt in", "accepted", "agreed", "consented", "granted", "confirmed"}
    | {"ok", "okay", "einverstanden", "zugestimmt", "abonné", "accepte", "suscrito", "iscritto", "marketing contact"}
    | {"erlaubt", "angemeldet", "d'accord", "accepté", "acepta", "aceptado", "acconsente", "accetta", "akkoord"}
    | {"aangemeld", "zgoda", "wyrażona", "samtycke", "samtycker", "godkänt"}
)
_OPTED_OUT = frozenset(
    {"unsubscribed", "opted out", "opted_out", "opt out", "blocked", "cleaned", "stop", "never", "revoked"}
    | {"withdrawn", "do not contact", "no contact", "abgemeldet", "widerrufen", "désabonné", "désinscrit", "baja"}
    | {"widersprochen", "keine werbung", "nicht kontaktieren", "ne pas contacter", "refus", "refuse", "no contactar"}
    | {"dado de baja", "no acepta", "non contattare", "disiscritto", "rifiuta", "afgemeld", "uitgeschreven"}
    | {"niet benaderen", "nie kontaktować", "wypisany", "brak zgody", "cofnięta", "kontakta ej", "avregistrerad"}
    | {"ej samtycke", "inget samtycke", "kein einverständnis", "nicht einverstanden", "pas d'accord"}
)
_NOT_SAID = frozenset(
    {"unknown", "not subscribed", "never subscribed", "not set", "pending", "none", "n/a", "na", "?", "unbekannt"}
    | {"non-marketing contact", "non marketing contact", "inconnu", "desconocido", "sconosciuto", "onbekend"}
    | {"nieznane", "okänt", "okänd", "nicht gefragt", "not asked", "pas demandé"}
)
# Columns in which "no" only says that a box was not ticked: no consent, but no refusal of a thank-you either.
_BOX = re.compile(r"accept|newsletter|marketing|werbung|notifications|subscription")


def read_flag(value: str) -> bool | None:
    """Return what a yes or no column says, None when it says neither."""
    word = value.strip().lower()
    return True if word in _YES else False if word in _NO else None


_BY_WHAT = headers.words(
    "cash card check cheque transfer bank bar karte ec ec-karte girocard überweisung überwiesen lastschrift paypal"
    " espèces carte chèque virement prélèvement efectivo tarjeta transferencia bizum contanti carta bonifico assegno"
    " bancomat contant pin overboeking overgemaakt tikkie gotówka gotówką karta kartą przelew przelewem blik kontant"
    " kort swish bankgiro vipps sepa stripe twint"
)


def read_paid(value: str) -> bool | None:
    """Return whether a word in a column of payments says that it was paid; how it was paid says so, too."""
    flag = read_flag(value)
    if flag is not None:
        return flag
    word = headers.normal(value)
    meaning = STATUS_WORDS.get(word, "")
    return True if meaning in ("paid", "completed") or word in _BY_WHAT else False if meaning in _UNPAID else None


_UNPAID = frozenset({"billed", "open"})


def read_consent(value: str, header: str) -> str | None:
    """Return opted_in, opted_out or unknown; None for a word that we do not know, which is never guessed."""
    word = value.strip().lower()
    if word in _OPTED_OUT:
        return "opted_out"
    if word in _NOT_SAID:
        return "unknown"
    if word in _OPTED_IN:
        return "opted_in"
    flag = read_flag(word)
    if flag is None:
        return None
    if flag:
        return "opted_in"
    return "unknown" if _BOX.search(header.lower()) else "opted_out"


def read_opt_out(value: str) -> bool | None:
    """Return whether an opt-out column says stop; a date in it is the day on which they said so."""
    word = value.strip().lower()
    if word in _OPTED_OUT or word in _OPTED_IN:
        return word in _OPTED_OUT
    flag = read_flag(word)
    if flag is not None:
        return flag
    if word in _NOT_SAID:
        return False
    return True if is_date_shaped(word) else None


_CHANNELS = {
    "email": "email e-mail mail mails emails e-mails courriel correo mejl e-post",
    "call": "call calls phone telephone tel phones telefon anruf téléphone appel teléfono voice ring phonecall bellen"
    " telefonisch telefonicznie ringa llamada chiamata",
    "text": "text texts sms message whatsapp texto mobile handy",
    "letter": "letter letters post brief courrier lettre carta mailing postal brev list poczta lettera",
    "card": "card cards karte postcard carte kaart kartka kort cartolina",
    "visit": "visit visits besuch visite person bezoek wizyta besök visita",
}
_CHANNEL_WORDS = {word: channel for channel, words in _CHANNELS.items() for word in words.split()}
_FILLERS = frozenset(
    [
        "no",
        "not",
        "by",
        "please",
        "never",
        "only",
        "via",
        "per",
        "the",
        "in",
        "or",
        "and",
        "kein",
        "keine",
        "bitte",
        "phone-calls",
        "any",
        "by:",
        "pas",
        "de",
    ]
)


def read_channels(value: str) -> tuple[list[str], list[str]]:
    """Return the channels a cell names, and the words that are none."""
    good: list[str] = []
    bad: list[str] = []
    for word in re.split(r"[\s,;/|&+]+", value.strip().lower()):
        channel = _CHANNEL_WORDS.get(word.strip("."))
        if channel:
            if channel not in good:
                good.append(channel)
        elif word and word not in _FILLERS:
            bad.append(word)
    return good, bad


_COUNTRIES = {
    "GB": "uk|u.k.|united kingdom|great britain|england|scotland|wales|northern ireland|großbritannien|"
    "royaume-uni|reino unido"
    "|storbritannien|verenigd koninkrijk|wielka brytania|regno unito|gran bretaña|gran bretagna"
    "|groot-brittannië|engeland|anglia|inghilterra|inglaterra|angleterre",
    "US": "usa|u.s.a.|u.s.|united states|united states of america|america|vereinigte staaten|états-unis|estados unidos"
    "|stany zjednoczone|verenigde staten|stati uniti|ee. uu.|förenta staterna",
    "DE": "germany|deutschland|allemagne|alemania|germania|duitsland|niemcy|tyskland|d|brd",
    "AT": "austria|österreich|autriche|oostenrijk|a|österrike",
    "CH": "switzerland|schweiz|suisse|svizzera|suiza|zwitserland|szwajcaria",
    "FR": "france|frankreich|francia|frankrijk|francja|f|frankrike",
    "ES": "spain|españa|spanien|espagne|spagna|spanje|e|hiszpania",
    "IT": "italy|italia|italien|italie|włochy|italië",
    "NL": "netherlands|the netherlands|nederland|holland|niederlande|pays-bas|países bajos"
    "|paesi bassi|olanda|holandia|nederländerna|hollande|países bajos",
    "BE": "belgium|belgië|belgique|belgien|belgio|bélgica|belgia",
    "IE": "ireland|éire|eire|republic of ireland|irland|irlande|ierland|irlandia|irlanda",
    "PL": "poland|polska|polen|pologne|polonia",
    "SE": "sweden|sverige|schweden|suède|zweden|szwecja|svezia|suecia",
    "DK": "denmark|danmark|dänemark|danemark|denemarken|dania|dinamarca|danimarca",
    "NO": "norway|norge|norwegen|norvège|noorwegen|norwegia|noruega",
    "FI": "finland|suomi|finnland|finlande|finlandia|finlande|finland",
    "PT": "portugal|portugalia|portogallo",
    "LU": "luxembourg|luxemburg|lussemburgo|luksemburg|luxemburgo",
    "CA": "canada|kanada",
    "AU": "australia|australien|australie",
    "NZ": "new zealand|neuseeland|nouvelle-zélande",
    "ZA": "south africa|südafrika",
    "IN": "india|indien",
    "MX": "mexico|méxico|mexiko",
    "CZ": "czechia|czech republic|tschechien|česko",
}
_COUNTRY_WORDS = {word: code for code, words in _COUNTRIES.items() for word in words.split("|")}
_LANGUAGES = {
    "en": "english|englisch|anglais|inglés|inglese|engels|angielski|engelska",
    "de": "german|deutsch|allemand|alemán|tedesco|duits|niemiecki|tyska",
    "fr": "french|français|französisch|francés|francese|frans|francuski|franska",
    "es": "spanish|español|castellano|spanisch|espagnol|spagnolo|spaans|hiszpański",
    "it": "italian|italiano|italienisch|italien|italiaans",
    "nl": "dutch|nederlands|niederländisch|néerlandais",
    "pl": "polish|polski|polnisch|polonais",
    "sv": "swedish|svenska|schwedisch|suédois",
    "pt": "portuguese|português|portugiesisch|portugais",
    "da": "danish|dansk",
    "no": "norwegian|norsk",
    "fi": "finnish|suomi",
    "cy": "welsh|cymraeg",
    "tr": "turkish|türkçe|türkisch",
    "ru": "russian|русский|russisch",
    "uk": "ukrainian|українська|ukrainisch",
}
_LANGUAGE_WORDS = {word: code for code, words in _LANGUAGES.items() for word in words.split("|")}


def read_country(value: str) -> str:
    """Return the ISO code of a country where it could be read, else what was written."""
    text = value.strip()
    if text.upper() in codes.COUNTRIES:
        return text.upper()
    return _COUNTRY_WORDS.get(text.lower(), text)


def read_language(value: str) -> str:
    """Return the ISO code of a language, or nothing when it is none that we know."""
    text = value.strip().lower()
    short = re.split(r"[-_]", text)[0]
    if short in codes.LANGUAGES:
        return short
    return _LANGUAGE_WORDS.get(text, "")


@lru_cache(maxsize=10_000)
def read_tags(value: str) -> tuple[str, ...]:
    """Return the labels in a cell, once each; Google's own ``* myContacts`` is none of the owner's."""
    parts = (part.strip(' "\t') for part in re.split(r":::|[;,|\n]", value))
    return tuple(dict.fromkeys(part for part in parts if part and not part.startswith("* ")))


NOTHING: Sequence[str] = (
    "null",
    "n/a",
    "#n/a",
    "#ref!",
    "#value!",
    "#name?",
    "-",
    "--",
    "none",
    "nil",
    "k.a.",
    "(none)",
    "n.a.",
    "(blank)",
)
"""What programs and people write into a cell that holds nothing."""
