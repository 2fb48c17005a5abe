"""Two routes: texts go round the one that does not work, once each, and come back."""

from datetime import timedelta

import pytest

from calamity.app import house_of_settings
from calamity.domain.errors import Refused
from calamity.domain.routes import RouteState
from calamity.domain.timeline import AlarmsCopied, RouteClosed, RouteOpened, decode_happening
from calamity.settings import read_settings
from calamity.store import call_outs
from calamity.store.people import EMAIL
from calamity.store.tables import CallOutRow, RecipientRow
from calamity.store.timeline import walk
from calamity.web.house import now
from calamity.worker.doubts import repeated
from calamity.worker.routes import ask_open_routes, mind_routes
from tests.carrier.route_stage import SECOND, two_routes
from tests.carrier.stage import environment, rows
from tests.make import SENDER, make_activation
from tests.stories.stage import until

OPEN, TRYING, CLOSED = RouteState.OPEN, RouteState.TRYING, RouteState.CLOSED


@pytest.fixture
async def desk(database, database_url, town, tmp_path):
    async with two_routes(database, database_url, town, tmp_path) as made:
        yield made


async def told(desk, calamity_id):
    """Return what the timeline says of routes."""
    async with desk.database.reading() as session:
        found = [decode_happening(each.body) async for each in walk(session, calamity_id)]
    return [each for each in found if isinstance(each, RouteOpened | RouteClosed | AlarmsCopied)]


async def called_out(desk):
    house = desk.product.house
    return await make_activation(desk.database, house.wakes, desk.town, terms=house.terms, at=now())


async def answers(desk, calamity_id):
    async with desk.database.reading() as session:
        (roster,) = await call_outs.rosters(session, calamity_id)
    return {line.recipient_id for line in roster.lines if line.answer}


async def test_c08_refused_connections_lead_every_text_once_to_the_next_route_and_back(desk):
    town = desk.town
    desk.cut_off()
    ids = await desk.queue(3)
    activation = await called_out(desk)
    async with desk.at_work():
        await desk.all_are("accepted")
        assert {row.sender for row in await desk.messages()} == {SECOND}
        taken = desk.smsc.said("submit")
        assert sorted(f"+{each['to']}" for each in taken) == sorted(
            town[name].phone for name in ("kf1", "kf2", "kf3", "lei1", "com1", "net1")
        )
        assert await desk.creates() == 0
        standing = await desk.standing()
        assert (standing.state, standing.moved) == (OPEN, 6)
        await until(lambda: told(desk, activation.calamity_id))

        # An answer to the other number counts, and one to the first number still does.
        await desk.smsc.tell(
            "deliver", tag="lei1", source_addr=town["lei1"].phone[1:],
            destination_addr=SECOND[1:], data_coding=0, short_message="1",
        )  # fmt: skip
        assert await desk.product.text(From=town["com1"].phone, Body="1") == 200
        both = {town["lei1"].id, town["com1"].id}

        async def both_come():
            return await answers(desk, activation.calamity_id) >= both

        await until(both_come)
        # The first number does not send now, so both are thanked from the other.
        await desk.smsc.saw("submit", 2, to=town["com1"].phone[1:])
        await desk.smsc.saw("submit", 2, to=town["lei1"].phone[1:])

        await desk.mend()
        await desk.pause_is_over()
        await until(lambda: is_(desk, TRYING))
        await desk.queue(3, sender=SECOND)
        await until(lambda: is_(desk, CLOSED))
        await desk.all_are("accepted")
        (tried,) = await desk.at_carrier()
        assert tried["from"] == SENDER
        opened, closed = await until(lambda: two_told(desk, activation.calamity_id))
        assert opened == RouteOpened(route="twilio", instead="smpp")
        assert closed.route == "twilio"
    assert {row.attempts for row in await desk.messages(*ids)} == {2}, "once on each route"


async def is_(desk, state):
    return (await desk.standing()).state is state


async def two_told(desk, calamity_id):
    found = await told(desk, calamity_id)
    return found if len(found) == 2 else None


async def test_an_alarm_in_doubt_leaves_again_by_the_next_route_and_says_so(desk):
    await desk.bound()
    (id_,) = await desk.queue(is_alarm=True, purpose="call-out")
    await desk.sandbox.fault("error-after", count=1)
    await desk.run_lane()
    (row,) = await desk.messages(id_)
    assert row.state == "in_doubt"
    desk.cut_off()
    await desk.opens()
    await desk.later(id_, seconds=50)
    await desk.look()
    await desk.run_lane()
    assert desk.smsc.said("submit") == [], "the lane of the open route sends nothing"
    await desk.run(SECOND)
    (row,) = await desk.messages(id_)
    assert (row.state, row.sender, row.is_repeat) == ("accepted", SECOND, True)
    (text,) = desk.smsc.said("submit")
    assert text["text"] == repeated("Hallo, wij zijn er.")


