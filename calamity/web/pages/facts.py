"""The short link in texts: what we know and do, for everybody; the team is led on to the room."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from calamity.domain.errors import NotFound
from calamity.domain.permissions import Permission
from calamity.domain.phone import read_any_phone
from calamity.store.calamities import find_by_code, list_activations
from calamity.store.municipalities import get_municipality
from calamity.store.playbooks import get_version
from calamity.web.auth import visitor_of
from calamity.web.pages.frame import frame_of, house_of, language_of, page, see_other
from calamity.web.pages.start import calamity_path
from calamity.web.paths import PATHS
from calamity.web.views.facts import Facts


@get(PATHS["short_link"], name="short_link")
async def short_link(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Show what a text says and what we do and do not, without signing in.

    Whoever has a text has this link, so the page holds only words that stand in texts and in the
    playbook's limits.
    """
    visitor = await visitor_of(request)
    async with house_of(request).database.reading() as session:
        calamity = await find_by_code(session, code)
        if calamity is None:
            raise NotFound(
                "This link does not lead to a calamity of your municipality.", field="link"
            )
        actor = visitor.actor if visitor else None
        is_ours = actor is not None and actor.municipality_id == calamity.municipality_id
        if actor is not None and is_ours and actor.may(Permission.SEE_CALAMITIES):
            return see_other(request, calamity_path(actor, calamity.id))
        first = (await list_activations(session, calamity.id))[0]
        limits = (await get_version(session, first.version_id)).playbook.limits
        municipality = await get_municipality(session, calamity.municipality_id)
    language = language_of(request).code
    phone = read_any_phone(municipality.crisis_phone)
    view = Facts(
        municipality=municipality.name,
        incident=first.inputs.incident_in(language),
        since=calamity.opened_at,
        closed_at=calamity.closed_at,
        next_update_at=calamity.next_update_at,
        phone=phone.e164,
        phone_shown=phone.shown,
        we_do=tuple(words.in_language(language) for words in limits.we_do),
        we_do_not=tuple(words.in_language(language) for words in limits.we_do_not),
    )
    return page(request, "facts", await frame_of(request, calamity=calamity), view)


FACTS = [short_link]
