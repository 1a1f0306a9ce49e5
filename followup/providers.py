"""Mail providers by short name: server, limits, and which kind of password each one wants.

Takes nothing. Gives data, which the providers' own pages state as of `Provider.as_of`; numbers marked there as our
own reading are left out (0: not known). Touches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from followup.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider. Limits count recipients, whatever the account sends by hand included; 0 is none that we know."""

    title: str
    host: str
    port: int
    security: str  # tls | starttls
    per_day: int  # in any 24 hours
    per_hour: int = 0
    password: str  # which kind it wants, and where it is made; or why it takes none
    takes_passwords: bool = True
    until: date | None = None  # the last day on which that is sure
    domains: tuple[str, ...] = ()  # of its addresses; empty: the account's own domain
    as_of: date = date(2026, 11, 1)


PROVIDERS: Mapping[str, Provider] = {
    "gmail": Provider(
        title="Gmail",
        host="smtp.gmail.com",
        port=465,
        security="tls",
        per_day=500,
        password="an app password, not the one you sign in with: switch on 2-step verification, then make one at "
        "https://myaccount.google.com/apppasswords",
        domains=("gmail.com", "googlemail.com"),
    ),
    "workspace": Provider(
        title="Google Workspace",
        host="smtp.gmail.com",
        port=465,
        security="tls",
        per_day=2000,
        password="an app password, not the one you sign in with: switch on 2-step verification, then make one at "
        "https://myaccount.google.com/apppasswords; where there is no such page, your administrator allows it",
    ),
    "microsoft365": Provider(
        title="Microsoft 365",
        host="smtp.office365.com",
        port=587,
        security="starttls",
        per_day=10_000,
        per_hour=1800,  # 30 a minute
        password="the password of the mailbox, with SMTP AUTH allowed for it by the administrator; tenants made new, "
        "and from the end of December 2026 every tenant, have it switched off until the administrator allows it",
        until=date(2026, 12, 31),
    ),
    "outlook": Provider(
        title="Outlook.com (Hotmail, Live, MSN)",
        host="smtp-mail.outlook.com",
        port=587,
        security="starttls",
        per_day=300,
        password="since 16 September 2024 it lets no program in with a password, app passwords included",
        takes_passwords=False,
        domains=("outlook.com", "hotmail.com", "live.com", "msn.com"),
    ),
    "yahoo": Provider(
        title="Yahoo",
        host="smtp.mail.yahoo.com",
        port=465,
        security="tls",
        per_day=500,
        password="an app password, not the one you sign in with: make one under Account security at "
        "https://login.yahoo.com/account/security",
        domains=("yahoo.com", "ymail.com", "rocketmail.com", "yahoo.co.uk", "yahoo.ca", "yahoo.de", "yahoo.fr"),
    ),
    "icloud": Provider(
        title="iCloud",
        host="smtp.mail.me.com",
        port=587,
        security="starttls",
        per_day=1000,
        password="an app-specific password, not that of the Apple Account: make one under Sign-In and Security at "
        "https://account.apple.com; user is the whole iCloud address, also when you write from a domain of your own",
    ),
    "fastmail": Provider(
        title="Fastmail",
        host="smtp.fastmail.com",
        port=465,
        security="tls",
        per_day=0,  # by plan
        password="an app password, not the one you sign in with: make one under Settings, Privacy & Security, with "
        "access to SMTP",
    ),
}
"""By the name that stands in followup.toml."""
