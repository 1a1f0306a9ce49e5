"""client, job, optout, forget and undo, as their user meets them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]


def rows(run: Run, *arguments: str, **options: str) -> list[dict[str, Any]]:
    """Return the rows that a command prints as json."""
    found = json.loads(run(*arguments, "--format", "json", **options).stdout)
    return list(found["rows"] if isinstance(found, dict) else found)


def held(run: Run, client: str = "hall") -> dict[str, Any]:
    """Return everything that is held about a client."""
    return dict(json.loads(run("client", "dossier", client, "--format", "json").stdout))


def state(run: Run, step: str = "thank-you", client: str = "hall", **options: str) -> str:
    """Return what is decided about a client's first touchpoint of a step."""
    return str(next(row["state"] for row in rows(run, "why", client, **options) if row["step"] == step))


# ---------------------------------------------------------------- client


def test_a_client_is_added_with_every_field(made: Run) -> None:
    """What is typed is what is kept, phones with their country in front."""
    made(
        *("client", "add", "--name", "Dr Béla Tóth", "--company", "Tóth Kft", "--title", "Dr", "--address-as", "Béla"),
        *("--email", "bela@example.com", "--email", "office@example.com", "--phone", "01632 960123"),
        *("--street", "1 Mill Lane", "--city", "Leeds", "--region", "Yorkshire", "--postal-code", "LS1 4AP"),
        *("--country", "gb", "--language", "DE", "--prefers", "call", "--not-by", "text", "--tag", "vip"),
        *("--notes", "has a dog", "--note", "thanks for the tea", "--referred-by", "Ada Hall", "--owner", "sam"),
    )
    client = held(made, "toth")["client"]
    assert client["full_name"] == "Dr Béla Tóth"
    assert client["emails"] == ["bela@example.com", "office@example.com"]
    assert client["phones"] == ["+441632960123"]
    assert (client["country"], client["language"], client["owner"]) == ("GB", "de", "sam")
    assert (client["preferred_channel"], client["no_channels"], client["tags"]) == ("call", ["text"], ["vip"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--email", "x@example.com"), "needs a name"),
        (("--name", "Eve", "--email", "ada@example.com"), "belongs to"),
        (("--name", "Eve", "--email", "not an address"), "is not an e-mail address"),
        (("--name", "Eve", "--phone", "12"), "is not a phone number in GB"),
        (("--name", "Eve", "--country", "UK"), "GB"),
        (("--name", "Eve", "--language", "english"), "--language"),
    ],
)
def test_what_makes_no_client_is_refused_with_what_to_do(made: Run, options: tuple[str, ...], words: str) -> None:
    """65, and nothing is written."""
    assert words in made("client", "add", *options, exit_code=65).stderr
    assert len(rows(made, "client", "list")) == 1


def test_client_list_narrows_by_tag(made: Run) -> None:
    """And says when a home has none."""
    made("client", "edit", "hall", "--tag", "vip")
    made("client", "add", "--name", "Bert Hill")
    assert [row["client"] for row in rows(made, "client", "list", "--tag", "vip")] == ["Ada Hall"]
    assert "Bert Hill" in made("client", "list").stdout
    assert "No clients yet" in made("client", "list", "--tag", "none").stdout


def test_client_show_is_one_page_or_rows(made: Run, tmp_path: Path) -> None:
    """Who they are, what happened, what is next; as rows, the history."""
    made("log", "hall", "--in", "--note", "asked for the manual")
    said = made("client", "show", "hall").stdout
    for words in ("Ada Hall", "Boiler service", "asked for the manual", "thank-you"):
        assert words in said
    assert {row["kind"] for row in rows(made, "client", "show", "hall")} == {"contact", "job completed"}
    made("client", "show", "hall", "-o", tmp_path / "hall.txt")
    assert "asked for the manual" in (tmp_path / "hall.txt").read_text(encoding="utf-8")


def test_client_edit_says_what_changed(made: Run) -> None:
    """Before and after; the same again is no change; nothing given is a usage error."""
    assert "Addie" in made("client", "edit", "hall", "--address-as", "Addie").stdout
    assert made("client", "edit", "hall", "--address-as", "Addie").stdout == "Nothing changed: it was so already.\n"
    assert "Say what to change" in made("client", "edit", "hall", exit_code=2).stderr
    assert "Hello Addie" in made("preview", "hall").stdout


