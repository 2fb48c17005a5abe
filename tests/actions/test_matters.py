"""Facts, rumours, promises, measures, decisions: said, changed and ended; and who hears of it."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, update

from calamity.actions.decide import correct, erase
from calamity.actions.handover import NewHandover, hand_over, take_over
from calamity.actions.matters import (
    ChangedStatement,
    MatterEnd,
    NewStatement,
    change_matter,
    end_matter,
    state,
)
from calamity.actions.tell import Aim, NewTelling, draft_telling, plan_telling, tell
from calamity.actions.write import LookAgain
from calamity.domain.errors import Conflict, Forbidden, NotFound, Refused
from calamity.domain.matters import by_weight, what_waits
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.timeline import DispatchQueued, Visibility
from calamity.store.handovers import list_handovers
from calamity.store.matters import MatterReader
from calamity.store.tables import MessageRow
from calamity.store.timeline import TimelineReader
from tests.make import T0, ids_of, later, make_activation

DUE = later(hours=2)
PROMISE = {"kind": "commitment", "text": "We komen morgen langs", "to": "de sportclubs in Wijk 1",
           "owner": "NET", "due_at": DUE}  # fmt: skip
MEASURE = {"kind": "measure", "text": "Agenten te voet", "actual_risk": "gelijk gebleven",
           "felt_risk": "hoger", "ends_at": later(days=3)}  # fmt: skip


class Room:
    """One calamity, and what a test does in it."""

    def __init__(self, play, made):
        self.play, self.made, self.id = play, made, made.calamity_id
        self.reader = MatterReader(TimelineReader(play.database))
        self.me = play.town.coordinator

    async def say(self, *, at=T0, **given):
        given = {"kind": "fact", "text": "De school is dicht"} | given
        async with self.play.database.transaction() as session:
            return await state(session, self.me, self.id, NewStatement(**given), at=at)

    async def change(self, first, version, at=T0, **given):
        given = {"text": "De school is open", "why": "De directie belde"} | given
        changed = ChangedStatement(version=version, **given)
        async with self.play.database.transaction() as session:
            return await change_matter(session, self.me, self.id, first, changed, at=at)

    async def end(self, first, version, outcome="withdrawn", reason="Het klopt niet", at=T0):
        end = MatterEnd(version, outcome, reason)
        async with self.play.database.transaction() as session:
            return await end_matter(session, self.me, self.id, first, end, at=at)

    async def standing(self, sees=tuple(Visibility)):
        return (await self.reader.read(self.id, sees)).matters

    async def one(self, first):
        return next(each for each in await self.standing() if each.first == first)

    async def tell(self, *, at=T0, **given):
        async with self.play.database.transaction() as session:
            return await tell(
                session, self.play.wakes, self.play.terms, self.me, self.id,
                new=NewTelling(**given), at=at,
            )  # fmt: skip

    async def drafted(self, **aim):
        async with self.play.database.reading() as session:
            return await draft_telling(session, self.me, self.id, Aim(**aim))


@pytest.fixture
async def room(play, database, wakes, town):
    return Room(play, await make_activation(database, wakes, town))


async def test_a_fact_keeps_every_version_and_is_withdrawn_with_a_reason(room, database, town):
    first = await room.say(part="we_know", visibility=Visibility.OFFICIALS)
    with pytest.raises(Refused, match="Say why"):
        await room.change(first, first, why=" ")
    with pytest.raises(Refused, match="stand there already"):
        await room.change(first, first, text="De school is dicht", part="we_know")
    second = await room.change(first, first, at=later(minutes=5))
    with pytest.raises(Conflict, match="meanwhile"):
        await room.change(first, first, text="De school is misschien open")
    async with database.transaction() as session:
        third = await correct(
            session, room.me, room.id, second, text="De school is weer open", at=later(minutes=6)
        )
    matter = await room.one(first)
    assert [each.said.text for each in matter.versions] == [
        "De school is dicht", "De school is open", "De school is weer open",
    ]  # fmt: skip
    assert [each.seq for each in matter.versions] == [first, second, third]
    assert (matter.versions[1].at, matter.versions[1].by_role) == (later(minutes=5), "coordinator")
    assert (matter.now.part, matter.version) == ("we_know", third)
    with pytest.raises(Refused, match="Choose one of the outcomes"):
        await room.end(first, third, outcome="kept")
    with pytest.raises(Refused, match="personal data"):
        await room.end(first, third, reason="Bel 06-12345678")
    with pytest.raises(Refused, match="personal data"):
        await room.say(**MEASURE | {"felt_risk": "Bel 06-12345678"})
    for field, given in (("owner", {"owner": " ", "due_at": DUE}), ("due_at", {"owner": "LEI"})):
        with pytest.raises(Refused) as refused:
            await room.say(kind="decision", text="De vlag hangt", **given)
        assert refused.value.field == field
    ends = [room.end(first, third), room.end(first, third)]
    ended = await asyncio.gather(*ends, return_exceptions=True)
    assert sorted(isinstance(each, Conflict) for each in ended) == [False, True]
    matter = await room.one(first)
    assert (matter.is_open, matter.ending.reason) == (False, "Het klopt niet")
    with pytest.raises(Conflict, match="ended before"):
        await room.change(first, third)
    assert await room.standing((Visibility.OFFICIALS,)) == await room.standing()
    hidden = await room.say(text="Alleen voor ons", visibility=Visibility.TEAM)
    assert hidden not in [each.first for each in await room.standing((Visibility.OFFICIALS,))]
    async with database.transaction() as session:
        await erase(session, room.me, room.id, hidden, ground="Verzoek", at=later(minutes=9))
    assert hidden not in [each.first for each in await room.standing()]
    with pytest.raises(NotFound):
        await room.change(hidden, hidden)


async def test_what_is_written_while_somebody_reads_is_read_once(room):
    first = await room.say()

    class Slow(TimelineReader):
        """Hears of the head a moment before it reads the lines."""

        behind = 0

        async def head(self, calamity_id):
            return await super().head(calamity_id) - self.behind

    slow = Slow(room.play.database)
    room.reader = MatterReader(slow)
    slow.behind = 1
    assert await room.standing() == []
    slow.behind = 0
    assert [len(each.versions) for each in await room.standing()] == [1]
    await room.change(first, first)
    together = await asyncio.gather(*(room.standing() for _ in range(5)))
    assert {len(each.versions) for found in together for each in found} == {2}


async def test_a_correction_goes_to_exactly_those_who_read_it(room, play, town, database):
    first = await room.say()
    await room.tell(fact=first, audience="friends", texts={"nl": "De school is dicht. {sender}"})
    unlucky = town["kf1"].id
    await play.send(later(minutes=1))
    async with database.transaction() as session:
        await session.sql.execute(
            update(MessageRow).where(col(MessageRow.recipient_id) == unlucky)
            .values(state="rejected")
        )  # fmt: skip
    with pytest.raises(Conflict, match="Nobody read this"):
        await room.drafted(corrects=first)
    second = await room.change(first, first, at=later(minutes=5))
    drafts = await room.drafted(corrects=first)
    assert "Eerder schreven we: De school is dicht. " in drafts["nl"]
    assert "Nu weten we: De school is open. " in drafts["nl"]
    before = {text.id for text in await play.texts()}
    row = await room.tell(corrects=first, texts=drafts, at=later(minutes=6))
    told = [text for text in await play.texts() if text.id not in before]
    assert {text.to for text in told} == ids_of(town.named("kf")) - {unlucky}
    assert row.recipients == len(told) == 7
    assert any(text.body.startswith("Correction. We wrote before") for text in told), "English"
    with pytest.raises(Conflict, match="told before"):
        await room.tell(corrects=first, texts=drafts, at=later(minutes=20))
    queued = (await play.happened(room.id, DispatchQueued))[-1]
    assert (queued.corrects, queued.facts, queued.audience) == ([first], [second], "correction")
    # Those who read the new words hear it too when these do not hold either; the day's budget and
    # STOP hold for a correction as for any other text.
    await play.send(later(minutes=7))
    await room.end(first, second, at=later(minutes=30))
    await play.reply(town["kf2"], "STOP", later(minutes=31))
    new = NewTelling(corrects=first, texts=await room.drafted(corrects=first))
    async with database.reading() as session:
        plan = await plan_telling(
            session, play.terms, room.me, room.id, new=new, at=later(minutes=32)
        )
        tomorrow = await plan_telling(
            session, play.terms, room.me, room.id, new=new, at=later(hours=26)
        )
    assert (plan.people, plan.held) == (0, {"budget": 6, "stopped": 1})
    assert (tomorrow.people, tomorrow.held) == (6, {"stopped": 1})
    assert "Nu weten we" not in new.texts["nl"]


async def test_words_of_a_playbook_that_held_a_fact_count_too(room, play, town):
    first = await room.say(text="Facts: de school is dicht")
    await room.say(text="Heel iets anders")
    await play.start(room.id, "facts", T0)
    with pytest.raises(Refused, match="Choose the fact"):
        await room.tell(audience="friends", texts={"nl": "Zomaar iets"})
    with pytest.raises(Refused, match="to whom"):
        await room.tell(fact=first, audience="nobody", texts={"nl": "Iets"})
    with pytest.raises(LookAgain):
        await room.tell(fact=first, audience="street", texts={"nl": "Bel Karin Rietvoorn."})
    words = {"nl": "Facts: de school is dicht. Sterkte."}
    await room.tell(fact=first, audience="street", texts=words)
    with pytest.raises(Conflict, match="a moment ago"):
        await room.tell(fact=first, audience="street", texts=words, at=later(minutes=1))
    await room.end(first, first)
    with pytest.raises(Conflict, match="withdrawn"):
        await room.tell(fact=first, audience="street", texts=words, at=later(minutes=9))
    row = await room.tell(corrects=first, texts=await room.drafted(corrects=first))
    assert row.recipients == 3


async def test_rumours_are_weighed_and_are_about_nobody(room):
    light = await room.say(kind="rumour", text="De markt gaat niet door")
    heavy = {"kind": "rumour", "text": "Er rijdt een busje rond", "spread": "everywhere",
             "harm": "grave", "owner": "COM"}  # fmt: skip
    for wrong, field in (
        ({"owner": ""}, "owner"),
        ({"text": "Volgens Karin Rietvoorn rijdt er een busje"}, "confirmed"),
        ({"text": "Bel 06-12345678, daar weten ze meer"}, "text"),
        ({"told": "mevrouw Zeelt"}, "confirmed"),
        ({"actual_risk": "hoog"}, "actual_risk"),
    ):
        with pytest.raises(Refused) as refused:
            await room.say(**(heavy | wrong))
        assert refused.value.field == field
    first = await room.say(**heavy)
    await room.say(**(heavy | {"text": "Loop naar het Oude Plein", "confirmed": True}), at=T0)
    rumours = by_weight(await room.standing())
    assert [each.weight for each in rumours] == [9, 9, 1]
    assert rumours[-1].first == light
    assert rumours[0].due_at == later(hours=1), "an answer within the hour"
    assert [each.first for each in what_waits(rumours, T0)] == [first, rumours[0].first]
    answered = {key: value for key, value in heavy.items() if key != "kind"} | {
        "status": "untrue", "answer": "Er rijdt geen busje rond.", "told": "scholen", "why": "",
    }  # fmt: skip
    await room.change(first, first, **answered)
    matter = await room.one(first)
    assert (matter.now.status, matter.due_at, matter.is_open) == ("untrue", None, True)


async def test_promises_and_measures_have_an_end_that_is_reminded(room, play):
    for given, field in (
        (PROMISE | {"to": ""}, "to"), (PROMISE | {"owner": ""}, "owner"),
        (PROMISE | {"due_at": None}, "due_at"),
        (PROMISE | {"to": "Karin Rietvoorn"}, "confirmed"),
        (MEASURE | {"felt_risk": ""}, "felt_risk"), (MEASURE | {"ends_at": None}, "ends_at"),
        (MEASURE | {"ends_at": T0 - timedelta(hours=1)}, "ends_at"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            await room.say(**given)
        assert refused.value.field == field
    promise, measure = await room.say(**PROMISE), await room.say(**MEASURE)
    decision = await room.say(kind="decision", text="De vlag hangt", owner="LEI", due_at=DUE)
    standing = await room.standing()
    assert [each.first for each in what_waits(standing, T0)] == [promise, decision]
    soon = what_waits(standing, later(days=2, hours=12))
    assert [each.first for each in soon] == [promise, decision, measure]
    with pytest.raises(Refused, match="Give the reason"):
        await room.end(promise, promise, "not-kept", " ")
    await room.end(promise, promise, "not-kept", "Er was niemand vrij")
    longer = {key: value for key, value in MEASURE.items() if key != "kind"}
    await room.change(measure, measure, **longer | {"ends_at": later(days=9), "why": "Nog onrust"})
    left = what_waits(await room.standing(), later(days=2, hours=12))
    assert [each.first for each in left] == [decision]


async def test_a_decision_of_the_playbook_stays_in_both_languages_until_its_words_change(room):
    await room.play.finish(room.id, "choose", T0, note="Uit respect", choice=0)
    (first,) = [each.first for each in await room.standing()]
    then = (await room.one(first)).now
    for reader in ("nl", "en"):
        await room.change(
            first, (await room.one(first)).version, text=then.in_language(reader), owner=reader,
            due_at=DUE,
        )  # fmt: skip
        now = (await room.one(first)).now
        assert (now.text, now.text_en, now.owner) == (then.text, then.text_en, reader)
    assert now.in_language("en") != now.in_language("nl")
    version = (await room.one(first)).version
    async with room.play.database.transaction() as session:
        await correct(session, room.me, room.id, version, text="Toch niet", at=later(minutes=1))
    assert (await room.one(first)).now.in_language("en") == "Toch niet"


async def test_a_shift_passes_on_and_is_taken_by_name(room, database, town):
    async def give(actor, text="Alles loopt", role="LEI"):
        async with database.transaction() as session:
            new = NewHandover(role, text)
            return await hand_over(session, actor, room.id, new, at=later(hours=8))

    async def take(actor, seq):
        async with database.transaction() as session:
            return await take_over(session, actor, room.id, seq, at=later(hours=9))

    with pytest.raises(Refused, match="roles"):
        await give(room.me, role="XYZ")
    with pytest.raises(Refused, match="personal data"):
        await give(room.me, "Bel 06-12345678")
    with pytest.raises(Forbidden, match="account of your own"):
        await give(Actor(town.id, "a token", UserRole.COORDINATOR))
    first = await give(room.me)
    with pytest.raises(Refused, match="yourself"):
        await take(room.me, first)
    second = await give(room.me, "Alles loopt nog steeds")
    with pytest.raises(Conflict, match="anew"):
        await take(town.author, first)
    await take(town.author, second)
    with pytest.raises(Conflict):
        await take(town.author, second)
    async with database.reading() as session:
        newest, older = await list_handovers(session, room.id, room.me.sees)
        assert await list_handovers(session, room.id, (Visibility.OFFICIALS,)) == []
    assert (newest.given_by, newest.taken_by) == (room.me.user_id, town.author.user_id)
    assert (newest.waits, older.waits) == (False, False)


async def test_who_answered_hears_what_was_done_before_it_closes(room, play, town):
    await play.start(room.id, "give", T0)
    await play.send(later(minutes=1))
    await play.start(room.id, "ask", later(minutes=2))
    await play.send(later(minutes=3))
    for name in ("kf1", "kf4"):
        await play.reply(town[name], "3", later(minutes=10))
    with pytest.raises(Conflict, match="Tell them first"):
        await play.close(room.id, later(hours=1))
    drafts = await room.drafted(loop_back=True)
    with pytest.raises(Refused, match="three dots"):
        await room.tell(loop_back=True, texts=drafts, at=later(hours=1))
    words = {"nl": "Dank voor je antwoord. De school blijft open. {sender}"}
    row = await room.tell(loop_back=True, texts=words, at=later(hours=1))
    told = await play.texts(purpose="close")
    assert {text.to for text in told} == ids_of([town["kf1"], town["kf4"]])
    assert row.recipients == 2
    await play.close(room.id, later(hours=1, minutes=1))
    assert {text.state for text in await play.texts(purpose="close")} == {"ready"}, (
        "it still leaves"
    )
