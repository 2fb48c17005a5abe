"""C-01 to C-20 of the carrier's contract: an outbox, a worker, and the sandbox over HTTP."""

import asyncio
import json
import logging
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from calamity.domain.dispatch import Urgency
from calamity.domain.errors import Refused
from calamity.domain.phone import masked
from calamity.gateways.twilio import TwilioAccount, TwilioCarrier
from calamity.settings import read_settings
from calamity.store import outbox
from calamity.store.outbox_lists import list_messages
from calamity.store.people import PHONE
from calamity.store.tables import (
    CalamityRow,
    LaneRow,
    MessageRow,
    QuarantineRow,
    RecipientRow,
    SweepRow,
    to_micros,
)
from calamity.web.house import now
from calamity.worker import sweeps
from calamity.worker.doubts import repeated
from calamity.worker.lanes import Lane
from calamity.worker.sweeps import notice_foreign
from tests.carrier.stage import ACCOUNT, SHORT, TOKEN, causes, environment, rows
from tests.gateways.bad_carrier import BadCarrier
from tests.make import SENDER
from tests.stories.nursery import born
from tests.stories.stage import until

LOST = ["hang-after", "reset-after", "truncated", "html", "empty", "trickle", "error-after"]


async def until_settled(desk, id_: str, state: str, *, seconds: float = 10):
    """Read what is posted until a message is in a state."""
    async with asyncio.timeout(seconds):
        while True:
            await desk.read_inbox()
            row = await desk.message(id_)
            if row.state == state:
                return row
            await asyncio.sleep(0.05)


async def test_c01_an_accepted_text_is_one_post_that_names_our_id(desk):
    (id_,) = await desk.queue()
    await desk.run_lane()
    row = await desk.message(id_)
    (text,) = await desk.at_carrier()
    assert (row.state, row.sid, row.attempts) == ("accepted", text["sid"], 1)
    assert await desk.creates() == 1
    (entry,) = await desk.sandbox.control("GET", "/transcript?kind=request&limit=1")
    assert entry["form"]["StatusCallback"].endswith(f"/hooks/twilio/status?m={id_}")


async def test_c02_a_wrong_number_is_rejected_once_and_told_with_its_code(desk, capfd):
    (id_,) = await desk.queue()
    who = (await desk.message(id_)).recipient_id
    async with desk.database.transaction() as session:
        row = await session.sql.get(RecipientRow, who)
        row.phone = session.vault.seal_text(PHONE, "+3160")
    await desk.run_lane()
    row = await desk.message(id_)
    assert (row.state, row.error_code, row.attempts) == ("rejected", 21211, 1)
    assert await desk.creates() == 1
    await desk.run_lane()
    assert await desk.creates() == 1
    async with desk.database.reading() as session:
        lines = await list_messages(session, row.calamity_id or "", limit=10)
    assert "+3160" not in "".join(capfd.readouterr()) + str(lines)


async def test_c03_a_busy_carrier_is_asked_again_later_and_gets_one_text(desk):
    (id_,) = await desk.queue()
    await desk.sandbox.fault("too-many", count=2, seconds=1)
    waits = []
    for _ in range(2):
        await desk.run_lane()
        row = await desk.message(id_)
        assert (row.state, row.error_code) == ("ready", 20429)
        waits.append((row.due_at - now()).total_seconds())
        await desk.later(id_, seconds=60)
    await desk.run_lane()
    assert (await desk.message(id_)).state == "accepted"
    assert await desk.creates() == 3
    assert len(await desk.at_carrier()) == 1
    assert 1.2 < waits[0] < 2.6 < waits[1] < 5.1, "twice as long, and not to the second"


async def test_c04_words_of_which_nothing_is_found_twice_leave_again_once(desk):
    (id_,) = await desk.queue()
    await desk.sandbox.fault("error-before", count=1)
    await desk.run_lane()
    assert (await desk.message(id_)).state == "in_doubt"
    await desk.later(id_, seconds=6)
    await desk.look()
    await desk.look()
    assert await desk.creates() == 1, "one look proves nothing"
    await desk.later(id_, seconds=62)
    await desk.look()
    await desk.run_lane()
    row = await desk.message(id_)
    assert (row.state, row.attempts, row.is_repeat) == ("accepted", 2, False)
    assert len(await desk.at_carrier()) == 1


