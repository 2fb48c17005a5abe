"""Rounds and check-ins: ask, take in, close, and publish the picture."""

import secrets
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from calamity.actions.compose import Composer, codes_for
from calamity.actions.dispatch import dispatch, members_of
from calamity.actions.seal import seal_timeline
from calamity.actions.settle import end_act
from calamity.domain.activation import Snapshot, span
from calamity.domain.errors import Conflict, NotFound, Refused
from calamity.domain.picture import NO_VIEW, OFFICIALS, TEAM, UNSAFE, coarser, team_picture
from calamity.domain.playbook import Group, Round
from calamity.domain.privacy import scan
from calamity.domain.timeline import PicturePublished, RoundClosed, RoundOpened, Visibility
from calamity.store import outbox, rounds
from calamity.store.calamities import get_calamity
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.municipalities import list_neighbourhoods
from calamity.store.tables import RoundRow, TaskRow
from calamity.store.timeline import append
from calamity.store.wakes import Wakes

SYSTEM = "system"
_SHORT_TEXT = 200


class CheckInForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What a professional says about a neighbourhood and a moment; nothing about people."""

    mood: Annotated[int, Meta(ge=NO_VIEW, le=UNSAFE)]
    direction: Literal["calmer", "same", "more-tense", "first-time"] = "first-time"
    source: list[Literal["seen", "residents", "colleagues", "public-media"]] = []
    signals: list[
        Literal[
            "questions", "staying-in", "groups-outside", "slogans", "blaming", "calls-to-gather",
            "shouting", "helping", "mourning", "support",
        ]
    ] = []  # fmt: skip
    needs: list[
        Literal[
            "safety", "rhythm", "together", "act-oneself", "outlook", "information",
            "practical-help", "professional-help",
        ]
    ] = []  # fmt: skip
    goes_well: Annotated[str, Meta(max_length=_SHORT_TEXT)] = ""
    advice: Annotated[str, Meta(max_length=_SHORT_TEXT)] = ""
    certainty: Annotated[int, Meta(ge=1, le=3)] = 2


async def open_round(
    session: Session,
    wakes: Wakes,
    composer: Composer,
    act: Round,
    *,
    snapshot: Snapshot,
    affected: list[str],
    at: datetime,
    by_role: str,
    task: TaskRow | None = None,
) -> RoundRow:
    """Ask audiences how their neighbourhood feels, until the closing time.

    Key figures answer one digit by SMS; professionals get a link of their own to the form.
    """
    calamity = composer.calamity
    places = {
        place.code: place.id
        for place in await list_neighbourhoods(session, calamity.municipality_id)
    }
    row = RoundRow(
        id=new_id(),
        municipality_id=calamity.municipality_id,
        calamity_id=calamity.id,
        task_id=task.id if task else None,
        number=await rounds.next_round_number(session, calamity.id),
        opened_at=at,
        closes_at=at + span(act.closes_after, calamity.tempo),
        asked=0,
    )
    await rounds.add_round(session, row)
    asked: list[rounds.Asked] = []
    for code in act.audiences:
        audience = composer.playbook.audience(code)
        before = {each.recipient_id for each in asked}
        members = [
            member
            for member in members_of(composer, code, snapshot, affected)
            if member.recipient_id not in before and member.neighbourhood in places
        ]
        uses_form = audience.of is Group.PROFESSIONALS and act.form is not None
        tokens = {each.recipient_id: secrets.token_urlsafe(16) for each in members}
        base = composer.terms.public_url
        codes: dict[str, str] = {}
        if not uses_form:
            ids = [each.recipient_id for each in members]
            codes = await codes_for(session, composer.terms, ids, round_id=row.id, at=at)
        _, reached = await dispatch(
            session,
            wakes,
            composer,
            audience=code,
            message=act.form if uses_form and act.form else act.message,
            members=members,
            at=at,
            by_role=by_role,
            task_id=task.id if task else None,
            round_id=row.id,
            until=row.closes_at,
            links={who: f"{base}/f/{token}" for who, token in tokens.items()} if uses_form else {},
            codes=codes,
        )
        asked += [
            rounds.Asked(
                each.recipient_id,
                places[each.neighbourhood],
                audience.of.value,
                tokens[each.recipient_id] if uses_form else None,
            )
            for each in reached
        ]
        if not uses_form:
            await outbox.ask(
                session,
                calamity_id=calamity.id,
                round_id=row.id,
                at=at,
                recipients=[(each.recipient_id, None) for each in reached],
                codes=codes,
            )
    await rounds.add_asked(session, row, asked)
    await append(
        session,
        calamity.id,
        RoundOpened(
            round_id=row.id,
            number=row.number,
            audiences=list(act.audiences),
            asked=len(asked),
            closes_at=row.closes_at,
        ),
        by_role=by_role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )
    await wakes.wake(
        session, "round", f"{row.municipality_id} {row.id}", (row.closes_at - at).total_seconds()
    )
    return row


async def take_in_mood(
    session: Session,
    round_id: str,
    municipality_id: str,
    recipient_id: str,
    *,
    mood: int,
    reply_id: str | None,
    form: bytes | None = None,
    at: datetime,
) -> bool | None:
    """Count an answer in an open round; return whether it replaced one, None if too late."""
    row = await rounds.get_round(session, municipality_id, round_id)
    if row.closed_at is not None or at > row.closes_at:
        return None
    asked = await rounds.find_asked(session, round_id, recipient_id)
    if asked is None:
        return None
    replaced = await rounds.add_check_in(
        session, asked, mood=mood, form=form, reply_id=reply_id, at=at
    )
    session.ring(row.calamity_id)
    return replaced


async def fill_in_form(
    session: Session, place: rounds.Form, form: CheckInForm, *, at: datetime
) -> bool:
    """Take in a professional's form; return whether it replaced an earlier one.

    Raises Refused, naming the field and never the words, for personal data in free text, and
    Conflict once the round is closed.
    """
    for name in ("goes_well", "advice"):
        blocked = [found for found in scan(getattr(form, name)) if found.severity == "blocked"]
        if blocked:
            raise Refused(
                "This text holds personal data. Leave out names, numbers and addresses; in danger "
                "call 112.",
                field=name,
            )
    replaced = await take_in_mood(
        session,
        place.round_id,
        place.municipality_id,
        place.recipient_id,
        mood=form.mood,
        reply_id=None,
        form=msgspec.json.encode(form),
        at=at,
    )
    if replaced is None:
        raise Conflict("This round is closed. Your next check-in is welcome in the next round.")
    return replaced


async def close_round(
    session: Session,
    wakes: Wakes,
    municipality_id: str,
    round_id: str,
    *,
    at: datetime,
    by_role: str = SYSTEM,
    early: bool = False,
) -> bool:
    """Close a round, freeze its answers and publish the pictures; return False if it was closed.

    A round closes at its time, or *early* on a coordinator's word. Nothing that comes later
    changes what is published here.
    """
    row = await rounds.get_round(session, municipality_id, round_id)
    if row.closed_at is not None:
        return False
    if at < row.closes_at and not early:
        return False
    row.closed_at = at
    await session.sql.flush()
    if row.task_id is not None:
        await end_act(session, wakes, row.task_id, at)
    await rounds.close_questions(session, round_id, at)
    await outbox.cancel_round(session, round_id, at)
    places = [place.place for place in await list_neighbourhoods(session, municipality_id)]
    answers = await rounds.answers_of(session, round_id)
    asked = await rounds.asked_by_place(session, round_id)
    picture = team_picture(places, answers, asked, TEAM)
    row.answered = picture.answered
    await append(
        session,
        row.calamity_id,
        RoundClosed(
            round_id=round_id, number=row.number, asked=picture.asked, answered=picture.answered
        ),
        by_role=by_role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )
    for audience, shown, visibility in (
        ("team", picture, Visibility.TEAM),
        ("officials", coarser(picture, places, OFFICIALS), Visibility.OFFICIALS),
    ):
        await rounds.add_picture(
            session,
            calamity_id=row.calamity_id,
            round_id=round_id,
            audience=audience,
            picture=shown,
            at=at,
        )
        await append(
            session,
            row.calamity_id,
            PicturePublished(round_id=round_id, audience=audience, picture=shown),  # type: ignore[arg-type]  # the literals above
            by_role=SYSTEM,
            at=at,
            visibility=visibility,
        )
    await seal_timeline(session, await get_calamity(session, municipality_id, row.calamity_id), at)
    return True


async def place_of_form(session: Session, token: str) -> rounds.Form:
    """Return the place in a round to which a link leads. Raises NotFound."""
    found = await rounds.find_form(session, token)
    if found is None:
        raise NotFound("This link does not lead to a check-in. Ask for a new one.", field="link")
    return found
