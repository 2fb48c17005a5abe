"""Adding, doubling, moving and taking out: of parts of a document, and of lines within them."""

import copy
import re
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import NODEFAULT, Struct, inspect

from calamity.domain.errors import Refused
from calamity.domain.playbook_form.parts import Path, chosen, type_at, unwrapped, value_at

Kind = Literal["add", "double", "remove", "up", "down", "own"]
_CODES = {
    "steps": "S", "messages": "M", "roles": "ROL", "phases": "phase", "audiences": "audience",
    "questions": "question", "stop": "stop", "cards": "card",
}  # fmt: skip
_GONE = "This part does not exist any more. Choose another."


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of what stands at a path; `own` makes an own copy of a part of a block."""

    kind: Kind
    path: str


def moved(plain: Any, move: Move, path: Path, whole: Any = None) -> tuple[Any, Path]:
    """Return the document after a move, and where that part stands now.

    *whole* is what the block holds, for a copy of one of its parts. Raises Refused for a place that
    is not there.
    """
    changed = copy.deepcopy(plain)
    if move.kind in ("own", "add"):
        return _own(changed, path, whole) if move.kind == "own" else _add(changed, path)
    parent, key = value_at(changed, path[:-1]), path[-1]
    if isinstance(parent, dict) and move.kind == "remove" and key in parent:
        del parent[key]
        return changed, path[:-1]
    if not isinstance(parent, list) or not isinstance(key, int) or key >= len(parent):
        raise Refused(_GONE, field="part")
    if move.kind == "remove":
        return _removed(changed, path), (*path[:-1], max(0, key - 1))
    if move.kind == "double":
        again = copy.deepcopy(parent[key])
        if isinstance(again, dict) and "code" in again:
            again["code"] = _new_code(parent, str(again["code"]))
        parent.insert(key + 1, again)
        return changed, (*path[:-1], key + 1)
    other = key - 1 if move.kind == "up" else key + 1
    if not 0 <= other < len(parent):
        return changed, path
    parent[key], parent[other] = parent[other], parent[key]
    return changed, (*path[:-1], other)


def _removed(changed: Any, path: Path) -> Any:
    parent, key = value_at(changed, path[:-1]), path[-1]
    del parent[key]
    # An empty list says nothing: the field goes with its last item.
    if not parent and len(path) > 1:
        del value_at(changed, path[:-2])[path[-2]]
    return changed


def _add(changed: Any, path: Path) -> tuple[Any, Path]:
    """Add to the list, or under the new name, at *path*."""
    kind = type_at(changed, path)
    bare = unwrapped(chosen(kind)[0]) if kind else None
    parent = value_at(changed, path[:-1])
    if isinstance(bare, inspect.ListType) and isinstance(parent, dict):
        held = parent.setdefault(path[-1], [])
        if not isinstance(held, list):
            raise Refused(_GONE, field="part")
        item = skeleton(unwrapped(chosen(bare.item_type)[0]), changed)
        if isinstance(item, dict) and "code" in item:
            item["code"] = _new_code(held, _CODES.get(str(path[-1]), "part"))
        held.append(item)
        return changed, (*path, len(held) - 1)
    if bare is None:
        raise Refused(_GONE, field="part")
    holder = value_at(changed, path[:-2])
    if parent is None and isinstance(holder, dict):
        parent = holder.setdefault(path[-2], {})
    if not isinstance(parent, dict):
        raise Refused(_GONE, field="part")
    parent.setdefault(path[-1], skeleton(bare, changed))
    return changed, path


def _own(changed: Any, path: Path, whole: Any) -> tuple[Any, Path]:
    name = path[-2]
    if whole is None or not isinstance(changed, dict):
        raise Refused(_GONE, field="part")
    held = changed.setdefault(name, [])
    held.append(copy.deepcopy(whole))
    return changed, (name, len(held) - 1)


def _new_code(parts: Sequence[Any], like: str) -> str:
    """Return a code that no part has: numbered on from the last of its kind."""
    taken = {str(part.get("code")) for part in parts if isinstance(part, dict)}
    stem = re.sub(r"[0-9]+$", "", like) or like
    numbers = [
        int(found[1])
        for code in taken
        if (found := re.fullmatch(re.escape(stem) + "([0-9]+)", code))
    ]
    number = max(numbers, default=0) + 1
    width = 2 if stem == "S" else 1
    return f"{stem}{number:0{width}}"


def skeleton(  # noqa: PLR0911 - one line for each kind of type
    kind: inspect.Type, document: Any = None
) -> Any:
    """Return what a new part begins with: what is required, and first choices."""
    match kind:
        case inspect.Metadata():
            return skeleton(kind.type, document)
        case inspect.StructType():
            fields = [
                field
                for field in kind.fields
                if field.default is NODEFAULT and field.default_factory is NODEFAULT
            ]
            made = {field.encode_name: skeleton(field.type, document) for field in fields}
            return _pointed(made, document)
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.IntType():
            return kind.ge or 0
        case inspect.BoolType():
            return False
        case inspect.ListType():
            item = unwrapped(kind.item_type)
            is_struct = isinstance(item, inspect.StructType)
            return [skeleton(item, document)] * (kind.min_length or 0) if is_struct else []
        case inspect.DictType():
            inner = unwrapped(kind.value_type)
            return {} if isinstance(inner, inspect.DictType) else {"nl": "", "en": ""}
    return ""


def _pointed(made: dict[str, Any], document: Any) -> dict[str, Any]:
    """Point a new part at the first phase and role, and at a moment."""
    for key, name in (("phase", "phases"), ("role", "roles")):
        parts = value_at(document, (name,))
        if key in made and isinstance(parts, list) and parts and isinstance(parts[0], dict):
            made[key] = parts[0].get("code", "")
    for key in ("due", "until"):
        if key in made:
            made[key] = "T+1h"
    return made
