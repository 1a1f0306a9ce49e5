"""Looking a home over: what is wrong, and what would mend it.

Takes a Home and, where its settings can be read, a Desk. Gives checks. Touches nothing.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import stat
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from followup import files, home, providers, settings, workdays
from followup.errors import ConfigurationError, FollowupError
from followup.home import Home
from followup.mail import passwords
from followup.model import AttemptState, Purpose
from followup.report import words
from followup.workflow import guides, journal, mailbox, mailnotes
from followup.workflow.desk import Desk

NOTICE = timedelta(days=60)
"""How long before a provider may stop taking passwords the owner is told."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that `doctor` looked at."""

    about: str
    ok: bool
    said: str
    fix: str = ""
    serious: bool = True


def examine(made: Home, desk: Desk | None) -> list[Check]:
    """Look at everything a home consists of. *desk* is None when the settings could not be read."""
    checks = [_place(made), *_modes(made)]
    try:
        settings.load(made.settings_path)
        checks.append(Check("settings", True, "followup.toml is understood"))
    except ConfigurationError as error:
        checks += [Check("settings", False, problem, "edit followup.toml") for problem in error.problems]
    if desk is None:
        return checks
    database = _database(desk)
    checks += [
        database,
        *(_journal(desk) if database.ok else []),
        *_templates(desk),
        *_exporters(made),
        *(Check("guides", False, wrong, "see the folder guides/", serious=False) for wrong in guides.missing(desk)),
        *_reachable(desk),
    ]
    if desk.settings.mail.by_server:
        checks += [*_server(desk), *(_sending(desk) if database.ok else [])]
    checks += [_steps(desk), _holidays(desk)] if database.ok else []
    return checks


def _place(made: Home) -> Check:
    warning = home.sync_folder_warning(made.path)
    if warning:
        return Check("home", False, warning, "move the home to a folder of this computer's own disk", serious=False)
    return Check("home", True, str(made.path))


def _modes(made: Home) -> list[Check]:
    if sys.platform == "win32":
        return []
    checks = []
    for path in (made.path, made.settings_path, made.database_path, made.journal_path, made.key_path):
        if not path.exists():
            if path != made.journal_path:  # the first hand-over makes it
                checks.append(Check("files", False, f"{path.name} is missing", "bring it back with `followup restore`"))
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = files.PRIVATE_FOLDER if path.is_dir() else files.PRIVATE_FILE
        if mode & ~wanted:
            checks.append(
                Check("files", False, f"{path} can be read by others (mode {mode:o})", f"chmod {wanted:o} '{path}'")
            )
        if not os.access(path, os.W_OK):
            checks.append(Check("files", False, f"{path} cannot be written", f"chmod u+w '{path}', or ask its owner"))
    return checks or [Check("files", True, "private to you")]


def _database(desk: Desk) -> Check:
    try:
        problems = desk.store.check()
    except FollowupError as error:
        return Check("database", False, str(error), "bring it back with `followup restore BACKUP`")
    if problems:
        return Check("database", False, "; ".join(problems), "bring it back with `followup restore BACKUP`")
    counts = desk.store.counts()
    held = ", ".join(words.plural(counts[f"{name}s"], name) for name in ("client", "job", "contact"))
    return Check("database", True, held)


def _journal(desk: Desk) -> list[Check]:
    checks = [
        Check("journal", False, problem, "keep the file as it is; the next hand-over goes on behind it", serious=False)
        for problem in desk.journal.problems()
    ]
    ahead = journal.ahead(desk)
    if ahead:
        listed = ", ".join(sorted(ahead)[:5])
        checks.append(
            Check(
                "journal",
                False,
                f"the database is older: the journal knows {len(ahead)} hand-overs that it does not ({listed})",
                "`followup reconcile` lists them and says what to do",
            )
        )
    return checks or [Check("journal", True, "agrees with the database")]


