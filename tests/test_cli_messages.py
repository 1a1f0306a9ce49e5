"""preview, send, confirm, message and template, as their user meets them."""

from __future__ import annotations

import csv
import email
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]


def key(run: Run, step: str = "thank-you", *, client: str = "hall", **options: str) -> str:
    """Return the key of a client's touchpoint of a step, one that is due if there is one."""
    rows = json.loads(run("why", client, "--format", "json", **options).stdout)
    states = ("due", "review", "upcoming", "unconfirmed", "done")
    found = [row for row in rows if row["step"] == step and row["state"] in states]
    return str(min(found, key=lambda row: row["state"])["key"])


def state(run: Run, touchpoint: str, **options: str) -> str:
    """Return the state of a touchpoint."""
    rows = json.loads(run("why", touchpoint, "--format", "json", **options).stdout)
    return str(rows[0]["state"])


def drafts(home: Path) -> list[Path]:
    """Return the files of drafts."""
    return sorted((home / "drafts").glob("*.eml"))


# ---------------------------------------------------------------- preview


def test_preview_shows_headers_and_words(made: Run) -> None:
    """What would go out, as a mail program shows it; nothing is recorded by looking."""
    said = made("preview", "hall").stdout
    for line in (
        'From: "Sam Alder, Alder" <sam@alder.example.com>',
        "To: Ada Hall <ada@example.com>",
        "X-Unsent: 1",
        "Hello Ada,",
    ):
        assert line in said
    assert made("message", "list").stdout == "No message waits to be confirmed.\n"


def test_preview_alone_shows_every_message_that_is_due(business: Run) -> None:
    """One after the other, with a line between."""
    said = business("preview").stdout
    assert said.count("X-Unsent: 1") == said.count("-" * 72) + 1 > 10


def test_preview_alone_says_when_nothing_is_due(run: Run) -> None:
    """A new home has no message."""
    run("init", "--name", "Sam", "--email", "sam@alder.example.com")
    assert run("preview").stdout == "No message is due.\n"


def test_preview_shows_a_call_script_as_it_would_be_said(business: Run) -> None:
    """What is not an e-mail has number and words instead of headers."""
    said = business("preview", key(business, "check-in-call", client="Margaret Doyle")).stdout
    assert said.startswith("call to Margaret Doyle +441632960105")
    assert "HOW TO BEGIN" in said


def test_preview_of_what_cannot_be_said_exits_with_the_reason(made: Run, home: Path) -> None:
    """A wrong template is 78, and the reason is on stderr."""
    own_template(home, "subject: Hi\n---\n{{ nmae }}\n")
    ran = made("preview", "hall", exit_code=78)
    assert "thank-you.en.txt:3" in ran.stderr
    assert made("preview", exit_code=78).stdout == ""
    assert "thank-you.en.txt:3" in made("preview", "hall", "--edit", "--text-file", "-", exit_code=65).stderr


def own_template(home: Path, text: str, name: str = "thank-you.en.txt") -> Path:
    """Put a template of its own into the home."""
    folder = home / "templates"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_an_edited_text_is_kept_for_that_message_alone(made: Run, home: Path, tmp_path: Path) -> None:
    """--text-file gives subject and words; the draft has them, and undo takes them back before."""
    words = tmp_path / "words.txt"
    words.write_text("Subject: The old boiler\n\nDear Ada,\n\nit was a pleasure.\n\nSam\n", encoding="utf-8")
    assert "Kept your words" in made("preview", "hall", "--edit", "--text-file", words).stdout
    assert "Subject: The old boiler" in made("preview", "hall").stdout
    made("undo", "--yes")
    assert "The old boiler" not in made("preview", "hall").stdout
    made("preview", "hall", "--text-file", words)
    made("send", "--yes")
    message = email.message_from_bytes(drafts(home)[0].read_bytes())
    assert message["Subject"] == "The old boiler"


def test_words_without_a_subject_keep_the_subject(made: Run) -> None:
    """The first line counts as a subject only when it says so."""
    before = next(line for line in made("preview", "hall").stdout.splitlines() if line.startswith("Subject:"))
    made("preview", "hall", "--edit", "--text-file", "-", stdin="Dear Ada, thank you.\n\nSam Alder\n")
    said = made("preview", "hall").stdout
    assert before in said
    assert "Dear Ada, thank you." in said


