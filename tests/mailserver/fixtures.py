"""What tests of sending begin with: a mail server, and a home that sends through it.

``mail_server(security="starttls", faults=[Fault("dot", "drop")])`` gives a running `FaultServer`; all are ended with
the test. ``live_home(server, clients=3)`` makes the test's home one that sends through that server, with as many
thank-you e-mails due at `conftest.NOW`, and gives its `Program`; the fixture ``run`` works in the same home.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from tests.mailserver import Certificates, FaultServer
    from tests.mailserver.process import ServerProcess
    from tests.programs import Program

CA_NAME = "test-ca.pem"


class LiveHome(Protocol):
    """What the fixture `live_home` gives."""

    def __call__(self, server: FaultServer | ServerProcess, *, clients: int = ..., **settings: object) -> Program:
        """Make the home; *settings* are those of ``[mail]``, over what follows from the server."""


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Give one certificate of each kind."""
    from tests.mailserver import certificates

    return certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def mail_server(request: pytest.FixtureRequest) -> Iterator[Callable[..., FaultServer]]:
    """Give a maker of mail servers; it takes what `FaultServer` takes."""
    from tests.mailserver import FaultServer

    with ExitStack() as running:

        def make(**how: Any) -> FaultServer:
            if how.get("security", "none") != "none":
                how.setdefault("certificates", request.getfixturevalue("certificates"))
            return running.enter_context(FaultServer(**how))

        yield make


@pytest.fixture
def live_home(run: Callable[..., Any], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LiveHome:
    """Give a maker of a home that sends by itself."""
    from tests import programs
    from tests.mailserver import PASSWORD

    def make(server: FaultServer | ServerProcess, *, clients: int = 1, **settings: object) -> Program:
        monkeypatch.setenv("FOLLOWUP_MAIL_PASSWORD", PASSWORD)
        run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
        send_through(home, server, **settings)
        if clients:
            run("import", programs.jobs_file(tmp_path, "a", clients), "--yes")
        return programs.Program(home)

    return make


def send_through(home: Path, server: FaultServer | ServerProcess, **settings: object) -> None:
    """Make *home* send through *server*: what is due goes at once, without pauses and limits."""
    mail: dict[str, object] = {
        "transport": "smtp",
        "host": "localhost",
        "port": server.port,
        "security": server.security,
        "timeout": 5,
        "pause": 0,
        "per_run": 1000,
        "per_day": 10000,
    }
    if server.certificates is not None:
        (home / CA_NAME).write_bytes(server.certificates.ca_file.read_bytes())
        (home / CA_NAME).chmod(0o600)
        mail["ca_file"] = CA_NAME
    set_mail(home, **{**mail, **settings})


def set_mail(home: Path, **settings: object) -> None:
    """Set keys of ``[mail]`` in the home's settings; None takes a key away."""
    path = home / "followup.toml"
    text = path.read_text(encoding="utf-8")
    mail = {**tomllib.loads(text).get("mail", {}), **settings}
    lines = [f"{name} = {_toml(value)}" for name, value in mail.items() if value is not None]
    without = re.sub(r"(?ms)^\[mail\]\n.*?(?=^\[|\Z)", "", text)
    path.write_text(without.rstrip() + "\n\n[mail]\n" + "\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else '"' + str(value).replace('"', '\\"') + '"'
