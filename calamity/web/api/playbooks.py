"""Playbooks and their versions: reading, publishing, and the second person's approval."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from calamity.actions.publish import approve, publish
from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Playbook, Scenario, Words
from calamity.domain.playbook_check import canonical
from calamity.store.playbooks import PlaybookVersion, find_version, list_versions
from calamity.web.api.calamities import created
from calamity.web.api.document import takes
from calamity.web.auth import needs
from calamity.web.house import House, now

_LARGEST = 2_000_000
_PATH = "/playbooks/{slug:str}/versions/{number:int}"


class VersionCard(Struct, frozen=True, rename="camel"):
    """A published version, without its document. Only an approved one can be activated."""

    slug: str
    number: int
    title: Words
    scenario: Scenario
    sha256: str
    published_by: str
    published_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    changes: list[Words]


class Version(VersionCard, frozen=True, rename="camel"):
    """A published version. Its document has the names of the YAML file."""

    document: dict[str, object]


class Versions(Struct, frozen=True):
    """All versions, by slug and with the newest first."""

    versions: list[VersionCard]


def _fields(version: PlaybookVersion) -> dict[str, object]:
    playbook: Playbook = version.playbook
    return {
        "slug": version.slug,
        "number": version.number,
        "title": playbook.title,
        "scenario": playbook.scenario,
        "sha256": version.sha256,
        "published_by": version.published_by,
        "published_at": version.published_at,
        "approved_by": version.approved_by,
        "approved_at": version.approved_at,
        "changes": playbook.changes,
    }


def _card(version: PlaybookVersion) -> VersionCard:
    return VersionCard(**_fields(version))  # type: ignore[arg-type]  # the field list is above


@get("/playbooks", guards=[needs(Permission.SEE_PLAYBOOKS)], name="api.playbooks.list")
async def list_all(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: Annotated[str | None, QueryParameter(max_length=60)] = None,
) -> Versions:
    """List published versions, of one playbook or of all."""
    async with house.database.reading() as session:
        versions = await list_versions(session, actor.municipality_id, slug)
    return Versions([_card(version) for version in versions])


async def _version_of(house: House, actor: Actor, slug: str, number: int) -> PlaybookVersion:
    async with house.database.reading() as session:
        version = await find_version(session, actor.municipality_id, slug, number)
    if version is None:
        raise NotFound("This playbook version does not exist.", field="version")
    return version


@get(_PATH, guards=[needs(Permission.SEE_PLAYBOOKS)], name="api.playbooks.version")
async def get_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
) -> Version:
    """Return a version with its document."""
    version = await _version_of(house, actor, slug, number)
    document = msgspec.json.decode(canonical(version.playbook), type=dict[str, object])
    return Version(**_fields(version), document=document)  # type: ignore[arg-type]  # as above


@get(
    _PATH + "/document",
    guards=[needs(Permission.SEE_PLAYBOOKS)],
    responses={
        200: ResponseSpec(
            dict[str, object], generate_examples=False, description="The canonical document."
        )
    },
    name="api.playbooks.document",
)
async def get_document(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
) -> Response[bytes]:
    """Return the canonical document: the bytes whose SHA-256 was approved."""
    version = await _version_of(house, actor, slug, number)
    return Response(
        canonical(version.playbook),
        media_type="application/json",
        headers={"ETag": f'"{version.sha256}"'},
    )


@post(
    "/playbooks",
    guards=[needs(Permission.PUBLISH)],
    operation_class=takes("application/yaml", "The YAML file of one version."),
    request_max_body_size=_LARGEST,
    name="api.playbooks.publish",
)
async def publish_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    request: Request[Any, Any, Any],
) -> Response[VersionCard]:
    """Publish a version, for good. Publishing the same document twice is no error."""
    source = await request.body()
    async with house.database.transaction() as session:
        version = await publish(session, actor, source, "playbook.yaml", at=now())
    place = f"/v1/playbooks/{version.slug}/versions/{version.number}"
    return created(_card(version), place)


@post(
    _PATH + "/approve",
    guards=[needs(Permission.APPROVE)],
    status_code=200,
    name="api.playbooks.approve",
)
async def approve_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
) -> VersionCard:
    """Say, as a second person, that a version may be used."""
    async with house.database.transaction() as session:
        return _card(await approve(session, actor, slug, number, at=now()))


router = Router(
    "/",
    route_handlers=[list_all, get_one, get_document, publish_one, approve_one],
    tags=["Playbooks"],
)
