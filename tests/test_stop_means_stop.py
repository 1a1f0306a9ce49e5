"""Who said stop is not written to again: whatever is imported, merged, edited, taken back, restored or erased since.

Each story is one way in which other programs lost opt-outs (Mautic, listmonk and SuiteCRM have had most of them).
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from followup import files, identity
from followup.errors import FollowupError
from followup.home import Home
from followup.model import OPTED_OUT, REFUSED
from followup.workflow import homes, importing, planning, records, stops, undoing, wishes
from followup.workflow.desk import Desk
from tests import desks, factories, invariants
from tests.conftest import Ran
from tests.mailserver import Fault, FaultServer
from tests.mailserver.fixtures import LiveHome
from tests.programs import ended

Run = Callable[..., Ran]
HEADER = "Client ID,Name,Email,Phone,Service,Completed\n"


def table(folder: Path, *rows: str, header: str = HEADER) -> Path:
    """Return a new file with these rows."""
    path = folder / f"{len(list(folder.glob('*.csv')))}.csv"
    path.write_text(header + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def _home(run: Run) -> Path:
    return Path(re.search(r"(/\S+/home)", run("doctor", exit_code=None).stdout)[1])  # type: ignore[index]  # doctor names the home


def due_for(run: Run, **options: str) -> set[str]:
    """Return the clients for whom something is due."""
    found = json.loads(run("due", "--format", "json", **options).stdout)
    return {row["client"] for row in (found["rows"] if isinstance(found, dict) else found)}


# ---------------------------------------------------------------- import


@pytest.mark.parametrize("address", ["ADA@Example.COM", "ada@EXAMPLE.com", "Ada Hall <ada@example.com>"])
def test_another_file_with_another_spelling_brings_nobody_back(made: Run, tmp_path: Path, address: str) -> None:
    """listmonk: an import with "overwrite" on erased who had unsubscribed. Case is no other address."""
    made("optout", "hall")
    made("import", table(tmp_path, f"9,A. Hall,{address},,Tap repair,2026-02-27"), "--source", "other", "--yes")
    assert due_for(made) == set()


@pytest.mark.parametrize("spellings", [("ada@bücher.example", "ada@xn--bcher-kva.example")] * 2)
def test_a_domain_in_letters_of_its_own_is_the_same_domain(made: Run, spellings: tuple[str, str]) -> None:
    """RFC 5890: both spellings reach one mailbox; capital letters too."""
    for one, other in (spellings, (spellings[1], spellings[0].replace("b", "B"))):
        assert identity.canonical_address(one) == identity.canonical_address(other)
    made("optout", spellings[0])
    made("client", "add", "--name", "Eve Stone", "--email", spellings[1])
    made("job", "add", "stone", "--service", "Tap repair", "--completed", "2026-02-27")
    assert due_for(made) == {"Ada Hall"}


@pytest.mark.parametrize("other", ["a.da@example.com", "ada+news@example.com", "ada@mail.example.com"])
def test_another_address_is_another_address(made: Run, other: str) -> None:
    """What dots and plus signs mean is the other server's affair: guessing would stop, or merge, strangers."""
    made("optout", "hall")
    made("client", "add", "--name", "Eve Stone", "--email", other)
    made("job", "add", "stone", "--service", "Tap repair", "--completed", "2026-02-27")
    assert due_for(made) == {"Eve Stone"}


def test_a_file_with_consent_in_it_is_no_lift(made: Run, tmp_path: Path) -> None:
    """The address book says subscribed for years after somebody has said stop."""
    made("optout", "hall")
    path = table(tmp_path, "Ada Hall,ada@example.com,subscribed", header="Name,Email,Consent\n")
    made("import", path, "--yes")
    assert due_for(made) == set()


