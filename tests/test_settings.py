"""followup.toml: what it may say, what it means when it is silent, and what is said when it is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import cadence, cells, codes, providers, settings, shipped
from followup.errors import ConfigurationError, FollowupError, IOFailure, NoPermission, NotFound
from followup.model import (
    TO_CLIENT,
    Channel,
    Conditions,
    Delay,
    OccasionKind,
    Outcome,
    Purpose,
    Quiet,
    Remedy,
    Service,
    Step,
)

COMPLETE = """
[business]
name = "Hall & Sons"
trade = "plumbing and heating"
address = "12 High Street\\nLeeds LS1 4AB"
phone = "0113 496 0000"
website = "https://hall.example.com"
feedback_link = "https://hall.example.com/review"
country = "gb"
region = "ENG"
timezone = "Europe/London"
currency = "GBP"
language = "en"
owner = "sam"

[people.lee]
name = "Lee Park"
also = ["L. Park", "lee"]

[people.sam]
name = "Sam Hall"
email = "sam@hall.example.com"
phone = "+44 113 496 0001"
signature = ["Sam Hall", "Gas Safe 123456"]

[marketing]
basis = "opt-in"

[mail]
transport = "smtp"
provider = "fastmail"
host = "mail.hall.example.com"
port = 2525
security = "starttls"
user = "hall"
password_command = "pass show 'hall mail'"
password_file = "password.txt"
keyring = true
ca_file = "ca.pem"
timeout = 10
per_run = 5
per_hour = 15
per_day = 60
pause = 2.5
from_name = "Hall & Sons"
reply_to = "office@hall.example.com"
send_days = "any"
send_between = "8:00 - 18:30"

[run]
after = "curl -fsS https://ping.example.com/hall"

[budget]
messages_days = 10
asks_days = 45

[calls]
tries = 2
again = "1 business day"
minimum_amount = 500

[calendar]
hours = "8:00 - 16:30"
closing_days = ["2026-12-24..2027-01-03", 2026-05-29]
weekend = ["Sunday"]

[quiet]
factor = 1.75
at_least = "6 weeks"
otherwise = "2 years"

[enquiries]
answer = "same day"

[promises]
margin = "1 day"

[cases]
acknowledge = "1 business day"
call = "2 business days"
solve = "2 weeks"
second_within = "6 months"
return_within = "90 days"
grant_limit = 80
grant_within = "same day"

[remedies.come-back-free]
text = "we come back, free of charge"
cost = 40.50
granted_by = ["lee", "sam"]

[remedies.flowers]

[referrals]
reward = "20 pounds off"
reward_amount = 20
wait = "30 days"
per_year = 2

[feedback]
low = 5

[gifts]
company = true
year_starts = "01-01"

[services."Boiler Service"]
interval = "12 months"
lead = "3 weeks"
checklist = ["No leak", "Client told"]
guides = ["boiler.pdf"]

[services.filter]
interval = "3 months"

[services.survey]
"""


def parse(text: str = "") -> settings.Settings:
    """Parse the text of a settings file."""
    return settings.parse(text, where="followup.toml", templates=TEMPLATES)


def problems(text: str) -> list[str]:
    """Return what is wrong with the text of a settings file."""
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    return list(caught.value.problems)


def step(name: str, text: str = "") -> Step:
    """Return the step *name* as it is with the settings in *text*."""
    return {each.name: each for each in parse(text).steps}[name]


SAME_DAY = cadence.SAME_DAY

TEMPLATES = frozenset(path.name.partition(".")[0] for path in shipped.path("templates").glob("[a-z]*.txt"))

# ---------------------------------------------------------------- what is said


def test_everything_that_can_be_said_arrives() -> None:
    """Each section of the file becomes a part of the settings, in the form in which it is used."""
    found = parse(COMPLETE)
    assert found.business == settings.Business(
        name="Hall & Sons",
        trade="plumbing and heating",
        address="12 High Street\nLeeds LS1 4AB",
        phone="0113 496 0000",
        website="https://hall.example.com",
        feedback_link="https://hall.example.com/review",
        country="GB",
        region="ENG",
        timezone="Europe/London",
        currency="GBP",
        language="en",
    )
    assert found.owner == "sam"
    assert list(found.people) == ["lee", "sam"]
    assert found.people["lee"].also == ("L. Park", "lee")
    assert found.people["sam"].signature == "Sam Hall\nGas Safe 123456"
    assert found.basis == "opt-in"
    assert found.mail == settings.Mail(
        transport="smtp",
        provider="fastmail",
        host="mail.hall.example.com",
        port=2525,
        security="starttls",
        user="hall",
        from_address="sam@hall.example.com",
        from_name="Hall & Sons",
        reply_to="office@hall.example.com",
        password_command="pass show 'hall mail'",
        password_file="password.txt",
        keyring=True,
        ca_file="ca.pem",
        timeout=10,
        per_run=5,
        per_hour=15,
        per_day=60,
        pause=Decimal("2.5"),
        send_days="any",
        send_between="08:00-18:30",
    )
    assert found.run.after == "curl -fsS https://ping.example.com/hall"
    assert found.budget == settings.Budget(messages_days=10, asks_days=45)
    assert found.calls == settings.Calls(tries=2, again=Delay(1, "business day"), minimum_amount="500")
    assert found.closing_days == (
        (date(2026, 5, 29), date(2026, 5, 29)),
        (date(2026, 12, 24), date(2027, 1, 3)),
    )
    assert found.weekend == frozenset({6})
    assert found.quiet == Quiet(factor="1.75", at_least=Delay(6, "week"), otherwise=Delay(2, "year"))
    assert found.hours == "08:00-16:30"
    assert found.enquiries == settings.Enquiries(answer=SAME_DAY)
    assert found.promises == settings.Promises(margin=Delay(1, "day"))
    assert found.cases == settings.Cases(
        acknowledge=Delay(1, "business day"),
        call=Delay(2, "business day"),
        solve=Delay(2, "week"),
        second_within=Delay(6, "month"),
        return_within=Delay(90, "day"),
        grant_limit="80",
        grant_within=SAME_DAY,
    )
    assert found.remedies == {
        "come-back-free": Remedy(
            name="come-back-free", text="we come back, free of charge", cost="40.50", granted_by=("lee", "sam")
        ),
        "flowers": Remedy(name="flowers", text="flowers"),
    }
    assert found.referrals == settings.Referrals(
        reward="20 pounds off", reward_amount="20", wait=Delay(30, "day"), per_year=2
    )
    assert found.feedback == settings.Feedback(low=5)
    assert found.gifts == settings.Gifts(company=True, year_starts="01-01")
    assert found.services == {
        "boiler service": Service(
            name="Boiler Service",
            interval=Delay(12, "month"),
            lead=Delay(3, "week"),
            checklist=("No leak", "Client told"),
            guides=("boiler.pdf",),
        ),
        "filter": Service(name="filter", interval=Delay(3, "month"), lead=Delay(14, "day")),
        "survey": Service(name="survey", interval=None, lead=Delay(30, "day")),
    }


def test_an_empty_file_is_a_file_of_defaults() -> None:
    """Nothing has to be said; what matters for the law is then the stricter."""
    found = parse()
    assert found.business.timezone == "UTC"
    assert found.business.language == "en"
    assert found.owner == ""
    assert found.basis == "opt-in"
    assert found.budget == settings.Budget(messages_days=7, asks_days=30)
    assert found.calls == settings.Calls(tries=3, again=Delay(2, "business day"), minimum_amount="250")
    assert found.mail.transport == "drafts"
    assert found.weekend is None
    assert found.quiet == Quiet()
    assert found.hours == "09:00-17:00"
    assert found.cases.acknowledge == SAME_DAY
    assert found.remedies == {}
    assert found.gifts == settings.Gifts(company=False, year_starts="01-01")


@pytest.mark.parametrize(
    ("country", "basis"),
    [
        ("GB", "completed-job"),
        ("US", "completed-job"),
        ("DE", "opt-in"),
        ("AT", "opt-in"),
        ("FR", "opt-in"),
        ("", "opt-in"),
    ],
)
def test_the_basis_for_marketing_is_the_stricter_one_of_the_country(country: str, basis: str) -> None:
    """Only where we know that the law lets one write to one's own clients is consent not asked for."""
    assert parse(f'[business]\ncountry = "{country}"').basis == basis
    assert settings.default_basis(country) == basis


