"""The guards around every test, and the few fixtures that all of them share.

No test reaches the network beyond this machine, finds a home folder, or sees the settings of whoever runs it.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.mailserver.fixtures import certificates, live_home, mail_server  # noqa: F401 - fixtures for every test

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"
NOW = "2026-03-02T09:15"  # a Monday; the day on which the example business is told
NOWHERE = Path(tempfile.gettempdir()) / f"followup-tests-have-no-home-{os.getpid()}"

# The same examples on every run, so that a red test means a change; whoever hunts for new ones says
# FOLLOWUP_TESTS_PROFILE=search.
hypothesis.settings.register_profile("dev", deadline=None, max_examples=50, derandomize=True)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=100, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("search", deadline=None, max_examples=500)
hypothesis.settings.load_profile(os.environ.get("FOLLOWUP_TESTS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two options of our own."""
    parser.addoption("--update-golden", action="store_true", help="write tests/golden/ anew; review the diff")
    parser.addoption("--slow", action="store_true", help="run the long storms too")


def pytest_configure(config: pytest.Config) -> None:
    """Let programs that tests start be interrupted, and keep them out of the measurement of branches.

    What counts is measured in process. Whoever is started in the background by a script inherits that Ctrl-C means
    nothing to it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return  # with -n the workers run the tests: they are started later, and measured
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        os.environ.pop(name, None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for, and what has no server to talk to; CI insists on the server."""
    storms = pytest.mark.skip(reason="a long storm; run with --slow")
    server = pytest.mark.skip(reason="FOLLOWUP_TESTS_POSTGRES names no server")
    has_server = bool(os.environ.get("FOLLOWUP_TESTS_POSTGRES")) or required("postgres")
    for item in items:
        if item.get_closest_marker("slow") and not config.getoption("--slow"):
            item.add_marker(storms)
        if item.get_closest_marker("postgres") and not has_server:
            item.add_marker(server)


def required(part: str) -> bool:
    """Tell whether FOLLOWUP_TESTS_REQUIRE lists *part*: then its tests fail rather than being left out."""
    return part in os.environ.get("FOLLOWUP_TESTS_REQUIRE", "").replace(",", " ").split()


# ---------------------------------------------------------------- guards


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide the home folder, the settings and the time zone of whoever runs the tests."""
    for name in ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA"):
        monkeypatch.setenv(name, str(NOWHERE))
    for name in os.environ:
        if name.startswith("FOLLOWUP_") and not name.startswith("FOLLOWUP_TESTS_"):
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "PAGER", "EDITOR", "VISUAL", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    # Far from every home's own zone: whoever asks the system for the day gets it wrong, and a test says so.
    _set_zone(monkeypatch, "Asia/Kolkata")
    yield
    monkeypatch.undo()
    _tell_libc()
    assert not NOWHERE.exists(), "a test wrote into the home folder of whoever runs it"


def _set_zone(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    _tell_libc()


def _tell_libc() -> None:
    if hasattr(time, "tzset"):  # not on Windows
        time.tzset()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and every name look-up that leaves this machine."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(host: object) -> None:
        if str(host) not in {"localhost", "127.0.0.1", "::1", "None", ""}:
            raise AssertionError(f"a test wanted to reach {host}; tests talk to this machine only")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple):
            check(address[0])
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        if isinstance(address, tuple):
            check(address[0])
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        check(host.decode() if isinstance(host, bytes) else host)
        return getaddrinfo(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)


# ---------------------------------------------------------------- fixtures


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with tests/golden/NAME; ``--update-golden`` writes it anew, and the diff is reviewed like code."""

    def compare(name: str, text: str) -> None:
        path = HERE / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        assert path.exists(), f"{path} does not exist yet; run pytest --update-golden and read what it wrote"
        assert text == path.read_text(encoding="utf-8"), f"differs from {path}; pytest --update-golden writes it anew"

    return compare


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    exit_code: int
    stdout: str
    stderr: str


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the home of this test is, or will be once ``init`` has made it."""
    return tmp_path / "home"


@pytest.fixture
def run(home: Path) -> Callable[..., Ran]:
    """Run a command in this process, in this test's home, on the day of the example; no terminal is there.

    ``run("due", "--format", "json", now="2026-03-09", stdin="", exit_code=0)``: *now* is the day the command takes
    for today (None: the real one), *stdin* is what stands there, and *exit_code* is what must come of it (None:
    whatever comes). With *answers* a person sits at a terminal and types them, line by line; when they have typed all,
    they leave with Ctrl-D. An exception that is not an ordinary exit is raised here as it is.
    """
    from click.testing import CliRunner

    from followup import cli
    from followup.cli.app import App

    def invoke(
        *arguments: str | os.PathLike[str],
        now: str | None = NOW,
        stdin: str = "",
        answers: str | None = None,
        exit_code: int | None = 0,
    ) -> Ran:
        root = ["--home", str(home)] + (["--now", now] if now else [])
        words = [os.fspath(argument) for argument in arguments]
        person = None if answers is None else App(person_is_there=True)
        result = CliRunner().invoke(cli.cli, root + words, input=answers or stdin, obj=person)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        ran = Ran(result.exit_code, result.stdout, result.stderr)
        if exit_code is not None:
            assert ran.exit_code == exit_code, f"followup {' '.join(words)}\n{ran.stdout}{ran.stderr}"
        return ran

    return invoke


@pytest.fixture
def made(run: Callable[..., Ran]) -> Callable[..., Ran]:
    """Give `run` in a home with one client, Ada Hall, and one thing due: the thank-you for her boiler service."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    run("client", "add", "--name", "Ada Hall", "--email", "ada@example.com")
    run("job", "add", "hall", "--service", "Boiler service", "--completed", "2026-02-27")
    return run


@pytest.fixture
def business(home: Path, run: Callable[..., Ran], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ran]:
    """Give `run` in a home of the example business with its address book and job book, on the day of the example."""
    kept = tmp_path_factory.getbasetemp() / "example-business"
    if not kept.exists():
        run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", now=None)
        shutil.copyfile(EXAMPLES / "followup.toml", home / "followup.toml")
        shutil.copytree(EXAMPLES / "guides", home / "guides", dirs_exist_ok=True)
        run("import", EXAMPLES / "clients.csv", EXAMPLES / "jobs.csv", "--yes")
        shutil.copytree(home, kept)
    else:
        shutil.copytree(kept, home)
    return run
