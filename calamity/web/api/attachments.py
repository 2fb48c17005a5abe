"""Files on the timeline: putting one there, and reading it."""

from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import FromPath

from calamity.actions.attach import NewAttachment, attach, take_attachment
from calamity.domain.attachment import MOST_MB
from calamity.domain.errors import Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.timeline import Visibility
from calamity.web.api.calamities import created
from calamity.web.api.document import takes
from calamity.web.api.timeline import Written, need_calamity
from calamity.web.api.wire import camel, faults_in
from calamity.web.auth import needs
from calamity.web.downloads import as_download, checked_file, must_fit
from calamity.web.errors import InputFaults
from calamity.web.house import House, now

_AROUND = 64 * 1024
_BOOLEANS = {"true": True, "false": False}


@camel
class AttachmentForm(NewAttachment, frozen=True, kw_only=True):
    """What is said of a file, beside the file itself in the part *file*."""


class Added(Written, frozen=True, rename="camel"):
    """The entry of a file, and whether all words of the file could be looked through.

    If not, only a person knows that nobody is in it.
    """

    words_read: bool


_TEXT = OpenAPIType.STRING
_FORM = Schema(
    type=OpenAPIType.OBJECT,
    required=["file", "title", "reason", "personalData", "confirmed"],
    properties={
        "file": Schema(type=_TEXT, format=OpenAPIFormat.BINARY),
        "title": Schema(type=_TEXT, min_length=1, max_length=200),
        "reason": Schema(type=_TEXT, min_length=1, max_length=1000),
        "personalData": Schema(type=_TEXT, enum=["no", "yes"]),
        "confirmed": Schema(
            type=OpenAPIType.BOOLEAN, description="A person looked: nobody is named in it."
        ),
        "visibility": Schema(
            type=_TEXT, enum=[each.value for each in Visibility], default=Visibility.TEAM.value
        ),
    },
)


@post(
    "/calamities/{calamity_id:str}/attachments",
    guards=[needs(Permission.ATTACH)],
    operation_class=takes(
        "multipart/form-data",
        "A PDF, an ODT, a text in UTF-8 or a PNG, and what is said of it. It is refused when there "
        "is personal data in it; its name is not kept.",
        _FORM,
    ),
    request_max_body_size=MOST_MB * 1024 * 1024 + _AROUND,
    name="api.attachments.add",
)
async def add(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    request: Request[Any, Any, Any],
) -> Response[Added]:
    """Put a file on the timeline."""
    await need_calamity(house, actor, calamity_id)
    most = house.settings.attachment_mb
    must_fit(request, most)
    if request.content_type[0] != "multipart/form-data":
        raise Refused("Send a form (multipart/form-data) with the file in it.", field="file")
    sent = await request.form()
    given = {
        name: _BOOLEANS.get(value, value) if name == "confirmed" else value
        for name, value in sent.items()
        if isinstance(value, str)
    }
    if found := faults_in(AttachmentForm, given):
        raise InputFaults(found)
    file = sent.get("file")
    if not isinstance(file, UploadFile):
        raise Refused("Choose a file first.", field="file")
    kept = await checked_file(await file.read(), most)
    new = msgspec.convert(given, AttachmentForm)
    async with house.database.transaction() as session:
        seq = await attach(session, actor, calamity_id, new, kept, at=now())
    return created(Added(seq, kept.is_read), f"/v1/calamities/{calamity_id}/timeline/{seq}")


@get(
    "/calamities/{calamity_id:str}/timeline/{seq:int}/file",
    guards=[needs(Permission.SEE_TIMELINE)],
    responses={
        200: ResponseSpec(
            bytes,
            generate_examples=False,
            media_type="application/octet-stream",
            description="The file, with its own type.",
        )
    },
    name="api.attachments.read",
)
async def read(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    calamity_id: FromPath[str],
    seq: FromPath[int],
) -> Response[bytes]:
    """Return the file of an entry. Who took it is remembered."""
    await need_calamity(house, actor, calamity_id)
    async with house.database.transaction() as session:
        found = await take_attachment(session, actor, calamity_id, seq, at=now())
    return as_download(found, seq)


router = Router("/", route_handlers=[add, read], tags=["Timeline"])
