"""Where the password comes from, and that nothing ever shows it."""

from __future__ import annotations

import base64
import os
import shlex
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import settings
from followup.errors import ConfigurationError, NoPermission
from followup.mail import passwords
from tests import factories

WORD = "correct horse"
posix_only = pytest.mark.skipif(os.name != "posix", reason="the modes and owners of files are those of POSIX")


class Ring(keyring.backend.KeyringBackend):
    """A keyring that holds what it is given, until it is locked."""

    priority = 1

    def __init__(self) -> None:
        """Begin empty and open."""
        super().__init__()  # type: ignore[no-untyped-call]  # keyring has no types there
        self.held: dict[tuple[str, str], str] = {}
        self.locked = ""

    def _open(self) -> dict[tuple[str, str], str]:
        if self.locked:
            raise keyring.errors.KeyringLocked(self.locked)
        return self.held

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is held."""
        return self._open().get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Hold it."""
        self._open()[service, username] = password


@pytest.fixture
def ring() -> Iterator[Ring]:
    """Give the keyring that programs find on this machine."""
    before, ours = keyring.get_keyring(), Ring()
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)


def python(code: str) -> str:
    """Return a command that runs *code*."""
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


def find(mail: settings.Mail, home: Path, **environ: str) -> passwords.Secret:
    """Ask for the password as a run does."""
    return passwords.find(mail, environ=environ, home=home)


def refusal(mail: settings.Mail, home: Path, **environ: str) -> str:
    """Return why there is no password."""
    with pytest.raises(ConfigurationError) as raised:
        find(mail, home, **environ)
    return str(raised.value)


def private(path: Path, text: str | bytes) -> Path:
    """Write a file that only its owner may read."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)
    return path


# ---------------------------------------------------------------- which one


def test_the_first_that_is_set_is_taken(tmp_path: Path, ring: Ring) -> None:
    """The environment, the command, the file, the keyring: in this order."""
    private(tmp_path / "pw", "of-the-file\n")
    mail = factories.mail(password_command=python("print('of-the-command')"), password_file="pw", keyring=True)
    ring.held["followup", mail.user] = "of-the-keyring"
    found = [find(mail, tmp_path, FOLLOWUP_MAIL_PASSWORD="of-the-environment").reveal()]
    for unset in ("password_command", "password_file"):
        found.append(find(mail, tmp_path).reveal())
        mail = factories.mail(**{**fields(mail), unset: ""})
    found.append(find(mail, tmp_path).reveal())
    assert found == ["of-the-environment", "of-the-command", "of-the-file", "of-the-keyring"]
    assert find(mail, tmp_path).user == "sam@alder.example.com"


def fields(mail: settings.Mail) -> dict[str, object]:
    """Return where the password of *mail* may come from."""
    return {name: getattr(mail, name) for name in ("password_command", "password_file", "keyring")}


def test_one_that_is_set_and_empty_does_not_fall_through(tmp_path: Path, ring: Ring) -> None:
    """A wrapper whose own look-up failed sets nothing; another password would only help to lock the account."""
    private(tmp_path / "pw", "\n")
    ring.held["followup", "sam@alder.example.com"] = WORD
    assert "FOLLOWUP_MAIL_PASSWORD: the password is empty" in refusal(
        factories.mail(keyring=True), tmp_path, FOLLOWUP_MAIL_PASSWORD=""
    )
    assert "empty" in refusal(factories.mail(password_file="pw", keyring=True), tmp_path)
    assert "empty" in refusal(factories.mail(password_command=python("pass"), keyring=True), tmp_path)


def test_without_any_the_ways_are_listed(tmp_path: Path) -> None:
    """Nobody is asked; the text says what can be done."""
    said = refusal(factories.mail(), tmp_path)
    for way in ("followup mail login", "password_command", "password_file", "FOLLOWUP_MAIL_PASSWORD"):
        assert way in said


@pytest.mark.parametrize("password", ["two\nlines", "nul\0", "bell\a", "x" * 5000, "\udcff"])
def test_what_cannot_be_typed_is_no_password(tmp_path: Path, password: str) -> None:
    """A line end or a NUL would end the login in the middle."""
    said = refusal(factories.mail(), tmp_path, FOLLOWUP_MAIL_PASSWORD=password)
    assert "one line" in said
    assert password not in said


@pytest.mark.parametrize(
    ("provider", "shown", "meant"),
    [
        ("gmail", "abcd efgh ijkl mnop", "abcdefghijklmnop"),
        ("yahoo", " abcd\u00a0efgh ijkl mnop ", "abcdefghijklmnop"),
        ("microsoft365", WORD, WORD),
        ("", "abcd efgh ijkl mnop", "abcd efgh ijkl mnop"),
        ("", " blanks around ", " blanks around "),
        ("", "pässwörd€", "pässwörd€"),
    ],
)
def test_blanks_of_an_app_password_are_no_part_of_it(tmp_path: Path, provider: str, shown: str, meant: str) -> None:
    """Providers show it in four groups; any other password is left as it is."""
    secret = find(factories.mail(provider=provider), tmp_path, FOLLOWUP_MAIL_PASSWORD=shown)
    assert secret.reveal() == meant


# ---------------------------------------------------------------- the command


def test_the_first_line_of_the_command_is_the_password(tmp_path: Path) -> None:
    """As `pass` prints it: the rest is notes. It runs in the home."""
    (tmp_path / "note").write_text("from-the-home\nurl: x\n", encoding="utf-8")
    mail = factories.mail(password_command=python("print(open('note').read(), end='')"))
    assert find(mail, tmp_path).reveal() == "from-the-home"


def test_the_command_is_run_without_a_shell(tmp_path: Path) -> None:
    """What a shell would do with it does not happen."""
    mail = factories.mail(password_command=python("import sys; print(sys.argv[1])") + " '$HOME;`id`|x'")
    assert find(mail, tmp_path).reveal() == "$HOME;`id`|x"


def test_the_command_has_nobody_to_ask(tmp_path: Path) -> None:
    """Standard input is empty, and there is no terminal."""
    code = (
        "import os, sys\n"
        "try:\n    os.close(os.open('/dev/tty', os.O_RDWR)); tty = 'tty'\n"
        "except OSError:\n    tty = 'no-tty'\n"
        "print(tty + '/' + repr(sys.stdin.read()))"
    )
    assert find(factories.mail(password_command=python(code)), tmp_path).reveal() == "no-tty/''"


@pytest.mark.skipif(os.name != "posix", reason="Windows waits for whoever holds the output")
def test_a_command_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it started another program that holds its output."""
    monkeypatch.setattr(passwords, "COMMAND_LIMIT", 0.3)
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(3)'])"
    begun = time.monotonic()
    assert "took longer than" in refusal(factories.mail(password_command=python(code)), tmp_path)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-program-anywhere --x", "cannot run 'no-such-program-anywhere'"),
        ("unclosed 'quote", "Close every quote"),
        (python("import sys; sys.exit('the store is locked')"), "ended with 1: the store is locked"),
        (python("import sys; sys.stderr.write('\\x1b[2Jx'); sys.exit(3)"), "ended with 3: ␛[2Jx"),
        (python("import sys; sys.exit(4)"), "ended with 4. Try it"),
    ],
)
def test_a_command_that_fails_says_how(tmp_path: Path, command: str, said: str) -> None:
    """Which setting, which program, what it said."""
    found = refusal(factories.mail(password_command=command), tmp_path)
    assert "mail.password_command" in found
    assert said in found


