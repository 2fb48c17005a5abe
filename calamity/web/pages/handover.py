"""The handover of a shift: a draft from the timeline, edited by a person, taken by the next."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from calamity.actions.handover import NewHandover, hand_over, take_over
from calamity.domain.errors import Mendable
from calamity.domain.matters import what_waits
from calamity.domain.permissions import Actor, Permission
from calamity.domain.timeline import EntryKind, TaskHanded
from calamity.store.accounts import list_users
from calamity.store.database import Session
from calamity.store.handovers import Handover, list_handovers
from calamity.store.timeline import Line
from calamity.web.auth import needs
from calamity.web.house import House
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
    wrong,
)
from calamity.web.pages.parts import REFUSED
from calamity.web.pages.scene import Scene, scene_of
from calamity.web.pages.task_lines import tasks_view
from calamity.web.paths import PATHS, path
from calamity.web.refusals import said
from calamity.web.sentences import own_words, sentence
from calamity.web.views import handover as views
from calamity.web.views.duties import DutyLine
from calamity.web.views.frame import Flash, Form
from calamity.web.views.room import TaskLine

_TOLD = (
    EntryKind.LEVEL, EntryKind.PHASE, EntryKind.DECISION, EntryKind.FACT, EntryKind.MEASURE,
    EntryKind.COMMITMENT, EntryKind.RUMOUR, EntryKind.TASK,
)  # fmt: skip
_LONGEST = 4000
_LINES = 20
_READ = 200
"""So many tasks are looked through for those that were handed to another role."""
_SHORT = 140


@get(PATHS["handover"], guards=[needs(Permission.SEE_ROOM)], name="handover.handover")
async def handover_page(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Show what was handed over, and a draft for the next time."""
    return await _handover_page(request, actor, calamity)


async def _handover_page(
    request: PageRequest, actor: Actor, calamity_id: str, form: Form | None = None
) -> Response[Any]:
    house = house_of(request)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
        handovers = await list_handovers(session, calamity_id, actor.sees)
        names = {each.id: each.name for each in await list_users(session, actor.municipality_id)}
        form = form or Form(values={"text": await draft_of(scene, session, house, handovers)})
    roles = {role.code: scene.title(role.code) for each in scene.playbooks for role in each.roles}
    view = views.HandoverPage(
        calamity=calamity_id,
        title=scene.calamity.title,
        handovers=tuple(
            views.HandoverLine(
                sequence=each.seq,
                role=scene.title(each.role),
                text=each.text,
                at=each.at,
                given_by=names.get(each.given_by or "", ""),
                taken_by=names.get(each.taken_by or "", ""),
                taken_at=each.taken_at,
                waits=each.waits,
                own=each.given_by == actor.user_id,
            )
            for each in handovers
        ),
        roles=tuple(roles.items()),
        closed=scene.calamity.closed_at is not None,
        form=form,
    )
    frame = await frame_of(request, calamity=scene.calamity)
    return page(request, "handover", frame, view, REFUSED if form.errors else 200)


async def draft_of(scene: Scene, session: Session, house: House, handovers: list[Handover]) -> str:
    """Return what happened since the last handover and what is still open, in plain lines."""
    say = scene.language
    since = handovers[0].seq if handovers else 0
    lines = [line for kind in _TOLD for line in await _since(scene, house, kind, since)]
    told = [_told(scene, each) for each in sorted(lines, key=lambda each: each.seq)[-_LINES:]]
    tasks = await tasks_view(scene, session, house)
    late = [f"- {_whose(each)} ({say.clock(each.due)})" for each in tasks.open if each.late]
    standing = await house.matters.read(scene.calamity.id, scene.actor.sees)
    soon = [
        f"- {_short(each.now.in_language(say.code))} ({say.moment(each.due_at)})"
        for each in what_waits(standing.matters, scene.at)
        if each.due_at is not None and each.due_at >= scene.at
    ]
    nothing = [f"- {say.text('nothing')}"]
    parts = (
        (say.text("What happened"), told),
        (say.text("What is late"), late),
        (say.text("What must be done soon"), soon),
    )
    blocks = ["\n".join([f"{title}:", *(rows or nothing)]) for title, rows in parts]
    asks = say.text("What you should know besides")
    return "\n\n".join([*blocks, f"{asks}:\n- "])[:_LONGEST]


async def _since(scene: Scene, house: House, kind: EntryKind, since: int) -> list[Line]:
    of_tasks = kind is EntryKind.TASK
    found = await house.timeline.newest(
        scene.calamity.id, scene.actor.sees, limit=_READ if of_tasks else _LINES, kind=kind
    )
    return [
        line
        for line, _ in found
        if line.seq > since
        and line.body is not None
        and (not of_tasks or isinstance(line.happening, TaskHanded))
    ]


def _whose(late: TaskLine | DutyLine) -> str:
    return f"{late.title}: {late.role}" if isinstance(late, TaskLine) else late.title


def _told(scene: Scene, line: Line) -> str:
    happening = line.happening
    if happening is None:
        return ""
    words = sentence(happening, scene.language, scene.names)
    own = own_words(happening, scene.language)
    clock = scene.language.clock(line.happened_at)
    return f"- {clock} {words} {_short(own)}" if own else f"- {clock} {words}"


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHORT else plain[: _SHORT - 3].rstrip() + "..."


class _HandedOver(Struct, frozen=True, forbid_unknown_fields=True):
    """The form of a handover."""

    role: str
    text: Annotated[str, Meta(max_length=_LONGEST)]


@post(
    PATHS["handover"], guards=[needs(Permission.WORK_TASKS)], status_code=200, name="handover.give"
)
async def give(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Hand a role over with the edited summary."""
    language = language_of(request)
    given, form = parse_form(_HandedOver, await form_of(request), language)
    if given is not None:
        try:
            async with house_of(request).database.transaction() as session:
                new = NewHandover(given.role, given.text)
                await hand_over(session, actor, calamity, new, at=now())
        except Mendable as error:
            form = wrong(form, error, language, at="text")
    if form.errors:
        return await _handover_page(request, actor, calamity, form)
    done = language.text("Handed over. The next one takes it here, by name.")
    return see_other(request, path("handover", calamity=calamity), done)


@post(
    PATHS["handover_take"],
    guards=[needs(Permission.WORK_TASKS)],
    status_code=200,
    name="handover.take",
)
async def take(
    request: PageRequest,
    actor: NamedDependency[Actor],
    calamity: FromPath[str],
    sequence: FromPath[int],
) -> Response[Any]:
    """Take a role over, under one's own name."""
    language = language_of(request)
    flash: str | Flash = language.text("You took it over.")
    try:
        async with house_of(request).database.transaction() as session:
            await take_over(session, actor, calamity, sequence, at=now())
    except Mendable as error:
        flash = Flash(said(error, language), "problem")
    return see_other(request, path("handover", calamity=calamity), flash)


HANDOVER = [handover_page, give, take]
