"""What the rows of some files need before they are records: left out, filled from other rows, or read differently.

Takes lines and a Context. Gives lines. Touches nothing. A program's export names its rules in exporters/; what sheets
made by hand need of the kind is in `shape`, where their owner is asked. What a rule leaves out, it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from pathlib import PurePath

from followup import cells, identity
from followup.intake import headers, people, shape
from followup.intake.lines import Apply, Context, Line, Rule


def _with(*names: str) -> Callable[[Apply], Apply]:
    """Make a rule that leaves the lines of a file without these columns as they are."""

    def made(apply: Apply) -> Apply:
        @wraps(apply)
        def applied(lines: Iterable[Line], context: Context) -> Iterator[Line]:
            return iter(lines) if any(context.at(name) < 0 for name in names) else apply(lines, context)

        return applied

    return made


# ---------------------------------------------------------------- rows that belong together


def _lines_of_one_invoice(lines: Iterable[Line], context: Context) -> Iterator[Line]:
    """Carry what is said of an invoice down to its further lines, and a repeated total to none of them.

    Shopify (orders) leaves all but the item empty on the further lines of an order; Xero, Zoho Books and FreshBooks
    repeat everything, the total as well.
    """
    width = len(context.layout.header)
    number = next((at for name in _NUMBERS if 0 <= (at := context.at(name)) < width), -1)
    if number < 0:
        yield from lines
        return
    amount = context.at("job.amount")
    shared = [each.index for each in context.layout.columns if _is_of_the_whole(each)]
    totals = {amount} if amount in shared else set()
    first: Line | None = None
    for line in lines:
        alone = not line.cells[number].strip() and not any(line.cells[at].strip() for at in shared)
        if first is not None and (alone or line.cells[number] == first.cells[number] != ""):
            for at in (number, *shared):
                if at in totals:
                    if line.cells[at] == first.cells[at]:
                        line.cells[at] = ""
                elif not line.cells[at].strip():
                    line.cells[at] = first.cells[at]
        else:
            first = Line(line.row, [*line.cells])
        yield line


_NUMBERS = ("job.id", "job.id+invoice", "job.invoice_ref")
_OF_A_LINE = {"job.service", "job.unit_price", "job.quantity", "job.note"}


def _is_of_the_whole(column: headers.Column) -> bool:
    if column.field == "job.amount":
        return not headers.is_of_a_line(column.header)
    return bool(column.field) and column.field not in _OF_A_LINE and column.field not in _NUMBERS


@_with("client.id")
def _client_per_property(lines: Iterable[Line], context: Context) -> Iterator[Line]:
    """Take the client's part of a number of client and property.

    Jobber (clients) writes a row for each property, and `12_34` as the J-ID of property 34 of client 12.
    """
    number = context.at("client.id")
    for line in lines:
        line.cells[number] = line.cells[number].partition("_")[0]
        yield line


# ---------------------------------------------------------------- headings


def _headings_name_the_client(lines: Iterable[Line], context: Context) -> Iterator[Line]:
    """Take rows with one cell for the name of the client of the rows below, up to the line `Total for NAME`.

    QuickBooks Online groups Sales by Customer Detail and Transaction List by Customer so. Sub-customers stand within
    their customer, and become `Customer:Part`, as that program writes them elsewhere; rows of no customer stand at the
    end, below an empty row. A sheet made by hand is asked about (see `shape`); here it is known what headings say.
    """
    into = context.at("client.full_name")
    width = len(context.layout.header)
    above: list[tuple[int, str]] = []  # how far a heading is set in, and its text
    started = closing = filling = False
    for line in lines:
        filled = [cell for cell in line.cells if cell and not cell.isspace()]
        apart = shape.why_no_record(line.cells, width)
        if apart is not None:
            closed = _TOTAL_FOR.fullmatch(filled[0].strip()) if filled else None
            names = [text for _, text in above]
            if closed and closed[1] in names:
                del above[names.index(closed[1]) :]
                closing = True
            yield line
        elif len(filled) == 1:
            text = filled[0].strip()
            indent = len(filled[0]) - len(filled[0].lstrip())
            while above and above[-1][0] > indent:
                above.pop()
            if above and above[-1][0] == indent and filling and not closing:  # a report without such lines
                above.pop()
            above.append((indent, text))
            started, filling = True, False
            context.leave_out(line, "heading", f"a heading that names the client of rows ('{cells.short(text)}')")
        elif started and not above:
            context.leave_out(line, "no-client", "stands below no client's name")
        else:
            filling = True
            if above and not line.cells[into].strip():
                line.cells[into] = ":".join(text for _, text in above)
            yield line


_TOTAL_FOR = re.compile(r"total for (.+?)(?: with sub-\w+)?", re.IGNORECASE)

# ---------------------------------------------------------------- who it is


def _customer_and_job_in_one_cell(lines: Iterable[Line], context: Context) -> Iterator[Line]:
    """Take `Customer:Job` apart.

    QuickBooks, both of them, writes jobs and sub-customers so. In a list of customers and jobs (Desktop) what follows
    the colon is the job, and the whole is what it is known by: there is no number, and its days change. In a list of
    customers (Online) the row of a part is left out below the customer's own.
    """
    names = [at for name in ("client.full_name", "client.company") if (at := context.at(name)) >= 0]
    number, service = context.at("job.id"), context.at("job.service")
    days = [at for name in ("job.completed_on", "job.promised_on") if (at := context.at(name)) >= 0]
    whole: set[str] = set()
    for line in lines:
        name = next((at for at in names if ":" in line.cells[at].strip(" :")), -1)
        if name < 0:
            whole = {line.cells[at].strip() for at in names}
            if context.layout.kind == "mixed" and any(line.cells[at].strip() for at in days):  # its only job
                line.cells[number] = line.cells[number] or line.cells[names[0]]
            yield line
            continue
        customer, _, part = (text.strip() for text in line.cells[name].partition(":"))
        if context.layout.kind == "clients" and customer in whole:
            context.leave_out(
                line,
                "part-of-a-client",
                f"a part of '{cells.short(customer)}', who has a row above ('{cells.short(part)}')",
            )
            continue
        whole = {customer}
        if context.layout.kind == "mixed":
            line.cells[number] = line.cells[number] or line.cells[name]
            line.cells[service] = line.cells[service] or part
        line.cells[name] = customer
        yield line


def _contact_is_a_person(lines: Iterable[Line], context: Context) -> Iterator[Line]:
    """Tell persons from firms where one column holds either, and another the person to talk to.

    Tradify (customers) repeats a person's name as the contact; Xero and Wave leave the contact's names empty.
    """
    firm, whole = context.at("client.company"), context.at("client.full_name")
    parts = [at for name in ("client.first_name", "client.last_name") if (at := context.at(name)) >= 0]
    for line in lines:
        name = line.cells[firm].strip()
        contact = line.cells[whole].strip() or " ".join(text for at in parts if (text := line.cells[at].strip()))
        if name and not people.is_firm(name):
            surname = contact.rpartition(" ")[2]
            if not contact or identity.fold(contact) == identity.fold(name) or surname in _surnames(name):
                line.cells[whole], line.cells[firm] = name, ""
        yield line


def _surnames(name: str) -> tuple[str, str]:
    """Return what of a name may be the surname: the last word, and what stands before a comma."""
    return name.rpartition(" ")[2], name.partition(",")[0]


def _labels_tell_numbers_apart(lines: Iterable[Line], context: Context) -> Iterator[Line]:
    """Leave out numbers whose label says fax or pager, and put first what a star calls the main one.

    Google Contacts has the label of `Phone 2 - Value` in `Phone 2 - Label`, before 2024 in `Phone 2 - Type`; `* Home`
    is the label of the main number. The same holds for mail.
    """
    at = {headers.normal(cell): index for index, cell in enumerate(context.layout.header)}
    groups = []
    for name in ("client.phone", "client.email"):
        group = []
        for each in context.layout.of(name):
            start = headers.normal(each.header).removesuffix("value")
            group += [(each.index, at[start + label]) for label in ("label", "type") if start + label in at]
        groups.append(sorted(group))
    for line in lines:
        for group in groups:
            for value, label in group:
                if _NO_PHONE.search(line.cells[label]):
                    line.cells[value] = ""
            starred = [value for value, label in group if line.cells[label].startswith("*") and line.cells[value]]
            if starred and starred[0] != group[0][0]:
                first = group[0][0]
                line.cells[first], line.cells[starred[0]] = line.cells[starred[0]], line.cells[first]
        yield line


_NO_PHONE = re.compile(r"fax|faks|pager|téléco", re.IGNORECASE)


def _consent_in_the_file_name(lines: Iterable[Line], context: Context) -> Iterator[Line]:
    """Take the consent of everybody in a file from its name.

    Mailchimp writes one file for each: subscribed_, unsubscribed_, non-subscribed_ and cleaned_email_audience_export.
    A cleaned address was refused by its mail server, which says nothing of what its owner wants.
    """
    found = _AUDIENCE.match(PurePath(context.name.replace("\\", "/")).name)
    audience = found[1].lower() if found else ""
    said = _AUDIENCES.get(audience, "")
    consent, refused = context.at("client.consent"), context.at("client.mail_refused")
    for line in lines:
        if said == "opted_out" or (said and not line.cells[consent].strip()):
            line.cells[consent] = said
        if audience == "cleaned":
            line.cells[refused] = "yes"
        yield line


_AUDIENCE = re.compile(r"(subscribed|unsubscribed|non-?subscribed|cleaned)_", re.IGNORECASE)
_AUDIENCES = {"subscribed": "opted_in", "unsubscribed": "opted_out"}

# ---------------------------------------------------------------- how far it is


@_with("job.open_balance")
def _paid_when_nothing_is_open(lines: Iterable[Line], context: Context) -> Iterator[Line]:
    """Tell the state of an invoice from what is still open of it.

    QuickBooks Online (invoices) has no state: nothing open is paid, below zero is a credit. Any other is only billed,
    and whether that is completed is asked.
    """
    state, balance, amount = context.at("job.status"), context.at("job.open_balance"), context.at("job.amount")
    for line in lines:
        left = line.cells[balance].strip()
        if any(letter.isdigit() for letter in left) and not line.cells[state].strip():
            whole = line.cells[amount] if amount >= 0 else ""
            line.cells[state] = (
                "paid"
                if not _digits(left).strip("0")
                else "credit note"
                if left.startswith(("-", "−", "(")) or left.endswith("-")
                else "unpaid"
                if _digits(left) == _digits(whole)
                else "partially paid"
            )
        yield line


def _digits(amount: str) -> str:
    return "".join(letter for letter in amount if letter.isdigit())


def _invoices_without_a_state(lines: Iterable[Line], context: Context) -> Iterator[Line]:
    """Call every row invoiced, which is asked about once: neither paid nor completed can be seen.

    Wave (invoices) has no column of states.
    """
    state = context.at("job.status")
    for line in lines:
        line.cells[state] = line.cells[state] or "invoiced"
        yield line


def _only_these(lines: Iterable[Line], context: Context) -> Iterator[Line]:
    """Keep rows with one of the words that count, in the columns that [options] names.

    PayPal has money out, fees and conversions among the payments; QuickBooks Online lists payments beside invoices. An
    empty cell stays, unless the only word is `*`, which stands for anything: Square and Stripe have payments of nobody.
    """
    wanted = []
    for name, words in context.options.items():
        places = [at for part in name.split(" or ") if (at := context.at(part)) >= 0]
        if places:
            wanted.append(
                (places, "' or '".join(name.split(" or ")), {headers.normal(word) for word in words if word != _ANY})
            )
    for line in lines:
        for places, name, counting in wanted:
            said = [word for at in places if (word := line.cells[at].strip())]
            if not said and not counting:
                context.leave_out(line, "other-kind", f"nothing in '{name}'")
                break
            if said and counting and not any(headers.normal(word) in counting for word in said):
                context.leave_out(line, "other-kind", f"'{cells.short(said[0])}' in '{name}' does not count")
                break
        else:
            yield line


_ANY = "*"


# ---------------------------------------------------------------- by name

RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule(
            "client-per-property",
            "the number before the underscore is the client's, the one behind it the property's",
            (),
            _client_per_property,
        ),
        Rule(
            "consent-in-the-file-name",
            "`subscribed_...` and `unsubscribed_...` say what everybody agreed to, `cleaned_...` that mail is refused",
            ("client.consent", "client.mail_refused"),
            _consent_in_the_file_name,
        ),
        Rule(
            "contact-is-a-person",
            "the customer is a firm where the contact is another name, and a person where it is the same or none",
            ("client.company", "client.full_name"),
            _contact_is_a_person,
        ),
        Rule(
            "customer-and-job-in-one-cell",
            "`Customer:Job` is taken apart",
            ("client.full_name", "job.id", "job.service"),
            _customer_and_job_in_one_cell,
        ),
        Rule(
            "headings-name-the-client",
            "a row with one cell names the client of the rows below",
            ("client.full_name",),
            _headings_name_the_client,
        ),
        Rule(
            "invoices-without-a-state",
            "every row is `invoiced`, and whether that is completed is asked once",
            ("job.status",),
            _invoices_without_a_state,
        ),
        Rule(
            "labels-tell-numbers-apart",
            "a number is no phone when the label beside it says fax or pager, and comes first when it says `*`",
            (),
            _labels_tell_numbers_apart,
        ),
        Rule(
            "lines-of-one-invoice",
            "further lines of an invoice take from its first line what they do not say, but not its total",
            (),
            _lines_of_one_invoice,
        ),
        Rule(
            "only-these",
            "only rows with a word of `[options]` count (`*`: with any); the others are left out and listed",
            (),
            _only_these,
        ),
        Rule(
            "paid-when-nothing-is-open",
            "an open balance of nothing is paid, below zero a credit; any other is billed, which is asked",
            ("job.status",),
            _paid_when_nothing_is_open,
        ),
    )
}
"""Every rule by its name; exporters name those that their rows need."""
