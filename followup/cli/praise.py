"""praise: the door, and what is done with praise besides."""

from __future__ import annotations

from followup.cli import care

praise_command = care.door("praise")
