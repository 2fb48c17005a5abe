"""Playbooks to and from other municipalities: bundles, what came in, and the keys of others."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from calamity.actions import bundles
from calamity.actions import trust as trusting
from calamity.actions.bindings import Gap, GapKind
from calamity.actions.bundles import export_bundle, look_at, opened
from calamity.actions.imports import bring_in, merge_import, three_way
from calamity.domain.bundle import LARGEST
from calamity.domain.permissions import Actor, Permission, UserRole
from calamity.domain.playbook import Words
from calamity.domain.playbook_changes import Choice
from calamity.store.imports import list_imports
from calamity.store.keys import list_trusted_keys
from calamity.web.api.calamities import created
from calamity.web.api.document import takes
from calamity.web.api.playbook_words import Change, changes_of
from calamity.web.auth import needs
from calamity.web.house import House, now
from calamity.web.paths import path

_ZIP = "application/zip"
_LARGEST = LARGEST + 1
_IMPORT = "/playbook-imports/{import_id:str}"


class Signer(Struct, frozen=True, rename="camel"):
    """Who signed a bundle; without a fingerprint nobody did."""

    municipality: str
    fingerprint: str
    trusted_as: str | None


class Missing(Struct, frozen=True, rename="camel"):
    """Something that nobody, or too few, are bound to here, and the page where that is done.

    A `role`, an `audience`, a `circle` without an agreement for what is sent, a `neighbourhood`
    where nobody is of an audience, or the `map`: no neighbourhood is known at all.
    """

    kind: GapKind
    code: str
    name: Words
    needed: int
    held: int
    bound_at: str


class Approval(Struct, frozen=True):
    """Who approved a version at its origin: an office and a key, never a name."""

    office: UserRole | None
    municipality: str
    fingerprint: str
    at: datetime


class Incoming(Struct, frozen=True):
    """A playbook in a bundle, beside our newest version."""

    slug: str
    version: int
    sha256: str
    title: Words
    standing: str
    ours: int | None
    changes: list[Change]
    approved: Approval | None
    missing: list[Missing]


class Look(Struct, frozen=True):
    """What a bundle would bring; nothing is stored."""

    signer: Signer
    playbooks: list[Incoming]


class Brought(Struct, frozen=True, rename="camel"):
    """What became of one playbook: a draft, a submitted version, a merge that waits, or nothing."""

    slug: str
    sha256: str
    standing: str
    became: str
    version: int | None
    draft_id: str | None
    import_id: str | None


class AllBrought(Struct, frozen=True):
    """What became of each playbook of a bundle."""

    playbooks: list[Brought]


class Import(Struct, frozen=True, rename="camel"):
    """A document as it came in."""

    id: str
    slug: str
    version: int
    sha256: str
    municipality: str
    imported_by: str
    imported_at: datetime


class Imports(Struct, frozen=True):
    """All that came in, the newest first."""

    imports: list[Import]


class Difference(Struct, frozen=True):
    """A part that somebody changed; without a *choice* a person must choose."""

    part: str
    choice: str | None
    theirs: list[Change]
    ours: list[Change]
    between: list[Change]


class Differences(Struct, frozen=True, rename="camel"):
    """What they changed and what we changed since the version that both had."""

    has_base: bool
    ours: int
    theirs: int
    differences: list[Difference]


class Choices(Struct, frozen=True, forbid_unknown_fields=True):
    """By part: `ours` or `theirs`. What is not named is as proposed."""

    choices: dict[str, Choice] = {}


class Merged(Struct, frozen=True, rename="camel"):
    """The draft that a merge made."""

    draft_id: str
    revision: int


class TrustedKey(Struct, frozen=True, rename="camel"):
    """The key of another municipality."""

    id: str
    name: str
    fingerprint: str
    added_by: str
    added_at: datetime
    withdrawn_at: datetime | None


class Keys(Struct, frozen=True, rename="camel"):
    """Our own key, for others to trust, and those that we trust or did."""

    name: str
    public_key: str
    fingerprint: str
    trusted: list[TrustedKey]


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A key to trust: whose it is, and the fingerprint that was heard from them."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    fingerprint: Annotated[str, Meta(max_length=200)]


@get(
    "/playbook-bundle",
    guards=[needs(Permission.SEE_PLAYBOOKS)],
    responses={
        200: ResponseSpec(
            bytes, generate_examples=False, media_type=_ZIP, description="A signed bundle."
        )
    },
    name="api.bundle.export",
)
async def export(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: Annotated[list[str] | None, QueryParameter()] = None,
) -> Response[bytes]:
    """Return playbooks in one signed file, to hand over; without a slug, all that are in use."""
    async with house.database.reading() as session:
        data = await export_bundle(session, actor, [(each, None) for each in slug or ()])
    return Response(
        data,
        media_type=_ZIP,
        headers={"Content-Disposition": 'attachment; filename="playbooks.calamity.zip"'},
    )


@post(
    "/playbook-bundle/look",
    guards=[needs(Permission.PUBLISH)],
    operation_class=takes(_ZIP, "A bundle, or one document in YAML or JSON."),
    request_max_body_size=_LARGEST,
    status_code=200,
    name="api.bundle.look",
)
async def look(
    house: NamedDependency[House], actor: NamedDependency[Actor], request: Request[Any, Any, Any]
) -> Look:
    """Say who signed a bundle, what differs from ours, and what has no people here yet."""
    bundle = opened(await request.body(), "playbook.yaml")
    async with house.database.reading() as session:
        seen = await look_at(session, actor, bundle)
    return Look(
        Signer(seen.signer.municipality, seen.signer.fingerprint, seen.signer.trusted_as),
        [_incoming(each) for each in seen.playbooks],
    )


def _incoming(each: bundles.Incoming) -> Incoming:
    return Incoming(
        each.provenance.slug,
        each.provenance.version,
        each.provenance.sha256,
        each.title,
        each.standing,
        each.ours,
        changes_of(each.changes),
        _approval(each),
        [_missing(gap) for gap in each.gaps],
    )


def _missing(gap: Gap) -> Missing:
    """Return a gap with the page where somebody fills it."""
    return Missing(gap.kind, gap.code, gap.name, gap.needed, gap.held, path(gap.room))


def _approval(each: bundles.Incoming) -> Approval | None:
    approved = each.provenance.approved
    if approved is None:
        return None
    return Approval(each.provenance.office, approved.named, each.approved_with, approved.at)


@post(
    "/playbook-bundle",
    guards=[needs(Permission.PUBLISH)],
    operation_class=takes(_ZIP, "A bundle, or one document in YAML or JSON."),
    request_max_body_size=_LARGEST,
    name="api.bundle.import",
)
async def bring(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    request: Request[Any, Any, Any],
    *,
    submit: Annotated[bool, QueryParameter()] = False,
    although_untrusted: Annotated[bool, QueryParameter(name="althoughUntrusted")] = False,
) -> Response[AllBrought]:
    """Take over a bundle: as drafts, or as submitted versions that a second person approves."""
    bundle = opened(await request.body(), "playbook.yaml")
    async with house.database.transaction() as session:
        done = await bring_in(
            session,
            actor,
            bundle,
            submit=submit,
            although_untrusted=although_untrusted,
            at=now(),
        )
    told = [
        Brought(
            each.slug,
            each.sha256,
            each.standing,
            each.became,
            each.number,
            each.draft_id,
            each.import_id,
        )
        for each in done
    ]
    return created(AllBrought(told), "/v1/playbook-imports")


@get("/playbook-imports", guards=[needs(Permission.PUBLISH)], name="api.imports.list")
async def imports(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Imports:
    """List what came in from other municipalities."""
    async with house.database.reading() as session:
        found = await list_imports(session, actor.municipality_id)
    return Imports(
        [
            Import(
                each.id,
                each.slug,
                each.number,
                each.sha256,
                each.provenance.municipality,
                each.imported_by,
                each.imported_at,
            )
            for each in found
        ]
    )


@get(_IMPORT + "/differences", guards=[needs(Permission.PUBLISH)], name="api.imports.differences")
async def compared(
    house: NamedDependency[House], actor: NamedDependency[Actor], import_id: FromPath[str]
) -> Differences:
    """Say part by part what they changed, what we changed, and where both did."""
    async with house.database.reading() as session:
        found = await three_way(session, actor, import_id)
    return Differences(
        found.has_base,
        found.ours.number,
        found.imported.number,
        [
            Difference(
                each.part,
                each.choice,
                changes_of(each.theirs),
                changes_of(each.ours),
                changes_of(each.between),
            )
            for each in found.differences
        ],
    )


@post(_IMPORT + "/merge", guards=[needs(Permission.PUBLISH)], name="api.imports.merge")
async def merge(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    import_id: FromPath[str],
    data: JSONBody[Choices],
) -> Response[Merged]:
    """Make a draft of ours with the chosen parts of theirs."""
    async with house.database.transaction() as session:
        draft = await merge_import(session, actor, import_id, data.choices, at=now())
    return created(Merged(draft.id, draft.revision), f"/v1/playbook-drafts/{draft.id}")


@get("/trusted-keys", guards=[needs(Permission.TRUST_KEYS)], name="api.keys.list")
async def list_keys(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Keys:
    """Return our own key, and those of others that are or were trusted."""
    async with house.database.reading() as session:
        own = await trusting.own_key(session, actor.municipality_id)
        found = await list_trusted_keys(session, actor.municipality_id)
    trusted = [
        TrustedKey(
            each.id, each.name, each.fingerprint, each.added_by, each.added_at, each.withdrawn_at
        )
        for each in found
    ]
    return Keys(own.name, own.key, own.fingerprint, trusted)


@post("/trusted-keys", guards=[needs(Permission.TRUST_KEYS)], name="api.keys.add")
async def trust(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: JSONBody[NewKey]
) -> Response[dict[str, str]]:
    """Trust the key of another municipality."""
    async with house.database.transaction() as session:
        key_id = await trusting.trust(session, actor, data.name, data.fingerprint, at=now())
    return created({"id": key_id}, "/v1/trusted-keys")


@post(
    "/trusted-keys/{key_id:str}/withdraw",
    guards=[needs(Permission.TRUST_KEYS)],
    status_code=204,
    name="api.keys.withdraw",
)
async def distrust(
    house: NamedDependency[House], actor: NamedDependency[Actor], key_id: FromPath[str]
) -> None:
    """Trust a key no longer; what came in before stays."""
    async with house.database.transaction() as session:
        await trusting.distrust(session, actor, key_id, at=now())


router = Router(
    "/",
    route_handlers=[
        export, look, bring, imports, compared, merge, list_keys, trust, distrust,
    ],
    tags=["Playbooks"],
)  # fmt: skip
