"""Playbooks to and from other municipalities in the browser: bundles, merging, trusted keys."""

import binascii
from base64 import b64decode, b64encode
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from calamity.actions.bundles import Incoming, Look, export_bundle, look_at
from calamity.actions.cacao import export_cacao
from calamity.actions.imports import (
    Brought,
    ThreeWay,
    bring_in,
    merge_import,
    open_file,
    three_way,
)
from calamity.actions.trust import distrust, own_key, trust
from calamity.domain.bundle import LARGEST
from calamity.domain.cacao import CacaoFault, CacaoFaults, Crossing
from calamity.domain.errors import CalamityError, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_changes import Choice
from calamity.domain.playbook_check import PlaybookFaults
from calamity.domain.playbook_life import grouped
from calamity.store.keys import list_trusted_keys
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.forms import LARGEST_FORM, TOKEN
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    parse_form,
    see_other,
    upload_of,
    wrong,
)
from calamity.web.pages.playbook_gaps import gap_lines
from calamity.web.pages.playbook_life import change_views
from calamity.web.pages.playbooks import fault_lines
from calamity.web.paths import PATHS, path
from calamity.web.views import playbook_transfer as views
from calamity.web.views.frame import Form

# In the form that confirms, the file travels as text: a third longer.
_LARGEST_UPLOAD = LARGEST * 3 // 2 + LARGEST_FORM
_NAMES = {"sha256": "file", "source": "file", "version": "file", "slug": "file"}
_PART = "part:"


