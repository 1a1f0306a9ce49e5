"""The sandbox itself, in this process: what templates may do, what they may not, and what is said then."""

from __future__ import annotations

import io
import json
import marshal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from followup.render import child, context
from followup.render.wire import Opening, Result, Task, read_frame, write_frame

VALUES: dict[str, Any] = {
    "greeting": "Hello Ada",
    "client": {"first_name": "Ada", "full_name": "ADA HALL", "extra": {"Boiler model": "Vaillant <3>"}},
    "job": {"service": "Boiler service", "completed_on": "2026-02-27", "amount": "120.00 GBP", "paid_on": ""},
    "jobs": [{"service": "Boiler service"}, {"service": "Tap repair"}],
    "jobs_done": 2,
    "is_first_job": False,
    "nothing": None,
}


def opening(folder: Path, *, seconds: float = 5.0, characters: int = 10_000, memory: int = 0) -> Opening:
    """Return a British home's opening."""
    names = tuple(sorted(context.TOP_NAMES))
    return Opening((str(folder),), "en", "GB", "GBP", seconds, characters, memory, names)


def fill_in(folder: Path, text: str, *, language: str = "en", html: str = "", name: str = "t.en.txt") -> Result:
    """Return what becomes of a template with `VALUES`."""
    (folder / name).write_text(text, encoding="utf-8")
    return child.Bench(opening(folder)).fill_in(Task(name, language, VALUES, html))


# ---------------------------------------------------------------- what works


def test_subject_and_body_are_filled_in(tmp_path: Path) -> None:
    """The subject is a template of its own."""
    made = fill_in(tmp_path, "subject: {{ job.service }} for {{ client.first_name }}\n---\n{{ greeting }},\n\nbye\n")
    assert made == Result("Boiler service for Ada", "Hello Ada,\n\nbye", "", "")


def test_a_plain_subject_needs_no_template(tmp_path: Path) -> None:
    """And a file without a head has none."""
    assert fill_in(tmp_path, "subject: Thank you\n---\nHello").subject == "Thank you"
    assert fill_in(tmp_path, "Hello").subject == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ job.completed_on | day }}", "Friday 27 February"),
        ("{{ job.completed_on | long_date }}", "27 February 2026"),
        ("{{ job.completed_on | short_date }}", "27/02/2026"),
        ("{{ job.completed_on | month }}", "February 2026"),
        ("{{ job.amount | money }}", "£120.00"),
        ("{{ client.full_name | first_name }} {{ client.full_name | soften }}", "Ada Ada Hall"),
        ("{{ jobs | map(attribute='service') | and_list }}", "Boiler service and Tap repair"),
        ("{{ job.service | service }}", "the boiler service"),
        (
            "{{ jobs_done + 1 }} {{ jobs_done * 2 }} {{ 2 ** 3 }} {{ 7 % 2 }} {{ 'a' + 'b' }} {{ 'ab' * 2 }}",
            "3 4 8 1 ab abab",
        ),
        ("{{ client.extra['Boiler model'] }}", "Vaillant <3>"),
        ("{% for job in jobs %}\n{{ job.service }}\n{% endfor %}", "Boiler service\nTap repair"),
        ("{% if job.paid_on %}paid{% else %}open{% endif %}", "open"),
        ("{% if unknown is defined %}a{% endif %}b", "b"),
    ],
)
def test_what_templates_say(tmp_path: Path, text: str, said: str) -> None:
    """Filters, lists, sums, tests."""
    assert fill_in(tmp_path, text) == Result("", said, "", "")


def test_every_documented_filter_does_what_its_example_says(tmp_path: Path) -> None:
    """The table that README prints is true."""
    values = {"job": VALUES["job"], "jobs": VALUES["jobs"], "person": {"name": "Sam Miller"}}
    values["client"] = {"extra": {"Site contact": "ADA HALL"}}
    values |= {"case": {"summary": "leak at the joint"}, "promise": {"reason": "the pump came late"}}
    for number, (name, expression, example) in enumerate(context.FILTERS):
        (tmp_path / f"t{number}.txt").write_text(f"{{{{ {expression} }}}}")
        made = child.Bench(opening(tmp_path)).fill_in(Task(f"t{number}.txt", "en", values))
        assert made.text == example, name


