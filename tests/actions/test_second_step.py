"""Second steps, sessions and taken rights, on both databases: each proof counts once."""

import asyncio
from datetime import timedelta

import pytest

from calamity.actions import accounts as act
from calamity.actions.break_glass import break_glass, end_glass, judge_glass
from calamity.actions.second_step import (
    NewFactor,
    Proof,
    add_factor,
    new_recovery_codes,
    remove_factor,
    reset_factors,
    take_proof,
)
from calamity.domain.audit import Deed
from calamity.domain.errors import Conflict, Forbidden, NotFound, Refused
from calamity.domain.permissions import Actor, Permission, UserRole
from calamity.domain.playbook import Words
from calamity.store import accounts, factors, glass, outbox, sessions
from calamity.store.audit import Wanted, list_audit
from calamity.store.ceremonies import begin_ceremony, end_ceremony, look_at_ceremony
from calamity.store.database import Database
from calamity.store.tables import RecipientRow
from calamity.store.timeline import TimelineReader
from calamity.web.paths import path
from tests.actions.play import Play
from tests.make import PASSWORD, SENDER, T0, Town, later, make_activation

LOOK_OUT = Words(nl="Let op.", en="Look out.")
CODES = NewFactor("totp", "phone", b"SECRET", count=100)


@pytest.fixture
def administrator(town: Town) -> Actor:
    return Actor(town.id, "administrator", UserRole.ADMINISTRATOR, "someone")


async def proved(database: Database, actor: Actor, proof: Proof | None, at=T0) -> bool:
    async with database.transaction() as session:
        return await take_proof(session, actor.user_id or "", actor.login, proof, at)


async def password(database: Database, actor: Actor, rule="offered", at=T0):
    async with database.transaction() as session:
        credentials = await act.find_credentials(session, actor.login, at)
        right = await act.is_right(credentials, PASSWORD)
        return await act.admit(session, credentials, right=right, rule=rule, at=at)


async def test_a_code_a_count_and_a_recovery_code_are_taken_once(database, town):
    me = town.coordinator
    async with database.transaction() as session:
        codes = await add_factor(session, me, CODES, at=T0)
        assert codes is not None
        assert len(codes) == factors.RECOVERY_CODES
        assert await add_factor(session, me, NewFactor("passkey", "key", b"k", "id"), at=T0) is None
        app, key = await factors.list_factors(session, me.user_id)
    assert (app.secret, key.credential_id) == (b"SECRET", "id")
    assert "SECRET" not in repr(app) + repr(CODES)

    # The code that showed that the app works opens nothing any more; nor does one of before.
    assert not await proved(database, me, Proof("totp", app.id, 100))
    assert not await proved(database, me, Proof("totp", app.id, 99))
    assert await proved(database, me, Proof("totp", app.id, 101))
    assert not await proved(database, me, Proof("totp", app.id, 101))
    # A passkey that does not count says zero each time; its challenge is what is used once.
    assert await proved(database, me, Proof("passkey", key.id, 0))
    assert await proved(database, me, Proof("passkey", key.id, 7))
    assert not await proved(database, me, Proof("passkey", key.id, 7))
    assert await proved(database, me, Proof("recovery", code=codes[0].upper()))
    assert not await proved(database, me, Proof("recovery", code=codes[0]))
    assert not await proved(database, town.author, Proof("recovery", code=codes[1])), "of another"
    async with database.transaction() as session:
        assert await factors.count_recovery_codes(session, me.user_id) == 9
        again = await new_recovery_codes(session, me, at=T0)
    assert not await proved(database, me, Proof("recovery", code=codes[2]))
    assert await proved(database, me, Proof("recovery", code=again[2]))


