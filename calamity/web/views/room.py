"""The calamity room and its parts."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from calamity.web.views.duties import Closing, DutyLine
from calamity.web.views.frame import Form
from calamity.web.views.guide import Guide
from calamity.web.views.picture import Coverage, Picture, Trend
from calamity.web.views.playbook import ActKind
from calamity.web.views.start import Plan
from calamity.web.views.watch import Watch

if TYPE_CHECKING:
    from calamity.web.views.officials import Situation

_LATE = timedelta(minutes=2)


class Mended(Struct, frozen=True, forbid_unknown_fields=True):
    """That a line was corrected: *text* says how by then, *later* when after the moment shown."""

    sequence: int
    text: str | None = None
    later: datetime | None = None


class Level(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the three levels: set by a person, with a reason."""

    kind: Literal["social", "grip", "threat"]
    value: int | None
    since: datetime | None = None
    by: str | None = None
    reason: str | None = None
    is_erased: bool = False
    """Whether the words of the line that set it were erased."""
    mended: Mended | None = None


class PhaseChoice(Struct, frozen=True, forbid_unknown_fields=True):
    """A phase of the playbook."""

    code: str
    title: str


class Summary(Struct, frozen=True, forbid_unknown_fields=True):
    """The head of the room: what this is, and how it stands."""

    calamity: str
    title: str
    incident: str
    phase: PhaseChoice
    phase_since: datetime
    phases: tuple[PhaseChoice, ...]
    levels: tuple[Level, ...]
    playbooks: tuple[tuple[str, int, str], ...]
    started_at: datetime
    neighbourhoods: tuple[str, ...] = ()
    place: str = ""
    meeting_time: str = ""
    closed_at: datetime | None = None
    review_at: datetime | None = None
    """Before this somebody decides whether all this is still needed."""
    review_late: bool = False
    watch: Watch | None = None
    failed: str = ""
    """Which form was refused: phase, a level, review, or close."""
    form: Form = Form()


class WayLine(Struct, frozen=True, forbid_unknown_fields=True):
    """Another way than SMS on somebody's ladder, and how it stands."""

    way: Literal["voice", "email"]
    standing: Literal[
        "planned", "waits", "ringing", "talking", "no-key", "no-answer", "failed", "sent"
    ]
    at: datetime | None = None
    """When it is planned, or was tried."""


class RosterLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One person in a call-out, with the ladder."""

    person: str
    name: str
    role: str
    rung: Literal["planned", "sent", "delivered", "acknowledged", "failed", "cancelled"]
    answer: Literal["coming", "cannot", "late", "unreachable"] | None = None
    planned_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    deputy_for: str | None = None
    deputy_at: datetime | None = None
    deputy_name: str | None = None
    reason: str | None = None
    reminded_at: datetime | None = None
    ways: tuple[WayLine, ...] = ()
    no_texts: str | None = None
    check_stop: str | None = None


class CallOutView(Struct, frozen=True, forbid_unknown_fields=True):
    """A call-out with its quota."""

    id: str
    title: str
    quota: int
    coming: int
    lines: tuple[RosterLine, ...]
    enough_at: datetime | None = None
    ended_at: datetime | None = None
    roles_with_nobody: tuple[str, ...] = ()


class Roster(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of the room about who comes."""

    calamity: str
    call_outs: tuple[CallOutView, ...] = ()
    problem: str | None = None
    closed: bool = False


class TaskLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A task in the list."""

    id: str
    title: str
    role: str
    due: datetime
    state: Literal["waiting", "ready", "started", "done", "skipped", "missed"]
    act: ActKind | None = None
    late: bool = False
    soon: bool = False
    evidence: str | None = None
    help: str | None = None
    may_skip: bool = True
    automatic: bool = False
    starts: datetime | None = None
    by: str | None = None
    at: datetime | None = None
    reason: str | None = None
    people: tuple[str, ...] = ()
    waits: str | None = None
    """What must happen first, in words; until then its times are expectations."""
    only_if: str | None = None
    """The condition under which it is there at all, in words."""
    who: Literal["municipality", "partner", "residents"] = "municipality"
    occurrence: int = 1
    repeats: bool = False
    held: bool = False
    """Waits until the watch ends: nobody can start or finish it before."""
    fills: bool = False
    """Puts a form before who does it."""


class TaskForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Which form a task puts before a person."""

    kind: Literal["meeting", "fact-card", "rumour-list", "measure"]
    points: tuple[str, ...] = ()
    """What must be on the agenda."""
    rows: int = 0


class CardLink(Struct, frozen=True, forbid_unknown_fields=True):
    """A card that helps with a task, and where it is."""

    title: str
    url: str


