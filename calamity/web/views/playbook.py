"""The playbook reader."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from calamity.web.views.frame import Form
from calamity.web.views.playbook_transfer import GapLine
from calamity.web.views.start import PlannedText, PlaybookCard
from calamity.web.views.studio import Drafts

ActKind = Literal[
    "call-out", "dispatch", "round", "decision", "meeting", "fact-card", "rumour-list", "measure"
]


class StepView(Struct, frozen=True, forbid_unknown_fields=True):
    """A step, in words."""

    code: str
    title: str
    role: str
    start: str
    due: str
    automatic: bool
    may_skip: bool
    act: ActKind | None = None
    act_says: str = ""
    message: str | None = None
    evidence: str | None = None
    help: str | None = None
    only_if: str | None = None
    who: Literal["municipality", "partner", "residents"] = "municipality"


class PhaseView(Struct, frozen=True, forbid_unknown_fields=True):
    """A phase with its steps."""

    code: str
    title: str
    starts: int
    steps: tuple[StepView, ...]


class MessageView(Struct, frozen=True, forbid_unknown_fields=True):
    """A message with its texts, and how many SMS parts each takes."""

    code: str
    kind: Literal["give", "ask", "action", "close"]
    texts: tuple[PlannedText, ...]
    alarm: bool = False


class MessageGroup(Struct, frozen=True, forbid_unknown_fields=True):
    """The messages to one audience; without *title* those that no step here sends."""

    title: str
    messages: tuple[MessageView, ...]


class RoleView(Struct, frozen=True, forbid_unknown_fields=True):
    """A role of the rapid team."""

    title: str
    task: str
    minimum: int


class VersionLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A version in the list of versions."""

    version: int
    state: Literal["submitted", "published", "retired", "revoked"]
    published_at: datetime | None
    author: str
    approver: str | None
    changes: tuple[str, ...]
    sha256: str
    good_until: datetime | None = None
    past_date: bool = False
    reason: str = ""
    """Why it was retired or revoked."""


class UseLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One activation of a version."""

    calamity: str
    title: str
    is_exercise: bool
    t0: datetime
    by: str


class PlaybookPage(Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a playbook, as people read it."""

    slug: str
    title: str
    purpose: str
    version: VersionLine
    versions: tuple[VersionLine, ...]
    we_do: tuple[str, ...]
    we_do_not: tuple[str, ...]
    roles: tuple[RoleView, ...]
    phases: tuple[PhaseView, ...]
    messages: tuple[MessageGroup, ...]
    quiet_hours: tuple[str, str]
    messages_per_day: int
    asks_per_day: int
    may_approve: bool = False
    uses: tuple[UseLine, ...] | None = None
    """Who used it when; None for who may not see calamities."""
    origin: str | None = None
    """The municipality that it came from."""
    forged: str | None = None
    """What is wrong with its signatures; nothing when both are sound."""
    gaps: tuple[GapLine, ...] = ()
    """What has nobody here yet; for who may do something about it."""
    form: Form = Form()


class BlockLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A version of a block, or of a playbook that was built with it, in a list."""

    slug: str
    title: str
    version: int


class BlockPage(Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a block. *source* holds every word of it."""

    slug: str
    title: str
    purpose: str
    version: VersionLine
    versions: tuple[VersionLine, ...]
    roles: tuple[RoleView, ...]
    messages: tuple[MessageGroup, ...]
    steps: tuple[tuple[str, str], ...]
    cards: tuple[tuple[str, str], ...]
    source: str
    built_in: tuple[BlockLine, ...] = ()
    """The playbooks that were built with it."""
    may_approve: bool = False
    forged: str | None = None
    form: Form = Form()


class CardPage(Struct, frozen=True, forbid_unknown_fields=True):
    """A card, to read or to print. *sections* are headings with their lines."""

    slug: str
    version: int
    playbook: str
    kind: Literal["conversation", "street", "school", "words", "facts", "report", "checklist"]
    title: str
    purpose: str
    minutes: int = 0
    people: str | None = None
    needs: tuple[str, ...] = ()
    sections: tuple[tuple[str, tuple[str, ...]], ...] = ()


class WaitingVersion(Struct, frozen=True, forbid_unknown_fields=True):
    """A version of a playbook or a block that waits for a second person."""

    slug: str
    title: str
    version: int
    author: str
    since: datetime
    may_approve: bool = False
    kind: Literal["playbook", "block"] = "playbook"


class Playbooks(Struct, frozen=True, forbid_unknown_fields=True):
    """All playbooks of the municipality."""

    playbooks: tuple[PlaybookCard, ...] = ()
    blocks: tuple[BlockLine, ...] = ()
    waiting: tuple[WaitingVersion, ...] = ()
    problems: tuple[str, ...] = ()
    form: Form = Form()
    drafts: Drafts | None = None
