"""How the API writes structs: names in lowerCamelCase, and every fault of a body named at once."""

import re
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec
from litestar import Request
from msgspec import NODEFAULT, Struct, structs

from calamity.web.errors import Fault, InputFaults, without_values

T = TypeVar("T", bound=Struct)

_PLACE = re.compile(r" - at `\$(.*)`$")
_WIRED: dict[type, type] = {}


def camel(cls: type[T]) -> type[T]:
    """Class decorator: the same fields, in lowerCamelCase on the wire; also inside nested structs.

    A field list is written once: where it lives. An instance is still one of the class above, for
    actions to take. What is kept as JSON must pass through `plain` first.
    """
    wired = _camelled(cls)
    wired.__doc__ = cls.__doc__
    return wired


def _camelled(cls: type[T]) -> type[T]:
    config = cls.__struct_config__
    made: type[T] = msgspec.defstruct(  # type: ignore[assignment]  # *cls* is its base
        cls.__name__,
        [_field(field) for field in structs.fields(cls)],
        bases=(cls,),
        module=cls.__module__,
        rename="camel",
        kw_only=True,
        frozen=config.frozen,
        omit_defaults=config.omit_defaults,
        forbid_unknown_fields=config.forbid_unknown_fields,
    )
    return made


def _field(field: structs.FieldInfo) -> tuple[str, Any] | tuple[str, Any, Any]:
    kind = _wire_type(field.type)
    if field.default_factory is not NODEFAULT:
        return (field.name, kind, msgspec.field(default_factory=field.default_factory))
    if field.default is not NODEFAULT:
        return (field.name, kind, field.default)
    return (field.name, kind)


def _wire_type(kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Struct):
        if kind not in _WIRED:
            _WIRED[kind] = _camelled(kind) if _has_other_names(kind) else kind
        return _WIRED[kind]
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return Annotated[(_wire_type(parts[0]), *parts[1:])]
    if not parts or not _has_struct(kind):
        return kind
    changed = tuple(_wire_type(part) for part in parts)
    return Union[changed] if origin in (Union, UnionType) else origin[changed]  # noqa: UP007 - at run time


def _has_other_names(struct: type[Struct]) -> bool:
    """Tell whether a struct has a name to rename, itself or deeper, and no names of its own."""
    if struct.__struct_encode_fields__ != struct.__struct_fields__:
        return False
    return any("_" in name for name in struct.__struct_fields__) or any(
        _wire_type(field.type) != field.type for field in structs.fields(struct)
    )


def _has_struct(kind: Any) -> bool:
    if isinstance(kind, type) and issubclass(kind, Struct):
        return True
    return any(_has_struct(part) for part in get_args(kind))


def plain(value: Struct, kind: type[T]) -> T:
    """Return a struct of the wire as the *kind* it was made from, with plain names all through."""
    return msgspec.convert(value, kind, from_attributes=True)


def wired(value: Any, kind: type[T]) -> T:
    """Return *value* as a struct of the wire."""
    return msgspec.convert(value, kind, from_attributes=True)


async def check_body(request: Request[Any, Any, Any]) -> None:
    """Refuse a JSON body that is not what the handler takes, and name every fault in it.

    Litestar would name the first fault only, and would take the text "1" for a number.
    """
    data = request.route_handler.parsed_data_field
    kind = data.annotation if data is not None else None
    if not (isinstance(kind, type) and issubclass(kind, Struct)):
        return
    try:
        body = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InputFaults(
            [Fault("The body is not JSON, or it was cut off.", pointer="#")]
        ) from None
    if found := faults_in(kind, body):
        raise InputFaults(found)


def faults_in(kind: Any, value: Any, pointer: str = "#") -> list[Fault]:
    """Return every fault in *value*, which was JSON, as a value of *kind*."""
    struct = _struct_in(kind)
    if value is None or struct is None:
        return _faults_of_leaf(kind, value, pointer)
    if not isinstance(value, dict):
        return [Fault("Expected an object", pointer=pointer)]
    fields = {field.encode_name: field for field in structs.fields(struct)}
    found = [
        Fault("This field is not known here", pointer=f"{pointer}/{_escaped(name)}")
        for name in value
        if name not in fields
    ]
    for name, field in fields.items():
        place = f"{pointer}/{name}"
        if name in value:
            found += faults_in(field.type, value[name], place)
        elif field.required:
            found.append(Fault("This field is missing", pointer=place))
    return found


def _struct_in(kind: Any) -> type[Struct] | None:
    """Return the struct that *kind* is, or may be besides null."""
    choices = get_args(kind) or (kind,)
    found = [each for each in choices if isinstance(each, type) and issubclass(each, Struct)]
    rest = [each for each in choices if each not in found and each is not type(None)]
    return found[0] if len(found) == 1 and not rest else None


def _faults_of_leaf(kind: Any, value: Any, pointer: str) -> list[Fault]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        words = str(error)
        place = _PLACE.search(words)
        return [Fault(without_values(words), pointer=pointer + _steps(place[1] if place else ""))]
    return []


def _steps(path: str) -> str:
    """Turn ``.a[2]`` into ``/a/2``; a place that msgspec does not name is left out."""
    steps = re.findall(r"\.(\w+)|\[(\d+)\]", path)
    return "".join(f"/{name or index}" for name, index in steps)


def _escaped(name: str) -> str:
    """Write a name for a JSON pointer. It came from outside, so it is kept short."""
    return name[:40].replace("~", "~0").replace("/", "~1")