def test_client_edit_empties_a_field(made: Run) -> None:
    """An empty text takes away what was there; the name stays."""
    made("client", "edit", "hall", "--tag", "vip", "--phone", "01632 960123", "--city", "Leeds")
    made("client", "edit", "hall", "--tag", "", "--phone", "", "--city", "")
    assert not {"tags", "phones", "city"} & set(held(made)["client"])
    assert "needs a name" in made("client", "edit", "hall", "--name", "", exit_code=65).stderr


def test_a_new_name_is_a_new_first_and_last_name(made: Run) -> None:
    """The greeting follows; one word is a last name."""
    made("client", "edit", "hall", "--name", "Eve Stone")
    assert "Hello Eve" in made("preview", "stone").stdout
    made("client", "edit", "stone", "--name", "Cher")
    assert held(made, "Cher")["client"]["last_name"] == "Cher"
    made("client", "edit", "Cher", "--name", "Anna Maria Holt", "--first-name", "Anna Maria", "--last-name", "Holt")
    assert held(made, "Holt")["client"]["first_name"] == "Anna Maria"


def test_what_is_changed_later_moves_everything_not_yet_done(made: Run) -> None:
    """No more e-mail: the thank-you waits for another way to reach her."""
    made("client", "edit", "hall", "--not-by", "email")
    assert rows(made, "due") == []


def test_consent_by_hand_needs_words_and_is_a_basis(run: Run) -> None:
    """--opted-in keeps how they said so; `why` names it."""
    run(*("init", "--name", "Sam", "--country", "DE", "--email", "s@example.com", "--basis", "opt-in"))
    run("client", "add", "--name", "Ada Hall", "--email", "ada@example.com", "--opted-in", "ticked the box, 1 March")
    client = held(run)["client"]
    assert (client["consent"], client["consent_evidence"]) == ("opted_in", "ticked the box, 1 March")


def test_two_clients_become_one(made: Run) -> None:
    """It shows both, asks, keeps the first, and undo takes it back."""
    made("client", "add", "--name", "A. Hall", "--phone", "01632 960123")
    assert "--yes" in made("client", "merge", "Ada Hall", "A. Hall", exit_code=2).stderr
    ran = made("client", "merge", "ada@example.com", "01632 960123", answers="y\n")
    assert "Keep:" in ran.stdout
    assert held(made)["client"]["phones"] == ["+441632960123"]
    assert "one client already" in made("client", "merge", "hall", "hall", "--yes", exit_code=65).stderr
    made("undo", "--yes")
    assert len(rows(made, "client", "list")) == 2


def test_who_brought_whom_is_shown_on_both_pages(made: Run) -> None:
    """Linked as soon as it is certain, whoever comes first; what is not certain is shown as it was written."""
    made("client", "add", "--name", "Bert Hill", "--referred-by", "ada hall")
    made("client", "add", "--name", "Cy Dunn", "--referred-by", "the postman")
    made("client", "add", "--name", "Di Reed", "--referred-by", "Ed Poe")
    bert = held(made, "hill")["client"]["id"]
    assert "brought by     Ada Hall, written as ada hall\n" in made("client", "show", "hill").stdout
    assert f"brought        Bert Hill ({bert})" in made("client", "show", "hall").stdout
    assert "brought by     the postman\n" in made("client", "show", "dunn").stdout
    made("client", "edit", "dunn", "--name", "Ed Poe")
    assert "brought        Di Reed" in made("client", "show", "poe").stdout
    assert made("client", "edit", "hill", "--referred-by", "Ed Poe").stdout == "referred by: ada hall -> Ed Poe\n"
    assert "brought" not in made("client", "show", "ada hall").stdout
    made("undo", "--yes")
    assert "brought        Bert Hill" in made("client", "show", "ada hall").stdout


def test_the_stricter_consent_wins_a_merge(made: Run) -> None:
    """Whoever said stop under one name said it under both."""
    made("client", "add", "--name", "A. Hall", "--phone", "01632 960123")
    made("optout", "01632 960123")
    made("client", "merge", "ada@example.com", "01632 960123", "--yes")
    assert held(made)["client"]["consent"] == "opted_out"


