"""From the bytes of a YAML file to a tree in which every value knows its line.

Only the plain part of YAML is read: mappings, lists and scalars of the core schema. Aliases (which
can blow up), tags and doubled keys are refused, and so are files that are too large or too deep.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import yaml
from msgspec import Struct

from calamity.domain.playbook_check.faults import MAX_FAULTS, Findings, Mark, Path, shown

MAX_BYTES = 512 * 1024
MAX_DEPTH = 16
_LONGEST_NAME = 60

# libyaml is ten times as quick; the pure reader gives the same events.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# What YAML does not take, and what would show a reader other words than a phone gets.
_HIDDEN = re.compile(
    "[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    "|[\u200b\u202a-\u202e\u2066-\u2069\ufeff]"
)
_CONSTANTS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


class Scalar(Struct, frozen=True):
    """A text, a number, true, false or nothing."""

    value: str | int | float | bool | None
    mark: Mark


class Listing(Struct):
    """A list of values."""

    items: list["Node"]
    mark: Mark


class Mapping(Struct):
    """Values by name; *keys* says where each name stands."""

    entries: dict[str, "Node"]
    keys: dict[str, Mark]
    mark: Mark


class Alias(Struct, frozen=True):
    """The place of a reference that was refused."""

    mark: Mark


Node = Scalar | Listing | Mapping | Alias


class _UnreadableError(Exception):
    """The rest of the file cannot be read; the reason is among the findings."""


def compose(source: str | bytes, findings: Findings) -> Node | None:
    """Return the document as a tree, or None if it cannot be read at all."""
    text = _decoded(source, findings)
    if text is None or _has_hidden(text, findings):
        return None
    tree = _Tree(findings)
    try:
        for event in _events(text, findings):
            tree.take(event)
    except _UnreadableError:
        return None
    if tree.root is None:
        findings.add("empty", ())
    return tree.root


def closest(name: str, known: list[str]) -> tuple[str, str]:
    """Return a question that offers the known name most like *name*, in both languages."""
    match = get_close_matches(name[:_LONGEST_NAME], known, n=1, cutoff=0.6)
    return (f" Did you mean {match[0]}?", f" Bedoel je {match[0]}?") if match else ("", "")


def _decoded(source: str | bytes, findings: Findings) -> str | None:
    raw = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if len(raw) > MAX_BYTES:
        findings.add("too-large", (), size=len(raw) // 1024, limit=MAX_BYTES // 1024)
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        readable = raw[: problem.start].decode("utf-8-sig")
        findings.add("not-utf8", (), at=_end_of(readable))
        return None


def _has_hidden(text: str, findings: Findings) -> bool:
    found = list(_HIDDEN.finditer(text))
    for hit in found[: MAX_FAULTS + 1]:
        mark = _end_of(text[: hit.start()])
        findings.add("hidden-character", (), at=mark, code=f"U+{ord(hit[0]):04X}")
    return bool(found)


def _end_of(text: str) -> Mark:
    return Mark(text.count("\n") + 1, len(text) - text.rfind("\n"))


def _events(text: str, findings: Findings) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        what = shown(problem.problem or problem.context or "")
        around = text.splitlines()[max(mark.line - 1, 0) : mark.line + 1] if mark else []
        hint = _syntax_hint(what, around)
        findings.add("syntax", (), at=_mark(mark), problem=what, hint=hint)
        raise _UnreadableError from None


def _syntax_hint(problem: str, around: list[str]) -> tuple[str, str]:
    has_tab = any("\t" in line[: len(line) - len(line.lstrip())] for line in around)
    if has_tab or "token" in problem:
        return (
            "Use spaces, never tabs, and put quotes around a text that begins with a special sign.",
            "Gebruik spaties, nooit tabs, en zet aanhalingstekens om een tekst die met een"
            " bijzonder teken begint.",
        )
    if "mapping values" in problem:
        return (
            "Put quotes around a text that holds a colon.",
            "Zet aanhalingstekens om een tekst waar een dubbele punt in staat.",
        )
    return (
        "Look at this line and the one above: indentation, quotes and brackets must match.",
        "Kijk naar deze regel en die erboven: inspringing, aanhalingstekens en haken moeten"
        " kloppen.",
    )


def _mark(mark: Any) -> Mark:
    # PyYAML has a mark of its own per reader, without a common class.
    return Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)


class _Tree:
    """Builds the tree from events with its own stack, so that depth costs no recursion."""

    def __init__(self, findings: Findings) -> None:
        self.root: Node | None = None
        self._findings = findings
        self._open: list[Listing | Mapping] = []
        self._names: list[str | None] = []
        self._path: list[str | int] = []
        self._name_mark = Mark(1, 1)
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """Take in the next event; raise _UnreadableError when nothing after it can be read."""
        mark = _mark(event.start_mark)
        match event:
            case yaml.DocumentStartEvent():
                self._start_document(mark)
            case yaml.AliasEvent():
                self._findings.add("alias", self._next(), at=mark)
                self._place(Alias(mark), mark)
            case yaml.ScalarEvent():
                self._refuse_extras(event, mark)
                self._scalar(event, mark)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._refuse_extras(event, mark)
                is_mapping = isinstance(event, yaml.MappingStartEvent)
                self._start(Mapping({}, {}, mark) if is_mapping else Listing([], mark), mark)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._open.pop()
                self._names.pop()
                self._after_value()

    def _start_document(self, mark: Mark) -> None:
        self._documents += 1
        if self._documents > 1:
            self._findings.add("several-documents", (), at=mark)
            raise _UnreadableError

    def _start(self, node: Listing | Mapping, mark: Mark) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._findings.add("too-deep", self._here(), at=mark, limit=MAX_DEPTH)
            raise _UnreadableError
        if self._expects_name():
            self._findings.add("bad-key", self._here(), at=mark)
            raise _UnreadableError
        self._attach(node, mark)
        self._open.append(node)
        self._names.append(None)

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark) -> None:
        if self._expects_name():
            self._names[-1] = event.value
            self._name_mark = mark
            return
        value = resolved(event.value) if event.implicit[0] else event.value
        self._place(Scalar(value, mark), mark)

    def _place(self, node: Node, mark: Mark) -> None:
        if self._expects_name():
            raise _UnreadableError  # an alias as a name: reported already
        self._attach(node, mark)
        self._after_value()

    def _attach(self, node: Node, mark: Mark) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent, Listing):
            self._path.append(len(parent.items))
            parent.items.append(node)
            return
        name = self._names[-1] or ""
        self._path.append(name)
        if name in parent.entries:
            first = parent.keys[name].line
            self._findings.add(
                "duplicate-key", self._here(), at=self._name_mark, name=shown(name), line=first
            )
            return
        parent.entries[name] = node
        parent.keys[name] = self._name_mark

    def _after_value(self) -> None:
        if self._path:
            self._path.pop()
        if self._names:
            self._names[-1] = None

    def _expects_name(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1], Mapping) and self._names[-1] is None

    def _here(self) -> Path:
        return tuple(self._path)

    def _next(self) -> Path:
        parent = self._open[-1] if self._open else None
        match parent:
            case None:
                return ()
            case Listing():
                return (*self._path, len(parent.items))
            case Mapping():
                return (*self._path, self._names[-1] or "")

    def _refuse_extras(self, event: yaml.NodeEvent, mark: Mark) -> None:
        tag = getattr(event, "tag", None)
        if event.anchor is not None:
            self._findings.add("anchor", self._next(), at=mark)
        if tag is not None:
            self._findings.add("tag", self._next(), at=mark, tag=shown(tag))


def resolved(plain: str) -> str | int | float | bool | None:
    """Read an unquoted scalar by the core schema of YAML 1.2: `22:00` and `no` are texts."""
    if plain in _CONSTANTS:
        return _CONSTANTS[plain]
    if _INTEGER.fullmatch(plain):
        return int(plain)
    if _FLOAT.fullmatch(plain):
        return float(plain)
    return plain
