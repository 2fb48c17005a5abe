"""Blocks: reading a version of one, and which playbooks were built with it."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.publish import may_approve
from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_check import standing_alone
from calamity.domain.playbook_text import as_yaml
from calamity.store.blocks import BlockVersion, list_blocks
from calamity.store.playbooks import PlaybookVersion, list_versions
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.frame import frame_of, house_of, language_of, page
from calamity.web.pages.names import Names, names_of
from calamity.web.pages.playbook_messages import message_groups
from calamity.web.pages.playbooks import (
    forged_words,
    role_view,
    version_line,
)
from calamity.web.paths import PATHS
from calamity.web.views import playbook as views


@get(PATHS["block"], name="block", guards=[needs(Permission.SEE_PLAYBOOKS)])
async def read_block(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    version: FromPath[int],
) -> Response[Any]:
    """Show one version of a block, as people read it."""
    language = language_of(request)
    async with house_of(request).database.reading() as session:
        versions = await list_blocks(session, actor.municipality_id, slug)
        found = next((each for each in versions if each.number == version), None)
        if found is None:
            raise NotFound("This playbook version does not exist.", field="version")
        playbooks = await list_versions(session, actor.municipality_id)
        view = _view(
            found,
            versions,
            playbooks,
            await names_of(session, actor.municipality_id),
            language,
            may_approve=await may_approve(session, actor, found),
            forged=await forged_words(session, actor, found, language),
        )
    return page(request, "block", await frame_of(request, here="playbooks"), view)


def _view(
    found: BlockVersion,
    versions: list[BlockVersion],
    playbooks: list[PlaybookVersion],
    names: Names,
    language: Language,
    *,
    may_approve: bool,
    forged: str | None,
) -> views.BlockPage:
    block, code = found.block, language.code
    return views.BlockPage(
        slug=found.slug,
        title=block.title.in_language(code),
        purpose=block.purpose.in_language(code),
        version=version_line(found, names, language),
        versions=tuple(version_line(each, names, language) for each in versions),
        roles=tuple(role_view(role, language) for role in block.roles),
        messages=message_groups(standing_alone(block), language),
        steps=tuple((step.code, step.title.in_language(code)) for step in block.steps),
        cards=tuple((card.code, card.title.in_language(code)) for card in block.cards),
        source=as_yaml(block),
        built_in=tuple(
            views.BlockLine(each.slug, each.playbook.title.in_language(code), each.number)
            for each in playbooks
            if any(
                (use.block, use.version) == (found.slug, found.number) for use in each.playbook.uses
            )
        ),
        may_approve=may_approve,
        forged=forged,
    )


BLOCKS = [read_block]
