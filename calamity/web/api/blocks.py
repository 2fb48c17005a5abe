"""Blocks, of which playbooks are built: what there is, and publishing a version."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Struct

from calamity.actions.publish import publish_block
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Words
from calamity.store.blocks import BlockVersion, list_blocks
from calamity.web.api.calamities import created
from calamity.web.api.document import takes
from calamity.web.auth import needs
from calamity.web.house import House, now

_LARGEST = 2_000_000


class BlockCard(Struct, frozen=True, rename="camel"):
    """A published version of a block. Nobody approves it but with a playbook that uses it."""

    slug: str
    number: int
    title: Words
    sha256: str
    published_by: str
    published_at: datetime
    changes: list[Words]


class Blocks(Struct, frozen=True):
    """All versions of blocks, by slug and with the newest first."""

    blocks: list[BlockCard]


def _card(version: BlockVersion) -> BlockCard:
    return BlockCard(
        slug=version.slug,
        number=version.number,
        title=version.block.title,
        sha256=version.sha256,
        published_by=version.published_by,
        published_at=version.published_at,
        changes=version.block.changes,
    )


@get("/blocks", guards=[needs(Permission.SEE_PLAYBOOKS)], name="api.blocks.list")
async def list_all(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: Annotated[str | None, QueryParameter(max_length=60)] = None,
) -> Blocks:
    """List published versions of blocks, of one or of all."""
    async with house.database.reading() as session:
        versions = await list_blocks(session, actor.municipality_id, slug)
    return Blocks([_card(version) for version in versions])


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
) -> Response[BlockCard]:
    """Publish a version of a block, for good; playbooks published later are built with it."""
    source = await request.body()
    async with house.database.transaction() as session:
        version = await publish_block(session, actor, source, "block.yaml", at=now())
    return created(_card(version), f"/v1/blocks?slug={version.slug}")


router = Router("/", route_handlers=[list_all, publish_one], tags=["Playbooks"])
