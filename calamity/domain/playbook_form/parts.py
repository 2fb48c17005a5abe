"""Parts of a document by their place: `steps/3`, `uses/0/steps/2` in a block, and `general`."""

from typing import Any

from msgspec import inspect

from calamity.domain.playbook import Block, Playbook
from calamity.domain.playbook_prose import PARTS

Path = tuple[str | int, ...]
GENERAL = "general"
_PLAYBOOK = inspect.type_info(Playbook)
_BLOCK = inspect.type_info(Block)
_IN_BLOCK = 4


def path_of(written: str) -> Path:
    """Read `steps/3/act` as a path."""
    return tuple(int(part) if part.isdigit() else part for part in written.split("/") if part)


def written_path(path: Path) -> str:
    """Write a path as `steps/3/act`."""
    return "/".join(map(str, path))


def is_general(path: Path) -> bool:
    """Tell whether a path names what the document says of itself."""
    return path == (GENERAL,)


def value_at(plain: Any, path: Path) -> Any:
    """Return what stands at a place of plain values; None where there is nothing."""
    for key in path:
        inside = isinstance(plain, dict) and key in plain
        within = isinstance(plain, list) and isinstance(key, int) and key < len(plain)
        if not inside and not within:
            return None
        plain = plain[key]
    return plain


def unwrapped(kind: inspect.Type) -> inspect.Type:
    """Return a type without what is said of it."""
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def chosen(kind: inspect.Type) -> tuple[inspect.Type, bool]:
    """Return (type, whether it may be left out) of a type that may be nothing."""
    bare = unwrapped(kind)
    if not isinstance(bare, inspect.UnionType):
        return kind, False
    rest = [each for each in bare.types if not isinstance(each, inspect.NoneType)]
    return (rest[0] if len(rest) == 1 else bare), len(rest) < len(bare.types)


def document_type(plain: Any) -> inspect.StructType:
    """Return the type of a document: a block where it names one, else a playbook."""
    is_block = isinstance(plain, dict) and "block" in plain and "slug" not in plain
    kind = _BLOCK if is_block else _PLAYBOOK
    assert isinstance(kind, inspect.StructType)  # noqa: S101 - structs have this kind
    return kind


def general_fields(kind: inspect.StructType) -> list[inspect.Field]:
    """Return the fields that a document has besides its lists of parts."""
    return [field for field in kind.fields if field.encode_name not in PARTS]


def type_at(plain: Any, path: Path) -> inspect.Type | None:
    """Return the type of what stands, or may stand, at a place of a document."""
    kind: inspect.Type = document_type(plain)
    value = plain
    if path[:1] == ("uses",) and len(path) >= _IN_BLOCK:
        kind, path, value = _BLOCK, path[2:], None
    for key in path:
        kind, _ = chosen(kind)
        found = _inside(unwrapped(kind), key, value)
        if found is None:
            return None
        kind, value = found, value_at(value, (key,))
    return kind


def _inside(kind: inspect.Type, key: str | int, value: Any) -> inspect.Type | None:
    if isinstance(kind, inspect.ListType) and isinstance(key, int):
        return kind.item_type
    if isinstance(kind, inspect.DictType):
        return kind.value_type
    if isinstance(kind, inspect.UnionType):
        struct = tagged(kind, value)
        return _inside(struct, key, value) if struct else None
    if isinstance(kind, inspect.StructType):
        return next((each.type for each in kind.fields if each.encode_name == key), None)
    return None


def tagged(kind: inspect.UnionType, value: Any) -> inspect.StructType | None:
    """Return which struct of several a value says it is."""
    said = value.get("kind") if isinstance(value, dict) else None
    for each in kind.types:
        if isinstance(each, inspect.StructType) and each.tag == said:
            return each
    return None


def place_of(written: str) -> tuple[str, str]:
    """Split the path of a fault (`steps[3].act.quota`) into its part and the field within it."""
    path = path_of(written.replace("[", "/").replace("]", "").replace(".", "/"))
    if path[:1] == ("uses",) and len(path) >= _IN_BLOCK:
        return written_path(path[:_IN_BLOCK]), ".".join(map(str, path[_IN_BLOCK:]))
    if path and path[0] in PARTS:
        return written_path(path[:2]), ".".join(map(str, path[2:]))
    return GENERAL, ".".join(map(str, path))