async def test_wrong_codes_close_the_account_as_wrong_passwords_do(database, town):
    me = town.coordinator
    async with database.transaction() as session:
        await add_factor(session, me, CODES, at=T0)
        (app,) = await factors.list_factors(session, me.user_id)
    for _ in range(9):
        # The right password in between forgets nothing: else codes could be tried for ever.
        assert isinstance(await password(database, me), act.Owed)
        assert not await proved(database, me, None)
    assert not await proved(database, me, Proof("totp", app.id, 1))
    assert not await proved(database, me, Proof("totp", app.id, 200)), "closed"
    assert await password(database, me) is None
    assert await proved(database, me, Proof("totp", app.id, 200), later(minutes=16))


async def test_of_whom_a_second_step_is_asked(database, town):
    me, official = town.coordinator, town.official
    assert isinstance(await password(database, me), str)
    assert await password(database, me, "activate") == act.Owed(me.user_id, has_factors=False)
    assert isinstance(await password(database, official, "activate"), str)
    assert isinstance(await password(database, official, "all"), act.Owed)
    async with database.transaction() as session:
        await add_factor(session, me, CODES, at=T0)
        (app,) = await factors.list_factors(session, me.user_id)
        with pytest.raises(Conflict, match="needs a second step"):
            await remove_factor(session, me, app.id, rule="activate", at=T0)
        with pytest.raises(NotFound):
            await remove_factor(session, official, app.id, rule="offered", at=T0)
    assert await password(database, me) == act.Owed(me.user_id, has_factors=True)
    async with database.transaction() as session:
        await remove_factor(session, me, app.id, rule="offered", at=T0)
        assert await factors.count_recovery_codes(session, me.user_id) == 0
    assert isinstance(await password(database, me), str)


async def test_what_was_begun_ends_once_soon_and_for_its_purpose(database):
    async with database.transaction() as session:
        value = await begin_ceremony(session, "a", Proof("totp", "f", 1), T0)
    async with database.transaction() as session:
        assert await end_ceremony(session, value, "b", Proof, T0) is None
        assert await look_at_ceremony(session, value, "a", Proof, later(minutes=11)) is None
        assert await end_ceremony(session, value, "a", Proof, later(minutes=9)) is not None
        assert await end_ceremony(session, value, "a", Proof, later(minutes=9)) is None


async def test_sessions_end_by_themselves_by_their_owner_and_by_an_administrator(
    database, town, administrator
):
    me, elsewhere = town.coordinator, Actor("other", "a", UserRole.ADMINISTRATOR, "a")
    first, second, third = [await password(database, me) for _ in range(3)]
    async with database.transaction() as session:
        await sessions.seen(session, third, later(hours=1))
        live = await sessions.list_sessions(session, me.user_id, later(hours=2, minutes=30))
        assert len(live) == 1, "two hours without use"
        assert await sessions.list_sessions(session, me.user_id, later(hours=12, minutes=1)) == []
        (mine, *_) = await sessions.list_sessions(session, me.user_id, T0)
        assert await sessions.end_sessions(session, town.official.user_id, only=mine.id) == 0
        assert await sessions.end_sessions(session, me.user_id, only=accounts.hashed(first)) == 1
    assert await sessions.who_is(database, first, T0) is None
    async with database.transaction() as session:
        at = later(minutes=5)
        other = town.official.user_id
        assert await sessions.renew_session(session, second, at, user_id=other) is None
        renewed = await sessions.renew_session(session, second, at, user_id=me.user_id)
        assert await sessions.renew_session(session, second, at, user_id=me.user_id) is None
    assert await sessions.who_is(database, second, T0) is None
    known = await sessions.who_is(database, renewed, later(minutes=5))
    assert known is not None
    assert known.proved_at == later(minutes=5)

    async with database.transaction() as session:
        with pytest.raises(NotFound):
            await act.sign_out_user(session, elsewhere, me.user_id, at=T0)
        with pytest.raises(Forbidden):
            await act.sign_out_user(session, town.official, me.user_id, at=T0)
        assert await act.sign_out_user(session, administrator, me.user_id, at=T0) == 2
        with pytest.raises(NotFound):
            await reset_factors(session, elsewhere, me.user_id, at=T0)
        await reset_factors(session, administrator, me.user_id, at=T0)
    assert await sessions.who_is(database, renewed, T0) is None


