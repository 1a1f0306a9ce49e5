"""The words of the trade as frozen values: what is stored, what is derived, what is said.

Takes nothing, touches nothing. Dates named ``*_on`` are local calendar days, instants named ``*_at`` are aware UTC
datetimes, amounts named ``*_minor`` are integers in the currency's minor unit (pence, cents).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from followup.records import dataclass, field

# ---------------------------------------------------------------- words


class Channel(StrEnum):
    """By what means a client is reached; a note is laid before one of us, and nothing goes out."""

    EMAIL = "email"
    CALL = "call"
    TEXT = "text"
    LETTER = "letter"
    CARD = "card"
    VISIT = "visit"
    NOTE = "note"


CLIENT_CHANNELS = tuple(channel for channel in Channel if channel is not Channel.NOTE)
"""Channels by which a client is reached."""

MESSAGE_CHANNELS = frozenset({Channel.EMAIL, Channel.TEXT, Channel.LETTER, Channel.CARD})
"""Channels that count against the budget of messages; calls and visits do not."""


class Direction(StrEnum):
    """Who reached whom."""

    OUT = "out"
    IN = "in"


class Purpose(StrEnum):
    """Why a message is sent: marketing needs a basis, an address and a way out; service does not."""

    SERVICE = "service"
    MARKETING = "marketing"


class Consent(StrEnum):
    """What a client said about hearing from us."""

    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"
    UNKNOWN = "unknown"


class JobStatus(StrEnum):
    """How far a job is. Only completed jobs start cadences."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How a contact went. Hyphens as typed on the command line."""

    HAPPY = "happy"
    UNHAPPY = "unhappy"
    NEUTRAL = "neutral"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no-answer"
    WRONG_NUMBER = "wrong-number"
    SENT = "sent"


UNREACHED = frozenset({Outcome.VOICEMAIL, Outcome.NO_ANSWER})
"""Outcomes after which a call is tried again."""


class AttemptState(StrEnum):
    """Where one try to hand a message over stands."""

    DRAFTED = "drafted"
    CLAIMED = "claimed"
    HANDING_OVER = "handing_over"
    SENT = "sent"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


HOLDING_STATES = frozenset(
    {
        AttemptState.DRAFTED,
        AttemptState.CLAIMED,
        AttemptState.HANDING_OVER,
        AttemptState.UNKNOWN,
        AttemptState.SENT,
    }
)
"""States in which an attempt takes its key for good: one of these a key, enforced by a unique index."""


class State(StrEnum):
    """What the planner says of a touchpoint."""

    UPCOMING = "upcoming"
    DUE = "due"
    HELD = "held"
    UNCONFIRMED = "unconfirmed"
    RETRY = "retry"
    FAILED = "failed"
    REVIEW = "review"
    COVERED = "covered"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    DONE = "done"


class InstructionKind(StrEnum):
    """What the owner decided about one touchpoint, or about a whole client."""

    SKIP = "skip"  # never do this one
    SNOOZE = "snooze"  # not before `until`
    DONE = "done"  # "I did it myself", without a contact to record
    TEXT = "text"  # send these words
    RELEASE = "release"  # send it although it is late, restored or failed


class TieKind(StrEnum):
    """What the owner said of two clients, or of one alone."""

    DIFFERENT = "different"  # two people, however alike they look: not proposed as one again
    TOGETHER = "together"  # one household, though they share neither address nor phone
    ALONE = "alone"  # of one client: in nobody's household, whatever address and phones say


