"""The form of a part, made from the types of the language: one mechanism for every part."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

from msgspec import NODEFAULT, Struct, inspect

from calamity.domain.errors import Refused
from calamity.domain.playbook import ClockTime, Code, Duration, Language, Moment, Offset
from calamity.domain.playbook.moments import read_moment
from calamity.domain.playbook_check import worst_case
from calamity.domain.playbook_check.words import MAX_PARTS
from calamity.domain.playbook_form.field import Control, Cost, Field, Names, Option, refers_to
from calamity.domain.playbook_form.labels import NO_ACT, help_of, label_of
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
from calamity.domain.playbook_prose import (
    ACTS,
    CHOICES,
    PARTS,
    Said,
    condition,
    language_name,
    length,
    moment,
    said_of,
)
from calamity.domain.texts import segments

PATTERNS: dict[str | None, Control] = {}
for _named, _control in (
    (Duration, "length"), (Moment, "moment"), (Offset, "offset"), (ClockTime, "clock"),
):  # fmt: skip
    _kind = unwrapped(inspect.type_info(_named))
    assert isinstance(_kind, inspect.StrType)  # noqa: S101 - these are texts with a pattern
    PATTERNS[_kind.pattern] = _control  # type: ignore[assignment]
_GENERAL = frozenset(
    (inspect.type_info(each).extra_json_schema or {}).get("description")  # type: ignore[attr-defined]
    for each in (Code, Duration, Moment, Offset, ClockTime)
)
_LONG = 200
FORMULAS = frozenset({"Step.when", "LevelRule.when"})


class Form(Struct, frozen=True):
    """The form of one part."""

    path: Path
    title: Said
    fields: Sequence[Field]
    block: str = ""
    """The block that this part comes from; empty where it stands in the document itself."""


def form_of(plain: Any, path: Path, names: Names, *, block: str = "") -> Form:
    """Return the form of a part. Raises Refused when there is no such part.

    *plain* is the document as it was written, *block* the name of the block it belongs to.
    """
    build = _Forms(names)
    if is_general(path):
        kind = document_type(plain)
        fields = build.group("", kind.cls.__name__, general_fields(kind), plain)
        return Form(path, Said("Algemeen", "General"), fields)
    found, value = type_at(plain, path), value_at(plain, path)
    struct = unwrapped(found) if found else None
    if not isinstance(struct, inspect.StructType) or value is None:
        raise Refused("This part does not exist any more. Choose another.", field="part")
    one = PARTS[str(path[-2])][1] if len(path) > 1 and path[-2] in PARTS else said_of("")
    shown = value.get("code") or value.get("block") or "" if isinstance(value, dict) else ""
    title = Said(f"{one.nl} {shown}".strip(), f"{one.en} {shown}".strip())
    fields = build.group("", struct.cls.__name__, struct.fields, value)
    return Form(path, _begun(title), fields, block)


class _Forms:
    def __init__(self, names: Names) -> None:
        self._names = names

    def group(
        self, prefix: str, owner: str, kinds: Sequence[inspect.Field], value: Any
    ) -> list[Field]:
        """Return the fields of a struct."""
        held = value if isinstance(value, dict) else {}
        return [self._field(prefix, owner, kind, held) for kind in kinds]

    def _field(self, prefix: str, owner: str, field: inspect.Field, held: dict[str, Any]) -> Field:
        key = field.encode_name
        kind, is_optional = chosen(field.type)
        extra = (field.type.extra_json_schema or {}) if isinstance(
            field.type, inspect.Metadata
        ) else {}  # fmt: skip
        if not extra and isinstance(kind, inspect.Metadata):
            extra = kind.extra_json_schema or {}
        value = held[key] if key in held else default_of(field)
        return self.one(
            f"{prefix}{key}",
            f"{owner}.{key}",
            kind,
            value,
            label=label_of(owner, key),
            help=help_of(_own(extra.get("description"), key)),
            required=field.required,
            optional=is_optional,
        )

    def one(  # noqa: PLR0911 - one line for each kind of type
        self, name: str, place: str, kind: inspect.Type, value: Any, **said: Any
    ) -> Field:
        """Return one field of any type. *place* is the struct and the field, as `Step.due`."""
        bare = unwrapped(kind)
        refers = refers_to(place)
        match bare:
            case inspect.StrType() if refers:
                return self._ref(name, refers, value, **said)
            case inspect.StrType():
                return self._text(name, place, bare, value, **said)
            case inspect.IntType():
                return Field(name, control="number", value=value, low=bare.ge, high=bare.le, **said)
            case inspect.BoolType():
                return Field(name, control="flag", value=bool(value), **said)
            case inspect.EnumType() | inspect.LiteralType():
                return Field(
                    name, control="choice", value=value, options=_choices(bare, value), **said
                )
            case inspect.ListType():
                return self._list(name, place, bare, refers, value, **said)
            case inspect.DictType():
                return self._dict(name, place, bare, value, **said)
            case inspect.UnionType():
                return self._act(name, bare, value, **said)
            case inspect.StructType():
                return self._struct(name, bare, value, **said)
        return Field(name, control="unreadable", value=value, **said)

    def _ref(self, name: str, refers: str, value: Any, **said: Any) -> Field:
        options = self._names.options(refers)
        return Field(name, control="choice", value=value, options=_with(options, value), **said)

    def _text(self, name: str, place: str, kind: inspect.StrType, value: Any, **said: Any) -> Field:
        if isinstance(value, dict | list):
            return Field(name, control="unreadable", value=value, **said)
        text = "" if value is None else str(value)
        control = PATTERNS.get(kind.pattern)
        if place in FORMULAS:
            heard = condition(text, self._names.playbook) if text else None
            return Field(name, control="formula", value=text, said=heard, limit=300, **said)
        if control == "moment":
            return self._moment(name, text, **said)
        if control:
            return Field(name, control=control, value=text, said=_length(control, text), **said)
        is_long = (kind.max_length or 0) > _LONG
        shown: Control = "prose" if is_long else "line"
        return Field(name, control=shown, value=text, limit=kind.max_length, **said)

    def _moment(self, name: str, text: str, **said: Any) -> Field:
        options = [
            *(Option(each.value, _phase(each.said)) for each in self._names.options("phases")),
            *(Option(each.value, _step(each.said)) for each in self._names.options("steps")),
        ]
        try:
            when = read_moment(text)
            heard = moment(text, self._names.playbook)
        except (ValueError, KeyError):
            return Field(name, control="moment", value=text, options=options, **said)
        known = _with(options, when.follows) if when.follows else options
        return Field(name, control="moment", value=text, options=known, said=heard, **said)

    def _struct(self, name: str, kind: inspect.StructType, value: Any, **said: Any) -> Field:
        if value is not None and not isinstance(value, dict):
            return Field(name, control="unreadable", value=value, **said)
        owner = kind.cls.__name__
        fields = self.group(f"{name}.", owner, kind.fields, value)
        if owner in ("Words", "Prose"):
            fields = [_in_language(field, field.name.rpartition(".")[2]) for field in fields]
        return Field(name, control="group", value=value, fields=fields, **said)

    def _list(
        self, name: str, place: str, kind: inspect.ListType, refers: str, value: Any, **said: Any
    ) -> Field:
        if value is not None and not isinstance(value, list):
            return Field(name, control="unreadable", value=value, **said)
        held = value or []
        item, _ = chosen(kind.item_type)
        bare = unwrapped(item)
        if refers or isinstance(bare, inspect.LiteralType):
            options: Sequence[Option] = (
                self._names.options(refers) if refers else _choices(bare, None)
            )
            for each in held:
                options = _with(options, each)
            return Field(name, control="refs", value=held, options=options, **said)
        fields = [
            self.one(f"{name}.{index}", f"{place}[]", item, each, label=said["label"])
            for index, each in enumerate(held)
        ]
        return Field(name, control="list", value=held, fields=fields, most=kind.max_length, **said)

    def _dict(
        self, name: str, place: str, kind: inspect.DictType, value: Any, **said: Any
    ) -> Field:
        if value is not None and not isinstance(value, dict):
            return Field(name, control="unreadable", value=value, **said)
        held = value or {}
        if isinstance(unwrapped(kind.value_type), inspect.DictType):
            titles = {each.value: each.said for each in self._names.options("audiences")}
            fields = [
                self.one(
                    f"{name}.{key}",
                    f"{place}[]",
                    kind.value_type,
                    each,
                    label=titles.get(key, said_of(key)),
                )
                for key, each in held.items()
            ]
            free = [Option(key, each) for key, each in titles.items() if key not in held]
            return Field(name, control="dict", value=held, fields=fields, options=free, **said)
        fields = [_sms(f"{name}.{key}", key, each) for key, each in held.items()]
        languages = unwrapped(inspect.type_info(Language))
        free = [each for each in _choices(languages, None) if each.value not in held]
        return Field(name, control="dict", value=held, fields=fields, options=free, **said)

    def _act(self, name: str, kind: inspect.UnionType, value: Any, **said: Any) -> Field:
        struct = tagged(kind, value)
        owner = struct.cls.__name__ if struct else ""
        fields = self.group(f"{name}.", owner, struct.fields, value) if struct else []
        options = [Option("", NO_ACT), *(Option(tag, does) for tag, (_, does) in ACTS.items())]
        tag = value.get("kind", "") if isinstance(value, dict) else ""
        known = _with(options, tag) if tag else options
        return Field(name, control="act", value=tag, fields=fields, options=known, **said)


def _own(description: str | None, key: str) -> str | None:
    """Return what is said of a field; not what is said of every code, moment and length."""
    return None if description in _GENERAL and key != "code" else description


def default_of(field: inspect.Field) -> Any:
    """Return what a field holds where the document leaves it out, as plain values."""
    if field.default_factory is not NODEFAULT:
        made = field.default_factory()
        return made if isinstance(made, list | dict) else None
    default = None if field.default is NODEFAULT else field.default
    return default.value if isinstance(default, Enum) else default


def _choices(kind: inspect.Type, value: Any) -> list[Option]:
    known = (
        [str(member.value) for member in kind.cls]
        if isinstance(kind, inspect.EnumType)
        else [str(each) for each in kind.values]
        if isinstance(kind, inspect.LiteralType)
        else []
    )
    options = [Option(each, _chosen_name(each)) for each in known]
    return list(_with(options, value))


def _chosen_name(value: str) -> Said:
    return _begun(CHOICES.get(value) or language_name(value))


def _begun(said: Said) -> Said:
    return Said(said.nl[:1].upper() + said.nl[1:], said.en[:1].upper() + said.en[1:])


def _with(options: Sequence[Option], value: Any) -> list[Option]:
    """Return the options, with what the document holds, also where it is none of them."""
    if value is None or value == "" or any(option.value == value for option in options):
        return list(options)
    return [*options, Option(str(value), Said(f"{value} (bestaat niet)", f"{value} (unknown)"))]


def _phase(title: Said) -> Said:
    form = Said("na het begin van de fase {title}", "after the phase {title} begins")
    return form.filled(title=title)


def _step(title: Said) -> Said:
    form = Said("nadat stap {title} gedaan is", "after step {title} is done")
    return form.filled(title=title)


def _length(control: Control, text: str) -> Said | None:
    try:
        return length(text) if control == "length" else None
    except (ValueError, KeyError, IndexError):
        return None


def _in_language(field: Field, language: str) -> Field:
    return Field(
        field.name,
        language_name(language),
        field.control,
        field.value,
        required=field.required,
        limit=field.limit,
        language=language,
    )


def _sms(name: str, language: str, value: Any) -> Field:
    text = "" if value is None else str(value)
    label = language_name(language)
    return Field(name, label, "sms", text, limit=600, language=language, cost=_cost(text, language))


def _cost(text: str, language: str) -> Cost:
    now = segments(text)
    try:
        worst = segments(worst_case(text)).parts
    except Refused:
        worst = now.parts
    limit = next((most for known, most in MAX_PARTS.items() if known == language), 3)
    return Cost(now.units, now.parts, worst, limit, now.encoding)