@pytest.mark.parametrize("again", [True, False])
async def test_c04_an_instruction_is_held_and_shown_until_a_person_decides(desk, again):
    (id_,) = await desk.queue(purpose="action")
    await desk.sandbox.fault("error-before", count=1)
    await desk.run_lane()
    for seconds in (6, 62, 600):
        await desk.later(id_, seconds=seconds)
        await desk.look()
        await desk.run_lane()
    row = await desk.message(id_)
    assert (row.state, row.attempts) == ("in_doubt", 1)
    assert row.held_at is not None
    assert await desk.creates() == 1
    calamity_id = await _in_calamity(desk, id_)
    async with desk.database.transaction() as session:
        (held,) = await outbox.held_messages(session, calamity_id)
        assert held.id == id_
        await outbox.decide_held(session, calamity_id, id_, now(), again=again)
    await desk.run_lane()
    row = await desk.message(id_)
    assert row.state == ("accepted" if again else "cancelled")
    bodies = [text["body"] for text in await desk.at_carrier()]
    assert bodies == (["Hallo, wij zijn er. (herhaald)"] if again else [])


async def _in_calamity(desk, id_: str) -> str:
    async with desk.database.transaction() as session:
        row = CalamityRow(
            id="c-held", municipality_id=desk.town.id, title="Proef", is_exercise=False, tempo=1,
            phase="acute", social_level=1, grip=0, threat=0, opened_at=now(), phase_since=now(),
            level_since=now(), head_seq=0, head_hash="0" * 64,
        )  # fmt: skip
        session.sql.add(row)
        await session.sql.flush()
        await session.sql.execute(
            update(MessageRow).where(MessageRow.id == id_).values(calamity_id="c-held")
        )
    return "c-held"


async def test_c04_an_alarm_leaves_again_after_forty_seconds_marked_as_repeated(desk):
    (id_,) = await desk.queue(is_alarm=True, purpose="call-out")
    await desk.sandbox.fault("error-before", count=1)
    await desk.run_lane()
    await desk.later(id_, seconds=6)
    await desk.look()
    assert (await desk.message(id_)).state == "in_doubt"
    await desk.later(id_, seconds=36)
    await desk.look()
    await desk.run_lane()
    assert (await desk.message(id_)).state == "accepted"
    assert [text["body"] for text in await desk.at_carrier()] == [repeated("Hallo, wij zijn er.")]


async def test_c04_an_alarm_does_not_wait_for_a_carrier_that_cannot_be_asked(desk):
    (id_,) = await desk.queue(is_alarm=True, purpose="call-out")
    await desk.sandbox.fault("error-before", count=1)
    await desk.run_lane()
    origin, desk.worker.carriers["sandbox"] = desk.worker.carriers["sandbox"], _unreachable()
    await desk.later(id_, seconds=20)
    await desk.look()
    assert (await desk.message(id_)).state == "in_doubt"
    await desk.later(id_, seconds=30)
    await desk.look()
    assert (await desk.message(id_)).state == "ready"
    desk.worker.carriers["sandbox"] = origin
    await desk.run_lane()
    assert (await desk.message(id_)).state == "accepted"


def _unreachable() -> TwilioCarrier:
    account = TwilioAccount(
        account_sid=ACCOUNT, public_url="https://crisis.example.nl", auth_token=TOKEN,
        origin="http://127.0.0.1:9",
    )  # fmt: skip
    return TwilioCarrier(account, SHORT)


async def test_c04_an_alarm_that_is_lost_time_and_again_is_held_in_the_end(desk):
    (id_,) = await desk.queue(is_alarm=True, purpose="call-out")
    await desk.sandbox.fault("error-before", count=20)
    for _ in range(6):
        await desk.run_lane()
        for seconds in (6, 36):
            await desk.later(id_, seconds=seconds)
            await desk.look()
    row = await desk.message(id_)
    assert (row.state, row.attempts) == ("in_doubt", 4)
    assert row.held_at is not None


