"""Who somebody from the municipality's own provider is here: the role, and which municipality."""

from collections.abc import Collection

from msgspec import Struct

from calamity.domain.errors import Refused
from calamity.domain.permissions import UserRole


class Grant(Struct, frozen=True):
    """A group at the provider and the role that it has here."""

    group: str
    role: UserRole
    municipality: str | None = None
    """Where there are several: the short name of the one whose group this is."""


def read_grants(text: str) -> tuple[Grant, ...]:
    """Read `GROUP=role@municipality; ...`; a group may hold commas and equals signs itself.

    Raises Refused, naming the part that cannot be read.
    """
    return tuple(_grant(part.strip()) for part in text.split(";") if part.strip())


def _grant(part: str) -> Grant:
    group, _, right = part.rpartition("=")
    role, _, municipality = right.strip().partition("@")
    if not group.strip() or role not in set(UserRole):
        raise Refused(
            f"{part!r} is not GROUP=role or GROUP=role@municipality, with one of the roles "
            f"{', '.join(UserRole)}.",
            field="CALAMITY_OIDC_ROLES",
        )
    return Grant(group.strip(), UserRole(role), municipality.strip() or None)


def granted(
    grants: Collection[Grant], groups: Collection[str], municipality: str | None = None
) -> Grant:
    """Return the first grant of these groups, with its municipality where anything names one.

    *municipality* is what the provider itself says; a grant of another one does not count. Raises
    Refused for who belongs to no group, or to groups of two municipalities.
    """
    found = [
        each
        for each in grants
        if each.group in groups and municipality in (None, each.municipality or municipality)
    ]
    if not found:
        raise Refused(
            "Your work account is in no group that may use Calamity. Ask your administrator to add "
            "it to one."
        )
    if len({each.municipality for each in found}) > 1 and municipality is None:
        raise Refused(
            "Your work account is in groups of more than one municipality, and they are kept "
            "apart. Ask your administrator to leave one."
        )
    first = found[0]
    return Grant(first.group, first.role, first.municipality or municipality)
