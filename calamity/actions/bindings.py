"""What a playbook asks for and a municipality does not have yet: people in roles and in groups.

A playbook holds roles and audiences, a municipality binds people to them; here both meet.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from calamity.domain.people_sheet import sheet
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Group, Playbook, Round, Words
from calamity.domain.playbook_life import VersionState
from calamity.store.database import Session
from calamity.store.municipalities import list_neighbourhoods
from calamity.store.network import ChosenCircle, list_chosen_circles
from calamity.store.people import take_snapshot
from calamity.store.playbooks import list_versions
from calamity.store.stops import stopped_among

GapKind = Literal["role", "audience", "circle", "neighbourhood", "map"]
Room = Literal["people", "neighbourhoods"]

_LOCAL = (Group.KEY_FIGURES, Group.PROFESSIONALS)
"""Groups of people who belong to a neighbourhood."""


class Gap(Struct, frozen=True):
    """Something in a playbook that nobody, or too few, are bound to here.

    A `role` of the rapid team; an `audience`; a `circle` that hears nothing, since nobody in it has
    an agreement for what is sent; a `neighbourhood` where nobody is of an audience that is meant
    for affected ones; or the `map`: no neighbourhood is known here at all.
    """

    kind: GapKind
    code: str
    """The code of a role, an audience or a neighbourhood; of a circle its name."""
    name: Words
    needed: int = 1
    held: int = 0

    @property
    def room(self) -> Room:
        """Where it is bound."""
        return "neighbourhoods" if self.kind == "map" else "people"


class Bindings(Struct, frozen=True):
    """Who is here, by role, by group, by circle and by neighbourhood; who said STOP is not."""

    held: dict[str, int]
    groups: dict[Group, set[str]]
    circles: list[ChosenCircle]
    places: dict[str, str]

    def gaps(self, playbook: Playbook) -> list[Gap]:
        """Return what of a playbook has no people here, in the order of the document."""
        return [
            *self._roles(playbook),
            *(
                Gap("audience", each.code, each.title)
                for each in playbook.audiences
                if each.of not in self.groups
            ),
            *self._circles(playbook),
            *self._places(playbook),
        ]

    def _roles(self, playbook: Playbook) -> Iterator[Gap]:
        for role in playbook.roles:
            held, needed = self.held.get(role.code, 0), max(1, role.minimum)
            if held < needed:
                yield Gap("role", role.code, role.title, needed, held)

    def _circles(self, playbook: Playbook) -> Iterator[Gap]:
        theirs = {each.code for each in playbook.audiences if each.of is Group.KEY_FIGURES}
        asks = any(
            isinstance(step.act, Round) and theirs & set(step.act.audiences)
            for step in playbook.steps
        )
        for circle in self.circles if theirs else ():
            if not (circle.may_be_asked if asks else circle.agreed):
                yield Gap("circle", circle.name, Words(nl=circle.name, en=circle.name))

    def _places(self, playbook: Playbook) -> Iterator[Gap]:
        if not self.places and any(each.of in _LOCAL for each in playbook.audiences):
            yield Gap("map", "", Words(nl="de wijken zelf", en="the neighbourhoods themselves"))
        local = [each.of for each in playbook.audiences if each.where == "affected"]
        for code, name in self.places.items():
            # A group that is nowhere was named already.
            if any(of in self.groups and code not in self.groups[of] for of in local):
                yield Gap("neighbourhood", code, Words(nl=name, en=name))


async def sheet_of_missing(session: Session, actor: Actor) -> str:
    """Return a file of people to fill in, for all that our newest versions lack."""
    actor.must(Permission.IMPORT)
    bindings = await bindings_of(session, actor.municipality_id)
    newest: dict[str, Playbook] = {}
    for version in await list_versions(session, actor.municipality_id):
        if version.state in (VersionState.SUBMITTED, VersionState.PUBLISHED):
            newest.setdefault(version.slug, version.playbook)
    wanted: dict[str, int] = {}
    groups: set[Group] = set()
    for playbook in newest.values():
        for gap in bindings.gaps(playbook):
            if gap.kind == "role":
                wanted[gap.code] = max(wanted.get(gap.code, 0), gap.needed - gap.held)
        groups |= {each.of for each in playbook.audiences}
    if Group.KEY_FIGURES in groups:
        # Every key figure has somebody whom they know.
        groups.add(Group.CONTACT_PERSONS)
    return sheet(
        [role for role, count in wanted.items() for _ in range(count)],
        groups - set(bindings.groups),
    )


async def bindings_of(session: Session, municipality_id: str) -> Bindings:
    """Return who is bound to what in a municipality."""
    stopped = await stopped_among(session, municipality_id)
    held: dict[str, int] = {}
    groups: dict[Group, set[str]] = {}
    for member in (await take_snapshot(session, municipality_id)).members:
        if member.recipient_id in stopped:
            continue
        groups.setdefault(member.group, set()).add(member.neighbourhood)
        if member.group is Group.RAPID_TEAM and member.rank == 1:
            held[member.role] = held.get(member.role, 0) + 1
    places = await list_neighbourhoods(session, municipality_id)
    return Bindings(
        held,
        groups,
        await list_chosen_circles(session, municipality_id),
        {place.code: place.name for place in sorted(places, key=lambda place: place.name)},
    )
