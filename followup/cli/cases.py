"""case: the door, and what is done with cases besides."""

from __future__ import annotations

from followup.cli import care

case_command = care.door("case")
