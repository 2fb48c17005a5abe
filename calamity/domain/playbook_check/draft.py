"""A document on its way through the rules: what could be read of it, and who hears what when."""

from collections.abc import Iterator

from msgspec import Struct

from calamity.domain.playbook import (
    CallOut,
    Dispatch,
    Group,
    Message,
    MessageKind,
    Playbook,
    Round,
    Step,
    seconds,
)
from calamity.domain.playbook_check.faults import Findings, Path


class Delivery(Struct, frozen=True):
    """One message that a step sends to one kind of people; *path* is where the step names it."""

    step: Step
    path: Path
    message: str
    group: Group
    is_everywhere: bool
    act: CallOut | Dispatch | Round


class Draft:
    """The readable parts of a document. What is broken is blank in it, and known as broken."""

    def __init__(self, playbook: Playbook, findings: Findings) -> None:
        self.playbook = playbook
        self.findings = findings
        self._messages = {message.code: message for message in reversed(playbook.messages)}
        self._audiences = {audience.code: audience for audience in reversed(playbook.audiences)}
        self._broken_kinds = {
            message.code
            for index, message in enumerate(playbook.messages)
            if findings.is_broken(("messages", index, "kind"))
        }
        self.deliveries = list(self._deliveries())

    def message(self, code: str) -> Message | None:
        """Return the message with this code, if there is one."""
        return self._messages.get(code)

    def kind(self, code: str) -> MessageKind | None:
        """Return the kind of a message, or None if it cannot be told."""
        message = self._messages.get(code)
        return None if message is None or code in self._broken_kinds else message.kind

    def group(self, audience: str) -> Group | None:
        """Return what kind of people an audience is made of, or None if it cannot be told."""
        found = self._audiences.get(audience)
        return found.of if found else None

    def _deliveries(self) -> Iterator[Delivery]:
        for index, step in enumerate(self.playbook.steps):
            path = ("steps", index, "act")
            match step.act:
                case CallOut() as act:
                    for name in ("message", "reminder", "deputy", "enough"):
                        yield Delivery(
                            step, (*path, name), getattr(act, name), Group.RAPID_TEAM, True, act
                        )
                case Dispatch() as act:
                    yield from self._to(act.audience, act.message, step, (*path, "message"))
                case Round() as act:
                    yield from self._asked(act, step, path)

    def _asked(self, act: Round, step: Step, path: Path) -> Iterator[Delivery]:
        for audience in act.audiences:
            if self.group(audience) is Group.PROFESSIONALS:
                yield from self._to(audience, act.form or act.message, step, (*path, "form"))
            else:
                yield from self._to(audience, act.message, step, (*path, "message"))

    def _to(self, audience: str, message: str, step: Step, path: Path) -> Iterator[Delivery]:
        found = self._audiences.get(audience)
        if found is not None and isinstance(step.act, Dispatch | Round):
            yield Delivery(step, path, message, found.of, found.where == "everywhere", step.act)


def moment(written: str) -> int:
    """Return an offset or duration in seconds; 0 for one that could not be read."""
    try:
        return seconds(written)
    except ValueError:
        return 0
