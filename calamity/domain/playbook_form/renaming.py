"""Another code for a part: whatever names that part in the document names it by the new one."""

import re
from typing import Any, Final

from msgspec import inspect

from calamity.domain.errors import Refused
from calamity.domain.playbook import Code
from calamity.domain.playbook.formula import PHASE
from calamity.domain.playbook.moments import read_moment
from calamity.domain.playbook_form.field import refers_to
from calamity.domain.playbook_form.form import FORMULAS, PATTERNS
from calamity.domain.playbook_form.parts import Path, chosen, document_type, tagged, unwrapped

_BY_MOMENT = frozenset({"phases", "steps"})
_BY_FORMULA = frozenset({"questions", "steps"})
_TOKEN = re.compile(r"(?:(?:<=|>=|!=|[=<>])\s*)?[A-Za-z0-9][A-Za-z0-9_-]*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*$")
_CODE = unwrapped(inspect.type_info(Code))
_KEYS: Final = {"Message.for_audience": "audiences"}
"""Fields whose names, not their values, are codes."""


def renamed(before: Any, after: Any, path: Path) -> tuple[Any, int]:
    """Return the document after a part got another code, and in how many places that is said.

    *before* and *after* are the whole document around the change of the part at *path*. Raises
    Refused for a code that cannot be one, or that another part has.
    """
    old, new = _code_at(before, path), _code_at(after, path)
    if old is None or new is None or old == new:
        return after, 0
    name = str(path[0])
    assert isinstance(_CODE, inspect.StrType)  # noqa: S101 - codes are texts with a pattern
    if re.fullmatch(_CODE.pattern or "", new) is None:
        raise Refused(
            "A code is letters, digits, - and _, at most 40 together, and begins with a letter.",
            field="code",
        )
    lists = _BY_MOMENT if name in _BY_MOMENT else {name}
    if new in [code for each in lists for code in _codes(before, each)]:
        raise Refused("Another part has this code already. Choose another.", field="code")
    if _codes(before, name).count(old) > 1:
        return after, 0  # nobody knows which of them is meant
    uses = _Uses(name, old, new)
    return uses.within(document_type(after), after, ""), uses.count


def _code_at(plain: Any, path: Path) -> str | None:
    if len(path) != 2:  # noqa: PLR2004 - a list, and a place in it
        return None
    name, at = path
    parts = plain.get(name) if isinstance(plain, dict) else None
    if not isinstance(parts, list) or not isinstance(at, int) or at >= len(parts):
        return None
    code = parts[at].get("code") if isinstance(parts[at], dict) else None
    return code if isinstance(code, str) and code else None


def _codes(plain: Any, name: str) -> list[str]:
    parts = plain.get(name) if isinstance(plain, dict) else None
    held = parts if isinstance(parts, list) else []
    return [str(part.get("code")) for part in held if isinstance(part, dict)]


class _Uses:
    """Goes through a document by its types, and counts what it changes."""

    def __init__(self, name: str, old: str, new: str) -> None:
        self._list, self._old, self._new = name, old, new
        self.count = 0

    def within(self, kind: inspect.Type, value: Any, place: str) -> Any:
        """Return what stands at a place, such as `Step.role`, with the new code in it."""
        bare = unwrapped(chosen(kind)[0])
        match bare:
            case inspect.StrType() if isinstance(value, str):
                return self._text(bare, value, place)
            case inspect.ListType() if isinstance(value, list):
                return [self.within(bare.item_type, each, place) for each in value]
            case inspect.DictType() if isinstance(value, dict):
                is_named = _KEYS.get(place) == self._list
                return {
                    self._swapped(key) if is_named else key: self.within(bare.value_type, each, "")
                    for key, each in value.items()
                }
            case inspect.UnionType():
                struct = tagged(bare, value)
                return self.within(struct, value, place) if struct else value
            case inspect.StructType() if isinstance(value, dict):
                kinds = {field.encode_name: field.type for field in bare.fields}
                owner = bare.cls.__name__
                return {
                    key: self.within(kinds[key], each, f"{owner}.{key}") if key in kinds else each
                    for key, each in value.items()
                }
        return value

    def _text(self, kind: inspect.StrType, value: str, place: str) -> str:
        if place in FORMULAS:
            return self._formula(value)
        if refers_to(place) == self._list:
            return self._swapped(value)
        if PATTERNS.get(kind.pattern) == "moment" and self._list in _BY_MOMENT:
            return self._moment(value)
        return value

    def _swapped(self, code: str) -> str:
        if code != self._old:
            return code
        self.count += 1
        return self._new

    def _moment(self, text: str) -> str:
        try:
            follows = read_moment(text).follows
        except ValueError:
            return text
        return self._swapped(follows) + text[len(follows) :] if follows else text

    def _formula(self, text: str) -> str:
        last = ""

        def swapped(found: re.Match[str]) -> str:
            nonlocal last
            token = found[0]
            word = _NAME.search(token)
            code = word[0] if word else ""
            is_name = code == token
            is_phase = not is_name and last == PHASE and self._list == "phases"
            if is_name:
                last = code
            if is_phase or (is_name and self._list in _BY_FORMULA):
                return token[: len(token) - len(code)] + self._swapped(code)
            return token

        return _TOKEN.sub(swapped, text)