def test_a_new_address_in_the_next_file_is_stopped_as_well(made: Run, tmp_path: Path) -> None:
    """A stop is of a person: also of one who was stopped by address only, and of whom a file now knows another."""
    clients = "Client ID,Name,Email\n"
    made("import", table(tmp_path, "7,Eve Stone,eve@example.com", header=clients), "--yes")
    made("job", "add", "stone", "--service", "Tap repair", "--completed", "2026-02-27")
    with desks.opened(tmp_path / "home") as desk, desk.store.write(kind="wish", command="x", now=desk.now()) as write:
        stops.suppress(desk, write, ["eve@example.com"], reason=OPTED_OUT)
    made("import", table(tmp_path, "7,Eve Stone,eve.stone@example.net", header=clients), "--yes")
    assert due_for(made) == {"Ada Hall"}
    made("client", "edit", "stone", "--email", "eve.stone@example.net")
    assert due_for(made) == {"Ada Hall"}


def test_what_a_file_says_of_stops_is_kept_when_the_import_is_taken_back(made: Run, tmp_path: Path) -> None:
    """The client goes, the stop stays."""
    path = table(tmp_path, "Eve Stone,eve@example.com,unsubscribed", header="Name,Email,Consent\n")
    made("import", path, "--yes")
    made("undo", "--yes")
    made("client", "add", "--name", "Eve Stone", "--email", "eve@example.com")
    made("job", "add", "stone", "--service", "Tap repair", "--completed", "2026-02-27")
    assert due_for(made) == {"Ada Hall"}


# ---------------------------------------------------------------- merge, edit, undo


def test_a_merge_takes_the_stop_along_and_its_undo_leaves_it(made: Run) -> None:
    """The stricter consent wins; taking the merge back takes no stop back."""
    made("client", "add", "--name", "A. Hall", "--email", "a.hall@example.com")
    made("job", "add", "A. Hall", "--service", "Tap repair", "--completed", "2026-02-27")
    made("optout", "a.hall@example.com")
    made("client", "merge", "Ada Hall", "A. Hall", "--yes")
    assert due_for(made) == set()
    made("undo", "--yes")
    assert "A. Hall" not in due_for(made)


def test_taking_away_the_stopped_address_frees_no_other(made: Run) -> None:
    """After a merge a client has several; the one that was stopped may be the one that goes."""
    made("client", "add", "--name", "A. Hall", "--email", "a.hall@example.com")
    with desks.opened(_home(made)) as desk, desk.store.write(kind="wish", command="x", now=desk.now()) as write:
        stops.suppress(desk, write, ["a.hall@example.com"], reason=OPTED_OUT)
    made("client", "merge", "Ada Hall", "A. Hall", "--yes")
    assert due_for(made) == set()
    made("client", "edit", "Ada Hall", "--email", "ada@example.com")
    assert due_for(made) == set()


def test_no_undo_around_an_opt_out_takes_it_back(made: Run) -> None:
    """What was changed before and after it goes back; it stays."""
    made("client", "edit", "hall", "--email", "ada.hall@example.net")
    made("optout", "hall")
    made("client", "edit", "hall", "--city", "Leeds")
    for _ in range(4):
        made("undo", "--yes", exit_code=None)
        assert due_for(made) == set()


def test_an_old_address_of_theirs_is_stopped_too(made: Run, tmp_path: Path) -> None:
    """An old file knows the client by an address that was changed since; under another name it is not written to."""
    made("client", "edit", "hall", "--email", "ada.new@example.com")
    made("optout", "hall")
    made("import", table(tmp_path, "9,A. H.,ada@example.com,,Tap repair,2026-02-27"), "--source", "old", "--yes")
    assert due_for(made) == set()


def test_a_lift_is_of_a_person_too(made: Run) -> None:
    """What was stopped with them is free with them."""
    made("client", "edit", "hall", "--email", "ada.new@example.com")
    made("optout", "hall")
    made("optout", "--lift", "hall", "--evidence", "rang on 9 March")
    made("client", "edit", "hall", "--email", "ada@example.com")
    assert due_for(made) == {"Ada Hall"}


