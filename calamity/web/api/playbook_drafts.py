"""Drafts of playbooks: begun, saved by revision, checked, submitted or thrown away."""

from datetime import datetime
from typing import Annotated

from litestar import Response, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from calamity.actions import drafts as actions
from calamity.domain.errors import Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_check import Fault, check
from calamity.domain.playbook_life import DocumentKind
from calamity.store import drafts
from calamity.web.api.calamities import created
from calamity.web.api.playbooks import VersionCard, card_of
from calamity.web.api.wire import camel, wired
from calamity.web.auth import needs
from calamity.web.house import House, now

_LARGEST = 2_000_000
_PATH = "/playbook-drafts/{draft_id:str}"
Source = Annotated[str, Meta(max_length=600_000)]
Revision = Annotated[int, Meta(ge=1)]


@camel
class Draft(drafts.Draft, frozen=True):
    """A document under hand. Send its revision along with whatever you do to it."""


@camel
class DraftFault(Fault, frozen=True):
    """One fault of a draft, in both languages."""


class DraftCard(Struct, frozen=True, rename="camel"):
    """A draft, without its words."""

    id: str
    slug: str
    revision: int
    author: str
    saved_by: str
    saved_at: datetime
    import_id: str | None


class Drafts(Struct, frozen=True):
    """The drafts that were not submitted, the last saved first."""

    drafts: list[DraftCard]


class CheckedDraft(Struct, frozen=True):
    """A draft, and what the checker says of it now."""

    draft: Draft
    faults: list[DraftFault]


def _checked(draft: drafts.Draft) -> CheckedDraft:
    faults = check(draft.source, "draft.yaml")
    return CheckedDraft(wired(draft, Draft), [wired(fault, DraftFault) for fault in faults])


class NewDraft(Struct, frozen=True, forbid_unknown_fields=True):
    """Begin with *source*; or with a version (*slug* and *version*); or from nothing (*slug*)."""

    slug: Annotated[str, Meta(max_length=60)] | None = None
    version: int | None = None
    source: Source | None = None
    kind: DocumentKind = DocumentKind.PLAYBOOK


class Saved(Struct, frozen=True, forbid_unknown_fields=True):
    """The new words, on top of the *revision* that was read."""

    revision: Revision
    source: Source


class AtRevision(Struct, frozen=True, forbid_unknown_fields=True):
    """The *revision* that was read."""

    revision: Revision


@get("/playbook-drafts", guards=[needs(Permission.PUBLISH)], name="api.drafts.list")
async def list_all(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Drafts:
    """List the drafts that were not submitted yet."""
    async with house.database.reading() as session:
        found = await drafts.list_drafts(session, actor.municipality_id)
    return Drafts(
        [
            DraftCard(
                each.id,
                each.slug,
                each.revision,
                each.author,
                each.saved_by,
                each.saved_at,
                each.import_id,
            )
            for each in found
        ]
    )


@post(
    "/playbook-drafts",
    guards=[needs(Permission.PUBLISH)],
    request_max_body_size=_LARGEST,
    name="api.drafts.add",
)
async def begin(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: JSONBody[NewDraft]
) -> Response[Draft]:
    """Begin a draft."""
    async with house.database.transaction() as session:
        if data.source is not None:
            draft = await actions.begin_with(session, actor, data.source, at=now())
        elif data.slug is None:
            raise Refused("Give the playbook a slug, or send its source.", field="slug")
        elif data.version is not None:
            draft = await actions.begin_from_version(
                session, actor, data.slug, data.version, kind=data.kind, at=now()
            )
        else:
            draft = await actions.begin_blank(session, actor, data.slug, kind=data.kind, at=now())
    return created(wired(draft, Draft), f"/v1/playbook-drafts/{draft.id}")


@get(_PATH, guards=[needs(Permission.PUBLISH)], name="api.drafts.draft")
async def get_one(
    house: NamedDependency[House], actor: NamedDependency[Actor], draft_id: FromPath[str]
) -> CheckedDraft:
    """Return a draft with its words, and with every fault in them."""
    async with house.database.reading() as session:
        draft = await drafts.get_draft(session, actor.municipality_id, draft_id)
    return _checked(draft)


@put(
    _PATH,
    guards=[needs(Permission.PUBLISH)],
    request_max_body_size=_LARGEST,
    name="api.drafts.save",
)
async def save(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    draft_id: FromPath[str],
    data: JSONBody[Saved],
) -> CheckedDraft:
    """Save a draft; a conflict says who saved it since."""
    async with house.database.transaction() as session:
        draft = await actions.save(
            session, actor, draft_id, data.source, revision=data.revision, at=now()
        )
    return _checked(draft)


@post(_PATH + "/submit", guards=[needs(Permission.PUBLISH)], name="api.drafts.submit")
async def submit(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    draft_id: FromPath[str],
    data: JSONBody[AtRevision],
) -> Response[VersionCard]:
    """Make a version of a draft, which a second person then approves."""
    async with house.database.transaction() as session:
        version = await actions.submit(session, actor, draft_id, revision=data.revision, at=now())
    place = f"/v1/{version.kind}s/{version.slug}/versions/{version.number}"
    return created(card_of(version), place)


@delete(_PATH, guards=[needs(Permission.PUBLISH)], name="api.drafts.discard")
async def discard(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    draft_id: FromPath[str],
    revision: Annotated[int, QueryParameter(ge=1)],
) -> None:
    """Throw a draft away."""
    async with house.database.transaction() as session:
        await actions.discard(session, actor, draft_id, revision=revision)


router = Router(
    "/",
    route_handlers=[list_all, begin, get_one, save, submit, discard],
    tags=["Playbooks"],
)
