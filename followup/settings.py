"""followup.toml -> Settings: one table of every setting validates, fills in, writes the starter file and the README.

Takes the text of the file, and the shipped cadences. Gives frozen values, or every problem at once. Touches nothing
but the files it is asked to load. Read on every start, so that nothing heavy may be imported here.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from followup import cadence, codes, kinds, providers, shipped
from followup.errors import ConfigurationError, IOFailure, NoPermission, NotFound
from followup.model import Delay, Person, Quiet, Remedy, Service, Step
from followup.records import dataclass

FILE_NAME = "followup.toml"

COMPLETED_JOB = "completed-job"

DRAFTS, SMTP = "drafts", "smtp"

NO_LOGIN = "none"

PORTS: Mapping[str, int] = {"tls": 465, "starttls": 587, "none": 25}
"""By security. RFC 8314, section 3.3 and 7.3: submission over TLS on 465; RFC 6409: submission on 587."""

SOFT_OPT_IN_COUNTRIES = frozenset(["AU", "CA", "GB", "NZ", "US"])
"""Where marketing mail to one's own clients needs no consent given beforehand; everywhere else we ask for one.

GB: PECR 2003, regulation 22(3), "soft opt-in": details obtained in a sale, own similar services, a way out each time.
US: CAN-SPAM, 15 U.S.C. 7704: opt-out. CA: CASL, section 10(9)(a): consent is implied for two years after a purchase.
AU: Spam Act 2003, schedule 2, and NZ: Unsolicited Electronic Messages Act 2007: inferred consent of an existing client.
Not DE (UWG section 7(3) allows it only with a notice given when the address was taken) and not AT (TKG 2021, section
174), nor any country that we have not looked at. Who has seen to what the law asks sets marketing.basis.
"""


# ---------------------------------------------------------------- what the rest of the program sees


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """Who we are."""

    name: str
    trade: str
    address: str  # postal, lines separated by line feeds
    phone: str
    website: str
    feedback_link: str
    country: str  # ISO 3166 alpha-2, upper case; empty when not set
    region: str
    timezone: str
    currency: str  # ISO 4217
    language: str  # ISO 639-1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """How messages leave, and when. What followup.toml leaves out is the provider's, or our default."""

    transport: str  # drafts | smtp
    provider: str  # a name of `providers.PROVIDERS`, or empty
    host: str
    port: int
    security: str  # tls (from the first byte on) | starttls | none
    user: str  # the login name; NO_LOGIN: the server asks for none
    from_address: str
    from_name: str
    reply_to: str
    password_command: str  # as for a shell, but run without one; empty when not set
    password_file: str  # relative to the home; empty when not set
    keyring: bool
    ca_file: str  # certificates to trust beside the system's, relative to the home; empty when not set
    timeout: int  # seconds, for every answer before the end of a message
    per_run: int
    per_hour: int  # 0: no limit
    per_day: int
    pause: Decimal  # seconds between two messages
    send_days: str  # business | any
    send_between: str  # "08:00-18:00", or empty

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine, so that nothing leaves it: for trying out and for tests."""
        return self.host.lower() in ("localhost", "::1") or bool(re.fullmatch(r"127(\.\d{1,3}){3}", self.host))

    @property
    def by_server(self) -> bool:
        """Whether messages go to a mail server; else they become drafts."""
        return self.transport == SMTP

    @property
    def reaches_people(self) -> bool:
        """Whether messages go to a mail server that can deliver them; drafts and a server of this machine do not."""
        return self.by_server and not self.is_loopback

    @property
    def logs_in(self) -> bool:
        """Whether the server is told a name and a password."""
        return self.user != NO_LOGIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the unattended run does beside sending."""

    after: str  # a command, as for a shell, but run without one; empty when not set


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How often one household may be written to."""

    messages_days: int
    asks_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """How calls are made."""

    tries: int
    again: Delay
    minimum_amount: str  # decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """How promises are made."""

    margin: Delay  # our own target lies so long before the day that is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Enquiries:
    """How enquiries are answered."""

    answer: Delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """By when something is done about a case, and what makes it a graver one."""

    acknowledge: Delay
    call: Delay
    solve: Delay
    second_within: Delay
    return_within: Delay
    grant_limit: str  # decimal, in the home's currency
    grant_within: Delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrals:
    """What is given for a client that a client brought."""

    reward: str  # in words; empty: none is promised
    reward_amount: str  # decimal, in the home's currency; empty: not money
    wait: Delay  # after the friend's job was paid
    per_year: int  # at most so many for one client; 0: no limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """How feedback is read."""

    low: int  # a score up to this is a sign that somebody is unhappy


@dataclass(frozen=True, slots=True, kw_only=True)
class Gifts:
    """What the limits for gifts depend on."""

    company: bool  # a limited company; else a sole trader or a partnership
    year_starts: str  # month and day, "04-06"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What followup.toml says, and the default for everything that it does not."""

    business: Business
    owner: str  # a person's id; empty when there are no people
    people: Mapping[str, Person]
    basis: str  # opt-in | completed-job
    mail: Mail
    budget: Budget
    calls: Calls
    run: Run
    quiet: Quiet
    promises: Promises
    enquiries: Enquiries
    cases: Cases
    remedies: Mapping[str, Remedy]
    referrals: Referrals
    feedback: Feedback
    gifts: Gifts
    hours: str  # of the office: "09:00-17:00"
    closing_days: tuple[tuple[date, date], ...]
    weekend: frozenset[int] | None  # None: the country's
    services: Mapping[str, Service]  # by lower-case name
    steps: tuple[Step, ...]  # in the order of the shipped cadences, then the home's own
    path: Path | None = None