@get(PATHS["playbook_bundle"], name="playbook.bundle", guards=[needs(Permission.SEE_PLAYBOOKS)])
async def download(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Hand playbooks over in one signed file: those named in the address, or all in use."""
    slugs = request.query_params.getall("slug", [])
    async with house_of(request).database.reading() as session:
        data = await export_bundle(session, actor, [(slug, None) for slug in slugs])
    return Response(
        data,
        media_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="playbooks.calamity.zip"'},
    )


@get(PATHS["cacao_file"], name="cacao.file", guards=[needs(Permission.SEE_PLAYBOOKS)])
async def download_cacao(
    request: PageRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    version: FromPath[int],
) -> Response[bytes]:
    """Hand a version over to another program, as a signed CACAO 2.0 document."""
    async with house_of(request).database.reading() as session:
        document, number = await export_cacao(session, actor, slug, version, at=now())
    name = f'attachment; filename="{slug}-v{number}.cacao.json"'
    return Response(document, media_type="application/json", headers={"Content-Disposition": name})


@get(PATHS["playbook_import"], name="playbook.import", guards=[needs(Permission.PUBLISH)])
async def choose_file(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ask for the file of another municipality."""
    return await _show(request, views.ImportPage())


@post(
    PATHS["playbook_import"],
    name="playbook.import.look",
    guards=[needs(Permission.PUBLISH)],
    request_max_body_size=_LARGEST_UPLOAD,
    status_code=200,
)
async def look_first(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show who signed a file and what it would bring. Nothing is stored yet."""
    language = language_of(request)
    try:
        filename, data = await upload_of(request, "file")
        async with house_of(request).database.reading() as session:
            bundle = await open_file(session, actor, data, at=now())
            look = await look_at(session, actor, bundle)
    except PlaybookFaults as refused:
        problems = tuple(fault_lines(refused.faults, language))
        return await _show(request, views.ImportPage(problems=problems), 422)
    except CacaoFaults as refused:
        problems = tuple(_placed(fault, language) for fault in refused.faults)
        return await _show(request, views.ImportPage(problems=problems), 422)
    except CalamityError as error:
        form = wrong(Form(), error, language, _NAMES, at="file")
        return await _show(request, views.ImportPage(form=form), 422)
    return await _show(request, _looked(look, data, filename, language))


@post(
    PATHS["playbook_import_confirm"],
    name="playbook.import.confirm",
    guards=[needs(Permission.PUBLISH)],
    request_max_body_size=_LARGEST_UPLOAD,
    status_code=303,
)
async def confirm_import(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Take over what was shown, as drafts or as versions that a colleague approves."""
    language = language_of(request)
    sent = await request.form()
    data, filename = _carried(sent.get("bundle")), str(sent.get("filename") or "")[:120]
    async with house_of(request).database.reading() as session:
        bundle = await open_file(session, actor, data, at=now())
    try:
        async with house_of(request).database.transaction() as session:
            done = await bring_in(
                session,
                actor,
                bundle,
                submit=sent.get("become") == "submitted",
                although_untrusted=sent.get("although_untrusted") == "yes",
                at=now(),
            )
    except CalamityError as error:
        async with house_of(request).database.reading() as session:
            look = await look_at(session, actor, bundle)
        form = wrong(Form(), error, language)
        return await _show(request, _looked(look, data, filename, language, form), 422)
    return _on_from(request, done, language)


def _carried(text: object) -> bytes:
    try:
        return b64decode(text if isinstance(text, str) else "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("This form cannot be read. Open the page again.") from error


def _on_from(request: PageRequest, done: list[Brought], language: Language) -> Response[Any]:
    waiting = [each for each in done if each.became == "merge"]
    stored = sum(each.became in ("draft", "submitted") for each in done)
    said = language.plural(
        "%(num)s playbook was taken over.", "%(num)s playbooks were taken over.", stored
    )
    if waiting:
        said += " " + language.text("One that you changed yourself waits for your choices.")
        return see_other(request, path("playbook_merge", came=waiting[0].import_id or ""), said)
    if len(done) == 1 and done[0].became == "submitted":
        place = path("playbook", slug=done[0].slug, version=done[0].number)
        return see_other(request, place, said)
    return see_other(request, path("playbooks"), said)


async def _show(request: PageRequest, view: views.ImportPage, status: int = 200) -> Response[Any]:
    frame = await frame_of(request, here="playbooks")
    return page(request, "playbook_import", frame, view, status)


def _looked(
    look: Look, data: bytes, filename: str, language: Language, form: Form | None = None
) -> views.ImportPage:
    fingerprint = look.signer.fingerprint
    return views.ImportPage(
        form=form or Form(),
        file=b64encode(data).decode(),
        filename=filename,
        municipality=look.signer.municipality,
        fingerprint=grouped(fingerprint) if fingerprint else "",
        trusted_as=look.signer.trusted_as,
        playbooks=tuple(_incoming(each, language) for each in look.playbooks),
        gaps=gap_lines((gap for each in look.playbooks for gap in each.gaps), language),
    )


def _incoming(each: Incoming, language: Language) -> views.IncomingView:
    code = language.code
    return views.IncomingView(
        slug=each.provenance.slug,
        title=each.title.in_language(code),
        version=each.provenance.version,
        standing=each.standing,
        ours=each.ours,
        changes=change_views(each.changes, language),
        short=tuple(line.said.in_language(code) for line in each.short),
        approval=_approval(each),
        crossings=tuple(_placed(crossing, language) for crossing in each.crossings),
        faults=tuple(fault_lines(each.faults, language)),
    )


def _placed(said: CacaoFault | Crossing, language: Language) -> str:
    """Return what is said of a document of another program, with the place in it."""
    words = said.en if language.code == "en" else said.nl
    return f"{words} ({said.where})" if said.where else words


def _approval(each: Incoming) -> views.ApprovalView | None:
    approved, office = each.provenance.approved, each.provenance.office
    if approved is None:
        return None
    return views.ApprovalView(
        office.value if office else "", approved.named, grouped(each.approved_with), approved.at
    )


@get(PATHS["playbook_merge"], name="playbook.merge", guards=[needs(Permission.PUBLISH)])
async def show_merge(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], came: FromPath[str]
) -> Response[Any]:
    """Show what they changed, what we changed and where both did."""
    return await _show_merge(request, actor, came)


@post(
    PATHS["playbook_merge"],
    name="playbook.merge.choose",
    guards=[needs(Permission.PUBLISH)],
    status_code=303,
)
async def choose_parts(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], came: FromPath[str]
) -> Response[Any]:
    """Make a draft of ours with the chosen parts of theirs."""
    language = language_of(request)
    sent = await form_of(request)
    sent.pop(TOKEN, None)
    choices: dict[str, Choice] = {
        name.removeprefix(_PART): "theirs" if values[-1] == "theirs" else "ours"
        for name, values in sent.items()
        if name.startswith(_PART)
    }
    try:
        async with house_of(request).database.transaction() as session:
            await merge_import(session, actor, came, choices, at=now())
    except Refused as error:
        form = wrong(Form(), error, language, at="choices")
        return await _show_merge(request, actor, came, form)
    return see_other(
        request, path("playbooks"), language.text("The draft is made. Read it, then submit it.")
    )


async def _show_merge(
    request: PageRequest, actor: Actor, came: str, form: Form | None = None
) -> Response[Any]:
    async with house_of(request).database.reading() as session:
        compared = await three_way(session, actor, came)
    view = _merge_view(compared, language_of(request), form or Form())
    frame = await frame_of(request, here="playbooks")
    return page(request, "playbook_merge", frame, view, 422 if form else 200)


def _merge_view(compared: ThreeWay, language: Language, form: Form) -> views.MergePage:
    imported = compared.imported
    return views.MergePage(
        import_id=imported.id,
        slug=imported.slug,
        title=imported.whole.title.in_language(language.code),
        municipality=imported.provenance.municipality,
        theirs=imported.number,
        ours=compared.ours.number,
        has_base=compared.has_base,
        parts=tuple(
            views.MergePart(
                part=each.part,
                title=each.between[0].where.in_language(language.code),
                theirs=tuple(view.says for view in change_views(each.theirs, language)),
                ours=tuple(view.says for view in change_views(each.ours, language)),
                between=change_views(each.between, language),
                choice=each.choice,
            )
            for each in compared.differences
        ),
        form=form,
    )


class NewKey(Struct, frozen=True):
    """A key to trust: whose it is, and the fingerprint that was heard from them."""

    name: Annotated[str, Meta(max_length=120)]
    fingerprint: Annotated[str, Meta(max_length=200)]


@get(PATHS["keys"], name="keys", guards=[needs(Permission.TRUST_KEYS)])
async def keys(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Show our own key, and those of others that we trust."""
    return await _show_keys(request, actor)


@post(PATHS["keys"], name="keys.trust", guards=[needs(Permission.TRUST_KEYS)], status_code=303)
async def trust_key(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Trust the key of another municipality."""
    language = language_of(request)
    new, form = parse_form(NewKey, await form_of(request), language)
    if new is None:
        return await _show_keys(request, actor, form)
    try:
        async with house_of(request).database.transaction() as session:
            await trust(session, actor, new.name, new.fingerprint, at=now())
    except CalamityError as error:
        return await _show_keys(request, actor, wrong(form, error, language))
    return see_other(request, path("keys"), language.text("This key is trusted from now on."))


@post(
    PATHS["key_withdraw"],
    name="keys.withdraw",
    guards=[needs(Permission.TRUST_KEYS)],
    status_code=303,
)
async def withdraw_key(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], key: FromPath[str]
) -> Response[Any]:
    """Trust a key no longer."""
    async with house_of(request).database.transaction() as session:
        await distrust(session, actor, key, at=now())
    said = language_of(request).text("This key is not trusted any more.")
    return see_other(request, path("keys"), said)


async def _show_keys(request: PageRequest, actor: Actor, form: Form | None = None) -> Response[Any]:
    async with house_of(request).database.reading() as session:
        own = await own_key(session, actor.municipality_id)
        found = await list_trusted_keys(session, actor.municipality_id)
    view = views.KeysPage(
        name=own.name,
        fingerprint=own.spoken,
        keys=tuple(
            views.KeyLine(
                each.id, each.name, grouped(each.fingerprint), each.added_at, each.withdrawn_at
            )
            for each in found
        ),
        form=form or Form(),
    )
    return page(request, "keys", await frame_of(request, here="keys"), view, 422 if form else 200)


PLAYBOOK_TRANSFER = [
    download, download_cacao, choose_file, look_first, confirm_import, show_merge, choose_parts,
    keys, trust_key, withdraw_key,
]  # fmt: skip