async def test_an_alarm_of_which_nothing_is_heard_gets_one_copy_by_the_next_route(desk):
    await desk.bound()
    await desk.sandbox.fault("callback-drop", count=1000)
    activation = await called_out(desk)
    await desk.run_lane()
    calls = {row.recipient_id: row.id for row in await desk.messages()}
    lea, com, net = (desk.town[name] for name in ("lei1", "com1", "net1"))
    await desk.worker._sweep_copies()
    assert len(await desk.messages()) == 3, "not before its time"
    for id_ in calls.values():
        await desk.later(id_, seconds=46)
    assert await desk.product.text(From=lea.phone, Body="3") == 200
    await desk.read_inbox()
    for _ in range(2):
        await desk.worker._sweep_copies()
    copies = {row.copy_of: row for row in await desk.messages() if row.copy_of}
    assert set(copies) == {calls[com.id], calls[net.id]}, "who answered needs none"
    # What is heard late calls off a copy that has not left.
    (original,) = await desk.messages(calls[com.id])
    assert await desk.product.says(original.sid, "delivered", original.id) == 204
    await desk.read_inbox()
    await desk.run(SECOND)
    (text,) = desk.smsc.said("submit", to=net.phone[1:])
    assert text["text"].endswith("(herhaald)")
    assert desk.smsc.said("submit", to=com.phone[1:]) == []
    (copied,) = await told(desk, activation.calamity_id)
    assert copied == AlarmsCopied(route="twilio", instead="smpp", texts=2, seconds=45)
    # A copy that arrived counts for the message of which nothing was heard.
    (copy,) = await desk.messages(copies[calls[net.id]].id)
    await desk.smsc.tell("receipt", id=text["id"], number=net.phone[1:], stat="DELIVRD")

    async def arrived():
        await desk.read_inbox()
        (row,) = await desk.messages(calls[net.id])
        return row.delivered_at is not None

    await until(arrived)
    assert (copy.state, copy.purpose, copy.attempts) == ("accepted", "copy", 1)
    await desk.product.text(From=net.phone, Body="1")
    await desk.read_inbox()
    assert await answers(desk, activation.calamity_id) == {lea.id, net.id}


async def test_words_in_doubt_and_what_was_accepted_stay_on_their_own_route(desk):
    await desk.bound()
    (accepted,) = await desk.queue()
    await desk.run_lane()
    (doubtful,) = await desk.queue()
    await desk.sandbox.fault("error-after", count=1)
    await desk.run_lane()
    desk.cut_off()
    await desk.opens()
    await desk.later(doubtful, minutes=10)
    await desk.look()
    await mind_routes(desk.worker)
    await desk.run(SECOND)
    states = {row.id: (row.state, row.sender) for row in await desk.messages()}
    assert states == {accepted: ("accepted", SENDER), doubtful: ("in_doubt", SENDER)}
    assert desk.smsc.said("submit") == []


async def test_an_answer_on_one_route_calls_off_what_waits_on_another(desk):
    await desk.bound()
    await called_out(desk)
    await desk.opens()
    await mind_routes(desk.worker)
    lea = desk.town["lei1"].phone
    assert await desk.product.text(From=lea, Body="1") == 200
    await desk.read_inbox()
    await desk.run(SECOND)
    await desk.run_lane()
    (thanks,) = desk.smsc.said("submit", to=lea[1:])
    found = await desk.messages()
    hers = {row.purpose: row.state for row in found if row.recipient_id == desk.town["lei1"].id}
    assert hers == {"call-out": "cancelled", "answer": "accepted"}
    assert thanks["from"] == SECOND[1:]


async def test_what_is_planned_for_later_moves_and_still_waits(desk):
    await desk.bound()
    tonight = now() + timedelta(hours=1)
    (id_,) = await desk.queue(due_at=tonight)
    await desk.opens()
    await mind_routes(desk.worker)
    await desk.run(SECOND)
    (row,) = await desk.messages(id_)
    assert (row.sender, row.state, row.due_at) == (SECOND, "ready", tonight)


async def test_being_asked_for_less_is_pace_and_opens_nothing(desk):
    await desk.sandbox.fault("too-many", count=8, seconds=1)
    await desk.queue(8)
    async with desk.at_work():
        await until(lambda: _none_ready_at_first(desk))
    standing = await desk.standing()
    assert (standing.state, standing.breaker.faults) == (CLOSED, ())
    assert desk.smsc.said("submit") == []


async def _none_ready_at_first(desk):
    return all(row.attempts for row in await desk.messages())


async def test_wrong_credentials_open_at_once_and_a_refused_text_takes_the_next_route(desk):
    await desk.bound()
    await desk.sandbox.fault("unauthorised", count=1)
    (id_,) = await desk.queue()
    async with desk.at_work():
        (row,) = await desk.all_are("accepted", id_)
    assert row.sender == SECOND
    standing = await desk.standing()
    assert (standing.state, standing.breaker.code) == (OPEN, 20003)