# ---------------------------------------------------------------- the table of settings


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """One setting. *default* is written as in the file; a text in *filled* says where a default comes from instead."""

    name: str  # section.key; a part in capitals stands for a name that the owner chooses
    check: Callable[[Any], Any]
    default: Any
    description: str
    filled: str = ""

    @property
    def section(self) -> str:
        """Return the table of the file that it stands in."""
        return self.name.rpartition(".")[0]

    @property
    def key(self) -> str:
        """Return its name within the table."""
        return self.name.rpartition(".")[2]


SECTIONS: Mapping[str, str] = {
    "business": "Who you are; clients see most of it.",
    "people.NAME": "Everybody who writes to or calls clients; one table for each, such as [people.sam].",
    "marketing": "Messages that sell, remind or ask for a favour, beyond the job itself.",
    "mail": "How messages leave. To send by itself: transport, provider, and one place for the password.",
    "run": "The run that needs nobody, as cron starts it.",
    "budget": "So that nobody hears from you too often. Calls and answers do not count.",
    "calls": "Calls.",
    "calendar": "When you work. Public holidays of your country and region are known already.",
    "quiet": "From when on a client counts as quiet, for the win-back.",
    "enquiries": "First connections, before any job.",
    "promises": "What you told a client, with a day.",
    "cases": "When something went wrong. Deadlines count in your office hours ([calendar]).",
    "remedies.NAME": "Ways to put it right, such as [remedies.come-back-free]; a client is offered one or several.",
    "referrals": "Clients who bring clients.",
    "feedback": "Scores and comments.",
    "gifts": "The register of gifts and rewards.",
    "services.NAME": 'Work that comes again, such as [services."boiler service"]: written as in your list of jobs.',
}