def test_the_same_words_change_nothing(made: Run, tmp_path: Path) -> None:
    """An editor that was closed without a change leaves the template in force."""
    shown = made("preview", "hall").stdout
    subject = next(line for line in shown.splitlines() if line.startswith("Subject:"))
    same = f"{subject}\n\n{shown.partition(chr(10) * 2)[2]}"
    assert made("preview", "hall", "--edit", "--text-file", "-", stdin=same).stdout == "Nothing was changed.\n"


@pytest.mark.parametrize("words", ["\n \n", "Dear {{ name }},\n\nthank you.\n\nSam Alder\n", "Thank you.\n"])
def test_words_that_make_no_message_are_refused(made: Run, words: str) -> None:
    """An empty text, a leftover brace, nobody's name under it: said at once, and nothing is kept."""
    assert "othing was kept" in made("preview", "hall", "--edit", "--text-file", "-", stdin=words, exit_code=65).stderr
    assert "Hello Ada" in made("preview", "hall").stdout


def test_a_file_of_words_that_cannot_be_read_is_named(made: Run, tmp_path: Path) -> None:
    """It is not there (66), or it is no text (65)."""
    assert "no such file" in made("preview", "hall", "--text-file", tmp_path / "none", exit_code=66).stderr
    path = tmp_path / "words.txt"
    path.write_bytes("Grüße".encode("cp1252"))
    assert "UTF-8" in made("preview", "hall", "--text-file", path, exit_code=65).stderr


def test_editing_needs_a_message_and_somebody_to_edit(made: Run) -> None:
    """Without a key, and without a person or a file, it is a usage error."""
    assert "which message" in made("preview", "--edit", exit_code=2).stderr
    assert "--text-file" in made("preview", "hall", "--edit", exit_code=2).stderr


