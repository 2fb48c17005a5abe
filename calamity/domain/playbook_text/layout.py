"""Where each value of a document stands in its text, to the letter.

The safe reader of the checker goes first; what it refuses is not looked at here.
"""

import re
from collections.abc import Iterator
from typing import Any, Literal

import yaml
from msgspec import Struct

from calamity.domain.errors import Refused
from calamity.domain.playbook_check.faults import Findings
from calamity.domain.playbook_check.source import compose, resolved

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Entry(Struct):
    """A field in the text: where its name begins, where its colon ends, and its value."""

    start: int
    colon: int
    node: "Node"


class Node(Struct):
    """A value in the text: from *start* up to *end*, without what follows on the line."""

    kind: Literal["map", "list", "scalar"]
    start: int
    end: int
    column: int
    flow: bool = False
    style: str = ""
    value: Any = None
    items: list["Node"] = []
    entries: dict[str, Entry] = {}

    @property
    def plain(self) -> Any:
        """The value itself, as lists, dicts, texts and numbers."""
        if self.kind == "map":
            return {name: entry.node.plain for name, entry in self.entries.items()}
        return [item.plain for item in self.items] if self.kind == "list" else self.value


def laid_out(text: str) -> Node:
    """Return a document with the places of its values. Raises Refused if it cannot be read."""
    findings = Findings("draft.yaml")
    if compose(text, findings) is None or findings.faults():
        raise Refused(
            "The source cannot be read as it stands. Mend the first fault there.", field="source"
        )
    return _Layout(text).root()


class _Layout:
    def __init__(self, text: str) -> None:
        self._text = text
        # PyYAML has a mark of its own per reader, without a common class.
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))

    def root(self) -> Node:
        while not isinstance(next(self._events), yaml.DocumentStartEvent):
            pass
        return self._node(next(self._events))

    def _node(self, event: Any) -> Node:
        start, column = event.start_mark.index, event.start_mark.column
        if isinstance(event, yaml.ScalarEvent):
            end = _end_of(event)
            if event.style in ("|", ">"):
                end = start + len(self._text[start:end].rstrip())
            value = resolved(event.value) if event.implicit[0] else event.value
            return Node("scalar", start, end, column, style=event.style or "", value=value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(Node("list", start, start, column, flow=bool(event.flow_style)))
        return self._map(Node("map", start, start, column, flow=bool(event.flow_style)))

    def _list(self, node: Node) -> Node:
        node.items = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            node.items.append(self._node(event))
        node.end = _end_of(event) if node.flow else node.items[-1].end
        return node

    def _map(self, node: Node) -> Node:
        node.entries = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            name_end = event.end_mark.index
            colon = self._text.index(":", name_end) + 1
            value = self._node(next(self._events))
            # An empty value stands nowhere: its mark may be far below.
            if value.kind == "scalar" and value.start == value.end:
                value.start = value.end = colon
            node.entries[event.value] = Entry(event.start_mark.index, colon, value)
        last = list(node.entries.values())
        node.end = _end_of(event) if node.flow else last[-1].node.end
        return node


def _end_of(event: Any) -> int:
    return int(event.end_mark.index)


def same(left: Any, right: Any) -> bool:
    """Tell whether two plain values are the same; unlike for Python, true is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and bool(left == right)


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_MOST_COLUMNS = 100
_SHORTEST_LINE = 20


def scalar(value: Any, *, flow: bool = False) -> str:
    """Write a text, a number, true, false or nothing on one line, in quotes where it must."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if not isinstance(value, str):
        return str(value)
    for written in (value, _quoted(value)):
        if _reads_as(f"[{written}]" if flow else f"- {written}", value):
            return written
    return _quoted(value, ascii_only=True)


def _quoted(value: str, *, ascii_only: bool = False) -> str:
    def escaped(found: re.Match[str]) -> str:
        char = found[0]
        known = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char)
        return known or (f"\\u{ord(char):04X}" if ord(char) < 0x10000 else f"\\U{ord(char):08X}")  # noqa: PLR2004 - the end of a plane

    strange = r"[^ !#-\[\]-~]" if ascii_only else r'[\\"\n\t\r\x85\u2028\u2029]'
    return f'"{re.sub(strange, escaped, value)}"'


def _reads_as(written: str, value: str) -> bool:
    try:
        root = yaml.compose(written, Loader=_LOADER)
    except yaml.YAMLError:
        return False
    if not isinstance(root, yaml.SequenceNode) or len(root.value) != 1:
        return False
    node = root.value[0]
    if not isinstance(node, yaml.ScalarNode) or node.value != value:
        return False
    return bool(node.style) or isinstance(resolved(value), str)


def name(key: str) -> str:
    """Write the name of a field."""
    return key if _NAME.fullmatch(key) else _quoted(key)


def after(value: Any, indent: int, *, dash: bool = False, flow: bool = False, used: int = 0) -> str:
    """Write a value as it stands behind a colon, or behind the dash of an item.

    *indent* is the column of the name or of the dash, *used* the columns that the line has already;
    *flow* asks for one line in braces, if it fits.
    """
    if not isinstance(value, dict | list):
        return " " + _text(value, indent, used)
    if not value:
        return " {}" if isinstance(value, dict) else " []"
    if flow and used + len(line := in_flow(value)) < _MOST_COLUMNS:
        return " " + line
    lines = block(value, indent + 2)
    return " " + lines.lstrip(" ") if dash and isinstance(value, dict) else "\n" + lines


def block(value: Any, indent: int, *, flow: bool = False) -> str:
    """Write a list or a group of fields on lines of its own."""
    space = " " * indent
    if isinstance(value, dict):
        return "\n".join(
            f"{space}{name(key)}:{after(each, indent, used=indent + len(key) + 1)}"
            for key, each in value.items()
        )
    return "\n".join(
        f"{space}-{after(each, indent, dash=True, flow=flow, used=indent + 1)}" for each in value
    )


def in_flow(value: Any) -> str:
    """Write a value on one line, in braces."""
    if isinstance(value, dict):
        inner = ", ".join(f"{name(key)}: {in_flow(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(in_flow(each) for each in value)}]"
    return scalar(value, flow=True)


def _text(value: Any, indent: int, used: int) -> str:
    line = scalar(value)
    if not isinstance(value, str) or used + len(line) < _MOST_COLUMNS:
        return line
    # Folded lines are joined with one space: a text with other spaces stays on its line.
    words = value.split(" ")
    if not all(words) or re.search(r"[^\S ]|[\x85\u2028\u2029]", value) or value.startswith("#"):
        return line
    width, lines = max(_MOST_COLUMNS - indent - 2, _SHORTEST_LINE), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return ">-" + "".join(f"\n{' ' * (indent + 2)}{each}" for each in lines)
