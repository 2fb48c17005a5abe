"""Two people changed the same document: part by part, who changed what, and both put together.

Works on plain values, so that nothing is lost of a document that still has faults.
"""

import copy
from collections.abc import Collection, Mapping
from typing import Any, Literal

from msgspec import Struct

from calamity.domain.playbook_form.labels import label_of
from calamity.domain.playbook_prose import PARTS, Said
from calamity.domain.playbook_text.layout import block, same

Side = Literal["ours", "theirs", "both"]
_NOTHING: Any = None
_NO_CODES = ("levels", "uses")


class Meeting(Struct, frozen=True):
    """One part that is different in both documents. *side* tells who changed it since the base.

    The part is called as `playbook_changes` does: `steps/S04`, `playbook/title`.
    """

    part: str
    where: Said
    side: Side
    theirs: str
    ours: str


def meetings(base: Any, theirs: Any, ours: Any) -> list[Meeting]:
    """Return each part in which two documents differ that both began as *base*."""
    before, left, right = _parts(base), _parts(theirs), _parts(ours)
    found = []
    for part in {**left, **right}:
        one, other, old = (each.get(part, _NOTHING) for each in (left, right, before))
        if same(one, other):
            continue
        side: Side = "theirs" if same(other, old) else "ours" if same(one, old) else "both"
        found.append(Meeting(part, _where(part), side, _shown(one), _shown(other)))
    return found


def together(theirs: Any, ours: Any, mine: Collection[str]) -> Any:
    """Return their document with the parts of *mine* as we have them."""
    made = copy.deepcopy(theirs)
    own = _parts(ours)
    for part in mine:
        name, _, code = part.partition("/")
        if name == "playbook":
            _put(made, code, own.get(part, _NOTHING))
        else:
            _put_coded(made, name, code, own.get(part, _NOTHING), ours.get(name) or [])
    return made


def _put(made: dict[str, Any], key: str, value: Any) -> None:
    if value is _NOTHING:
        made.pop(key, None)
    else:
        made[key] = copy.deepcopy(value)


def _put_coded(
    made: dict[str, Any], name: str, code: str, value: Any, order: list[Mapping[str, Any]]
) -> None:
    held = made.setdefault(name, [])
    place = next((at for at, part in enumerate(held) if _code(part) == code), None)
    if value is _NOTHING:
        if place is not None:
            del held[place]
        if not held:
            del made[name]
    elif place is not None:
        held[place] = copy.deepcopy(value)
    else:
        codes = [_code(part) for part in order]
        before = codes[: codes.index(code)]
        known = [at + 1 for at, part in enumerate(held) if _code(part) in before]
        held.insert(max(known, default=0), copy.deepcopy(value))


def _parts(plain: Any) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for key, value in (plain if isinstance(plain, dict) else {}).items():
        codes = [_code(part) for part in value] if isinstance(value, list) else []
        is_coded = key in PARTS and key not in _NO_CODES and isinstance(value, list)
        if is_coded and all(codes) and len(set(codes)) == len(codes):
            parts |= {f"{key}/{code}": part for code, part in zip(codes, value, strict=True)}
        else:
            parts[f"playbook/{key}"] = value
    return parts


def _code(part: Any) -> str:
    return str(part.get("code") or "") if isinstance(part, dict) else ""


def _where(part: str) -> Said:
    name, _, code = part.partition("/")
    if name in PARTS:
        one = PARTS[name][1]
        return Said(f"{one.nl.capitalize()} {code}", f"{one.en.capitalize()} {code}")
    return PARTS[code][0] if code in PARTS else label_of("Playbook", code)


def _shown(value: Any) -> str:
    if value is _NOTHING:
        return ""
    return block(value, 0) if isinstance(value, dict | list) and value else str(value)
