"""The start page and the way from a playbook to an activation."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from calamity.web.views.frame import Form
from calamity.web.views.guide import FirstExercise
from calamity.web.views.people import Costly


class CalamityCard(Struct, frozen=True, forbid_unknown_fields=True):
    """A calamity on the start page."""

    id: str
    title: str
    phase: str
    social_level: int
    since: datetime
    exercise: bool = False
    late_tasks: int = 0
    waiting: int = 0
    closed_at: datetime | None = None
    watch_since: datetime | None = None
    """Since then on watch: nobody outside the rapid team hears from us yet."""


class PlaybookCard(Struct, frozen=True, forbid_unknown_fields=True):
    """A playbook that is ready, with the version that would be used."""

    slug: str
    title: str
    purpose: str
    version: int
    published_at: datetime
    steps: int
    messages: int
    approved_by: str
    expired: bool = False
    retired: str = ""
    """Why it was taken out of use; empty for a version in use."""


class ReadinessHint(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is not ready, and where to mend it. *code* decides the words."""

    code: Literal[
        "role-without-people",
        "agreement-expired",
        "no-exercise",
        "playbook-expired",
        "no-contact-person",
        "carrier-untested",
        "neighbourhood-without-key-figure",
    ]
    count: int
    detail: str = ""


class OpenAsk(Struct, frozen=True, forbid_unknown_fields=True):
    """A round that waits for this person's check-in."""

    round: str
    calamity: str
    title: str
    closes_at: datetime
    exercise: bool = False


class Start(Struct, frozen=True, forbid_unknown_fields=True):
    """The start page."""

    calamities: tuple[CalamityCard, ...] = ()
    playbooks: tuple[PlaybookCard, ...] = ()
    hints: tuple[ReadinessHint, ...] = ()
    asks: tuple[OpenAsk, ...] = ()
    first_exercise: FirstExercise | None = None


class Neighbourhood(Struct, frozen=True, forbid_unknown_fields=True):
    """A neighbourhood to choose from."""

    code: str
    name: str


class OpenCalamity(Struct, frozen=True, forbid_unknown_fields=True):
    """A calamity to which a playbook can be added."""

    id: str
    title: str
    exercise: bool = False
    watch: bool = False
    """Nobody outside the rapid team hears from us yet."""


class ChoosePlaybook(Struct, frozen=True, forbid_unknown_fields=True):
    """The first step: which playbook fits what happened."""

    playbooks: tuple[PlaybookCard, ...] = ()
    retired: tuple[PlaybookCard, ...] = ()
    """What was taken out of use, and can be started by who says so on purpose."""
    calamity: OpenCalamity | None = None


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """A question of the playbook, to be answered with yes, no or unknown."""

    code: str
    text: str
    help: str | None = None


class ProposedLevel(Struct, frozen=True, forbid_unknown_fields=True):
    """The level that the playbook proposes, and why, in words."""

    level: int
    why: str


class FillIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The second step: title, incident, place, neighbourhoods, levels."""

    playbook: PlaybookCard
    neighbourhoods: tuple[Neighbourhood, ...]
    calamity: OpenCalamity | None = None
    idempotency_key: str = ""
    questions: tuple[Question, ...] = ()
    proposal: ProposedLevel | None = None
    """What the answers given so far propose."""
    knows_little: bool = False
    """Most of what was answered so far is unknown: a watch is worth thinking of."""
    out_of_use: tuple[str, ...] = ()
    """Why this version should not be the first choice; who starts it ticks that they know."""
    form: Form = Form()


class PlannedDispatch(Struct, frozen=True, forbid_unknown_fields=True):
    """Who would get which words, and when."""

    step: str
    title: str
    kind: Literal["give", "ask", "action", "close"]
    audience: str
    starts_at: datetime | None
    automatic: bool
    people: int
    texts: tuple["PlannedText", ...]
    parts: int
    cost: float
    takes_seconds: float
    held: tuple["Unreachable", ...] = ()
    only_if: str | None = None
    """The condition under which it happens at all, in words."""
    watch: bool = False
    """Waits until the watch ends."""
    expected: bool = False
    """Waits for a phase, a step or its condition: its time is an expectation."""
    at_once: bool = True
    """Leaves as soon as the person confirms: its words are shown without asking."""

    @property
    def later(self) -> bool:
        """Whether it leaves only when somebody starts it, and not with this button."""
        return not (self.automatic or self.at_once)


class PlannedText(Struct, frozen=True, forbid_unknown_fields=True):
    """The words in one language, as the person gets them whose text is the longest."""

    language: str
    people: int
    text: str
    characters: int
    parts: int
    alphabet: Literal["GSM-7", "UCS-2"]
    room: int = 160
    costly: tuple[Costly, ...] = ()


UnreachableReason = Literal[
    "stopped", "paused", "no-number", "no-agreement", "no-asks", "not-given-yet", "budget",
    "open-question", "not-allowed", "no-contact-person", "quiet-hours",
]  # fmt: skip


class Unreachable(Struct, frozen=True, forbid_unknown_fields=True):
    """People who would get nothing, and why."""

    reason: UnreachableReason
    count: int
    names: tuple[str, ...] = ()


class RoleFilling(Struct, frozen=True, forbid_unknown_fields=True):
    """Who fills a role, and who stands in."""

    title: str
    primary: tuple[str, ...] = ()
    deputies: tuple[str, ...] = ()


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """What would happen, without having happened."""

    dispatches: tuple[PlannedDispatch, ...]
    unreachable: tuple[Unreachable, ...]
    roles: tuple[RoleFilling, ...]
    people: int
    parts: int
    cost: float
    first_text_seconds: float
    takes_seconds: float
    by_hand: int


class Review(Struct, frozen=True, forbid_unknown_fields=True):
    """The third step: see it all, then confirm. *hidden* carries the form on, unchanged."""

    playbook: PlaybookCard
    plan: Plan
    idempotency_key: str
    title: str
    incident: str
    place: str
    meeting_time: str
    exercise: bool
    tempo: int
    social_level: int
    grip: int
    threat_level: int | None
    neighbourhoods: tuple[str, ...]
    hidden: tuple[tuple[str, str], ...]
    calamity: OpenCalamity | None = None
    proposal: ProposedLevel | None = None
    warnings: tuple[str, ...] = ()
    watch: bool = False
    watch_reason: str | None = None
    plain: bool = False
    """What was typed could be spelled with cheaper letters."""


class CalendarPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The link to a person's calendar: when it was made, and what it is, just after making."""

    made_at: datetime | None = None
    url: str = ""
