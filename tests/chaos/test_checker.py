"""The checker accepts a sound history, and finds each way in which one can be broken."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import json
from msgspec.structs import replace

from calamity.domain.answers import AnswerText, answer_in
from calamity.sandbox.records import Text
from tests.chaos.checker import RULES, violations
from tests.chaos.history import (
    Create,
    History,
    Inbound,
    Ladder,
    Message,
    Posted,
    Reply,
    read_ledger,
)

Break = Callable[[History], object]
SURE = "Genoteerd: je komt. Dank je wel."


def sound() -> History:
    """Return a history with an alarm, words, an answered call-out and a check-in."""
    return History(
        creates=[
            Create("m1", "+31970102401", "ALARM", None, 429, 20429),
            Create("m1", "+31970102401", "ALARM", "SM1"),
            Create("m2", "+31970102402", "Words", "SM2"),
            Create("m3", "+31970102401", SURE, "SM3"),
            Create("m4", "+31970102402", "Thanks", "SM4"),
            Create("m5", "+31970102403", "Words", None, 400, 21614),
        ],
        inbound=[
            Inbound("SM8", "+31970102401", "1"),
            Inbound("SM9", "+31970102402", "4"),
        ],
        posted=[
            Posted("SM1", "sent"),
            Posted("SM1", "delivered"),
            Posted("SM1", "sent"),
            Posted("SM2", "delivered", 403),
        ],
        statuses={"SM1": "delivered", "SM2": "sent", "SM3": "sent", "SM4": "sent"},
        messages=[
            _message("m1", "r1", "ALARM", sid="SM1", is_alarm=True, purpose="call-out",
                     ladder_id="l1", carrier_status="delivered"),
            _message("m2", "r2", "Words", sid="SM2", dispatch_id="d1"),
            _message("m3", "r1", SURE, sid="SM3", purpose="answer", reply_id="p1"),
            _message("m4", "r2", "Thanks", sid="SM4", purpose="answer", reply_id="p2"),
            _message("m5", "r3", "Words", state="rejected", error_code=21614, dispatch_id="d1"),
            _message("m6", "r4", "Words", state="cancelled", attempts=0, dispatch_id="d1"),
        ],
        replies=[
            Reply(id="p1", sid="SM8", body="1", meaning="acknowledgement", recipient_id="r1"),
            Reply(id="p2", sid="SM9", body="4", meaning="check-in", recipient_id="r2"),
        ],
        ladders=[Ladder(id="l1", recipient_id="r1", state="answered", answer="coming")],
        check_ins={"p2": 4},
        coming=1,
        quota=1,
        call_out="filled",
    )  # fmt: skip


def _message(id_: str, who: str, body: str, **more: object) -> Message:
    given = {"purpose": "give", "state": "accepted", "to": f"+3197010240{who[1:]}"}
    return Message(id=id_, recipient_id=who, body=body, **(given | more))  # type: ignore[arg-type]  # a message made of words


def _change(place: int, **changes: object) -> Break:
    def change(history: History) -> None:
        history.messages[place] = replace(history.messages[place], **changes)

    return change


def _change_reply(place: int, **changes: object) -> Break:
    def change(history: History) -> None:
        history.replies[place] = replace(history.replies[place], **changes)

    return change


def _change_ladder(**changes: object) -> Break:
    def change(history: History) -> None:
        history.ladders[0] = replace(history.ladders[0], **changes)

    return change


def _copy(message_id: str, to: str, body: str) -> Break:
    return lambda history: history.creates.append(Create(message_id, to, body, "SM99"))


BROKEN: dict[str, Break] = {
    "an accepted text that the carrier never took": _change(1, sid="SM77"),
    "a message that never left": _change(1, state="ready", sid=None),
    "a message under way for ever": _change(1, state="sending", sid=None),
    "a doubt about which nobody was asked": _change(1, state="in_doubt", sid=None),
    "words that are held though they may be sent again": _change(
        1, state="in_doubt", sid=None, is_held=True
    ),
    "a refusal that the carrier never spoke": _change(4, error_code=21610),
    "a cancelled text that the carrier has": _copy("m6", "+31970102404", "Words"),
    "a refused text that the carrier has": _copy("m5", "+31970102403", "Words"),
    "an expired text that the carrier has": _change(1, state="expired"),
    "a text that nobody wrote": _copy("m99", "+31970102402", "Words"),
    "a text without any request": lambda history: history.statuses.update(SM66="sent"),
    "another number": _change(1, to="+31970102409"),
    "other words": _change(1, body="Other words"),
    "words said twice": _copy("m2", "+31970102402", "Words"),
    "words said twice, though marked": _copy("m2", "+31970102402", "Words (herhaald)"),
    "an alarm that does not say it is repeated": _copy("m1", "+31970102401", "ALARM"),
    "two messages of one dispatch for one person": _change(4, recipient_id="r2"),
    "two messages for one rung": _change(1, ladder_id="l1", purpose="call-out"),
    "two answers to one reply": _change(3, reply_id="p1"),
    "two messages that claim one text": _change(1, sid="SM1"),
    "a status that moved back": _change(0, carrier_status="sent"),
    "a status that a forger told": _change(1, carrier_status="delivered"),
    "a lost reply": lambda history: history.replies.pop(),
    "a reply that nobody sent": lambda history: history.inbound.pop(),
    "a reply that stands twice": lambda history: history.replies.append(history.replies[0]),
    "a reply with other words": _change_reply(1, body="5"),
    "a reply that nobody read": _change_reply(0, meaning=""),
    "a reply without an answer": lambda history: history.messages.pop(3),
    "a free text that nobody looks at": lambda history: (
        _change_reply(1, meaning="for-person")(history),
        history.messages.pop(3),
        history.check_ins.clear(),
    ),
    "an answer that does not fit": _change(2, body="Genoteerd: je kunt niet."),
    "an answer that does not count": _change_ladder(state="silent", answer=""),
    "an answer that nobody gave": _change_ladder(answer="cannot"),
    "a second thought that does not count": lambda history: history.replies.append(
        Reply(
            id="p3",
            sid="SM7",
            body="nee",
            meaning="acknowledgement",
            recipient_id="r1",
            received_at=9,
        )
    ),
    "a rung that is still due": _change_ladder(is_due=True),
    "a call-out that is full and does not know": lambda history: setattr(history, "quota", 2),
    "a lost check-in": lambda history: history.check_ins.clear(),
    "a check-in that nobody sent": lambda history: history.check_ins.update(p9=3),
    "another mood": lambda history: history.check_ins.update(p2=1),
    "a dispatch without an end": lambda history: history.unfinished.append("d1"),
    "a broken chain": lambda history: setattr(history, "is_intact", False),
}


def test_a_sound_history_is_sound() -> None:
    assert violations(sound()) == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_history_is_found(name: str) -> None:
    history = sound()
    BROKEN[name](history)
    assert violations(history)


def test_every_rule_can_fail() -> None:
    failing = set()
    for break_ in BROKEN.values():
        history = sound()
        break_(history)
        failing |= {rule for rule in RULES if list(rule(history))}
    assert failing == set(RULES)


def test_a_repeated_alarm_and_a_copy_that_was_set_apart_are_explained() -> None:
    history = sound()
    history.creates.append(Create("m1", "+31970102401", "ALARM (herhaald)", "SM55"))
    assert violations(history) == []
    history.creates.append(Create("m6", "+31970102404", "Words", "SM56"))
    history.messages[5] = replace(history.messages[5], to="+31970102404")
    assert violations(history)
    history.apart.add(("SM56", "never-left"))
    assert violations(history) == []


def test_a_second_thought_moves_the_ladder() -> None:
    history, noted = sound(), answer_in(AnswerText.CANNOT, "nl")
    BROKEN["a second thought that does not count"](history)
    history.inbound.append(Inbound("SM7", "+31970102401", "nee"))
    history.messages.append(_message("m7", "r1", noted, sid="SM5", purpose="answer", reply_id="p3"))
    history.creates.append(Create("m7", "+31970102401", noted, "SM5"))
    history.statuses["SM5"] = "sent"
    history.ladders[0] = replace(history.ladders[0], answer="cannot")
    history.coming, history.call_out = 0, "calling"
    assert violations(history) == []


def test_a_text_that_a_dying_carrier_never_wrote_down_is_found_in_its_ledger(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sandbox.sqlite"
    callback = "https://calamity.example/hooks/twilio/status?m=m1"
    known = Text(
        sid="SM1", number=1, direction="outbound-api", sender="+3197010250001",
        to="+31970102401", body="Words", status="sent", encoding="GSM-7", parts=1,
        created_at=0.0, updated_at=0.0, callback=callback,
    )  # fmt: skip
    with closing(sqlite3.connect(path, isolation_level=None)) as ledger:
        ledger.execute("CREATE TABLE texts (key TEXT PRIMARY KEY, document BLOB)")
        for sid, changes in (("SM1", {}), ("SM2", {}), ("SM3", {"direction": "inbound"})):
            document = json.encode(replace(known, sid=sid, **changes))
            ledger.execute("INSERT INTO texts VALUES (?, ?)", (sid, document))
    history = History(creates=[Create("m1", "+31970102401", "Words", "SM1")])
    read_ledger(history, path)
    assert history.creates[1:] == [Create("m1", "+31970102401", "Words", "SM2")]
