"""What comes from outside stays what it is: names in headers, words in tables, modes of files, values in templates."""

from __future__ import annotations

import email
import email.policy
import email.utils
import json
import marshal
import os
import re
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from followup import store
from followup.errors import BadInput
from followup.home import Home
from followup.mail import build, session
from followup.model import (
    Attempt,
    AttemptState,
    Case,
    Channel,
    Client,
    Contact,
    Direction,
    Job,
    JobStatus,
    Message,
    Purpose,
)
from followup.render import process
from tests import factories
from tests.conftest import Ran
from tests.mailserver import FaultServer
from tests.programs import CHECKOUT, Program

Run = Callable[..., Ran]
POSIX = sys.platform != "win32"

# ---------------------------------------------------------------- the finished message, as a server receives it

HOSTILE = (
    "\r\nBcc: spy@evil.example",
    "\nBcc: spy@evil.example",
    "=?utf-8?q?x=0D=0ABcc:_spy=40evil.example?=",
    "=?utf-8?b?DQpCY2M6IHNweUBldmlsLmV4YW1wbGU=?=",
    "Ada <spy@evil.example>,",
    'Ada" <spy@evil.example>',
    "Ada\\",
    "(comment) Ada",
    "undisclosed-recipients:;",
    "Ada, Bert; Cy",
    "\x00\x1b[31m",
    "\u2028Bcc: spy@evil.example",
    "\u202eada\u202c",
    "> RCPT TO:<spy@evil.example",
    "\r\n.\r\nMAIL FROM:<spy@evil.example>\r\n",
    "Zoë Ñandú 李小龍",
    "\ud800",
)
name = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=80), st.text(alphabet='"\\<>@,;:=?()[] \r\nAé', max_size=40)
)
words = st.one_of(name, st.builds("{}{}".format, st.sampled_from(("", "Thanks ")), name))
address = st.one_of(
    st.just("ada@example.com"),
    st.sampled_from(
        [
            "ada@bücher.example",
            "a+b.c@xn--bcher-kva.example",
            "o'neil@example.co.uk",
            "ada@example.com, spy@evil.example",
            "ada@example.com\r\nRCPT TO:<spy@evil.example>",
            "ada@example.com> <spy@evil.example",
            "<ada@example.com>",
            '"a b"@example.com',
            "ada@[127.0.0.1]",
            "@evil.example:ada@example.com",
            "ada%evil.example@example.com",
            "ada@example.com\x00",
            "ädä@example.com",
        ]
    ),
    st.text(max_size=30).map(lambda text: f"{text}@example.com"),
)
body = st.one_of(
    st.just("Hello\n"),
    st.sampled_from(
        [".\n", "..\n.\n", "From me\n", "a\n.\n\nMAIL FROM:<x@y.example>\n", "\u202eevil\n", "--=_followup--\n"]
    ),
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200),
)

ALWAYS = ["From", "To", "Subject", "Date", "Message-ID"]
SOMETIMES = {"Reply-To", "List-Unsubscribe", "Auto-Submitted"}


def message(**fields: Any) -> Message:
    """Return a message about a boiler."""
    plain: dict[str, Any] = {
        "key": "jaaaaaaaaa.thank-you.1",
        "client_id": "caaaaaaaaa",
        "channel": Channel.EMAIL,
        "language": "en",
        "template": "thank-you.en.txt",
        "purpose": Purpose.SERVICE,
        "to_name": "Ada Hall",
        "to_address": "ada@example.com",
        "from_name": "Sam Alder",
        "from_address": "sam@alder.example.com",
        "reply_to": "",
        "subject": "Thank you",
        "text": "Hello\n",
    }
    return Message(**{**plain, **fields})


def to_bytes(meant: Message) -> bytes:
    """Return the bytes as they go to a server."""
    touchpoint = "0123456789abcdef0123456789abcdef"
    message_id = build.message_id(touchpoint, sender="sam@alder.example.com")
    return build.to_bytes(meant, message_id=message_id, touchpoint_id=touchpoint, at=factories.NOW, unsent=False)


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    """Give a server without a login, for all examples."""
    with FaultServer(users={}) as running:
        yield running