async def test_taken_rights_are_loud_short_and_looked_into_by_another(
    database, wakes, town, administrator, terms
):
    activation = await make_activation(database, wakes, town)
    cookie = await password(database, town.official)
    judge = await password(database, town.coordinator)

    async def take(actor: Actor, reason: str = "Niemand neemt de telefoon op.", **more):
        given = {"reason": reason, "words": LOOK_OUT, "rule": "offered", "at": T0} | more
        async with database.transaction() as session:
            taken = await break_glass(session, wakes, terms, actor, **given)
        return taken.until

    for actor, more, kind in (
        (town.official, {"reason": "nood"}, Refused),
        (town.official, {"rule": "activate"}, Conflict),
        (town.coordinator, {}, Forbidden),
        (Actor(town.id, "token:x", UserRole.OFFICIAL), {}, Forbidden),
    ):
        with pytest.raises(kind):
            await take(actor, **more)
    assert await take(town.official) == later(minutes=60)

    known = await sessions.who_is(database, cookie, later(minutes=59))
    assert known is not None
    assert known.actor.may(Permission.STEER)
    assert known.actor.is_break_glass
    with pytest.raises(Conflict):
        await take(known.actor)
    warned = await sessions.who_is(database, judge, later(minutes=1))
    assert warned is not None
    assert warned.alarms == 1
    after = await sessions.who_is(database, cookie, later(minutes=60))
    assert after is not None
    assert (after.actor.role, after.alarms) == (UserRole.OFFICIAL, 0), "it ends by itself"

    async with database.transaction() as session:
        (one,) = await glass.list_glasses(session, town.id)
        assert (one.reason, one.role) == ("Niemand neemt de telefoon op.", "official")
        with pytest.raises(Conflict, match="Somebody else"):
            await judge_glass(session, known.actor, one.id, at=T0)
        await end_glass(session, known.actor, at=later(minutes=2))
        await judge_glass(session, town.coordinator, one.id, at=later(minutes=3))
        (one,) = await glass.list_glasses(session, town.id)
        assert one.judged_by is not None
        assert one.ends_at == later(minutes=2)
        lines = await list_audit(session, town.id, Wanted(since=T0 - timedelta(1)), most=9)
    assert [each.line.deed for each in lines] == [
        Deed.JUDGED_GLASS, Deed.ENDED_GLASS, Deed.BROKE_GLASS,
    ]  # fmt: skip
    assert lines[-1].line.reason == one.reason
    back = await sessions.who_is(database, cookie, later(minutes=3))
    assert back is not None
    assert back.actor.role is UserRole.OFFICIAL
    assert (await sessions.who_is(database, judge, later(minutes=3))).alarms == 0
    lines = await TimelineReader(database).newest(
        activation.calamity_id, town.coordinator.sees, limit=100
    )
    for words in ("Let op.", "Look out."):
        said = f"{words} Niemand neemt de telefoon op."
        assert any(said in line.decode() for _, line in lines)
    await take(town.official, at=later(hours=2))
    async with database.transaction() as session:
        second, _ = await glass.list_glasses(session, town.id)
        at = later(hours=2, minutes=1)
        await judge_glass(session, town.coordinator, second.id, ends=True, at=at)
        assert (await glass.list_glasses(session, town.id))[0].ends_at == at


async def test_rights_and_their_alarm_begin_when_they_were_taken(database, town):
    cookie = await password(database, town.official)
    judge = await password(database, town.coordinator)
    async with database.transaction() as session:
        given = {"reason": "Niemand is er.", "at": later(hours=1), "until": later(hours=2)}
        await glass.add_glass(session, town.id, town.official.user_id, **given)
    early, judging = [
        await sessions.who_is(database, each, later(minutes=59)) for each in (cookie, judge)
    ]
    assert (early.actor.role, early.glass_until) == (UserRole.OFFICIAL, None)
    assert judging.alarms == 0
    taken, warned = [
        await sessions.who_is(database, each, later(hours=1)) for each in (cookie, judge)
    ]
    assert (taken.actor.role, taken.glass_until) == (UserRole.COORDINATOR, later(hours=2))
    assert warned.alarms == 1


