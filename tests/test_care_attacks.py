"""Bad input, stops and erasures against records of a relationship: refused or asked, never guessed, never half done."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]


def made_id(ran: Ran) -> str:
    """Return the id of the record that a command printed as json."""
    found = json.loads(ran.stdout)
    (row,) = found if isinstance(found, list) else found["rows"]
    name = next(name for name in row if name.endswith("_id") and name != "client_id")
    return str(row[name])


def care(home: Path) -> dict[str, tuple[str, ...]]:
    """Return every record of the home as its row, by id."""
    with sqlite3.connect(home / "followup.db") as connection:
        return {row[0]: row for row in connection.execute("SELECT * FROM care")}


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "words",
    [
        ("enquiry", "add", "hall", "a leak", "--on", ""),
        ("promise", "add", "hall", "a quote", "--by", "2026-03-12", "--on", ""),
        ("case", "open", "hall", "--on", ""),
        ("referral", "add", "hall", "Clara Dunn", "--on", ""),
        ("gift", "add", "hall", "tea", "--goods", "5", "--on", "", "--yes"),
        ("gift", "add", "hall", "tea", "--goods", "5", "--quantity", "9" * 5000, "--yes"),
        ("gift", "add", "hall", "tea", "--goods", "-5", "--yes"),
        ("referral", "add", "hall", "Clara Dunn", "--reward-amount", "-5"),
        ("enquiry", "add", "hall", "a leak", "--amount", "1e9"),
        ("promise", "add", "hall", "a quote", "--by", "2026-02-30"),
        ("promise", "add", "hall", "a quote", "--by", "9999-12-31"),
        ("promise", "add", "hall", "a quote", "--by", "0001-01-01"),
        ("promise", "add", "hall", "a quote", "--by", ""),
        ("promise", "add", "hall", "", "--by", "2026-03-12"),
        ("case", "open", "hall", "--summary", "\x1b[31m"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(made: Run, home: Path, words: tuple[str, ...]) -> None:
    """An empty day, too many figures, days outside the calendar: a sentence, and no record."""
    ran = made(*words, exit_code=None)
    assert ran.exit_code in (2, 64, 65)
    assert "Error: " in ran.stderr
    assert care(home) == {}


@pytest.mark.parametrize("kind", ["enquiry", "feedback"])
def test_a_file_that_is_no_table_is_named(made: Run, tmp_path: Path, kind: str) -> None:
    """So that a script which takes in several says which one it was."""
    path = tmp_path / "photo.csv"
    path.write_bytes(bytes(range(256)))
    assert made(kind, "import", path, exit_code=65).stderr.splitlines()[-1].startswith(f"Error: {path}: ")


def test_the_day_on_which_a_record_ends_cannot_be_empty(made: Run, home: Path) -> None:
    """It is left out, or it is a day."""
    promise = made_id(made("promise", "add", "hall", "a quote", "--by", "2026-03-12", "--format", "json"))
    before = care(home)
    ran = made("promise", "close", promise, "--as", "kept", "--on", "", exit_code=65)
    assert "--on is empty" in ran.stderr
    assert care(home) == before


def test_what_a_record_cannot_be_without_is_not_taken_away(made: Run, home: Path) -> None:
    """A promise without words would be told to the client as nothing."""
    promise = made_id(made("promise", "add", "hall", "a quote", "--by", "2026-03-12", "--format", "json"))
    assert "is empty" in made("promise", "edit", promise, "--summary", "", exit_code=65).stderr
    assert care(home)[promise][6] == "a quote"


@pytest.mark.parametrize("typed", ["12,50", "1,2", ",500"])
def test_a_comma_before_the_pence_is_never_a_thousand(made: Run, home: Path, typed: str) -> None:
    """12,50 was recorded as 1,250: what is not written in groups of three is refused."""
    for words in (
        ("gift", "add", "hall", "tea", "--goods", typed, "--yes"),
        ("enquiry", "add", "hall", "a leak", "--amount", typed),
        ("job", "add", "hall", "--service", "Tap repair", "--amount", typed),
    ):
        assert "write it like 120.00" in made(*words, exit_code=65).stderr
    assert care(home) == {}


def test_an_enquiry_is_not_won_for_less_than_nothing(made: Run) -> None:
    """Nor are the fields of a new job given to one that is there."""
    enquiry = made_id(made("enquiry", "add", "hall", "a leak", "--format", "json"))
    assert "less than nothing" in made("enquiry", "won", enquiry, "--amount", "-5", exit_code=65).stderr
    job = json.loads(made("job", "list", "--format", "json").stdout)[0]["job_id"]
    assert "--job names a job" in made("enquiry", "won", enquiry, "--job", job, "--amount", "5", exit_code=2).stderr
    assert "new" in made("enquiry", "list").stdout


def test_what_a_client_owes_us_has_no_day_of_ours_when_it_moves_either(made: Run) -> None:
    """--target was taken, and not kept."""
    theirs = made_id(made("promise", "add", "hall", "a part", "--by", "2026-03-12", "--theirs", "--format", "json"))
    words = ("promise", "move", theirs, "--by", "2026-03-20", "--reason", "away", "--target", "2026-03-18")
    assert "--target is our own day" in made(*words, exit_code=65).stderr


def test_every_verb_that_promises_a_day_says_when_it_is_a_closing_day(made: Run) -> None:
    """Christmas Day is said to a client only by somebody who has been told."""
    case = made_id(made("case", "open", "hall", "--summary", "it drips", "--format", "json"))
    assert "Christmas Day" in made("case", "ack", case, "--fix-by", "2026-12-25").stdout
    made("enquiry", "add", "hall", "a leak", "--service", "Tap repair")
    assert "Christmas Day" in made("enquiry", "won", "hall", "--promised", "2026-12-25").stdout


def test_records_that_could_be_meant_are_told_apart_by_their_own_words(made: Run) -> None:
    """Of referrals that is whom they brought."""
    made("referral", "add", "hall", "Clara Dunn")
    made("referral", "add", "hall", "Bert Hill")
    said = made("referral", "refuse", "hall", "--reason", "no", exit_code=65).stderr
    assert "Clara Dunn" in said
    assert "Bert Hill" in said


# ---------------------------------------------------------------- forget and merge


def test_what_is_open_with_somebody_who_is_forgotten_is_over(made: Run, home: Path) -> None:
    """Nobody is told to chase it; days stay."""
    made("job", "add", "hall", "--service", "Bath", "--promised", "2026-03-12")
    made("promise", "add", "hall", "a quote", "--by", "2026-03-04")
    made("promise", "add", "hall", "the key back", "--by", "2026-03-04", "--theirs")
    made("case", "open", "hall", "--summary", "a leak")
    made("enquiry", "add", "hall", "a bath")
    made("referral", "add", "hall", "Clara Dunn")
    made("forget", "hall", "--yes")
    for kind in ("promise", "case", "enquiry", "referral"):
        assert json.loads(made(kind, "list", "--format", "json", now="2026-03-09").stdout) == []
        states = {each["state"] for each in json.loads(made(kind, "list", "--all", "--format", "json").stdout)}
        assert states == {{"promise": "waived", "case": "resolved"}.get(kind, "lost")}
    said = made(now="2026-03-09").stdout
    for word in ("promise", "case", "enquir", "worry"):
        assert word not in said


def brought(made: Run) -> tuple[str, str]:
    """Make Clara Dunn, whom Ada Hall brought and was rewarded for; return the ids of the referral and the entry."""
    made("client", "add", "--name", "Clara Dunn", "--email", "clara.dunn@example.com")
    words = ("--on", "2026-01-05", "--became", "Clara Dunn", "--summary", "Clara Dunn rang", "--reward", "a voucher")
    referral = made_id(
        made("referral", "add", "hall", "Clara Dunn", *words, "--reward-amount", "20", "--format", "json")
    )
    made("job", "add", "Clara Dunn", "--service", "Tap repair", "--completed", "2026-01-12", "--paid", "2026-01-13")
    made("referral", "paid", referral, "--gift", "--yes")
    (gift,) = (row[0] for row in care(Path(_home(made))).values() if row[1] == "gift")
    return referral, gift


def _home(run: Run) -> Path:
    return Path(re.search(r"(/\S+/home)", run("doctor", exit_code=None).stdout)[1])  # type: ignore[index]  # doctor names the home


def test_a_friend_who_is_forgotten_is_in_nobody_elses_referral_either(made: Run, home: Path) -> None:
    """The day, the reward and the entry of the register stay, which are the referrer's; the name goes, everywhere."""
    referral, gift = brought(made)
    made("forget", "Clara Dunn", "--yes")
    for path in home.glob("followup.db*"):
        assert b"Dunn" not in path.read_bytes(), path
    rows = care(home)
    assert '"reward_minor":2000' in rows[referral][15]
    assert '"voucher_cash_minor":2000' in rows[gift][15]
    assert "reward for bringing a client" in rows[gift][15]
    for words in (("referral", "list", "--all"), ("referral", "tree"), ("client", "show", "hall"), ("gift", "list")):
        assert "Dunn" not in made(*words).stdout
    for _ in range(6):
        made("undo", "--yes", exit_code=None)
        assert "Dunn" not in made("referral", "list", "--all").stdout
    for path in home.glob("followup.db*"):
        assert b"Dunn" not in path.read_bytes(), path