SETTINGS: tuple[Setting, ...] = (
    Setting("business.name", kinds.line, "", "The name of the business, as clients know it."),
    Setting("business.trade", kinds.line, "", 'What you do, in a few words: "plumbing and heating".'),
    Setting("business.address", kinds.lines, "", "Postal address; every marketing message has to show it."),
    Setting("business.phone", kinds.line, "", "The number on which clients reach you."),
    Setting("business.website", kinds.link, "", "Your website."),
    Setting("business.feedback_link", kinds.link, "", "Where clients can leave a review; the same link for everybody."),
    Setting(
        "business.country",
        kinds.country,
        "",
        'ISO 3166 code of the country: "GB", "US", "DE". For holidays and phones.',
    ),
    Setting("business.region", kinds.line, "", 'Region with holidays of its own: "SCT", "BY", "CA".'),
    Setting("business.timezone", kinds.timezone, "UTC", "Decides which day it is."),
    Setting("business.currency", kinds.currency, "", "ISO 4217 code of the currency.", "the country's"),
    Setting(
        "business.language", kinds.language, "", "ISO 639 code of the language you write in.", "the country's, or en"
    ),
    Setting(
        "business.owner",
        kinds.line,
        "",
        "Who is meant when nobody else is: a name under [people].",
        "the first of [people]",
    ),
    Setting("people.NAME.name", kinds.line, "", "First and last name, as clients know it."),
    Setting("people.NAME.email", kinds.email, "", "E-mail address."),
    Setting("people.NAME.phone", kinds.line, "", "Phone number."),
    Setting(
        "people.NAME.signature", kinds.lines, "", "What stands under the name in a message; several lines are fine."
    ),
    Setting("people.NAME.also", kinds.texts, [], "Other spellings of the name in your list of jobs."),
    Setting(
        "people.NAME.outside",
        kinds.yes_or_no,
        False,
        "true: a supplier or a colleague elsewhere, to whom a client can be handed over.",
    ),
    Setting(
        "marketing.basis",
        kinds.one_of(cadence.OPT_IN, COMPLETED_JOB),
        "",
        "Who gets marketing messages: opt-in: who has agreed to them; completed-job: also whoever has had a job done "
        "and has not objected.",
        "completed-job in " + ", ".join(sorted(SOFT_OPT_IN_COUNTRIES)) + ", else opt-in",
    ),
    Setting(
        "mail.transport",
        kinds.one_of(DRAFTS, SMTP),
        DRAFTS,
        "drafts: messages wait as files that you send yourself; smtp: they go to your mail server.",
    ),
    Setting(
        "mail.provider",
        kinds.one_of(*providers.PROVIDERS),
        "",
        f"Who runs your mail server, if it is one of {', '.join(providers.PROVIDERS)}: knows host, port and security.",
    ),
    Setting("mail.host", kinds.host, "", "The mail server that takes your messages.", "the provider's"),
    Setting("mail.port", kinds.whole(1, 65_535), 465, "The server's port.", "the provider's, or 465; 587 for starttls"),
    Setting(
        "mail.security",
        kinds.one_of(*PORTS),
        "tls",
        "tls: encrypted from the first byte on; starttls: from the first command on; none: not at all.",
        "the provider's, or tls; starttls on port 587",
    ),
    Setting(
        "mail.user",
        kinds.line,
        "",
        f'The name to log in with; "{NO_LOGIN}" for a server that wants no login.',
        "from_address",
    ),
    Setting("mail.from_address", kinds.email, "", "The address that messages come from.", "the owner's e-mail"),
    Setting("mail.from_name", kinds.line, "", "The name beside it.", "who did the job"),
    Setting("mail.reply_to", kinds.email, "", "Where answers go.", "from_address"),
    Setting(
        "mail.password_command",
        kinds.command,
        "",
        'A program that prints the password: "pass show mail". FOLLOWUP_MAIL_PASSWORD comes before it.',
    ),
    Setting(
        "mail.password_file",
        kinds.line,
        "",
        "A file with the password, which only you may read (chmod 600), seen from the home. After password_command.",
    ),
    Setting(
        "mail.keyring",
        kinds.yes_or_no,
        False,
        "true: the password is in the system's keyring, where `followup mail login` puts it. After password_file.",
    ),
    Setting(
        "mail.ca_file", kinds.line, "", "A file of certificates (PEM) to trust beside the system's, seen from the home."
    ),
    Setting("mail.timeout", kinds.whole(1, 300), 30, "Seconds to wait for an answer of the server."),
    Setting("mail.per_run", kinds.whole(1, 10_000), 20, "At most so many messages in one run."),
    Setting(
        "mail.per_hour",
        kinds.whole(0, 10_000),
        0,
        "At most so many in any hour; 0: no limit.",
        "0, or the provider's limit",
    ),
    Setting(
        "mail.per_day",
        kinds.whole(1, 10_000),
        100,
        "At most so many in any 24 hours. Providers count what you send by hand, too: stay well below their limit.",
        "100, or the provider's limit if that is less",
    ),
    Setting("mail.pause", kinds.seconds, Decimal(4), "Seconds between two messages, more or less."),
    Setting(
        "mail.send_days",
        kinds.one_of("business", "any"),
        "business",
        "business: only on business days; any: every day.",
    ),
    Setting("mail.send_between", kinds.hours, "", 'Only at these hours: "08:00-18:00". Empty: at any hour.'),
    Setting(
        "run.after",
        kinds.command,
        "",
        'A command to run after each run that went well: "curl -fsS https://example.com/ping". No shell is involved.',
    ),
    Setting("budget.messages_days", kinds.days, 7, "At most one message to a client and household in so many days."),
    Setting("budget.asks_days", kinds.days, 30, "At most one ask (feedback, referral) in so many days."),
    Setting("calls.tries", kinds.tries, 3, "How often one call is tried before it is given up."),
    Setting("calls.again", kinds.longer_delay, "2 business days", "When to try again after voicemail or no answer."),
    Setting(
        "calls.minimum_amount",
        kinds.amount,
        "250",
        "Jobs of at least this amount get a check-in call, smaller ones a check-in mail.",
    ),
    Setting(
        "calendar.closing_days",
        kinds.closing_days,
        [],
        'When you are closed: ["2026-12-24..2027-01-03", "2027-05-28"].',
    ),
    Setting(
        "calendar.weekend",
        kinds.weekend,
        "",
        'Days of the week that are not business days: ["Sunday"].',
        "the country's",
    ),
    Setting("calendar.hours", kinds.office_hours, "09:00-17:00", "Your office hours, in which deadlines are counted."),
    Setting("quiet.factor", kinds.factor, Decimal("1.5"), "After so many times their usual gap between jobs."),
    Setting("quiet.at_least", kinds.delay, "30 days", "But never sooner than this after the last job."),
    Setting(
        "quiet.otherwise",
        kinds.longer_delay,
        "18 months",
        "After this, where no usual gap is known (fewer than three jobs).",
    ),
    Setting("enquiries.answer", kinds.delay, "1 business day", "By when an enquiry is answered."),
    Setting(
        "promises.margin",
        kinds.delay,
        "2 business days",
        "Your own target lies so long before the day that the client is told.",
    ),
    Setting("cases.acknowledge", kinds.delay, "same day", "By when the client hears that you know."),
    Setting("cases.call", kinds.delay, "1 business day", "By when the owner calls."),
    Setting("cases.solve", kinds.delay, "5 business days", "By when it is put right."),
    Setting(
        "cases.second_within",
        kinds.delay,
        "12 months",
        "A second case within this time stops all automatic messages to that client, and the owner decides.",
    ),
    Setting(
        "cases.return_within",
        kinds.delay,
        "60 days",
        "The same work for the same client within this time: the same trouble, which came back.",
    ),
    Setting(
        "cases.grant_limit", kinds.amount, "50", "A remedy that costs more is granted by the owner of the business."
    ),
    Setting("cases.grant_within", kinds.delay, "1 business day", "By when the owner grants it."),
    Setting(
        "remedies.NAME.text",
        kinds.line,
        "",
        'What the client gets, in the words that they read: "we come back and put it right, free of charge".',
        "the name",
    ),
    Setting("remedies.NAME.cost", kinds.amount, "", "What it costs you, about.", "not known, so the owner decides"),
    Setting(
        "remedies.NAME.granted_by",
        kinds.texts,
        [],
        "Names under [people] who may grant it; empty: everybody, up to cases.grant_limit.",
    ),
    Setting("referrals.reward", kinds.line, "", 'What a client gets for a client: "20 pounds off your next bill".'),
    Setting("referrals.reward_amount", kinds.amount, "", "The same as an amount of money."),
    Setting("referrals.wait", kinds.delay, "14 days", "It is due so long after the friend's job was paid."),
    Setting("referrals.per_year", kinds.whole(0, 1000), 4, "At most so many for one client in a year; 0: no limit."),
    Setting("feedback.low", kinds.whole(0, 10), 6, "A score of 0 to 10 up to this is shown to the owner."),
    Setting("gifts.company", kinds.yes_or_no, False, "true: a limited company; false: a sole trader or partnership."),
    Setting(
        "gifts.year_starts",
        kinds.day_of_year,
        "",
        'Month and day on which your tax year begins: "04-06".',
        "the country's",
    ),
    Setting("services.NAME.interval", kinds.longer_delay, "", 'How often it is due again: "12 months".', "never"),
    Setting(
        "services.NAME.lead",
        kinds.delay,
        "",
        "How long before that to remind.",
        "30 days; 14 days when half-yearly or more often",
    ),
    Setting("services.NAME.checklist", kinds.texts, [], "What is looked at before such a job is complete."),
    Setting(
        "services.NAME.guides",
        kinds.file_names,
        [],
        "Files of the folder guides/ in your home that go with the messages about such a job.",
    ),
)
"""Every setting but the cadences, whose keys are in `cadence.STEP_KEYS`."""