async def test_an_alarm_goes_by_text_to_who_has_a_number_once_without_the_reason(
    database, wakes, town, play: Play
):
    async def tie(login: str, person: str | None, role=UserRole.COORDINATOR) -> str:
        async with database.transaction() as session:
            return await accounts.add_user(
                session, town.id, login=login, name=login, role=role, password_hash=None,
                recipient_id=town[person].id if person else None, at=T0,
            )  # fmt: skip

    lea = await tie("lea", "lei1")
    await tie("lea-too", "lei1", UserRole.ADMINISTRATOR)
    await tie("leo", "lei2", UserRole.ADMINISTRATOR)
    await tie("cas", "com2", UserRole.RESPONDER)
    gone, stopped = await tie("gone", "com1"), await tie("stopped", "com3")
    assert gone != stopped
    async with database.transaction() as session:
        await accounts.disable_user(session, town.id, gone, T0)
        row = await session.sql.get(RecipientRow, town["com3"].id)
        row.stopped_at = T0

    async def take(actor: Actor, at=T0):
        async with database.transaction() as session:
            return await break_glass(
                session, wakes, play.terms, actor, reason="Niemand neemt de telefoon op.",
                words=LOOK_OUT, rule="offered", at=at,
            )  # fmt: skip

    # Two presses at once are one time, with one alarm.
    both = await asyncio.gather(take(town.official), take(town.official), return_exceptions=True)
    (taken,) = [each for each in both if not isinstance(each, Exception)]
    assert sum(isinstance(each, Conflict) for each in both) == 1
    assert taken.texted == ("lea", "lea-too", "leo")
    assert taken.not_texted == ("author", "coordinator", "stopped")
    texts = await play.texts(purpose="glass")
    assert sorted(each.to for each in texts) == sorted([town["lei1"].id, town["lei2"].id])
    for each in texts:
        assert each.body.startswith("Oeverlanden: een collega heeft tot 1")
        assert each.body.endswith(path("glasses"))
        assert "Niemand" not in each.body
        assert "official" not in each.body
        assert len(each.body) <= 160
    assert await play.send(T0) == {each.id for each in texts}, "they leave by the worker"

    # Who has taken rights judges nobody's, nor who is of another municipality.
    async with database.transaction() as session:
        (one,) = await glass.list_glasses(session, town.id)
        thief = Actor(town.id, "x", UserRole.COORDINATOR, lea, is_break_glass=True)
        with pytest.raises(Forbidden):
            await judge_glass(session, thief, one.id, at=T0)
        elsewhere = Actor("other", "x", UserRole.COORDINATOR, lea)
        with pytest.raises(NotFound):
            await judge_glass(session, elsewhere, one.id, at=T0)
        assert (one.texted, one.not_texted) == (taken.texted, taken.not_texted)
        found = await outbox.unheard_alarms(
            session, [SENDER], later(seconds=46), after=T0, before=later(seconds=1)
        )
        assert [each.calamity_id for each in found] == [None, None], "a copy is due as of any alarm"


async def test_of_two_who_show_the_same_proof_at_once_one_is_let_in(database, town):
    me = town.coordinator
    async with database.transaction() as session:
        codes = await add_factor(session, me, CODES, at=T0)
        (app,) = await factors.list_factors(session, me.user_id)
    for proof in (Proof("totp", app.id, 101), Proof("recovery", code=codes[0])):
        shown = await asyncio.gather(*(proved(database, me, proof) for _ in range(4)))
        assert sorted(shown) == [False, False, False, True]
