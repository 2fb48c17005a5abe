"""Correcting how one person can be reached: number, e-mail address, and the word agreed with them.

A key figure is corrected by their own contact person, everybody else by who looks after the people.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from calamity.domain.errors import NotFound, Refused
from calamity.domain.people_columns import CellFault, read_cell
from calamity.domain.permissions import Actor, Permission
from calamity.domain.phone import read_phone
from calamity.store import people, stops
from calamity.store.database import Session
from calamity.store.people import Recipient

_NL = "NL"


class PersonDetails(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes: what is left out stays, and an empty text takes away what was there."""

    phone: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    email: Annotated[str, Meta(max_length=80)] | None = None
    check_word: Annotated[str, Meta(max_length=20)] | None = None


async def known_person(session: Session, actor: Actor, recipient_id: str) -> Recipient:
    """Return somebody whom this actor may correct.

    Raises NotFound for who is not here and for other people's key figures, else Forbidden.
    """
    person = (await people.list_recipients(session, [recipient_id])).get(recipient_id)
    contact = await people.contact_of_key_figure(session, recipient_id)
    is_here = person is not None and person.municipality_id == actor.municipality_id
    if person is None or not is_here or (contact and contact.id != actor.recipient_id):
        raise NotFound("This person is not here, or is not for you.", field="person")
    if contact is None:
        actor.must(Permission.IMPORT)
    return person


async def correct_person(
    session: Session, actor: Actor, recipient_id: str, details: PersonDetails
) -> None:
    """Correct how a person can be reached; a new number is no longer one that does not work.

    Raises Refused, which names the field, and NotFound for who is not for this actor.
    """
    person = await known_person(session, actor, recipient_id)
    email = _read("email", details.email)
    check_word = _read("check_word", details.check_word)
    if details.phone is not None:
        phone = read_phone(details.phone, _NL).e164
        if phone != person.phone:
            await _give_number(session, person, phone)
    await people.put_details(session, recipient_id, email=email, check_word=check_word)


async def check_stop(session: Session, actor: Actor, recipient_id: str, *, at: datetime) -> None:
    """Note that somebody phoned about a STOP; whoever did not say it texts START themselves."""
    person = await known_person(session, actor, recipient_id)
    await stops.mark_checked(session, person.id, at)


async def _give_number(session: Session, person: Recipient, phone: str) -> None:
    if not await stops.may_be_added(session, person.municipality_id, phone):
        raise Refused(
            "The owner of this number said STOP, and only they can undo that.", field="phone"
        )
    if await people.find_recipient(session, person.municipality_id, phone) is not None:
        raise Refused(
            "Somebody else here has this number. Bring in a file when people share a phone.",
            field="phone",
        )
    await people.put_phone(session, person.id, phone)


def _read(column: str, text: str | None) -> str | None:
    """Return what was typed as it is kept; None stays None."""
    if not text or not text.strip():
        return None if text is None else ""
    try:
        return str(read_cell(column, text.strip(), _NL))
    except CellFault as fault:
        raise Refused(f"{fault.problem} {fault.cure}", field=column) from None