_BY_SECTION: dict[str, dict[str, Setting]] = {
    section: {each.key: each for each in SETTINGS if each.section == section} for section in SECTIONS
}
_EXAMPLES = {"services": '"boiler service"', "remedies": "come-back-free"}
"""The names that the starter file shows, where the owner chooses them."""

_TAX_YEARS = {"AU": "07-01", "GB": "04-06", "IN": "04-01", "NZ": "04-01", "ZA": "03-01"}
"""When the tax year of a person in business begins; everywhere else it is the calendar's.

GB: Income Tax Act 2007, section 4; NZ: Income Tax Act 2007, YA 1 ("tax year"); AU: Income Tax Assessment Act 1997,
section 4-10; IN: Income-tax Act 1961, section 3; ZA: Income Tax Act 1962, section 1 ("year of assessment").
"""

_TABLES = [*(section.partition(".")[0] for section in SECTIONS), "cadence"]


def default_basis(country: str) -> str:
    """Return the basis for marketing that a home in *country* starts with: the stricter one unless we know better."""
    return COMPLETED_JOB if country in SOFT_OPT_IN_COUNTRIES else cadence.OPT_IN


# ---------------------------------------------------------------- reading


def load(path: Path) -> Settings:
    """Return the settings in *path*; ConfigurationError holds every problem in it.

    Templates that steps name must be among the shipped ones or in the folder templates/ beside *path*.
    """
    templates = _template_names(shipped.path("templates")) | _template_names(path.parent / "templates")
    return parse(_read(path), where=str(path), templates=templates, path=path)


def document(path: Path) -> dict[str, Any]:
    """Return what a file in the settings' language (TOML) holds; errors name the file and the line."""
    return _document(_read(path), str(path))


