"""The sandbox: a process of its own that does nothing but fill in templates. The only door to Jinja2.

Takes frames of tasks on standard input. Gives frames of results on standard output. Touches the folders of templates,
to read. Templates are somebody's text: they get plain values only, limited time, output and memory (reference: the
sandbox stops ``__class__`` and ``format``, but neither ``'a' * 10**8`` nor nested loops).

The parent sends `marshal` (it trusts itself) and reads JSON (it does not trust this process).
"""

from __future__ import annotations

import difflib
import json
import marshal
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import IO, Any, NamedTuple

import jinja2
from jinja2 import sandbox

from followup.errors import TemplateProblem
from followup.render import lookup, words
from followup.render.wire import Opening, Result, Task, read_frame, write_frame

_BLOCK = 256  # pieces of output taken at once before the size is looked at


# ---------------------------------------------------------------- the environment


class _Refused(Exception):
    """A template asks for what it may not; the text says what, and what now."""


# Out, because a run must give the same words as its preview (random), because they print what no client should see
# (pprint), reach around the sandbox (attr), or pad without end (center, format).
_NO_FILTERS = ("random", "pprint", "attr", "center", "format", "xmlattr", "urlize")
_GLOBALS = ("range", "dict")  # not lipsum, cycler, joiner, namespace: no letter needs them
_LONGEST_VALUE = 100_000  # characters or items that one sum or product may have


class _Environment(sandbox.ImmutableSandboxedEnvironment):
    """The sandbox for one language: strict names, plain values out, no huge products."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, bench: Bench, language: str, *, html: bool) -> None:
        super().__init__(
            loader=_Loader(bench, language),
            undefined=bench.unknown,
            autoescape=html,
            finalize=_plain,
            auto_reload=False,
            cache_size=-1,
            trim_blocks=True,  # a line that holds only {% if %} leaves no empty line behind
            lstrip_blocks=True,
        )
        self.globals = {name: self.globals[name] for name in _GLOBALS}
        for name in _NO_FILTERS:
            del self.filters[name]
        self.filters.update(_filters(language or bench.opening.home_language, bench.opening))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse what would fill the memory before any limit could look at it."""
        if operator == "**":
            if not (isinstance(left, int | float) and isinstance(right, int | float) and abs(right) <= 64):
                raise _Refused("the power is too large for a letter. Take it out.")
        elif operator == "%":
            if isinstance(left, str):
                raise _Refused("% does not fill in text here. Write {{ }} around each value.")
        else:
            sizes = [len(side) if isinstance(side, str | list | tuple) else 0 for side in (left, right)]
            factors = [side for side in (left, right) if isinstance(side, int)]
            size = max(sizes) * max(factors, default=1) if operator == "*" else sum(sizes)
            if size > _LONGEST_VALUE or any(abs(factor) > 10**30 for factor in factors):
                raise _Refused(f"makes something of more than {_LONGEST_VALUE:,} characters. Take it out.")
        return super().call_binop(context, operator, left, right)


def _plain(value: Any) -> Any:
    """Let words and numbers out; anything else in a letter is a mistake of the template."""
    if isinstance(value, str):
        return value
    if isinstance(value, jinja2.Undefined):
        return str(value)  # which raises, and says the name
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    kind = {type(None): "nothing (None)", bool: "yes or no", list: "a list", dict: "a group of values"}
    raise _Refused(f"prints {kind.get(type(value), 'something that is no text')}. Name one of its values instead.")


