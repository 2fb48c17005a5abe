"""What lies on the desk for a source: its outline, the form of one part, and its faults."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from calamity.domain.errors import Refused
from calamity.domain.playbook import Block, Playbook
from calamity.domain.playbook_check import Blocks, examine
from calamity.domain.playbook_check.faults import Fault
from calamity.domain.playbook_form import (
    Field,
    Form,
    Move,
    Names,
    Path,
    block_parts,
    filled,
    form_of,
    is_general,
    moved,
    outline_of,
    path_of,
    place_of,
    renamed,
    value_at,
    written_path,
)
from calamity.domain.playbook_text import plain_of, rewritten
from calamity.web.language import Language
from calamity.web.views.studio import Desk, FaultLine

FILENAME = "draft.yaml"
_NAMED = ("roles", "phases", "audiences", "messages", "questions", "cards", "steps")
_WORST = ("error", "warning")


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person did in the forms: filled in the fields of a part, moved something, or both."""

    part: str = "general"
    fields: list[tuple[str, str]] | None = None
    move: Move | None = None


class Changed(Struct, frozen=True):
    """A source after a change, and the part to show.

    *elsewhere* counts the places that name a part by its new code.
    """

    source: str
    part: str
    elsewhere: int = 0


def changed(source: str, change: Change, blocks: Blocks) -> Changed:
    """Put a change into a source. Raises Refused."""
    if change.fields is None and change.move is None:
        return Changed(source, change.part)
    elsewhere = 0
    plain, path = plain_of(source), path_of(change.part)
    if change.fields is not None and not _is_of_block(path):
        sent: dict[str, list[str]] = {}
        for name, value in change.fields:
            sent.setdefault(name, []).append(value)
        before = copy.deepcopy(plain)
        plain, elsewhere = renamed(before, _with(plain, path, filled(plain, path, sent)), path)
    if change.move is not None:
        plain, path = _moved(plain, change.move, path, blocks)
    return Changed(rewritten(source, plain), written_path(path), elsewhere)


def _moved(plain: Any, move: Move, path: Path, blocks: Blocks) -> tuple[Any, Path]:
    place = path_of(move.path)
    brought = block_parts(plain, blocks).get(place, ("", None))[1]
    plain, at = moved(plain, move, place, brought)
    is_part = len(at) == 2 and len(place) <= 2  # noqa: PLR2004 - a list and a place in it
    if move.kind == "own" or (is_part and at[0] != "triggers" and _is_listed(at)):
        return plain, at if value_at(plain, at) is not None else ("general",)
    return plain, path


def _is_listed(path: Path) -> bool:
    return path[0] in (*_NAMED, "levels", "stop", "uses")


def _with(plain: Any, path: Path, value: Any) -> Any:
    if is_general(path):
        return value
    parent = value_at(plain, path[:-1])
    if not isinstance(parent, list) or value_at(plain, path) is None:
        raise Refused("This part does not exist any more. Choose another.", field="part")
    parent[int(path[-1])] = value
    return plain


def _is_of_block(path: Path) -> bool:
    return path[:1] == ("uses",) and len(path) > 2  # noqa: PLR2004 - beyond the use itself


def desk_of(source: str, part: str, blocks: Blocks, language: Language) -> Desk:
    """Return everything that follows from a source; without a form while it cannot be read."""
    document, faults = examine(source, FILENAME, blocks)
    lines = tuple(_line(fault, language) for fault in faults)
    try:
        plain = plain_of(source)
    except Refused:
        return Desk(source, part, lines)
    if not isinstance(plain, dict) or document is None:
        return Desk(source, part, lines)
    parts = block_parts(plain, blocks)
    names = Names(_playbook(document))
    form = _form(plain, path_of(part), names, parts)
    shown = written_path(form.path)
    return Desk(
        source,
        shown,
        lines,
        groups=outline_of(plain, document, parts),
        form=form,
        wrong=_by_field(form, [line for line in lines if line.part == shown]),
        marked=_marked(lines),
        names={
            name: [
                (option.value, option.said.in_language(language.code))
                for option in names.options(name)
            ]
            for name in _NAMED
            if name != "questions"
        },
    )


def _playbook(document: Playbook | Block) -> Playbook:
    """Return a block as the part of a playbook that it is, to find the names of codes in it."""
    if isinstance(document, Playbook):
        return document
    empty = examine("slug: x", FILENAME)[0]
    assert isinstance(empty, Playbook)  # noqa: S101 - what has a slug is a playbook
    parts = {name: getattr(document, name) for name in _NAMED if name in Block.__struct_fields__}
    return structs.replace(empty, **parts)


def _form(plain: Any, path: Path, names: Names, parts: Mapping[Path, tuple[str, Any]]) -> Form:
    if path in parts:
        block, part = parts[path]
        whole = {**plain, str(path[2]): [part]}
        form = form_of(whole, (path[2], 0), names, block=block)
        return Form(path, form.title, form.fields, block)
    try:
        return form_of(plain, path, names)
    except Refused:
        return form_of(plain, ("general",), names)


def _line(fault: Fault, language: Language) -> FaultLine:
    is_english = language.code == "en"
    part, field = place_of(fault.path)
    return FaultLine(
        fault.line,
        fault.column,
        fault.severity,
        fault.message if is_english else fault.message_nl,
        fault.cure if is_english else fault.cure_nl,
        part,
        field,
    )


def _marked(lines: Sequence[FaultLine]) -> dict[str, str]:
    marked: dict[str, str] = {}
    for severity in reversed(_WORST):
        marked |= {line.part: severity for line in lines if line.severity == severity}
    return marked


def _by_field(form: Form, lines: Sequence[FaultLine]) -> dict[str, list[FaultLine]]:
    """Return faults by the field that shows them: their own, or the nearest around it."""
    known = set(_fields(form.fields))
    found: dict[str, list[FaultLine]] = {}
    for line in lines:
        name = line.field
        while name and name not in known:
            name = name.rpartition(".")[0]
        found.setdefault(name, []).append(line)
    return found


def _fields(fields: Sequence[Field]) -> list[str]:
    return [name for field in fields for name in (field.name, *_fields(field.fields))]