# ---------------------------------------------------------------- facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone of our own firm. *id* is the name of the table in followup.toml: ``[people.sam]``."""

    id: str
    name: str
    email: str = ""
    phone: str = ""
    signature: str = ""
    also: tuple[str, ...] = ()  # other spellings in `assigned_to` columns
    outside: bool = False  # a supplier or colleague elsewhere: things are handed to them, and they use no desk of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The person or firm served."""

    id: str
    full_name: str = ""
    first_name: str = ""
    last_name: str = ""
    title: str = ""
    company: str = ""
    address_as: str = ""  # how they like to be greeted
    emails: tuple[str, ...] = ()  # as written; first is the one we use
    phones: tuple[str, ...] = ()  # E.164 where it could be read, else as written; first is the one we use
    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""  # ISO 3166 alpha-2 where it could be read
    language: str = ""  # ISO 639-1; empty means the home's
    preferred_channel: str = ""
    no_channels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    notes: str = ""  # what we know of them
    note: str = ""  # one personal line for the next thank-you
    consent: Consent = Consent.UNKNOWN
    consent_evidence: str = ""
    referred_by: str = ""
    referred_by_id: str = ""
    owner: str = ""  # a person's id
    extra: Mapping[str, str] = field(default_factory=dict)  # columns of the file that we have no name for
    created_on: date | None = None  # the day on which the home first knew them
    merged_into: str = ""
    erased_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownClient:
    """What tells a client from others: of each of hundreds of thousands, an import asks for no more than that."""

    id: str
    full_name: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    street: str = ""
    postal_code: str = ""
    merged_into: str = ""
    erased_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A piece of work for a client."""

    id: str
    client_id: str
    service: str = ""
    status: JobStatus = JobStatus.OPEN
    completed_on: date | None = None
    promised_on: date | None = None
    amount_minor: int | None = None
    currency: str = ""
    paid_on: date | None = None
    unpaid: bool = False  # the source says that money is open
    invoice_ref: str = ""
    site_address: str = ""
    assigned_to: str = ""  # as written in the source
    owner: str = ""  # a person's id
    note: str = ""  # one personal line for the thank-you
    extra: Mapping[str, str] = field(default_factory=dict)
    created_on: date | None = None  # the day on which the home first knew it


# ---------------------------------------------------------------- the relationship, beyond jobs


US, THEM = "us", "them"
"""Whose it is: who made a promise, who saw that something went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What all records of a relationship have in common; `care` describes each kind."""

    id: str
    client_id: str
    opened_on: date  # the day on which it began: received, made, opened, given, said
    opened_at: datetime | None = None  # the instant, where hours count
    state: str = ""  # one of its kind's states
    summary: str = ""  # what it is, in a line
    job_id: str = ""
    owner: str = ""  # a person's id: who looks after it
    opened_by: str = US
    due_on: date | None = None  # by when
    acted_on: date | None = None  # the last act before its end: answered, offered, won
    closed_on: date | None = None
    resolution: str = ""  # how it ended, in words
    recorded_at: datetime | None = None


class EnquiryState(StrEnum):
    """How far an enquiry is."""

    NEW = "new"
    ANSWERED = "answered"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enquiry(Record):
    """A first connection, before any job. *job_id* is the job that it became."""

    service: str = ""
    source: str = ""  # how they came to us: call, website, a friend
    amount_minor: int | None = None  # what it may be worth
    currency: str = ""
    answered_at: datetime | None = None  # the first answer; its day is `acted_on`
    declined: bool = False  # lost because we said no: the client hears the reason, which is `resolution`


class PromiseState(StrEnum):
    """What became of a promise. Kept early, kept and late follow from the days."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    MOVED = "moved"  # another one took its place, and the client was told
    WAIVED = "waived"  # the one to whom it was made lets it go


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise(Record):
    """Something told to a client (or, opened by them, by a client) with a date: *due_on* is the day that was said."""

    target_on: date | None = None  # our own, earlier one
    case_id: str = ""
    moved_from: str = ""  # the promise whose place this one took
    receiver: str = ""  # a person's id: who has the client's matter in hand now (handover)
    news: str = ""  # what we know today, for the client; said in the next word on how far it is


class CaseState(StrEnum):
    """Whether a case lives."""

    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Record):
    """Something went wrong or might; lives until resolved."""

    state: str = CaseState.OPEN
    severity: str = ""
    cause: str = ""
    acknowledged_at: datetime | None = None
    called_at: datetime | None = None  # the owner's call
    offered: tuple[str, ...] = ()  # names of remedies
    offered_on: date | None = None
    chosen: str = ""  # the remedy that the client took
    cost_minor: int | None = None
    currency: str = ""
    asked: tuple[str, ...] = ()  # remedies that wait for a yes
    grant_asked_at: datetime | None = None  # since when
    grant_refused: str = ""  # why the answer was no
    granted_by: str = ""  # a person's id
    promise_id: str = ""  # the promise by when it is put right
    return_of: str = ""  # the job or case whose trouble came back
    continues_id: str = ""  # the resolved case that this one opens again