class _Loader(jinja2.BaseLoader):
    """Finds files in the folders of templates and nowhere else; their heads are left out, their lines keep numbers."""

    def __init__(self, bench: Bench, language: str) -> None:
        self._bench = bench
        self._language = language

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return what `{% include %}` asked for: a file's name, or a part's name in the language of the message."""
        if any(mark in template for mark in ("/", "\\", "..", ":", "\0")):
            raise _Refused(f"includes '{template}', which is outside the folder of templates. Name a file inside it.")
        suffix = "html" if environment.autoescape else "txt"
        wanted: Iterable[str] = (template,)
        if lookup.FileName.parse(template) is None:
            languages = (self._language, self._bench.opening.home_language)
            wanted = lookup.candidates(template, languages=languages, suffix=suffix)
        for file_name in wanted:
            found = lookup.read(self._bench.folders, file_name)
            if found is not None:
                path, text = found
                return _body(path, text), str(path), lambda: True
        raise _Refused(f"includes '{template}', which is not in the folder of templates. Name a file inside it.")


def _body(path: Path, text: str) -> str:
    # Empty lines in place of the head: error messages name the line that the editor shows.
    head, body = lookup.split(text, where=str(path))
    return "\n" * (head.body_line - 1) + body


def _filters(language: str, opening: Opening) -> dict[str, Callable[..., str]]:
    country, currency = opening.country, opening.currency
    return {
        "day": lambda value: words.day(_text(value), language, country),
        "long_date": lambda value: words.long_date(_text(value), language, country),
        "short_date": lambda value: words.short_date(_text(value), language, country),
        "month": lambda value: words.month(_text(value), language),
        "money": lambda value: words.money(_text(value), language, currency),
        "first_name": lambda value: words.first_name(_text(value)),
        "soften": lambda value: words.soften(_text(value)),
        "and_list": lambda value: words.and_list([_text(item) for item in value], language),
        "service": lambda value: words.service(_text(value), language),
        "sentence": lambda value: words.sentence(_text(value)),
        "full_stop": lambda value: words.full_stop(_text(value)),
        "needed": _needed,
    }


@jinja2.pass_context
def _needed(context: jinja2.runtime.Context, value: Any, what: str) -> str:
    """Let a text through; without one there is no message, and it says what is missing and where it is written."""
    text = _text(value).strip()
    if text:
        return text
    record = context.get("record") or {}
    where = f"followup {record['kind']} edit {record['id']}" if record.get("id") else "complete the record"
    raise ValueError(f"{what} is not known, and this cannot go out without it. Write it down: {where}")


def _text(value: Any) -> str:
    return value if type(value) is str else str(_plain(value))


# ---------------------------------------------------------------- filling in


class _Compiled(NamedTuple):
    path: str
    subject: jinja2.Template | str
    body: jinja2.Template


class Bench:
    """Fills in templates, each compiled once a run. Works in any process; `main` gives it one of its own."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.folders = [Path(folder) for folder in opening.folders]
        self.unknown = self._kind_of_unknown()
        self._values: Mapping[str, Any] = {}
        self._environments: dict[tuple[str, bool], _Environment] = {}
        self._compiled: dict[tuple[str, str], _Compiled | str] = {}

    def fill_in(self, task: Task) -> Result:
        """Return the words of one message, or the problem that stops it."""
        file_name, language, values, html = task
        compiled = self._compile(file_name, language)
        if isinstance(compiled, str):
            return Result("", "", "", compiled)
        self._values = values
        path = compiled.path
        try:
            subject = compiled.subject
            if not isinstance(subject, str):
                subject = self._run(subject, values)
            text = self._run(compiled.body, values)
            page = ""
            if html:
                own = self._compile(html, language, html=True)
                if isinstance(own, str):
                    return Result("", "", "", own)
                path = own.path
                page = self._run(own.body, values)
        except Exception as error:
            return Result("", "", "", self._problem(error, path))
        return Result(subject, text, page, "")

    def _run(self, template: jinja2.Template, values: dict[str, Any]) -> str:
        pieces = template.root_render_func(template.new_context(values))
        taken = list(islice(pieces, _BLOCK))
        size = sum(map(len, taken))
        while size <= self.opening.characters:
            more = list(islice(pieces, _BLOCK))
            if not more:
                return "".join(taken).strip("\n")
            size += sum(map(len, more))
            taken += more
        raise _Refused(f"makes more than {self.opening.characters:,} characters. A message is a short text.")

    def _compile(self, file_name: str, language: str, *, html: bool = False) -> _Compiled | str:
        found = self._compiled.get((file_name, language))
        if found is None:
            try:
                found = self._load(file_name, language, html=html)
            except Exception as error:
                found = self._problem(error, file_name)
            self._compiled[file_name, language] = found
        return found

    def _load(self, file_name: str, language: str, *, html: bool) -> _Compiled:
        environment = self._environments.get((language, html))
        if environment is None:
            environment = self._environments[language, html] = _Environment(self, language, html=html)
        found = lookup.read(self.folders, file_name)
        if found is None:
            raise _Refused("is not there any more. Look at followup template list.")
        path, text = found
        head, _ = lookup.split(text, where=str(path))
        body = environment.get_template(file_name)
        if "{" not in head.subject:
            return _Compiled(str(path), head.subject, body)
        source = "\n" * (head.subject_line - 1) + head.subject
        code = environment.compile(source, name=file_name, filename=str(path))
        subject = environment.template_class.from_code(environment, code, environment.make_globals(None))
        return _Compiled(str(path), subject, body)

    def _kind_of_unknown(bench) -> type[jinja2.Undefined]:  # noqa: N805 - `self` is the class's inside
        class Unknown(jinja2.StrictUndefined):
            """A name that is not there: says so, and which one was perhaps meant."""

            __slots__ = ()

            @property
            def _undefined_message(self) -> str:
                if self._undefined_hint:
                    return f"{self._undefined_hint.rstrip(chr(46))}. Templates have plain values only; take it out."
                name, owner = str(self._undefined_name), self._undefined_obj
                if owner is jinja2.utils.missing:
                    return f"'{name}' is not a name that templates have. {bench.advice(name)}"
                known = [str(key) for key in owner] if isinstance(owner, Mapping) else []
                return f"there is no '{name}' in it. {_nearest(name, known)}"

        return Unknown

    def advice(self, name: str) -> str:
        """Return which name was perhaps meant."""
        return _nearest(name, {*self.opening.names, *self._values})

    def where(self, frame: FrameType | None) -> str:
        """Return ``file:line`` of the innermost template that a stack of frames is in, or ""."""
        while frame is not None:
            place = _place(frame, frame.f_lineno)
            if place:
                return place
            frame = frame.f_back
        return ""

    def _problem(self, error: BaseException, file_name: str) -> str:
        if isinstance(error, TemplateProblem):
            return str(error)
        if isinstance(error, jinja2.TemplateSyntaxError):
            said = (error.message or "cannot be read").rstrip(".")
            return f"{error.filename or file_name}:{error.lineno}: {said}. Mend the template."
        place = f"{file_name}:1"
        trace = error.__traceback__
        while trace is not None:
            place = _place(trace.tb_frame, trace.tb_lineno) or place
            trace = trace.tb_next
        if isinstance(error, RecursionError):
            said = "includes or calls itself without end. Mend the template."
        elif isinstance(error, MemoryError):
            said = "needs more memory than a message may. Mend the template."
        elif isinstance(error, _Refused | jinja2.UndefinedError | jinja2.TemplateRuntimeError):
            said = str(error)
        elif isinstance(error, ValueError) and str(error):
            said = f"{str(error).rstrip('.')}."
        else:
            said = f"cannot be filled in: {str(error) or type(error).__name__}. Mend the template."
        return f"{place}: {said}"


