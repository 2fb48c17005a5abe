"""Who is in the rapid team, and who can be sent a message: roles and audiences, never people."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, field

from calamity.domain.playbook.words import Code, Part, Words


class Role(Part, frozen=True):
    """A role in the rapid team; people are bound to it at activation, by code."""

    code: Code
    title: Words
    task: Words
    minimum: Annotated[
        int, Meta(ge=0, le=9, description="How many people must be bound to this role.")
    ] = 1
    not_with: Annotated[
        list[Code],
        Meta(max_length=10, description="Roles that the same person may not hold."),
    ] = field(default_factory=list)


class Group(StrEnum):
    """Kinds of people that an audience can be made of."""

    RAPID_TEAM = "rapid-team"
    KEY_FIGURES = "key-figures"
    PROFESSIONALS = "professionals"
    CONTACT_PERSONS = "contact-persons"


class Audience(Part, frozen=True):
    """Who hears something: one kind of people, everywhere or only in affected neighbourhoods."""

    code: Code
    title: Words
    of: Group
    where: Annotated[
        Literal["everywhere", "affected"],
        Meta(description="Everywhere, or only in the neighbourhoods marked as affected."),
    ] = "everywhere"