def _templates(desk: Desk) -> list[Check]:
    from followup.workflow import templating

    problems = templating.check(desk)
    if not problems:
        return [Check("templates", True, "every template renders for every kind of client")]
    return [Check("templates", False, str(problem), "followup template edit NAME") for problem in problems]


def _exporters(made: Home) -> list[Check]:
    from followup.intake import exporters

    try:
        own = exporters.of_home(made.exporters_path)
    except ConfigurationError as error:
        return [Check("exporters", False, problem, "edit that file") for problem in error.problems]
    return [Check("exporters", True, ", ".join(each.title for each in own))] if own else []


def _reachable(desk: Desk) -> Iterator[Check]:
    """Yield what has to be known of the business before messages can go out."""
    if not desk.settings.mail.from_address:
        yield Check(
            "mail", False, "e-mails wait: we have no address to write from", "set mail.from_address", serious=False
        )
    waiting = any(step.enabled and step.purpose is Purpose.MARKETING for step in desk.settings.steps)
    if waiting and not desk.settings.business.address:
        yield Check(
            "mail",
            False,
            "marketing messages wait: they have to show our postal address",
            "set business.address",
            serious=False,
        )


# ---------------------------------------------------------------- the mail server, without asking it


def _server(desk: Desk) -> Iterator[Check]:
    """Yield what the settings say of the mail server. Nothing connects to it, and no secret is looked at."""
    mail = desk.settings.mail
    hourly = f", {mail.per_hour} an hour" if mail.per_hour else ""
    limits = f"at most {mail.per_run} in a run{hourly}, {mail.per_day} in 24 hours"
    as_whom = f"as {mail.user}" if mail.logs_in else "without a login"
    yield Check("mail", True, f"goes to {mail.host}:{mail.port} ({mail.security}) {as_whom}; {limits}")
    provider = providers.PROVIDERS.get(mail.provider)
    if mail.logs_in:
        yield _password(desk, provider)
    if mail.ca_file:
        path = desk.home.path / Path(mail.ca_file).expanduser()
        if not (path.is_file() and os.access(path, os.R_OK)):
            yield Check(
                "mail", False, f"{path} cannot be read", "put the certificates there, or take mail.ca_file away"
            )
    if provider is not None:
        yield from _provider(desk, provider)
    elif mail.logs_in and not mail.is_loopback:
        yield from _domain(mail.from_address, mail.user, ())


def _password(desk: Desk, provider: providers.Provider | None) -> Check:
    """Tell where the password would be taken from; the first of `passwords.find` that is set."""
    mail = desk.settings.mail
    if passwords.VARIABLE in os.environ:
        return Check("mail", True, f"password: from {passwords.VARIABLE}, which cron has to be given as well")
    if mail.password_command:
        program = shlex.split(mail.password_command)[0]
        if shutil.which(program, path=os.environ.get("PATH")) or (desk.home.path / program).is_file():
            return Check("mail", True, f"password: from the command {program}")
        return Check("mail", False, f"mail.password_command: there is no program {program}", "install or correct it")
    if mail.password_file:
        return _password_file(desk.home.path / Path(mail.password_file).expanduser())
    if mail.keyring:
        if importlib.util.find_spec("keyring") is not None:
            return Check("mail", True, "password: from the system's keyring, if `followup mail login` has put it there")
        return Check(
            "mail", False, "mail.keyring is set, and keyring is not installed", "pip install 'followup[keyring]'"
        )
    wanted = f"; {provider.title} wants {provider.password}" if provider is not None else ""
    fix = f"set mail.password_command or mail.password_file, or `followup mail login`{wanted}"
    return Check("mail", False, f"there is no password for {mail.user}", fix)


def _password_file(path: Path) -> Check:
    if not path.is_file():
        return Check("mail", False, f"mail.password_file: {path} is not there", "write the password into it")
    if sys.platform != "win32" and path.stat().st_mode & passwords.OTHERS:
        return Check("mail", False, f"{path} can be read by others, so that it is not used", f"chmod 600 '{path}'")
    if not os.access(path, os.R_OK):
        return Check("mail", False, f"{path} cannot be read by you", "make it yours, or name another file")
    return Check("mail", True, f"password: from {path}")