class Tasks(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of the room about what must happen, by due time."""

    calamity: str
    open: tuple[TaskLine | DutyLine, ...] = ()
    later: tuple[TaskLine, ...] = ()
    settled: tuple[TaskLine, ...] = ()
    failed_task: str | None = None
    closed: bool = False
    form: Form = Form()


class TaskPage(Struct, frozen=True, forbid_unknown_fields=True):
    """One task: read it, see who would get what, then start it."""

    calamity: str
    calamity_title: str
    task: TaskLine
    idempotency_key: str
    plan: Plan | None = None
    question: str | None = None
    options: tuple[str, ...] = ()
    sheet: TaskForm | None = None
    cards: tuple[CardLink, ...] = ()
    closed: bool = False
    others: tuple[tuple[str, str], ...] = ()
    """The roles that it can be handed to, by code: their title, with who fills them."""
    form: Form = Form()


class DispatchLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One dispatch: how far its messages are."""

    title: str
    kind: Literal["give", "ask", "action", "close"]
    audience: str
    at: datetime
    total: int
    planned: int
    sent: int
    delivered: int
    failed: int
    in_doubt: int
    cancelled: int
    text: str
    language: str = "nl"
    by: str | None = None
    failures: tuple[tuple[int, str], ...] = ()
    """How many did not arrive, and why, in words."""


class HeldLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A message that may have left or not; a person says whether it leaves again."""

    id: str
    name: str
    at: datetime


class Messages(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of the room about what left the house."""

    calamity: str
    dispatches: tuple[DispatchLine, ...] = ()
    paused_reason: str | None = None
    paused_code: int | None = None
    """What the carrier says of that."""
    route_notice: str | None = None
    """That texts leave another way than usual, or none, and why."""
    route_since: datetime | None = None
    held: tuple[HeldLine, ...] = ()


class RoundLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One round in the room."""

    id: str
    number: int
    opened_at: datetime
    closes_at: datetime
    coverage: Coverage
    closed: bool


class Rounds(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of the room about rounds; a new one can be opened here."""

    calamity: str
    rounds: tuple[RoundLine, ...] = ()
    audiences: tuple[tuple[str, str], ...] = ()
    held: bool = False
    """The calamity is on watch: nobody is asked anything yet."""
    form: Form = Form()


class EntryLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the timeline, already in words; *file* says of what kind and size its file is."""

    sequence: int
    kind: str
    happened_at: datetime
    recorded_at: datetime
    by: str
    sentence: str
    body: str | None = None
    visibility: Literal["coordinators", "team", "officials"] = "team"
    corrects: int | None = None
    corrected_by: int | None = None
    erased: bool = False
    quiet: bool = False
    file: str = ""

    @property
    def late(self) -> bool:
        """Written down so long after it happened that a reader must know."""
        return self.recorded_at - self.happened_at > _LATE


class Timeline(Struct, frozen=True, forbid_unknown_fields=True):
    """The timeline, newest first. *before* is the sequence number where the next page starts."""

    calamity: str
    title: str
    entries: tuple[EntryLine, ...] = ()
    kinds: tuple[str, ...] = ()
    filter_kinds: tuple[str, ...] = ()
    search: str = ""
    everything: bool = False
    before: int | None = None
    verified_at: datetime | None = None
    fault: str | None = None
    lines: int = 0
    closed: bool = False
    form: Form = Form()


class LinePage(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the timeline: read it, and correct or erase it."""

    calamity: str
    title: str
    entry: EntryLine
    hash: str
    entries: tuple[EntryLine, ...] = ()
    """What it corrects or erases, and what corrected or erased it; the newest first."""
    correctable: bool = False
    """In somebody's own words, which nobody corrected yet."""
    erasable: bool = False
    """Holds words that somebody wrote."""
    form: Form = Form()


class PicturePart(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of a page that shows the latest picture."""

    calamity: str
    picture: Picture | None = None
    next_round_closes_at: datetime | None = None
    trend: Trend = Trend()
    geojson: dict[str, object] | None = None


class LetterLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A text of a team member that no rule understood."""

    id: str
    name: str
    at: datetime
    text: str
    why: str = ""


class Letters(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of the room about texts that wait for a coordinator."""

    calamity: str
    letters: tuple[LetterLine, ...] = ()
    problem: str | None = None


class Room(Struct, frozen=True, forbid_unknown_fields=True):
    """The calamity room."""

    summary: Summary
    roster: Roster
    tasks: Tasks
    messages: Messages
    rounds: Rounds
    timeline: Timeline
    picture: PicturePart
    letters: Letters | None = None
    situation: "Situation | None" = None
    closing: Closing | None = None
    guide: Guide | None = None