def test_what_is_needed_and_not_known_stops_the_message(tmp_path: Path) -> None:
    """It says what is missing, at which line, and with which command it is written down."""
    template = "We are late.\n{{ promise.reason | needed('the reason') }}"
    values = {"promise": {"reason": " "}, "record": {"kind": "promise", "id": "paaaaaaaaa"}}
    (tmp_path / "t.txt").write_text(template)
    problem = child.Bench(opening(tmp_path)).fill_in(Task("t.txt", "en", values)).problem
    assert "t.txt:2: the reason is not known, and this cannot go out without it" in problem
    assert "Write it down: followup promise edit paaaaaaaaa." in problem
    (tmp_path / "u.txt").write_text(template)
    elsewhere = child.Bench(opening(tmp_path)).fill_in(Task("u.txt", "en", {"promise": {"reason": ""}}))
    assert "Write it down: complete the record." in elsewhere.problem


@pytest.mark.parametrize(
    ("text", "sentence", "end"),
    [
        ("leak at the joint", "Leak at the joint.", "leak at the joint."),
        (" Leak? ", "Leak?", "Leak?"),
        ('he said "never"', 'He said "never".', 'he said "never".'),
        ('he said "never again."', 'He said "never again."', 'he said "never again."'),
        ("", "", ""),
    ],
)
def test_somebodys_words_become_part_of_a_sentence(text: str, sentence: str, end: str, tmp_path: Path) -> None:
    """With one full stop, not two; and a capital where it stands in front."""
    (tmp_path / "t.txt").write_text("{{ note | sentence }}|{{ note | full_stop }}")
    assert child.Bench(opening(tmp_path)).fill_in(Task("t.txt", "en", {"note": text})).text == f"{sentence}|{end}"


def test_filters_speak_the_language_of_the_message(tmp_path: Path) -> None:
    """The same file, filled in for another language."""
    assert fill_in(tmp_path, "{{ job.completed_on | day }}", language="de").text == "Freitag, 27. Februar"


def test_parts_are_found_by_name_in_the_language(tmp_path: Path) -> None:
    """A part without a language serves all; a whole file name works too; a part's head is left out."""
    (tmp_path / "_close.en.txt").write_text("Kind regards")
    (tmp_path / "_close.de.txt").write_text("Grüße")
    (tmp_path / "_note.txt").write_text("subject: x\n---\nPS")
    text = "{% include '_close' %} {% include '_note' %} {% include '_close.de.txt' %}"
    assert fill_in(tmp_path, text).text.split() == ["Kind", "regards", "PS", "Grüße"]
    assert fill_in(tmp_path, text, language="de").text.split() == ["Grüße", "PS", "Grüße"]


def test_own_html_is_escaped(tmp_path: Path) -> None:
    """Values cannot become markup."""
    (tmp_path / "t.en.html").write_text("<p>{{ client.extra['Boiler model'] }}</p>{% include '_part' %}")
    (tmp_path / "_part.html").write_text("<hr>")
    made = fill_in(tmp_path, "Hello", html="t.en.html")
    assert made.html == "<p>Vaillant &lt;3&gt;</p><hr>"


