"""Cards: pages that somebody takes along, to read on a phone or to print."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.store.playbooks import find_version
from calamity.web.auth import needs
from calamity.web.pages.frame import PageRequest, frame_of, house_of, language_of, page
from calamity.web.paths import PATHS
from calamity.web.views import playbook as views


@get(PATHS["card"], guards=[needs(Permission.SEE_PLAYBOOKS)], name="playbooks.card")
async def read_card(
    request: PageRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    version: FromPath[int],
    card: FromPath[str],
) -> Response[Any]:
    """Show one card of a playbook version."""
    async with house_of(request).database.reading() as session:
        found = await find_version(session, actor.municipality_id, slug, version)
    if found is None or all(each.code != card for each in found.playbook.cards):
        raise NotFound("This card does not exist.", field="card")
    it, code = found.playbook.card(card), language_of(request).code
    view = views.CardPage(
        slug=slug,
        version=version,
        playbook=found.playbook.title.in_language(code),
        kind=it.kind,
        title=it.title.in_language(code),
        purpose=it.purpose.in_language(code),
        minutes=it.minutes,
        people=it.people.in_language(code) if it.people else None,
        needs=tuple(each.in_language(code) for each in it.needs),
        sections=tuple(
            (part.heading.in_language(code), tuple(line.in_language(code) for line in part.lines))
            for part in it.sections
        ),
    )
    return page(request, "card", await frame_of(request, here="playbooks"), view)


CARDS = [read_card]
