"""The password is nowhere but where its owner put it: hunted for after every way to have it, and every way to fail.

Login lines in logs, in base64 that counted as hidden, are what others were found with (aiosmtpd#233, PHPMailer#1223,
postal#1308, authelia#117).
"""

from __future__ import annotations

import base64
import io
import json
import os
import shlex
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests import invariants
from tests.conftest import Ran
from tests.mailserver import USER, Fault, FaultServer
from tests.mailserver.fixtures import LiveHome, set_mail
from tests.programs import Program, ended

Run = Callable[..., Ran]

SECRET = "s3cr/t+w%rd &x?"
FORMS = {
    "as it is": SECRET,
    "in base64": base64.b64encode(SECRET.encode()).decode(),
    "as AUTH PLAIN": base64.b64encode(f"\0{USER}\0{SECRET}".encode()).decode(),
    "as AUTH PLAIN with a name": base64.b64encode(f"{USER}\0{USER}\0{SECRET}".encode()).decode(),
    "in a URL": quote(SECRET, safe=""),
}
RING = """
import pathlib
from keyring.backend import KeyringBackend
class Ring(KeyringBackend):
    priority = 9
    def get_password(self, service, username):
        return pathlib.Path({path!r}).read_text(encoding="utf-8")
    def set_password(self, service, username, password):
        pathlib.Path({path!r}).write_text(password, encoding="utf-8")
"""


def found_in(data: bytes) -> list[str]:
    """Return the forms of the password that *data* holds."""
    spelt = {shown: form.encode() for shown, form in FORMS.items()}
    spelt |= {f"{number}": form for number, form in enumerate(invariants.spellings(SECRET))}
    return [shown for shown, form in spelt.items() if form in data]


def hunt(*folders: Path, but: Path | None = None) -> list[str]:
    """Return where below *folders* the password stands; archives are looked into."""
    places = []
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file() and path != but):
        places += [f"{path}: {shown}" for shown in found_in(path.read_bytes())]
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                for member in archive:
                    inside = archive.extractfile(member) or io.BytesIO()
                    places += [f"{path}:{member.name}: {shown}" for shown in found_in(inside.read())]
    return places


def silent(*runs: Ran) -> None:
    """See that nothing of it was printed."""
    for ran in runs:
        assert not found_in((ran.stdout + ran.stderr).encode()), ran


@pytest.fixture(params=["environment", "command", "file", "keyring"])
def source(
    request: pytest.FixtureRequest, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Path | None]:
    """Give what puts the password into one of its places and returns the file that rightly holds it."""

    def place() -> Path | None:
        monkeypatch.delenv("FOLLOWUP_MAIL_PASSWORD", raising=False)
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir(mode=0o700, exist_ok=True)
        kept = elsewhere / "kept"
        kept.write_text(SECRET, encoding="utf-8")
        kept.chmod(0o600)
        if request.param == "environment":
            kept.unlink()
            monkeypatch.setenv("FOLLOWUP_MAIL_PASSWORD", SECRET)
            return None
        if request.param == "command":
            script = elsewhere / "tell.py"
            script.write_text(f"print(open({str(kept)!r}, encoding='utf-8').read())\n", encoding="utf-8")
            set_mail(home, password_command=shlex.join([sys.executable, str(script)]))
        elif request.param == "file":
            set_mail(home, password_file=str(kept))
        else:
            (elsewhere / "ring.py").write_text(RING.format(path=str(kept)), encoding="utf-8")
            set_mail(home, keyring=True)
            monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "ring.Ring")
            monkeypatch.setenv("RING", str(elsewhere))
        return kept

    return place


def start(program: Program, *words: str, **how: Any) -> Any:
    """Start a command that finds the test's keyring."""
    more = os.environ.get("RING", "")
    paths = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), more]))
    return program.start(*words, environment={"PYTHONPATH": paths}, **how)


COMMANDS = (
    ("mail", "test"),
    ("mail", "show"),
    ("-v", "send", "--yes"),
    ("run", "--cron"),
    ("status",),
    ("doctor",),
    ("config", "show", "--all"),
    ("message", "list"),
    ("backup",),
    ("reconcile",),
)