def test_an_export_reads_back_as_nothing_changed(business: Run, tmp_path: Path) -> None:
    """Clients and jobs, one a row, with the columns of one's own."""
    business("client", "export", "-o", tmp_path / "clients.csv")
    business("job", "export", "-o", tmp_path / "jobs.csv")
    ran = business("import", tmp_path / "clients.csv", tmp_path / "jobs.csv", "--dry-run")
    assert "changed: 0 clients, 0 jobs" in ran.stdout
    assert "new: 0 clients, 0 jobs" in ran.stdout
    assert json.loads(business("client", "export", "--format", "json").stdout)
    assert business("job", "export").stdout.startswith("job_id,")


def test_everything_held_about_one_client_is_one_file(business: Run, tmp_path: Path) -> None:
    """For a client who asks: facts, jobs, messages with their words, cases, numbers of other programs."""
    business("send", "--only", "Grace Obi", "--yes")
    business("log", "Grace Obi", "--in", "--note", "asked for the manual")
    business("case", "open", "Grace Obi", "--summary", "tap drips")
    found = held(business, "Grace Obi")
    assert found["client"]["full_name"] == "Grace Obi"
    assert "old boiler" in found["messages"][0]["text"]
    assert found["contacts"][0]["note"] == "asked for the manual"
    assert found["cases"][0]["summary"] == "tap drips"
    assert found["jobs"]
    assert found["stopped"] is False
    business("client", "dossier", "Grace Obi", "--format", "json", "-o", tmp_path / "grace.json")
    assert json.loads((tmp_path / "grace.json").read_text(encoding="utf-8")) == found
    assert "client dossier 'Grace Obi'" in business("client", "export", "Grace Obi", exit_code=2).stderr


# ---------------------------------------------------------------- job


def test_a_job_is_added_completed_or_open(made: Run) -> None:
    """With a day it is completed and starts its cadence; without one it is open."""
    ran = made(
        *("job", "add", "hall", "--service", "Tap repair", "--completed", "today", "--amount", "240.50"),
        *("--paid", "2026-03-01", "--invoice", "R-7", "--site", "2 Mill Lane", "--by", "Sam Alder", "--note", "nice"),
    )
    assert "completed on Monday 2 March 2026" in ran.stdout
    made(
        "job", "add", "hall", "--service", "New bath", "--promised", "2026-04-01", "--currency", "EUR", "--amount", "9"
    )
    jobs = {job["service"]: job for job in held(made)["jobs"]}
    assert (jobs["Tap repair"]["amount_minor"], jobs["Tap repair"]["owner"]) == (24050, "sam")
    assert (jobs["New bath"]["status"], jobs["New bath"]["currency"]) == ("open", "EUR")
    assert [row["service"] for row in rows(made, "job", "list", "--open")] == ["New bath"]
    assert len(rows(made, "job", "list", "--client", "hall")) == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--service", ""), "what was done"),
        (("--service", "Tap", "--completed", "2026-03-03"), "future"),
        (("--service", "Tap", "--amount", "a lot"), "--amount: 'a lot'"),
    ],
)
def test_what_makes_no_job_is_refused(made: Run, options: tuple[str, ...], words: str) -> None:
    """65, with the option that is wrong."""
    assert words in made("job", "add", "hall", *options, exit_code=65).stderr


def test_job_list_says_when_there_are_none(run: Run) -> None:
    """A new home."""
    run("init", "--name", "Sam")
    assert run("job", "list").stdout == "No jobs.\n"


def test_completing_a_job_starts_its_cadence_and_reopening_stops_it(made: Run) -> None:
    """Both ways, as often as needed; what is so already says so."""
    made("job", "add", "hall", "--service", "New bath")
    job = rows(made, "job", "list", "--open")[0]["job_id"]
    assert "Completed: New bath, on Sunday 1 March 2026" in made(
        "job", "complete", job, "--on", "yesterday", "--note", "they love it"
    ).stdout  # fmt: skip
    assert "was completed on 2026-03-01" in made("job", "complete", job, exit_code=65).stderr
    made("job", "reopen", job)
    assert "is open, not completed" in made("job", "reopen", job, exit_code=65).stderr
    assert not [row for row in rows(made, "why", "hall") if row["key"].startswith(job)]
    assert "future" in made("job", "complete", job, "--on", "tomorrow", exit_code=65).stderr


def test_job_edit_moves_what_has_not_gone_out(made: Run) -> None:
    """A later completion, a later thank-you."""
    job = rows(made, "job", "list")[0]["job_id"]
    said = made("job", "edit", job, "--completed", "2026-03-02", "--note", "new valve").stdout
    assert "2026-03-02" in said
    assert state(made) == "upcoming"
    assert "it was so already" in made("job", "edit", job, "--note", "new valve").stdout
    assert "Say what to change" in made("job", "edit", job, exit_code=2).stderr
    made("job", "edit", "nothing", "--note", "x", exit_code=66)