def test_the_owner_may_decide_the_basis() -> None:
    """Who has seen to what the law asks says so."""
    assert parse('[business]\ncountry = "DE"\n[marketing]\nbasis = "completed-job"').basis == "completed-job"


@pytest.mark.parametrize(
    ("country", "currency", "language"),
    [
        ("GB", "GBP", "en"),
        ("US", "USD", "en"),
        ("DE", "EUR", "de"),
        ("CH", "CHF", "de"),
        ("FR", "EUR", "fr"),
        ("BT", "", "en"),
    ],
)
def test_currency_and_language_are_the_countrys(country: str, currency: str, language: str) -> None:
    """Unless they are set; where we do not know, nothing is guessed but English."""
    found = parse(f'[business]\ncountry = "{country}"').business
    assert (found.currency, found.language) == (currency, language)


def test_the_first_person_is_the_owner() -> None:
    """And their address is where mail comes from."""
    found = parse('[people.kim]\nname = "Kim Lo"\nemail = "kim@example.com"\n[people.al]\nname = "Al"')
    assert found.owner == "kim"
    assert found.mail.from_address == "kim@example.com"


# ---------------------------------------------------------------- the mail server

OWNER = '[people.sam]\nname = "Sam"\nemail = "sam@hall.example.com"\n'


def mail(text: str) -> settings.Mail:
    """Return what a home whose owner has an address says of mail."""
    return parse(f"{OWNER}[mail]\n{text}").mail


def mail_problems(text: str) -> list[str]:
    """Return what is wrong with *text* in the section on mail of such a home."""
    with pytest.raises(ConfigurationError) as caught:
        mail(text)
    return [each.removeprefix("followup.toml: ") for each in caught.value.problems]


def test_without_a_word_messages_become_drafts_at_our_own_pace() -> None:
    """Nothing is sent by itself unless somebody says so; then not much, and not fast."""
    found = mail("")
    assert (found.transport, found.host, found.provider) == ("drafts", "", "")
    assert (found.port, found.security, found.user) == (465, "tls", "sam@hall.example.com")
    assert (found.per_run, found.per_hour, found.per_day) == (20, 0, 100)
    assert (found.pause, found.timeout) == (Decimal(4), 30)
    assert (found.password_command, found.password_file, found.keyring, found.ca_file) == ("", "", False, "")
    assert not found.reaches_people


@pytest.mark.parametrize("name", [name for name, each in providers.PROVIDERS.items() if each.takes_passwords])
def test_a_provider_brings_its_server(name: str) -> None:
    """Host, port and security are known; what is sent stays below the provider's limits."""
    found, preset = mail(f'transport = "smtp"\nprovider = "{name}"'), providers.PROVIDERS[name]
    assert (found.host, found.port, found.security) == (preset.host, preset.port, preset.security)
    assert found.per_day == 100 <= (preset.per_day or 100)
    assert found.per_hour == preset.per_hour
    assert found.logs_in
    assert found.reaches_people


def test_what_the_owner_says_comes_before_the_preset() -> None:
    """Key by key; the others stay the provider's."""
    found = mail('transport = "smtp"\nprovider = "gmail"\nhost = "localhost"\nper_day = 600\nuser = "sam"')
    assert (found.host, found.port, found.per_day, found.user) == ("localhost", 465, 600, "sam")
    assert not found.reaches_people