def _place(frame: FrameType, line: int) -> str:
    template = frame.f_globals.get("__jinja_template__")
    if template is None or not template.filename:
        return ""
    return f"{template.filename}:{template.get_corresponding_lineno(line)}"


def _nearest(name: str, known: Iterable[str]) -> str:
    listed = sorted(known)
    near = difflib.get_close_matches(name, listed, n=1)
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"There are: {', '.join(listed)}." if listed else "Test it with {% if %} first."


# ---------------------------------------------------------------- the process


class Watch:
    """Ends this process when one message takes too long, after saying which and at which line."""

    def __init__(self, bench: Bench, out: IO[bytes], *, leave: Callable[[int], Any]) -> None:
        self._bench = bench
        self._out = out
        self._leave = leave
        self._lock = threading.Lock()  # a frame is written by one of the two threads, never by both
        self._worker = 0
        self._since: float | None = None
        self._done: list[Result] = []

    def run(self, tasks: Sequence[Task]) -> None:
        """Fill in a chunk and answer it."""
        self._worker = threading.get_ident()
        self._done = done = []
        for task in tasks:
            self._since = time.monotonic()
            done.append(self._bench.fill_in(task))
        with self._lock:
            self._since = None
            self._answer(done, "")

    def look(self) -> bool:
        """Return whether the message in hand was late; then everything is said and nothing more is to be done."""
        seconds = self._bench.opening.seconds
        with self._lock:
            since = self._since
            if since is None or time.monotonic() - since < seconds:
                return False
            place = self._bench.where(sys._current_frames().get(self._worker))
            where = f"{place}: " if place else ""
            late = f"{where}takes longer than {seconds:g} seconds and was stopped. Mend the template."
            try:
                self._answer(list(self._done), late)
            finally:  # also when nobody reads it any more: the parent was killed, and this would run for ever
                self._leave(1)
            return True

    def keep_looking(self) -> None:
        """Look for ever, in a thread of its own."""
        pause = min(0.2, self._bench.opening.seconds / 4)
        while not self.look():
            time.sleep(pause)

    def _answer(self, done: list[Result], late: str) -> None:
        write_frame(self._out, json.dumps([done, late]).encode())


def serve(inward: IO[bytes], outward: IO[bytes], *, leave: Callable[[int], Any] = os._exit) -> None:
    """Answer frames until the parent closes its end."""
    opening = read_frame(inward)
    if opening is None:
        return
    bench = Bench(Opening(*marshal.loads(opening)))  # noqa: S302 - the parent is this program
    limit_memory(bench.opening.memory)
    watch = Watch(bench, outward, leave=leave)
    threading.Thread(target=watch.keep_looking, daemon=True).start()
    write_frame(outward, b'[[], ""]')
    while (frame := read_frame(inward)) is not None:
        watch.run(marshal.loads(frame))  # noqa: S302 - the parent is this program


def limit_memory(size: int) -> bool:
    """Limit this process's memory where the platform can; return whether it did. 0 is no limit."""
    if not size:
        return False
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    except (ImportError, ValueError, OSError):
        return False
    return True


def main() -> None:
    """Run as a process of its own; `process` starts it."""
    import signal

    # Ctrl-C is the parent's to answer; this process ends when the parent closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(sys.stdin.buffer, sys.stdout.buffer)
