"""A version's way through life in the browser: approving, retiring, revoking, comparing."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from calamity.actions.publish import AnyVersion, approve, retire, revoke
from calamity.domain.errors import NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_changes import Change, compare, in_short
from calamity.domain.playbook_life import DocumentKind
from calamity.store.blocks import blocks_of, list_blocks
from calamity.store.playbooks import list_versions
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.forms import number_in
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
)
from calamity.web.paths import PATHS, path
from calamity.web.views import playbook_transfer as views


class Because(Struct, frozen=True):
    """Why a version is taken out of use."""

    reason: Annotated[str, Meta(min_length=3, max_length=500)]


def change_views(changes: list[Change], language: Language) -> tuple[views.ChangeView, ...]:
    """Return differences in the language of the reader."""
    code = language.code
    return tuple(
        views.ChangeView(
            says=change.en if code == "en" else change.nl,
            before=change.before.in_language(code) if change.before else None,
            after=change.after.in_language(code) if change.after else None,
        )
        for change in changes
    )


@get(
    [PATHS["playbook_compare"], PATHS["block_compare"]],
    name="playbook.compare",
    guards=[needs(Permission.SEE_PLAYBOOKS)],
)
async def compare_versions(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    """Show side by side what differs between two versions."""
    language, kind = language_of(request), _kind(request)
    find = list_blocks if kind is DocumentKind.BLOCK else list_versions
    async with house_of(request).database.reading() as session:
        versions: Sequence[AnyVersion] = await find(session, actor.municipality_id, slug)
        blocks = await blocks_of(session, actor.municipality_id)
    known = {version.number: version for version in versions}
    old = known.get(_number(request, "old"))
    new = known.get(_number(request, "new"))
    if old is None or new is None:
        raise NotFound("This playbook version does not exist.", field="version")
    changes = compare(old.document, new.document)
    short = in_short(changes, old.document, new.document, blocks)
    view = views.ComparePage(
        kind=kind.value,
        slug=slug,
        title=new.document.title.in_language(language.code),
        old=old.number,
        new=new.number,
        versions=tuple(known),
        changes=change_views(changes, language),
        short=tuple(line.said.in_language(language.code) for line in short),
    )
    return page(request, "playbook_compare", await frame_of(request, here="playbooks"), view)


def _number(request: PageRequest, name: str) -> int:
    return number_in(request.query_params.get(name, "")) or 0


@post(
    [PATHS["playbook_approve"], PATHS["block_approve"]],
    name="playbook.approve",
    guards=[needs(Permission.APPROVE)],
    status_code=303,
)
async def approve_version(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    version: FromPath[int],
) -> Response[Any]:
    """Say, as a second person, that this version may be used."""
    kind = _kind(request)
    async with house_of(request).database.transaction() as session:
        done = await approve(session, actor, slug, version, kind=kind, at=now())
    words = language_of(request).text("Approved. From now on this version can be used.")
    return see_other(request, path_to(done), words)


@post(
    [PATHS["playbook_retire"], PATHS["block_retire"]],
    name="playbook.retire",
    guards=[needs(Permission.APPROVE)],
    status_code=303,
)
async def retire_version(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    version: FromPath[int],
) -> Response[Any]:
    """Take a version out of use."""
    reason, kind = await _reason(request), _kind(request)
    async with house_of(request).database.transaction() as session:
        done = await retire(session, actor, slug, version, reason, kind=kind, at=now())
    words = language_of(request).text("Retired. This version is no longer offered.")
    return see_other(request, path_to(done), words)


@post(
    [PATHS["playbook_revoke"], PATHS["block_revoke"]],
    name="playbook.revoke",
    guards=[needs(Permission.APPROVE)],
    status_code=303,
)
async def revoke_version(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    version: FromPath[int],
) -> Response[Any]:
    """Take a version back, because it is wrong."""
    reason, kind = await _reason(request), _kind(request)
    async with house_of(request).database.transaction() as session:
        done = await revoke(session, actor, slug, version, reason, kind=kind, at=now())
    words = language_of(request).text("Revoked. Nobody can start this version any more.")
    return see_other(request, path_to(done), words)


def _kind(request: PageRequest) -> DocumentKind:
    """Return what the address is about: playbooks and blocks go the same way."""
    first = request.url.path.split("/")[1]
    return DocumentKind.BLOCK if first == "blocks" else DocumentKind.PLAYBOOK


def path_to(version: AnyVersion) -> str:
    """Return the page of a version, of a playbook or of a block."""
    return path(version.kind.value, slug=version.slug, version=version.number)


async def _reason(request: PageRequest) -> str:
    filled, _ = parse_form(Because, await form_of(request), language_of(request))
    if filled is None:
        raise Refused("Give the reason, in 3 to 500 characters.", field="reason")
    return filled.reason


PLAYBOOK_LIFE = [compare_versions, approve_version, retire_version, revoke_version]
