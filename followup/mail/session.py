"""One connection to the mail server, which takes one message after the other.

Takes the settings of mail, the login, and finished bytes. Gives a `replies.Verdict` for whatever a server or a network
does. Touches the network.
"""

from __future__ import annotations

from collections.abc import Callable

from followup import settings
from followup.mail import passwords, replies


class Stopped(Exception):
    """No session came about; *verdict* says what stops the run."""

    def __init__(self, verdict: replies.Verdict) -> None:
        """Keep the verdict."""
        self.verdict = verdict
        super().__init__(verdict.said)


class Session:
    """A session with the server of *mail*; without *secret* it logs in nowhere."""

    def __init__(self, mail: settings.Mail, secret: passwords.Secret | None) -> None:
        """Take what is needed; nothing is connected yet."""

    @property
    def server(self) -> str:
        """Return the host as people are shown it."""
        raise NotImplementedError

    def open(self) -> None:
        """Connect, secure the line, log in; `Stopped` when that fails. A line that was open before is closed."""
        raise NotImplementedError

    def hand_over(self, raw: bytes, *, sender: str, recipient: str, fence: Callable[[], None]) -> replies.Verdict:
        """Hand one message to the server."""
        raise NotImplementedError

    def close(self) -> None:
        """Say goodbye; never raises and never takes long."""
        raise NotImplementedError