async def test_c05_a_receipt_with_our_id_settles_a_text_whose_answer_was_an_error(desk):
    (id_,) = await desk.queue()
    await desk.sandbox.fault("error-after", count=1)
    await desk.run_lane()
    row = await until_settled(desk, id_, "accepted")
    (text,) = await desk.at_carrier()
    assert (row.sid, await desk.creates()) == (text["sid"], 1)


@pytest.mark.parametrize("kind", LOST)
async def test_c06_c07_a_text_whose_answer_was_lost_is_found_in_the_list(desk, kind):
    (id_,) = await desk.queue()
    await desk.sandbox.fault(kind, count=1, seconds=60)
    await desk.sandbox.fault("callback-drop", count=100)
    begun = time.monotonic()
    await desk.run_lane()
    assert time.monotonic() - begun < 12
    assert (await desk.message(id_)).state == "in_doubt"
    await desk.later(id_, seconds=6)
    await desk.look()
    row = await desk.message(id_)
    (text,) = await desk.at_carrier()
    assert (row.state, row.sid) == ("accepted", text["sid"])
    await desk.read_inbox()
    assert (await desk.message(id_)).carrier_status != "", "what the list said of it counts"
    assert await desk.creates() == 1
    assert await causes(desk.database) == []


async def test_c08_a_refused_connection_is_not_sent_and_tried_again(desk):
    (id_,) = await desk.queue()
    open_, desk.worker.carriers["sandbox"] = desk.worker.carriers["sandbox"], _unreachable()
    await desk.run_lane()
    row = await desk.message(id_)
    assert (row.state, row.sid) == ("ready", None)
    desk.worker.carriers["sandbox"] = open_
    await desk.later(id_, seconds=60)
    await desk.run_lane()
    assert (await desk.message(id_)).state == "accepted"
    assert await desk.creates() == 1


async def test_c09_what_a_dead_worker_was_sending_is_in_doubt_then_found(desk):
    (id_,) = await desk.queue()
    await desk.sandbox.fault("callback-drop", count=100)
    await desk.sandbox.fault("hang-after", count=1, seconds=30)
    dying = asyncio.create_task(Lane(desk.worker, SENDER).run())
    await until(desk.at_carrier, every=0.02)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert (await desk.message(id_)).state == "sending"
    await _runner_is_gone(desk)
    desk.worker = desk.another_worker()
    await desk.run_lane()
    assert (await desk.message(id_)).state == "in_doubt"
    await desk.later(id_, seconds=6)
    await desk.look()
    assert (await desk.message(id_)).state == "accepted"
    assert len(await desk.at_carrier()) == 1


async def _true(is_so: bool) -> bool:
    return is_so


async def _runner_is_gone(desk) -> None:
    async with desk.database.transaction() as session:
        await session.sql.execute(
            update(LaneRow).values(runner_seen_at=to_micros(now() - timedelta(seconds=10)))
        )


async def test_c10_what_nobody_had_claimed_is_sent_once_after_a_restart(desk):
    (id_,) = await desk.queue()
    async with desk.database.transaction() as session:
        assert await outbox.take_lane(session, SENDER, now()) == 1
    await desk.run_lane()
    assert (await desk.message(id_)).state == "ready", "the lane has a runner"
    await _runner_is_gone(desk)
    desk.worker = desk.another_worker()
    await desk.run_lane()
    assert (await desk.message(id_)).attempts == 1
    assert len(await desk.at_carrier()) == 1


async def test_c11_two_workers_send_a_text_once(desk):
    ids = await desk.queue(8)
    other = desk.another_worker()
    await asyncio.gather(*(Lane(each, SENDER).run() for each in (desk.worker, other)))
    assert {(await desk.message(id_)).state for id_ in ids} == {"accepted"}
    assert await desk.creates() == len(ids)


async def test_c12_a_receipt_may_come_before_the_answer(desk):
    (id_,) = await desk.queue()
    await desk.sandbox.fault("slow", count=1, seconds=0.5)
    running = asyncio.create_task(desk.run_lane())
    row = await until_settled(desk, id_, "accepted", seconds=5)
    await running
    (text,) = await desk.at_carrier()
    assert row.sid == (await desk.message(id_)).sid == text["sid"]
    assert await causes(desk.database) == []