def test_an_old_address_that_is_somebody_elses_now_is_not_stopped(made: Run) -> None:
    """A slip of the pen that was put right is no stop for whom the address really belongs to."""
    made("client", "edit", "hall", "--email", "bert@example.com")
    made("client", "edit", "hall", "--email", "ada@example.com")
    made("client", "add", "--name", "Bert Hill", "--email", "bert@example.com")
    made("job", "add", "Bert Hill", "--service", "Tap repair", "--completed", "2026-02-27")
    made("optout", "Ada Hall")
    assert due_for(made) == {"Bert Hill"}


def test_what_a_server_refused_is_no_stop_and_hides_none(made: Run) -> None:
    """A bad address may be tried again on the owner's word; an opt-out over it only on the client's."""
    home = _home(made)
    with desks.opened(home) as desk, desk.store.write(kind="contact", command="x", now=desk.now()) as write:
        write.suppress("ada@example.com", reason=REFUSED, evidence="550 5.1.1")
    made("client", "edit", "hall", "--opted-in", "said so")  # nobody has said stop
    made("optout", "hall")
    with desks.opened(home) as desk, desk.store.write(kind="contact", command="x", now=desk.now()) as write:
        assert not write.allow_refused("ada@example.com", evidence="try again")
        assert write.is_suppressed("ada@example.com")


# ---------------------------------------------------------------- while a run is at work


def test_a_stop_is_heard_by_a_run_that_is_at_work(
    home: Path, mail_server: Callable[..., FaultServer], live_home: LiveHome
) -> None:
    """Mautic, post_office: what was queued went out. Here the fence asks once more; whoever says stop does not wait."""
    server = mail_server(delays={"mail": 2.0})
    program = live_home(server, clients=4)
    sending = program.start("send", "--yes")
    deadline = time.monotonic() + 60
    while not server.commands and time.monotonic() < deadline:
        time.sleep(0.02)
    began = time.monotonic()
    program.run("optout", "a3@example.com")
    stopped_after = time.monotonic() - began
    assert stopped_after < 30
    ended(sending, None)
    reached = {address for message in server.messages for address in message.recipients}
    assert reached == {"a0@example.com", "a1@example.com", "a2@example.com"}
    invariants.check(home, server.truth)


def test_an_erasure_waits_for_the_run_that_is_at_work(
    home: Path, mail_server: Callable[..., FaultServer], live_home: LiveHome
) -> None:
    """Or the run would write down afterwards what the server said of the address. 75: say it again."""
    program = live_home(mail_server(), clients=1)
    with files.Lock(Home(home).lock_path):
        ran = program.run("forget", "a0@example.com", "--yes", exit_code=75)
    assert "Try again when it is done" in ran.stderr
    program.run("forget", "a0@example.com", "--yes")


# ---------------------------------------------------------------- restore


@pytest.fixture
def restored(made: Run, home: Path, tmp_path: Path) -> Run:
    """Give the home of before: since its backup Ada said stop and Eve was erased. Its journal is today's."""
    made("client", "add", "--name", "Eve Stone", "--email", "eve@example.com")
    made("job", "add", "stone", "--service", "Tap repair", "--completed", "2026-02-27")
    made("client", "add", "--name", "Bert Hill", "--email", "bert@example.com")
    made("job", "add", "Bert Hill", "--service", "Tap repair", "--completed", "2026-02-27")
    made("backup", tmp_path / "kept.tar.gz")
    made("optout", "Ada Hall", "--evidence", "wrote on 2 March")
    made("forget", "Eve Stone", "--yes")
    home.rename(tmp_path / "lost")
    made("restore", tmp_path / "kept.tar.gz", home, "--journal", tmp_path / "lost" / "journal")
    return made


