"""Putting a file on the timeline, and taking it out again to read."""

import hashlib
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from calamity.domain.attachment import REPORTER, Checked
from calamity.domain.audit import AuditLine, Deed, Ground, ground_of
from calamity.domain.errors import Forbidden, Refused
from calamity.domain.permissions import Actor, Permission, UserRole
from calamity.domain.privacy import must_hold_nobody
from calamity.domain.timeline import Attached, Visibility
from calamity.store import audit, calamities
from calamity.store.attachments import Attachment, get_attachment
from calamity.store.calendars import roles_of
from calamity.store.database import Session
from calamity.store.timeline import append


class NewAttachment(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody says of a file; *confirmed*: a person looked, and nobody is named in it."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]
    personal_data: Literal["yes", "no"]
    confirmed: bool = False
    visibility: Visibility = Visibility.TEAM


async def keeps_the_timeline(session: Session, actor: Actor) -> bool:
    """Say whether somebody may put files on the timeline.

    That is who steers, and of the team the one who keeps the timeline: a file is the easiest way to
    bring in what nobody may keep, so few people do it, and those who know the question.
    """
    if not actor.may(Permission.ATTACH):
        return False
    return actor.role is not UserRole.RESPONDER or REPORTER in await roles_of(
        session, actor.recipient_id
    )


async def attach(
    session: Session,
    actor: Actor,
    calamity_id: str,
    new: NewAttachment,
    file: Checked,
    *,
    at: datetime,
) -> int:
    """Put a file on the timeline and return the entry's number.

    Raises Refused, naming the field, while somebody says or the words show that there is personal
    data.
    """
    actor.must(Permission.ATTACH)
    if not await keeps_the_timeline(session, actor):
        raise Forbidden(
            "Only a coordinator, or who keeps the timeline in the rapid team, adds files. Ask one "
            "of them."
        )
    await calamities.open_calamity(session, actor.municipality_id, calamity_id)
    must_be_said(new)
    if new.visibility not in actor.sees:
        raise Refused("Choose a visibility that you see yourself.", field="visibility")
    said = Attached(
        title=new.title.strip(),
        kind=file.kind,
        size=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
        reason=new.reason.strip(),
    )
    return await append(
        session,
        calamity_id,
        said,
        by_role=actor.role,
        at=at,
        visibility=new.visibility,
        file=file.content,
    )


def must_be_said(new: NewAttachment) -> None:
    """Raise Refused for a file with personal data, or of which nobody says that it has none."""
    if new.personal_data == "yes":
        raise Refused(
            "A file with personal data does not belong on the timeline. Take the data out first, "
            "or keep the file in your own file system and write a line that says where it is.",
            field="personal_data",
        )
    if not new.confirmed:
        raise Refused("Look through the whole file first, and confirm that.", field="confirmed")
    for field in ("title", "reason"):
        words = getattr(new, field)
        if not words.strip():
            raise Refused("Fill this in.", field=field)
        must_hold_nobody(words, field=field)


async def take_attachment(
    session: Session, actor: Actor, calamity_id: str, seq: int, *, at: datetime
) -> Attachment:
    """Return a file of the timeline, and remember who took it. Raises NotFound and Conflict."""
    actor.must(Permission.SEE_TIMELINE)
    calamity = await calamities.get_calamity(session, actor.municipality_id, calamity_id)
    found = await get_attachment(session, calamity.id, seq, actor.sees)
    ground = ground_of(actor) if actor.is_break_glass else Ground.TIMELINE
    line = AuditLine(Deed.TOOK_FILE, ground, where=f"timeline/{seq}/file", calamity_id=calamity.id)
    await audit.note(session, actor, line, at)
    return found
