"""Where the password for the mail server comes from.

Takes the settings of mail and the environment. Gives a `Secret`, which hides itself. Touches what the owner named: a
command, a file, the system's keyring. Asks nobody: cron has no terminal, and a program that waits for one hangs.
"""

from __future__ import annotations

import base64
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from followup import cells, settings
from followup.errors import ConfigurationError, FollowupError, NoPermission

VARIABLE = "FOLLOWUP_MAIL_PASSWORD"
KEYRING_SERVICE = "followup"
COMMAND_LIMIT = 10
"""Seconds that `password_command` may take."""

HIDDEN = "***"

_LONGEST = 4096
_MAX_SHOWN = 200
OTHERS = stat.S_IRWXG | stat.S_IRWXO  # what the mode of a file with a password must not have
# Google, Yahoo and Fastmail show app passwords in four groups of four; the blanks are no part of them.
_IN_GROUPS = re.compile(r"\w{4}(?:\s\w{4}){3}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # the last are bytes of an environment that is not UTF-8


class Secret:
    """A name and a password, which neither print themselves nor let others print them."""

    __slots__ = ("_forms", "_password", "user")

    def __init__(self, user: str, password: str) -> None:
        """Keep both."""
        self.user = user
        self._password = password
        self._forms = _forms(password)  # once: every reply of a server is looked through

    def __repr__(self) -> str:
        """Return something that may stand in a log."""
        return f"Secret({HIDDEN})"

    def reveal(self) -> str:
        """Return the password; for the session alone."""
        return self._password

    def redact(self, text: str) -> str:
        """Return *text* with the password hidden in every form in which servers and programs repeat it.

        As it is, quoted for Python and for a URL, and in base64 wherever it stands in what was encoded, so that AUTH
        PLAIN (name and password in one) and AUTH LOGIN are both found.
        """
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text


def _forms(password: str) -> list[str]:
    raw = password.encode()
    forms = {password, repr(password)[1:-1], quote(password, safe=""), quote_plus(password)}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms.add(encode(raw).decode())
        for before in range(3):  # how many bytes of something else share the first group of three
            first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
            forms.add(encode(bytes(before) + raw).decode()[first:last])
    return sorted(filter(None, forms), key=len, reverse=True)


def find(mail: settings.Mail, *, environ: Mapping[str, str], home: Path) -> Secret:
    """Return the login of *mail*, for which the first source that is set is asked, and no other.

    In this order: FOLLOWUP_MAIL_PASSWORD in *environ*, `password_command`, `password_file`, the keyring if it is
    switched on. A second password after a refused one would only help to lock the account.

    Args:
        mail: its `user` is whom the password belongs to.
        home: where a relative `password_file` is looked for, and where the command runs.

    Raises:
        ConfigurationError: there is no password, or where it should be there is none.
        NoPermission: the file can be read by others, or not by us.
    """
    if VARIABLE in environ:
        password, source = environ[VARIABLE], VARIABLE
    elif mail.password_command:
        password, source = _of_command(mail.password_command, home), "mail.password_command"
    elif mail.password_file:
        path = home / Path(mail.password_file).expanduser()
        password, source = _of_file(path), str(path)
    elif mail.keyring:
        password, source = _of_keyring(mail.user), "the keyring"
    else:
        raise ConfigurationError(
            f"There is no password for {mail.user} at {mail.host}. `followup mail login` keeps it in the system's "
            f"keyring; password_command and password_file in followup.toml, and {VARIABLE}, are other ways."
        )
    return Secret(mail.user, _checked(password, source, is_preset=bool(mail.provider)))


def keep_in_keyring(mail: settings.Mail, password: str) -> None:
    """Store the password of *mail* in the system's keyring, where `find` looks for it.

    Raises:
        ConfigurationError: there is no keyring, or it does not take it.
    """
    password = _checked(password, "The password", is_preset=bool(mail.provider))
    try:
        import keyring
        from keyring import errors
    except ImportError:
        raise _no_keyring("the package is not installed") from None
    try:
        keyring.set_password(KEYRING_SERVICE, mail.user, password)
    except errors.KeyringError as error:
        raise _no_keyring(_said(error, password)) from None


def _checked(password: str, source: str, *, is_preset: bool) -> str:
    password = password.rstrip("\r\n")
    if not password.strip():
        raise ConfigurationError(f"{source}: the password is empty. Put it there, or take the setting away.")
    if _CONTROL.search(password) or len(password) > _LONGEST:
        raise ConfigurationError(
            f"{source}: a password is one line of at most {_LONGEST} letters, without control characters."
        )
    if is_preset and _IN_GROUPS.fullmatch(password.strip()):
        return "".join(password.split())
    return password


def _of_command(command: str, home: Path) -> str:
    import shlex
    import subprocess

    where, program = "mail.password_command", command.split()[0]  # the rest of it may hold a secret
    try:
        # In a session of its own it has no terminal to ask at.
        ran = subprocess.run(  # noqa: S603 - the owner's own command, without a shell
            shlex.split(command) if os.name == "posix" else command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_LIMIT,
            cwd=home,
            start_new_session=True,
            check=False,
        )
    except ValueError as error:
        raise ConfigurationError(f"{where}: {error}. Close every quote.") from None
    except subprocess.TimeoutExpired:
        raise ConfigurationError(
            f"{where}: '{program}' took longer than {COMMAND_LIMIT} seconds. It has to print the password, and cannot "
            "ask anybody."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{where}: cannot run '{program}': {error.strerror}. It is run without a shell; name a program."
        ) from None
    output = ran.stdout.decode("utf-8", "replace")
    if ran.returncode:
        said = _said(ran.stderr.decode("utf-8", "replace"), output.strip())
        raise ConfigurationError(
            f"{where}: '{program}' ended with {ran.returncode}{': ' + said if said else ''}. Try it in a terminal."
        )
    return output.partition("\n")[0]


def _said(words: object, *secrets: str) -> str:
    """Return the last line of *words*, unless it holds a secret."""
    lines = str(words).strip().splitlines()
    if not lines or any(each and Secret("", each).redact(str(words)) != str(words) for each in secrets):
        return ""
    return cells.cut(cells.printable(lines[-1].strip()), _MAX_SHOWN)


def _of_file(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for somebody to write into it
            raise ConfigurationError(f"{path}: not a file. The password stands in one: {_PRIVATE}")
        with path.open("rb") as file:
            _check_private(path, os.fstat(file.fileno()))
            raw = file.read(_LONGEST + 2)
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: there is no such file. Write the password into it: {_PRIVATE}") from None
    except PermissionError:
        raise NoPermission(f"{path}: not allowed to read the password. Make it yours.") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot read the password: {error.strerror}.") from None
    try:
        return raw.decode("utf-8-sig").partition("\n")[0]
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: this is not UTF-8 text. Write the password into it again.") from None


_PRIVATE = "one line, and nobody else may read it (chmod 600)."


def _check_private(path: Path, what: os.stat_result) -> None:
    """Refuse a file that others can read or replace, as ssh does with its keys. Windows has no such modes."""
    if not hasattr(os, "geteuid"):
        return
    if what.st_uid != os.geteuid():
        raise NoPermission(f"{path}: belongs to somebody else. The password has to be in a file of your own.")
    if what.st_mode & OTHERS:
        raise NoPermission(f"{path}: others can read the password. Take that away: chmod 600 '{path}'")


def _of_keyring(user: str) -> str:
    try:
        import keyring
        from keyring import errors
    except ImportError:
        raise _no_keyring("the package is not installed") from None
    try:
        password = keyring.get_password(KEYRING_SERVICE, user)
    except errors.KeyringError as error:
        raise _no_keyring(_said(error)) from None
    if password is None:
        raise ConfigurationError(f"The system's keyring has no password for {user}. `followup mail login` stores it.")
    return password


def _no_keyring(why: str) -> FollowupError:
    return ConfigurationError(
        f"The system's keyring cannot be used: {why or 'it does not answer'}. Install it with `pip install "
        "'followup[keyring]'`; under cron, where nobody has unlocked it, use password_file or password_command."
    )