@pytest.mark.parametrize("stream", ["sys.stderr.write(word)", "sys.stderr.write(repr(word).upper() + word)"])
def test_what_a_failing_command_says_of_the_password_is_not_shown(tmp_path: Path, stream: str) -> None:
    """It printed the password, then repeated it in its complaint."""
    code = f"import sys; word = 'correct-horse'; print(word); {stream}; sys.exit(1)"
    said = refusal(factories.mail(password_command=python(code)), tmp_path)
    assert "correct-horse" not in said
    assert "ended with 1." in said


def test_the_arguments_of_the_command_are_not_shown(tmp_path: Path) -> None:
    """Somebody wrote the password into the command itself."""
    assert WORD not in refusal(factories.mail(password_command=f"no-such-program '{WORD}'"), tmp_path)


# ---------------------------------------------------------------- the file


@pytest.mark.parametrize("text", [f"{WORD}\n", f"{WORD}\r\n", WORD, f"\ufeff{WORD}\nnotes\n"])
def test_the_first_line_of_the_file_is_the_password(tmp_path: Path, text: str) -> None:
    """However its lines end, and whatever editor wrote it."""
    private(tmp_path / "pw", text)
    assert find(factories.mail(password_file="pw"), tmp_path).reveal() == WORD
    assert find(factories.mail(password_file=str(tmp_path / "pw")), tmp_path / "elsewhere").reveal() == WORD


@posix_only
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666, 0o610])
def test_a_file_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    """As ssh refuses such a key; the text says the command that mends it."""
    path = private(tmp_path / "pw", WORD)
    path.chmod(mode)
    with pytest.raises(NoPermission, match="chmod 600") as raised:
        find(factories.mail(password_file="pw"), tmp_path)
    assert WORD not in str(raised.value)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@posix_only
def test_a_link_to_a_private_file_is_followed_and_one_to_an_open_file_refused(tmp_path: Path) -> None:
    """What counts is the file that is read."""
    private(tmp_path / "closed", WORD)
    (tmp_path / "open").write_text(WORD, encoding="utf-8")
    (tmp_path / "open").chmod(0o644)
    for name in ("closed", "open"):
        (tmp_path / f"to-{name}").symlink_to(tmp_path / name)
    assert find(factories.mail(password_file="to-closed"), tmp_path).reveal() == WORD
    with pytest.raises(NoPermission):
        find(factories.mail(password_file="to-open"), tmp_path)


