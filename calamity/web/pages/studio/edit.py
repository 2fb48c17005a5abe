"""The studio of one draft: the page, and each look at what somebody typed."""

import asyncio
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.domain.errors import CalamityError, Conflict, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_changes.wording import WORDINGS
from calamity.domain.playbook_check import MAX_BYTES, Blocks, json_schema
from calamity.domain.playbook_form import refers_to
from calamity.store.blocks import blocks_of
from calamity.store.drafts import Draft, get_draft, writers_in
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.forms import number_in
from calamity.web.pages.frame import PageRequest, Sent, frame_of, house_of, language_of, page
from calamity.web.pages.names import Names, names_of
from calamity.web.pages.studio.begin import LARGEST_SOURCE, title_in
from calamity.web.pages.studio.desk import Change, Changed, changed, desk_of
from calamity.web.paths import PATHS
from calamity.web.refusals import said
from calamity.web.render import Renderer
from calamity.web.views.studio import Clash, Studio

T = TypeVar("T")


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source as it stands on the screen, and what was done to it in a form."""

    source: str
    change: Change


class Seen(msgspec.Struct, frozen=True):
    """The answer to a look: the source after it, and the parts of the page."""

    source: str
    part: str
    problem: str
    told: str
    html: dict[str, str]
    faults: list[dict[str, Any]]
    names: dict[str, list[tuple[str, str]]]


class AtHand(msgspec.Struct, frozen=True):
    """A draft that can still be edited, the blocks to build it with, and who is called what."""

    draft: Draft
    blocks: Blocks
    names: Names
    writers: list[str]

    @property
    def saved_by(self) -> str:
        """The name of who saved it last."""
        return self.name(self.draft.saved_by)

    def name(self, login: str) -> str:
        """Return the name of a colleague."""
        return self.names.get(login, login)


async def draft_at_hand(request: PageRequest, actor: Actor, draft_id: str) -> AtHand:
    """Return a draft with all around it. Raises NotFound, and Conflict for a submitted one."""
    async with house_of(request).database.reading() as session:
        draft = await get_draft(session, actor.municipality_id, draft_id)
        if draft.version_id is not None:
            raise Conflict(
                "This draft was submitted. Begin a new draft from the version.", field="draft"
            )
        return AtHand(
            draft,
            await blocks_of(session, actor.municipality_id),
            await names_of(session, actor.municipality_id),
            await writers_in(session, draft_id),
        )


@get(PATHS["studio_language"], name="studio.language", guards=[needs(Permission.PUBLISH)])
async def language() -> Response[bytes]:
    """Return what completion needs to know of the language."""
    known = {place: named for place in WORDINGS if (named := refers_to(place))}
    body = msgspec.json.encode({"schema": json_schema(), "refers": known})
    return Response(body, media_type="application/json")


@get(PATHS["studio"], name="studio", guards=[needs(Permission.PUBLISH)])
async def studio(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], draft: FromPath[str]
) -> Response[Any]:
    """Show the studio of a draft."""
    return await studio_page(request, actor, draft)


async def studio_page(
    request: PageRequest,
    actor: Actor,
    draft_id: str,
    *,
    source: str | None = None,
    clash: Clash | None = None,
    problem: str = "",
) -> Response[Any]:
    """Answer with the studio; with a *source* that could not be saved it stands there unsaved."""
    there = await draft_at_hand(request, actor, draft_id)
    draft = there.draft
    words = draft.source if source is None else source
    part = request.query_params.get("part", "general")
    desk = await asyncio.to_thread(desk_of, words, part, there.blocks, language_of(request))
    view = Studio(
        id=draft.id,
        slug=draft.slug,
        title=title_in(draft),
        revision=draft.revision,
        saved_by=there.saved_by,
        saved_at=draft.saved_at,
        desk=desk,
        clash=clash,
        problem=problem,
    )
    frame = await frame_of(request, here="playbooks")
    return page(request, "studio", frame, view, 409 if clash else 422 if problem else 200)


@post(
    PATHS["studio_look"],
    name="studio.look",
    guards=[needs(Permission.PUBLISH)],
    request_max_body_size=LARGEST_SOURCE,
    status_code=200,
)
async def look(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], draft: FromPath[str]
) -> Response[bytes]:
    """Check what is on the screen, with a change put into it. Nothing is stored."""
    sent = decoded(await request.body(), Look)
    blocks = (await draft_at_hand(request, actor, draft)).blocks
    language = language_of(request)
    problem, done = "", Changed(sent.source, sent.change.part)
    try:
        done = await asyncio.to_thread(changed, sent.source, sent.change, blocks)
    except CalamityError as error:
        problem = said(error, language)
    desk = await asyncio.to_thread(desk_of, done.source, done.part, blocks, language)
    frame = await frame_of(request)
    renderer: Renderer = request.app.state.renderer
    html = {
        name: renderer.partial(f"studio_{name}", frame, desk)
        for name in ("outline", "form", "faults")
    }
    return json(
        Seen(
            done.source,
            desk.part,
            problem,
            _elsewhere(done.elsewhere, language),
            html,
            [msgspec.structs.asdict(fault) for fault in desk.faults],
            {name: list(each) for name, each in desk.names.items()},
        )
    )


def _elsewhere(places: int, language: Language) -> str:
    if not places:
        return ""
    return language.plural(
        "The new code now also stands in %(num)s other place that names this part.",
        "The new code now also stands in %(num)s other places that name this part.",
        places,
    )


def revision_in(sent: Sent) -> int:
    """Return the revision that a form without scripts was read at. Raises Refused."""
    revision = number_in(sent.get("revision", [""])[-1])
    if revision is None:
        raise Refused("This form cannot be read. Open the page again.")
    return revision


def decoded(body: bytes, kind: type[T]) -> T:
    """Read what the studio sends of itself. Raises Refused."""
    try:
        sent = msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise Refused("This form cannot be read. Open the page again.") from error
    source = getattr(sent, "source", "")
    if len(source) > MAX_BYTES:
        raise Refused("The document is larger than 512 KB. Make it shorter.", field="source")
    return sent


def json(value: object, status: int = 200) -> Response[bytes]:
    """Answer the studio."""
    body = msgspec.json.encode(value)
    return Response(body, media_type="application/json", status_code=status)