def test_the_register_of_a_client_who_is_forgotten_keeps_what_the_accountant_needs(made: Run, home: Path) -> None:
    """The recipient goes; who recorded it, the receipt and under which name it was handed over stay."""
    made("gift", "add", "hall", "tea for Ada", "--goods", "5", "--receipt", "R-17", "--account", "6400", "--yes")
    made("report", "gifts", "--year", "2026", "--as-batch", "march")
    made("forget", "hall", "--yes")
    (row,) = care(home).values()
    assert "Ada" not in str(row)
    for kept in ("R-17", "6400", "march", "500"):
        assert kept in row[15]


def test_a_referral_follows_its_friend_into_the_client_they_become(made: Run, home: Path) -> None:
    """A merge takes the friend's jobs along; the reward depends on them. Taken back, all is as it was."""
    made("client", "add", "--name", "Clara Dunn", "--email", "clara.dunn@example.com")
    words = ("--on", "2026-01-05", "--became", "clara.dunn@example.com", "--reward-amount", "20", "--format", "json")
    referral = made_id(made("referral", "add", "hall", "Clara Dunn", *words))
    made("client", "add", "--name", "C. M. Dunn", "--email", "cm.dunn@example.com")
    before = care(home)[referral]
    made("client", "merge", "cm.dunn@example.com", "clara.dunn@example.com", "--yes")
    listed = json.loads(made("client", "list", "--format", "json").stdout)
    (kept_id,) = (row["client_id"] for row in listed if row["client"] != "Ada Hall")
    assert json.loads(care(home)[referral][15])["friend_id"] == kept_id
    made("undo", "--yes")
    assert care(home)[referral] == before


