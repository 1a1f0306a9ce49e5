"""enquiry: the door, and what is done with enquiries besides."""

from __future__ import annotations

from followup.cli import care

enquiry_command = care.door("enquiry")