@pytest.mark.parametrize(
    ("said", "port", "security"),
    [
        ('security = "starttls"', 587, "starttls"),
        ('security = "none"', 25, "none"),
        ("port = 587", 587, "starttls"),
        ("port = 465", 465, "tls"),
        ("port = 2525", 2525, "tls"),
        ("", 465, "tls"),
        ('provider = "gmail"\nport = 587', 587, "starttls"),
        ('provider = "gmail"\nsecurity = "starttls"', 587, "starttls"),
        ('provider = "microsoft365"\nsecurity = "tls"', 465, "tls"),
        ('provider = "microsoft365"\nport = 2525', 2525, "starttls"),
    ],
)
def test_port_and_security_imply_each_other(said: str, port: int, security: str) -> None:
    """465 is TLS from the first byte on, 587 is STARTTLS: who names one need not name the other."""
    found = mail(f'transport = "smtp"\nhost = "localhost"\n{said}')
    assert (found.port, found.security) == (port, security)


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("127.0.0.1.example.com", False),
        ("localhost.example.com", False),
        ("192.168.0.2", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, is_loopback: bool) -> None:
    """There alone a password may go in the clear, and --now may be used to record."""
    assert mail(f'transport = "smtp"\nhost = "{host}"').is_loopback is is_loopback


def test_everything_that_keeps_smtp_from_working_is_said_at_once() -> None:
    """No server, no sender, and a password in the clear."""
    with pytest.raises(ConfigurationError) as caught:
        parse('[mail]\ntransport = "smtp"\nsecurity = "none"\nuser = "sam"')
    assert "\n".join(caught.value.problems) == (
        f'followup.toml: mail.host: is missing; write provider = "gmail" ({", ".join(providers.PROVIDERS)}), or the '
        "name of your mail server.\n"
        "followup.toml: mail.from_address: is missing; write the address that your messages come from.\n"
        "followup.toml: mail.security: none would send your password through the network for everybody to read; write "
        '"tls" or "starttls", or user = "none" where the server wants no login.'
    )


def test_no_password_goes_through_the_network_in_the_clear() -> None:
    """On this machine it may, and without a login there is none."""
    remote = 'transport = "smtp"\nhost = "mail.example.com"\nsecurity = "none"\n'
    assert len(mail_problems(remote)) == 1
    assert not mail(f'{remote}user = "none"').logs_in
    assert mail(remote.replace("mail.example.com", "localhost")).logs_in


def test_a_provider_that_takes_no_passwords_stays_with_drafts() -> None:
    """Outlook.com: said with the reason and the way out; as a mere provider of drafts it is fine."""
    (problem,) = mail_problems('transport = "smtp"\nprovider = "outlook"')
    assert problem == (
        "mail.transport: Outlook.com (Hotmail, Live, MSN) cannot be used with smtp: since 16 September 2024 it lets no "
        'program in with a password, app passwords included. Write transport = "drafts" and send the messages with '
        "your own mail program."
    )
    assert mail('provider = "outlook"').transport == "drafts"


def test_a_provider_that_is_not_known_is_complained_of_once() -> None:
    """That its host is missing, too, is no second fault."""
    assert len(mail_problems('transport = "smtp"\nprovider = "gmial"')) == 1


def test_config_show_says_where_each_value_comes_from(tmp_path: Path) -> None:
    """Yours, the default, or the provider's."""
    path = home_folder(tmp_path, f'{OWNER}[mail]\ntransport = "smtp"\nprovider = "microsoft365"\nper_day = 60\n')
    found = {name: (value, origin) for name, value, origin in settings.in_force(path)}
    assert found["mail.transport"] == ('"smtp"', "yours")
    assert found["mail.host"] == ('"smtp.office365.com"', "preset of microsoft365")
    assert found["mail.port"] == ("587", "preset of microsoft365")
    assert found["mail.security"] == ('"starttls"', "preset of microsoft365")
    assert found["mail.per_hour"] == ("1800", "preset of microsoft365")
    assert found["mail.per_day"] == ("60", "yours")
    assert found["mail.user"] == ('"sam@hall.example.com"', "default")
    assert found["mail.pause"] == ("4", "default")
    plain = {name: (value, origin) for name, value, origin in settings.in_force(home_folder(tmp_path, ""))}
    assert plain["mail.host"] == ("the provider's", "default")
    assert plain["mail.from_address"] == ("the owner's e-mail", "default")


# ---------------------------------------------------------------- what is wrong


def test_an_address_to_send_from_is_not_taken_for_a_name() -> None:
    """Whoever writes `from` means the address, though the name is as near."""
    (problem,) = problems('[mail]\nfrom = "sam@alder.example.com"\n')
    assert problem.endswith("mail.from: there is no such setting. Did you mean 'from_address'?")