def records_of(run: Run) -> dict[str, str]:
    """Write one record of several kinds about Ada Hall; return their ids by kind."""
    words = {
        "enquiry": ("enquiry", "add", "hall", "a leak by the stairs"),
        "promise": ("promise", "add", "hall", "a quote for the stairs", "--by", "2026-03-12"),
        "case": ("case", "open", "hall", "--summary", "it drips on the stairs", "--cause", "hurry"),
    }
    return {kind: made_id(run(*typed, "--format", "json")) for kind, typed in words.items()}


def test_nothing_new_is_written_down_about_somebody_who_was_forgotten(made: Run, home: Path) -> None:
    """What began before is over; no verb takes a word, and none of them undoes the erasure."""
    ids = records_of(made)
    (client,) = {row[2] for row in care(home).values()}
    made("forget", "hall", "--yes")
    before = care(home)
    for words in (
        ("enquiry", "answer", ids["enquiry"], "--note", "stairs"),
        ("enquiry", "won", ids["enquiry"], "--service", "stairs"),
        ("promise", "move", ids["promise"], "--by", "2026-03-20", "--reason", "stairs"),
        ("promise", "edit", ids["promise"], "--news", "stairs"),
        ("promise", "add", client, "stairs", "--by", "2026-03-12"),
        ("case", "ack", ids["case"], "--note", "stairs"),
        ("lesson", "add", ids["case"], "stairs"),
        ("gift", "add", client, "stairs", "--goods", "5", "--yes"),
        ("log", client, "--note", "stairs"),
        ("job", "add", client, "--service", "stairs"),
        ("client", "edit", client, "--name", "Stairs"),
    ):
        refused = made(*words, exit_code=65).stderr
        assert re.search("was (forgotten|lost|waived|resolved) on 2026-03-02", refused), words
    for words in (
        ("promise", "close", ids["promise"], "--as", "kept", "--resolution", "stairs"),
        ("case", "resolve", ids["case"], "--cause", "stairs"),
    ):
        made(*words, exit_code=65)
    assert care(home) == before
    assert b"stairs" not in (home / "followup.db").read_bytes()


# ---------------------------------------------------------------- stop means stop


@pytest.fixture
def firm(made: Run, home: Path) -> Run:
    """Give `run` in a home with a colleague, Priya, who has an address."""
    path = home / "followup.toml"
    text = path.read_text(encoding="utf-8") + '\n[people.priya]\nname = "Priya Nair"\nemail = "priya@example.com"\n'
    path.write_text(text, encoding="utf-8")
    return made