class ReferralState(StrEnum):
    """How far a referral is. That a reward is due follows from the job."""

    MADE = "made"
    WON = "won"
    PAID = "paid"
    LOST = "lost"
    REFUSED = "refused"  # no reward, with a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral(Record):
    """A client (*client_id*) brought another one. *job_id* is the friend's job."""

    friend_id: str = ""  # the other client's id, once they are one
    friend: str = ""  # the name as it was said
    reward: str = ""  # in words
    reward_minor: int | None = None
    currency: str = ""
    doubts: tuple[str, ...] = ()  # codes of checks that did not hold: self, household, cap ...
    allowed_by: str = ""  # the person who decided all the same


class GiftState(StrEnum):
    """Whether an entry of the register holds. Entries are never changed, only voided and entered again."""

    GIVEN = "given"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift(Record):
    """Something given: an entry of the register that tax law asks for. *opened_on* is the day on which it was given."""

    kind: str = "gift"  # gift | referral_reward | goodwill | discount | promotional | donation
    recipient: str = ""  # the person
    recipient_role: str = ""
    recipient_company: str = ""
    quantity: int = 1
    currency: str = ""
    goods_minor: int = 0  # cost parts, without value added tax
    food_drink_minor: int = 0
    voucher_cash_minor: int = 0
    branding_minor: int = 0
    wrap_post_minor: int = 0
    vat_minor: int = 0
    vat_recoverable: bool = False
    carries_advert: bool = False
    purpose: str = ""
    receipt_ref: str = ""
    approved_by: str = ""
    recorded_by: str = ""  # a person's id
    family_of: str = ""  # the customer in whose household the recipient is, by name
    ledger_account: str = ""
    exported_batch: str = ""  # under which name the accountant got it
    voided_at: datetime | None = None
    voids_id: str = ""  # the entry that this one takes the place of
    referral_id: str = ""
    case_id: str = ""


class PraiseState(StrEnum):
    """Whether praise has reached the person who earned it."""

    NEW = "new"
    PASSED_ON = "passed-on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Praise(Record):
    """A good word about somebody; *owner* is the person who earned it. With a permission it can be quoted."""

    quote: str = ""  # the wording that was allowed, fixed
    quoted_as: str = ""  # "M. D., Leeds"
    permission: str = ""  # where and when it was given


class LessonState(StrEnum):
    """Whether what was learnt is in place."""

    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson(Record):
    """What happened, and what we do differently since."""

    case_id: str = ""
    cause: str = ""
    better: str = ""  # what we would do differently


class RecapState(StrEnum):
    """What the client said of a recap."""

    DRAFT = "draft"  # only what was checked so far
    WRITTEN = "written"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recap(Record):
    """What a job was about in plain words, for the client to confirm or correct."""

    found: str = ""
    did: str = ""
    not_done: str = ""
    watch_for: str = ""
    checked: tuple[str, ...] = ()  # of the service's checklist
    correction: str = ""


# ---------------------------------------------------------------- contacts and attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to hand a message over. The first attempt freezes the bytes."""

    id: str
    key: str
    client_id: str
    step: str
    channel: Channel
    state: AttemptState
    purpose: Purpose
    address: str
    subject: str
    text: str
    message: str  # the exact bytes, which are ASCII with CRLF line ends
    message_id: str
    made_at: datetime
    on: date  # the home's local day of `made_at`
    job_ids: tuple[str, ...] = ()
    person: str = ""  # who it says it is from
    to_person: str = ""  # a person's id, where it went to one of us and not to the client
    handed_over_at: datetime | None = None  # the instant before the final dot of SMTP; None: it never got so far
    settled_at: datetime | None = None
    server_said: str = ""
    file_name: str = ""  # of the draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One act of contact that happened, out or in. The contact report lists these."""

    id: str
    client_id: str
    channel: Channel
    direction: Direction
    at: datetime
    on: date  # the home's local day of `at`
    purpose: Purpose | None = None
    key: str = ""  # the touchpoint it stands for
    step: str = ""
    job_id: str = ""
    by: str = ""  # a person's id
    outcome: Outcome | None = None
    summary: str = ""  # subject of a message, or what was said in a word
    note: str = ""
    reference: str = ""  # Message-ID, or the attempt's identifier
    attempt_id: str = ""
    score: int | None = None  # 0 to 10: how likely they are to recommend us


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """What the owner decided; about one touchpoint (*key*) or a whole client (*key* empty)."""

    id: str
    client_id: str
    kind: InstructionKind
    given_at: datetime
    on: date
    key: str = ""
    until: date | None = None
    subject: str = ""
    text: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """What the owner said of who is who: of two clients, or of one (*other_id* empty)."""

    id: str
    client_id: str
    other_id: str = ""
    kind: TieKind
    said_at: datetime


