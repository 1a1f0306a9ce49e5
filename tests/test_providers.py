"""The providers of mail: facts that the rest of the program relies on."""

from __future__ import annotations

import re
from datetime import date

import pytest

from followup import providers, settings
from followup.providers import Provider


def test_the_promised_providers_are_known() -> None:
    """By the names that stand in followup.toml."""
    names = ["gmail", "workspace", "microsoft365", "outlook", "yahoo", "icloud", "fastmail"]
    assert list(providers.PROVIDERS) == names


@pytest.mark.parametrize("provider", providers.PROVIDERS.values(), ids=providers.PROVIDERS)
def test_each_is_whole(provider: Provider) -> None:
    """The server is reached encrypted on the port that belongs to it; the kind of password is said, and where from."""
    assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", provider.host)
    assert settings.PORTS[provider.security] == provider.port
    assert provider.security in ("tls", "starttls")
    assert provider.per_day >= 0
    assert provider.as_of >= date(2026, 1, 1)
    assert provider.password
    assert not provider.password.endswith(".")
    if provider.takes_passwords:
        assert "password" in provider.password
        assert any(place in provider.password for place in ("https://", "Settings", "administrator"))


def test_our_pace_stays_below_every_limit() -> None:
    """A hundred a day and a pause of four seconds: also within the thirty a minute of Microsoft 365."""
    ours = settings.parse("", where="followup.toml").mail
    for provider in providers.PROVIDERS.values():
        assert ours.per_day <= provider.per_day / 3 or not provider.per_day
    assert 60 / ours.pause <= 30


def test_the_end_of_passwords_is_dated() -> None:
    """What will change is data, not memory."""
    assert providers.PROVIDERS["microsoft365"].until == date(2026, 12, 31)
    assert "December 2026" in providers.PROVIDERS["microsoft365"].password
    assert not providers.PROVIDERS["outlook"].takes_passwords
