"""The calamity room: how it stands, and everything that a coordinator steers with."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath

from calamity.actions import decide
from calamity.actions.write import handle_reply_of_team
from calamity.domain.dispatch import MessageState
from calamity.domain.errors import Mendable, NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Dispatch, Round
from calamity.domain.texts import clean_for_display
from calamity.gateways.carrier import meaning_of
from calamity.store import outbox, routes
from calamity.store.database import Session
from calamity.store.letters import letters_for_coordinators
from calamity.store.outbox_lists import DispatchCard, codes_of_waiting, list_dispatches
from calamity.web.auth import needs
from calamity.web.house import House
from calamity.web.pages.call_outs import roster_view
from calamity.web.pages.closing import closing_view
from calamity.web.pages.frame import (
    PageRequest,
    asked_parts,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    part_words,
    see_other,
    typed_in,
    wrong,
)
from calamity.web.pages.guide import guide_view, is_guided
from calamity.web.pages.parts import REFUSED, part_or_back
from calamity.web.pages.pictures import audience_of, picture_part
from calamity.web.pages.rounds import rounds_view
from calamity.web.pages.scene import Scene, scene_of
from calamity.web.pages.situation import situation_view
from calamity.web.pages.summary import LEVELS, summary_view
from calamity.web.pages.task_lines import tasks_view
from calamity.web.pages.timeline import timeline_view
from calamity.web.pages.why import why
from calamity.web.paths import PATHS, path
from calamity.web.refusals import said
from calamity.web.route_words import route_notice, route_since
from calamity.web.views import room
from calamity.web.views.frame import Form

_LONGEST_REASON = 500


async def messages_view(scene: Scene, session: Session, house: House) -> room.Messages:
    """Return the part of the room about what left the house."""
    cards = await list_dispatches(session, scene.calamity.id)
    held = await outbox.held_messages(session, scene.calamity.id)
    notice = since = None
    if scene.calamity.closed_at is None:
        standings = await routes.standings(session)
        notice = route_notice(house.terms, standings, scene.language)
        since = route_since(house.terms, standings)
    stopping = _stopping(await codes_of_waiting(session, scene.calamity.id))
    return room.Messages(
        calamity=scene.calamity.id,
        dispatches=tuple(_dispatch(scene, card) for card in cards),
        paused_reason=_meaning(scene, stopping) if stopping is not None else None,
        paused_code=stopping,
        route_notice=notice,
        route_since=since,
        held=tuple(room.HeldLine(each.id, each.name, each.held_at) for each in held),
    )


def _stopping(codes: list[int]) -> int | None:
    """Return the code that says why nothing leaves at all, while that is so."""
    return next((code for code in codes if meaning_of(code).stops_everyone), None)


def _meaning(scene: Scene, code: int) -> str:
    meaning = meaning_of(code)
    return meaning.en if scene.language.code == "en" else meaning.nl


def _dispatch(scene: Scene, card: DispatchCard) -> room.DispatchLine:
    def number(*states: MessageState) -> int:
        return sum(card.states.get(state, 0) for state in states)

    text, language = scene.verbatim(card.texts, card.message_code)
    return room.DispatchLine(
        title=_title(scene, card),
        kind=card.kind.value,
        audience=scene.title(card.audience),
        at=card.created_at,
        total=card.recipients,
        planned=number(MessageState.READY),
        sent=number(MessageState.SENDING, MessageState.ACCEPTED) - card.delivered,
        delivered=card.delivered,
        failed=number(MessageState.REJECTED, MessageState.EXPIRED),
        in_doubt=number(MessageState.IN_DOUBT),
        cancelled=number(MessageState.CANCELLED),
        text=text,
        language=language,
        failures=tuple(
            (failure.messages, _meaning(scene, failure.error_code)) for failure in card.failures
        ),
    )


def _title(scene: Scene, card: DispatchCard) -> str:
    for playbook in scene.playbooks:
        for step in playbook.steps:
            match step.act:
                case Dispatch(message=message, audience=audience):
                    fits = (message, audience) == (card.message_code, card.audience)
                case Round(message=message, form=form):
                    fits = card.message_code in (message, form)
                case _:
                    fits = False
            if fits:
                return step.title.in_language(scene.language.code)
    return scene.title(card.audience)


async def letters_view(scene: Scene, session: Session, problem: str | None = None) -> room.Letters:
    """Return what team members wrote that no rule understood: a person must look."""
    letters = await letters_for_coordinators(session, scene.calamity.municipality_id)
    return room.Letters(
        calamity=scene.calamity.id,
        letters=tuple(
            room.LetterLine(
                each.reply_id,
                each.name,
                each.received_at,
                clean_for_display(each.body),
                why(each, scene.language),
            )
            for each in letters
            if each.handled_at is None
        ),
        problem=problem,
    )


async def _part(scene: Scene, session: Session, house: House, name: str) -> object:
    makers: dict[str, Callable[[], Awaitable[object]]] = {
        "summary": lambda: summary_view(scene, house.timeline),
        "roster": lambda: roster_view(scene, session),
        "tasks": lambda: tasks_view(scene, session, house),
        "messages": lambda: messages_view(scene, session, house),
        "rounds": lambda: rounds_view(scene, session),
        "timeline": lambda: timeline_view(scene, session, house),
        "picture": lambda: picture_part(scene, session, audience_of(scene.actor)),
    }
    if scene.actor.may(Permission.STEER):
        makers["letters"] = lambda: letters_view(scene, session)
        makers["guide"] = lambda: guide_view(scene, house.timeline, house.terms)
    if scene.actor.may(Permission.SEE_OFFICIALS_PAGE):
        makers["situation"] = lambda: situation_view(scene, session, house.timeline)
    if name not in makers:
        raise NotFound("The room has no such part.", field="part")
    return await makers[name]()


@get(PATHS["room"], guards=[needs(Permission.SEE_ROOM)], name="room.room")
async def room_page(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Show the calamity room with all its parts."""
    return await _room_page(request, actor, calamity)