OPTED_OUT, ERASED = "opted out", "erased"
"""Why an address is suppressed, where a client asked for it."""

REFUSED = "refused"
"""The reason of a suppression that nobody asked for: a mail server said that there is no such address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that must never be written to again; only its keyed hash is kept.

    *reason* REFUSED is the server's word, not the client's: it stops e-mail to that address, and nothing else.
    """

    address_hash: str
    reason: str
    since_at: datetime
    evidence: str = ""
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the store keeps ready about a client; rebuildable from the facts at any time, never edited."""

    client_id: str
    jobs: int = 0  # completed ones
    first_job_on: date | None = None
    last_job_on: date | None = None
    last_job_id: str = ""
    usual_gap_days: int | None = None  # median days between completed jobs; None below three jobs
    last_contact_on: date | None = None  # out, any channel
    last_reply_on: date | None = None  # in
    last_outcome: Outcome | None = None  # latest of happy, unhappy, neutral
    last_outcome_on: date | None = None
    worth_minor: int = 0  # completed jobs in `currency`
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything the planner needs about one client, loaded together."""

    client: Client
    summary: Summary
    jobs: tuple[Job, ...] = ()  # by completion date, then id
    cases: tuple[Case, ...] = ()  # by the day they were opened, then id
    records: tuple[Record, ...] = ()  # every other record of the relationship, in the same order
    friends_jobs: tuple[Job, ...] = ()  # of those whom the client brought: a reward is due when they are paid
    contacts: tuple[Contact, ...] = ()  # by day, then instant
    attempts: tuple[Attempt, ...] = ()  # by instant; `text` and `message` are empty here
    instructions: tuple[Instruction, ...] = ()  # by instant; the latest one about a key counts
    suppressed: bool = False  # one of their addresses is on the list of those who asked us to stop
    bad_addresses: frozenset[str] = frozenset()  # of theirs (canonical), refused for good by a mail server
    restored_on: date | None = None  # everything due up to this day waits for review: it may have gone out before
    doubted_on: date | None = None  # the same, because the clock jumped or nothing ran for long
    doubt: str = ""  # which of the two, in words: "the home slept from ... to ..."
    absorbed: frozenset[str] = frozenset()  # ids of the clients that were merged into this one


# ---------------------------------------------------------------- cadences


@dataclass(frozen=True, slots=True)
class Delay:
    """A distance in the calendar, as written: "2 business days", "3 weeks", "12 months"."""

    number: int
    unit: str  # day | business day | week | month | year
    before: bool = False

    def __str__(self) -> str:
        """Return the words of the settings file."""
        if not self.number and self.unit == "day":
            return "same day"
        words = f"{self.number} {self.unit}{'' if self.number == 1 else 's'}"
        return f"{words} before" if self.before else words


