"""referral: the door, and what is done with referrals besides."""

from __future__ import annotations

from followup.cli import care

referral_command = care.door("referral")
