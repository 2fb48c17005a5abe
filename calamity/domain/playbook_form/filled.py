"""What a person filled in, as plain values: only what became different is another value."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import inspect

from calamity.domain.playbook.moments import read_moment
from calamity.domain.playbook_form.field import UNITS
from calamity.domain.playbook_form.form import FORMULAS, PATTERNS, default_of
from calamity.domain.playbook_form.moves import skeleton
from calamity.domain.playbook_form.parts import (
    Path,
    chosen,
    document_type,
    general_fields,
    is_general,
    tagged,
    type_at,
    unwrapped,
    value_at,
)

Sent = Mapping[str, Sequence[str]]
NOTHING: Final = object()
_INTEGER = re.compile(r"-?[0-9]{1,9}")


def filled(plain: Any, path: Path, sent: Sent) -> Any:
    """Return the value of a part as a form holds it; what the form does not show stays."""
    if is_general(path):
        kind = document_type(plain)
        return _Filled(sent).group("", general_fields(kind), plain, kind.cls.__name__)
    found = type_at(plain, path)
    struct = unwrapped(found) if found else None
    if not isinstance(struct, inspect.StructType):
        return value_at(plain, path)
    return _Filled(sent).group("", struct.fields, value_at(plain, path), struct.cls.__name__)


class _Filled:
    def __init__(self, sent: Sent) -> None:
        self._sent = sent

    def _get(self, name: str) -> str | None:
        values = self._sent.get(name)
        return values[-1].replace("\r\n", "\n") if values else None

    def _has(self, name: str) -> bool:
        return name in self._sent or any(key.startswith(f"{name}.") for key in self._sent)

    def group(
        self, prefix: str, kinds: Sequence[inspect.Field], value: Any, owner: str
    ) -> dict[str, Any]:
        """Return a struct as plain values, in the order in which it was written."""
        held = dict(value) if isinstance(value, dict) else {}
        for field in kinds:
            key = field.encode_name
            name = f"{prefix}{key}"
            if not self._has(name):
                continue
            kind, _ = chosen(field.type)
            default = default_of(field)
            new = self.one(name, kind, held.get(key, default), f"{owner}.{key}")
            is_left_out = new is NOTHING or (not field.required and new in ("", [], {}))
            if key in held and is_left_out:
                del held[key]
            elif key in held or not (is_left_out or new in (default, "")):
                held[key] = new
        return held

    def one(  # noqa: PLR0911 - one line for each kind of type
        self, name: str, kind: inspect.Type, value: Any, place: str
    ) -> Any:
        """Return one value of any type, or NOTHING where it was left out."""
        bare = unwrapped(kind)
        match bare:
            case inspect.StrType():
                return self._text(name, bare, value, place)
            case inspect.EnumType() | inspect.LiteralType():
                return self._get(name)
            case inspect.IntType():
                written = (self._get(name) or "").strip()
                return int(written) if _INTEGER.fullmatch(written) else written or NOTHING
            case inspect.BoolType():
                return self._get(name) == "yes"
            case inspect.ListType():
                return self._list(name, bare, value, place)
            case inspect.DictType():
                return self._dict(name, bare, value, place)
            case inspect.UnionType():
                return self._act(name, bare, value)
            case inspect.StructType():
                return self._struct(name, bare, value)
        return value

    def _text(self, name: str, kind: inspect.StrType, value: Any, place: str) -> Any:
        control = "" if place in FORMULAS else PATTERNS.get(kind.pattern, "")
        if self._get(f"{name}.text") is not None or not control or control == "clock":
            return self._get(f"{name}.text") if control not in ("", "clock") else self._get(name)
        if control == "moment":
            return self._moment(name, str(value or ""))
        number, unit = (self._get(f"{name}.number") or "").strip(), self._get(f"{name}.unit")
        if not number:
            return NOTHING
        return f"{'T+' if control == 'offset' else ''}{number}{unit}"

    def _moment(self, name: str, before: str) -> Any:
        base = self._get(f"{name}.base") or ""
        if base == "date":
            base = self._get(f"{name}.date") or ""
        if not base:
            return NOTHING
        shifts = [shift for place in ("", "2") if (shift := self._shift(name, place))]
        clock = self._get(f"{name}.clock") or ""
        text = base + "".join(f" {sign} {number}{unit}" for sign, number, unit in shifts)
        if base == "T" and (len(shifts) != 1 or shifts[0][0] == "-" or shifts[0][2] not in "mhd"):
            text = text if shifts else "T+0m"
        elif base == "T":
            text = f"T+{shifts[0][1]}{shifts[0][2]}"
        text += f" @ {clock}" if clock else ""
        return before if _means_the_same(before, text) else text

    def _shift(self, name: str, place: str) -> tuple[str, str, str] | None:
        number = (self._get(f"{name}.number{place}") or "").strip()
        unit = self._get(f"{name}.unit{place}") or "m"
        sign = "-" if self._get(f"{name}.way{place}") == "-" else "+"
        return (sign, number, unit if unit in UNITS else "m") if number else None

    def _struct(self, name: str, kind: inspect.StructType, value: Any) -> Any:
        if f"{name}.!" in self._sent and self._get(f"{name}.?") is None:
            return NOTHING
        if value is not None and not isinstance(value, dict):
            return value
        owner = kind.cls.__name__
        if value is None and f"{name}.?" in self._sent:
            return skeleton(kind)
        made = self.group(f"{name}.", kind.fields, value, owner)
        if owner in ("Words", "Prose"):
            if value is None or not any(made.values()):
                given = {each: self._get(f"{name}.{each}") or "" for each in ("nl", "en")}
                return given if any(given.values()) or value is not None else NOTHING
            return made
        return made or NOTHING

    def _list(self, name: str, kind: inspect.ListType, value: Any, place: str) -> Any:
        held = value if isinstance(value, list) else []
        if value is not None and not isinstance(value, list):
            return value
        if name in self._sent:  # boxes: what was ticked stays in its order
            ticked = [each for each in self._sent[name] if each]
            return [each for each in held if each in ticked] + [
                each for each in ticked if each not in held
            ]
        item, _ = chosen(kind.item_type)
        made = []
        for index in range(len(held)):
            each = self.one(f"{name}.{index}", item, held[index], f"{place}[]")
            made.append("" if each is NOTHING else each)
        return made

    def _dict(self, name: str, kind: inspect.DictType, value: Any, place: str) -> Any:
        if not isinstance(value, dict):
            return value
        made = {}
        for key, each in value.items():
            new = self.one(f"{name}.{key}", kind.value_type, each, f"{place}[]")
            made[key] = each if new is None or new is NOTHING else new
        return made

    def _act(self, name: str, kind: inspect.UnionType, value: Any) -> Any:
        tag = self._get(f"{name}.kind") or ""
        if not tag:
            return NOTHING
        struct = tagged(kind, {"kind": tag})
        if struct is None:
            return value
        if not isinstance(value, dict) or value.get("kind") != tag:
            known = value if isinstance(value, dict) else {}
            fields = {each.encode_name for each in struct.fields}
            shared = {key: each for key, each in known.items() if key in fields}
            return {"kind": tag, **skeleton(struct), **shared}
        return self.group(f"{name}.", struct.fields, value, struct.cls.__name__)


def _means_the_same(before: str, text: str) -> bool:
    try:
        old, new = read_moment(before), read_moment(text)
    except ValueError:
        return before == text
    shifts = [
        [(shift.number, shift.unit) for shift in each.shifts if shift.number] for each in (old, new)
    ]
    return (old.base, old.clock) == (new.base, new.clock) and shifts[0] == shifts[1]
