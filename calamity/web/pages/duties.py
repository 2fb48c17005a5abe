"""What asks for somebody now besides tasks: questions, promises, decisions, rumours, handovers."""

from datetime import timedelta

from calamity.domain.matters import what_waits
from calamity.store.database import Session
from calamity.store.handovers import list_handovers
from calamity.store.requests import read_requests
from calamity.web.house import House
from calamity.web.pages.scene import Scene
from calamity.web.paths import path
from calamity.web.views.duties import DutyLine

SOON = timedelta(minutes=15)


async def duties_of(scene: Scene, session: Session, house: House) -> list[DutyLine]:
    """Return what asks for somebody now; nothing does once the calamity is closed."""
    if scene.calamity.closed_at is not None:
        return []
    return [
        *await _requests(scene, house),
        *await _duties(scene, house),
        *await _handovers(scene, session),
    ]


async def _duties(scene: Scene, house: House) -> list[DutyLine]:
    """Return what was decided or promised, what must be answered, and what is about to end."""
    standing = await house.matters.read(scene.calamity.id, scene.actor.sees)
    return [
        DutyLine(
            first=each.first,
            kind=each.kind,
            title=each.now.in_language(scene.language.code),
            url=path("matter", calamity=scene.calamity.id, kind=each.kind, first=each.first),
            owner=scene.title(each.now.owner or ""),
            to=each.now.to or "",
            due=due,
            late=due < scene.at,
            soon=scene.at <= due < scene.at + SOON,
        )
        for each in what_waits(standing.matters, scene.at)
        if (due := each.due_at) is not None
    ]


async def _requests(scene: Scene, house: House) -> list[DutyLine]:
    """Return what officials asked and nobody answered yet."""
    return [
        DutyLine(
            first=each.seq,
            kind="request",
            title=each.words or scene.language.text("How does it stand?"),
            url=path("update_request", calamity=scene.calamity.id, sequence=each.seq),
            owner=scene.who(each.by_role),
            due=each.at + SOON,
            late=each.at + SOON < scene.at,
            soon=each.at + SOON >= scene.at,
        )
        for each in await read_requests(house.timeline, scene.calamity.id)
        if each.is_open
    ]


async def _handovers(scene: Scene, session: Session) -> list[DutyLine]:
    """Return the roles that were handed over and that nobody took yet."""
    return [
        DutyLine(
            first=each.seq,
            kind="handover",
            title=scene.title(each.role),
            url=path("handover", calamity=scene.calamity.id),
            owner="",
            due=each.at + SOON,
            late=each.at + SOON < scene.at,
            soon=each.at + SOON >= scene.at,
        )
        for each in await list_handovers(session, scene.calamity.id, scene.actor.sees)
        if each.waits
    ]