def drafts(home: Path) -> dict[str, str]:
    """Return to whom each draft goes, by the name of its file."""
    return {
        path.name: next(line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("To:"))
        for path in (home / "drafts").glob("*.eml")
    }


def test_a_stop_withdraws_what_goes_to_the_client_and_leaves_what_goes_to_one_of_us(firm: Run, home: Path) -> None:
    """A note to a colleague was withdrawn with it and written again: what had left the mail program came twice."""
    firm("handover", "hall", "--to", "priya", "--by", "2026-03-05")
    firm("praise", "add", "hall", "spotless", "--for", "priya")
    firm("send", "--yes")
    assert any("ada@example.com" in to for to in drafts(home).values())
    ours = {name for name, to in drafts(home).items() if "priya@example.com" in to}
    assert len(ours) == 2
    firm("optout", "hall")
    assert set(drafts(home)) == ours
    for _ in range(2):
        firm("send", "--yes")
        assert set(drafts(home)) == ours
    firm("confirm", "--drafts", "--sent")
    firm("send", "--yes")
    assert drafts(home) == {}
    assert firm("report", "contacts", "--year", "2026", "--format", "csv").stdout.count("\n") == 1, "none to the client"


def test_after_a_stop_no_new_record_brings_a_word_to_the_client(firm: Run, home: Path) -> None:
    """Of an enquiry, a promise, a case, a second case, a hand-over, a referral, praise: only we hear of them."""
    firm("optout", "hall")
    records_of(firm)
    firm("case", "open", "hall", "--summary", "another one")
    firm("promise", "add", "hall", "the old part back", "--by", "2026-03-04", "--theirs")
    firm("handover", "hall", "--to", "priya", "--by", "2026-03-05")
    firm("referral", "add", "hall", "Clara Dunn")
    firm("praise", "add", "hall", "spotless", "--for", "priya")
    for day in (2, 3, 4, 6, 9, 16, 30):
        now = f"2026-03-{day:02}T09:15"
        firm("send", "--yes", now=now)
        assert all("priya@example.com" in to for to in drafts(home).values())
        firm("confirm", "--drafts", "--sent", now=now)
        assert json.loads(firm("calls", "--format", "json", now=now).stdout) == []
    assert "case-to-" in firm("due", now="2026-03-16").stdout, "we still hear of what waits"


def test_after_an_erasure_no_note_to_one_of_us_holds_a_word_of_the_client(firm: Run, home: Path) -> None:
    """Neither the drafts that lay there nor those that would have come."""
    firm("handover", "hall", "--to", "priya", "--by", "2026-03-05", "--about", "the stairs")
    firm("praise", "add", "hall", "spotless stairs", "--for", "priya")
    records_of(firm)
    firm("send", "--yes")
    firm("forget", "hall", "--yes")
    assert drafts(home) == {}
    for day in (2, 3, 9, 16):
        for words in (("send", "--yes"), ("due",), ("status",), ("concerns",)):
            said = firm(*words, now=f"2026-03-{day:02}T09:15").stdout
            assert "stairs" not in said
            assert "Hall" not in said
    found = [path for path in home.rglob("*") if path.is_file() and b"stairs" in path.read_bytes()]
    assert found == []


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-02T09:15:00"])
def test_an_instant_that_no_clock_shows_is_refused_with_its_row(made: Run, home: Path, instant: str) -> None:
    """It ended in a traceback where its zone led out of the calendar."""
    path = home.parent / "enquiries.csv"
    path.write_text(f"client,summary,opened_at\nAda Hall,a leak,{instant}\n", encoding="utf-8")
    assert "row 2: opened_at" in made("enquiry", "import", path, exit_code=65).stderr
    assert care(home) == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["promise", "add", "LONG", "a quote", "--by", "2026-03-12"], "No client fits 'xxx"),
        (["promise", "add", "hall", "a quote", "--by", "LONG"], "--by: 'xxx"),
        (["promise", "list", "--owner", "LONG"], "Nobody of the firm is called 'xxx"),
        (["case", "open", "hall", "--job", "LONG"], "No job fits 'xxx"),
    ],
)
def test_a_text_far_longer_than_any_name_fits_nobody(made: Run, words: list[str], said: str) -> None:
    """SQLite refuses patterns of that length; for whoever typed it, it is nobody's name, and is not said back whole."""
    ran = made(*("x" * 100_000 if word == "LONG" else word for word in words), exit_code=None)
    assert ran.exit_code in (65, 66)
    assert said in ran.stderr
    assert "…'" in ran.stderr
    assert len(ran.stderr) < 300