def parse(text: str, *, where: str, templates: Collection[str] | None = None, path: Path | None = None) -> Settings:
    """Return the settings that *text* holds; ConfigurationError holds every problem in it.

    Args:
        where: what the messages call the text: a path, usually.
        templates: names of the templates there are; None leaves them unchecked.
        path: kept in the settings.
    """
    document = _document(text, where)
    reader = _Document(where, document)
    business = reader.section("business")
    people = {each: _person(each, reader) for each in reader.names("people")}
    owner = business.pop("owner") or next(iter(people), "")
    if owner and owner not in people:
        hint = codes.did_you_mean(owner, people) or f'Add [people.{_slug(owner)}] with name = "...".'
        reader.problem("business.owner", f"there is nobody called '{owner}' under [people]. {hint}")
    business["currency"] = business["currency"] or codes.currency_of(business["country"])
    business["language"] = business["language"] or codes.language_of(business["country"])
    mail = _mail(reader, people[owner].email if owner in people else "")
    calls = reader.section("calls")
    calendar = reader.section("calendar")
    basis = reader.section("marketing")["basis"] or default_basis(business["country"])
    run = Run(**reader.section("run"))
    budget, quiet = reader.section("budget"), reader.section("quiet")
    services = {name.lower(): _service(name, reader) for name in reader.names("services")}
    remedies = {name: _remedy(name, reader, people) for name in reader.names("remedies")}
    promises, cases, enquiries = reader.section("promises"), reader.section("cases"), reader.section("enquiries")
    referrals, feedback, gifts = reader.section("referrals"), reader.section("feedback"), reader.section("gifts")
    gifts["year_starts"] = gifts["year_starts"] or _TAX_YEARS.get(business["country"], "01-01")
    reader.unknown_tables()
    amounts = {"calls.minimum_amount": calls["minimum_amount"] or "0"}
    steps = _steps(
        document.get("cadence", {}), reader, where=where, amounts=amounts, templates=templates, people=people
    )
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return Settings(
        business=Business(**business),
        owner=owner,
        people=people,
        basis=basis,
        mail=mail,
        budget=Budget(**budget),
        calls=Calls(**{**calls, "minimum_amount": amounts["calls.minimum_amount"]}),
        run=run,
        quiet=Quiet(**quiet),
        promises=Promises(**promises),
        enquiries=Enquiries(**enquiries),
        cases=Cases(**cases),
        remedies=remedies,
        referrals=Referrals(**referrals),
        feedback=Feedback(**feedback),
        gifts=Gifts(**gifts),
        hours=calendar["hours"],
        closing_days=calendar["closing_days"],
        weekend=calendar["weekend"],
        services=services,
        steps=steps,
        path=path,
    )


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # Notepad writes a mark in front
    except FileNotFoundError:
        raise NotFound(f"{path}: no such file. `followup init` makes a home with one.") from None
    except PermissionError:
        raise NoPermission(f"{path}: not allowed to read it. Its owner can: chmod 600 '{path}'.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{path}:{line}: this is not UTF-8 text. Save the file as UTF-8.") from None
    except OSError as error:
        raise IOFailure(f"{path}: {error.strerror or error}.") from error


def _document(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.replace("\r\n", "\n"), parse_float=Decimal)
    except RecursionError:
        raise ConfigurationError(f"{where}: brackets within brackets, too deep to be settings. {_TOML_HELP}") from None
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).removesuffix(")").rpartition(" (at ")
        # "Cannot declare ('people', 'priya') twice" names a heading as it would be named in Python
        what = re.sub(r"\('.*'.*\)", lambda key: f"[{'.'.join(re.findall(_QUOTED, key[0]))}]", what)
        # "line 3, column 11", or "end of document"
        numbers = re.findall(r"\d+", place) or [str(text.count("\n") + 1)]
        column = f", column {numbers[1]}" if len(numbers) > 1 else ""
        raise ConfigurationError(f"{where}:{numbers[0]}{column}: {what}. {_TOML_HELP}") from None


_QUOTED = "'(.*?)'"
_TOML_HELP = 'A setting is written name = "text in quotes" or name = 30, one a line, under its [heading].'


class _Document:
    """The parsed file, read section by section; gathers what is wrong instead of stopping at it."""

    def __init__(self, where: str, tables: Mapping[str, Any]) -> None:
        self.where = where
        self.tables = tables
        self.problems: list[str] = []

    def problem(self, name: str, what: str) -> None:
        """Note that the setting *name* is wrong, and how."""
        full_stop = "" if what.endswith((".", "?")) else "."
        self.problems.append(f"{self.where}: {name}: {what}{full_stop}")

    def section(self, section: str) -> dict[str, Any]:
        """Return every key of one table, checked, with its default where the file is silent."""
        return self.read(_BY_SECTION[section], self.tables.get(section, {}), section)

    def names(self, table: str) -> list[str]:
        """Return the names of the tables within *table*, as [people] and [services] have them."""
        found = self.tables.get(table, {})
        if not isinstance(found, Mapping):
            self.problem(table, f"is not a table; write [{table}.NAME]")
            return []
        for name, value in found.items():
            if not isinstance(value, Mapping):
                self.problem(
                    f"{table}.{name}", f"stands under [{table}] itself; write a heading [{table}.NAME] above it"
                )
        return [name for name, value in found.items() if isinstance(value, Mapping)]

    def read(self, settings: Mapping[str, Setting], table: Any, prefix: str) -> dict[str, Any]:
        """Return every one of *settings* as *table* has it."""
        if not isinstance(table, Mapping):
            self.problem(prefix, f"is not a table; write [{prefix}] and the settings below it")
            table = {}
        for key in table:
            if key not in settings:
                self.problem(f"{prefix}.{key}", f"there is no such setting. {_where_it_belongs(key, settings, prefix)}")
        values = {}
        for key, setting in settings.items():
            value = table.get(key, setting.default)
            values[key] = _default(setting)
            if value != setting.default:
                try:
                    values[key] = setting.check(value)
                except ValueError as error:
                    shown = f"'{value}' " if isinstance(value, str) else ""
                    self.problem(f"{prefix}.{key}", f"{shown}{error}")
        return values

    def unknown_tables(self) -> None:
        """Note every heading that means nothing."""
        for name, value in self.tables.items():
            if name in _TABLES:
                continue
            if isinstance(value, Mapping):
                self.problem(f"[{name}]", f"there is no such heading. {codes.did_you_mean(name, _TABLES)}")
            else:
                self.problem(name, f"stands above every heading. {_where_it_belongs(name, {}, '')}")