@pytest.mark.skipif(sys.platform == "win32", reason="the editor is a shell script")
def test_a_person_edits_in_their_own_editor(made: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EDITOR opens the words; what it leaves is kept."""
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i.bak "s/Hello/Dear/" "$1"\nsleep 1\ntouch "$1"\n', encoding="utf-8")
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    assert "Kept your words" in made("preview", "hall", "--edit", answers="").stdout
    assert "Dear Ada," in made("preview", "hall").stdout


# ---------------------------------------------------------------- send


def test_send_writes_a_draft_and_the_page_and_records_it_as_drafted(made: Run, home: Path) -> None:
    """One .eml whose name ends in the key, drafts.html, and a state that is not `sent`."""
    touchpoint = key(made)
    said = made("send", "--yes").stdout
    (path,) = drafts(home)
    assert path.name.endswith(f"{touchpoint}.eml")
    assert path.name in (home / "drafts" / "drafts.html").read_text(encoding="utf-8")
    assert "Wrote draft" in said
    assert state(made, touchpoint) == "unconfirmed"
    assert made("report", "contacts", "--format", "csv").stdout.count("\n") == 1


def test_send_again_drafts_nothing_twice(made: Run, home: Path) -> None:
    """A second run, and one a week later, find nothing to do."""
    made("send", "--yes")
    assert made("send", "--yes").stdout == "Nothing to draft.\n"
    assert made("send", "--yes", now="2026-03-03").stdout == "Nothing to draft.\n"
    assert len(drafts(home)) == 1


def test_a_draft_that_was_deleted_comes_back_with_the_same_bytes(made: Run, home: Path) -> None:
    """The files are made from the database; nothing is said anew."""
    made("send", "--yes")
    (path,) = drafts(home)
    before = path.read_bytes()
    path.unlink()
    made("send", "--yes")
    assert path.read_bytes() == before


def test_send_dry_run_says_would_and_writes_nothing(made: Run, home: Path) -> None:
    """Claims no more than it did."""
    said = made("send", "--dry-run").stdout
    assert "Would draft" in said
    assert "Ada Hall <ada@example.com>" in said
    assert not (home / "drafts").exists()
    assert state(made, key(made)) == "due"


def test_send_asks_a_person_and_shows_first_what_it_will_do(made: Run, home: Path) -> None:
    """The list, then one question."""
    ran = made("send", answers="y\n")
    assert ran.stdout.index("To draft:") < ran.stdout.index("Wrote draft:")
    assert "Write 1 draft?" in ran.stderr


def test_send_limit_leaves_the_rest_for_the_next_run(business: Run, home: Path) -> None:
    """The most urgent first; how many are left is said."""
    ran = business("send", "--yes", "--limit", "3")
    assert len(drafts(home)) == 3
    assert "left for the next run (--limit)" in ran.stderr
    business("send", "--yes")
    assert len(drafts(home)) > 3


def test_send_only_takes_clients_steps_and_keys(business: Run, home: Path) -> None:
    """Several may be named; what was not named stays due."""
    feedback = key(business, "win-back", client="Sunita Rao")
    business("send", "--yes", "--only", "Grace Obi", "--only", "feedback-ask", "--only", feedback)
    steps = sorted(path.name.split(".")[-3] for path in drafts(home))
    assert steps == ["feedback-ask", "feedback-ask", "thank-you", "win-back"]


def test_send_only_what_is_not_due_says_why(made: Run) -> None:
    """A key that is not due yet is a usage error with the way to its reasons; an unknown name exits 66."""
    ran = made("send", "--yes", "--only", key(made, "feedback-ask"), exit_code=2)
    assert "upcoming, not due" in ran.stderr
    assert "followup why" in ran.stderr
    made("send", "--yes", "--only", "nobody", exit_code=66)


def test_send_only_lets_a_late_one_through(made: Run, home: Path) -> None:
    """What is too late waits for a person; whoever names it gets it."""
    late = {"now": "2026-03-20"}
    assert state(made, key(made, **late), **late) == "review"
    made("send", "--yes", "--only", "thank-you", **late)
    (path,) = drafts(home)
    assert "thank-you" in path.name


def test_one_message_that_cannot_be_made_stops_no_other(business: Run, home: Path) -> None:
    """The wrong German template is named with file and line, the exit code is 78, and the others are drafted."""
    own_template(home, "subject: Danke\n---\n{{ nmae }}\n", "thank-you.de.txt")
    ran = business("send", "--yes", exit_code=78)
    assert "Not drafted" in ran.stderr
    assert "thank-you.de.txt:3" in ran.stderr
    assert len(drafts(home)) > 5


def test_a_client_nobody_can_greet_needs_a_person_not_a_programmer(made: Run, home: Path) -> None:
    """What cannot be said to one client exits 3, and says what is missing."""
    own_template(home, "subject: Hi\n---\nHello {{ client.title }},\n\n{{ signature }}\n")
    ran = made("send", "--yes", exit_code=None)
    assert ran.exit_code in (3, 78)
    assert "Ada Hall" in ran.stderr or "thank-you" in ran.stderr
    assert ran.stdout == "Nothing to draft.\n"


# ---------------------------------------------------------------- send --plan


def plan_file(run: Run, path: Path) -> list[dict[str, str]]:
    """Write the plan file and return its lines."""
    run("plan", "--weeks", "1", "--format", "csv", "-o", path)
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_plan(path: Path, lines: list[dict[str, str]]) -> None:
    """Write a plan file again after a person changed it."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def test_a_plan_file_sends_exactly_its_lines(business: Run, home: Path, tmp_path: Path) -> None:
    """Deleted lines are not sent; calls and letters in it are left alone."""
    path = tmp_path / "plan.csv"
    lines = plan_file(business, path)
    kept = [line for line in lines if line["state"] == "due" and line["step"] != "thank-you"]
    write_plan(path, kept)
    ran = business("send", "--yes", "--plan", path)
    assert "Left out" not in ran.stderr
    wanted = sorted(line["key"] for line in kept if line["channel"] == "email")
    assert sorted(path.name.rsplit("-", 2)[-1] for path in drafts(home)) != []
    assert len(drafts(home)) == len(wanted)


def test_a_plan_file_names_every_line_that_has_changed(business: Run, home: Path, tmp_path: Path) -> None:
    """A changed text, a changed address, a changed channel, a skip, a step that is not due: named, and 3."""
    path = tmp_path / "plan.csv"
    lines = plan_file(business, path)
    due = [line for line in lines if line["state"] == "due" and line["channel"] == "email"]
    later = next(line for line in lines if line["state"] == "upcoming" and line["channel"] == "email")
    words, address, skipped, channel, same = due[:5]
    write_plan(path, [words, address, skipped, {**channel, "channel": "letter"}, same, later])
    business("preview", words["key"], "--edit", "--text-file", "-", stdin="Something else.\n\nSam Alder\n")
    business("client", "edit", address["client_id"], "--email", "new@example.com")
    business("skip", skipped["key"])
    ran = business("send", "--yes", "--plan", path, exit_code=3)
    assert f"Left out {words['key']}: its words, its jobs or its day have changed" in ran.stderr
    assert f"Left out {address['key']}: goes to new@example.com now" in ran.stderr
    assert f"Left out {skipped['key']}: " in ran.stderr
    assert f"Left out {channel['key']}: goes by e-mail now, not by letter" in ran.stderr
    assert f"Not now {later['key']}: comes on" in ran.stderr
    assert [path.name.endswith(f"{same['key']}.eml") for path in drafts(home)] == [True]


def test_a_plan_file_names_a_line_whose_template_broke(business: Run, home: Path, tmp_path: Path) -> None:
    """The reason is the template's."""
    path = tmp_path / "plan.csv"
    plan_file(business, path)
    own_template(home, "subject: Hi\n---\n{{ nmae }}\n")
    assert "thank-you.en.txt:3" in business("send", "--yes", "--plan", path, exit_code=3).stderr


def test_what_is_no_plan_file_is_refused(made: Run, tmp_path: Path) -> None:
    """Another csv, no text at all, no file; and --only beside it."""
    path = tmp_path / "plan.csv"
    path.write_text("name,email\nAda,ada@example.com\n", encoding="utf-8")
    assert "followup plan --format csv" in made("send", "--plan", path, exit_code=65).stderr
    path.write_bytes("Grüße".encode("cp1252"))
    assert "is not a plan file" in made("send", "--plan", path, exit_code=65).stderr
    assert "no such file" in made("send", "--plan", tmp_path / "none.csv", exit_code=66).stderr
    assert "do not go together" in made("send", "--plan", path, "--only", "hall", exit_code=2).stderr


# ---------------------------------------------------------------- confirm


def contacts(run: Run) -> int:
    """Return how many contacts are on record."""
    return int(json.loads(run("report", "contacts", "--format", "json").stdout)["count"])


@pytest.fixture
def drafted(business: Run) -> Run:
    """Give the example business with three drafts."""
    business("send", "--yes", "--limit", "3")
    return business


def test_confirm_without_a_terminal_lists_and_names_the_options(drafted: Run) -> None:
    """Nothing is guessed: 2, with the drafts and the two answers."""
    ran = drafted("confirm", exit_code=2)
    assert len(ran.stdout.splitlines()) == 3
    assert "--sent" in ran.stderr
    assert contacts(drafted) == 0


def test_confirm_everything_in_a_script(drafted: Run, home: Path) -> None:
    """--drafts --sent makes contacts and empties the folder."""
    assert "Recorded as sent: 3 messages." in drafted("confirm", "--drafts", "--sent").stdout
    assert contacts(drafted) == 3
    assert drafts(home) == []
    assert drafted("confirm").stdout == "No message waits to be confirmed.\n"


def test_what_did_not_go_out_is_due_again(made: Run, home: Path) -> None:
    """--not-sent cancels; the next send makes a new draft."""
    made("send", "--yes")
    said = made("confirm", "hall", "--not-sent").stdout
    assert "due again" in said
    assert "delete it there" in said
    assert drafts(home) == []
    assert state(made, key(made)) == "due"
    made("send", "--yes")
    assert len(drafts(home)) == 1


def test_confirm_takes_clients_keys_and_file_names(drafted: Run, home: Path) -> None:
    """Whatever stands on the screen can be typed."""
    one, two, three = json.loads(drafted("message", "list", "--format", "json").stdout)
    drafted("confirm", one["file"], two["key"][:6], "--sent")
    drafted("confirm", three["to"], "--sent")
    assert contacts(drafted) == 3


def test_a_name_that_begins_a_key_means_nobody_by_a_slip(drafted: Run) -> None:
    """Whoever is called like the first letters of somebody else's key: neither is settled, skipped nor sent."""
    one = json.loads(drafted("message", "list", "--format", "json").stdout)[0]
    name = one["key"][:3]
    drafted("client", "add", "--name", f"{name.capitalize()} Fisk", "--email", "fisk@example.com")
    for words in (["confirm", name, "--sent"], ["skip", name], ["send", "--only", name]):
        said = drafted(*words, exit_code=65 if words[0] != "send" else None).stderr
        assert "Fisk" in said or "Nothing waits" in said
    assert one["key"] in drafted("confirm", name, "--not-sent", exit_code=65).stderr
    assert contacts(drafted) == 0


def test_confirm_says_which_when_it_is_not_clear(drafted: Run) -> None:
    """An answer without drafts, both ways to choose, and a name without a draft."""
    assert "--drafts for all 3" in drafted("confirm", "--sent", exit_code=2).stderr
    assert "not both" in drafted("confirm", "--drafts", "hall", "--sent", exit_code=2).stderr
    assert "Nothing of 'Lorna Fisk' waits" in drafted("confirm", "Lorna Fisk", "--sent", exit_code=66).stderr


def test_a_client_with_two_drafts_lists_them(made: Run) -> None:
    """They are told apart by their keys."""
    made("send", "--yes")
    made("job", "add", "hall", "--service", "Tap repair", "--completed", "2026-03-20", now="2026-03-23")
    made("send", "--yes", now="2026-03-23")
    assert made("confirm", "hall", "--sent", exit_code=65).stderr.count(".thank-you.1") == 2


def test_a_person_confirms_all(drafted: Run) -> None:
    """One key says that all went out."""
    ran = drafted("confirm", answers="a\n")
    assert "Did these go out?" in ran.stdout
    assert contacts(drafted) == 3


def test_a_person_confirms_one_by_one_and_every_answer_is_kept_at_once(drafted: Run, home: Path) -> None:
    """Yes, no, and then Ctrl-D: the first two are recorded."""
    ran = drafted("confirm", answers="o\ny\nn\n", exit_code=130)
    assert "Traceback" not in ran.stderr
    assert contacts(drafted) == 1
    assert len(drafts(home)) == 1


def test_a_person_says_none(drafted: Run, home: Path) -> None:
    """None went out: all are due again."""
    drafted("confirm", answers="n\n")
    assert contacts(drafted) == 0
    assert drafts(home) == []


@pytest.mark.parametrize("answers", ["l\n", "\n", "o\nl\n\nl\n"])
def test_enter_alone_claims_nothing(drafted: Run, home: Path, answers: str) -> None:
    """Later is the answer of whoever only presses Enter."""
    drafted("confirm", answers=answers)
    assert contacts(drafted) == 0
    assert len(drafts(home)) == 3


def test_an_answer_a_week_later_counts_for_the_day_of_the_draft(made: Run) -> None:
    """What was confirmed is dated like the draft, so nothing that counts from it moves."""
    made("send", "--yes")
    made("confirm", "--drafts", "--sent", now="2026-03-09")
    rows = json.loads(made("report", "contacts", "--month", "2026-03", "--format", "json").stdout)["rows"]
    assert [row["date"] for row in rows] == ["2026-03-02"]


# ---------------------------------------------------------------- message


def test_message_show_prints_the_exact_bytes(made: Run, home: Path) -> None:
    """The same bytes as the file, by key, by its beginning and by the client's name."""
    made("send", "--yes")
    (path,) = drafts(home)
    bytes_ = path.read_bytes().decode("ascii")
    touchpoint = key(made)
    for name in (touchpoint, touchpoint[:5], "hall"):
        assert made("message", "show", name).stdout.replace("\r\n", "\n") == bytes_.replace("\r\n", "\n")
    made("confirm", "--drafts", "--sent")
    assert made("message", "show", touchpoint).stdout.replace("\r\n", "\n") == bytes_.replace("\r\n", "\n")


def test_message_show_lists_what_an_ambiguous_key_could_mean(drafted: Run) -> None:
    """The beginning of several keys is not silently the last of them."""
    rows = json.loads(drafted("message", "list", "--format", "json").stdout)
    assert drafted("message", "show", rows[0]["key"]).stdout
    for name in ("nobody", "Lorna Fisk"):
        drafted("message", "show", name, exit_code=66)


def test_the_text_of_a_forgotten_client_is_gone(made: Run) -> None:
    """The key stays, the words do not."""
    made("send", "--yes")
    touchpoint = key(made)
    made("confirm", "--drafts", "--sent")
    made("forget", "hall", "--yes")
    assert "was erased" in made("message", "show", touchpoint, exit_code=66).stderr


def test_message_list_names_file_and_subject(made: Run) -> None:
    """For people and for programs."""
    made("send", "--yes")
    (row,) = json.loads(made("message", "list", "--format", "json").stdout)
    assert row["to"] == "ada@example.com"
    assert row["file"].endswith(f"{row['key']}.eml")


# ---------------------------------------------------------------- template


def test_template_list_says_whose_each_is(made: Run, home: Path) -> None:
    """Shipped ones and one's own."""
    made("template", "edit", "thank-you")
    rows = json.loads(made("template", "list", "--format", "json").stdout)
    whose = {(row["template"], row["language"], row["channel"]): row["whose"] for row in rows}
    assert whose["thank-you", "en", ""] == "yours"
    assert whose["thank-you", "de", ""] == "shipped"


def test_template_check_passes_in_a_new_home(made: Run) -> None:
    """Also before the postal address is set, which is no fault of a template."""
    assert "every one renders for every kind of client" in made("template", "check").stdout


def test_template_check_names_what_is_wrong_and_exits_78(made: Run, home: Path) -> None:
    """An unknown name, a template that another hides: each with its file."""
    own_template(home, "subject: Hi\n---\n{{ nmae }}\n")
    own_template(home, "subject: Hi\npurpose: service\n---\n{{ greeting }}\n\n{{ signature }}\n", "feedback-ask.txt")
    ran = made("template", "check", exit_code=78)
    assert "thank-you.en.txt:3" in ran.stdout
    assert "feedback-ask.txt: is never used, because feedback-ask.en.txt goes before it" in ran.stdout
    assert "problems." in ran.stderr


def test_template_show_prints_the_one_in_force(made: Run) -> None:
    """By name, with a language; an unknown name exits 66 with the nearest."""
    ran = made("template", "show", "thank-you.de")
    assert ran.stdout.startswith("subject: ")
    assert "thank-you.de.txt" in ran.stderr
    assert "Did you mean 'thank-you'?" in made("template", "show", "thankyou", exit_code=66).stderr


def test_template_edit_copies_once(made: Run, home: Path) -> None:
    """The copy is the home's; a second edit leaves it as it is."""
    made("template", "edit", "thank-you")
    path = home / "templates" / "thank-you.en.txt"
    path.write_text(path.read_text(encoding="utf-8") + "\nPS: mine\n", encoding="utf-8")
    made("template", "edit", "thank-you")
    assert "PS: mine" in path.read_text(encoding="utf-8")
    assert "PS: mine" in made("preview", "hall").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="the editor is a shell script")