class OccasionKind(StrEnum):
    """What kind of dated fact starts a cadence."""

    JOB_COMPLETED = "job completed"  # fact: the job
    FIRST_JOB = "first job"  # fact: the client; on: the day of the first completed job
    SERVICE_INTERVAL = "service interval"  # fact: the job; on: the day on which its service is due again
    CLIENT_QUIET = "client quiet"  # fact: the last job; on: the day on which the usual gap is exceeded
    ENQUIRY_RECEIVED = "enquiry received"  # fact: the enquiry, as all those of a record; while it is new
    ENQUIRY_ANSWERED = "enquiry answered"  # while it is answered and no more
    ENQUIRY_WON = "enquiry won"
    ENQUIRY_LOST = "enquiry lost"
    PROMISE_DUE = "promise due"  # fact: our promise while it is open, or an open job with a promised day
    PROMISE_LATE = "promise late"  # the same, on the business day after
    THEIR_PROMISE_DUE = "their promise due"
    PROMISE_MOVED = "promise moved"  # fact: the promise that took the place of another
    HANDED_OVER = "handed over"  # fact: the promise that says who has it now
    CASE_OPENED = "case opened"  # fact: the case
    CASE_UNANSWERED = "case unanswered"  # on: the first business morning after it should have been acknowledged
    CASE_OVERDUE = "case overdue"  # on: the first business morning after it should have been solved
    SECOND_CASE = "second case"  # fact: the case; another one of that client is not long ago
    REMEDY_OFFERED = "remedy offered"  # while nothing is chosen
    REMEDY_ASKED = "remedy asked"  # while nobody has granted what is above the limit
    CASE_RESOLVED = "case resolved"  # fact: the case
    REFERRAL_MADE = "referral made"
    REFERRAL_WON = "referral won"
    REWARD_DUE = "reward due"  # won, the friend's job is paid, and the time to wait has passed
    GIFT_GIVEN = "gift given"
    PRAISE_RECEIVED = "praise received"  # while it has not reached who earned it
    PRAISE_PASSED_ON = "praise passed on"
    LESSON_DONE = "lesson done"  # of a lesson from a case
    RECAP_WRITTEN = "recap written"
    LOW_SCORE = "low score"  # fact: the contact with the score


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What must hold for a step to be taken; all of it, and one of *any_of* if there are any."""

    services: tuple[str, ...] = ()  # one of these (case ignored)
    not_services: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    min_amount: str = ""  # decimal in the home's currency: at least
    below_amount: str = ""  # below, or amount not known
    first_job: bool | None = None
    last_outcome: str = ""
    client_for: Delay | None = None  # client for at least this long
    paid: bool = False  # not known to be unpaid
    no_future_job: bool = False  # no later job of that service is done or planned
    return_visit: bool | None = None  # the case is about trouble that came back
    unacknowledged: bool = False  # the client has not yet heard from us about the case
    no_case: bool = False  # no case was opened since
    any_of: tuple[Conditions, ...] = ()


TO_CLIENT, TO_OWNER, TO_BUSINESS, TO_RECEIVER = "client", "owner", "business", "receiver"
"""Whom a step speaks to; the other ones are people of our own firm, as are the names under [people]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule of a cadence: when, by which channel, with which words, under which conditions."""

    name: str  # permanent identity
    cadence: str
    occasion: OccasionKind
    delay: Delay
    after_step: str = ""  # count `delay` from the day this step went out, for the same occasion
    otherwise: Delay | None = None  # counted from the occasion where `after_step` did not go out
    to: str = TO_CLIENT  # or owner, business, receiver, or a person's id: to one of us
    channels: tuple[Channel, ...] = (Channel.EMAIL,)
    template: str = ""
    purpose: Purpose = Purpose.SERVICE
    ask: bool = False  # asks the client for a favour
    when: Conditions = field(default_factory=Conditions)
    again_after: Delay | None = None  # cooldown per client, whatever the key
    every: Delay | None = None  # occurrence n is anchor + (n - 1) x this
    times: int | None = 1  # how often per occasion; None: for ever
    guides: bool = False  # the files that the service has for its clients go along
    reminder: Delay | None = None  # one reminder this long after it went out; occurrence 2 of the same ask
    reminder_template: str = ""
    priority: int = 50  # higher goes first
    late: Delay | None = None  # late limit
    covers: Delay | None = None  # several occasions of one client this close are said once
    holdout: int = 0  # of 100 clients, so many never get it, chosen by chance: does it do anything at all?
    enabled: bool = True
    was: tuple[str, ...] = ()
    description: str = ""
    by_lead: bool = False  # service interval only: `delay` is replaced by the service's own lead, before the day


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is known of a kind of work: how often it is due again, and how long before that to say so."""

    name: str  # as written; settings keep it under its lower-case form
    interval: Delay | None = None
    lead: Delay = Delay(30, "day")
    checklist: tuple[str, ...] = ()  # what is looked at before such a job is complete
    guides: tuple[str, ...] = ()  # files of the home's folder guides/ that go with its messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A way to put something right. *name* is the one of the table in followup.toml: ``[remedies.come-back-free]``."""

    name: str
    text: str = ""
    cost: str = ""  # decimal, in the home's currency; empty: not known
    granted_by: tuple[str, ...] = ()  # people's ids; empty: everybody, up to the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """From when on a client counts as quiet: `factor` times the own usual gap, else `otherwise` after the last job."""

    factor: str = "1.5"  # decimal
    at_least: Delay = Delay(30, "day")  # never sooner than this, however often the client came
    otherwise: Delay = Delay(18, "month")  # where no usual gap is known: fewer than three jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A dated fact that starts a cadence: ``(kind, fact, on)``."""

    kind: OccasionKind
    fact_id: str
    on: date
    client_id: str
    job_id: str = ""
    case_id: str = ""
    record_id: str = ""  # of any record, cases too


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorWindow:
    """Which stored dates can matter for a step in some window of days; the store answers it by an index.

    *field* is one of: ``job.completed_on``, ``job.completed_on+service`` (with *services*, lower case),
    ``job.promised_on`` (of open jobs), ``summary.first_job_on``, ``summary.last_job_on`` (with *gap_days*: only
    clients with that usual gap, or with none where it is 0), ``contact.on`` (with *step*: contacts and attempts of
    that step), ``contact.score`` (of contacts with a score), ``instruction.until``, ``instruction.on``; of records of
    one *kind* ``care.opened_on``,
    ``care.due_on``, ``care.acted_on``, ``care.closed_on``, ``care.open`` (not closed, and due up to *to_on* or
    without a day) and ``care.won`` (won and not closed; dates ignored);
    ``attempt.open`` (drafted, claimed, handing over, unknown, temporary, permanent; dates ignored).

    Two things narrow the fields of a summary, which so many clients fit: *opted_in* asks for clients who allowed
    marketing, and *done* (of ``summary.first_job_on``) leaves out those with a contact whose key is the client's
    identifier and this ending.
    """

    field: str
    from_on: date | None = None
    to_on: date | None = None
    services: tuple[str, ...] = ()
    step: str = ""
    gap_days: int | None = None
    opted_in: bool = False
    done: str = ""
    kind: str = ""


