"""Happening: everything that can have happened, as the body of a timeline entry.

Bodies hold ids, codes, words and counts; never a person's name or number. Stored bodies stay
readable for ever: a new field gets a default, a changed meaning gets a new tag.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from calamity.domain.channels import Channel
from calamity.domain.picture import Picture
from calamity.domain.timeline.attached import Attached
from calamity.domain.timeline.body import AwareTime, Body, Count, Sentence, Sha256, Text
from calamity.domain.timeline.entry import EntryKind
from calamity.domain.timeline.reports import ReportReleased
from calamity.domain.timeline.requests import UpdateAnswered, UpdateRequested
from calamity.domain.timeline.routes import AlarmsCopied, RouteClosed, RouteOpened
from calamity.domain.timeline.stated import MatterEnded, Statement
from calamity.domain.timeline.tasks import (
    TaskDone,
    TaskHanded,
    TaskMissed,
    TaskSkipped,
    TaskStarted,
)
from calamity.domain.timeline.watched import WatchBegun, WatchEnded


class CalamityOpened(Body, frozen=True, tag="calamity-opened"):
    """Someone opened a calamity, real or as an exercise."""

    title: Sentence
    exercise: bool = False


class PlaybookActivated(Body, frozen=True, tag="playbook-activated"):
    """A published playbook version was pinned to this calamity at T0."""

    activation_id: str
    slug: str
    version: int
    sha256: Sha256
    title_nl: Sentence
    title_en: Sentence
    people_called: Count = 0
    past_date: bool = False
    """Its validity was over; it was used all the same."""
    retired: bool = False
    """It had been taken out of use; somebody wanted it all the same."""


class LevelSet(Body, frozen=True, tag="level-set"):
    """A person set the social level, the GRIP level or the national threat level."""

    kind: Literal["social", "grip", "threat"]
    value: int
    previous: int | None
    reason: Text
    proposed: int | None = None
    """What the playbook proposed, where it did."""
    reason_en: Text | None = None
    """The reason in English too, where it is the playbook's and no person wrote it."""


class PhaseSet(Body, frozen=True, tag="phase-set"):
    """A person moved the response to another phase."""

    phase: str
    reason: Text
    previous: str | None = None


class CallOutStarted(Body, frozen=True, tag="call-out-started"):
    """The primaries of these roles were called."""

    call_out_id: str
    roles: list[str]
    quota: Count


class CallOutReminded(Body, frozen=True, tag="call-out-reminded"):
    """The primary of a role was reminded."""

    role: str
    call_out_id: str | None = None


class OtherWayTried(Body, frozen=True, tag="other-way-tried"):
    """Someone in a role who did not answer, or could not be texted, was tried in another way."""

    role: str
    way: Channel
    call_out_id: str | None = None


class DeputyCalled(Body, frozen=True, tag="deputy-called"):
    """A deputy was called, because the one before could not come or was silent."""

    role: str
    reason: str
    call_out_id: str | None = None


class Acknowledged(Body, frozen=True, tag="acknowledged"):
    """Someone in a role said whether he or she comes, or a coordinator wrote it down *by_hand*."""

    role: str
    answer: Literal["coming", "cannot", "late", "unreachable"]
    by_deputy: bool
    coming: Count
    quota: Count
    by_hand: bool = False
    call_out_id: str | None = None
    reason: str | None = None
    previous: Literal["coming", "cannot", "late", "unreachable"] | None = None
    """What this person answered before, when the answer changed; that entry stays too."""
    way: Channel | None = None
    """The way by which the answer came; none for a text, or what was written down."""


class CallOutFilled(Body, frozen=True, tag="call-out-filled"):
    """Enough people come; what was still to be sent was cancelled."""

    coming: Count
    quota: Count
    cancelled: Count = 0
    call_out_id: str | None = None


class CallOutEnded(Body, frozen=True, tag="call-out-ended"):
    """Nobody is left to call, and too few come. *roles* are those for which nobody comes."""

    coming: Count
    quota: Count
    call_out_id: str | None = None
    roles: list[str] = field(default_factory=list)