def test_no_place_but_its_own_ever_holds_the_password(
    source: Callable[[], Path | None], home: Path, mail_server: Callable[..., FaultServer], live_home: LiveHome
) -> None:
    """Screens, database, journal, log, drafts and backups after a good run with each of its sources."""
    server = mail_server(users={USER: SECRET})
    program = live_home(server, clients=2)
    kept = source()
    for words in COMMANDS:
        silent(ended(start(program, *words), None))
    assert len(server.messages) >= 2
    assert all(login.right for login in server.logins)
    assert hunt(home, home.parent, but=kept) == []


@pytest.mark.parametrize("place", ["auth", "mail", "rcpt", "dot"])
def test_a_server_that_repeats_the_password_is_not_quoted(
    home: Path,
    mail_server: Callable[..., FaultServer],
    live_home: LiveHome,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    """Raw, in base64, as AUTH PLAIN, in a URL: not on a screen, and not among a server's last words."""
    code = {"auth": 535, "mail": 451, "rcpt": 550, "dot": 554}[place]
    server = mail_server(
        users={USER: SECRET},
        faults=[Fault(place, "reply", line=f"{code} 5.7.8 no: {' ; '.join(FORMS.values())}")],
    )
    program = live_home(server, clients=1)
    monkeypatch.setenv("FOLLOWUP_MAIL_PASSWORD", SECRET)
    commands = (("-v", "send", "--yes"), ("-v", "mail", "test"), *COMMANDS[2:])
    runs = [ended(start(program, *words), None) for words in commands]
    silent(*runs)
    assert "***" in "".join(ran.stdout + ran.stderr for ran in runs)
    assert hunt(home) == []


def test_a_password_that_cannot_be_had_is_not_told_by_what_went_wrong(
    home: Path, mail_server: Callable[..., FaultServer], live_home: LiveHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that prints it and fails, a file that others can read."""
    program = live_home(mail_server(), clients=1)
    monkeypatch.delenv("FOLLOWUP_MAIL_PASSWORD")
    script = home.parent / "tell.py"
    script.write_text(f"import sys\nprint({SECRET!r})\nsys.exit({SECRET!r})\n", encoding="utf-8")
    set_mail(home, password_command=shlex.join([sys.executable, str(script)]))
    silent(program.run("-v", "send", "--yes", exit_code=None), program.run("doctor", exit_code=None))
    wide = home.parent / "wide"
    wide.write_text(SECRET, encoding="utf-8")
    wide.chmod(0o644)
    set_mail(home, password_command=None, password_file=str(wide))
    ran = program.run("-v", "send", "--yes", exit_code=77 if os.name == "posix" else None)
    silent(ran)
    assert hunt(home) == []


def descendants(pid: int) -> Iterator[int]:
    """Yield the children of a process, and theirs."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in map(int, found):
        yield child
        yield from descendants(child)


def seen(pid: int, what: str) -> bytes:
    """Return a file of a process, or nothing when it has gone."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes as files")
def test_neither_command_lines_nor_children_hold_the_password(
    source: Callable[[], Path | None], mail_server: Callable[..., FaultServer], live_home: LiveHome
) -> None:
    """While a run is at work: what `ps` shows of it, and what the child that fills in templates was given."""
    server = mail_server(users={USER: SECRET}, delays={"mail": 0.3})
    program = live_home(server, clients=3)
    source()
    process = start(program, "send", "--yes")
    children: dict[int, bytes] = {}
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        assert not found_in(seen(process.pid, "cmdline"))
        for child in descendants(process.pid):
            assert not found_in(seen(child, "cmdline"))
            command, environment = seen(child, "cmdline"), seen(child, "environ")
            if b"followup.render" in command:
                children[child] = environment
                assert not found_in(environment)
        time.sleep(0.005)
    ended(process, None)
    assert len(server.messages) == 3
    assert len(children) == 1, "one child fills in the templates of a run"


def test_json_of_settings_and_checks_names_no_secret(
    home: Path, mail_server: Callable[..., FaultServer], live_home: LiveHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What programs read and people paste into requests for help."""
    program = live_home(mail_server(users={USER: SECRET}), clients=1)
    monkeypatch.setenv("FOLLOWUP_MAIL_PASSWORD", SECRET)
    for words in (("config", "show", "--all"), ("doctor",)):
        ran = program.run(*words, "--format", "json", exit_code=None)
        silent(ran)
        assert json.loads(ran.stdout)