# ---------------------------------------------------------------- what is refused, with file and line


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        # names
        ("\n{{ greting }}", 2, "'greting' is not a name that templates have. Did you mean 'greeting'?"),
        ("{{ zzzzzz }}", 1, "There are: "),
        ("{{ client.frist_name }}", 1, "there is no 'frist_name' in it. Did you mean 'first_name'?"),
        ("{{ greeting.name }}", 1, "there is no 'name' in it."),
        ("{% if nobody %}x{% endif %}", 1, "'nobody' is not a name"),
        ("{{ job.service | nosuch }}", 1, "No filter named 'nosuch'"),
        # syntax
        ("\n\n{{ greeting", 3, "unexpected end of template"),
        ("{% if job %}", 1, "Unexpected end of template"),
        ("{% for %}", 1, "Expected an expression"),
        # what is no text
        ("{{ nothing }}", 1, "prints nothing (None)"),
        ("{{ is_first_job }}", 1, "prints yes or no"),
        ("{{ jobs }}", 1, "prints a list"),
        ("{{ client }}", 1, "prints a group of values"),
        ("{{ client.items }}", 1, "prints something that is no text"),
        # empty dates and amounts
        ("\n{{ job.paid_on | day }}", 2, "the date is not known"),
        ("{{ job.paid_on | money }}", 1, "the amount is not known"),
        ("{{ nothing | day }}", 1, "prints nothing (None)"),
        # size
        ("{{ 'a' * 100000000 }}", 1, "makes something of more than 100,000 characters"),
        ("{{ jobs * 99999999 }}", 1, "makes something of more than"),
        ("{% set x = 'a' * 90000 %}{{ x + x }}", 1, "makes something of more than"),
        ("\n{{ 10 ** 1000 }}", 2, "the power is too large"),
        ("{{ '%099999d' % 1 }}", 1, "% does not fill in text"),
        ("{{ (10 ** 60) * 10 }}", 1, "makes something of more than"),
        ("{% for i in range(9999) %}xx{% endfor %}", 1, "makes more than 10,000 characters"),
        ("{% for i in range(999999) %}x{% endfor %}", 1, "Range too big"),
        ("{{ 'a' ~ ('b' * 20000) }}", 1, "makes more than 10,000 characters"),
        # endless
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", 1, "without end"),
        ("\n{% include 't.en.txt' %}", 2, "without end"),
        # outside
        ("{% include '../secret.txt' %}", 1, "is outside the folder of templates"),
        ("\n{% include '/etc/passwd' %}", 2, "is outside the folder of templates"),
        ("{% include 'C:\\\\secret.txt' %}", 1, "is outside the folder of templates"),
        ("{% include 'link.txt' %}", 1, "leads out of the folder"),
        ("{% include 'nowhere' %}", 1, "is not in the folder of templates"),
        ("{% extends '../x.txt' %}", 1, "is outside the folder of templates"),
        # the sandbox (delivery.md, section 4)
        ("{{ greeting.__class__ }}", 1, "unsafe"),
        ("{{ greeting['__class__'] }}", 1, "unsafe"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", 1, "unsafe"),
        ("{{ '{0.__class__}'.format(greeting) }}", 1, "unsafe"),
        ("{{ greeting | attr('format') }}", 1, "No filter named 'attr'"),
        ("{{ '%s' | format(greeting) }}", 1, "No filter named 'format'"),
        ("{{ jobs | random }}", 1, "No filter named 'random'"),
        ("{{ cycler.__init__.__globals__ }}", 1, "unsafe"),
        ("{{ lipsum(9) }}", 1, "'lipsum' is not a name"),
        ("{{ self.__init__ }}", 1, "unsafe"),
        ("{{ jobs.append(1) }}", 1, "unsafe"),
        ("{{ client.update({}) }}", 1, "unsafe"),
        ("{{ range.__self__ }}", 1, "there is no '__self__' in it"),
        ("{{ 1 / 0 }}", 1, "division by zero"),
    ],
)
def test_what_templates_may_not(tmp_path: Path, text: str, line: int, said: str) -> None:
    """Each is one problem with file, line and what is wrong, and nothing is said to a client."""
    folder = tmp_path / "templates"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("password")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    made = fill_in(folder, text)
    assert made[:3] == ("", "", "")
    assert said in made.problem
    assert "password" not in made.problem
    if "leads out" not in said:
        assert made.problem.startswith(f"{folder / 't.en.txt'}:{line}: ")


def test_lines_count_from_the_top_of_the_file(tmp_path: Path) -> None:
    """The head is counted, in the subject, in the body and in a part."""
    head = "purpose: service\nsubject: {{ nosuch }}\n---\n"
    assert f"{tmp_path / 't.en.txt'}:2:" in fill_in(tmp_path, f"{head}x").problem
    assert "t.en.txt:5:" in fill_in(tmp_path, "purpose: service\nsubject: x\n---\n\n{{ nosuch }}").problem
    (tmp_path / "_part.txt").write_text("\n\n{{ nosuch }}")
    assert "_part.txt:3:" in fill_in(tmp_path, "subject: x\n---\n{% include '_part' %}").problem


def test_a_broken_part_names_the_part(tmp_path: Path) -> None:
    """Syntax errors too."""
    (tmp_path / "_part.txt").write_text("\n{% if %}")
    assert "_part.txt:2:" in fill_in(tmp_path, "{% include '_part' %}").problem
    (tmp_path / "_head.txt").write_text("subject: x\nno fence")
    assert "_head.txt:2: the head is not closed" in fill_in(tmp_path, "{% include '_head' %}").problem


def test_problems_of_own_html_name_it(tmp_path: Path) -> None:
    """Also when it cannot be compiled, or has gone."""
    page = tmp_path / "t.en.html"
    page.write_text("{{ nosuch }}")
    assert f"{page}:1:" in fill_in(tmp_path, "x", html="t.en.html").problem
    page.write_text("\n{% if %}")
    assert f"{page}:2:" in fill_in(tmp_path, "x", html="t.en.html").problem
    page.unlink()
    assert "is not there any more" in fill_in(tmp_path, "x", html="t.en.html").problem