class DispatchQueued(Body, frozen=True, tag="dispatch-queued"):
    """Words were made ready for an audience; *texts* are as written, with their placeholders."""

    dispatch_id: str
    audience: str
    kind: Literal["give", "ask", "action", "close"]
    message_code: str
    texts: dict[str, Text]
    recipients: Count
    held_back: dict[str, Count] = field(default_factory=dict)
    facts: list[int] = field(default_factory=list)
    """Entries of facts that these words tell."""
    corrects: list[int] = field(default_factory=list)
    """Entries of facts that are no longer so, of which these words tell those who read them."""


class DispatchFinished(Body, frozen=True, tag="dispatch-finished"):
    """Nothing of a dispatch waits any more; counts say what the carrier made of it."""

    dispatch_id: str
    accepted: Count
    failed: Count
    in_doubt: Count
    cancelled: Count


class HeldDecided(Body, frozen=True, tag="held-decided"):
    """A person decided about a message of which nobody knows whether it left."""

    message_id: str
    purpose: str
    again: bool
    """Whether it leaves again; else it is let be."""
    channel: Channel = Channel.SMS


class CodesLocked(Body, frozen=True, tag="codes-locked"):
    """One number sent too many wrong codes; codes from it do not count for a while."""

    wrong: Count
    until: AwareTime


class RoundOpened(Body, frozen=True, tag="round-opened"):
    """Audiences were asked how their neighbourhood feels."""

    round_id: str
    number: int
    audiences: list[str]
    asked: Count
    closes_at: AwareTime


class RoundClosed(Body, frozen=True, tag="round-closed"):
    """A round closed. *answered* is as in its picture: nothing where too few gave a mood."""

    round_id: str
    number: int
    asked: Count
    answered: Count | None = None


class PicturePublished(Body, frozen=True, tag="picture-published"):
    """What a closed round says, as published to this audience."""

    round_id: str
    audience: Literal["team", "officials"]
    picture: Picture


class SummaryWritten(Body, frozen=True, tag="summary-written"):
    """The three sentences on the officials' page."""

    sentences: Annotated[list[Sentence], Meta(min_length=1, max_length=3)]


class NextUpdateSet(Body, frozen=True, tag="next-update-set"):
    """When officials hear more."""

    at: AwareTime


class HandedOver(Body, frozen=True, tag="handed-over"):
    """A role passed to the next shift, with what the next one must know; *by* is an account."""

    role: str
    text: Text
    by: str | None = None


class TakenOver(Body, frozen=True, tag="taken-over"):
    """Somebody of the next shift read what was handed over and took the role; an account."""

    role: str
    refers_to: int
    by: str


class Corrected(Body, frozen=True, tag="corrected"):
    """An earlier entry was wrong; this is right. The earlier one stays."""

    refers_to: int
    text: Text


class Erased(Body, frozen=True, tag="erased"):
    """The body of an earlier entry was destroyed on this ground."""

    refers_to: int
    ground: Text


class Sealed(Body, frozen=True, tag="sealed"):
    """The head of the chain was signed: all up to *head_seq* is fixed for who holds the key."""

    head_seq: int
    head_hash: Sha256
    signature: str
    public_key: str


class NeedConfirmed(Body, frozen=True, tag="need-confirmed"):
    """A person decided that all this is still needed, until the next review."""

    reason: Text
    review_at: AwareTime


class StopMark(Struct, frozen=True, forbid_unknown_fields=True):
    """A stop condition of a playbook at the closing, and whether it was met."""

    code: str
    text_nl: Sentence
    text_en: Sentence
    is_met: bool


class CalamityClosed(Body, frozen=True, tag="calamity-closed"):
    """A person closed the calamity; *deviation* says why, where a stop condition was not met."""

    reason: Text
    stop: list[StopMark] = field(default_factory=list)
    deviation: Text | None = None
    stood_down: bool = False
    """It was on watch: nobody outside the rapid team had heard from us."""