def test_everything_wrong_is_said_at_once_with_the_nearest_name() -> None:
    """One run of `doctor` is enough to mend a file."""
    found = problems(
        """
        colour = "red"
        [busines]
        name = "Hall"
        [business]
        nmae = "Hall"
        country = "UK"
        tries = 3
        owner = "sma"
        [people.sam]
        name = "Sam"
        email = "sam at example"
        [people.pat]
        boss = "Sam"
        [budget]
        messages_days = "7"
        [calls]
        again = "2 busines days"
        [mail]
        transport = "smpt"
        provider = "gmial"
        send_days = "busines"
        [cadence.after-job.thank-you]
        afer = "1 day"
        template = "thanks-you"
        """
    )
    expected = """
business.nmae: there is no such setting. Did you mean 'name'?
business.tries: there is no such setting. 'tries' belongs under [calls].
business.country: 'UK' is not the ISO 3166 code of a country; did you mean "GB"?
people.sam.email: 'sam at example' is not an e-mail address; write only the address, such as "sam@example.com".
people.pat.boss: there is no such setting. Known: name, email, phone, signature, also, outside.
people.pat.name: is missing; write the name that clients know, such as name = "Sam Hall".
business.owner: there is nobody called 'sma' under [people]. Did you mean 'sam'?
mail.transport: 'smpt' is not one of: drafts, smtp; did you mean 'smtp'?
mail.provider: 'gmial' is not one of: {providers}; did you mean 'gmail'?
mail.send_days: 'busines' is not one of: business, any; did you mean 'business'?
calls.again: '2 busines days' is not a delay: there is no unit 'busines days'; did you mean 'business days'?
budget.messages_days: '7' is not a whole number from 0 to 366, without quotes.
colour: stands above every heading. {headings}
[busines]: there is no such heading. Did you mean 'business'?
cadence.after-job.thank-you.afer: there is no such key. Did you mean 'after'?
cadence.after-job.thank-you.template: there is no template 'thanks-you'. Did you mean 'thank-you'? {makes}
"""
    expected = expected.replace("{providers}", ", ".join(providers.PROVIDERS))
    expected = expected.replace("{makes}", "`followup template new` makes one.").replace(
        "{headings}",
        "Headings: business, people, marketing, mail, run, budget, calls, calendar, quiet, enquiries, promises, cases, "
        "remedies, referrals, feedback, gifts, services, cadence.",
    )
    assert found == [f"followup.toml: {line}" for line in expected.strip().splitlines()]


