"""Dispatches and messages: what left the house and how far it came; never to whom."""

from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from calamity.actions.held import decide_held
from calamity.domain.permissions import Actor, Permission
from calamity.store import outbox, outbox_lists
from calamity.store.calamities import get_calamity
from calamity.web.api.wire import camel, wired
from calamity.web.auth import needs
from calamity.web.house import House, now


@camel
class Dispatch(outbox_lists.DispatchCard, frozen=True):
    """One sending act, with its texts as written and how many messages are in each state."""


class Dispatches(Struct, frozen=True):
    """The dispatches of a calamity, the newest first."""

    dispatches: list[Dispatch]


@camel
class Message(outbox_lists.MessageLine, frozen=True):
    """One message: its state, without the person and the words."""


class Messages(Struct, frozen=True):
    """A page of messages, the newest first; *before* leads to the next page."""

    messages: list[Message]
    before: str | None


@camel
class HeldMessage(outbox.HeldMessage, frozen=True):
    """A message that may have left or not, for the one who decides."""


class HeldMessages(Struct, frozen=True):
    """The messages that wait for a decision."""

    held: list[HeldMessage]


@get(
    "/calamities/{calamity_id:str}/dispatches",
    guards=[needs(Permission.SEE_ROOM)],
    name="api.dispatches.list",
)
async def list_dispatches(
    house: NamedDependency[House], actor: NamedDependency[Actor], calamity_id: FromPath[str]
) -> Dispatches:
    """List what was sent to audiences, with counts per state."""
    async with house.database.reading() as session:
        await get_calamity(session, actor.municipality_id, calamity_id)
        cards = await outbox_lists.list_dispatches(session, calamity_id)
    return Dispatches([wired(card, Dispatch) for card in cards])


@get(
    "/calamities/{calamity_id:str}/messages",
    guards=[needs(Permission.SEE_ROOM)],
    name="api.messages.list",
)
async def list_messages(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    limit: Annotated[int, QueryParameter(ge=1, le=500)] = 100,
    before: Annotated[str | None, QueryParameter(max_length=40)] = None,
) -> Messages:
    """List single messages, the newest first."""
    async with house.database.reading() as session:
        await get_calamity(session, actor.municipality_id, calamity_id)
        lines = await outbox_lists.list_messages(session, calamity_id, limit=limit, before=before)
    more = lines[-1].id if len(lines) == limit else None
    return Messages([wired(line, Message) for line in lines], more)


@get(
    "/calamities/{calamity_id:str}/messages/held",
    guards=[needs(Permission.STEER)],
    name="api.messages.held",
)
async def list_held(
    house: NamedDependency[House], actor: NamedDependency[Actor], calamity_id: FromPath[str]
) -> HeldMessages:
    """List messages that may have left or not, and wait for a decision."""
    async with house.database.reading() as session:
        await get_calamity(session, actor.municipality_id, calamity_id)
        held = await outbox.held_messages(session, calamity_id)
    return HeldMessages([wired(each, HeldMessage) for each in held])


@post(
    "/calamities/{calamity_id:str}/messages/{message_id:str}/send-again",
    guards=[needs(Permission.STEER)],
    status_code=204,
    name="api.messages.send_again",
)
async def send_again(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    message_id: FromPath[str],
) -> None:
    """Send a held message again, marked as repeated."""
    async with house.database.transaction() as session:
        await decide_held(
            session, house.wakes, actor, calamity_id, message_id, again=True, at=now()
        )


@post(
    "/calamities/{calamity_id:str}/messages/{message_id:str}/leave",
    guards=[needs(Permission.STEER)],
    status_code=204,
    name="api.messages.leave",
)
async def leave(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    message_id: FromPath[str],
) -> None:
    """Let a held message be."""
    async with house.database.transaction() as session:
        await decide_held(
            session, house.wakes, actor, calamity_id, message_id, again=False, at=now()
        )


router = Router(
    "/",
    route_handlers=[list_dispatches, list_messages, list_held, send_again, leave],
    tags=["Dispatches"],
)
