"""Holds the tree of a document against the playbook structs, and reports every misfit.

What cannot be read is left blank in the result, so that the rules that look at the whole document
still find what is wrong elsewhere; `Findings.is_broken` says where the blanks are.
"""

import re
from collections.abc import Callable
from typing import Any

from msgspec import NODEFAULT, inspect

from calamity.domain.playbook import Block, Playbook
from calamity.domain.playbook_check.faults import Findings, Path, shown
from calamity.domain.playbook_check.source import Listing, Mapping, Node, Scalar, closest

_TYPE_NAMES: dict[type, tuple[str, str]] = {
    inspect.StrType: ("a text", "een tekst"),
    inspect.IntType: ("a whole number", "een geheel getal"),
    inspect.BoolType: ("true or false", "true of false"),
    inspect.ListType: ("a list", "een lijst"),
    inspect.DictType: ("a group of fields", "een groep velden"),
    inspect.StructType: ("a group of fields", "een groep velden"),
    inspect.LiteralType: ("a text", "een tekst"),
    inspect.EnumType: ("a text", "een tekst"),
    inspect.UnionType: ("a group of fields", "een groep velden"),
}
_HOW_TO_WRITE: dict[type, tuple[str, str]] = {
    inspect.StrType: (
        'Write words, and put quotes around a number, as in "12".',
        'Schrijf woorden, en zet aanhalingstekens om een getal, zoals "12".',
    ),
    inspect.IntType: (
        "Write digits only, without quotes.",
        "Schrijf alleen cijfers, zonder aanhalingstekens.",
    ),
    inspect.BoolType: ("Write true or false.", "Schrijf true of false."),
    inspect.ListType: (
        "Put each item on a line of its own that begins with a dash.",
        "Zet elk onderdeel op een eigen regel die met een streepje begint.",
    ),
}
_WRITE_FIELDS = (
    "Put its fields below it, indented, each as name: value.",
    "Zet de velden eronder, ingesprongen, elk als naam: waarde.",
)
_PYTHON_NAMES: dict[type, tuple[str, str]] = {
    type(None): ("nothing", "niets"),
    bool: ("true or false", "true of false"),
    int: ("a number", "een getal"),
    float: ("a number", "een getal"),
    str: ("a text", "een tekst"),
}

PLAYBOOK = inspect.type_info(Playbook)
BLOCK = inspect.type_info(Block)


