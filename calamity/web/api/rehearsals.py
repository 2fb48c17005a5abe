"""Rehearsals on paper: what a playbook would bring about today, with nothing stored or sent."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from calamity.actions.rehearse import rehearse_source, rehearse_version
from calamity.domain.permissions import Actor, Permission
from calamity.domain.rehearsal import Answering, Rehearsal, RehearsalRequest
from calamity.web.api.document import takes
from calamity.web.auth import needs
from calamity.web.house import House, now

_LARGEST = 2_000_000


@post(
    "/playbooks/{slug:str}/versions/{number:int}/rehearsals",
    guards=[needs(Permission.SEE_PLAYBOOKS)],
    status_code=200,
    name="api.rehearsals.version",
)
async def rehearse_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
    data: JSONBody[RehearsalRequest],
) -> Rehearsal:
    """Rehearse a version: who is called when, what stalls, who gets too much. Sends nothing."""
    async with house.database.reading() as session:
        return await rehearse_version(
            session, house.terms, actor, slug, number, request=data, at=now()
        )


@post(
    "/rehearsals",
    guards=[needs(Permission.PUBLISH)],
    operation_class=takes("application/yaml", "The YAML file of a playbook, published or not."),
    request_max_body_size=_LARGEST,
    status_code=200,
    name="api.rehearsals.draft",
)
async def rehearse_draft(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    request: Request[Any, Any, Any],
    *,
    at: FromQuery[datetime | None] = None,
    answering: FromQuery[Answering] = "all",
    level: Annotated[int | None, QueryParameter(ge=0, le=3)] = None,
) -> Rehearsal:
    """Rehearse a document before it is published. Sends nothing and stores nothing."""
    source = await request.body()
    asked = RehearsalRequest(at=at, answering=answering, level=level)
    async with house.database.reading() as session:
        return await rehearse_source(
            session, house.terms, actor, source, request=asked, at=now(), filename="playbook.yaml"
        )


router = Router("/", route_handlers=[rehearse_one, rehearse_draft], tags=["Playbooks"])
