"""What CACAO calls things: identifiers, moments, and the extension in which we say the rest.

CACAO Security Playbooks Version 2.0 (OASIS) knows steps, agents and variables, but no text message
and no question to a person. What it cannot say stands in an extension of ours, beside a manual
command that any tool can show.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from msgspec import Struct

Object = dict[str, Any]

SPEC_VERSION: Final = "cacao-2.0"
_NAMESPACE: Final = UUID("aa7caf3a-d55a-4e9a-b34e-056215fba56a")
"""The namespace that CACAO gives for identifiers made from a name (CACAO 2.0, 10.10)."""


def identifier(kind: str, *names: str) -> str:
    """Return an identifier that is always the same for the same names."""
    return f"{kind}--{uuid5(_NAMESPACE, '/'.join(('calamity', *names)))}"


EXTENSION: Final = identifier("extension-definition", "social-calamity")
EXTENSION_VERSION: Final = "1.0.0"
SCHEMA: Final = "urn:calamity:playbook:1"


class Origin(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a version comes from; *created* is the moment of the first version of its playbook."""

    municipality: str
    created: datetime
    modified: datetime
    is_revoked: bool = False
    valid_until: datetime | None = None
    derived_from: str | None = None
    """The identifier of the playbook from which this one was adapted."""

    @property
    def identity(self) -> str:
        """The identifier of the municipality."""
        return identifier("identity", self.municipality)

    def playbook(self, slug: str) -> str:
        """Return the identifier of a playbook of this municipality, the same in all versions."""
        return identifier("playbook", self.municipality, slug)


def timestamp(moment: datetime) -> str:
    """Write a moment as CACAO wants it: UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def extended(part: Mapping[str, Any], field: str) -> Object:
    """Return what our extension says in a part of a document; nothing in those of others."""
    found = part.get(field)
    ours = found.get(EXTENSION) if isinstance(found, dict) else None
    return ours if isinstance(ours, dict) else {}
