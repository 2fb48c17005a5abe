"""What is wrong with a playbook document, where it is wrong, and what to do about it."""

import re
from typing import Literal, NamedTuple

from msgspec import Struct

from calamity.domain.errors import Refused
from calamity.domain.playbook_check.wording import RULES

Path = tuple[str | int, ...]
Fact = str | int | tuple[str, str]
Severity = Literal["error", "warning"]

# A page full of faults helps; ten thousand of them do not, and would cost memory.
MAX_FAULTS = 200
_SHOWN_CHARS = 40
# Faults after which nothing sensible can be said about the same place.
_BREAKING = frozenset(
    {"missing-field", "wrong-type", "wrong-form", "unknown-value", "too-long", "alias"}
)
_PERSONAL = re.compile(r"[0-9][0-9 ()-]{6,}[0-9]|\S{1,64}@\S{1,64}")


class Mark(NamedTuple):
    """A place in the file; both numbers count from 1."""

    line: int
    column: int


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """One fault of a document. *rule* is its name in the playbooks' README."""

    file: str
    line: int
    column: int
    path: str
    rule: str
    severity: Severity
    message: str
    cure: str
    message_nl: str
    cure_nl: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.severity}: {self.message} {self.cure}"


class PlaybookFaults(Refused):
    """The document has errors. *faults* holds them all, warnings included."""

    def __init__(self, faults: list[Fault]) -> None:
        errors = [fault for fault in faults if fault.severity == "error"]
        first = errors[0]
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        super().__init__(
            f"The playbook has {count}. First: line {first.line}: {first.message} {first.cure}",
            field=first.path,
        )
        self.faults = faults


def shown(value: object) -> str:
    """Return a value from the document in one short line, without what may be of a person."""
    text = " ".join(str(value)[: 10 * _SHOWN_CHARS].split())
    text = "".join(char for char in text if char.isprintable())
    text = _PERSONAL.sub("...", text)
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 3] + "..."


def written(path: Path) -> str:
    """Write a path the way people read it: ``steps[3].act.message``."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).lstrip(".")


class Findings:
    """Collects the faults of one document, and knows at which line each part of it stands."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self._marks: dict[Path, Mark] = {(): Mark(1, 1)}
        self._broken: set[Path] = set()
        self._faults: list[Fault] = []
        self._left_off = 0
        self._places: dict[Path, Path] = {}

    def place(self, path: Path, origin: Path) -> None:
        """Note that the part at *path* of the whole document stands at *origin* in the file."""
        self._places[path] = origin

    def is_own(self, path: Path) -> bool:
        """Tell whether what is at *path* stands in the file itself, and not in a block."""
        return self._in_file(path)[:1] == path[:1]

    def knows(self, path: Path) -> bool:
        """Tell whether there is a value at *path* in the file, readable or not."""
        return path in self._marks

    def remember(self, path: Path, mark: Mark) -> None:
        """Note where the value at *path* begins."""
        self._marks[path] = mark

    def add(self, rule: str, path: Path, *, at: Mark | None = None, **facts: Fact) -> None:
        """Add a fault, unless the same place is already known to be broken.

        A fact that is a pair holds English and Dutch words.
        """
        path = self._in_file(path)
        if self._is_broken(path):
            return
        if rule in _BREAKING:
            self._broken.add(path)
        if self.is_full:
            self._left_off += 1
            return
        self._faults.append(self._fault(rule, path, at or self._mark(path), facts))

    @property
    def is_full(self) -> bool:
        """Tell whether further faults are only counted."""
        return len(self._faults) >= MAX_FAULTS

    def is_broken(self, path: Path) -> bool:
        """Tell whether the value at *path*, or what it is part of, could not be read."""
        return self._is_broken(self._in_file(path))

    def is_broken_within(self, path: Path) -> bool:
        """Tell whether the value at *path*, or any part of it, could not be read."""
        path = self._in_file(path)
        within = any(broken[: len(path)] == path for broken in self._broken)
        return within or self._is_broken(path)

    def _is_broken(self, path: Path) -> bool:
        return any(path[:length] in self._broken for length in range(len(path) + 1))

    def faults(self) -> list[Fault]:
        """Return what was found, in the order of the file."""
        found = sorted(self._faults, key=lambda fault: (fault.line, fault.column))
        if self._left_off:
            last = Mark(found[-1].line, found[-1].column)
            found.append(self._fault("too-many-faults", (), last, {"count": self._left_off}))
        return found

    def _in_file(self, path: Path) -> Path:
        origin = self._places.get(path[:2])
        return path if origin is None else (*origin, *path[2:])

    def _mark(self, path: Path) -> Mark:
        while path not in self._marks:
            path = path[:-1]
        return self._marks[path]

    def _fault(self, rule: str, path: Path, mark: Mark, facts: dict[str, Fact]) -> Fault:
        known = RULES[rule]
        english = {name: _in_language(fact, 0) for name, fact in facts.items()}
        dutch = {name: _in_language(fact, 1) for name, fact in facts.items()}
        return Fault(
            file=self.filename,
            line=mark.line,
            column=mark.column,
            path=written(path),
            rule=rule,
            severity=known.severity,
            message=known.message.format_map(english),
            cure=known.cure.format_map(english),
            message_nl=known.message_nl.format_map(dutch),
            cure_nl=known.cure_nl.format_map(dutch),
        )


def _in_language(fact: Fact, index: int) -> str:
    return fact[index] if isinstance(fact, tuple) else str(fact)
