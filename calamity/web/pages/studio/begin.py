"""Beginning a draft: from nothing, from a version, or from a file."""

import re
from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency

from calamity.actions.drafts import begin_blank, begin_from_version, begin_with
from calamity.actions.publish import AnyVersion
from calamity.domain.errors import CalamityError
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_life import DocumentKind
from calamity.store.blocks import list_blocks
from calamity.store.database import Session
from calamity.store.drafts import Draft, list_drafts
from calamity.store.playbooks import list_versions
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.forms import number_in
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    house_of,
    language_of,
    now,
    see_other,
    upload_of,
)
from calamity.web.paths import PATHS, path
from calamity.web.refusals import said
from calamity.web.views.frame import Flash
from calamity.web.views.studio import DraftLine, Drafts

LARGEST_SOURCE = 2 * 1024 * 1024
"""A document of half a megabyte, twice, and the form around it."""
_TITLE = re.compile(
    r"^title:\s*(?:\{\s*|\n\s+)(?:nl|en):\s*[\"']?([^\"'\n,}]{1,160})", re.MULTILINE
)


def title_in(draft: Draft) -> str:
    """Return the title in a draft as it stands, readable or not; else its short name."""
    found = _TITLE.search(draft.source)
    return found[1].strip() if found else draft.slug


async def drafts_of(
    session: Session, actor: Actor, names: dict[str, str], language: Language
) -> Drafts | None:
    """Return the drafts for the page of the playbooks; None for who may not write them."""
    if not actor.may(Permission.PUBLISH):
        return None
    drafts = await list_drafts(session, actor.municipality_id)
    versions: list[AnyVersion] = [
        *await list_versions(session, actor.municipality_id),
        *await list_blocks(session, actor.municipality_id),
    ]
    return Drafts(
        tuple(
            DraftLine(
                each.id,
                each.slug,
                title_in(each),
                names.get(each.saved_by, each.saved_by),
                each.saved_at,
            )
            for each in drafts
        ),
        tuple(
            (
                f"{each.kind}/{each.slug}/{each.number}",
                _said(each, language),
            )
            for each in versions
        ),
    )


def _said(version: AnyVersion, language: Language) -> str:
    title = version.document.title.in_language(language.code)
    if version.kind is DocumentKind.BLOCK:
        return language.text(
            "Block %(title)s, version %(number)s", title=title, number=version.number
        )
    return language.text("%(title)s, version %(number)s", title=title, number=version.number)


@post(
    PATHS["drafts_begin"],
    name="drafts.begin",
    guards=[needs(Permission.PUBLISH)],
    request_max_body_size=LARGEST_SOURCE,
    status_code=303,
)
async def begin(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Begin a draft and open the studio."""
    language = language_of(request)
    try:
        draft = await _begun(request, actor)
    except CalamityError as error:
        return see_other(request, path("playbooks"), Flash(said(error, language), "problem"))
    return see_other(request, path("studio", draft=draft.id))


async def _begun(request: PageRequest, actor: Actor) -> Draft:
    sent = await form_of(request)
    version = sent.get("from_version", [""])[-1]
    slug = sent.get("slug", [""])[-1].strip()
    file = None if version or slug else (await upload_of(request, "file"))[1]
    async with house_of(request).database.transaction() as session:
        if file is not None:
            return await begin_with(session, actor, file, at=now())
        if version:
            kind, _, name = version.partition("/")
            name, _, number = name.partition("/")
            return await begin_from_version(
                session, actor, name, number_in(number) or 0, kind=_kind(kind), at=now()
            )
        kind = sent.get("kind", ["playbook"])[-1]
        return await begin_blank(session, actor, slug, kind=_kind(kind), at=now())


def _kind(written: str) -> DocumentKind:
    return DocumentKind.BLOCK if written == DocumentKind.BLOCK.value else DocumentKind.PLAYBOOK