class Shape:
    """Reads values of the tree, reporting what does not fit."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._readers: dict[type, Callable[[Node, Any, Path], Any]] = {
            inspect.Metadata: self._described,
            inspect.StrType: self._text,
            inspect.IntType: self._number,
            inspect.BoolType: self._truth,
            inspect.ListType: self._list,
            inspect.DictType: self._dict,
            inspect.StructType: self._struct,
            inspect.LiteralType: self._literal,
            inspect.EnumType: self._enum,
            inspect.UnionType: self._union,
        }

    def read(self, node: Node, kind: inspect.Type, path: Path) -> Any:
        """Return the value of *node* as *kind*, or a blank of that kind where it does not fit."""
        self._findings.remember(path, node.mark)
        return self._readers[type(kind)](node, kind, path)

    def _misfit(self, node: Node, kind: inspect.Type, path: Path) -> Any:
        found = ("a group of fields", "een groep velden")
        if isinstance(node, Listing):
            found = ("a list", "een lijst")
        if isinstance(node, Scalar):
            found = _PYTHON_NAMES[type(node.value)]
        expected = _TYPE_NAMES[type(kind)]
        cure = _HOW_TO_WRITE.get(type(kind), _WRITE_FIELDS)
        if isinstance(kind, inspect.LiteralType | inspect.EnumType):
            cure = _HOW_TO_WRITE[inspect.StrType]
        self._findings.add("wrong-type", path, expected=expected, found=found, cure=cure)
        return blank(kind)

    def _described(self, node: Node, kind: inspect.Metadata, path: Path) -> Any:
        value = self.read(node, kind.type, path)
        examples = (kind.extra_json_schema or {}).get("examples", [])
        self._check_form(value, kind.type, path, " ".join(map(str, examples)))
        return value

    def _text(self, node: Node, kind: inspect.StrType, path: Path) -> str:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            return str(self._misfit(node, kind, path))
        length = len(node.value)
        if kind.min_length is not None and length < kind.min_length:
            self._findings.add("empty-text", path)
        if kind.max_length is not None and length > kind.max_length:
            self._findings.add("too-long", path, length=length, limit=kind.max_length)
        return node.value

    def _check_form(self, value: Any, kind: inspect.Type, path: Path, examples: str) -> None:
        pattern = kind.pattern if isinstance(kind, inspect.StrType) else None
        if pattern is not None and re.fullmatch(pattern.removesuffix("$"), value) is None:
            self._findings.add("wrong-form", path, value=shown(value), examples=examples)

    def _number(self, node: Node, kind: inspect.IntType, path: Path) -> int:
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, int) or isinstance(value, bool):
            return int(self._misfit(node, kind, path))
        low, high = kind.ge, kind.le
        if (low is not None and value < low) or (high is not None and value > high):
            self._findings.add("out-of-range", path, value=value, low=low or 0, high=high or 0)
        return value

    def _truth(self, node: Node, kind: inspect.BoolType, path: Path) -> bool:
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        return bool(self._misfit(node, kind, path))

    def _list(self, node: Node, kind: inspect.ListType, path: Path) -> list[Any]:
        if not isinstance(node, Listing):
            return list(self._misfit(node, kind, path))
        count = len(node.items)
        if kind.min_length is not None and count < kind.min_length:
            self._findings.add("too-few", path, count=count, limit=kind.min_length)
        if kind.max_length is not None and count > kind.max_length:
            self._findings.add("too-many", path, count=count, limit=kind.max_length)
        # What is over the limit is told once, and costs no time.
        items = enumerate(node.items[: kind.max_length])
        return [self.read(item, kind.item_type, (*path, index)) for index, item in items]

    def _dict(self, node: Node, kind: inspect.DictType, path: Path) -> dict[str, Any]:
        if not isinstance(node, Mapping):
            return dict(self._misfit(node, kind, path))
        values = {}
        for name, child in node.entries.items():
            key = Scalar(name, node.keys[name])
            self.read(key, kind.key_type, (*path, name))
            values[name] = self.read(child, kind.value_type, (*path, name))
        return values

    def _struct(self, node: Node, kind: inspect.StructType, path: Path) -> Any:
        if not isinstance(node, Mapping):
            return self._misfit(node, kind, path)
        fields = {field.encode_name: field for field in kind.fields}
        values = {}
        for name, child in node.entries.items():
            if name in fields:
                values[fields[name].name] = self.read(child, fields[name].type, (*path, name))
            elif name != kind.tag_field:
                self._unknown_field(name, list(fields), node, path)
        for name, field in fields.items():
            if name not in node.entries and field.required:
                self._missing_field(name, path)
                values[field.name] = blank(field.type)
        return kind.cls(**values)

    def _unknown_field(self, name: str, known: list[str], node: Mapping, path: Path) -> None:
        self._findings.add(
            "unknown-field",
            (*path, name),
            at=node.keys[name],
            name=shown(name),
            known=", ".join(known),
            hint=("", "") if self._findings.is_full else closest(name, known),
        )

    def _missing_field(self, name: str, path: Path) -> None:
        self._findings.add("missing-field", (*path, name), name=name)

    def _literal(self, node: Node, kind: inspect.LiteralType, path: Path) -> Any:
        return self._one_of(node, kind, path, {str(value): value for value in kind.values})

    def _enum(self, node: Node, kind: inspect.EnumType, path: Path) -> Any:
        return self._one_of(node, kind, path, {str(member.value): member for member in kind.cls})

    def _one_of(self, node: Node, kind: inspect.Type, path: Path, values: dict[str, Any]) -> Any:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            return self._misfit(node, kind, path)
        if node.value in values:
            return values[node.value]
        self._unknown_value(node.value, list(values), path)
        return blank(kind)

    def _unknown_value(self, value: str, known: list[str], path: Path) -> None:
        self._findings.add(
            "unknown-value",
            path,
            value=shown(value),
            known=", ".join(known),
            hint=("", "") if self._findings.is_full else closest(value, known),
        )

    def _union(self, node: Node, kind: inspect.UnionType, path: Path) -> Any:
        is_optional = any(isinstance(choice, inspect.NoneType) for choice in kind.types)
        if is_optional and isinstance(node, Scalar) and node.value is None:
            return None
        choices = [choice for choice in kind.types if not isinstance(choice, inspect.NoneType)]
        if len(choices) == 1:
            return self.read(node, choices[0], path)
        structs = [choice for choice in choices if isinstance(choice, inspect.StructType)]
        if not isinstance(node, Mapping):
            return self._misfit(node, kind, path)
        return self._tagged(node, structs, path)

    def _tagged(self, node: Mapping, structs: list[inspect.StructType], path: Path) -> Any:
        tag_field = str(structs[0].tag_field)
        by_tag = {str(struct.tag): struct for struct in structs}
        tag = node.entries.get(tag_field)
        if tag is None:
            self._missing_field(tag_field, path)
            return None
        self._findings.remember((*path, tag_field), tag.mark)
        name = self._text(tag, inspect.StrType(), (*path, tag_field))
        if name in by_tag:
            return self.read(node, by_tag[name], path)
        if not self._findings.is_broken((*path, tag_field)):
            self._unknown_value(name, list(by_tag), (*path, tag_field))
        return None


def blank(kind: inspect.Type) -> Any:
    """Return a value of this kind that stands for one that could not be read."""
    match kind:
        case inspect.Metadata():
            return blank(kind.type)
        case inspect.StructType():
            required = [field for field in kind.fields if field.default is NODEFAULT]
            missing = [field for field in required if field.default_factory is NODEFAULT]
            return kind.cls(**{field.name: blank(field.type) for field in missing})
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.EnumType():
            return next(iter(kind.cls))
        case inspect.UnionType():
            return None
    empty: dict[type, Any] = {inspect.StrType: "", inspect.IntType: 0, inspect.BoolType: False}
    return {inspect.ListType: [], inspect.DictType: {}}.get(type(kind), empty.get(type(kind)))