async def test_c13_a_list_that_lags_leads_to_no_second_text(desk):
    (id_,) = await desk.queue()
    await desk.sandbox.fault("callback-drop", count=100)
    await desk.sandbox.fault("error-after", count=1)
    await desk.run_lane()
    await desk.sandbox.fault("list-lag", count=1, seconds=20)
    await desk.later(id_, seconds=6)
    await desk.look()
    row = await desk.message(id_)
    assert (row.state, row.looks) == ("in_doubt", 1)
    await desk.later(id_, seconds=62)
    await desk.look()
    assert (await desk.message(id_)).state == "accepted"
    assert await desk.creates() == 1


async def test_c14_call_outs_leave_before_words_whatever_their_number(desk):
    words = await desk.queue(60)
    calls = await desk.queue(4, purpose="call-out", urgency=Urgency.CALL_OUT, is_alarm=True)
    async with desk.database.transaction() as session:
        # Slots so far apart that a busy machine does not swap neighbours on their way.
        await session.sql.execute(update(LaneRow).values(rate=20.0))
    await desk.run_lane()
    first = [text["sid"] for text in reversed(await desk.at_carrier())][: len(calls)]
    assert {(await desk.message(id_)).sid for id_ in calls} == set(first)
    assert {(await desk.message(id_)).state for id_ in words} == {"accepted"}