@cache
def _default(setting: Setting) -> Any:
    # Most kinds read an empty text as "not set"; delays have no such value, and None stands for it.
    if setting.default == "" and setting.check in (kinds.delay, kinds.longer_delay):
        return None
    return setting.check(setting.default)


_MEANT = {("mail", "from"): "from_address"}
"""Where the nearest name is not the one that is meant: an address is no name."""


def _where_it_belongs(key: str, settings: Mapping[str, Setting], prefix: str) -> str:
    elsewhere = [each.section for each in SETTINGS if each.key == key and each.section != prefix]
    if elsewhere:
        return f"'{key}' belongs under [{elsewhere[0]}]."
    near = _MEANT.get((prefix, key)) or codes.nearest(key, settings)
    if near:
        return f"Did you mean '{near}'?"
    return f"Known: {', '.join(settings)}." if settings else f"Headings: {', '.join(_TABLES)}."


def _person(name: str, reader: _Document) -> Person:
    values = reader.read(_BY_SECTION["people.NAME"], reader.tables["people"][name], f"people.{name}")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
        reader.problem(f"people.{name}", f"use small letters and digits, such as [people.{_slug(name)}]")
    if not values["name"]:
        reader.problem(f"people.{name}.name", 'is missing; write the name that clients know, such as name = "Sam Hall"')
    return Person(id=name, **values)


def _service(name: str, reader: _Document) -> Service:
    values = reader.read(_BY_SECTION["services.NAME"], reader.tables["services"][name], f'services."{name}"')
    interval, lead = values["interval"], values["lead"]
    if lead is None:
        lead = cadence.default_lead(interval) if interval else Delay(30, "day")
    return Service(**{**values, "name": name, "lead": lead})


def _remedy(name: str, reader: _Document, people: Collection[str]) -> Remedy:
    values = reader.read(_BY_SECTION["remedies.NAME"], reader.tables["remedies"][name], f"remedies.{name}")
    if not cadence.is_name(name):
        reader.problem(f"remedies.{name}", f"use small letters, digits and hyphens, such as [remedies.{_slug(name)}]")
    for person in values["granted_by"]:
        if person not in people:
            hint = codes.did_you_mean(person, people) or "Add them."
            reader.problem(f"remedies.{name}.granted_by", f"there is nobody called '{person}' under [people]. {hint}")
    return Remedy(**{**values, "name": name, "text": values["text"] or name.replace("-", " ")})


def _mail(reader: _Document, owners_address: str) -> Mail:
    """Return the section on mail with the provider's values where the file is silent, and note what cannot work."""
    values = reader.section("mail")
    table = reader.tables.get("mail", {})
    own = {key for key, value in table.items() if value != ""} if isinstance(table, Mapping) else set()
    preset = providers.PROVIDERS.get(values["provider"])
    if "host" not in own and preset is not None:
        values["host"] = preset.host
    if "security" not in own:
        usual = {port: security for security, port in PORTS.items() if security != "none"}
        implied = usual.get(values["port"]) if "port" in own else None
        values["security"] = implied or (preset.security if preset is not None else "tls")
    if "port" not in own:
        same = preset is not None and preset.security == values["security"]
        values["port"] = preset.port if preset is not None and same else PORTS[values["security"]]
    if preset is not None and "per_day" not in own and preset.per_day:
        values["per_day"] = min(values["per_day"], preset.per_day)
    if preset is not None and "per_hour" not in own:
        values["per_hour"] = preset.per_hour
    values["from_address"] = values["from_address"] or owners_address
    values["user"] = values["user"] or values["from_address"] or NO_LOGIN
    mail = Mail(**values)
    if mail.by_server:
        _check_smtp(mail, reader, provider_is_known=preset is not None or "provider" not in own)
    return mail


def _check_smtp(mail: Mail, reader: _Document, *, provider_is_known: bool) -> None:
    provider = providers.PROVIDERS.get(mail.provider)
    if provider is not None and not provider.takes_passwords:
        reader.problem(
            "mail.transport",
            f"{provider.title} cannot be used with {SMTP}: {provider.password}. "
            f'Write transport = "{DRAFTS}" and send the messages with your own mail program',
        )
    elif not mail.host and provider_is_known:
        reader.problem(
            "mail.host",
            f'is missing; write provider = "gmail" ({", ".join(providers.PROVIDERS)}), or the name of your mail server',
        )
    if not mail.from_address:
        reader.problem("mail.from_address", "is missing; write the address that your messages come from")
    if mail.security == "none" and mail.logs_in and not mail.is_loopback:
        reader.problem(
            "mail.security",
            f'none would send your password through the network for everybody to read; write "tls" or "starttls", or '
            f'user = "{NO_LOGIN}" where the server wants no login',
        )