def test_a_stop_outlives_the_restore_of_an_older_backup(restored: Run, home: Path) -> None:
    """wpmgr, listmonk: a server restored from a snapshot wrote to everybody again. The journal remembers."""
    restored("restore", "--looked")
    ran = restored("send", "--yes", exit_code=None)
    assert "ada@" not in ran.stdout
    drafts = "".join(path.read_text() for path in (home / "drafts").glob("*.eml"))
    assert "bert@example.com" in drafts
    assert "ada@example.com" not in drafts
    assert "eve@example.com" not in drafts
    assert due_for(restored) == set() or "Ada Hall" not in due_for(restored)
    assert "brought back from the journal" in restored("client", "dossier", "Ada Hall").stdout


def test_the_journal_of_another_home_is_not_taken(made: Run, home: Path, tmp_path: Path) -> None:
    """Its stops are hashed with another key, and its hand-overs are of others; a missing one is said."""
    made("send", "--yes")
    made("backup", tmp_path / "kept.tar.gz")
    other = tmp_path / "journal"
    other.write_bytes(b"2026-03-01T09:15:00+00:00 sent jbbbbbbbbb.thank-you.1 abbbbbbbbb\n")
    restoring = ("restore", tmp_path / "kept.tar.gz", tmp_path / "new", "--journal")
    assert "of another home" in made(*restoring, other, exit_code=65).stderr
    made(*restoring, tmp_path / "none", exit_code=66)
    assert not (tmp_path / "new").exists()
    made(*restoring, home / "journal")


def test_an_erasure_outlives_the_restore_of_an_older_backup(restored: Run, home: Path) -> None:
    """What the backup still had of the person is gone again with the first run."""
    assert b"Eve" in (home / "followup.db").read_bytes()
    restored("send", "--yes", exit_code=None)
    assert b"Eve" not in (home / "followup.db").read_bytes()
    assert b"eve@" not in (home / "followup.db").read_bytes()
    restored("client", "add", "--name", "Eve Stone", "--email", "eve@example.com")
    restored("job", "add", "stone", "--service", "Tap repair", "--completed", "2026-02-27")
    assert "Eve Stone" not in due_for(restored)


def test_what_a_file_said_of_stops_outlives_the_restore(made: Run, home: Path, tmp_path: Path) -> None:
    """An import after the backup: its opt-outs stand in the journal as well; looking at a file stops nobody."""
    made("backup", tmp_path / "kept.tar.gz")
    path = table(tmp_path, "Ada Hall,ada@example.com,unsubscribed", header="Name,Email,Consent\n")
    before = (home / "journal").read_bytes()
    made("import", path, "--dry-run")
    assert (home / "journal").read_bytes() == before
    made("import", path, "--yes")
    home.rename(tmp_path / "lost")
    made("restore", tmp_path / "kept.tar.gz", home, "--journal", tmp_path / "lost" / "journal")
    made("restore", "--looked")
    made("send", "--yes")
    assert not list((home / "drafts").glob("*.eml"))


def test_what_was_lifted_since_stays_lifted(made: Run, home: Path) -> None:
    """The last word counts, in the journal as in the database; a line that was lost stops nobody again."""
    made("optout", "hall", now="2026-03-02T10:00")
    made("optout", "--lift", "hall", "--evidence", "rang", now="2026-03-02T11:00")
    with desks.opened(home) as desk:
        assert not stops.bring_back(desk)
    text = (home / "journal").read_text(encoding="ascii")
    (home / "journal").write_text("".join(line for line in text.splitlines(True) if " lifted " not in line))
    with desks.opened(home) as desk:
        assert not stops.bring_back(desk)
    assert due_for(made, now="2026-03-02T12:00") == {"Ada Hall"}


def test_the_journal_holds_hashes_and_identifiers_only(made: Run, home: Path) -> None:
    """Erasing a person need not touch it."""
    made("client", "edit", "hall", "--phone", "01632 960123")
    made("optout", "hall", "--evidence", "Ada wrote")
    made("forget", "hall", "--yes")
    text = (home / "journal").read_text(encoding="ascii")
    assert re.fullmatch(r"(\S+ (suppressed|forgotten) ([0-9a-f]{64}|\w{10}) (opted-out|erased|-)\n)+", text)
    assert "forgotten" in text


