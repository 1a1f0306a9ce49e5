"""The keeper of the sandbox: starts it, feeds it, stops it when it takes too long, starts another.

Takes chunks of tasks. Gives a result for each, in order, whatever a template does. Touches one child process.
"""

from __future__ import annotations

import contextlib
import json
import marshal
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import followup
from followup.errors import IOFailure
from followup.render.wire import Opening, Result, Task, read_frame, write_frame

if TYPE_CHECKING:
    import subprocess

# -I keeps the caller's PYTHON* variables and folder out, -S the site's hooks; the parent's own path is what it needs.
_START = "import json,sys; sys.path[:]=json.loads(sys.argv[1]); from followup.render import child; child.main()"
# What programs need from the environment to start at all; secrets stay here.
_ENVIRONMENT = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TEMP", "TMPDIR")
_START_SECONDS = 60.0  # a cold disk and a virus scanner; not a template's time
_GRACE_SECONDS = 2.0  # after which a child that cannot even say it is late is killed


class Chunk:
    """Tasks handed over together, and what became of each."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        """Take the tasks; nothing became of them yet."""
        self.tasks = list(tasks)
        self.found: dict[int, Result] = {}
        self.under_way: list[int] = []

    @property
    def results(self) -> list[Result]:
        """Return the results in the order of the tasks; only once all are there."""
        return [self.found[number] for number in range(len(self.tasks))]


class Keeper:
    """Keeps one child at a time. `begin` hands over a chunk, `finish` gives its results; one chunk is under way."""

    def __init__(self, opening: Opening) -> None:
        """Take what is the same for the whole run; the child starts with the first chunk."""
        self._opening = opening
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ready = False
        self._chunk: Chunk | None = None
        self._late: dict[str, str] = {}

    def close(self) -> None:
        """End the child; a later chunk starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        import subprocess

        with contextlib.suppress(OSError):
            _pipe(process.stdin).close()
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdout, process.stderr):
            _pipe(stream).close()

    def begin(self, tasks: Sequence[Task]) -> Chunk:
        """Hand a chunk over; it is filled in while the caller does something else."""
        if self._chunk is not None:
            self.finish(self._chunk)
        chunk = Chunk(tasks)
        self._send(chunk, len(chunk.tasks))
        self._chunk = chunk
        return chunk

    def finish(self, chunk: Chunk) -> list[Result]:
        """Return the results of a chunk that was begun."""
        size = len(chunk.tasks)
        while chunk.under_way:
            sent = chunk.under_way
            done, late = self._receive()
            chunk.found.update(zip(sent, (Result(*result) for result in done), strict=False))
            if len(done) < len(sent):
                self.close()
                guilty = chunk.tasks[sent[len(done)]][0]
                if late or len(sent) == 1:
                    # A template without an end costs its time once a run, not once a client.
                    self._late[guilty] = late or f"{guilty}:1: used up its time or memory. Mend the template."
                    size = len(chunk.tasks)
                else:
                    size = 1  # it went without a word: the next ones go one by one, until the guilty one is found
            self._send(chunk, size)
        if chunk is self._chunk:
            self._chunk = None
        return chunk.results

    def _send(self, chunk: Chunk, size: int) -> None:
        for number, task in enumerate(chunk.tasks):
            if number not in chunk.found and task[0] in self._late:
                chunk.found[number] = Result("", "", "", self._late[task[0]])
        waiting = [number for number in range(len(chunk.tasks)) if number not in chunk.found]
        chunk.under_way = waiting[:size]
        if chunk.under_way:
            process = self._process or self._start()
            tasks = [tuple(chunk.tasks[number]) for number in chunk.under_way]
            with contextlib.suppress(OSError):  # it has gone; `finish` notices
                write_frame(_pipe(process.stdin), marshal.dumps(tasks))

    def _receive(self) -> tuple[list[Any], str]:
        process = self._process
        assert process is not None
        if not self._is_ready:
            self._wait_until_ready(process)
        answer = _answer(process, self._opening.seconds * 2 + _GRACE_SECONDS)
        return answer if answer is not None else ([], "")

    def _start(self) -> subprocess.Popen[bytes]:
        import subprocess

        # The package's own folder comes last: an editable install may be known to the parent's hooks only.
        path = [*filter(None, sys.path), str(Path(followup.__file__).resolve().parent.parent)]
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        try:
            process = subprocess.Popen(  # noqa: S603 - this program's own interpreter and text
                [sys.executable, "-I", "-S", "-c", _START, json.dumps(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise IOFailure(
                f"{sys.executable}: the process that fills in templates does not start ({error})."
            ) from error
        self._process, self._is_ready = process, False
        with contextlib.suppress(OSError):  # it has gone; `_wait_until_ready` says why
            write_frame(_pipe(process.stdin), marshal.dumps(tuple(self._opening)))
        return process

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        if _answer(process, _START_SECONDS) is None:
            process.kill()
            said = _pipe(process.stderr).read().decode(errors="replace").strip().rpartition("\n")[2]
            self.close()
            self._chunk = None
            raise IOFailure(
                f"{sys.executable}: the process that fills in templates does not start"
                f" ({said or 'it said nothing'}). Is followup installed whole? See: followup doctor"
            )
        self._is_ready = True


def _answer(process: subprocess.Popen[bytes], seconds: float) -> tuple[list[Any], str] | None:
    # A timer that kills works on every system, where waiting for a pipe with a limit does not.
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        frame = read_frame(_pipe(process.stdout))
    finally:
        timer.cancel()
    if frame is None:
        return None
    done, late = json.loads(frame)
    return done, late


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
