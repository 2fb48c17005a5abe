"""Rehearsing a playbook on paper: who would be called when, where it stalls, who gets too much."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Annotated, Any, Literal

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from calamity.actions.rehearse import rehearse
from calamity.domain.activation import Given
from calamity.domain.dispatch import Held
from calamity.domain.errors import CalamityError, NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Playbook
from calamity.domain.rehearsal import (
    Answering,
    Rehearsal,
    RehearsalRequest,
    Rehearsed,
    Snag,
    Snagged,
    What,
)
from calamity.store.municipalities import list_neighbourhoods
from calamity.store.playbooks import find_version
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.frame import (
    PageRequest,
    Sent,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    parse_form,
    wrong,
)
from calamity.web.pages.plan import REASONS
from calamity.web.pages.previews import typed_moment
from calamity.web.paths import PATHS
from calamity.web.views import rehearsal as views
from calamity.web.views.frame import Form
from calamity.web.views.start import Unreachable

_ANSWER = "answer-"
_MARKS: Mapping[What, Literal["phase", "bad", "good"]] = {
    What.PHASE: "phase",
    What.NOBODY: "bad",
    What.NOT_FILLED: "bad",
    What.FILLED: "good",
}


class RehearsalForm(Struct, frozen=True):
    """What is filled in; a blank moment is now, a blank level what the playbook proposes."""

    at: str = ""
    answering: Answering = "all"
    level: Annotated[int, Meta(ge=0, le=3)] | None = None
    affected: list[str] = []


@get(PATHS["rehearsal"], name="rehearsal", guards=[needs(Permission.SEE_PLAYBOOKS)])
async def rehearsal(
    request: PageRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    version: FromPath[int],
) -> Response[Any]:
    """Ask how it goes, and show what would happen. It can be asked again by its address."""
    house, language = house_of(request), language_of(request)
    done: Rehearsal | None = None
    async with house.database.reading() as session:
        found = await find_version(session, actor.municipality_id, slug, version)
        if found is None:
            raise NotFound("This playbook version does not exist.", field="version")
        places = await list_neighbourhoods(session, actor.municipality_id)
        asked, form = asked_of(_query(request), found.playbook, language)
        try:
            if asked is not None and request.query_params:
                done = await rehearse(
                    session, house.terms, actor, found.playbook, request=asked, at=now()
                )
        except CalamityError as error:
            form = wrong(form, error, language)
    view = views.RehearsalPage(
        slug=slug,
        version=version,
        title=found.playbook.title.in_language(language.code),
        form=form,
        questions=tuple(
            (f"{_ANSWER}{each.code}", each.text.in_language(language.code))
            for each in found.playbook.questions
        ),
        neighbourhoods=tuple((place.code, place.name) for place in places),
        done=rehearsed_view(done, language) if done else None,
    )
    frame = await frame_of(request, here="playbooks")
    return page(request, "rehearsal", frame, view, 422 if form.errors else 200)


def _query(request: PageRequest) -> Sent:
    sent: Sent = {}
    for name, value in request.query_params.multi_items():
        sent.setdefault(name, []).append(value)
    return sent


def asked_of(
    sent: Sent, playbook: Playbook, language: Language
) -> tuple[RehearsalRequest | None, Form]:
    """Return what is to be rehearsed, or None and the form with its faults."""
    answers: dict[str, Given] = {}
    for question in playbook.questions:
        match sent.get(f"{_ANSWER}{question.code}", [""])[-1]:
            case "yes":
                answers[question.code] = "yes"
            case "no":
                answers[question.code] = "no"
    rest = {name: given for name, given in sent.items() if not name.startswith(_ANSWER)}
    filled, form = parse_form(RehearsalForm, rest, language)
    shown = {name: given[-1] for name, given in sent.items() if given}
    form = Form(values=shown, chosen=form.chosen, errors=form.errors)
    if filled is None:
        return None, form
    at, fault = typed_moment(filled.at, language)
    if fault:
        return None, Form(form.values, form.chosen, {**form.errors, "at": fault})
    return RehearsalRequest(
        at=at if filled.at else None,
        answering=filled.answering,
        level=filled.level,
        answers=answers,
        affected=filled.affected,
    ), form


def rehearsed_view(done: Rehearsal, language: Language) -> views.Rehearsed:
    """Return a rehearsal of a version or a draft as `partials/rehearsal.html` shows it."""
    code = language.code

    def said(snags: Iterator[Snag]) -> tuple[str, ...]:
        return tuple(snag.said.in_language(code) for snag in snags)

    days = groupby(done.events, key=lambda event: language.local(event.at).date())
    left_out = Snagged.LEFT_OUT
    return views.Rehearsed(
        t0=done.t0,
        level=done.level,
        is_proposed=done.is_proposed,
        stalls=said(snag for snag in done.snags if snag.stalls),
        snags=said(s for s in done.snags if not s.stalls and s.kind is not left_out),
        left_out=said(snag for snag in done.snags if snag.kind is left_out),
        days=tuple(
            views.Day(all_[0].at, tuple(_happens(event, language) for event in all_))
            for all_ in (list(events) for _, events in days)
        ),
        roles=tuple(
            views.Load(
                load.title.in_language(code),
                load.people,
                load.deputies,
                tuple(
                    (duty.due_at, duty.step, duty.title.in_language(code))
                    for duty in load.duties
                ),
            )
            for load in done.roles
        ),
        most=tuple(
            views.Most(
                language.text(each.group.replace("-", " ")),
                each.day, each.texts, each.people, tuple(each.names),
            )
            for each in done.busiest
        ),
        texts=done.texts,
        parts=done.parts,
        cost=done.cost,
    )  # fmt: skip


def _happens(event: Rehearsed, language: Language) -> views.Happens:
    waits = event.leaves_at is not None and event.leaves_at > event.at
    return views.Happens(
        at=event.at,
        text=event.said.in_language(language.code),
        mark=_MARKS.get(event.what, "plain"),
        step=event.step,
        people=event.people if event.what in (What.SENT, What.ROUND) else 0,
        held=tuple(
            Unreachable(reason=REASONS[Held(why)], count=count) for why, count in event.held.items()
        ),
        parts=event.parts,
        leaves_at=event.leaves_at if waits else None,
        sent_at=event.sent_at if event.parts else None,
        names=tuple(event.names),
    )


REHEARSAL = [rehearsal]