# ---------------------------------------------------------------- decisions and messages


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a decision is what it is: a stable code for machines, a sentence for the owner, a date if there is one."""

    code: str
    text: str
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the planner says of one touchpoint, and why."""

    key: str
    step: str
    cadence: str
    occurrence: int
    occasion: Occasion
    client_id: str
    state: State
    due_on: date | None  # what the rule says, moved to a business day; None when a condition failed before any date
    act_on: date | None = None  # the day it will go, after holds and budgets; today or earlier when due
    until: date | None = None  # of a hold
    channel: Channel | None = None
    address: str = ""  # e-mail address or phone number for the channel
    to_person: str = ""  # a person's id, where it is for one of us and not for the client
    template: str = ""
    purpose: Purpose = Purpose.SERVICE
    ask: bool = False
    priority: int = 50
    job_ids: tuple[str, ...] = ()  # every job it speaks of, the leading one first
    covered_by: str = ""
    tries: int = 0  # calls already tried for this key
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along with a message."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A rendered touchpoint, before it becomes bytes."""

    key: str
    client_id: str
    channel: Channel
    language: str
    template: str  # the file it was made from
    purpose: Purpose
    to_name: str
    to_address: str  # e-mail address, phone number or postal address in lines
    from_name: str
    from_address: str
    reply_to: str
    subject: str
    text: str
    html: str = ""
    person: str = ""  # who it says it is from
    to_person: str = ""  # a person's id, where it is for one of us and not for the client
    unsubscribe: str = ""  # mailto: address of the opt-out, marketing only
    attachments: tuple[Attachment, ...] = ()
    edited: bool = False
