"""Writes a changed document into the text that people wrote: only what changed is touched.

Comments, order, quotes and line breaks elsewhere stay to the letter. A general round-trip writer
lays the whole file out anew; here the change is put in its place, and the result is read back.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from calamity.domain.errors import Refused
from calamity.domain.playbook_text.layout import (
    Node,
    after,
    block,
    in_flow,
    laid_out,
    name,
    same,
    scalar,
)


def plain_of(source: str) -> Any:
    """Return what a source holds, as plain values. Raises Refused if it cannot be read."""
    return laid_out(source.removeprefix("\ufeff")).plain


def rewritten(source: str, wanted: Any) -> str:
    """Return the source changed so that it holds *wanted*. Raises Refused if it cannot be read."""
    mark = "\ufeff" if source.startswith("\ufeff") else ""
    ends = "\r\n" if "\r\n" in source else "\n"
    text = source.removeprefix("\ufeff").replace("\r\n", "\n")
    root = laid_out(text)
    if same(root.plain, wanted):
        return source
    edits = _Edits(text)
    edits.change(root, wanted, -2)
    result = edits.applied()
    if not same(laid_out(result).plain, wanted):
        raise Refused(
            "This change cannot be put into the source by itself. Make it in the source.",
            field="source",
        )
    return mark + result.replace("\n", ends)


class _Edits:
    """Pieces of text to put in the place of others."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._made: list[tuple[int, int, str]] = []
        self._top = 0  # where the text begins that is left after cuts from its very beginning

    def applied(self) -> str:
        """Return the text with all pieces in their places."""
        done, result = 0, ""
        for start, end, piece in sorted(self._made, key=lambda edit: edit[:2]):
            if start < done:
                raise Refused(
                    "This change cannot be put into the source by itself. Make it in the source.",
                    field="source",
                )
            result += self._text[done:start] + piece
            done = end
        return result + self._text[done:]

    def change(self, node: Node, wanted: Any, indent: int, head: int = 0) -> None:
        """Make *node* hold *wanted*; its name or dash is at column *indent* and ends at *head*."""
        if same(node.plain, wanted):
            return
        if node.kind == "map" and isinstance(wanted, dict) and wanted and node.entries:
            self._change_map(node, wanted, indent, head)
        elif node.kind == "list" and isinstance(wanted, list) and wanted and node.items:
            self._change_list(node, wanted, indent, head)
        else:
            self._replace(node, wanted, indent, head)

    def _replace(self, node: Node, wanted: Any, indent: int, head: int) -> None:
        if head == 0:  # within braces, or the document itself
            value = in_flow(wanted) if node.flow or node.start else block(wanted, 0)
            self._made.append((node.start, node.end, value))
            return
        line = self._text.rfind("\n", 0, head) + 1
        is_dash = self._text[head - 1] == "-"
        written = after(wanted, indent, dash=is_dash, flow=node.flow, used=head - line)
        if node.style == ">" and isinstance(wanted, str):
            written = after(wanted, indent, used=1000)
        self._made.append((head, max(node.end, head), written))

    # Groups of fields

    def _change_map(self, node: Node, wanted: dict[str, Any], indent: int, head: int) -> None:
        if node.flow:
            if node.entries.keys() != wanted.keys():
                self._replace(node, wanted, indent, head)
                return
            for key, entry in node.entries.items():
                self._change_in_flow(entry.node, wanted[key])
            return
        entries = node.entries
        kept = [key for key in entries if key in wanted]
        if not kept:
            self._replace(node, wanted, indent, head)
            return
        for key in kept:
            self.change(entries[key].node, wanted[key], node.column, entries[key].colon)
        self._remove_entries(node, set(entries) - set(kept))
        self._add_entries(node, wanted, kept)

    def _change_in_flow(self, node: Node, wanted: Any) -> None:
        if node.kind == "scalar" and not same(node.value, wanted):
            space = "" if node.end > node.start else " "
            value = scalar(wanted, flow=True) if not isinstance(wanted, dict | list) else ""
            self._made.append((node.start, node.end, space + (value or in_flow(wanted))))
            return
        self.change(node, wanted, 0)

    def _remove_entries(self, node: Node, gone: set[str]) -> None:
        places = list(node.entries.items())
        shares_line = not self._begins_line(places[0][1].start)
        first_kept = next(index for index, (key, _) in enumerate(places) if key not in gone)
        for index, (key, entry) in enumerate(places):
            if key not in gone:
                continue
            if shares_line and index < first_kept:
                if index == 0:  # the dash stays, and the first field that is kept comes to it
                    self._made.append((entry.start, places[first_kept][1].start, ""))
                continue
            self._cut(entry.start, entry.node.end)

    def _add_entries(self, node: Node, wanted: dict[str, Any], kept: list[str]) -> None:
        before = node.entries[kept[0]]
        for key, value in wanted.items():
            if key in node.entries:
                before = node.entries[key]
                continue
            line = f"{' ' * node.column}{name(key)}:"
            line += after(value, node.column, used=len(line))
            place = self._line_end(max(before.node.end, before.colon))
            self._made.append((place, place, f"\n{line}"))

    # Lists

    def _change_list(self, node: Node, wanted: list[Any], indent: int, head: int) -> None:
        if node.flow and len(node.items) == len(wanted):
            for item, value in zip(node.items, wanted, strict=True):
                self._change_in_flow(item, value)
            return
        if node.flow or not self._begins_line(node.start):
            self._replace(node, wanted, indent, head)
            return
        dashes = self._dashes(node)
        old = [item.plain for item in node.items]
        origins = _origins(old, wanted)
        stays = _longest_rising([origin for origin in origins if origin is not None])
        for index, item in enumerate(node.items):
            if index not in stays:
                self._cut(dashes[index], item.end)
        place = None
        for origin, value in zip(origins, wanted, strict=True):
            if origin in stays:
                item = node.items[origin or 0]
                self.change(item, value, node.column, dashes[origin or 0] + 1)
                place = self._line_end(item.end)
                continue
            if place is None:
                place = self._begin_of(dashes[0]) - 1
            moved = origin is not None and same(old[origin], value)
            piece = (
                self._text[
                    self._begin_of(dashes[origin or 0]) : self._line_end(
                        node.items[origin or 0].end
                    )
                ]
                if moved
                else block([value], node.column, flow=any(item.flow for item in node.items))
            )
            self._made.append((place, place, f"\n{piece}"))

    def _dashes(self, node: Node) -> list[int]:
        dashes = [node.start]
        for item in node.items[:-1]:
            found = re.compile(rf"^ {{{node.column}}}-(?=\s)", re.MULTILINE).search(
                self._text, item.end
            )
            dashes.append(found.end() - 1 if found else item.end)
        return dashes

    # Lines

    def _begins_line(self, place: int) -> bool:
        return not self._text[self._text.rfind("\n", 0, place) + 1 : place].strip()

    def _line_end(self, place: int) -> int:
        end = self._text.find("\n", place)
        return len(self._text) if end < 0 else end

    def _begin_of(self, place: int) -> int:
        """Return where the lines of something begin: its own, and comments right above it."""
        line = self._text.rfind("\n", 0, place) + 1
        space = self._text[line:place]
        while line:
            above = self._text.rfind("\n", 0, line - 1) + 1
            if not self._text.startswith(f"{space}#", above):
                break
            line = above
        return line

    def _cut(self, start: int, end: int) -> None:
        begin, end = self._begin_of(start), self._line_end(end)
        if begin == self._top:  # no line above to end: it takes its own line break along
            self._top = min(end + 1, len(self._text))
            self._made.append((begin, self._top, ""))
            return
        # Between two empty lines one is enough.
        above = self._text.rfind("\n", 0, begin - 1)
        if above == begin - 2 and self._text.startswith("\n\n", end):
            begin -= 1
        self._made.append((begin - 1, end, ""))


