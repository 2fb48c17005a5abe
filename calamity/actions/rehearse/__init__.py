"""Rehearsing on paper: the whole playbook against the people of today, and nothing leaves.

Who gets what is decided by the same selection and the same composer as in the real thing, over a
calamity that is never stored; when it happens, by the same course.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from msgspec import structs

from calamity.actions.blocks import read_with_blocks
from calamity.actions.compose import circumstances, composer_for
from calamity.actions.rehearse.crowd import Crowd
from calamity.actions.rehearse.snags import Snags, members_by_id
from calamity.actions.rehearse.telling import told
from calamity.actions.rehearse.walk import Walk, Walked
from calamity.actions.terms import Terms
from calamity.domain.activation import Inputs
from calamity.domain.errors import NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Group, Playbook
from calamity.domain.playbook.moments import day_begins
from calamity.domain.playbook_prose import said_of
from calamity.domain.proposal import propose_level
from calamity.domain.rehearsal import Busiest, Rehearsal, RehearsalRequest
from calamity.domain.timeline import GENESIS
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.municipalities import list_neighbourhoods
from calamity.store.people import take_snapshot
from calamity.store.playbooks import find_version
from calamity.store.tables import CalamityRow

__all__ = ["rehearse", "rehearse_source", "rehearse_version"]

_MOST_NAMED = 5
_INCIDENT = Inputs(incident={"nl": "een aanslag in de stad", "en": "an attack in the city"})


async def rehearse_version(
    session: Session,
    terms: Terms,
    actor: Actor,
    slug: str,
    number: int,
    *,
    request: RehearsalRequest,
    at: datetime,
) -> Rehearsal:
    """Rehearse a published version, approved or not. Raises NotFound or Refused."""
    version = await find_version(session, actor.municipality_id, slug, number)
    if version is None:
        raise NotFound("This playbook version does not exist.", field="version")
    return await rehearse(session, terms, actor, version.playbook, request=request, at=at)


async def rehearse_source(
    session: Session,
    terms: Terms,
    actor: Actor,
    source: str | bytes,
    *,
    request: RehearsalRequest,
    at: datetime,
    filename: str = "draft.yaml",
) -> Rehearsal:
    """Rehearse the words of a draft, built with our own blocks. Raises PlaybookFaults."""
    playbook = await read_with_blocks(session, actor, source, filename)
    return await rehearse(session, terms, actor, playbook, request=request, at=at)


async def rehearse(
    session: Session,
    terms: Terms,
    actor: Actor,
    playbook: Playbook,
    *,
    request: RehearsalRequest,
    at: datetime,
) -> Rehearsal:
    """Say what would happen, and where it does not hold. Raises Refused; stores nothing.

    Members of the team are named for who may see people; key figures are counted, since only their
    contact person knows who they are.
    """
    actor.must(Permission.SEE_PLAYBOOKS)
    await _check_places(session, actor.municipality_id, request)
    t0 = (request.at or at).astimezone(terms.zone)
    proposal = propose_level(playbook, request.answers)
    proposed = proposal.level if proposal else 0
    level = proposed if request.level is None else request.level
    crowd = await _crowd(session, terms, actor, playbook, request=request, t0=t0)
    # Ten thousand people take a second, in which others must be served.
    walked = await asyncio.to_thread(Walk(playbook, crowd, request, t0, level).walk)
    names = _names(crowd) if actor.may(Permission.SEE_PEOPLE) else {}
    trips = crowd.on_their_way()
    snags = Snags(crowd, walked, trips, t0, names)
    parts = sum(sending.parts for sending in walked.sendings) + _texts_to_team(walked)
    return Rehearsal(
        slug=playbook.slug,
        version=playbook.version,
        title=said_of(playbook.title),
        t0=t0,
        answering=request.answering,
        level=level,
        is_proposed=level == proposed,
        events=[
            structs.replace(event, at=event.at.astimezone(terms.zone))
            for event in told(walked, playbook, trips, names)
        ],
        roles=snags.loads(),
        snags=snags.all(),
        busiest=list(_busiest(crowd, names)),
        texts=sum(sum(day.values()) for day in crowd.texts.values()),
        parts=parts,
        cost=round(parts * terms.price_per_part, 2),
    )


async def _check_places(session: Session, municipality_id: str, request: RehearsalRequest) -> None:
    known = {place.code for place in await list_neighbourhoods(session, municipality_id)}
    if not known.issuperset(request.affected):
        raise Refused("Choose the neighbourhoods from the list.", field="affected")


async def _crowd(
    session: Session,
    terms: Terms,
    actor: Actor,
    playbook: Playbook,
    *,
    request: RehearsalRequest,
    t0: datetime,
) -> Crowd:
    calamity = CalamityRow(
        id=new_id(),
        municipality_id=actor.municipality_id,
        title="",
        is_exercise=False,
        tempo=1,
        phase=playbook.phases[0].code,
        opened_at=t0,
        phase_since=t0,
        level_since=t0,
        head_hash=GENESIS,
    )
    snapshot = await take_snapshot(session, actor.municipality_id)
    composer = await composer_for(
        session, terms, calamity, playbook, inputs=_INCIDENT, members=snapshot.members
    )
    now = await circumstances(session, calamity, t0)
    return Crowd(composer, snapshot, now, request, t0)


def _names(crowd: Crowd) -> dict[str, str]:
    people = crowd.composer.people
    ids = (member.recipient_id for member in crowd.team())
    return {who: people[who].name for who in ids if who in people}


def _texts_to_team(walked: Walked) -> int:
    return sum(called.climbed.texts.total() for called in walked.called)


def _busiest(crowd: Crowd, names: dict[str, str]) -> Iterator[Busiest]:
    """Yield, per kind of people, the most texts that anybody gets in one day."""
    members = members_by_id(crowd.snapshot.members)
    for group in Group:
        most: tuple[int, str, list[str]] = (0, "", [])
        for day, counts in sorted(crowd.texts.items()):
            here = {who: n for who, n in counts.items() if members[who].group is group}
            top = max(here.values(), default=0)
            if top > most[0]:
                most = (top, day, [who for who, n in here.items() if n == top])
        texts, day, people = most
        if texts:
            known = Counter(names[who] for who in people if who in names)
            yield Busiest(
                group.value,
                day_begins(date.fromisoformat(day), crowd.composer.terms.zone),
                texts,
                len(people),
                sorted(known)[:_MOST_NAMED],
            )