DANGEROUS = [
    ({"TWILIO_EDGE": "dublin"}, "TWILIO_EDGE"),
    ({"TWILIO_REGION": "ie1"}, "TWILIO_REGION"),
    ({"CALAMITY_TWILIO_AUTH_TOKEN": "short"}, "CALAMITY_TWILIO_AUTH_TOKEN"),
    ({"CALAMITY_TWILIO_AUTH_TOKEN": f"{TOKEN},short"}, "CALAMITY_TWILIO_AUTH_TOKEN"),
    ({"CALAMITY_TWILIO_AUTH_TOKEN": ","}, "CALAMITY_TWILIO_AUTH_TOKEN"),
    ({"CALAMITY_TWILIO_SHARED_KEY": "no-secret"}, "CALAMITY_TWILIO_SHARED_KEY"),
    ({"CALAMITY_TWILIO_SHARED_KEY": "WK1=short"}, "CALAMITY_TWILIO_SHARED_KEY"),
    ({"CALAMITY_TWILIO_FROM": "Gemeente"}, "CALAMITY_TWILIO_FROM"),
    ({"CALAMITY_TWILIO_FROM": "+3197010250001=veel"}, "CALAMITY_TWILIO_FROM"),
    ({"CALAMITY_TWILIO_FROM": "+3197010250001=0"}, "CALAMITY_TWILIO_FROM"),
    ({"CALAMITY_TWILIO_FROM": "+3197010250001=nan"}, "CALAMITY_TWILIO_FROM"),
    ({"CALAMITY_TWILIO_FROM": "0612345678"}, "CALAMITY_TWILIO_FROM"),
    ({"CALAMITY_TWILIO_FROM": ""}, "CALAMITY_TWILIO_FROM"),
    ({"CALAMITY_SPOOL_MB": "0"}, "CALAMITY_SPOOL_MB"),
    ({"CALAMITY_ATTACHMENT_MB": "21"}, "CALAMITY_ATTACHMENT_MB"),
    (
        {"CALAMITY_ENV": "production", "CALAMITY_PUBLIC_URL": "", "CALAMITY_TWILIO_ORIGIN": ""},
        "CALAMITY_PUBLIC_URL",
    ),
    (
        {"CALAMITY_PUBLIC_URL": "https://10.0.0.1", "CALAMITY_TWILIO_ORIGIN": ""},
        "CALAMITY_PUBLIC_URL",
    ),
    ({"CALAMITY_ENV": "production"}, "CALAMITY_TWILIO_ORIGIN"),
    ({"CALAMITY_ENV": "production", "CALAMITY_CARRIER": "sandbox"}, "CALAMITY_CARRIER"),
    (
        {
            "CALAMITY_CARRIER": "sandbox",
            "CALAMITY_TWILIO_ORIGIN": "",
            "CALAMITY_TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        },
        "CALAMITY_TWILIO_ACCOUNT_SID",
    ),
]


@pytest.mark.parametrize(("changes", "name"), DANGEROUS)
def test_c15_c18_start_up_refuses_what_is_unusable_and_says_the_cure(tmp_path: Path, changes, name):
    with pytest.raises(Refused) as refused:
        read_settings(environment("sqlite:///none", tmp_path, **changes))
    assert name in refused.value.message
    assert refused.value.message.endswith(".")
    assert TOKEN not in refused.value.message


@pytest.mark.parametrize(
    ("command", "changes"),
    [
        ("serve", {"CALAMITY_TWILIO_ACCOUNT_SID": "AC1"}),
        ("work", {"CALAMITY_TWILIO_ACCOUNT_SID": "AC1"}),
        ("serve", {"CALAMITY_TWILIO_REGION": "mars"}),
        ("work", {"CALAMITY_TWILIO_API_KEY": "SK1", "CALAMITY_TWILIO_API_SECRET": "s" * 32}),
        ("serve", {"CALAMITY_TWILIO_ORIGIN": "http://carrier.example.nl"}),
        ("work", {"CALAMITY_PUBLIC_URL": "https://crisis_room.example.nl"}),
    ],
)
def test_c18_every_process_refuses_an_account_that_reaches_nobody(
    tmp_path: Path, sqlite_url: str, command, changes
):
    given = environment(sqlite_url, tmp_path, CALAMITY_PORT="0", **changes)
    if "ORIGIN" in "".join(changes):
        given["CALAMITY_TWILIO_ACCOUNT_SID"] = "AC" + "1" * 32
    log = tmp_path / "printed.log"
    process = born({"PATH": "/usr/bin:/bin", **given}, (command,), log)
    process.join(60)
    assert process.exitcode == 1, log.read_text()
    assert "CALAMITY_" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_c18_with_a_shared_key_and_an_api_key_the_token_may_stay_away(tmp_path: Path):
    given = environment(
        "sqlite:///none", tmp_path, CALAMITY_TWILIO_AUTH_TOKEN="",
        CALAMITY_TWILIO_SHARED_KEY="WK1=" + "s" * 32, CALAMITY_TWILIO_API_KEY="SK" + "0" * 32,
        CALAMITY_TWILIO_API_SECRET="t" * 32,
    )  # fmt: skip
    settings = read_settings(given)
    assert settings.auth_tokens == []
    assert settings.shared_keys == {"WK1": "s" * 32}


async def test_c16_moments_go_out_in_utc(desk):
    amsterdam = ZoneInfo("Europe/Amsterdam")
    for summer, hour in ((True, "08"), (False, "09")):
        at = datetime(2026, 7 if summer else 1, 15, 10, 0, tzinfo=amsterdam)
        await desk.carrier.sent_since(at + timedelta(seconds=120))
        (entry,) = (await desk.sandbox.control("GET", "/transcript?kind=request&limit=1000"))[-1:]
        assert at.astimezone(UTC).strftime("%H") == hour
        assert f"{hour}%3A00%3A00Z" in json.dumps(entry) or f"{hour}:00:00Z" in json.dumps(entry)


async def test_c17_a_redirect_is_not_followed_and_nothing_is_sent(desk, server_that_redirects):
    account = TwilioAccount(
        account_sid=ACCOUNT, public_url="https://crisis.example.nl", auth_token=TOKEN,
        origin=server_that_redirects.origin,
    )  # fmt: skip
    desk.worker.carriers["sandbox"] = TwilioCarrier(account, SHORT)
    (id_,) = await desk.queue()
    await desk.run_lane()
    assert (await desk.message(id_)).state == "ready"
    assert {request.path for request in server_that_redirects.requests} == {
        f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    }
    await desk.worker.carriers["sandbox"].close()


@pytest.fixture
async def server_that_redirects():
    made = BadCarrier()
    await made.start()
    made.mode = "redirect"
    yield made
    await made.stop()


def test_c19_our_client_warns_of_nothing(tmp_path: Path):
    script = (
        "import asyncio\n"
        "from calamity.gateways.twilio import TwilioAccount, TwilioCarrier\n"
        "from calamity.gateways.carrier import OutboundText, NotSent\n"
        "async def main():\n"
        "    made = TwilioCarrier(TwilioAccount(account_sid='AC5a4d0000'+'0'*24,\n"
        "        public_url='https://crisis.example.nl', auth_token='t'*32,\n"
        "        origin='http://127.0.0.1:9'))\n"
        "    await made.start()\n"
        "    text = OutboundText('m', '+3197010250001', '+3197010240001', 'x', 60)\n"
        "    said = await made.send(text)\n"
        "    assert isinstance(said, NotSent), said\n"
        "    await made.close()\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


async def test_c20_no_number_word_or_token_reaches_a_log(desk, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    secret = "Heel vertrouwelijk"
    ids = await desk.queue(3, body=secret)
    await desk.sandbox.fault("error-after", count=1)
    await desk.sandbox.fault("too-many", count=1, seconds=1)
    await desk.run_lane()
    for id_ in ids:
        await desk.later(id_, seconds=60)
    await desk.run_lane()
    await desk.look()
    await desk.product.text(Body=secret, From="+3197010242001")
    await desk.product.text(Body=secret, To="+3197010249999")
    await desk.read_inbox()
    # What others of this test write to the log at DEBUG (the client that plays the carrier) is
    # theirs; ours and twilio's are not.
    ours = "\n".join(
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(("calamity", "twilio", "aiohttp.client"))
    ) + "".join(capfd.readouterr())
    for hidden in (secret, "97010242001", "97010249999", TOKEN, "Basic "):
        assert hidden not in ours
    assert logging.getLogger("twilio").getEffectiveLevel() >= logging.DEBUG
    assert masked("+3197010242001") not in ours


async def test_a_config_error_stops_the_lane_until_it_is_mended(desk):
    ids = await desk.queue(200)
    await desk.sandbox.fault("unauthorised", count=1000)
    lane = asyncio.create_task(Lane(desk.worker, SENDER).run())
    await asyncio.sleep(1.5)
    before = await desk.creates()
    assert before <= 60, "what was in flight, and no more"
    await asyncio.sleep(0.5)
    assert await desk.creates() == before
    lane.cancel()
    await asyncio.gather(lane, return_exceptions=True)
    assert {(await desk.message(id_)).state for id_ in ids} <= {"ready", "sending"}


async def test_while_tokens_rotate_the_other_one_is_tried(desk):
    account = TwilioAccount(
        account_sid=ACCOUNT, public_url="https://crisis.example.nl",
        auth_token="a" * 32, next_token=TOKEN, origin=desk.sandbox.origin,
    )  # fmt: skip
    desk.worker.carriers["sandbox"] = TwilioCarrier(account, SHORT)
    (id_,) = await desk.queue()
    await desk.run_lane()
    await desk.later(id_, seconds=60)
    await desk.run_lane()
    assert (await desk.message(id_)).state == "accepted"
    assert len(await desk.at_carrier()) == 1
    await desk.worker.carriers["sandbox"].close()


async def test_a_text_in_the_account_that_is_not_ours_is_told_by_its_id(desk, monkeypatch):
    monkeypatch.setattr(sweeps, "_SETTLES", timedelta(seconds=2))
    await desk.queue()
    await desk.run_lane()
    stolen = await desk.sandbox.send("Kom naar deze website", From=SENDER)
    await notice_foreign(desk.worker)
    assert await causes(desk.database) == [], "it may be one of ours, on its way"
    await _grown_older(desk)
    await notice_foreign(desk.worker)
    (row,) = await rows(desk.database, QuarantineRow)
    assert (row.cause, row.sid) == ("foreign-message", stolen["sid"])


async def _grown_older(desk) -> None:
    """Wait until the newest text in the list is one of which everything is known."""
    async with desk.database.transaction() as session:
        await session.sql.execute(update(SweepRow).values(begun_at=now() - timedelta(hours=1)))
    desk.worker.rests_until.clear()
    # The list tells whole seconds.
    await asyncio.sleep(3.1)
