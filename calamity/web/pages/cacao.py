"""CACAO documents: a version to download for other programs, and theirs taken in as a draft."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.cacao import CacaoLook, bring_cacao, export_cacao, look_at_cacao
from calamity.domain.cacao import CacaoFaults
from calamity.domain.errors import CalamityError, Conflict
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_life import grouped
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    upload_of,
    wrong,
)
from calamity.web.paths import PATHS
from calamity.web.views import cacao as views
from calamity.web.views.frame import Form

_LARGEST = 3_000_000


@get(PATHS["cacao_file"], name="cacao.file", guards=[needs(Permission.SEE_PLAYBOOKS)])
async def cacao_file(
    request: PageRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    version: FromPath[int],
) -> Response[Any]:
    """Answer with a version as a signed CACAO 2.0 document."""
    async with house_of(request).database.reading() as session:
        document, number = await export_cacao(session, actor, slug, version, at=now())
    name = f'attachment; filename="{slug}-v{number}.cacao.json"'
    return Response(document, media_type="application/json", headers={"Content-Disposition": name})


@get(PATHS["cacao"], name="cacao", guards=[needs(Permission.PUBLISH)])
async def cacao_form(request: PageRequest) -> Response[Any]:
    """Ask for a document."""
    frame = await frame_of(request, here="playbooks")
    return page(request, "cacao", frame, views.CacaoPage(form=Form()))


@post(
    PATHS["cacao"],
    name="cacao.bring",
    guards=[needs(Permission.PUBLISH)],
    request_max_body_size=_LARGEST,
    status_code=200,
)
async def cacao_bring(request: PageRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Take a document in as a draft, and say who signed it and what a person must look at."""
    language = language_of(request)
    view, status = await _brought(request, actor, language)
    return page(request, "cacao", await frame_of(request, here="playbooks"), view, status)


async def _brought(
    request: PageRequest, actor: Actor, language: Language
) -> tuple[views.CacaoPage, int]:
    database = house_of(request).database
    try:
        _, source = await upload_of(request, "file")
    except CalamityError as error:
        return views.CacaoPage(form=wrong(Form(), error, language)), 422
    agreed = "yes" in (await form_of(request)).get("although_untrusted", [])
    try:
        async with database.transaction() as session:
            look, _ = await bring_cacao(session, actor, source, although_untrusted=agreed, at=now())
    except CacaoFaults as error:
        refused = tuple((fault.where, _said(fault, language)) for fault in error.faults)
        return views.CacaoPage(form=Form(), refused=refused), 422
    except CalamityError as error:
        async with database.reading() as session:
            look = await look_at_cacao(session, actor, source, at=now())
        form = wrong(Form(), error, language, {"signatures": "file"})
        seen = _seen(look, language, is_stored=False)
        asks = isinstance(error, Conflict)
        return views.CacaoPage(form=form, seen=seen, asks_trust=asks), 422
    return views.CacaoPage(form=Form(), seen=_seen(look, language, is_stored=True)), 200


def _said(said: Any, language: Language) -> str:
    words: str = said.en if language.code == "en" else said.nl
    return words


def _seen(look: CacaoLook, language: Language, *, is_stored: bool) -> views.CacaoSeen:
    is_english = language.code == "en"
    return views.CacaoSeen(
        slug=look.slug,
        version=look.version,
        is_ours=look.is_ours,
        signees=tuple(
            views.SigneeLine(
                each.name,
                grouped(each.fingerprint) if each.fingerprint else "",
                each.is_good,
                each.trusted_as or "",
            )
            for each in look.signatures
        ),
        crossings=tuple((each.where, _said(each, language)) for each in look.crossings),
        faults=tuple(
            language.text(
                "Line %(line)s: %(message)s %(cure)s",
                line=fault.line,
                message=fault.message if is_english else fault.message_nl,
                cure=fault.cure if is_english else fault.cure_nl,
            )
            for fault in look.faults
            if fault.severity == "error"
        ),
        is_stored=is_stored,
    )


CACAO = [cacao_form, cacao_bring, cacao_file]