def test_a_heading_that_stands_there_twice_is_named_as_it_is_written() -> None:
    """Not as Python would write it."""
    with pytest.raises(ConfigurationError, match=r"toml:2, column 12: Cannot declare \[people\.pat\] twice\."):
        parse("[people.pat]\n[people.pat]")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('business = "Hall"', "business: is not a table; write \\[business\\]"),
        ("[business]\nname = 3", "business.name: is not a text; put it in quotes"),
        ('[business]\nname = "a\\tb"', "contains control characters"),
        ('[business]\naddress = "a\\u0007"', "contains control characters"),
        ("[business]\naddress = 3", "business.address: is not a text"),
        ('[business]\nwebsite = "hall.example.com"', 'is not a link; it begins with "https://"'),
        ('[business]\ncountry = "Britain"', "write its two letters"),
        ('[business]\ncurrency = "£"', "not the ISO 4217 code of a currency"),
        ('[business]\nlanguage = "english"', "not the ISO 639 code of a language"),
        ('[business]\ntimezone = "London"', 'not the name of a time zone; did you mean "Europe/London"?'),
        ('[business]\ntimezone = "Europe/Lodnon"', 'did you mean "Europe/London"?'),
        ('[business]\ntimezone = "new york"', 'did you mean "America/New_York"?'),
        ('[business]\ntimezone = "../../etc/passwd"', 'write one such as "Europe/London"'),
        ('[business]\ntimezone = ""', "not the name of a time zone"),
        (
            '[business]\nowner = "Sam Hall"',
            r"nobody called \'Sam Hall\' under \[people\]. Add \[people.sam-hall\] with",
        ),
        ("people = 3", r"people: is not a table; write \[people.NAME\]"),
        ('[people]\nname = "Sam"', r"people.name: stands under \[people\] itself; write a heading \[people.NAME\]"),
        ('[people."Sam Hall"]\nname = "Sam"', r"such as \[people.sam-hall\]"),
        ('[people.sam]\nname = "Sam"\nalso = "S."', "people.sam.also: 'S.' is not a list of texts"),
        ('[marketing]\nbasis = "optin"', "not one of: opt-in, completed-job; did you mean 'opt-in'"),
        ('[mail]\nsend_between = "8-18"', 'not a range of hours; write for example "08:00-18:00"'),
        ('[mail]\nsend_between = "18:00-08:00"', "ends before it begins"),
        ('[mail]\nhost = "https://mail.example.com"', 'not the name of a server; write only the name, such as "mail.'),
        ('[mail]\nhost = "mail.example.com:587"', "mail.host: 'mail.example.com:587' is not the name of a server"),
        ("[mail]\nport = 0", "mail.port: is not a whole number from 1 to 65535"),
        ("[mail]\nport = 99999", "mail.port: is not a whole number from 1 to 65535"),
        ('[mail]\nport = "smtp"', "mail.port: 'smtp' is not a whole number"),
        ('[mail]\nsecurity = "ssl"', "mail.security: 'ssl' is not one of: tls, starttls, none"),
        ("[mail]\ntimeout = 0", "mail.timeout: is not a whole number from 1 to 300"),
        ("[mail]\nper_run = 0", "mail.per_run: is not a whole number from 1"),
        ("[mail]\npause = -1", "mail.pause: is not a number of seconds from 0 to 600"),
        ("[mail]\npause = nan", "mail.pause: is not a number of seconds from 0 to 600"),
        ('[mail]\npause = "4"', "mail.pause: '4' is not a number of seconds"),
        ("[mail]\npause = true", "mail.pause: is not a number of seconds"),
        ("[mail]\nkeyring = 1", "mail.keyring: is neither true nor false"),
        ('[mail]\npassword_command = "pass \'mail"', "is not a command: a quotation mark in it is not closed"),
        ('[run]\nafter = "echo \'"', "run.after: 'echo '' is not a command"),
        ('[mail]\nprovider = "fastmial"', "mail.provider: 'fastmial' is not one of: .*; did you mean 'fastmail'"),
        ("[budget]\nasks_days = true", "budget.asks_days: is not a whole number from 0 to 366"),
        ("[budget]\nasks_days = -1", "is not a whole number from 0 to 366"),
        ("[calls]\ntries = 0", "calls.tries: is not a whole number from 1 to 20"),
        ('[calls]\nagain = "same day"', "calls.again: 'same day' is no time at all"),
        ('[calls]\nagain = "2 days before"', "looks back"),
        ("[calls]\nagain = 2", 'calls.again: is not a delay; write "same day"'),
        ('[calls]\nminimum_amount = "1,000"', "calls.minimum_amount: '1,000' is not an amount; write digits"),
        ("[quiet]\nfactor = 0.5", "quiet.factor: is not a number from 1 to 10"),
        ("[quiet]\nfactor = nan", "quiet.factor: is not an amount"),
        ('[calendar]\nclosing_days = "2026-12-24"', "calendar.closing_days: '2026-12-24' is not a list"),
        ('[calendar]\nclosing_days = ["24.12.2026"]', "holds '24.12.2026', which is no day"),
        ('[calendar]\nclosing_days = ["2026-02-30"]', "holds '2026-02-30', which is no day"),
        ('[calendar]\nclosing_days = ["2026-12-24..2026-12-01"]', "ends before it begins"),
        ('[calendar]\nclosing_days = ["2020-01-01..2030-01-01"]', "longer than a year"),
        ("[calendar]\nclosing_days = [2026-12-24T10:00:00]", "holds 2026-12-24 10:00:00, which is no day"),
        ('[calendar]\nweekend = ["Sonntag"]', "holds 'Sonntag'"),
        ('[calendar]\nweekend = ["sundya"]', "holds 'sundya'. Did you mean 'Sunday'"),
        ('[calendar]\nweekend = "Sunday"', "is not a list of days"),
        (
            '[calendar]\nweekend = ["Monday","Tuesday","Wednesday","Thursday","Friday","Saturday","Sunday"]',
            "takes the whole week",
        ),
        ('[calendar]\nhours = ""', "calendar.hours: '' is empty; write for example"),
        ('[people.Pat]\nname = "Pat"\noutside = "yes"', "people.Pat.outside: 'yes' is neither true nor false"),
        ('[cases]\nsolve = "5 busines days"', "cases.solve: .* did you mean 'business days'"),
        ('[remedies.free]\ngranted_by = ["sma"]\n[people.sam]\nname = "Sam"', "granted_by: .* Did you mean 'sam'"),
        ("[remedies.Free]", "remedies.Free: use small letters, digits and hyphens, such as .remedies.free"),
        ("[referrals]\nper_year = -1", "referrals.per_year: is not a whole number from 0 to 1000"),
        ("[feedback]\nlow = 11", "feedback.low: is not a whole number from 0 to 10"),
        (
            '[gifts]\nyear_starts = "6 April"',
            "gifts.year_starts: '6 April' is no day of every year; write month and day",
        ),
        ('[gifts]\nyear_starts = "02-29"', "gifts.year_starts: '02-29' is no day of every year"),
        ('[services.boiler]\nguides = ["../key"]', "guides: holds '../key'; write names of files without folders"),
        ('[services]\n"boiler" = "12 months"', "services.boiler: stands under"),
        ('[services.boiler]\ninterval = "same day"', "services.\"boiler\".interval: 'same day' is no time at all"),
        ("cadence = 3", "cadence: is not a table"),
        ("[cadence]\nafter-job = 3", "cadence.after-job: is not a table"),
        (
            "[cadence.after-job]\nafter = 3",
            r"after: is neither a step nor a key of the cadence; it belongs under \[cad",
        ),
        ("[cadence.after-job]\ncolour = 3", "colour: is neither a step nor a key of the cadence."),
        ("[cadence.after-job]\nenabled = 0", "cadence.after-job.enabled: is neither true nor false"),
        ('[cadence."After Job".hi]\nafter = "1 day"\noccasion = "first job"', "cadence.After Job: use small letters"),
        (
            '[cadence.own.thank-you]\nafter = "1 day"\noccasion = "first job"',
            "'thank-you' belongs to cadence.after-job",
        ),
        ('[cadence.after-job.thank-you]\nto = "sma"\n[people.sam]\nname = "Sam"', "to: .* Did you mean 'sam'"),
        ('[cadence.after-job.thank-you]\nto = "owner"', "thank-you.channels: one of you is told by email or note"),
        ('[cadence.after-job.thank-you]\nto = "receiver"', "there is no receiver of 'job completed'"),
        ('[cadence.after-job.feedback-ask]\nto = "owner"', "feedback-ask.to: asks and marketing go to clients"),
        ('[cadence.after-job.thank-you]\nchannels = ["note"]', "no client reads a note"),
        ("[cadence.after-job.thank-you]\nwhen.return_visit = true", "is not known for the occasion 'job completed'"),
        ('[cadence.after-job.new]\nafter = "1 day"', "there is no template 'new'"),
        ('[cadence.after-job.referral-ask]\nafter_step = "feedbak-ask"', "Did you mean 'feedback-ask'"),
    ],
)
def test_a_wrong_value_says_where_what_and_what_now(text: str, complaint: str) -> None:
    """Name of the setting, what was written, and how to write it."""
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        parse(text)
    assert all(each.startswith("followup.toml: ") and each.endswith((".", "?")) for each in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[business]\nname = Hall", "followup.toml:2, column 8: Invalid value. "),
        ('[business]\nname = "Hall\n', "followup.toml:2, column 13: Illegal character"),
        ("[business", "followup.toml:1: "),
        ('[business]\nname = "a"\nname = "b"', "followup.toml:3: Cannot overwrite a value. "),
    ],
)
def test_what_is_no_toml_names_the_line(text: str, where: str) -> None:
    """With a reminder of how a setting is written."""
    (problem,) = problems(text)
    assert problem.startswith(where)
    assert 'name = "text in quotes"' in problem


