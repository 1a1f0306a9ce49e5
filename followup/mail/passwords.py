"""Where the password for the mail server comes from.

Takes the settings and the environment. Gives a `Secret`, which hides itself. Touches what the owner named: a command, a
file, the system's keyring. Asks nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from followup import settings


class Secret:
    """A login that neither prints itself nor lets others print it."""

    def __init__(self, user: str, password: str) -> None:
        """Keep both."""
        self.user = user
        self._password = password

    def reveal(self) -> str:
        """Return the password; for the session alone."""
        return self._password

    def redact(self, text: str) -> str:
        """Return *text* with the password hidden in every form in which servers and programs repeat it."""
        raise NotImplementedError


def find(mail: settings.Mail, *, environ: Mapping[str, str], home: Path) -> Secret:
    """Return the login of *mail* from the first source that is set."""
    raise NotImplementedError


def keep_in_keyring(mail: settings.Mail, password: str) -> None:
    """Store the password in the system's keyring."""
    raise NotImplementedError
