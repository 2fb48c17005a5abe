"""Blocks, of which playbooks are built: what there is, submitting a version, and approving it."""

from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from calamity.actions.publish import approve, publish_block, retire, revoke
from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_check import NO_BLOCKS
from calamity.domain.playbook_life import DocumentKind
from calamity.store.blocks import list_blocks
from calamity.web.api.calamities import created
from calamity.web.api.document import takes
from calamity.web.api.playbooks import Because, Changes, VersionCard, card_of, changes_between
from calamity.web.auth import needs
from calamity.web.house import House, now

_LARGEST = 2_000_000
_PATH = "/blocks/{slug:str}/versions/{number:int}"
_BLOCK = DocumentKind.BLOCK


class Blocks(Struct, frozen=True):
    """All versions of blocks, by slug and with the newest first."""

    blocks: list[VersionCard]


@get("/blocks", guards=[needs(Permission.SEE_PLAYBOOKS)], name="api.blocks.list")
async def list_all(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: Annotated[str | None, QueryParameter(max_length=60)] = None,
) -> Blocks:
    """List versions of blocks, of one or of all."""
    async with house.database.reading() as session:
        versions = await list_blocks(session, actor.municipality_id, slug)
    return Blocks([card_of(version) for version in versions])


@post(
    "/blocks",
    guards=[needs(Permission.PUBLISH)],
    operation_class=takes("application/yaml", "The YAML file of one version."),
    request_max_body_size=_LARGEST,
    name="api.blocks.publish",
)
async def publish_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    request: Request[Any, Any, Any],
) -> Response[VersionCard]:
    """Submit a version of a block, for good; once approved, playbooks are built with it."""
    source = await request.body()
    async with house.database.transaction() as session:
        version = await publish_block(session, actor, source, "block.yaml", at=now())
    return created(card_of(version), f"/v1/blocks?slug={version.slug}")


@post(
    _PATH + "/approve",
    guards=[needs(Permission.APPROVE)],
    status_code=200,
    name="api.blocks.approve",
)
async def approve_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
) -> VersionCard:
    """Say, as a second person, that playbooks may be built with a version."""
    async with house.database.transaction() as session:
        return card_of(await approve(session, actor, slug, number, kind=_BLOCK, at=now()))


@post(
    _PATH + "/retire",
    guards=[needs(Permission.APPROVE)],
    status_code=200,
    name="api.blocks.retire",
)
async def retire_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
    data: JSONBody[Because],
) -> VersionCard:
    """Take a version out of use; what was built with it stays as it is."""
    async with house.database.transaction() as session:
        return card_of(
            await retire(session, actor, slug, number, data.reason, kind=_BLOCK, at=now())
        )


@post(
    _PATH + "/revoke",
    guards=[needs(Permission.APPROVE)],
    status_code=200,
    name="api.blocks.revoke",
)
async def revoke_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
    data: JSONBody[Because],
) -> VersionCard:
    """Take a version back, because it is wrong; revoke the playbooks that hold it as well."""
    async with house.database.transaction() as session:
        return card_of(
            await revoke(session, actor, slug, number, data.reason, kind=_BLOCK, at=now())
        )


@get(_PATH + "/changes", guards=[needs(Permission.SEE_PLAYBOOKS)], name="api.blocks.changes")
async def changes_of_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
    since: Annotated[int, QueryParameter(ge=1, le=9999)],
) -> Changes:
    """Say in words what differs from version *since*."""
    async with house.database.reading() as session:
        found = await list_blocks(session, actor.municipality_id, slug)
    versions = {version.number: version for version in found}
    if since not in versions or number not in versions:
        raise NotFound("This playbook version does not exist.", field="version")
    return changes_between(versions[since], versions[number], NO_BLOCKS)


router = Router(
    "/",
    route_handlers=[list_all, publish_one, approve_one, retire_one, revoke_one, changes_of_one],
    tags=["Playbooks"],
)