async def _room_page(
    request: PageRequest, actor: Actor, calamity_id: str, failed: str = "", form: Form | None = None
) -> Response[Any]:
    house = house_of(request)
    # The number comes first: what is written while the parts are read, the stream brings again.
    head = await house.timeline.head(calamity_id)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
        steers = actor.may(Permission.STEER)
        guided = await is_guided(request, session, scene)
        view = room.Room(
            guide=await guide_view(scene, house.timeline, house.terms) if guided else None,
            summary=await summary_view(scene, house.timeline, failed, form),
            closing=await closing_view(scene, session) if steers else None,
            roster=await roster_view(scene, session),
            tasks=await tasks_view(scene, session, house),
            messages=await messages_view(scene, session, house),
            rounds=await rounds_view(scene, session),
            timeline=await timeline_view(scene, session, house),
            picture=await picture_part(scene, session, audience_of(actor)),
            letters=await letters_view(scene, session) if steers else None,
            situation=(
                await situation_view(scene, session, house.timeline)
                if actor.may(Permission.SEE_OFFICIALS_PAGE)
                else None
            ),
        )
    frame = await frame_of(request, here="room", calamity=scene.calamity, stream_after=head)
    return page(request, "room", frame, view, REFUSED if form else 200)


@get(PATHS["room_part"], guards=[needs(Permission.SEE_ROOM)], name="room.part")
async def room_part(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    part: FromPath[str],
) -> Response[Any]:
    """Return one part of the room, or several with commas between, as the room shows them."""
    house = house_of(request)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity)
        views = {name: await _part(scene, session, house, name) for name in asked_parts(part)}
    frame = await frame_of(request, here="room", calamity=scene.calamity)
    words = [part_words(request, name, frame, view) for name, view in views.items()]
    return Response("\n".join(words), media_type=MediaType.HTML)