def test_stops_are_no_hand_overs_that_the_database_lacks(made: Run, home: Path) -> None:
    """A journal with lines about stops does not make a home look older than it is."""
    made("optout", "eve@example.com")
    made("send", "--yes")
    assert made("doctor", "--format", "json", exit_code=None).stdout.count("is older") == 0


# ---------------------------------------------------------------- erasure

WORDS = (
    "Ada",
    "Hall",
    "ada@example.com",
    "1632960123",
    "960123",
    "Mill Lane",
    "LS1 4AP",
    "Biscuit",
    "yonder",
    "grumpy",
)


def raw(home: Path) -> dict[str, bytes]:
    """Return every file of the home but its backups."""
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and "backups" not in path.relative_to(home).parts
    }


def test_nothing_of_an_erased_person_is_left_in_any_file_of_the_home(made: Run, home: Path, tmp_path: Path) -> None:
    """Names, addresses, phones, notes, the words of messages, what the owner said: not in free pages, nor in logs."""
    made("client", "edit", "hall", "--phone", "01632 960123", "--street", "1 Mill Lane", "--postal-code", "LS1 4AP")
    made("client", "edit", "hall", "--notes", "dog Biscuit", "--note", "hello Biscuit", "--tag", "grumpy")
    made("client", "add", "--name", "A. Hall", "--email", "a.hall@example.com")
    made("client", "add", "--name", "Old Hall", "--email", "old.hall@example.com")
    made("client", "merge", "A. Hall", "Old Hall", "--yes")
    made("client", "merge", "Ada Hall", "A. Hall", "--yes")  # one of one of one
    made("client", "add", "--name", "Bert Hill", "--email", "bert@example.com", "--referred-by", "Ada Hall")
    made("job", "add", "Ada Hall", "--service", "Tap repair", "--completed", "2026-02-26", "--note", "Ada yonder")
    made("case", "open", "Ada Hall", "--summary", "Ada grumpy")
    made("case", "resolve", "Ada Hall", "--how", "tea for Ada", exit_code=None)
    made("send", "--yes", exit_code=None)
    made("confirm", "--drafts", "--sent", exit_code=None)
    made("log", "Ada Hall", "--in", "--note", "Ada yonder house")
    made("snooze", "Ada Hall", "--everything", "--until", "2026-06-01", "--reason", "Ada yonder")
    made("client", "edit", "Ada Hall", "--email", "hall.new@example.com")
    made("optout", "Ada Hall", "--evidence", "Ada Hall wrote on Monday")
    path = table(tmp_path, "1,Ada Hall,not an address,,Tap repair,2026-02-27")
    made("import", path, "--yes", "--skip-bad-rows", exit_code=None)
    said = made("forget", "Ada Hall", "--yes").stdout
    for name, data in raw(home).items():
        if name.startswith("rejects/"):
            assert name.removeprefix("rejects/") in said  # named, for the owner to delete
            continue
        for word in (*WORDS, "old.hall@", "a.hall@", "hall.new@"):
            assert word.encode() not in data, f"{word} in {name}"
    assert "Bert Hill" in made("client", "list").stdout


def test_what_servers_said_of_an_erased_person_is_gone_too(
    run: Run, home: Path, mail_server: Callable[..., FaultServer], live_home: LiveHome
) -> None:
    """Their last words name the address; so do reasons to wait, to block an address, and the log of cron's runs."""
    said = "<a0@example.com> a0 Hall"
    server = mail_server(
        faults=[
            Fault("dot", "reply", line=f"452 4.5.3 quota of {said} is used up", hits={1}),
            Fault("rcpt", "reply", line=f"550 5.1.1 {said} unknown", hits={2}),
        ]
    )
    program = live_home(server, clients=1)
    for now in ("2026-03-02", "2026-03-03T12:00", "2026-03-05T12:00"):
        program.run("run", "--cron", exit_code=None, now=now)
        program.run("status", exit_code=None, now=now)
    assert any(b"a0@example.com" in data for data in raw(home).values())
    run("forget", "a0 Hall", "--yes", now="2026-03-06")
    for name, data in raw(home).items():
        assert b"a0@example.com" not in data, name
        assert b"a0 Hall" not in data, name


