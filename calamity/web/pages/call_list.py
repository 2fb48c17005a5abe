"""The call list: whom to phone by hand, on paper, when no message gets through any more.

It is made when it is asked for, and nothing is kept of it.
"""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import structs

from calamity.domain.call_out import OPEN_RUNGS, CallOutState, Rung
from calamity.domain.permissions import Actor, Permission
from calamity.domain.phone import read_any_phone
from calamity.domain.playbook import CallOut
from calamity.domain.spoken import as_spoken
from calamity.store import call_outs
from calamity.store.call_outs import Roster, RosterLine
from calamity.store.people import Recipient, list_recipients
from calamity.web.auth import needs
from calamity.web.pages.frame import PageRequest, frame_of, house_of, page
from calamity.web.pages.scene import Scene, scene_of
from calamity.web.paths import PATHS
from calamity.web.sentences import N_
from calamity.web.typeset import typeset
from calamity.web.views import call_list as views

_WORDS = {
    "say": N_("Say who you are, and then:"),
    "ask": N_(
        "Ask: are you coming, do you come later, or can you not come? Leave no more than your name "
        "and number on a voicemail."
    ),
    "everybody": N_("Everybody who was called has answered."),
    "nobody": N_("No call-out is running: there is nobody to call."),
    "name": N_("Name"),
    "role": N_("Role"),
    "number": N_("Number"),
    "answer": N_("Answer"),
    "yes": N_("is coming"),
    "late": N_("comes later"),
    "no": N_("cannot come"),
    "page": N_("page"),
}
_TO_CALL = (*OPEN_RUNGS, Rung.UNREACHABLE, Rung.WAITING)


@get(PATHS["call_list"], guards=[needs(Permission.SEE_ROOM)], name="call_list")
async def call_list(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Show who has not answered, in the order of the ladder, and what to say."""
    view, _ = await _found(request, actor, calamity)
    return page(request, "call_list", await frame_of(request), view)


@get(PATHS["call_list_pdf"], guards=[needs(Permission.SEE_ROOM)], name="call_list.pdf")
async def call_list_pdf(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Answer with the list as a tagged PDF, with numbers for who may see them."""
    view, scene = await _found(request, actor, calamity)
    return Response(
        await typeset("call_list", _on_paper(view, scene)),
        media_type="application/pdf",
        headers={
            "Content-Disposition": 'attachment; filename="call-list.pdf"',
            "Cache-Control": "no-store",
        },
    )


async def _found(
    request: PageRequest, actor: Actor, calamity: str
) -> tuple[views.CallListPage, Scene]:
    async with house_of(request).database.reading() as session:
        scene = await scene_of(request, session, actor, calamity)
        steps = await call_outs.call_out_steps(session, calamity)
        found = [
            each
            for each in await call_outs.rosters(session, calamity)
            if each.state is not CallOutState.FILLED and scene.calamity.closed_at is None
        ]
        silent = [line.recipient_id for each in found for line in _to_call(each)]
        people = await list_recipients(session, silent)
    lists = []
    for roster in found:
        origin = steps[roster.id]
        step = scene.step(origin.activation_id, origin.step)
        if isinstance(step.act, CallOut):
            title = step.title.in_language(scene.language.code)
            texts = scene.versions[origin.activation_id].playbook.message(step.act.message).texts
            said: dict[str, str] = {each: as_spoken(text) for each, text in texts.items()}
            words = scene.verbatim(said, step.act.message)
            lists.append(
                _list(scene, roster, step.act.roles, title=title, words=words, people=people)
            )
    view = views.CallListPage(
        calamity=calamity,
        title=scene.calamity.title,
        made_at=scene.at,
        lists=tuple(lists),
        shows_numbers=actor.may(Permission.STEER),
    )
    return view, scene


def _on_paper(view: views.CallListPage, scene: Scene) -> dict[str, Any]:
    say = scene.language
    title = f"{say.text('Call list')}: {view.title}"
    return {
        "language": say.code,
        "municipality": scene.municipality,
        "title": f"{say.text('EXERCISE')}: {title}" if scene.calamity.is_exercise else title,
        "lists": [
            structs.asdict(each)
            | {
                "coming": say.text(
                    "%(coming)s of %(quota)s people come. Stop calling once there are enough.",
                    coming=each.coming,
                    quota=each.quota,
                ),
                "lines": [
                    structs.replace(line, role=f"{line.role} ({say.text('deputy')})")
                    if line.rank > 1
                    else line
                    for line in each.lines
                ],
            }
            for each in view.lists
        ],
        "words": {name: say.text(words) for name, words in _WORDS.items()}
        | {
            "made": say.text(
                "Made %(moment)s. Answers that came in later are not on it.",
                moment=say.moment(view.made_at),
            )
        },
    }


def _to_call(roster: Roster) -> list[RosterLine]:
    return [line for line in roster.lines if line.answer is None and line.state in _TO_CALL]


def _list(
    scene: Scene,
    roster: Roster,
    roles: list[str],
    *,
    title: str,
    words: tuple[str, str],
    people: dict[str, Recipient],
) -> views.CallList:
    lines = sorted(_to_call(roster), key=lambda line: (roles.index(line.role), line.rank))
    shows_numbers = scene.actor.may(Permission.STEER)
    return views.CallList(
        title=title,
        quota=roster.quota,
        coming=roster.coming,
        words=words[0],
        words_language=words[1],
        lines=tuple(
            views.CallListLine(
                name=line.name,
                role=scene.title(line.role),
                rank=line.rank,
                phone=_number(people.get(line.recipient_id)) if shows_numbers else "",
                email=people[line.recipient_id].email if shows_numbers else "",
                called_at=line.called_at,
            )
            for line in lines
        ),
    )


def _number(person: Recipient | None) -> str:
    return read_any_phone(person.phone).shown if person else ""


CALL_LISTS = [call_list, call_list_pdf]
