"""The shape of a sheet made by hand: which rows are no records, what stands over rows, what merged cells left empty.

Takes lines, the layout and the owner's answers. Gives the lines that may be clients or jobs, and questions with the
rows that show why. Touches nothing. Exports of programs go the same way; most of them have nothing of this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from followup import cells
from followup.intake import amounts, days, facts, headers, lines, telling

HEADINGS = ("client", "service", "day", "nothing")
"""What a row with one filled cell over other rows can say of them."""

_FOR = r"(?: (?:for|of|von|für|de|du|des|pour|per|di|del|van|voor|za|dla|för|av)\b.*|:? \d.*| [^\W\d]+\.? ?\d{2,4})?"
_SUM = r"\s*[:=]?[\s\d.,'€£$%-]*(?:zł|kr|eur|chf)?\.?"
_TOTAL = re.compile(
    r"(?:(?:(?:grand |sub|sub[- ]|sous[- ]|running |total )?totals?|(?:zwischen|gesamt|end|teil|monats|jahres)summen?"
    r"|summen?|gesamt(?:betrag)?|insgesamt|übertrag|total (?:général|generale?|summa|parcial|mensuel|mensual)"
    r"|à reporter|suma (?:total|częściowa|końcowa|y sigue)|(?:sub)?totale(?: (?:generale|parziale|complessivo))?"
    r"|(?:sub|eind)?totaal(?: generaal)?|razem|ogółem|łącznie|totalt|(?:del|slut|total)summa|suma|summa"
    rf"|(?:balance )?(?:carried|brought) forward){_FOR}){_SUM}",
    re.IGNORECASE,
)
_TOTAL_BEGINS = headers.words("gr su so ru to zw ge en te mo ja in ei ra og de sl ba ca br")
# Words that are work or names as well; beside nothing but numbers they are totals.
_PERHAPS_TOTAL = re.compile(
    r"(?:report|som|somma|riporto|sum|count|average|anzahl|durchschnitt|mittelwert|moyenne|promedio|media|gemiddelde"
    r"|średnia|medel|number of (?:jobs|clients|rows)"
    rf"|(?:(?:sub[- ]?|sous[- ])?tota(?:l|le|al)|summa|summe|suma|razem)(?: [^\W\d][\w.&'-]*){{1,5}}){_SUM}",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"[:=]\s*\d")  # Total customers: 3
_ABOUT_THE_EXPORT = re.compile(
    r"copyright|©|confidential|grand totals \(|accrual basis|cash basis|report (?:generated|created)"
    r"|(?:generated|exported|printed|created|last updated|updated|saved)(?: (?:on|by|from|at)\b|:)|as (?:of|at) \d"
    r"|\w+day, \w+ \d{1,2}, \d{4}"
    r"|\d+ (?:records|rows|results|entries|clients?|customers|jobs|einträge|datensätze|zeilen|kunden|aufträge|lignes"
    r"|chantiers|filas|clientes|trabajos|righe|clienti|lavori|rijen|klanten|klussen|wierszy|klientów|zleceń|rader"
    r"|kunder|jobb)$"
    r"|(?:page|seite|página|pagina|strona|sida|blatt) \d+ ?(?:of|von|sur|de|di|van|z|av|/) ?\d+"
    r"|(?:page|seite|página|pagina|strona|sida|blatt) \d+$"
    r"|stand ?:|stand (?:vom |per |am )?\d|(?:erstellt|gedruckt|exportiert|ausgedruckt|aktualisiert)(?: am| von|:)"
    r"|letzte änderung|(?:édité|imprimé|généré|exporté|mis à jour|créé)e?s? (?:le|par)|mise à jour"
    r"|(?:impreso|generado|exportado|actualizado|creado|última actualización)(?: el| a|:| \d)"
    r"|(?:stampato|generato|esportato|aggiornato|creato|ultimo aggiornamento)(?: il| al|:| \d)"
    r"|(?:afgedrukt|gegenereerd|geëxporteerd|bijgewerkt|laatst gewijzigd)(?: op|:| \d)|per \d"
    r"|(?:wydrukowano|wygenerowano|wyeksportowano|utworzono|zaktualizowano|stan na)\b"
    r"|(?:utskriven|utskrivet|skapad|exporterad|uppdaterad|senast ändrad)\b",
    re.IGNORECASE,
)
_RULE_LINE = re.compile(r"[\W_]+")  # ----- or *****
_NUMBER = re.compile(r"\s*(?:gbp|usd|eur|chf|[€£$(-])*\s*\d[\s\d.,'€£$%()-]*[^\W\d]{0,12}\.?\s*", re.IGNORECASE)
# 1,234.00 or "12 jobs", but no number to dial
_SUM_OR_COUNT = re.compile(
    r"[-(]?\s*(?:[€£$]|[A-Z]{3})?\s*(?:\d{1,5}|\d[\d.,' ]*[.,]\d{2})\s*(?:[€£$%]|[^\W\d]{1,12})?\.?\)?-?"
)
_NUMBERS = frozenset({"client.id", "job.id", "job.id+invoice", "job.invoice_ref"})
_NO_HEADING = frozenset({"client.email", "client.phone", "job.amount", "job.open_balance"})
_AMOUNTS = ("job.amount", "job.open_balance")
_MOST_SUMMED = 5_000
_DAY, _SERVICE = "job.completed_on", "job.service"


def why_no_record(cells: Sequence[str], width: int) -> tuple[str, str] | None:
    """Return the code and the reason why a row is neither client nor job nor heading, or None when it may be one.

    Args:
        cells: of the row.
        width: of the table; in a narrow one a single filled cell is a record like the others.
    """
    filled = [cell for cell in cells if cell and not cell.isspace()]
    count = len(filled)
    if count > 6:  # nearly every row of a wide table: a look at one cell is enough
        total = _TOTAL.fullmatch(filled[0].strip()) and not any("@" in cell for cell in filled)
        return _total(filled[0]) if total else None
    if not filled:
        return "blank", "an empty row"
    first = filled[0].strip()
    if _TOTAL.fullmatch(first) and not any("@" in cell for cell in filled):
        return _total(first)
    if count > 4:
        return None
    for label in filled if count > 1 else ():
        others = [cell.strip() for cell in filled if cell is not label]
        text = label.strip()
        if (_TOTAL.fullmatch(text) and all(map(_NUMBER.fullmatch, others))) or (
            _PERHAPS_TOTAL.fullmatch(text) and all(map(_SUM_OR_COUNT.fullmatch, others))
        ):
            return _total(label)
    if _RULE_LINE.fullmatch("".join(filled)):
        return "note", f"a line that separates rows ('{_short(first)}')"
    if width < 3:
        return None
    if _ABOUT_THE_EXPORT.match(first) and all(_says_when(cell) for cell in filled[1:]):
        return "note", f"a line about the export ('{_short(first)}')"
    if count == 1 and _COUNTED.search(first) and _PERHAPS_TOTAL.fullmatch(first):
        return _total(first)
    if count == 1 and len(cells) == 1 and len(first.split()) >= 6:
        return "note", f"a line with one cell, no record ('{_short(first)}')"
    return None


def _may_be_total(text: str) -> bool:
    """Return whether `_TOTAL` is worth asking: it takes its time, and a long file asks it of every row."""
    beginning = text[:2]
    return not beginning.isascii() or beginning.lower() in _TOTAL_BEGINS


def _total(label: str) -> tuple[str, str]:
    return "total", f"a line of totals ('{_short(label)}')"


def _says_when(cell: str) -> bool:
    text = cell.strip()
    return days.is_date_shaped(text) or bool(_NUMBER.fullmatch(text)) or bool(_ABOUT_THE_EXPORT.match(text))


def _short(text: str) -> str:
    return cells.short(text.strip())


def asides(rows: Iterable[lines.Line], context: lines.Context) -> Iterator[lines.Line]:
    """Leave out what is neither client nor job: blank rows, totals, footers, lines of dashes."""
    width = len(context.layout.columns) + len(context.layout.dropped)
    for line in rows:
        cells = line.cells
        if len(cells) - cells.count("") > 6:  # nearly every row of an export
            first = cells[0].strip()
            if first and not (_may_be_total(first) and _TOTAL.fullmatch(first)):
                yield line
                continue
        why = why_no_record(cells[:1] if line.size == 1 else cells, width)
        if why is None:
            yield line
        else:
            context.leave_out(line, *why)


@dataclass(slots=True)
class _Gaps:
    """Rows in which a column is empty that may hold what stands above it."""

    header: str
    rows: list[int] = field(default_factory=list)  # the first of them
    count: int = 0


class Shape:
    """What stands over rows and what merged cells left empty: noted, asked about, and done as the owner answered.

    One pass over the lines; another pass takes a new one.
    """

    def __init__(
        self, context: lines.Context, answer: Callable[[str], str], *, by_hand: bool = True, headed: bool = False
    ) -> None:
        """Take what is known of the file, and what gives the owner's answer to a question, or nothing.

        *by_hand*: it is no program's export, whose rows with one filled cell are contacts with nothing but a name.
        *headed*: a rule of its program knows what headings say.
        """
        self._context = context
        self._layout = context.layout
        self._answer = answer
        self._amounts = [column.index for name in _AMOUNTS for column in context.layout.of(name)]
        self._has_headings = (
            not headed and len(context.layout.columns) >= 3 and (by_hand or context.layout.kind != "clients")
        )
        self._merges = by_hand and context.layout.kind != "clients"  # programs have a rule of their own for it
        self._headings: list[tuple[int, str]] = []  # the first of them
        self._heading_count = 0
        self._headings_of_days = False
        self._gaps: dict[str, _Gaps] = {}
        self._whose = identity_columns(context.layout)
        self._telling = telling_columns(context.layout)
        named = [column.index for column in context.layout.columns if column.header]
        self._first = min(named, default=0)
        self._field = {column.index: column.field for column in context.layout.columns}

    def records(self, rows: Iterable[lines.Line]) -> Iterator[lines.Line]:
        """Give the lines that may be records, filled as the owner said."""
        found = asides(rows, self._context)
        if self._merges and self._amounts:
            found = self._without_sums(found)
        if self._has_headings:
            found = self._headed(found)
        return self._filled(found) if self._merges and self._telling else found

    def questions(self) -> list[facts.Question]:
        """Return what the lines left open, each with the rows that show it."""
        asked = []
        if self._headings:
            shown = "; ".join(f"row {row} '{_short(text)}'" for row, text in self._headings[:4])
            more = f" and {self._heading_count - 4} more" if self._heading_count > 4 else ""
            options = HEADINGS if self._headings_of_days else tuple(each for each in HEADINGS if each != "day")
            if self._layout.kind == "clients":
                options = ("client", "nothing")
                what = "Is it a client of whom only the name is known (client), or a heading over others (nothing)?"
            else:
                what = "What do such rows say of the rows below them: their client, the kind of work, or nothing?"
                if "day" in options:
                    what = "What do such rows say of those below: their client, the kind of work, the day, or nothing?"
            evidence = tuple(row for row, _ in self._headings[: telling.MOST_ROWS])
            asked.append(
                facts.Question(
                    "headings", f"one filled cell stands alone in {shown}{more}. {what}", options, "", evidence
                )
            )
        for key, gaps in self._gaps.items():
            one = gaps.count == 1
            rows = telling.rows(gaps.rows, count=gaps.count)
            if not key:
                question = (
                    f"{rows} {'names' if one else 'name'} no client. {'Does it' if one else 'Do they'} belong to the "
                    "client in the row above, as in a sheet with merged cells?"
                )
            else:
                question = (
                    f"{rows} {'has' if one else 'have'} nothing in '{gaps.header}'. Does what stands above hold "
                    f"{'there' if one else 'for them'}, too, as in a sheet with merged cells?"
                )
            asked.append(facts.Question("fill_down", question, ("yes", "no"), key, tuple(gaps.rows)))
        return asked

    # ------------------------------------------------------------ sums without a word

    def _without_sums(self, rows: Iterator[lines.Line]) -> Iterator[lines.Line]:
        """Leave out a row with nothing but the sum of the amounts above it: of all, or since the last gap."""
        above: list[str] = []
        since = last = 0
        for line in rows:
            cells = line.cells
            if line.row != last + 1:
                since = len(above)
            last = line.row
            filled = len(cells) - cells.count("")
            alone = next((index for index in self._amounts if cells[index]), -1) if filled == 1 else -1
            if alone >= 0 and _is_sum(cells[alone], above, since):
                self._context.leave_out(line, "total", f"the sum of the amounts above ('{_short(cells[alone])}')")
                continue
            above.append(cells[self._amounts[0]])
            yield line
            if len(above) == _MOST_SUMMED:
                break
        yield from rows

    # ------------------------------------------------------------ headings

    def _headed(self, rows: Iterable[lines.Line]) -> Iterator[lines.Line]:
        kind = self._layout.kind
        above, place = "", -1
        answer = self._answer("headings")
        target = {
            "client": next((i for name in _NAMES for i in self._places(name)), -1),
            "service": next(iter(self._places(_SERVICE)), -1),
            "day": next(iter(self._places(_DAY)), -1),
        }.get(answer, -1)
        held: lines.Line | None = None  # a client without jobs, unless the rows below name none
        for line in rows:
            cells = line.cells
            text = "" if len(cells) - cells.count("") > 3 else self._heading(line)
            if not text:
                named = bool(above) and answer == "client" and any(cells[index].strip() for index in self._telling)
                if held is not None:
                    if named:
                        yield held
                    else:
                        self._leave_out(held, answer, above)
                    held = None
                if above and not named:
                    cells[place] = cells[place].strip() or above
                yield line
            elif days.is_period(text) and not (kind == "clients" and text.isalpha()):
                self._context.leave_out(line, "heading", f"a heading: a time ('{_short(text)}')")
            elif answer == "client" and kind == "clients":
                yield line
            elif answer == "nothing" or target >= 0:
                if held is not None:
                    yield held
                held = line if answer == "client" and kind == "mixed" else None
                if held is None:
                    self._leave_out(line, answer, text)
                above, place = (text, target) if target >= 0 else ("", -1)
            else:
                self._heading_count += 1
                if self._heading_count <= telling.MOST_ROWS:
                    self._headings.append((line.row, text))
                self._headings_of_days = self._headings_of_days or days.is_date_shaped(text)

        if held is not None:
            yield held

    def _leave_out(self, line: lines.Line, answer: str, text: str) -> None:
        why = "a heading over rows" if answer == "nothing" else f"a heading that names the {answer} of rows"
        self._context.leave_out(line, "heading", f"{why} ('{_short(text)}')")

    def _places(self, name: str) -> list[int]:
        return [column.index for column in self._layout.of(name)]

    def _heading(self, line: lines.Line) -> str:
        """Return the text of a row with one filled cell, where headings stand, or nothing."""
        cells = line.cells
        filled = [index for index, cell in enumerate(cells) if cell and not cell.isspace()]
        if len(filled) != 1:
            return ""
        (index,) = filled
        known = self._field.get(index, "")
        text = cells[index].strip()
        if known in _NO_HEADING or "@" in text or (known in _NUMBERS and not any(map(str.isalpha, text))):
            return ""
        whose = known.startswith("client.") and self._layout.kind != "clients"
        return text if index == self._first or not known or whose else ""

    # ------------------------------------------------------------ merged cells

    def _filled(self, rows: Iterable[lines.Line]) -> Iterator[lines.Line]:
        layout, whom = self._layout, self._telling
        whose = self._whose if self._answer("fill_down") == "yes" else []
        once = [
            (column.index, column.header, self._filled_down(column.header))
            for name in (_DAY, _SERVICE)
            for column in layout.of(name)[:1]
        ]
        promised = next((column.index for column in layout.of("job.promised_on")), -1)
        above: list[str] | None = None
        last = 0
        for line in rows:
            cells = line.cells
            if line.row != last + 1:  # merged cells end at a heading, a total or a blank row
                above = None
            last = line.row
            named = False
            for index in whom:  # any() of a generator takes twice as long, for every row
                if cells[index] and not cells[index].isspace():
                    named = True
                    break
            if above is not None:
                if not named and len(cells) > cells.count(""):
                    self._note("", "", line.row)
                    for index in whose:
                        cells[index] = cells[index] or above[index]
                for index, header, answer in once:
                    if cells[index] or not above[index] or (named and index != self._first):
                        continue
                    if named and promised >= 0 and cells[promised]:
                        continue  # a promise, and nothing done yet
                    self._note(header, header, line.row)
                    if answer == "yes":
                        cells[index] = above[index]
            if named or above is not None:
                above = cells if named or whose else above
            yield line

    def _filled_down(self, header: str) -> str:
        """Return the answer about a column, or about clients; where no cells are merged, none of a column are."""
        answer = self._answer("fill_down")
        return answer if not header or answer == "no" else self._answer(f"fill_down:{header}")

    def _note(self, key: str, header: str, row: int) -> None:
        if not self._filled_down(key):
            gaps = self._gaps.setdefault(key, _Gaps(header))
            gaps.count += 1
            if gaps.count <= telling.MOST_ROWS:
                gaps.rows.append(row)


_NAMES = ("client.full_name", "client.company", "client.last_name")
_TELLING = ("client.id", *_NAMES, "client.first_name", "client.email", "client.phone")


def telling_columns(layout: headers.Layout) -> list[int]:
    """Return the columns that say whose a row is."""
    return [column.index for name in _TELLING for column in layout.of(name)]


def identity_columns(layout: headers.Layout) -> list[int]:
    """Return the columns that say whose a row is, and where they live."""
    return [column.index for column in layout.columns if column.field.startswith(("client.", "address."))]


def _is_sum(cell: str, summands: Sequence[str], since: int) -> bool:
    for mark in ".,":
        whole = amounts.read(cell, mark=mark, currency="")
        above = [amounts.read(each, mark=mark, currency="") for each in summands if each.strip()]
        minor = [each.minor for each in above if isinstance(each, amounts.Money)]
        empty = sum(1 for each in summands[:since] if each.strip())
        if isinstance(whole, amounts.Money) and len(minor) == len(above) > 1:
            return whole.minor in (sum(minor), sum(minor[empty:]))
    return False


def adds(answers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the fields that headings fill under these answers; a table without a column for one is given it."""
    field_of = {"client": "client.full_name", "service": _SERVICE, "day": _DAY}.get(answers.get("headings", ""))
    return (field_of,) if field_of else ()