def test_a_day_of_completion_completes_an_open_job(made: Run) -> None:
    """`job edit --completed` is no half-truth."""
    made("job", "add", "hall", "--service", "New bath")
    job = rows(made, "job", "list", "--open")[0]["job_id"]
    made("job", "edit", job, "--completed", "2026-03-01")
    assert rows(made, "job", "list", "--open") == []


def test_paid_and_unpaid_exclude_each_other(made: Run) -> None:
    """What is said last holds."""
    job = rows(made, "job", "list")[0]["job_id"]
    made("job", "edit", job, "--paid", "2026-03-01")
    made("job", "edit", job, "--unpaid")
    found = held(made)["jobs"][0]
    assert found["unpaid"] is True
    assert "paid_on" not in found
    made("job", "edit", job, "--paid", "today", "--by", "Somebody Else")
    assert "unpaid" not in held(made)["jobs"][0]


def test_an_ambiguous_job_lists_what_it_could_be(made: Run) -> None:
    """Two jobs with one invoice number."""
    for service in ("Tap repair", "New bath"):
        made("job", "add", "hall", "--service", service, "--invoice", "R-7")
    assert "New bath" in made("job", "complete", "R-7", exit_code=65).stderr


# ---------------------------------------------------------------- stop


def test_an_opt_out_stops_everything_at_once(made: Run, home: Path) -> None:
    """Nothing is due, the draft leaves the folder, and the screen says so."""
    made("send", "--yes")
    said = made("optout", "hall", "--evidence", "wrote on 2 March").stdout
    assert "nothing goes out" in said
    assert "Withdrew the draft" in said
    assert not list((home / "drafts").glob("*.eml"))
    assert rows(made, "due") == []
    assert held(made)["client"]["consent_evidence"] == "wrote on 2 March"
    assert held(made)["stopped"] is True


@pytest.mark.parametrize("typed", ["eve@example.com", "(01632) 960-199", "+44 1632 960199"])
def test_an_address_that_belongs_to_nobody_yet_is_stopped_as_well(made: Run, typed: str) -> None:
    """Whoever gets it later is not written to; phones are recognised however they are typed."""
    made("optout", typed)
    address = ("--email", typed) if "@" in typed else ("--phone", "01632 960199")
    made("client", "add", "--name", "Eve Stone", *address)
    made("job", "add", "stone", "--service", "Tap repair", "--completed", "2026-02-27")
    assert [row["client"] for row in rows(made, "due")] == ["Ada Hall"]
    assert held(made, "stone")["stopped"] is True


def test_a_name_that_is_neither_client_nor_address_is_not_found(made: Run) -> None:
    """66, for both ways."""
    made("optout", "nobody", exit_code=66)
    made("optout", "--lift", "nobody", "--evidence", "x", exit_code=66)


def test_an_opt_out_is_lifted_on_the_clients_own_word_only(made: Run) -> None:
    """Evidence is needed and kept; who had not said stop cannot be lifted."""
    made("optout", "hall")
    assert "--evidence" in made("optout", "--lift", "hall", exit_code=2).stderr
    assert "asked again" in made("optout", "--lift", "hall", "--evidence", "asked again on 9 March").stdout
    assert held(made)["client"]["consent"] == "opted_in"
    assert state(made) == "due"
    assert "had not opted out" in made("optout", "--lift", "hall", "--evidence", "x", exit_code=65).stderr
    made("optout", "eve@example.com")
    assert "Lifted: eve@example.com" in made("optout", "--lift", "eve@example.com", "--evidence", "wrote").stdout


def test_no_edit_is_a_way_around_a_stop(made: Run) -> None:
    """A new address of somebody who said stop is stopped too, also under another name, and consent is not edited."""
    made("optout", "hall")
    made("client", "edit", "hall", "--email", "new@example.com")
    assert rows(made, "due") == []
    assert "said stop" in made("client", "edit", "hall", "--opted-in", "surely", exit_code=65).stderr
    made("undo", "--yes")
    made("client", "add", "--name", "Eve Stone", "--email", "new@example.com")
    assert held(made, "stone")["stopped"] is True


