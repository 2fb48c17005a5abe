"""Playbooks and their versions: reading, publishing, approving, retiring and revoking."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct, structs

from calamity.actions import publish as life
from calamity.actions.publish import AnyVersion, approve, publish
from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Scenario, Words
from calamity.domain.playbook_changes import compare, in_short
from calamity.domain.playbook_check import Blocks, canonical
from calamity.domain.playbook_life import DocumentKind, VersionState, Withdrawal
from calamity.store.blocks import blocks_of
from calamity.store.playbooks import PlaybookVersion, find_version, list_uses, list_versions
from calamity.web.api.calamities import created
from calamity.web.api.document import takes
from calamity.web.api.playbook_words import Change, ShortLine, changes_of, lines_of
from calamity.web.auth import needs
from calamity.web.house import House, now

_LARGEST = 2_000_000
_PATH = "/playbooks/{slug:str}/versions/{number:int}"


class VersionCard(Struct, frozen=True, rename="camel"):
    """A version of a playbook or a block, without its document.

    Only a published (approved) playbook can be activated, and only a published block be built in.
    Past *goodUntil* a playbook still works, with a warning; blocks have no *scenario* and no date.
    """

    kind: DocumentKind
    slug: str
    number: int
    title: Words
    scenario: Scenario | None
    sha256: str
    published_by: str
    published_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    state: VersionState
    good_until: datetime | None
    retired: Withdrawal | None
    revoked: Withdrawal | None
    import_id: str | None
    changes: list[Words]


class Version(VersionCard, frozen=True, rename="camel"):
    """A published version. Its document has the names of the YAML file."""

    document: dict[str, object]


class Because(Struct, frozen=True, forbid_unknown_fields=True):
    """Why."""

    reason: Annotated[str, Meta(min_length=3, max_length=500)]


class Use(Struct, frozen=True, rename="camel"):
    """One activation of a version."""

    activation_id: str
    calamity_id: str
    calamity_title: str
    is_exercise: bool
    t0: datetime
    activated_by: str
    ended_at: datetime | None


class Uses(Struct, frozen=True):
    """Who used a version when, the newest first."""

    activations: list[Use]


class Changes(Struct, frozen=True, rename="camel"):
    """What differs from another version, in words: in a few lines, and each difference."""

    since: int
    in_short: list[ShortLine]
    changes: list[Change]


class Versions(Struct, frozen=True):
    """All versions, by slug and with the newest first."""

    versions: list[VersionCard]


def _fields(version: AnyVersion) -> dict[str, object]:
    playbook = version if isinstance(version, PlaybookVersion) else None
    return {
        "kind": version.kind,
        "slug": version.slug,
        "number": version.number,
        "title": version.document.title,
        "scenario": playbook.playbook.scenario if playbook else None,
        "sha256": version.sha256,
        "published_by": version.published_by,
        "published_at": version.published_at,
        "approved_by": version.approved_by,
        "approved_at": version.approved_at,
        "state": version.state,
        "good_until": playbook.good_until if playbook else None,
        "retired": version.retired,
        "revoked": version.revoked,
        "import_id": version.import_id,
        "changes": version.document.changes,
    }


def card_of(version: AnyVersion) -> VersionCard:
    """Return a version without its document."""
    return VersionCard(**_fields(version))  # type: ignore[arg-type]  # the field list is above


@get("/playbooks", guards=[needs(Permission.SEE_PLAYBOOKS)], name="api.playbooks.list")
async def list_all(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: Annotated[str | None, QueryParameter(max_length=60)] = None,
) -> Versions:
    """List published versions, of one playbook or of all."""
    async with house.database.reading() as session:
        versions = await list_versions(session, actor.municipality_id, slug)
    return Versions([card_of(version) for version in versions])


async def version_of(house: House, actor: Actor, slug: str, number: int) -> PlaybookVersion:
    """Return a version. Raises NotFound."""
    async with house.database.reading() as session:
        version = await find_version(session, actor.municipality_id, slug, number)
    if version is None:
        raise NotFound("This playbook version does not exist.", field="version")
    return version


@get(_PATH, guards=[needs(Permission.SEE_PLAYBOOKS)], name="api.playbooks.version")
async def get_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
) -> Version:
    """Return a version with its document."""
    version = await version_of(house, actor, slug, number)
    document = msgspec.json.decode(canonical(version.playbook), type=dict[str, object])
    return Version(**_fields(version), document=document)  # type: ignore[arg-type]  # as above


@get(
    _PATH + "/document",
    guards=[needs(Permission.SEE_PLAYBOOKS)],
    responses={
        200: ResponseSpec(
            dict[str, object], generate_examples=False, description="The canonical document."
        )
    },
    name="api.playbooks.document",
)
async def get_document(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
) -> Response[bytes]:
    """Return the canonical document: the bytes whose SHA-256 was approved."""
    version = await version_of(house, actor, slug, number)
    return Response(
        canonical(version.playbook),
        media_type="application/json",
        headers={"ETag": f'"{version.sha256}"'},
    )


@post(
    "/playbooks",
    guards=[needs(Permission.PUBLISH)],
    operation_class=takes("application/yaml", "The YAML file of one version."),
    request_max_body_size=_LARGEST,
    name="api.playbooks.publish",
)
async def publish_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    request: Request[Any, Any, Any],
) -> Response[VersionCard]:
    """Publish a version, for good. Publishing the same document twice is no error."""
    source = await request.body()
    async with house.database.transaction() as session:
        version = await publish(session, actor, source, "playbook.yaml", at=now())
    place = f"/v1/playbooks/{version.slug}/versions/{version.number}"
    return created(card_of(version), place)


@post(
    _PATH + "/approve",
    guards=[needs(Permission.APPROVE)],
    status_code=200,
    name="api.playbooks.approve",
)
async def approve_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
) -> VersionCard:
    """Say, as a second person, that a version may be used."""
    async with house.database.transaction() as session:
        return card_of(await approve(session, actor, slug, number, at=now()))


@post(
    _PATH + "/retire",
    guards=[needs(Permission.APPROVE)],
    status_code=200,
    name="api.playbooks.retire",
)
async def retire_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
    data: JSONBody[Because],
) -> VersionCard:
    """Take a version out of use; it is activated only by who confirms that."""
    async with house.database.transaction() as session:
        return card_of(await life.retire(session, actor, slug, number, data.reason, at=now()))


@post(
    _PATH + "/revoke",
    guards=[needs(Permission.APPROVE)],
    status_code=200,
    name="api.playbooks.revoke",
)
async def revoke_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
    data: JSONBody[Because],
) -> VersionCard:
    """Take a version back, because it is wrong; nobody activates it again, what runs goes on."""
    async with house.database.transaction() as session:
        return card_of(await life.revoke(session, actor, slug, number, data.reason, at=now()))


@get(_PATH + "/activations", guards=[needs(Permission.SEE_CALAMITIES)], name="api.playbooks.uses")
async def uses_of_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
) -> Uses:
    """Say who used a version when."""
    version = await version_of(house, actor, slug, number)
    async with house.database.reading() as session:
        found = await list_uses(session, version.id)
    return Uses([Use(*structs.astuple(each)) for each in found])


@get(_PATH + "/changes", guards=[needs(Permission.SEE_PLAYBOOKS)], name="api.playbooks.changes")
async def changes_of_one(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
    since: Annotated[int, QueryParameter(ge=1, le=9999)],
) -> Changes:
    """Say in words what differs from version *since*."""
    old = await version_of(house, actor, slug, since)
    new = await version_of(house, actor, slug, number)
    async with house.database.reading() as session:
        blocks = await blocks_of(session, actor.municipality_id)
    return changes_between(old, new, blocks)


def changes_between(old: AnyVersion, new: AnyVersion, blocks: Blocks) -> Changes:
    """Say in words what differs between two versions, of a playbook or of a block."""
    changes = compare(old.document, new.document)
    short = in_short(changes, old.document, new.document, blocks)
    return Changes(old.number, lines_of(short), changes_of(changes))


router = Router(
    "/",
    route_handlers=[
        list_all, get_one, get_document, publish_one, approve_one, retire_one, revoke_one,
        uses_of_one, changes_of_one,
    ],
    tags=["Playbooks"],
)  # fmt: skip