def _provider(desk: Desk, provider: providers.Provider) -> Iterator[Check]:
    mail = desk.settings.mail
    yield from _domain(mail.from_address, mail.user, provider.domains)
    if provider.per_day and mail.per_day > provider.per_day:
        text = f"mail.per_day is {mail.per_day}; {provider.title} takes {provider.per_day} in 24 hours"
        yield Check("mail", False, text, "set it well below: what you send by hand counts as well", serious=False)
    if provider.until is not None and desk.today > provider.until - NOTICE:
        text = f"{provider.title} is sure to take passwords only until {words.full_day(provider.until)}"
        yield Check("mail", False, text, f"it wants {provider.password}", serious=False)


def _domain(sender: str, user: str, domains: Collection[str]) -> Iterator[Check]:
    """Yield a note when others cannot tell that *sender* is ours: SPF and DKIM are those of the account's domain."""
    domain = sender.rpartition("@")[2].lower()
    own = tuple(domains) or ((user.rpartition("@")[2].lower(),) if "@" in user else (domain,))
    if domain not in own:
        text = f"messages come from {sender}, and the account is at {own[0]}: they may well be taken for forged"
        fix = "write from an address of the account's domain, or have this provider send for yours (SPF and DKIM)"
        yield Check("mail", False, text, fix, serious=False)


def _sending(desk: Desk) -> Iterator[Check]:
    """Yield what earlier runs have noted: what stops sending, what waits for an answer, when all went well."""
    block, pause = mailnotes.block(desk), mailnotes.pause(desk)
    if block is not None:
        fix = "mend it, then `followup mail test`: nothing is tried before that, so that the account is not locked"
        yield Check("sending", False, mailbox.describe_block(desk, block), fix)
    if pause is not None:
        what = mailbox.describe_pause(desk, pause)
        yield Check("sending", False, what, "nothing to do; it goes on by itself", serious=False)
    unknown = len(list(desk.store.open_attempts([AttemptState.UNKNOWN])))
    if unknown:
        text = f"{words.plural(unknown, 'message')} may have gone out, and nobody knows"
        yield Check("sending", False, text, "followup confirm", serious=False)
    good = mailnotes.last_good_run(desk)
    if good is not None:
        yield Check("sending", True, f"last went well on {_when(desk, good)}")
    elif block is None and mailnotes.tested(desk) is None and desk.store.last_accepted_at() is None:
        yield Check("sending", False, "has never been tried", "followup mail test", serious=False)


def _when(desk: Desk, instant: datetime) -> str:
    local = desk.local(instant)
    return f"{words.full_day(local.date())}, {local:%H:%M}"


# ---------------------------------------------------------------- cadences and days


def _steps(desk: Desk) -> Check:
    try:
        desk.check_steps()
    except ConfigurationError as error:
        return Check("cadences", False, str(error), "edit followup.toml")
    return Check("cadences", True, f"{sum(step.enabled for step in desk.settings.steps)} steps in force")


def _holidays(desk: Desk) -> Check:
    business = desk.settings.business
    regions = workdays.regions(business.country)
    if business.region and business.region not in regions:
        return Check(
            "holidays",
            False,
            f"business.region '{business.region}' is no region of {business.country}",
            f"one of: {', '.join(regions)}" if regions else "leave business.region empty",
        )
    return Check("holidays", True, f"next closed day: {_next_closed(desk)}")


def _next_closed(desk: Desk) -> str:
    day = desk.today
    for _ in range(400):
        day = date.fromordinal(day.toordinal() + 1)
        if day.weekday() < 5 and not desk.calendar.is_business_day(day):
            return f"{words.long_day(day)}, {desk.calendar.why_closed(day)}"
    return "none known"