@posix_only
def test_a_file_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They could read it, and change it."""
    private(tmp_path / "pw", WORD)
    ours = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: ours + 1)
    with pytest.raises(NoPermission, match="somebody else"):
        find(factories.mail(password_file="pw"), tmp_path)


@posix_only
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_we_may_not_read_is_told(tmp_path: Path) -> None:
    """77, not a traceback."""
    private(tmp_path / "pw", WORD).chmod(0)
    with pytest.raises(NoPermission, match="not allowed"):
        find(factories.mail(password_file="pw"), tmp_path)


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    """Missing, a folder, or not text: where, what, what now."""
    private(tmp_path / "pw", b"\xff\xfe\x00")
    (tmp_path / "folder").mkdir()
    assert "there is no such file" in refusal(factories.mail(password_file="missing"), tmp_path)
    assert "UTF-8" in refusal(factories.mail(password_file="pw"), tmp_path)
    assert "not a file" in refusal(factories.mail(password_file="folder"), tmp_path)


@posix_only
def test_a_pipe_that_nobody_writes_into_is_not_waited_for(tmp_path: Path) -> None:
    """A run that waits holds the lock."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "not a file" in refusal(factories.mail(password_file="pipe"), tmp_path)


# ---------------------------------------------------------------- the keyring


def test_what_is_kept_in_the_keyring_is_found_there(tmp_path: Path, ring: Ring) -> None:
    """By the login name, so that two homes can have two accounts; blanks of an app password are left out."""
    mail = factories.mail(provider="gmail", keyring=True)
    passwords.keep_in_keyring(mail, "abcd efgh ijkl mnop\n")
    assert ring.held == {("followup", "sam@alder.example.com"): "abcdefghijklmnop"}
    assert find(mail, tmp_path).reveal() == "abcdefghijklmnop"


def test_the_keyring_is_asked_only_where_it_is_switched_on(tmp_path: Path, ring: Ring) -> None:
    """Cron has none; a home that wants none is not made to wait for one."""
    ring.held["followup", "sam@alder.example.com"] = WORD
    assert "no password" in refusal(factories.mail(), tmp_path)


def test_a_keyring_without_this_password_says_how_to_store_it(tmp_path: Path, ring: Ring) -> None:
    """`followup mail login` does."""
    assert "followup mail login" in refusal(factories.mail(keyring=True), tmp_path)


def test_a_locked_keyring_is_told_with_the_ways_around(tmp_path: Path, ring: Ring) -> None:
    """Under cron nobody has unlocked it."""
    ring.locked = f"locked, and {WORD} does not open it"
    assert "locked" in refusal(factories.mail(keyring=True), tmp_path)
    with pytest.raises(ConfigurationError, match="password_file") as raised:
        passwords.keep_in_keyring(factories.mail(keyring=True), WORD)
    assert WORD not in str(raised.value)


def test_a_machine_without_a_keyring_is_told(tmp_path: Path, ring: Ring) -> None:
    """No D-Bus, no desktop: keyring's own way to say so."""
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]  # keyring has no types there
    assert "cannot be used" in refusal(factories.mail(keyring=True), tmp_path)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        passwords.keep_in_keyring(factories.mail(keyring=True), WORD)


def test_without_the_package_the_text_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "followup[keyring]" in refusal(factories.mail(keyring=True), tmp_path)
    with pytest.raises(ConfigurationError, match="not installed"):
        passwords.keep_in_keyring(factories.mail(keyring=True), WORD)


# ---------------------------------------------------------------- redaction


def test_a_secret_does_not_print_itself() -> None:
    """Neither in a log nor in the dump of an object that holds it."""
    secret = passwords.Secret("sam", WORD)
    assert WORD not in f"{secret} {secret!r} {[secret]} {getattr(secret, '__dict__', '')}"


@pytest.mark.parametrize(
    "shown",
    [
        WORD,
        quote(WORD),
        WORD.replace(" ", "+"),
        base64.b64encode(WORD.encode()).decode(),
        base64.b64encode(f"\0sam\0{WORD}".encode()).decode(),
        base64.b64encode(f"sam@x\0sam@x\0{WORD}".encode()).decode(),
        base64.urlsafe_b64encode(f"login={WORD}&x".encode()).decode(),
    ],
)
def test_the_password_is_hidden_in_every_form(shown: str) -> None:
    """As it is, for a URL, AUTH LOGIN, AUTH PLAIN, and inside anything encoded."""
    said = passwords.Secret("sam", WORD).redact(f"535 no: {shown} is wrong")
    assert passwords.HIDDEN in said
    assert said.startswith("535 no: ")
    assert said.endswith(" is wrong")
    assert WORD not in said


@given(st.text(st.characters(exclude_categories=["C"]), min_size=6), st.binary(max_size=7), st.binary(max_size=7))
def test_no_letters_that_give_the_password_away_survive_in_base64(password: str, before: bytes, after: bytes) -> None:
    """Wherever it stands in what was encoded, not one whole byte of it can be read from the rest."""
    encoded = base64.b64encode(before + password.encode() + after).decode()
    left = passwords.Secret("", password).redact(encoded)
    assert passwords.HIDDEN in left
    first, *_, last = left.split(passwords.HIDDEN)
    hidden = len(encoded) - len(first) - len(last)
    assert len(first) * 6 < len(before) * 8 + 8
    assert hidden * 6 > len(password.encode()) * 8 - 12  # of the letters at both ends, a part belongs to others