def _slug(text: str) -> str:
    import unicodedata

    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "owner"


def _template_names(folder: Path) -> set[str]:
    try:
        files = [each.name for each in folder.iterdir() if each.suffix in (".txt", ".html")]
    except OSError:  # a home need not have templates of its own
        return set()
    return {name.partition(".")[0] for name in files if not name.startswith("_")}  # the others are parts of templates


# ---------------------------------------------------------------- cadences


@cache
def shipped_cadences() -> Mapping[str, Any]:
    """Return the tables of the cadences that come with the program, as they stand in their file."""
    path = shipped.path("templates/cadences.toml")
    tables: Mapping[str, Any] = document(path)["cadence"]
    return tables


def _steps(
    own: Any,
    reader: _Document,
    *,
    where: str,
    amounts: Mapping[str, str],
    templates: Collection[str] | None,
    people: Collection[str],
) -> tuple[Step, ...]:
    """Return the shipped steps as the home changes them, then the home's own."""
    if not isinstance(own, Mapping):
        reader.problem("cadence", "is not a table; write [cadence.CADENCE.STEP]")
        own = {}
    tables = _merged(own, reader)
    steps = []
    for (cadence_name, name), (table, touched) in tables.items():
        try:
            steps.append(
                cadence.parse_step(
                    cadence_name,
                    name,
                    table,
                    where=where,
                    amounts=amounts,
                    templates=templates if touched else None,
                    people=people,
                )
            )
        except ConfigurationError as error:
            reader.problems += error.problems
    if not reader.problems:
        reader.problems += cadence.check_steps(steps, where=where)
    return tuple(steps)


def _merged(own: Mapping[str, Any], reader: _Document) -> dict[tuple[str, str], tuple[dict[str, Any], bool]]:
    """Return the table of each step by cadence and name, and whether the home has a say in it."""
    merged: dict[tuple[str, str], tuple[dict[str, Any], bool]] = {}
    shipped_ones = shipped_cadences()
    renamed = dict(_renamed(own, shipped_ones))
    for cadence_name in [*shipped_ones, *(each for each in own if each not in shipped_ones)]:
        base, changes = shipped_ones.get(cadence_name, {}), own.get(cadence_name, {})
        if not isinstance(changes, Mapping):
            reader.problem(f"cadence.{cadence_name}", f"is not a table; write [cadence.{cadence_name}.STEP]")
            changes = {}
        if not cadence.is_name(cadence_name):
            reader.problem(
                f"cadence.{cadence_name}", "use small letters, digits and single hyphens, such as 'after-job'"
            )
        shared = {key: value for key, value in {**base, **changes}.items() if key in cadence.CADENCE_KEYS}
        shared.pop("description", None)  # the cadence's, not its steps'
        _check_cadence(cadence_name, changes, base, reader)
        for name in [*base, *(each for each in changes if each not in base)]:
            step = changes.get(name, {})
            if name in cadence.CADENCE_KEYS or not isinstance(step, Mapping) or (cadence_name, name) in renamed:
                continue
            origin = next((old for old, new in renamed.items() if new == (cadence_name, name)), None)
            before = base.get(name, {})
            if origin is not None:  # what went by another name keeps its words, too
                before = {"template": origin[1], **shipped_ones[origin[0]][origin[1]]}
            table = {**shared, **_over(before, step)}
            if shared.get("enabled") is False:
                table["enabled"] = False
            merged[cadence_name, name] = (table, bool(step))
    return merged


def _check_cadence(name: str, changes: Mapping[str, Any], base: Mapping[str, Any], reader: _Document) -> None:
    for key, value in changes.items():
        if key in cadence.CADENCE_KEYS:
            if key == "enabled" and not isinstance(value, bool):
                reader.problem(f"cadence.{name}.enabled", "is neither true nor false, without quotes")
        elif not isinstance(value, Mapping):
            steps = [each for each in [*base, *changes] if each not in cadence.CADENCE_KEYS and each != key]
            belongs = f"; it belongs under [cadence.{name}.{steps[0]}]" if key in cadence.STEP_KEYS and steps else ""
            reader.problem(f"cadence.{name}.{key}", f"is neither a step nor a key of the cadence{belongs}")


