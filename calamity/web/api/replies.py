"""Replies that wait for a person: a key figure's go to their own contact person alone."""

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from calamity.actions.unknown import take_unknown
from calamity.domain.audit import Deed
from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.store import letters
from calamity.web.api.gate import needs_one_of
from calamity.web.api.people import own_recipient
from calamity.web.api.wire import camel, wired
from calamity.web.auth import needs
from calamity.web.house import House, now
from calamity.web.looks import note_look


@camel
class Reply(letters.Letter, frozen=True):
    """An inbound text, opened for the one who may read it."""


class Replies(Struct, frozen=True):
    """Texts that wait or were handled, the newest first."""

    replies: list[Reply]


@get(
    "/replies",
    guards=[needs_one_of(Permission.READ_REPLIES, Permission.STEER)],
    name="api.replies.list",
)
async def list_all(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Replies:
    """List texts for a person: a contact person's own, or those of the team for a coordinator."""
    async with house.database.reading() as session:
        if actor.may(Permission.READ_REPLIES):
            found = await letters.letters_for_contact(
                session, actor.municipality_id, own_recipient(actor)
            )
        else:
            found = await letters.letters_for_coordinators(session, actor.municipality_id)
    if actor.may(Permission.READ_REPLIES):
        about = [letter.recipient_id for letter in found]
        await note_look(house, actor, about, where="/v1/replies", deed=Deed.SAW_LETTERS)
    return Replies([wired(letter, Reply) for letter in found])


@get(
    "/replies/unknown-numbers",
    guards=[needs(Permission.SEE_UNKNOWN_NUMBERS)],
    name="api.replies.unknown",
)
async def list_unknown(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Replies:
    """List texts from numbers that nobody knows."""
    actor.must(Permission.SEE_UNKNOWN_NUMBERS)
    async with house.database.reading() as session:
        found = await letters.unknown_letters(session, actor.municipality_id)
    return Replies([wired(letter, Reply) for letter in found])


@post(
    "/replies/{reply_id:str}/handle",
    guards=[
        needs_one_of(Permission.READ_REPLIES, Permission.STEER, Permission.SEE_UNKNOWN_NUMBERS)
    ],
    status_code=204,
    name="api.replies.handle",
)
async def handle(
    house: NamedDependency[House], actor: NamedDependency[Actor], reply_id: FromPath[str]
) -> None:
    """Mark a text as handled. Only who may read it may do so."""
    async with house.database.transaction() as session:
        reader = await letters.reader_of(session, reply_id)
        if reader.is_unknown and actor.may(Permission.SEE_UNKNOWN_NUMBERS):
            await take_unknown(session, actor, reply_id, at=now())
            return
        if not _may_read(actor, reader):
            raise NotFound("This text does not exist, or is not for you.", field="reply")
        await letters.handle_letter(session, reply_id, now())


def _may_read(actor: Actor, reader: letters.LetterReader) -> bool:
    if reader.is_unknown or reader.municipality_id != actor.municipality_id:
        return False
    if reader.contact_recipient_id is not None:
        is_contact = reader.contact_recipient_id == actor.recipient_id
        return is_contact and actor.may(Permission.READ_REPLIES)
    return actor.may(Permission.STEER)


router = Router("/", route_handlers=[list_all, list_unknown, handle], tags=["Replies"])