def test_template_edit_opens_the_editor_and_checks_what_it_left(
    made: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a person there, a slip in the template is said at once."""
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "{{ nmae }}" >> "$1"\n', encoding="utf-8")
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    ran = made("template", "edit", "thank-you", answers="")
    assert "nmae" in ran.stderr


def test_template_new_makes_one_that_passes_the_check(made: Run, home: Path) -> None:
    """Ready to be written, in any language."""
    made("template", "new", "spring-greeting")
    made("template", "new", "thank-you.nl")
    assert {path.name for path in (home / "templates").iterdir()} == {"spring-greeting.txt", "thank-you.nl.txt"}
    made("template", "check")


def test_template_new_refuses_names_that_are_taken_or_none(made: Run) -> None:
    """A shipped one is copied with edit, one's own is opened; slashes make no name."""
    made("template", "new", "spring-greeting")
    assert "template edit spring-greeting" in made("template", "new", "spring-greeting", exit_code=73).stderr
    assert "template edit thank-you" in made("template", "new", "thank-you", exit_code=73).stderr
    made("template", "new", "../../etc/passwd", exit_code=65)


# ---------------------------------------------------------------- hours


def hours(home: Path, said: str) -> None:
    """Let messages leave between these hours only."""
    path = home / "followup.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('# send_between = ""', f'send_between = "{said}"'), encoding="utf-8")


def test_outside_the_hours_nothing_is_drafted_and_the_screen_says_until_when(made: Run, home: Path) -> None:
    """mail.send_between holds messages by the hour, for send, for the week and for cron alike."""
    hours(home, "10:00-16:00")
    assert "Held until" in made("send", "--yes").stdout
    assert "mail.send_between" in made("week", answers="\n").stdout
    assert "mail.send_between" in made("run", "--cron").stdout
    assert drafts(home) == []
    made("send", "--yes", now="2026-03-02T10:30")
    assert len(drafts(home)) == 1


def test_a_letter_is_shown_with_its_postal_address(business: Run) -> None:
    """What goes on paper begins with where it goes."""
    said = business("preview", "Edith Farrow").stdout
    assert said.startswith("letter")
    assert "1 Almshouse Yard" in said


def test_message_show_of_the_beginning_of_several_keys_lists_them(made: Run) -> None:
    """Two messages about one job: the job's own beginning is not enough."""
    made("send", "--yes")
    made("confirm", "--drafts", "--sent")
    made("send", "--yes", now="2026-03-16", exit_code=None)
    waiting = json.loads(made("message", "list", "--format", "json").stdout)
    assert waiting, "a second message about the same job was to be drafted"
    ran = made("message", "show", waiting[0]["key"][:6], exit_code=65)
    assert "could be any of these" in ran.stderr
