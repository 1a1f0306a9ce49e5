"""Every kind of record of a relationship, described once: fields, states, endings, columns.

Takes nothing, touches nothing. A kind that is added here has its commands, import, export, report, backup and place on
the client's page; what it starts is said in `care.starting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from followup.care.kind import Ending, Field, Kind
from followup.cells import Column, Place
from followup.model import (
    THEM,
    US,
    Case,
    CaseState,
    Enquiry,
    EnquiryState,
    Gift,
    GiftState,
    Lesson,
    LessonState,
    Praise,
    PraiseState,
    Promise,
    PromiseState,
    Recap,
    RecapState,
    Record,
    Referral,
    ReferralState,
)

_SPARE_OWNER, _SPARE_END = 2, 4


def _began(label: str, *, text: str) -> tuple[Field, ...]:
    """Return the two fields that say when a record began; the first one leads its rows."""
    return (
        Field(
            name="opened_on", label=label, takes="day", option="--on", help=f"{text}; today unless told.",
            at=("add",), place="everywhere",
        ),
        Field(name="opened_at", label="Hour", takes="instant", at=()),
    )  # fmt: skip


def _state(states: type[StrEnum], *, place: Place = "everywhere") -> Field:
    return Field(name="state", label="State", takes="choice", choices=tuple(states), at=(), place=place)


def _summary(label: str, *, text: str, required: bool = True) -> Field:
    return Field(name="summary", label=label, help=text, required=required, place="everywhere")


def _ended(label: str, *, text: str, column: str = "", spare: int = _SPARE_END) -> tuple[Field, ...]:
    """Return the two fields that say when and how a record ended."""
    return (
        Field(
            name="closed_on", label=label, takes="day", option="--on", help="When; today unless told.", at=("close",),
            column=column, place="everywhere", spare=spare,
        ),
        Field(name="resolution", label="How", help=text, at=("close",)),
    )  # fmt: skip


_OWNER = Field(
    name="owner", label="Looked after by", takes="person", help="Who of us looks after it.",
    place="everywhere", spare=_SPARE_OWNER,
)  # fmt: skip
_JOB = Field(name="job_id", label="Job", takes="job", help="The job it is about.")
_OURS = Field(name="opened_by", label="Whose", takes="choice", choices=(US, THEM), at=())
_NOT_DUE = Field(name="due_on", label="By", takes="day", at=())
_NO_ACT = Field(name="acted_on", label="Last act", takes="day", at=())

ENQUIRY = Kind(
    name="enquiry",
    plural="enquiries",
    record=Enquiry,
    states=EnquiryState,
    about="A first connection, before any job: answered within one business day, then until won or lost.",
    begun_by=THEM,
    argument="summary",
    fields=(
        *_began("Received", text="When it came in"),
        _summary("What they want", text="What they want.", required=False),
        Field(name="service", label="Service", help="The kind of work.", place="everywhere", spare=3),
        Field(name="source", label="Came by", help="How they came to us: call, website, a friend."),
        Field(name="amount_minor", label="Worth", takes="amount", help="What it may be worth.", option="--amount"),
        _OWNER,
        _state(EnquiryState),
        Field(name="due_on", label="Answer by", takes="day", help="By when they were told to hear.", option="--by"),
        Field(name="answered_at", label="Answered", takes="instant", at=()),
        Field(name="acted_on", label="Answered on", takes="day", at=(), column="answered_on"),
        Field(
            name="job_id", label="Job", takes="job", help="The job that it became.", at=("edit", "close"),
        ),
        Field(name="opened_by", label="Seen by", takes="choice", choices=(US, THEM), at=()),
        Field(
            name="declined", label="Declined", takes="truth", help="It was you who said no: they hear why.",
            at=("close",),
        ),
        *_ended("Closed", text="Why, or how."),
    ),
    endings=(
        Ending(word="won", state=EnquiryState.WON, says="won"),
        Ending(word="lost", state=EnquiryState.LOST, says="lost"),
    ),
    lapses=EnquiryState.LOST,
    derived=(Column("hours_to_answer", "Hours to answer", "number", "data"),),
    examples={
        "add": 'hall "a price for a new bath" --service "Bathroom" --source call',
        "edit": "hall --amount 2400",
        "close": 'hall --as lost --resolution "went for a shower"',
    },
)  # fmt: skip

PROMISE = Kind(
    name="promise",
    plural="promises",
    record=Promise,
    states=PromiseState,
    about="What was told to a client with a date, or with --theirs by a client to us. Chased before it is due.",
    argument="summary",
    fields=(
        Field(
            name="due_on", label="By", takes="day", option="--by", help="The day that was said.", required=True,
            at=("add",), place="everywhere",
        ),
        _summary("What", text="What was promised."),
        Field(
            name="opened_by", label="Whose", takes="choice", choices=(US, THEM), option="--theirs", flag=THEM,
            help="The client owes it to us.", at=("add",), place="everywhere", spare=3,
        ),
        Field(
            name="target_on", label="Our own day", takes="day", place="everywhere", spare=1,
            help="Our own, earlier day; the margin in followup.toml unless told.",
        ),
        _OWNER,
        _state(PromiseState),
        _JOB,
        Field(name="case_id", label="Case", takes="case", help="The case that it puts right."),
        Field(name="moved_from", label="In place of", takes="promise", at=()),
        Field(name="receiver", label="Handed to", takes="person", at=()),
        Field(name="news", label="News", help="What you know today; the client hears it with the next word."),
        *_began("Made", text="When it was said"),
        _NO_ACT,
        *_ended("Closed", text="How it went."),
    ),
    endings=(
        Ending(word="kept", state=PromiseState.KEPT, says="kept"),
        Ending(word="broken", state=PromiseState.BROKEN, says="broken"),
        Ending(word="waived", state=PromiseState.WAIVED, says="let go by the one to whom it was made"),
        Ending(word="moved", state=PromiseState.MOVED, says="moved to another day", by="move"),
    ),
    lapses=PromiseState.WAIVED,
    derived=(Column("became", "Became", spare=5), Column("days_late", kind="number", place="data")),
    examples={
        "add": 'hall "the quote for the new bath" --by 2026-03-13',
        "edit": "hall --target 2026-03-10",
        "close": "hall --as kept",
    },
)  # fmt: skip

CASE = Kind(
    name="case",
    plural="cases",
    record=Case,
    states=CaseState,
    about="What went wrong, until it is put right. While a case is open, nothing is asked of its client.",
    opens="open",
    closes="resolve",
    fields=(
        *_began("Opened", text="When it was seen"),
        _summary("What happened", text="What happened.", required=False),
        Field(name="severity", label="Severity", help="In your own words.", place="everywhere", spare=2),
        Field(
            name="opened_by", label="Seen by", takes="choice", choices=(US, THEM), option="--by",
            help="Who saw it: us unless told.", at=("add",), place="everywhere", spare=3,
        ),
        Field(
            name="owner", label="Looked after by", takes="person", help="Who of us looks after it.",
            place="everywhere", spare=1,
        ),
        _JOB,
        _state(CaseState, place="data"),
        Field(
            name="cause", label="Cause", help="What it came from, in a word.", at=("add", "edit", "close"),
        ),
        Field(name="return_of", label="Trouble of", at=()),
        Field(name="continues_id", label="Continues", takes="case", at=()),
        Field(name="acknowledged_at", label="Acknowledged", takes="instant", at=()),
        Field(name="called_at", label="Owner called", takes="instant", at=()),
        Field(name="offered", label="Offered", takes="texts", at=()),
        Field(name="offered_on", label="Offered on", takes="day", at=()),
        Field(name="chosen", label="Chosen", at=()),
        Field(name="cost_minor", label="Cost", takes="amount", at=()),
        Field(name="asked", label="Asked for", takes="texts", at=()),
        Field(name="grant_asked_at", label="Grant asked", takes="instant", at=()),
        Field(name="grant_refused", label="Grant refused", at=()),
        Field(name="granted_by", label="Granted by", takes="person", at=()),
        Field(name="promise_id", label="Put right by", takes="promise", at=()),
        Field(name="due_on", label="By", takes="day", at=()),
        _NO_ACT,
        *_ended("Resolved", text="How it was put right.", column="resolved_on", spare=0),
    ),
    endings=(Ending(word="resolved", state=CaseState.RESOLVED, says="resolved"),),
    lapses=CaseState.RESOLVED,
    derived=(Column("days_open", "Days", "number"),),
    first=(
        *("case_id", "opened_on", "client", "summary", "severity", "opened_by", "owner", "days_open", "resolved_on"),
        *("resolution", "cause", "client_id", "job_id"),
    ),
    examples={
        "add": 'hall --summary "tap drips again"',
        "edit": "hall --severity high",
        "close": 'hall --resolution "new washer, no charge" --cause washer',
    },
)  # fmt: skip

REFERRAL = Kind(
    name="referral",
    plural="referrals",
    record=Referral,
    states=ReferralState,
    about="A client brought another one: thanked at once, rewarded once the friend's job is paid.",
    argument="friend",
    fields=(
        *_began("Made", text="When we heard of it"),
        Field(
            name="friend", label="Friend", help="Whom they brought, by name.", required=True, place="everywhere",
        ),
        Field(
            name="friend_id", label="Friend's id", takes="client", option="--became",
            help="The client that the friend became.",
        ),
        Field(name="summary", label="About", help="What was said."),
        Field(
            name="job_id", label="Friend's job", takes="job", help="The friend's job.", at=("edit",),
            of_client=False,
        ),
        Field(name="reward", label="Reward", help="The reward in words.", place="everywhere", spare=2),
        Field(
            name="reward_minor", label="Worth", takes="amount", option="--reward-amount",
            column="reward_amount", help="What it comes to.", place="everywhere", spare=1,
        ),
        _OWNER,
        _state(ReferralState),
        Field(name="acted_on", label="Won", takes="day", at=(), column="won_on"),
        Field(name="due_on", label="Reward due", takes="day", at=()),
        Field(name="doubts", label="Doubts", takes="texts", at=()),
        Field(name="allowed_by", label="Allowed by", takes="person", at=()),
        _OURS,
        *_ended("Closed", text="Why."),
    ),
    endings=(
        Ending(word="lost", state=ReferralState.LOST, says="lost"),
        Ending(word="refused", state=ReferralState.REFUSED, says="closed without a reward", by="refuse"),
        Ending(word="paid", state=ReferralState.PAID, says="rewarded", by="paid"),
    ),
    lapses=ReferralState.LOST,
    examples={
        "add": 'hall "Clara Dunn"',
        "edit": 'hall --reward "a free service"',
        "close": 'hall --as lost --resolution "never called"',
    },
)  # fmt: skip

GIFT = Kind(
    name="gift",
    plural="gifts",
    record=Gift,
    states=GiftState,
    about="What was given: the register that tax law asks for. Entries are never changed, only voided and entered "
    "again.",
    argument="summary",
    verbs=("list", "show"),
    fixed=True,
    fields=(
        *_began("Given", text="When it was given"),
        _summary("What", text="What it was."),
        Field(
            name="kind", label="Kind", takes="choice", place="everywhere", spare=3,
            choices=("gift", "referral_reward", "goodwill", "discount", "promotional", "donation"),
            help="What it counts as: a gift unless told.", at=("add",),
        ),
        Field(
            name="recipient", label="Recipient", help="The person; the client unless told.", at=("add",),
            place="everywhere",
        ),
        Field(name="recipient_role", label="Role", help="What they are to us.", option="--role", at=("add",)),
        Field(
            name="recipient_company", label="Company", help="Their firm.", option="--company", at=("add",),
        ),
        Field(name="quantity", label="Quantity", takes="whole", help="How many; 1 unless told.", at=("add",)),
        Field(name="goods_minor", label="Goods", takes="amount", help="Cost of goods, without tax.", at=("add",)),
        Field(
            name="food_drink_minor", label="Food and drink", takes="amount", at=("add",), option="--food-drink",
            help="Cost of food and drink, without tax.",
        ),
        Field(
            name="voucher_cash_minor", label="Voucher or cash", takes="amount", at=("add",), option="--voucher",
            help="Vouchers and cash.",
        ),
        Field(name="branding_minor", label="Branding", takes="amount", help="Cost of branding.", at=("add",)),
        Field(
            name="wrap_post_minor", label="Wrapping, post", takes="amount", option="--wrap-post", at=("add",),
            help="Cost of wrapping and postage.",
        ),
        Field(name="vat_minor", label="VAT", takes="amount", help="Value added tax on it.", at=("add",)),
        Field(
            name="vat_recoverable", label="VAT back", takes="truth", at=("add",), help="That tax comes back.",
        ),
        Field(
            name="carries_advert", label="Advert", takes="truth", option="--advert", at=("add",),
            help="It carries an advert of ours.",
        ),
        Field(name="purpose", label="Purpose", help="Why it was given.", at=("add",)),
        Field(
            name="receipt_ref", label="Receipt", help="Where its receipt is.", option="--receipt", at=("add",),
        ),
        Field(
            name="approved_by", label="Approved by", takes="person", help="Who of us said yes.", at=("add",),
        ),
        Field(
            name="owner", label="Given by", takes="person", option="--by", help="Who of us gave it.", at=("add",),
        ),
        Field(name="job_id", label="Job", takes="job", help="The job it is about.", at=("add",)),
        Field(
            name="referral_id", label="Referral", takes="referral", help="The referral that it rewards.",
            at=("add",),
        ),
        Field(name="case_id", label="Case", takes="case", help="The case that it makes good.", at=("add",)),
        Field(name="recorded_by", label="Recorded by", takes="person", at=()),
        Field(
            name="family_of", label="Family of", help="The customer in whose household the recipient is.", at=("add",),
        ),
        Field(name="ledger_account", label="Account", help="Of your books.", option="--account", at=("add",)),
        Field(name="exported_batch", label="Handed over as", at=()),
        Field(name="voids_id", label="In place of", takes="gift", at=()),
        _state(GiftState),
        _OURS,
        _NOT_DUE,
        _NO_ACT,
        Field(name="closed_on", label="Voided", takes="day", at=(), column="voided_on"),
        Field(name="voided_at", label="Voided at", takes="instant", at=()),
        Field(name="resolution", label="Why voided", at=()),
    ),
    endings=(Ending(word="void", state=GiftState.VOID, says="void", by="void"),),
    examples={
        "add": 'hall "a box of tea" --goods 12.50 --purpose "thanks for the patience"',
    },
)  # fmt: skip

PRAISE = Kind(
    name="praise",
    plural="praise",
    record=Praise,
    states=PraiseState,
    about="A good word about one of us: it reaches the person who earned it.",
    begun_by=THEM,
    argument="summary",
    fields=(
        *_began("Received", text="When it was said"),
        _summary("What they said", text="What they said."),
        Field(
            name="owner", label="Earned by", takes="person", option="--for", help="Who of us earned it.",
            place="everywhere",
        ),
        _state(PraiseState),
        _JOB,
        Field(name="quote", label="Quote", help="The wording that they allowed to print."),
        Field(name="quoted_as", label="Quoted as", help='The name beside it: "M. D., Leeds".'),
        Field(
            name="permission", label="Permission", help="Where and when they allowed it; a quote needs one.",
        ),
        _OURS,
        _NOT_DUE,
        _NO_ACT,
        *_ended("Passed on", text="How it reached them.", column="passed_on"),
    ),
    endings=(Ending(word="passed-on", state=PraiseState.PASSED_ON, says="passed on"),),
    examples={
        "add": 'hall "Sam explained everything and left it spotless"',
        "edit": 'hall --quote "Spotless work" --quoted-as "A. H., Leeds" --permission "by mail on 2 March"',
        "close": "hall",
    },
)  # fmt: skip

LESSON = Kind(
    name="lesson",
    plural="lessons",
    record=Lesson,
    states=LessonState,
    about="What happened, and what we do differently since; kept with its case, counted by cause.",
    argument="summary",
    fields=(
        *_began("Learnt", text="When"),
        _summary("What happened", text="What happened."),
        Field(name="better", label="What we do now", help="What we do differently.", place="everywhere"),
        Field(
            name="cause", label="Cause", help="What it came from, in a word; the case's unless told.",
            place="everywhere", spare=2,
        ),
        Field(name="case_id", label="Case", takes="case", help="The case it came of."),
        _JOB,
        _OWNER,
        _state(LessonState),
        Field(name="due_on", label="In place by", takes="day", option="--by", help="By when it is in place."),
        _OURS,
        _NO_ACT,
        *_ended("In place", text="How.", column="done_on"),
    ),
    endings=(Ending(word="done", state=LessonState.DONE, says="in place"),),
    examples={
        "add": 'hall "we left without testing the tap" --better "run every tap before leaving" --cause hurry',
        "edit": "hall --cause hurry",
        "close": 'hall --resolution "on the checklist"',
    },
)  # fmt: skip

RECAP = Kind(
    name="recap",
    plural="recaps",
    record=Recap,
    states=RecapState,
    about="What a job was about in plain words, for the client to confirm or correct.",
    verbs=("list", "show", "close"),
    fields=(
        *_began("Written", text="When"),
        _summary("About", text="In a line.", required=False),
        Field(name="found", label="Found"),
        Field(name="did", label="Did"),
        Field(name="not_done", label="Not done"),
        Field(name="watch_for", label="Watch for"),
        Field(name="checked", label="Checked", takes="texts"),
        Field(name="correction", label="Correction", at=("close",), help="What the client put right."),
        _JOB,
        _OWNER,
        _state(RecapState),
        _OURS,
        _NOT_DUE,
        _NO_ACT,
        *_ended("Answered", text="What the client said."),
    ),
    endings=(
        Ending(word="confirmed", state=RecapState.CONFIRMED, says="confirmed"),
        Ending(word="corrected", state=RecapState.CORRECTED, says="corrected"),
    ),
)  # fmt: skip

KINDS: Mapping[str, Kind] = MappingProxyType(
    {each.name: each for each in (ENQUIRY, PROMISE, CASE, REFERRAL, GIFT, PRAISE, LESSON, RECAP)}
)
"""Every kind, by the word that commands and `change.record` have for it."""

BY_RECORD: Mapping[type[Record], Kind] = MappingProxyType({each.record: each for each in KINDS.values()})
"""Every kind, by the class of its records."""