Happening = (
    CalamityOpened
    | PlaybookActivated
    | WatchBegun
    | WatchEnded
    | LevelSet
    | PhaseSet
    | CallOutStarted
    | CallOutReminded
    | OtherWayTried
    | DeputyCalled
    | Acknowledged
    | CallOutFilled
    | CallOutEnded
    | DispatchQueued
    | DispatchFinished
    | HeldDecided
    | CodesLocked
    | RouteOpened
    | RouteClosed
    | AlarmsCopied
    | RoundOpened
    | RoundClosed
    | PicturePublished
    | ReportReleased
    | TaskStarted
    | TaskDone
    | TaskSkipped
    | TaskMissed
    | TaskHanded
    | Statement
    | MatterEnded
    | Attached
    | SummaryWritten
    | NextUpdateSet
    | UpdateRequested
    | UpdateAnswered
    | HandedOver
    | TakenOver
    | Corrected
    | Erased
    | Sealed
    | NeedConfirmed
    | CalamityClosed
)

_KINDS: dict[type, EntryKind] = {
    CalamityOpened: EntryKind.ACTIVATION,
    PlaybookActivated: EntryKind.ACTIVATION,
    WatchBegun: EntryKind.ACTIVATION,
    WatchEnded: EntryKind.ACTIVATION,
    PhaseSet: EntryKind.PHASE,
    CallOutStarted: EntryKind.CALL_OUT,
    CallOutReminded: EntryKind.CALL_OUT,
    OtherWayTried: EntryKind.CALL_OUT,
    DeputyCalled: EntryKind.CALL_OUT,
    Acknowledged: EntryKind.ACKNOWLEDGEMENT,
    CallOutFilled: EntryKind.CALL_OUT,
    CallOutEnded: EntryKind.CALL_OUT,
    DispatchQueued: EntryKind.DISPATCH,
    DispatchFinished: EntryKind.DISPATCH,
    HeldDecided: EntryKind.DISPATCH,
    CodesLocked: EntryKind.REPLY,
    RouteOpened: EntryKind.DISPATCH,
    RouteClosed: EntryKind.DISPATCH,
    AlarmsCopied: EntryKind.DISPATCH,
    RoundOpened: EntryKind.ROUND,
    RoundClosed: EntryKind.ROUND,
    PicturePublished: EntryKind.PICTURE,
    ReportReleased: EntryKind.REPORT,
    TaskStarted: EntryKind.TASK,
    TaskDone: EntryKind.TASK,
    TaskSkipped: EntryKind.TASK,
    TaskMissed: EntryKind.TASK,
    TaskHanded: EntryKind.TASK,
    Attached: EntryKind.ATTACHMENT,
    SummaryWritten: EntryKind.SUMMARY,
    NextUpdateSet: EntryKind.NEXT_UPDATE,
    UpdateRequested: EntryKind.REQUEST,
    UpdateAnswered: EntryKind.REQUEST,
    HandedOver: EntryKind.HANDOVER,
    TakenOver: EntryKind.HANDOVER,
    Corrected: EntryKind.CORRECTION,
    Erased: EntryKind.ERASURE,
    Sealed: EntryKind.SEAL,
    NeedConfirmed: EntryKind.DECISION,
    CalamityClosed: EntryKind.CLOSING,
}
_LEVELS = {"social": EntryKind.LEVEL, "grip": EntryKind.GRIP, "threat": EntryKind.THREAT}

encode_happening = msgspec.json.Encoder().encode
decode_happening = msgspec.json.Decoder(Happening).decode


def kind_of(happening: Happening) -> EntryKind:
    """Return the kind that the header of an entry with this body has."""
    if isinstance(happening, LevelSet):
        return _LEVELS[happening.kind]
    if isinstance(happening, Statement | MatterEnded):
        return EntryKind(happening.kind)
    return _KINDS[type(happening)]
