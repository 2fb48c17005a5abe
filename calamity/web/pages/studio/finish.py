"""The end of a draft: submitted as a version, after its faults were read; or thrown away."""

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.drafts import discard, submit
from calamity.actions.publish import AnyVersion
from calamity.domain.errors import CalamityError, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_check import PlaybookFaults
from calamity.web.auth import needs
from calamity.web.pages.frame import (
    PageRequest,
    Sent,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    see_other,
)
from calamity.web.pages.playbook_life import path_to
from calamity.web.pages.studio.begin import title_in
from calamity.web.pages.studio.desk import desk_of
from calamity.web.pages.studio.edit import AtHand, draft_at_hand, revision_in
from calamity.web.paths import PATHS, path
from calamity.web.refusals import said
from calamity.web.views.frame import Flash
from calamity.web.views.studio import Desk, Submission


@get(PATHS["studio_submit"], name="studio.submission", guards=[needs(Permission.PUBLISH)])
async def submission(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], draft: FromPath[str]
) -> Response[Any]:
    """Show what there is to look at before a draft becomes a version."""
    return await _page(request, actor, draft)


async def _page(
    request: PageRequest, actor: Actor, draft_id: str, problem: str = ""
) -> Response[Any]:
    there = await draft_at_hand(request, actor, draft_id)
    draft, desk = there.draft, await _desk(request, there)
    view = Submission(
        draft.id,
        title_in(draft),
        draft.revision,
        desk.faults,
        desk.errors,
        problem,
        tuple(there.name(login) for login in there.writers),
    )
    frame = await frame_of(request, here="playbooks")
    return page(request, "studio_submit", frame, view, 422 if problem else 200)


async def _desk(request: PageRequest, there: AtHand) -> Desk:
    language = language_of(request)
    return await asyncio.to_thread(desk_of, there.draft.source, "general", there.blocks, language)


@post(
    PATHS["studio_submit"],
    name="studio.submit",
    guards=[needs(Permission.PUBLISH)],
    status_code=303,
)
async def submit_draft(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], draft: FromPath[str]
) -> Response[Any]:
    """Make a version of a draft; its warnings must have been read."""
    language = language_of(request)
    try:
        version = await _submitted(request, actor, draft, await form_of(request))
    except PlaybookFaults:
        words = language.text("The draft still has errors. Mend them first.")
        return await _page(request, actor, draft, words)
    except CalamityError as error:
        return await _page(request, actor, draft, said(error, language))
    words = language.text("Submitted. A colleague must approve it before it can be used.")
    return see_other(request, path_to(version), words)


async def _submitted(request: PageRequest, actor: Actor, draft_id: str, sent: Sent) -> AnyVersion:
    desk = await _desk(request, await draft_at_hand(request, actor, draft_id))
    if desk.warnings and not desk.errors and sent.get("seen", [""])[-1] != "yes":
        raise Refused("Say that you looked at the warnings.", field="seen")
    async with house_of(request).database.transaction() as session:
        return await submit(session, actor, draft_id, revision=revision_in(sent), at=now())


@post(
    PATHS["studio_discard"],
    name="studio.discard",
    guards=[needs(Permission.PUBLISH)],
    status_code=303,
)
async def discard_draft(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], draft: FromPath[str]
) -> Response[Any]:
    """Throw a draft away, as it was read."""
    language = language_of(request)
    try:
        sent = await form_of(request)
        async with house_of(request).database.transaction() as session:
            await discard(session, actor, draft, revision=revision_in(sent))
    except CalamityError as error:
        words = Flash(said(error, language), "problem")
        return see_other(request, path("studio", draft=draft), words)
    return see_other(request, path("playbooks"), language.text("The draft is gone."))