@settings(max_examples=150)
@given(to_name=words, from_name=words, subject=words, to_address=address, reply_to=address, text=body)
def test_whatever_is_in_a_message_it_arrives_as_meant_or_not_at_all(
    server: FaultServer, to_name: str, from_name: str, subject: str, to_address: str, reply_to: str, text: str
) -> None:
    """Received by a real server and read back: the headers that were meant, once each, and the one recipient."""
    meant = message(
        to_name=to_name, from_name=from_name, subject=subject, to_address=to_address, reply_to=reply_to, text=text
    )
    try:
        raw = to_bytes(meant)
    except BadInput:
        return
    line = session.Session(factories.mail(port=server.port, security="none", user=""), None)
    line.open()
    already, commands = len(server.messages), len(server.commands)
    try:
        verdict = line.hand_over(raw, sender=meant.from_address, recipient=to_address, fence=lambda: None)
    finally:
        line.close()
    assert verdict.state is AttemptState.SENT
    (arrived,) = server.messages[already:]
    assert arrived.recipients == (build.to_ascii_address(to_address),)
    assert arrived.sender == "sam@alder.example.com"
    said = Counter(each.split()[0].upper() for each in server.commands[commands:])
    assert (said["MAIL"], said["RCPT"], said["DATA"]) == (1, 1, 1)
    read = email.message_from_bytes(arrived.raw)
    assert read.keys()[: len(ALWAYS)] == ALWAYS
    assert set(Counter(key.lower() for key, _ in read.items()).values()) == {1}
    extra = {"X-Touchpoint", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
    assert set(read.keys()) <= {*ALWAYS, *SOMETIMES, *extra}
    assert email.utils.getaddresses(read.get_all("To")) == [
        (email.utils.parseaddr(read["To"])[0], build.to_ascii_address(to_address))
    ]
    modern = email.message_from_bytes(arrived.raw, policy=email.policy.default)
    assert [each.addr_spec for each in modern["To"].addresses] == [build.to_ascii_address(to_address)]
    assert [each.addr_spec for each in modern["From"].addresses] == ["sam@alder.example.com"]
    assert modern.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n").replace("\r", "\n")


@pytest.mark.parametrize("letters", [76, 200, 600])
def test_the_way_out_arrives_on_one_line_and_as_it_was_written(server: FaultServer, letters: int) -> None:
    """The email package folds and encodes long ones (RFC 2369); then mail programs show no "unsubscribe"."""
    token = "a1-_." * (letters // 5)
    unsubscribe = f"mailto:stop@alder.example.com?subject=unsubscribe%20{token}"
    raw = to_bytes(message(purpose=Purpose.MARKETING, unsubscribe=unsubscribe))
    line = session.Session(factories.mail(port=server.port, security="none", user=""), None)
    line.open()
    line.hand_over(raw, sender="sam@alder.example.com", recipient="ada@example.com", fence=lambda: None)
    line.close()
    assert f"\r\nList-Unsubscribe: <{unsubscribe}>\r\n".encode() in server.messages[-1].raw
    assert b"List-Unsubscribe-Post" not in server.messages[-1].raw  # one click needs https (RFC 8058)


# ---------------------------------------------------------------- templates

PLAIN = (str, int, float, bool, type(None))


def plain(value: Any) -> bool:
    """Tell whether *value* is made of nothing that has methods of ours."""
    if isinstance(value, dict):
        return all(type(key) is str and plain(each) for key, each in value.items())
    return all(map(plain, value)) if type(value) in (list, tuple) else type(value) in PLAIN


def test_only_plain_values_go_into_templates(business: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What crosses to the child is text, numbers, lists and maps, and nothing of how to send or where the home is."""
    sent: list[Any] = []
    write = process.write_frame

    def watched(stream: IO[bytes], frame: bytes) -> None:
        sent.append(marshal.loads(frame))
        write(stream, frame)

    monkeypatch.setattr(process, "write_frame", watched)
    business("preview", exit_code=None)
    assert sent
    assert all(map(plain, sent))
    told = json.dumps(sent)
    for secret in ("password", "smtp.", "followup.db"):
        assert secret not in told


# ---------------------------------------------------------------- what is on screens and in files

EVIL = "Evil\x1b[31m\x1b]0;title\x07\r\n2026-03-02  forged\u202e\u2066\u2028line\x9b31m"
ESCAPES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def evil(made: Run, home: Path) -> Run:
    """Give a home that somebody else's program filled: every text of it wants to be obeyed."""
    of, now = Home(home), datetime.fromisoformat("2026-03-01T12:00:00+00:00")
    common: dict[str, Any] = {"client_id": "caaaaaaaaa"}
    day = now.date()
    records = (
        Client(
            **dict.fromkeys(("full_name", "first_name", "company", "city", "street", "notes", "note"), EVIL),
            id="caaaaaaaaa",
            emails=("evil@example.com",),
            phones=("+441632960199",),
            tags=(EVIL,),
            consent_evidence=EVIL,
            referred_by=EVIL,
            extra={EVIL: EVIL},
        ),
        Job(
            **common,
            id="jaaaaaaaaa",
            service=f"Boiler {EVIL}",
            status=JobStatus.COMPLETED,
            completed_on=day - timedelta(2),
            note=EVIL,
            assigned_to=EVIL,
            invoice_ref=EVIL,
        ),
        Case(**common, id="kaaaaaaaaa", opened_on=day, summary=EVIL, cause=EVIL),
        Contact(
            **common,
            id="laaaaaaaaa",
            channel=Channel.CALL,
            direction=Direction.OUT,
            at=now,
            on=day,
            note=EVIL,
            summary=EVIL,
            reference=EVIL,
        ),
    )
    attempts = [
        Attempt(
            **common,
            id=f"a{number}aaaaaaaa",
            key=f"jaaaaaaaaa.{step}.1",
            step=step,
            channel=Channel.EMAIL,
            state=state,
            purpose=Purpose.SERVICE,
            address="evil@example.com",
            subject=EVIL,
            text=EVIL,
            message="Subject: x\r\n\r\nx\r\n",
            message_id="<x@alder.example.com>",
            made_at=now,
            on=day,
            handed_over_at=now if state is not AttemptState.DRAFTED else None,
            server_said=EVIL,
            file_name="evil.eml" if state is AttemptState.DRAFTED else "",
        )
        for number, (step, state) in enumerate(
            [
                ("thank-you", AttemptState.DRAFTED),
                ("check-in-mail", AttemptState.UNKNOWN),
                ("feedback-ask", AttemptState.PERMANENT),
                ("referral-ask", AttemptState.TEMPORARY),
            ],
            start=2,
        )
    ]
    with (
        store.open(of.database_path, home_key=of.key(), backups=of.backups_path) as opened,
        opened.write(kind="hand", command=EVIL, now=now) as write,
    ):
        for record in records:
            write.save(record)
        for attempt in attempts:
            write.insert_attempt(attempt)
    return made


SCREENS = (
    [],
    ["due"],
    ["plan"],
    ["status"],
    ["why", "evil@example.com"],
    ["client", "list"],
    ["client", "show", "evil@example.com"],
    ["client", "dossier", "evil@example.com"],
    ["job", "list"],
    ["case", "list"],
    ["message", "list"],
    ["message", "show", "jaaaaaaaaa.thank-you.1"],
    ["report", "contacts", "--year", "2026"],
    ["report", "summary", "--year", "2026"],
    ["preview", "evil@example.com"],
    ["send", "--dry-run"],
    ["send", "--yes"],
    ["confirm"],
    ["week"],
    ["calls"],
    ["imports"],
    ["doctor"],
    ["run", "--cron"],
    ["undo"],
    ["forget", "evil@example.com", "--dry-run"],
)


@pytest.mark.parametrize("words", SCREENS, ids=" ".join)
def test_no_text_of_a_client_or_a_server_is_obeyed_by_a_screen(evil: Run, words: list[str]) -> None:
    """Escapes, carriage returns, letters that turn the writing, line ends: shown for what they are."""
    ran = evil(*words, exit_code=None)
    for stream in (ran.stdout, ran.stderr):
        found = ESCAPES.search(stream.replace("\r\n", "\n") if words[:2] == ["message", "show"] else stream)
        assert found is None, f"{found!r} in {stream[max(0, found.start() - 80) : found.end() + 20]!r}"
        assert not re.search(r"^2026-03-02  forged", stream, re.MULTILINE)


@pytest.mark.parametrize(
    "words",
    [words for words in SCREENS if words[:1] in (["due"], ["plan"], ["why"], ["calls"], ["report"]) or "list" in words],
    ids=" ".join,
)
def test_rows_for_programs_hold_no_row_more(evil: Run, words: list[str]) -> None:
    """csv and json give a text back as it is, inside its cell: nothing becomes a row, a key or a formula."""
    import csv

    rows = json.loads(evil(*words, "--format", "json", exit_code=None).stdout)
    rows = rows["rows"] if isinstance(rows, dict) else rows
    text = evil(*words, "--format", "csv", exit_code=None).stdout
    read = list(csv.reader(text.splitlines(keepends=True)))
    assert len(read) == len(rows) + 1
    assert {len(row) for row in read} == {len(read[0])}


@pytest.mark.skipif(not POSIX, reason="pseudo-terminals")
@pytest.mark.parametrize("format_", ["csv", "json"])
def test_what_is_for_programs_is_not_obeyed_by_a_terminal_either(evil: Run, home: Path, format_: str) -> None:
    """In a file and a pipe it is exact; on a screen it is only looked at."""
    master, slave = os.openpty()
    command = Program(home).command("client", "list", "--format", format_)
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave, env=environment) as process:
        os.close(slave)
        shown = b""
        with suppress(OSError):  # what Linux says when the other side has gone
            while chunk := os.read(master, 65536):
                shown += chunk
    os.close(master)
    assert process.returncode == 0
    assert b"evil@example.com" in shown
    assert ESCAPES.search(shown.decode().replace("\r\n", "\n")) is None


def test_a_file_cannot_forge_what_is_said_of_its_import(made: Run, tmp_path: Path) -> None:
    """A note may go over several lines; none of them is taken for ours."""
    path = tmp_path / "jobs.csv"
    for note in ("one", "two\nImported: 100 new", "three\nImported: 200 new"):
        path.write_text(f'full_name,email,notes\nEve Stone,eve@example.com,"{note}"\n', encoding="utf-8")
        shown = made("import", path, "--yes")
        assert "\nImported: 1" not in shown.stdout.replace("\nImported: 1 new", "").replace("\nImported: 0 new", "")
        assert "\nImported: 2" not in shown.stdout + shown.stderr
    assert "\nImported" not in made("client", "edit", "stone", "--notes", "four\nImported: 300 new").stdout


def test_the_page_of_drafts_holds_no_markup_of_a_client(made: Run, home: Path) -> None:
    """drafts.html is opened in a browser that has the owner's mail."""
    for words in ("--name", '<img src=x onerror="alert(1)">'), ("--company", "</script><script>alert(1)</script>"):
        made("client", "edit", "hall" if words[0] == "--name" else "ada@example.com", *words)
    made("send", "--yes", exit_code=None)
    page = (home / "drafts" / "drafts.html").read_text(encoding="utf-8")
    assert "<img" not in page
    assert page.count("<script") == page.count("</script>") <= 1


# ---------------------------------------------------------------- modes


def open_to_others(folder: Path) -> list[str]:
    """Return what below *folder* somebody else may look at or change."""
    return [
        f"{path.relative_to(folder)}: {stat.S_IMODE(path.lstat().st_mode):o}"
        for path in [folder, *folder.rglob("*")]
        if not path.is_symlink() and stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]


@pytest.mark.skipif(not POSIX, reason="modes of POSIX")
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777 & ~0o700], ids=oct)
def test_whatever_the_umask_a_home_is_private(
    run: Run, home: Path, tmp_path: Path, mail_server: Callable[..., FaultServer], live_home: Any, mask: int
) -> None:
    """Every command that makes a file in it: the folder 0700, the file 0600."""
    rows = tmp_path / "rows.csv"
    rows.write_text("full_name,email,service,completed_on\nEve Stone,eve@,Leak,2026-02-27\n", encoding="utf-8")
    before = os.umask(mask)
    try:
        server = mail_server()
        program = live_home(server, clients=2)
        assert open_to_others(home) == []
        run("import", rows, "--yes", "--skip-bad-rows", exit_code=None)
        run("template", "edit", "thank-you", exit_code=None)
        program.run("send", "--yes", exit_code=None)
        program.run("run", "--cron", exit_code=None)
        for words in (
            ["backup"],
            ["optout", "a0@example.com"],
            ["forget", "a1@example.com", "--yes"],
            ["plan", "--format", "csv", "-o", tmp_path / "plan.csv"],
            ["client", "dossier", "a0@example.com", "-o", tmp_path / "dossier.txt"],
        ):
            run(*words, now=None, exit_code=None)
        (kept,) = (home / "backups").glob("*.tar.gz")
        run("restore", kept, tmp_path / "again" / "home")
    finally:
        os.umask(before)
    assert {each for message in server.messages for each in message.recipients}
    assert open_to_others(home) == []
    assert open_to_others(tmp_path / "again" / "home") == []
    assert stat.S_IMODE((tmp_path / "dossier.txt").stat().st_mode) == 0o600


@pytest.mark.skipif(not POSIX, reason="modes of POSIX")
@pytest.mark.parametrize("mask", [0o000, 0o022], ids=oct)
def test_drafts_are_private_whatever_the_umask(made: Run, home: Path, mask: int) -> None:
    """They hold addresses and words."""
    before = os.umask(mask)
    try:
        made("send", "--yes")
        made("confirm", "--drafts", "--sent")
        made("backup")
    finally:
        os.umask(before)
    assert (home / "drafts").is_dir()
    assert open_to_others(home) == []