def test_a_stop_of_an_address_outlives_its_change(made: Run) -> None:
    """A client with a stopped address who gets another one is still not written to."""
    made("optout", "eve@example.com")
    made("client", "add", "--name", "Eve Stone", "--email", "eve@example.com")
    made("job", "add", "stone", "--service", "Tap repair", "--completed", "2026-02-27")
    made("client", "edit", "stone", "--email", "eve.stone@example.com")
    assert held(made, "stone")["stopped"] is True
    adding = ("client", "add", "--name", "E. Stone", "--email", "eve.stone@example.com", "--opted-in", "surely")
    made(*adding, exit_code=65)
    assert [row["client"] for row in rows(made, "due")] == ["Ada Hall"]


def test_nobody_can_consent_for_a_stopped_address(made: Run) -> None:
    """A new client with consent and a stopped address is refused, with the way that is open."""
    made("optout", "eve@example.com")
    ran = made("client", "add", "--name", "Eve", "--email", "eve@example.com", "--opted-in", "surely", exit_code=65)
    assert "optout --lift" in ran.stderr


# ---------------------------------------------------------------- forget


def test_forgetting_erases_the_person_and_keeps_bare_dates(made: Run, home: Path) -> None:
    """Shown first, asked, and final; the address stays stopped."""
    made("send", "--yes")
    made("confirm", "--drafts", "--sent")
    assert "Nothing was erased" in made("forget", "hall", "--dry-run").stdout
    assert "--yes" in made("forget", "hall", exit_code=2).stderr
    made("backup")
    ran = made("forget", "hall", answers="y\n")
    assert "1 job and 1 contact stay as bare dates" in ran.stdout
    assert "holds the person" in ran.stdout
    made("client", "show", "hall", exit_code=66)
    assert b"Ada" not in (home / "followup.db").read_bytes()
    made("client", "add", "--name", "Ada Hall", "--email", "ada@example.com")
    assert held(made)["stopped"] is True


def test_forgetting_without_backups_has_nothing_to_warn_of(made: Run) -> None:
    """Only files that are there are named."""
    assert "hold" not in made("forget", "hall", "--yes").stdout


# ---------------------------------------------------------------- undo


def test_undo_shows_what_it_takes_back_and_asks(made: Run) -> None:
    """The last change by hand; without a terminal it wants --yes; a no changes nothing."""
    made("client", "edit", "hall", "--city", "Leeds")
    assert "--yes" in made("undo", exit_code=2).stderr
    made("undo", answers="n\n", exit_code=1)
    assert held(made)["client"]["city"] == "Leeds"
    ran = made("undo", answers="y\n")
    assert "The last change: client edit, 2026-03-02 09:15" in ran.stdout
    assert "city" not in held(made)["client"]


def test_undo_goes_back_one_change_at_a_time_until_nothing_is_left(made: Run) -> None:
    """Job, client, and then 66."""
    made("undo", "--yes")
    made("undo", "--yes")
    assert rows(made, "client", "list") == []
    assert "Nothing to undo" in made("undo", "--yes", exit_code=66).stderr


def test_undo_passes_over_what_cannot_be_taken_back(made: Run) -> None:
    """Where all of a change has reached the client it says so, and the next undo looks further back."""
    made("send", "--yes")
    made("confirm", "--drafts", "--sent")
    ran = made("undo", "--yes")
    assert "stays: job Boiler service" in ran.stdout
    assert "spoken with or written to" in ran.stdout


def test_an_opt_out_is_no_change_that_undo_takes_back(made: Run) -> None:
    """It takes back what was before it."""
    made("client", "edit", "hall", "--city", "Leeds")
    made("optout", "hall")
    made("undo", "--yes")
    assert held(made)["client"]["consent"] == "opted_out"
    assert held(made)["stopped"] is True


def test_client_list_as_csv_is_safe_in_a_spreadsheet(made: Run) -> None:
    """A name that begins like a formula gets its apostrophe."""
    made("client", "add", "--name", "=SUM(A1)")
    text = made("client", "list", "--format", "csv").stdout
    assert "'=SUM(A1)" in {row["client"] for row in csv.DictReader(io.StringIO(text))}


def test_a_name_of_several_lines_is_refused_when_it_is_typed(made: Run) -> None:
    """It could not be greeted or put into a header later."""
    ran = made("client", "add", "--name", "Ada\nHall", "--email", "ada2@example.com", exit_code=65)
    assert "several lines" in ran.stderr