def test_brackets_without_end_are_no_settings() -> None:
    """A file made to break the parser is refused like any other mistake."""
    assert "too deep to be settings" in problems(f"a = {'[' * 20000}")[0]


# ---------------------------------------------------------------- cadences


def test_the_shipped_cadences_are_the_promised_ones() -> None:
    """Names are identities: this list only ever grows."""
    steps = {each.name: each for each in parse().steps}
    assert list(steps) == [
        "thank-you",
        "check-in-call",
        "check-in-mail",
        "feedback-ask",
        "referral-ask",
        "anniversary",
        "service-reminder",
        "win-back",
        "enquiry-answer",
        "enquiry-nudge",
        "enquiry-not-now",
        "promise-chase",
        "promise-slipping",
        "progress-update",
        "promise-moved",
        "their-promise-reminder",
        "their-promise-overdue",
        "their-promise-end",
        "handover-note",
        "handover-told",
        "case-ack",
        "return-visit",
        "case-call",
        "case-check",
        "remedy-offer",
        "remedy-grant",
        "apology",
        "case-to-owner",
        "case-to-business",
        "case-overdue",
        "second-case",
        "referral-thanks",
        "reward-pay",
        "reward-note",
        "gift-card",
        "praise-pass-on",
        "praise-thanks",
        "lesson-told",
        "recap",
        "low-score",
    ]
    assert [each.name for each in steps.values() if not each.enabled] == ["apology", "gift-card"]
    assert {each.template for each in steps.values()} == set(steps)
    assert all(each.description and each.late for each in steps.values())


def test_thanks_come_on_the_next_business_day() -> None:
    """Late after 14 days, once for the jobs of a week, a service message that wins ties with all that follows a job."""
    found = step("thank-you")
    assert (found.delay, found.late, found.covers) == (Delay(1, "business day"), Delay(14, "day"), Delay(7, "day"))
    assert found.purpose is Purpose.SERVICE
    assert found.priority == max(each.priority for each in parse().steps if each.cadence == found.cadence)


def test_check_ins_are_calls_above_an_amount_and_mails_below() -> None:
    """Every job gets one of the two, and moving the amount moves both."""
    text = "[calls]\nminimum_amount = 99.50"
    assert step("check-in-call").delay == step("check-in-mail").delay == Delay(7, "day")
    assert step("check-in-call").when.min_amount == step("check-in-mail").when.below_amount == "250"
    assert step("check-in-call", text).when == Conditions(min_amount="99.50", no_case=True)
    assert step("check-in-mail", text).when == Conditions(below_amount="99.50", no_case=True)
    assert step("check-in-call").channels == (Channel.CALL,)


def test_feedback_is_asked_of_everybody_alike() -> None:
    """No condition at all; one reminder that is the same ask; not again within 180 days."""
    found = step("feedback-ask")
    assert found.when == Conditions()
    assert found.delay == Delay(10, "day")
    assert (found.reminder, found.reminder_template) == (Delay(7, "day"), "feedback-reminder")
    assert found.again_after == Delay(180, "day")
    assert found.ask


def test_referrals_are_asked_of_happy_or_old_clients_who_paid() -> None:
    """30 days after the feedback ask, 40 after the job where none went; once a year."""
    found = step("referral-ask")
    assert (found.after_step, found.delay, found.otherwise) == ("feedback-ask", Delay(30, "day"), Delay(40, "day"))
    assert found.when == Conditions(
        paid=True,
        any_of=(Conditions(last_outcome=Outcome.HAPPY), Conditions(client_for=Delay(6, "month"))),
    )
    assert found.again_after == Delay(365, "day")
    assert found.ask


def test_the_recurring_steps_recur() -> None:
    """Anniversaries yearly and for ever; win-backs twice, 60 days apart; services by their lead."""
    anniversary, win_back, service = step("anniversary"), step("win-back"), step("service-reminder")
    assert (anniversary.delay, anniversary.every, anniversary.times) == (Delay(12, "month"), Delay(12, "month"), None)
    assert (win_back.every, win_back.times, win_back.occasion) == (Delay(60, "day"), 2, OccasionKind.CLIENT_QUIET)
    assert service.by_lead
    assert service.when.no_future_job


def test_marketing_is_called_marketing() -> None:
    """What goes beyond the job needs a basis; thanks, check-ins and what concerns a matter of the client's do not."""
    kinds = {each.name: each.purpose for each in parse().steps}
    assert {name for name, purpose in kinds.items() if purpose is Purpose.MARKETING} == {
        "feedback-ask",
        "referral-ask",
        "anniversary",
        "service-reminder",
        "win-back",
    }


def test_what_one_of_us_is_told_is_there_for_the_desk_too() -> None:
    """Who has no address, or sits at the desk, finds a note; nobody of us is told anything else."""
    ours = {each.name: each for each in parse().steps if each.to != TO_CLIENT}
    assert all(Channel.NOTE in each.channels for each in ours.values())
    assert {name: each.to for name, each in ours.items()} == {
        "promise-chase": "owner",
        "promise-slipping": "owner",
        "their-promise-end": "owner",
        "handover-note": "receiver",
        "remedy-grant": "business",
        "case-to-owner": "owner",
        "case-to-business": "business",
        "case-overdue": "business",
        "second-case": "business",
        "reward-pay": "owner",
        "praise-pass-on": "owner",
        "low-score": "owner",
    }


def test_a_return_visit_takes_the_place_of_the_acknowledgement() -> None:
    """One of the two, never both and never none."""
    assert (step("case-ack").when.return_visit, step("return-visit").when.return_visit) == (False, True)
    assert step("case-ack").delay == step("return-visit").delay == Delay(0, "day")


