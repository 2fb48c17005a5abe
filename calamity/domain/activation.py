"""What pins an activation: what the coordinator filled in, and who was there at T0."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from calamity.domain.playbook import Code, Group, Language, seconds

Tempo = Annotated[int, Meta(ge=1, le=60)]
Title = Annotated[str, Meta(min_length=3, max_length=120)]
IncidentLine = Annotated[str, Meta(min_length=3, max_length=60)]
Reason = Annotated[str, Meta(min_length=3, max_length=500)]
RequestKey = Annotated[str, Meta(min_length=8, max_length=80)]


class TaskState(StrEnum):
    """Where a step at work stands."""

    WAITING = "waiting"
    OPEN = "open"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    MISSED = "missed"
    """A time of a repeated step that passed while nothing ran."""


ENDED = (TaskState.DONE, TaskState.SKIPPED, TaskState.MISSED)
Given = Literal["yes", "no", "unknown"]
"""What is answered to a question of a playbook."""
CONDITION = "condition"
"""What a task waits for whose time may have come, but whose condition does not hold."""


class Inputs(Struct, frozen=True, forbid_unknown_fields=True):
    """What the coordinator fills in; it lands in the texts, so it is short and neutral."""

    incident: dict[Language, IncidentLine]
    place: Annotated[str, Meta(max_length=30)] = ""
    meeting_at: datetime | None = None
    affected: list[str] = []
    """Codes of the neighbourhoods concerned; empty means the whole municipality."""
    answers: dict[Code, Given] = {}
    """What was answered to the questions of the playbook; what is left out is unknown."""

    def incident_in(self, language: str) -> str:
        """Return the incident line in this language, else in Dutch, else in any."""
        found = self.incident.get(language)  # type: ignore[call-overload]  # any language may be asked
        return found or self.incident.get("nl") or next(iter(self.incident.values()))


class Levels(Struct, frozen=True, forbid_unknown_fields=True):
    """The three separate levels, each with the reason of the person who set it.

    Only the social level that the playbook proposes may do without.
    """

    social: Annotated[int, Meta(ge=0, le=3)]
    social_reason: Reason | None = None
    grip: Annotated[int, Meta(ge=0, le=5)] = 0
    grip_reason: str = ""
    threat: Annotated[int, Meta(ge=0, le=5)] = 0
    threat_reason: str = ""


class ActivationRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A deliberate act: this playbook version, now, in a new calamity or in a running one."""

    slug: str
    request_key: RequestKey
    inputs: Inputs
    version: int | None = None
    """None takes the newest version in use."""
    although_retired: bool = False
    """Somebody saw that this version was retired, and wants it all the same."""
    calamity_id: str | None = None
    title: Title = "Calamiteit"
    levels: Levels | None = None
    """Required for a new calamity."""
    is_exercise: bool = False
    tempo: Tempo = 1
    watch_reason: Reason | None = None
    """Only watch for now, and why: nobody outside the rapid team hears from us yet."""


class Member(Struct, frozen=True, omit_defaults=True):
    """One person in one capacity, as they were at T0: ids only, no name and no number."""

    group: Group
    recipient_id: str
    language: str
    role: str = ""
    rank: int = 0
    neighbourhood: str = ""
    """Code of the neighbourhood."""
    contact: str = ""
    """Recipient id of the contact person."""
    asks: bool = False
    agreed: bool = False
    quiet_from: str = ""
    quiet_until: str = ""


class Snapshot(Struct, frozen=True):
    """Everyone whom the playbook could reach at T0."""

    members: list[Member]

    def of(self, group: Group) -> list[Member]:
        """Return the members in one capacity."""
        return [member for member in self.members if member.group is group]


def span(duration: str, tempo: int) -> timedelta:
    """Return how long a duration such as 10m lasts at this tempo."""
    return timedelta(seconds=seconds(duration) / tempo)
