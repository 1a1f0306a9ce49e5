"""Hand messages over, at most once: claim, check, hand over, outcome.

Takes a store, a journal and messages. Gives attempts and contacts. Touches the store, the journal, the drafts folder.

    rules       why a message must not go out, asked in the moment of the hand-over
    freezing    a message -> an attempt with its exact bytes
    drafting    a message -> a draft that the owner's own mail program sends
    handing     frozen messages -> a mail server: claim, fence, outcome
    settling    what became of it: a person's answer; what a killed run left behind
"""

from __future__ import annotations

from followup.deliver.drafting import draft, publish
from followup.deliver.freezing import Frozen, freeze
from followup.deliver.handing import Handing, Shut
from followup.deliver.rules import stop_reason, unwanted
from followup.deliver.settling import BROKEN_OFF, UNSETTLED, Recovered, confirm, contact_of, recover

__all__ = [
    "BROKEN_OFF",
    "UNSETTLED",
    "Frozen",
    "Handing",
    "Recovered",
    "Shut",
    "confirm",
    "contact_of",
    "draft",
    "freeze",
    "publish",
    "recover",
    "stop_reason",
    "unwanted",
]
