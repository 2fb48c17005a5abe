"""Files on the timeline: the form that adds one, and the file to take along."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions.attach import NewAttachment, attach, keeps_the_timeline, take_attachment
from calamity.domain.attachment import MOST_MB
from calamity.domain.errors import Mendable
from calamity.domain.permissions import Actor, Permission
from calamity.web.auth import needs
from calamity.web.downloads import as_download, checked_file, must_fit
from calamity.web.pages.forms import LARGEST_FORM
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
from calamity.web.pages.parts import REFUSED
from calamity.web.pages.scene import scene_of
from calamity.web.paths import PATHS, path
from calamity.web.views.attach import AttachPage
from calamity.web.views.frame import Form


@get(PATHS["attach"], guards=[needs(Permission.ATTACH)], name="timeline.attach.form")
async def attach_page(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Ask for a file, and whether there is personal data in it."""
    return await _attach_page(request, actor, calamity)


async def _attach_page(
    request: PageRequest, actor: Actor, calamity_id: str, form: Form | None = None
) -> Response[Any]:
    house = house_of(request)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
        is_allowed = await keeps_the_timeline(session, actor)
    view = AttachPage(
        calamity=calamity_id,
        title=scene.calamity.title,
        most_mb=house.settings.attachment_mb,
        is_allowed=is_allowed,
        closed=scene.calamity.closed_at is not None,
        form=form or Form(),
    )
    frame = await frame_of(request, calamity=scene.calamity)
    return page(request, "attach", frame, view, REFUSED if form else 200)


@post(
    PATHS["attach"],
    guards=[needs(Permission.ATTACH)],
    request_max_body_size=MOST_MB * 1024 * 1024 + LARGEST_FORM,
    status_code=200,
    name="timeline.attach",
)
async def add(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Put a file on the timeline, when nobody is in it."""
    house, language = house_of(request), language_of(request)
    most = house.settings.attachment_mb
    must_fit(request, most)
    given, form = parse_form(NewAttachment, await form_of(request), language)
    if given is not None:
        try:
            # Its name is that of a file on somebody's desk, and is let go here.
            _, data = await upload_of(request, "file")
            file = await checked_file(data, most)
            async with house.database.transaction() as session:
                seq = await attach(session, actor, calamity, given, file, at=now())
        except Mendable as error:
            form = wrong(form, error, language, at="file")
    if form.errors:
        return await _attach_page(request, actor, calamity, form)
    there = path("timeline_line", calamity=calamity, sequence=seq)
    added = language.text("The file is on the timeline.")
    if not file.is_read:
        added = language.text(
            "The file is on the timeline. We could not read the words in it, or not all of them. "
            "Look through it once more yourself. Is somebody in it? Then a coordinator erases the "
            "words of this line, and the file with them."
        )
    return see_other(request, there, added)


@get(PATHS["timeline_file"], guards=[needs(Permission.SEE_TIMELINE)], name="timeline.file")
async def download(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    sequence: FromPath[int],
) -> Response[bytes]:
    """Hand over the file of a line to who may read the line."""
    async with house_of(request).database.transaction() as session:
        found = await take_attachment(session, actor, calamity, sequence, at=now())
    return as_download(found, sequence)


ATTACHMENTS = [attach_page, add, download]
