"""lesson: the door, and what is done with lessons besides."""

from __future__ import annotations

from followup.cli import care

lesson_command = care.door("lesson")