def _renamed(own: Mapping[str, Any], base: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield the shipped steps whose name is an old name (`was`) of one of the home's, with that one."""
    for cadence_name, steps in own.items():
        for name, step in steps.items() if isinstance(steps, Mapping) else ():
            was = step.get("was", []) if isinstance(step, Mapping) else []
            for old in was if isinstance(was, list) else [was]:
                for home, known in base.items():
                    if old in known and old not in cadence.CADENCE_KEYS and old != name:
                        yield (home, old), (cadence_name, name)


def _over(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table *before* with *changes* laid over it key by key, conditions too."""
    table = {**before, **changes}
    if isinstance(before.get("when"), Mapping) and isinstance(changes.get("when"), Mapping):
        table["when"] = {**before["when"], **changes["when"]}
    for one, other in (("after", "before"), ("before", "after")):
        if one in changes and other not in changes:
            table.pop(other, None)
    return table


# ---------------------------------------------------------------- writing


def table() -> list[tuple[str, str, str]]:
    """Return name, default and description of every setting, for the README."""
    return [(each.name, each.filled or _toml(each.default), each.description) for each in SETTINGS]


ANSWERS: Mapping[str, str] = {
    "name": "people.NAME.name",
    "email": "people.NAME.email",
    "business": "business.name",
    "address": "business.address",
    "country": "business.country",
    "region": "business.region",
    "timezone": "business.timezone",
    "basis": "marketing.basis",
}
"""The short names under which `init` asks for settings."""

BASIS_EXPLAINED = """\
Thanks and questions about a job may go to every client. Messages that sell, remind or ask for a favour ("marketing")
need more: either the client has agreed to them (opt-in), or the law lets you write to whoever had a job done and has
not objected (completed-job). The safe choice for your country is proposed; who has opted out is always left out."""


def in_force(path: Path) -> list[tuple[str, str, str]]:
    """Return name, value and origin of every setting; those with names of yours last.

    The origin is ``yours``, ``default``, or ``preset of`` and the mail provider that the value comes from.
    """
    mail = load(path).mail  # what is wrong in the file is said before anything is shown
    preset = providers.PROVIDERS.get(mail.provider)
    own = dict(_leaves(document(path)))
    rows = []
    for setting in SETTINGS:
        if setting.name in own:
            rows.append((setting.name, _toml(own.pop(setting.name)), "yours"))
        elif setting.name.islower():
            value = getattr(mail, setting.key) if setting.section == "mail" else ""
            is_preset = preset is not None and value not in ("", 0) and getattr(preset, setting.key, None) == value
            shown = _toml(value) if is_preset or (setting.filled and value) else setting.filled
            origin = f"preset of {mail.provider}" if is_preset else "default"
            rows.append((setting.name, shown or _toml(setting.default), origin))
    return rows + [(name, _toml(value), "yours") for name, value in own.items()]


def _leaves(tables: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tables.items():
        # Quoted where TOML wants it quoted, so that what is shown can be written into the file as it is.
        name = f"{prefix}{key if re.fullmatch('[A-Za-z0-9_-]+', key) else _toml(key)}"
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{name}.")  # nothing for a table that holds nothing
        else:
            yield name, value


def render_starter(answers: Mapping[str, str]) -> str:
    """Return the followup.toml of a new home: what was asked, and everything else as a comment with its default.

    Args:
        answers: values by the short names of `ANSWERS`, or by the name of any setting. ``people.NAME`` is the owner,
            whose table is called after the first name. Empty ones count as not given.
    """
    given = {ANSWERS.get(name, name): value.strip() for name, value in answers.items() if value.strip()}
    known = {each.name for each in SETTINGS}
    unknown = [name for name in given if name not in known]
    if unknown:
        raise ConfigurationError(
            f"there is no setting '{name}'. {codes.did_you_mean(name, sorted(known))}" for name in unknown
        )
    first_name = given.get("people.NAME.name", "").partition(" ")[0]
    person = _slug(first_name) if first_name else "owner"
    if any(name.startswith("people.") for name in given):
        given.setdefault("people.NAME.name", given.get("business.name", "The owner"))
    lines = [*_STARTER_HEAD]
    for section, meaning in SECTIONS.items():
        named = section.endswith(".NAME")
        answered = any(each.name in given for each in _BY_SECTION[section].values())
        name = {**_EXAMPLES, "people": person}.get(section.partition(".")[0], "")
        heading = section.replace("NAME", name)
        lines += ["", "", *_comment(meaning), f"{'' if answered or not named else '# '}[{heading}]"]
        for setting in _BY_SECTION[section].values():
            default = f"Default: {setting.filled}." if setting.filled else ""
            lines += ["", *_comment(f"{setting.description} {default}".strip())]
            shown = _answer(given[setting.name], setting) if setting.name in given else _toml(setting.default)
            lines.append(f"{'' if setting.name in given else '# '}{setting.key} = {shown}")
    lines += _STARTER_TAIL
    return "\n".join(lines) + "\n"


_STARTER_HEAD = (
    "# The settings of followup. A line that begins with # is a comment: it shows a setting with its default.",
    "# To change one, take the # away and write what you want. `followup doctor` checks this file.",
)
_STARTER_TAIL = (
    "",
    "",
    "# The cadences: what is said to a client, when, and by what means. `followup cadence list` shows those in force;",
    "# write here only what you want different from them, under the same heading. For example:",
    "#",
    "# [cadence.after-job.thank-you]",
    '# after = "2 business days"',
    "#",
    "# [cadence.win-back.win-back]",
    "# enabled = false",
)


def _answer(text: str, setting: Setting) -> str:
    if not isinstance(setting.default, str):
        return text  # a number or a list, as the file has it
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    return _toml(rows if len(rows) > 1 else text)


def _comment(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 118, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _toml(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_toml(each) for each in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are all TOML's, except that TOML wants DEL escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)
