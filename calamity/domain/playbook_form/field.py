"""A field of a form, and what codes in it may name."""

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from calamity.domain.playbook import Playbook
from calamity.domain.playbook_changes.wording import WORDINGS
from calamity.domain.playbook_prose import Said, said_of

Control = Literal[
    "line", "prose", "number", "flag", "choice", "refs", "moment", "offset", "length", "clock",
    "formula", "sms", "group", "list", "dict", "act", "unreadable",
]  # fmt: skip
UNITS = ("m", "h", "d", "w", "y")


class Option(Struct, frozen=True):
    """One of the things to choose from."""

    value: str
    said: Said


class Cost(Struct, frozen=True):
    """What a text takes as it stands, and with every placeholder at its longest."""

    units: int
    parts: int
    worst_parts: int
    limit: int
    encoding: str


class Field(Struct, frozen=True):
    """One field. *name* is its place within the part, such as `act.quota`."""

    name: str
    label: Said
    control: Control
    value: Any = None
    help: Said | None = None
    required: bool = False
    limit: int | None = None
    low: int | None = None
    high: int | None = None
    language: str = ""
    options: Sequence[Option] = ()
    fields: Sequence["Field"] = ()
    said: Said | None = None
    """The value in words, read back."""
    cost: Cost | None = None
    optional: bool = False
    """Of a group: whether it may be left out as a whole."""
    most: int | None = None

    @property
    def path(self) -> str:
        """The place within the part, as moves name it."""
        return self.name.replace(".", "/")


_LISTS = {
    "role": "roles", "roles": "roles", "phase": "phases", "message": "messages",
    "audience": "audiences", "audiences": "audiences", "cards": "cards",
}  # fmt: skip


def refers_to(place: str) -> str:
    """Return the list of which a field names a part, as `roles` for `Step.role`; else nothing."""
    wording = WORDINGS.get(place)
    return _LISTS.get(wording.kind, "") if wording else ""


class Names:
    """What the codes of a document stand for, to choose from."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook

    def options(self, name: str) -> list[Option]:
        """Return what may be chosen from one list of parts: roles, phases, messages ..."""
        found = {}
        for part in getattr(self.playbook, name):
            found[part.code] = Option(part.code, self._title(name, part))
        return list(found.values())

    @staticmethod
    def _title(name: str, part: Any) -> Said:
        if name == "messages":
            return said_of(f"{part.code}: {_short(part.texts.get('nl', ''))}")
        title = said_of(part.title)
        if name in ("steps", "roles"):
            return Said(f"{part.code}: {title.nl}", f"{part.code}: {title.en}")
        return title if title.nl else said_of(part.code)


_SHORT = 60


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."