async def test_a_probe_that_gets_no_answer_waits_twice_as_long(desk):
    desk.cut_off()
    await desk.opens()
    await desk.pause_is_over()
    await ask_open_routes(desk.worker)
    standing = await desk.standing()
    assert standing.state is OPEN
    assert standing.breaker.due_at - now() > timedelta(seconds=50)
    await ask_open_routes(desk.another_worker())
    assert (await desk.standing()).breaker == standing.breaker, "it is not yet time"


async def test_without_any_route_texts_are_kept_and_the_ladder_goes_on_by_e_mail(desk):
    async with desk.database.transaction() as session:
        row = await session.sql.get(RecipientRow, desk.town["lei1"].id)
        row.email = session.vault.seal_text(EMAIL, "lea@oeverlanden.example")
    desk.cut_off()
    await desk.smsc.close()
    async with desk.at_work():
        activation = await called_out(desk)
        await desk.opens()
        await desk.opens("smpp")
        async with desk.database.transaction() as session:
            for ladder in await call_outs.ladders_of(session, await _call_out(desk)):
                if ladder.way_due_at is not None:
                    ladder.way_due_at = now()
            await session.sql.flush()

        async def mailed():
            return await desk.sandbox.control("GET", "/mails")

        (mail,) = await until(mailed)
        assert "/a/" in mail["body"]
        texts = [row for row in await desk.messages() if row.channel == "sms"]
        assert {row.state for row in texts} <= {"ready", "sending"}
        assert await until(lambda: two_told(desk, activation.calamity_id)) == [
            RouteOpened(route="twilio", code=20003),
            RouteOpened(route="smpp", code=20003),
        ]


async def _call_out(desk):
    (row,) = await rows(desk.database, CallOutRow)
    return row.id


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({"CALAMITY_CARRIER": "twilio,pigeon"}, "CALAMITY_CARRIER"),
        ({"CALAMITY_CARRIER": "smpp,smpp"}, "CALAMITY_CARRIER"),
        ({"CALAMITY_CARRIER": "sandbox,twilio"}, "CALAMITY_CARRIER"),
        ({"CALAMITY_CARRIER": "sandbox,smpp", "CALAMITY_ENV": "production"}, "CALAMITY_CARRIER"),
        ({"CALAMITY_CARRIER": " , "}, "CALAMITY_CARRIER"),
        ({"CALAMITY_SMPP_FROM": f"{SENDER}=5"}, "CALAMITY_SMPP_FROM"),
        ({"CALAMITY_SMPP_FROM": "+3197010250077=many"}, "CALAMITY_SMPP_FROM"),
        ({"CALAMITY_SMPP_HOST": ""}, "CALAMITY_SMPP_HOST"),
        ({"CALAMITY_TWILIO_AUTH_TOKEN": ""}, "CALAMITY_TWILIO_AUTH_TOKEN"),
        ({"CALAMITY_PUBLIC_URL": "http://127.0.0.1:8000", "CALAMITY_TWILIO_ORIGIN": ""},
         "CALAMITY_PUBLIC_URL"),
    ],
)  # fmt: skip
def test_each_route_must_be_usable_and_no_number_stands_in_two(tmp_path, given, setting):
    usable = environment("sqlite:///x", tmp_path) | {
        "CALAMITY_CARRIER": "smpp,twilio",
        "CALAMITY_SMPP_HOST": "smsc.example.nl",
        "CALAMITY_SMPP_SYSTEM_ID": "calamity",
        "CALAMITY_SMPP_PASSWORD": "secret",
        "CALAMITY_SMPP_FROM": f"{SECOND}=5",
    }
    house = house_of_settings(read_settings(usable))
    assert [(each.name, each.sender, each.rate) for each in house.terms.routes] == [
        ("smpp", SECOND, 5.0),
        ("twilio", SENDER, 1000.0),
    ]
    with pytest.raises(Refused) as refused:
        house_of_settings(read_settings(usable | given))
    assert refused.value.message.startswith(f"{setting} ")


def test_an_exercise_beside_a_real_route_reaches_named_numbers_only(tmp_path):
    usable = {
        "CALAMITY_VAR": str(tmp_path),
        "CALAMITY_CARRIER": "sandbox,smpp",
        "CALAMITY_SMPP_FROM": SECOND,
        "CALAMITY_SMPP_HOST": "smsc.example.nl",
        "CALAMITY_SMPP_SYSTEM_ID": "calamity",
        "CALAMITY_SMPP_PASSWORD": "secret",
    }
    terms = house_of_settings(read_settings(usable)).terms
    assert [route.name for route in terms.routes] == ["sandbox", "smpp"]
    assert not terms.is_sandbox
    assert terms.allowed_in_exercise == frozenset()