def test_what_names_the_person_elsewhere_is_told(made: Run) -> None:
    """What is written of others is theirs: it is not rewritten, and the owner is told where to look."""
    made("client", "add", "--name", "Bert Hill", "--email", "bert@example.com", "--notes", "neighbour of Ada Hall")
    made("client", "add", "--name", "Cy Dunn", "--email", "cy@example.com", "--notes", "100% Ada_Hall")
    said = made("forget", "Ada Hall", "--yes").stdout
    assert "What is kept of Bert Hill" in said
    assert "Cy Dunn" not in said


def test_the_counts_of_reports_stay(made: Run) -> None:
    """Contact rows stay, without name, address and words."""
    made("send", "--yes")
    made("confirm", "--drafts", "--sent")
    made("log", "hall", "--in", "--note", "thanks")
    before = json.loads(made("report", "contacts", "--year", "2026", "--format", "json").stdout)
    made("forget", "hall", "--yes")
    after = json.loads(made("report", "contacts", "--year", "2026", "--format", "json").stdout)
    kept = ("date", "channel", "direction", "outcome", "step", "key", "client_id", "service")
    assert [{name: row.get(name) for name in kept} for row in after["rows"]] == [
        {name: row.get(name) for name in kept} for row in before["rows"]
    ]
    assert "Ada" not in json.dumps(after)
    assert "ada@" not in json.dumps(after)


def test_backups_that_still_hold_the_person_are_named_and_no_others(made: Run, home: Path, tmp_path: Path) -> None:
    """Each is looked into: archives, copies from before a change of the schema, and what cannot be opened."""
    backups = home / "backups"
    made("backup", now=None)
    (before,) = backups.iterdir()
    with desks.opened(home) as desk:
        desk.store.backup(backups / "before-schema-change-from-0001-1.db")
    with sqlite3.connect(backups / "before-schema-change-from-0001-1.db") as copy:
        copy.execute("PRAGMA user_version = 1")
    copy.close()
    (backups / "followup-torn.tar.gz").write_bytes(before.read_bytes()[:500])
    said = made("forget", "hall", "--dry-run").stdout
    assert str(before) in said
    assert before.exists()
    said = made("forget", "hall", "--yes").stdout
    held = [line for line in said.splitlines() if "hold" in line and str(backups) in line]
    assert any(str(before) in line and "holds the person" in line for line in held)
    assert any("before-schema-change-from-0001-1.db" in line and "holds" in line for line in held)
    assert any("followup-torn" in line and "could not be looked into" in line for line in held)
    with sqlite3.connect(backups / "before-schema-change-from-0001-1.db") as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)  # looked into, not brought up to date
    copy.close()
    made("backup", tmp_path / "after.tar.gz")
    shutil.move(tmp_path / "after.tar.gz", backups / "after.tar.gz")
    assert not [path for path in backups.iterdir() if path.name.startswith(".")]
    made("client", "add", "--name", "Eve Stone", "--email", "eve@example.com")
    said = made("forget", "Eve Stone", "--yes").stdout
    assert "after.tar.gz" not in said
    assert str(before) not in said


# ---------------------------------------------------------------- whatever is done, in whatever order

STOPPED = "ada@example.com"
PEOPLE = ("Ada Hall", "Eve Stone", "Bert Hill")
ADDRESSES = (STOPPED, "ADA@example.com", "eve@example.com", "bert@example.com")

