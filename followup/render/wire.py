"""What passes between the renderer and its sandbox: tasks, results, and frames to carry them.

Takes and gives plain values and bytes. Touches the streams it is given. It is apart so that the parent needs no Jinja2.
"""

from __future__ import annotations

from typing import IO, Any, NamedTuple

FRAME_HEAD = 4  # bytes of the length in front of a frame


class Task(NamedTuple):
    """One message to fill in; also as a plain tuple, which is what comes over the pipe."""

    file_name: str
    language: str
    values: dict[str, Any]
    html: str = ""  # file name of the own HTML, or nothing


class Result(NamedTuple):
    """What became of a task: either *problem*, or the words."""

    subject: str
    text: str
    html: str
    problem: str


class Opening(NamedTuple):
    """What is the same for a whole run."""

    folders: tuple[str, ...]
    home_language: str
    country: str
    currency: str
    seconds: float  # for one message
    characters: int  # of one message's text
    memory: int  # bytes for the process, where the platform has such a limit; 0: none
    names: tuple[str, ...]  # those that templates always have, for the nearest-name advice


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Return the next frame, or None when the other side has gone."""
    head = stream.read(FRAME_HEAD)
    if len(head) < FRAME_HEAD:
        return None
    size = int.from_bytes(head)
    body = stream.read(size)
    return body if len(body) == size else None


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Write one frame and flush it."""
    stream.write(len(body).to_bytes(FRAME_HEAD) + body)
    stream.flush()
