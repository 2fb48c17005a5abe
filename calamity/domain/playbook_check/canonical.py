"""One playbook, one sequence of bytes: what is stored, signed for and compared."""

import hashlib
from enum import Enum
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from calamity.domain.playbook import Block, Playbook


def canonical(playbook: Playbook | Block) -> bytes:
    """Return a document as JSON with sorted names, without the fields that hold their default.

    Two documents that mean the same give the same bytes, whether or not they spell out a default.
    A field that a later release adds, with a default, changes nothing for what was published.
    """
    return msgspec.json.encode(_plain(playbook), order="sorted")


def fingerprint(playbook: Playbook | Block) -> str:
    """Return the SHA-256 of the canonical bytes, in hex."""
    return hashlib.sha256(canonical(playbook)).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, Struct):
        return value
    # msgspec's own omit_defaults compares by identity, so "12h" would at times stay in.
    config = value.__struct_config__
    plain = {config.tag_field: config.tag} if config.tag_field else {}
    for field in _fields(type(value)):
        held = getattr(value, field.name)
        factory = field.default_factory
        default = factory() if callable(factory) else field.default
        if held != default:
            plain[field.encode_name] = _plain(held)
    return plain


@cache
def _fields(kind: type[Struct]) -> tuple[FieldInfo, ...]:
    # Resolving the types of a struct takes longer than writing it out.
    return fields(kind)
