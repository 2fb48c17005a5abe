"""Saving a draft; and when somebody else saved it in between, what differs, and both together."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.drafts import save
from calamity.domain.errors import CalamityError, Conflict, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Block, Playbook
from calamity.domain.playbook_changes import Change, compare
from calamity.domain.playbook_check import Blocks, examine
from calamity.domain.playbook_form import Meeting, meetings, together
from calamity.domain.playbook_text import plain_of, rewritten
from calamity.store.drafts import Draft
from calamity.web.auth import needs
from calamity.web.pages.frame import (
    PageRequest,
    frame_of,
    house_of,
    language_of,
    now,
    see_other,
)
from calamity.web.pages.studio.begin import LARGEST_SOURCE
from calamity.web.pages.studio.desk import FILENAME
from calamity.web.pages.studio.edit import (
    AtHand,
    decoded,
    draft_at_hand,
    json,
    revision_in,
    studio_page,
)
from calamity.web.paths import PATHS, path
from calamity.web.refusals import said
from calamity.web.render import Renderer
from calamity.web.views.studio import Clash, MeetingLine

_CONFLICT, _REFUSED = 409, 422


class Save(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source to keep; it was read as *base*, at this revision."""

    source: str
    revision: Annotated[int, msgspec.Meta(ge=1, lt=10**9)]
    base: str


class Merge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Put an own source into what somebody else saved: *mine* are the parts to take from it."""

    source: str
    mine: list[str]


class Saved(msgspec.Struct, frozen=True):
    """What became of it. With a *clash*, the words about it and what the other saved."""

    revision: int
    said: str
    clash: str = ""
    theirs: str = ""


@post(
    PATHS["studio_save"],
    name="studio.save",
    guards=[needs(Permission.PUBLISH)],
    request_max_body_size=LARGEST_SOURCE,
    status_code=200,
)
async def save_draft(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], draft: FromPath[str]
) -> Response[bytes]:
    """Keep what is on the screen, unless somebody else saved since it was read."""
    sent = decoded(await request.body(), Save)
    language = language_of(request)
    try:
        kept = await _save(request, actor, draft, sent.source, sent.revision)
    except Conflict:
        there = await draft_at_hand(request, actor, draft)
        clash = await _clash(there, sent.base, sent.source)
        renderer: Renderer = request.app.state.renderer
        html = renderer.partial("studio_clash", await frame_of(request), clash)
        words = language.text("Not saved: somebody else saved in between.")
        return json(Saved(there.draft.revision, words, html, there.draft.source), _CONFLICT)
    except CalamityError as error:
        return json(Saved(sent.revision, said(error, language)), _REFUSED)
    words = language.text("Saved at %(time)s.", time=language.clock(kept.saved_at))
    return json(Saved(kept.revision, words))


async def _save(
    request: PageRequest, actor: Actor, draft_id: str, source: str, revision: int
) -> Draft:
    async with house_of(request).database.transaction() as session:
        return await save(session, actor, draft_id, source, revision=revision, at=now())


@post(
    PATHS["studio"],
    name="studio.write",
    guards=[needs(Permission.PUBLISH)],
    request_max_body_size=LARGEST_SOURCE,
    status_code=303,
)
async def write_draft(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], draft: FromPath[str]
) -> Response[Any]:
    """Keep the source of a page without scripts."""
    language = language_of(request)
    form = await request.form()
    source = str(form.get("source", "")).replace("\r\n", "\n")
    try:
        revision = revision_in({"revision": [str(form.get("revision", ""))]})
        kept = await _save(request, actor, draft, source, revision)
    except Conflict:
        clash = await _clash(await draft_at_hand(request, actor, draft), None, source)
        return await studio_page(request, actor, draft, source=source, clash=clash)
    except Refused as error:
        return await studio_page(
            request, actor, draft, source=source, problem=said(error, language)
        )
    words = language.text("Saved at %(time)s.", time=language.clock(kept.saved_at))
    return see_other(request, path("studio", draft=draft), words)


@post(
    PATHS["studio_merge"],
    name="studio.merge",
    guards=[needs(Permission.PUBLISH)],
    request_max_body_size=LARGEST_SOURCE,
    status_code=200,
)
async def merge_drafts(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], draft: FromPath[str]
) -> Response[bytes]:
    """Put both together, without storing it: the person sees it first."""
    sent = decoded(await request.body(), Merge)
    found = (await draft_at_hand(request, actor, draft)).draft
    try:
        source = await asyncio.to_thread(_together, found.source, sent)
    except CalamityError as error:
        return json(Saved(found.revision, said(error, language_of(request))), _REFUSED)
    return json(Saved(found.revision, "", theirs=source))


def _together(theirs: str, sent: Merge) -> str:
    return rewritten(theirs, together(plain_of(theirs), plain_of(sent.source), sent.mine))


async def _clash(there: AtHand, base: str | None, ours: str) -> Clash:
    draft = there.draft
    lines = await asyncio.to_thread(_meetings, base, draft.source, ours, there.blocks)
    return Clash(
        draft=draft.id,
        saved_by=there.saved_by,
        saved_at=draft.saved_at,
        meetings=tuple(lines or ()),
        can_merge=lines is not None and base is not None,
    )


def _meetings(base: str | None, theirs: str, ours: str, blocks: Blocks) -> list[MeetingLine] | None:
    """Return where both differ; None while one of them cannot be read."""
    try:
        plain = [plain_of(each) if each is not None else None for each in (base, theirs, ours)]
    except Refused:
        return None
    they = _by_part(_changes(base, theirs, blocks))
    we = _by_part(_changes(base, ours, blocks))
    return [_line(meeting, they, we) for meeting in meetings(*plain)]


def _line(
    meeting: Meeting, they: dict[str, list[Change]], we: dict[str, list[Change]]
) -> MeetingLine:
    return MeetingLine(
        meeting.part,
        meeting.where,
        meeting.side,
        meeting.theirs,
        meeting.ours,
        tuple(change.said for change in they.get(meeting.part, ())),
        tuple(change.said for change in we.get(meeting.part, ())),
    )


def _changes(base: str | None, source: str, blocks: Blocks) -> list[Change]:
    """Say what changed; nothing can be said of a document that still has errors."""
    if base is None:
        return []
    before, after = _sound(base, blocks), _sound(source, blocks)
    if before is None or type(before) is not type(after):
        return []
    return compare(before, after)


def _sound(source: str, blocks: Blocks) -> Playbook | Block | None:
    document, faults = examine(source, FILENAME, blocks)
    has_errors = any(fault.severity == "error" for fault in faults)
    return None if has_errors else document


def _by_part(changes: list[Change]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.part, []).append(change)
    return found