async def _steer(
    request: PageRequest,
    actor: Actor,
    calamity_id: str,
    what: str,
    act: Callable[[Session, dict[str, list[str]]], Awaitable[None]],
    *,
    done: str,
) -> Response[Any]:
    """Do something that needs a reason; what was typed comes back with what is wrong."""
    sent = await form_of(request)
    try:
        async with house_of(request).database.transaction() as session:
            await act(session, sent)
    except Mendable as error:
        names = {f"{what}_reason": "reason", what: "value"}
        form = wrong(typed_in(sent), error, language_of(request), names, at="reason")
        return await _room_page(request, actor, calamity_id, what, form)
    return see_other(request, path("room", calamity=calamity_id), done)


def _reason(sent: dict[str, list[str]]) -> str:
    return sent.get("reason", [""])[-1].strip()[:_LONGEST_REASON]


@post(PATHS["set_phase"], guards=[needs(Permission.STEER)], status_code=200, name="room.phase")
async def set_phase(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Move the response to another phase, with a reason."""
    house = house_of(request)

    async def act(session: Session, sent: dict[str, list[str]]) -> None:
        phase = sent.get("phase", [""])[-1]
        await decide.set_phase(
            session, house.wakes, house.terms, actor, calamity, phase=phase,
            reason=_reason(sent), at=now(),
        )  # fmt: skip

    done = language_of(request).text("The phase is set.")
    return await _steer(request, actor, calamity, "phase", act, done=done)


@post(PATHS["set_level"], guards=[needs(Permission.STEER)], status_code=200, name="room.level")
async def set_level(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    level: FromPath[str],
) -> Response[Any]:
    """Set one of the three levels, with a reason."""
    kind = next((each for each, _, _ in LEVELS if each == level), None)
    if kind is None:
        raise NotFound("There is no such level.", field="level")
    house = house_of(request)

    async def act(session: Session, sent: dict[str, list[str]]) -> None:
        value = sent.get("value", [""])[-1]
        if not (value.isascii() and value.isdigit()):
            raise Refused("Choose one of the levels.", field="value")
        await decide.set_level(
            session, house.wakes, house.terms, actor, calamity, kind=kind, value=int(value),
            reason=_reason(sent), at=now(),
        )  # fmt: skip

    done = language_of(request).text("The level is set.")
    return await _steer(request, actor, calamity, level, act, done=done)


@post(PATHS["review"], guards=[needs(Permission.STEER)], status_code=200, name="room.review")
async def review(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Decide that all this is still needed."""

    async def act(session: Session, sent: dict[str, list[str]]) -> None:
        await decide.confirm_need(session, actor, calamity, reason=_reason(sent), at=now())

    done = language_of(request).text("Kept, until the next review.")
    return await _steer(request, actor, calamity, "review", act, done=done)


@post(PATHS["close_calamity"], guards=[needs(Permission.STEER)], status_code=200, name="room.close")
async def close(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Close the calamity: nothing waits any more, open rounds are published."""

    async def act(session: Session, sent: dict[str, list[str]]) -> None:
        await decide.close_calamity(
            session, house_of(request).wakes, actor, calamity, reason=_reason(sent),
            met=sent.get("met", []), deviation=sent.get("deviation", [""])[-1][:_LONGEST_REASON],
            at=now(),
        )  # fmt: skip

    done = language_of(request).text("The calamity is closed.")
    return await _steer(request, actor, calamity, "close", act, done=done)


@post(
    PATHS["letter_handled"], guards=[needs(Permission.STEER)], status_code=200, name="room.letter"
)
async def handled(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    reply: FromPath[str],
) -> Response[Any]:
    """Say that a text of a team member was handled."""
    problem = None
    try:
        async with house_of(request).database.transaction() as session:
            await handle_reply_of_team(session, actor, reply, at=now())
            session.ring(calamity)
    except Mendable as error:
        problem = said(error, language_of(request))
    return await part_or_back(
        request, actor, calamity, "letters", letters_view, problem,
        done=language_of(request).text("The text is handled."),
    )  # fmt: skip


ROOM = [room_page, room_part, set_phase, set_level, review, close, handled]