def test_a_template_is_compiled_once(tmp_path: Path) -> None:
    """A run does not read a file again, be it right or wrong."""
    bench = child.Bench(opening(tmp_path))
    for text in ("right", "{{ wrong"):
        path = tmp_path / f"{text.strip('{ ')}.txt"
        path.write_text(text)
        first = bench.fill_in(Task(path.name, "en", VALUES))
        path.unlink()
        assert bench.fill_in(Task(path.name, "en", VALUES)) == first


def test_running_out_of_memory_is_a_problem_of_the_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said like any other, with the line."""

    def no_room(*_: object) -> str:
        raise MemoryError

    monkeypatch.setattr(child.words, "day", no_room)
    assert "t.en.txt:2: needs more memory" in fill_in(tmp_path, "\n{{ job.completed_on | day }}").problem


# ---------------------------------------------------------------- frames, the watch, the process


def serve(folder: Path, *chunks: list[Task]) -> list[Any]:
    """Return the frames that a whole run answers."""
    inward, outward = io.BytesIO(), io.BytesIO()
    write_frame(inward, marshal.dumps(tuple(opening(folder))))
    for chunk in chunks:
        write_frame(inward, marshal.dumps([tuple(task) for task in chunk]))
    inward.seek(0)
    child.serve(inward, outward)
    outward.seek(0)
    return list(map(json.loads, iter(lambda: read_frame(outward), None)))


def test_a_run_says_that_it_is_ready_and_answers_each_chunk(tmp_path: Path) -> None:
    """Results come in the order of the tasks."""
    (tmp_path / "t.txt").write_text("{{ n }}")
    tasks = [Task("t.txt", "en", {"n": number}) for number in (1, 2)]
    assert serve(tmp_path, tasks, []) == [[[], ""], [[["", "1", "", ""], ["", "2", "", ""]], ""], [[], ""]]


def test_a_parent_that_has_gone_ends_it() -> None:
    """No opening, half a head and half a frame all mean the same."""
    for sent in (b"", b"\0\0", b"\0\0\0\x09abc"):
        outward = io.BytesIO()
        child.serve(io.BytesIO(sent), outward)
        assert outward.getvalue() == b""


def test_a_late_message_is_named_with_its_line_and_what_was_done_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch looks from another thread, says what it saw, and ends the process."""
    (tmp_path / "quick.txt").write_text("{{ n }}")
    (tmp_path / "slow.txt").write_text("\n{{ n | day }}")
    end = threading.Event()
    monkeypatch.setattr(child.words, "day", lambda *_: str(end.wait(30)))
    out, left = io.BytesIO(), list[int]()
    watch = child.Watch(child.Bench(opening(tmp_path, seconds=0.1)), out, leave=left.append)
    assert not watch.look()

    tasks = [Task("quick.txt", "en", {"n": 1}), Task("slow.txt", "en", {"n": "2026-02-27"})]
    worker = threading.Thread(target=watch.run, args=(tasks,), daemon=True)
    worker.start()
    watch.keep_looking()
    end.set()
    worker.join(30)

    assert left == [1]
    out.seek(0)
    done, late = json.loads(read_frame(out) or b"")
    assert done == [["", "1", "", ""]]
    assert late == f"{tmp_path / 'slow.txt'}:2: takes longer than 0.1 seconds and was stopped. Mend the template."


class FakeResource:
    """Stands for the platform's module: the real one would limit the process that runs the tests."""

    RLIMIT_AS = 9

    def __init__(self, error: type[Exception] | None = None) -> None:
        """Refuse with *error*, or note what is asked."""
        self.error = error
        self.asked: list[Any] = []

    def setrlimit(self, *asked: Any) -> None:
        """Take a limit."""
        if self.error:
            raise self.error
        self.asked.append(asked)


def test_memory_is_limited_where_the_platform_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it refuses or has no such thing, the other limits stay."""
    platform = FakeResource()
    monkeypatch.setitem(sys.modules, "resource", platform)
    assert child.limit_memory(1000)
    assert platform.asked == [(9, (1000, 1000))]
    assert not child.limit_memory(0)
    monkeypatch.setitem(sys.modules, "resource", FakeResource(ValueError))
    assert not child.limit_memory(1000)
    monkeypatch.setitem(sys.modules, "resource", None)
    assert not child.limit_memory(1000)