def test_the_shipped_templates_are_those_that_the_steps_name() -> None:
    """A new home works as it is: load checks every name against the folder."""
    found = {path.name.partition(".")[0] for path in shipped.path("templates").glob("*.txt")}
    used = {each.template for each in parse().steps} | {each.reminder_template for each in parse().steps} - {""}
    assert used == {name for name in found if not name.startswith("_")}


def test_a_home_changes_a_step_key_by_key() -> None:
    """What it does not mention stays as shipped, conditions too."""
    text = '[cadence.after-job.referral-ask]\nafter = "5 weeks"\nwhen.tags = ["vip"]\nwhen.paid = false'
    found, before = step("referral-ask", text), step("referral-ask")
    assert found.delay == Delay(5, "week")
    assert found.when == Conditions(tags=("vip",), any_of=before.when.any_of)
    assert (found.otherwise, found.again_after, found.channels) == (
        before.otherwise,
        before.again_after,
        before.channels,
    )
    assert [each.name for each in parse(text).steps] == [each.name for each in parse().steps]


def test_before_takes_the_place_of_after() -> None:
    """Else a home that changes "before = lead" into "after" would have both."""
    text = '[cadence.service.service-reminder]\nafter = "same day"'
    assert step("service-reminder", text).delay == cadence.SAME_DAY
    assert not step("service-reminder", text).by_lead
    text = '[cadence.service.service-reminder]\nbefore = "20 days"'
    assert step("service-reminder", text).delay == Delay(20, "day", before=True)


def test_steps_and_whole_cadences_can_be_switched_off_and_on() -> None:
    """The steps stay known, so that what went out stays explained."""
    assert not step("win-back", "[cadence.win-back.win-back]\nenabled = false").enabled
    text = "[cadence.after-job]\nenabled = false"
    named = [each.name for each in parse(text).steps if each.enabled]
    assert named[:4] == ["anniversary", "service-reminder", "win-back", "enquiry-answer"]
    assert step("apology", "[cadence.case.apology]\nenabled = true").enabled


def test_a_home_adds_steps_and_cadences() -> None:
    """Behind the shipped ones, in the order of the file."""
    text = """
    [cadence.boilers]
    occasion = "case resolved"
    [cadence.boilers.after-care]
    after = "3 days"
    template = "check-in-mail"
    when.services = ["Boiler Service"]
    [cadence.after-job.second-look]
    after = "3 months"
    template = "check-in-mail"
    """
    found = parse(text).steps
    assert [each.name for each in found][5] == "second-look"
    assert found[-1].name == "after-care"
    assert found[-1].occasion is OccasionKind.CASE_RESOLVED
    assert found[-1].when.services == ("boiler service",)


def test_a_renamed_step_takes_the_place_of_the_shipped_one() -> None:
    """It keeps what it does not say, and steps that wait for the old name wait for it."""
    text = """
    [cadence.after-job.review-ask]
    was = ["feedback-ask"]
    after = "14 days"
    """
    names = [each.name for each in parse(text).steps]
    assert "feedback-ask" not in names
    found = step("review-ask", text)
    assert found.delay == Delay(14, "day")
    assert (found.reminder, found.was) == (Delay(7, "day"), ("feedback-ask",))
    assert found.template == "feedback-ask"
    assert step("referral-ask", text).after_step == "feedback-ask"


def test_a_single_old_name_may_stand_alone() -> None:
    """`was = "old"` is as good as a list of one."""
    found = step("danke", '[cadence.after-job.danke]\nwas = "thank-you"\ntemplate = "thank-you"')
    assert found.was == ("thank-you",)
    assert found.delay == Delay(1, "business day")


# ---------------------------------------------------------------- files


def home_folder(folder: Path, text: str | bytes) -> Path:
    """Write followup.toml into *folder*."""
    path = folder / "followup.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_file_is_loaded_with_its_path(tmp_path: Path) -> None:
    """Windows line ends and Notepad's mark in front do no harm."""
    path = home_folder(tmp_path, b"\xef\xbb\xbf[business]\r\nname = 'Hall'\r\naddress = '''a\r\nb'''\r\n")
    found = settings.load(path)
    assert found.path == path
    assert found.business.name == "Hall"
    assert found.business.address == "a\nb"


def test_templates_of_the_home_count(tmp_path: Path) -> None:
    """A step may use a template that only this home has; parts of templates (_name) are none."""
    path = home_folder(tmp_path, '[cadence.after-job.hello]\nafter = "1 day"\n')
    with pytest.raises(ConfigurationError, match="no template 'hello'"):
        settings.load(path)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "hello.en.txt").write_text("subject: Hello\n---\nHello", encoding="utf-8")
    assert any(each.template == "hello" for each in settings.load(path).steps)
    home_folder(tmp_path, '[cadence.after-job.hello]\nafter = "1 day"\ntemplate = "_close"\n')
    with pytest.raises(ConfigurationError, match="no template '_close'"):
        settings.load(path)


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    """With the command that makes one."""
    with pytest.raises(NotFound, match="followup init"):
        settings.load(tmp_path / "followup.toml")


def test_a_file_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    """An editor of the nineties is no reason for a traceback."""
    path = home_folder(tmp_path, b'[business]\nname = "M\xfcller"\n')
    with pytest.raises(ConfigurationError, match=r"followup\.toml:2: this is not UTF-8"):
        settings.load(path)