def _key(value: Any) -> object:
    if not isinstance(value, dict):
        return None
    return value.get("code") or value.get("block")


def _origins(old: Sequence[Any], wanted: Sequence[Any]) -> list[int | None]:
    """Return which old item each wanted one was: the same, of the same code, at its place."""
    free = dict.fromkeys(range(len(old)))
    origins: list[int | None] = [None] * len(wanted)

    def match(index: int, candidates: Sequence[int]) -> None:
        found = next((place for place in candidates if place in free), None)
        if found is not None:
            origins[index] = found
            del free[found]

    for index, value in enumerate(wanted):
        order = sorted(free, key=lambda place: (place != index, place))
        match(index, [place for place in order if same(old[place], value)])
    for index, value in enumerate(wanted):
        if origins[index] is None and _key(value) is not None:
            match(index, [place for place in free if _key(old[place]) == _key(value)])
    for index in range(len(wanted)):
        if origins[index] is None and len(old) == len(wanted):
            match(index, [index])
    return origins


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """Return the most numbers that stand in rising order already."""
    tails: list[int] = []
    tail_of: dict[int, int | None] = {}
    for number in numbers:
        place = bisect_left(tails, number)
        tail_of[number] = tails[place - 1] if place else None
        tails[place : place + 1] = [number]
    rising: set[int] = set()
    last = tails[-1] if tails else None
    while last is not None:
        rising.add(last)
        last = tail_of[last]
    return rising
