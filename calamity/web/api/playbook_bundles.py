"""Playbooks to and from others: bundles, CACAO documents, and what came in."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from calamity.actions import bundles
from calamity.actions.bindings import Gap, GapKind
from calamity.actions.bundles import export_bundle, look_at
from calamity.actions.cacao import export_cacao
from calamity.actions.imports import bring_in, merge_import, open_file, three_way
from calamity.domain.bundle import LARGEST
from calamity.domain.cacao import Crossing
from calamity.domain.permissions import Actor, Permission, UserRole
from calamity.domain.playbook import Words
from calamity.domain.playbook_changes import Choice
from calamity.domain.playbook_check import Fault
from calamity.store.imports import list_imports
from calamity.web.api.calamities import created
from calamity.web.api.document import takes
from calamity.web.api.playbook_words import Change, ShortLine, changes_of, lines_of
from calamity.web.api.wire import camel, wired
from calamity.web.auth import needs
from calamity.web.house import House, now
from calamity.web.paths import path

_ZIP = "application/zip"
_LARGEST = LARGEST + 1
_IMPORT = "/playbook-imports/{import_id:str}"


DraftFault = camel(Fault)


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


class Incoming(Struct, frozen=True, rename="camel"):
    """A playbook in a bundle, beside our newest version.

    *crossings* says what of another program's document did not come across, *faults* what is still
    to be finished in the draft that it becomes.
    """

    slug: str
    version: int
    sha256: str
    title: Words
    standing: str
    ours: int | None
    in_short: list[ShortLine]
    changes: list[Change]
    approved: Approval | None
    missing: list[Missing]
    crossings: list[Crossing]
    faults: list[DraftFault]  # type: ignore[valid-type]  # made at run time


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


@get(
    "/playbooks/{slug:str}/versions/{number:int}/cacao",
    guards=[needs(Permission.SEE_PLAYBOOKS)],
    responses={
        200: ResponseSpec(
            dict[str, object], generate_examples=False, description="A signed CACAO 2.0 document."
        )
    },
    name="api.cacao.export",
)
async def get_cacao(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
) -> Response[bytes]:
    """Return a version as a CACAO 2.0 document, signed by the municipality."""
    async with house.database.reading() as session:
        document, _ = await export_cacao(session, actor, slug, number, at=now())
    return Response(document, media_type="application/json")


@post(
    "/playbook-bundle/look",
    guards=[needs(Permission.PUBLISH)],
    operation_class=takes(
        _ZIP, "A bundle, a CACAO 2.0 document, or a document of ours in YAML or JSON."
    ),
    request_max_body_size=_LARGEST,
    status_code=200,
    name="api.bundle.look",
)
async def look(
    house: NamedDependency[House], actor: NamedDependency[Actor], request: Request[Any, Any, Any]
) -> Look:
    """Say who signed a bundle, what differs from ours, and what has no people here yet."""
    data = await request.body()
    async with house.database.reading() as session:
        bundle = await open_file(session, actor, data, at=now())
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
        lines_of(each.short),
        changes_of(each.changes),
        _approval(each),
        [_missing(gap) for gap in each.gaps],
        list(each.crossings),
        [wired(fault, DraftFault) for fault in each.faults],
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
    operation_class=takes(
        _ZIP, "A bundle, a CACAO 2.0 document, or a document of ours in YAML or JSON."
    ),
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
    data = await request.body()
    async with house.database.reading() as session:
        bundle = await open_file(session, actor, data, at=now())
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


router = Router(
    "/",
    route_handlers=[export, get_cacao, look, bring, imports, compared, merge],
    tags=["Playbooks"],
)