def test_a_folder_in_its_place_is_a_failure(tmp_path: Path) -> None:
    """Reading is tried, and what the system says is passed on."""
    (tmp_path / "followup.toml").mkdir()
    with pytest.raises((IOFailure, NoPermission)):
        settings.load(tmp_path / "followup.toml")


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And who can change that."""

    def refuse(_: Path) -> bytes:
        raise PermissionError

    path = home_folder(tmp_path, "")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(NoPermission, match="chmod 600"):
        settings.load(path)


def test_loading_imports_nothing_heavy() -> None:
    """`due` reads the settings on every start."""
    code = (
        "import sys, followup.settings as s; s.parse('', where='x');"
        "print([m for m in ('click', 'holidays', 'dateutil', 'jinja2', 'difflib', 'sqlite3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---------------------------------------------------------------- the starter file and the README's table

ANSWERS = {
    "name": "Jörg Müller-Lüdenscheidt",
    "business": 'Heizung "Müller" \\ Söhne',
    "address": "Am Markt 1\n50667 Köln",
    "country": "DE",
    "region": "NW",
    "timezone": "Europe/Berlin",
    "email": "joerg@example.com",
    "basis": "opt-in",
}


def test_the_starter_holds_what_was_asked() -> None:
    """Quotes, backslashes and several lines survive; the owner's table is called after the first name."""
    text = settings.render_starter(ANSWERS)
    found = parse(text)
    assert found.business.name == ANSWERS["business"]
    assert found.business.address == ANSWERS["address"]
    assert found.owner == "jorg"
    assert found.people["jorg"].email == "joerg@example.com"
    assert (found.business.currency, found.business.language, found.basis) == ("EUR", "de", "opt-in")
    set_keys = [line.split(" = ")[0] for line in text.splitlines() if re.match(r"[a-z_]+ = ", line)]
    assert set_keys == ["name", "address", "country", "region", "timezone", "name", "email", "basis"]


def test_the_starter_explains_every_other_setting() -> None:
    """Each stands in it as a comment with its meaning and its default."""
    text = settings.render_starter({})
    joined = " ".join(line.removeprefix("# ") for line in text.splitlines())
    for each in settings.SETTINGS:
        assert f"# {each.key} = " in text
        assert each.description in joined


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30),
            "business": st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30),
            "email": st.just("sam@example.com"),
            "budget.asks_days": st.sampled_from(["0", "14"]),
            "calendar.closing_days": st.just('["2026-12-24..2027-01-03"]'),
        },
    )
)
def test_whatever_is_answered_the_starter_can_be_read(answers: dict[str, str]) -> None:
    """No name breaks the file, and what was answered is what is read."""
    found = parse(settings.render_starter(answers))
    owner = found.people.get(found.owner)
    if "name" in answers:
        assert owner is not None
        assert owner.name == answers["name"]
    if "business" in answers:
        assert found.business.name == answers["business"]
    assert found.budget.asks_days == int(answers.get("budget.asks_days", "30"))


def test_a_starter_without_its_comment_signs_says_the_same() -> None:
    """The defaults that it shows are the defaults that hold."""
    starter = settings.render_starter({"name": "Sam Hall", "country": "GB"})
    bare = re.sub(r"(?m)^# (?=(\[services\.|\[remedies\.|[a-z_]+ = ))", "", starter)
    bare = bare.split("# The cadences:")[0]
    assert tomllib.loads(bare)["services"]
    found, expected = parse(bare), parse(starter)
    assert found.services["boiler service"] == Service(name="boiler service")
    assert found.remedies == {"come-back-free": Remedy(name="come-back-free", text="come back free")}
    assert {**vars_of(found), "services": {}, "remedies": {}} == vars_of(expected)


def vars_of(found: settings.Settings) -> dict[str, object]:
    """Return the parts of settings by name."""
    return {name: getattr(found, name) for name in found.__dataclass_fields__}


def test_the_example_at_the_end_of_the_starter_works() -> None:
    """Taking the # away must not give an error."""
    starter = settings.render_starter({})
    example = starter[starter.index("# [cadence.") :].replace("# ", "").replace("#", "")
    assert step("thank-you", example).delay == Delay(2, "business day")
    assert not step("win-back", example).enabled


def test_an_unknown_answer_is_refused() -> None:
    """A wrong name in a script is found by the script's first run."""
    with pytest.raises(ConfigurationError, match=r"no setting 'business.nmae'. Did you mean 'business.name'\?"):
        settings.render_starter({"business.nmae": "Hall"})


def test_an_owner_without_a_name_is_called_after_the_business() -> None:
    """An address alone still makes a person who can be written from."""
    found = parse(settings.render_starter({"email": "office@example.com", "business": "Hall & Sons"}))
    assert found.people["owner"].name == "Hall & Sons"
    assert parse(settings.render_starter({"email": "office@example.com"})).people["owner"].name == "The owner"


def test_the_table_for_the_readme_has_every_setting() -> None:
    """Name, default as it is written in the file, and meaning."""
    table = settings.table()
    assert [name for name, _, _ in table] == [each.name for each in settings.SETTINGS]
    assert ("calls.again", '"2 business days"', "When to try again after voicemail or no answer.") in table
    assert ("budget.messages_days", "7", "At most one message to a client and household in so many days.") in table
    assert {name: default for name, default, _ in table}["mail.from_address"] == "the owner's e-mail"
    assert all(description.endswith(('."', ".", '".')) for _, _, description in table)


def test_problems_belong_to_the_one_family_of_errors() -> None:
    """The boundary turns them into exit code 78."""
    assert issubclass(ConfigurationError, FollowupError)
    assert int(ConfigurationError("x").exit_code) == 78


# ---------------------------------------------------------------- codes


def test_minor_digits_are_those_of_the_currency() -> None:
    """Yen have none, dinars three, the others two."""
    assert [cells.minor_digits(each) for each in ("JPY", "KWD", "GBP")] == [0, 3, 2]


def test_codes_hold_together() -> None:
    """Every proposal is a known code."""
    for country in codes.COUNTRIES:
        assert codes.currency_of(country) in codes.CURRENCIES | {""}
        assert codes.language_of(country) in codes.LANGUAGES
    assert set(codes.MINOR_DIGITS) <= codes.CURRENCIES
    assert set(settings.SOFT_OPT_IN_COUNTRIES) <= codes.COUNTRIES
    assert codes.did_you_mean("x", []) == ""
