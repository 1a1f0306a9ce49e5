"""promise: the door, and what is done with promises besides."""

from __future__ import annotations

from followup.cli import care

promise_command = care.door("promise")
