"""Rounds: who is asked, what counts, and what a closing publishes."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import update
from sqlmodel import col

from calamity.actions.check_in import CheckInForm, close_round, fill_in_form, place_of_form
from calamity.domain.errors import Conflict, NotFound, Refused
from calamity.domain.timeline import PicturePublished, RoundClosed, RoundOpened, Sealed
from calamity.store import rounds
from calamity.store.tables import KeyFigureRow
from tests.actions.play import inbound
from tests.make import T0, ids_of, later, make_activation

OPENED, CLOSES = later(minutes=2), later(hours=4, minutes=2)


@pytest.fixture
async def asked(play, database, wakes, town):
    """A calamity with a round that is open; kf8 did not agree to questions."""
    async with database.transaction() as session:
        await session.sql.execute(
            update(KeyFigureRow)
            .where(col(KeyFigureRow.recipient_id) == town["kf8"].id)
            .values(asks=False)
        )
    made = await make_activation(database, wakes, town)
    for step in ("give", "facts"):
        await play.start(made.calamity_id, step, T0)
    await play.send(later(minutes=1))
    await play.start(made.calamity_id, "ask", OPENED)
    await play.send(later(minutes=3))
    return made


async def the_round(play, made):
    async with play.database.reading() as session:
        return (await rounds.list_rounds(session, made.calamity_id))[0]


async def close(play, made, at=CLOSES, **more) -> bool:
    row = await the_round(play, made)
    async with play.database.transaction() as session:
        return await close_round(session, play.wakes, play.town.id, row.id, at=at, **more)


async def pictures(play, made, audience="team"):
    async with play.database.reading() as session:
        found = await rounds.list_pictures(session, made.calamity_id, audience)
    return [each.picture for each in found]


async def link_of(play, name) -> str:
    (text,) = await play.texts(to=play.town[name], purpose="ask")
    return text.body.rsplit("/", 1)[1]


async def fill_in(play, name, form, at):
    async with play.database.transaction() as session:
        place = await place_of_form(session, await link_of(play, name))
        return await fill_in_form(session, place, form, at=at)


async def test_only_who_agreed_is_asked(play, asked, town):
    expected = ids_of([*town.named("kf")[:7], *town.named("pro")])
    assert {text.to for text in await play.texts(purpose="ask")} == expected
    row = await the_round(play, asked)
    assert (row.number, row.asked, row.closes_at) == (1, 10, CLOSES)
    (entry,) = await play.happened(asked.calamity_id, RoundOpened)
    assert (entry.asked, entry.audiences) == (10, ["friends", "street"])


async def test_an_open_round_is_not_closed_before_its_time(play, asked):
    assert not await close(play, asked, CLOSES - timedelta(seconds=1))
    assert await pictures(play, asked) == []


async def test_a_closing_publishes_a_picture_for_the_team_and_one_for_officials(play, asked, town):
    for number in range(1, 8):
        await play.reply(town[f"kf{number}"], "4", later(minutes=10))
    assert await close(play, asked)
    (team,), (officials,) = await pictures(play, asked), await pictures(play, asked, "officials")
    assert (team.asked, team.k, officials.k) == (10, 3, 5)
    assert {cell.mood for cell in team.groups if cell.mood is not None} == {4}
    entries = await play.happened(asked.calamity_id, PicturePublished)
    assert [entry.audience for entry in entries] == ["team", "officials"]
    assert [entry.picture for entry in entries] == [team, officials]
    (closed,) = await play.happened(asked.calamity_id, RoundClosed)
    assert (closed.asked, closed.answered) == (10, team.answered)
    assert (await play.happened(asked.calamity_id))[-1].__class__ is Sealed
    verdict = await play.verdict(asked.calamity_id)
    assert (verdict.intact, verdict.seals) == (True, 1)


async def test_silence_is_coverage_and_not_calm(play, asked, town):
    await play.reply(town["kf1"], "5", later(minutes=10))
    await close(play, asked)
    (team,) = await pictures(play, asked)
    assert team.asked == 10
    assert all(cell.mood is None for cell in team.groups), "one answer is too few to show"


async def test_closings_at_once_publish_once(play, asked, town):
    for number in range(1, 8):
        await play.reply(town[f"kf{number}"], "2", later(minutes=10))
    closed = await asyncio.gather(*(close(play, asked) for _ in range(6)))
    assert sorted(closed) == [False] * 5 + [True]
    assert len(await play.happened(asked.calamity_id, PicturePublished)) == 2
    assert len(await pictures(play, asked)) == 1


async def test_answers_and_closing_at_once_agree(play, asked, town):
    for number in range(1, 8):
        await play.keep(inbound(town[f"kf{number}"], "3"), at=CLOSES)
    await asyncio.gather(play.read(CLOSES), close(play, asked))
    await play.read(CLOSES)
    row = await the_round(play, asked)
    (picture,) = await pictures(play, asked)
    assert row.answered == picture.answered
    assert (await play.verdict(asked.calamity_id)).intact


async def test_late_answers_change_nothing(play, asked, town):
    for number in range(1, 7):
        await play.reply(town[f"kf{number}"], "2", later(minutes=10))
    await close(play, asked)
    before = await pictures(play, asked)
    await play.reply(town["kf7"], "5", CLOSES)
    await play.reply(town["kf1"], "5", CLOSES)
    with pytest.raises(Conflict):
        await fill_in(play, "pro1", CheckInForm(mood=5), CLOSES)
    assert await pictures(play, asked) == before
    assert not await close(play, asked, later(hours=6))


async def test_a_coordinator_may_close_early(play, asked):
    assert await close(play, asked, later(hours=1), early=True, by_role="coordinator")
    assert (await the_round(play, asked)).closed_at == later(hours=1)


async def test_questions_that_did_not_leave_are_cancelled_at_closing(play, database, wakes, town):
    made = await make_activation(database, wakes, town)
    await play.start(made.calamity_id, "give", T0)
    await play.send(T0)
    await play.start(made.calamity_id, "ask", OPENED)
    await close(play, made)
    assert {text.state for text in await play.texts(purpose="ask")} == {"cancelled"}


async def test_who_is_being_asked_is_not_asked_again(play, asked, database, wakes, town):
    second = await make_activation(
        database, wakes, town, request_key="request-0002", at=later(days=1, hours=1)
    )
    await play.start(second.calamity_id, "give", later(days=1, hours=1))
    await play.start(second.calamity_id, "ask", later(days=1, hours=1))
    assert len(await play.texts(to=town["kf1"], purpose="ask")) == 1


async def test_a_professional_fills_in_the_form_behind_their_own_link(play, asked, town):
    form = CheckInForm(mood=3, signals=["questions"], needs=["information"])
    assert not await fill_in(play, "pro1", form, later(minutes=5))
    assert await fill_in(play, "pro1", CheckInForm(mood=4), later(minutes=6)), "replaced"
    async with play.database.reading() as session:
        row = await the_round(play, asked)
        assert [each.mood for each in await rounds.answers_of(session, row.id)] == [4]
        place = await place_of_form(session, await link_of(play, "pro2"))
        assert (place.recipient_id, place.neighbourhood_code) == (town["pro2"].id, "W2")


async def test_a_link_of_nobody_leads_nowhere(play, asked):
    async with play.database.reading() as session:
        with pytest.raises(NotFound):
            await place_of_form(session, "guessed-by-somebody-00")


@pytest.mark.parametrize(
    "words", ["Bel 06 12345678", "mail naar iemand@example.org", "IBAN NL91 ABNA 0417 1643 00"]
)
@pytest.mark.parametrize("field", ["goes_well", "advice"])
async def test_personal_data_in_a_form_is_refused_without_an_echo(play, asked, words, field):
    form = CheckInForm(mood=3, **{field: words})
    with pytest.raises(Refused) as refused:
        await fill_in(play, "pro1", form, later(minutes=5))
    assert refused.value.field == field
    assert not set(refused.value.message.split()) & (set(words.split()) - {"naar"})
    async with play.database.reading() as session:
        assert await rounds.count_answered(session, (await the_round(play, asked)).id) == 0


def test_a_form_takes_no_field_about_people():
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"mood":3,"name":"x"}', type=CheckInForm)