step = st.one_of(
    st.tuples(st.just("import"), st.sampled_from("123"), st.sampled_from(PEOPLE), st.sampled_from(ADDRESSES)),
    st.tuples(st.just("add"), st.sampled_from(PEOPLE), st.sampled_from(ADDRESSES)),
    st.tuples(st.just("edit"), st.integers(0, 3), st.sampled_from(ADDRESSES)),
    st.tuples(st.just("merge"), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("undo")),
    st.tuples(st.just("optout"), st.integers(0, 3)),
    st.tuples(st.just("forget"), st.integers(0, 3)),
    st.tuples(st.just("lose")),
)


class World:
    """A home, and who of it has said stop."""

    def __init__(self, folder: Path) -> None:
        """Make the home."""
        answers = {"name": "Sam Taylor", "business": "Taylor", "country": "GB", "email": "sam@taylor.example.com"}
        self.desk = Desk(homes.make(folder / "home", answers=answers), now=lambda: factories.NOW)
        self.stopped = {identity.canonical_address(STOPPED)}
        wishes.optout(self.desk, STOPPED)

    def take(self, verb: str, *words: Any) -> None:
        """Do one thing; what is refused is refused."""
        with suppress(FollowupError):
            getattr(self, f"_{verb}")(*words)

    def _import(self, number: str, name: str, address: str) -> None:
        text = f"{HEADER}{number},{name},{address},,Boiler service,2026-02-27\n"
        sources = [importing.Source("jobs.csv", text.encode())]
        importing.commit(self.desk, importing.check(self.desk, sources, answers={"fill_down": "no"}))

    def _add(self, name: str, address: str) -> None:
        records.add_client(self.desk, {"full_name": name, "emails": (address,)})
        records.add_job(self.desk, name, {"service": "Tap repair", "completed_on": factories.TODAY.replace(day=1)})

    def _clients(self) -> list[str]:
        return [client.id for client in self.desk.store.iter_clients()]

    def _edit(self, index: int, address: str) -> None:
        for client_id in self._clients()[index : index + 1]:
            records.edit_client(self.desk, client_id, {"emails": (address,)})

    def _merge(self, keep: int, drop: int) -> None:
        found = self.desk.store.clients(self._clients())
        chosen = [found[client_id] for at in (keep, drop) for client_id in self._clients()[at : at + 1]]
        if len(chosen) == 2:
            records.merge_clients(self.desk, *chosen)

    def _undo(self) -> None:
        undoing.undo(self.desk, undoing.preview(self.desk))

    def _optout(self, index: int) -> None:
        for client_id in self._clients()[index : index + 1]:
            client = self.desk.store.client(client_id)
            assert client is not None
            wishes.optout(self.desk, client_id)
            self.stopped |= set(map(identity.canonical_address, client.emails))

    def _forget(self, index: int) -> None:
        for client_id in self._clients()[index : index + 1]:
            client = self.desk.store.client(client_id)
            assert client is not None
            wishes.forget(self.desk, client)
            self.stopped |= set(map(identity.canonical_address, client.emails))

    def _lose(self) -> None:
        """Lose every suppression, as a database of before would have: the journal brings them back."""
        self.desk.close()
        with sqlite3.connect(self.desk.home.database_path) as connection:
            connection.execute("DELETE FROM suppression")
        connection.close()
        stops.bring_back(self.desk)


@settings(max_examples=40)
@given(st.lists(step, max_size=12))
def test_no_order_of_things_makes_a_stopped_address_due_again(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    """Import, add, edit, merge, undo, opt-out, erasure, a database that forgot: nothing goes to who said stop."""
    world = World(tmp_path_factory.mktemp("stop"))
    try:
        for each in steps:
            world.take(*each)
            for found in planning.due_with_dossiers(world.desk):
                assert identity.canonical_address(found.decision.address) not in world.stopped, each
    finally:
        world.desk.close()
