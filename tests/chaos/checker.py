"""What must hold of any history: each message's fate explained, none doubled, no reply lost.

Every rule yields a sentence for each thing that breaks it; `violations` gathers them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from calamity.domain.answers import AnswerText, answer_in
from calamity.domain.dispatch import InDoubtPolicy, MessageState, in_doubt_policy
from calamity.domain.receipts import NEGATIVE, POSITIVE, RANK
from tests.chaos.history import Create, History, Message, Reply

_MARKS = (" (herhaald)", " (repeated)")
_OPEN = (MessageState.READY, MessageState.SENDING)
_NEVER_LEFT = (MessageState.CANCELLED, MessageState.EXPIRED)
_TOO_MANY = 429
_MOST_ALARMS = 4
_MOST_ANSWERS = 5
# Of a split answer the first letter may come alone.
_MEANT = {
    "1": "coming", "ja": "coming", "j": "coming", "2": "cannot", "nee": "cannot", "n": "cannot",
    "3": "late",
}  # fmt: skip
_WORDS = {
    "coming": (AnswerText.COMING, AnswerText.ENOUGH),
    "cannot": (AnswerText.CANNOT,),
    "late": (AnswerText.LATE, AnswerText.ENOUGH),
}
_MUST_BE_ANSWERED = frozenset(
    {"acknowledgement", "check-in", "stop", "start", "pause", "no-code", "wrong-code"}
)
_NEEDS_NO_ANSWER = frozenset({"no-answer"})


def violations(history: History) -> list[str]:
    """Return everything in a history that breaks a promise; empty when all is well."""
    return [found for rule in RULES for found in rule(history)]


def _taken(history: History) -> dict[str, list[Create]]:
    """Return by our id the texts that the carrier took, each once."""
    found: dict[str, dict[str, Create]] = defaultdict(dict)
    for create in history.creates:
        if create.sid is not None:
            found[create.message_id][create.sid] = create
    return {id_: list(each.values()) for id_, each in found.items()}


def _unmarked(body: str) -> str:
    for mark in _MARKS:
        body = body.removesuffix(mark)
    return body


def every_message_has_a_fate(history: History) -> Iterator[str]:
    """Where a message stands is explained by what the carrier saw."""
    taken = _taken(history)
    for message in history.messages:
        there = taken.get(message.id, [])
        why = _misfit(message, there, history)
        if why:
            yield f"message {message.id} ({message.purpose}, {message.state}): {why}"


def _misfit(message: Message, there: list[Create], history: History) -> str:
    sids = {create.sid for create in there}
    match message.state:
        case MessageState.ACCEPTED:
            return "" if message.sid in sids else "the carrier has no such text of ours"
        case MessageState.REJECTED:
            refused = {
                create.code
                for create in history.creates
                if create.message_id == message.id and 400 <= create.status < 500
                and create.status != _TOO_MANY
            }  # fmt: skip
            if message.error_code not in refused:
                return "the carrier never refused it for that"
        case MessageState.IN_DOUBT:
            policy = in_doubt_policy(message.purpose, is_alarm=message.is_alarm)
            is_worn = message.is_alarm and message.attempts >= _MOST_ALARMS
            if not message.is_held or not (policy is InDoubtPolicy.HOLD or is_worn):
                return "it is still in doubt, and nobody was asked"
        case state if state in _OPEN:
            return "it did not come to rest"
        case state if state not in _NEVER_LEFT:
            return "nobody knows this state"
    known = {sid for sid, _ in history.apart}
    return "yet the carrier has it" if sids - known else ""


def every_text_is_ours(history: History) -> Iterator[str]:
    """What the carrier has is in our outbox, with the number and the words that it had there."""
    rows = {message.id: message for message in history.messages}
    said = {create.sid for create in history.creates}
    for sid in history.statuses.keys() - said:
        yield f"text {sid}: the carrier has it, and nobody asked for it"
    for create in history.creates:
        row = rows.get(create.message_id)
        if row is None:
            yield f"text {create.sid}: no message of ours is called {create.message_id!r}"
        elif (create.to, _unmarked(create.body)) != (row.to, row.body):
            yield f"message {row.id}: it left for another number, or in other words"


def nobody_hears_twice(history: History) -> Iterator[str]:
    """No message leaves more often than its class allows; a copy of an alarm says that it is."""
    rows = {message.id: message for message in history.messages}
    for id_, there in _taken(history).items():
        is_alarm = id_ in rows and rows[id_].is_alarm
        plain = [create for create in there if _unmarked(create.body) == create.body]
        if len(there) > 1 and not is_alarm:
            yield f"message {id_}: an ordinary text left {len(there)} times"
        if is_alarm and len(plain) > 1:
            yield f"message {id_}: {len(plain)} copies of an alarm are not marked as repeated"
        if len(there) > _MOST_ALARMS:
            yield f"message {id_}: an alarm left {len(there)} times"
    for name, keys in (
        ("dispatch", [(m.dispatch_id, m.recipient_id) for m in history.messages if m.dispatch_id]),
        ("ladder", [(m.ladder_id, m.purpose) for m in history.messages if m.ladder_id]),
        ("reply", [(m.reply_id, "") for m in history.messages if m.reply_id]),
    ):
        for key, times in Counter(keys).items():
            if times > 1:
                yield f"{name} {key}: {times} messages for the same thing"
    sids = Counter(message.sid for message in history.messages if message.sid)
    yield from (
        f"text {sid}: {times} messages claim it" for sid, times in sids.items() if times > 1
    )


def statuses_are_the_furthest(history: History) -> Iterator[str]:
    """The status of a message is the furthest that the carrier told us, and never invented."""
    sids: dict[str, set[str]] = {
        id_: {create.sid or "" for create in there} for id_, there in _taken(history).items()
    }
    for message in history.messages:
        ours = sids.get(message.id, set())
        told = [posted for posted in history.posted if posted.sid in ours]
        furthest = max((RANK.get(each.status, 0) for each in told if each.is_taken), default=0)
        if RANK.get(message.carrier_status, 0) < furthest:
            yield f"message {message.id}: {message.carrier_status!r} is behind what we were told"
        said = {each.status for each in told if each.may_be_kept}
        said |= {history.statuses.get(sid, "") for sid in ours}
        if message.carrier_status in NEGATIVE | POSITIVE and message.carrier_status not in said:
            yield f"message {message.id}: nobody told us that it is {message.carrier_status!r}"


def every_reply_is_kept(history: History) -> Iterator[str]:
    """Each text that somebody sent stands in our inbox once, to the letter, and was read."""
    sent = {inbound.sid: inbound for inbound in history.inbound}
    kept = Counter(reply.sid for reply in history.replies)
    yield from (f"reply {sid}: it is lost" for sid in sent.keys() - kept.keys())
    yield from (f"reply {sid}: nobody sent it" for sid in kept.keys() - sent.keys())
    yield from (f"reply {sid}: it stands {n} times" for sid, n in kept.items() if n > 1)
    for reply in history.replies:
        if reply.sid in sent and reply.body != sent[reply.sid].body:
            yield f"reply {reply.sid}: its words were changed"
        if not reply.meaning:
            yield f"reply {reply.sid}: nobody has read it"


def every_reply_is_answered(history: History) -> Iterator[str]:
    """Each reply got the answer that fits, or stands open for a person."""
    answers = {m.reply_id: m for m in history.messages if m.reply_id}
    lately = Counter(m.recipient_id for m in history.messages if m.purpose == "answer")
    for reply in history.replies:
        answer = answers.get(reply.id)
        braked = lately[reply.recipient_id or ""] >= _MOST_ANSWERS
        if answer is None:
            is_open = reply.needs_person and reply.meaning not in _MUST_BE_ANSWERED
            if not (is_open or braked or reply.meaning in _NEEDS_NO_ANSWER):
                yield f"reply {reply.sid} ({reply.meaning}): no answer, and nobody looks at it"
        elif reply.meaning == "acknowledgement" and not _fits(reply, answer):
            yield f"reply {reply.sid}: the answer does not fit the words"


def _fits(reply: Reply, answer: Message) -> bool:
    texts = _WORDS.get(_MEANT.get(reply.body, ""), ())
    return any(
        answer_in(text, language) in answer.body for text in texts for language in ["nl", "en"]
    )


def ladders_stand_where_answers_put_them(history: History) -> Iterator[str]:
    """Who answered is counted as they answered last; nobody is counted who did not."""
    answered = _last_answers(history)
    for ladder in history.ladders:
        said = answered.get(ladder.recipient_id, set())
        if ladder.is_due:
            yield f"ladder {ladder.id}: a rung is still due"
        if ladder.answer and ladder.answer not in said:
            yield f"ladder {ladder.id}: nobody answered {ladder.answer!r}"
        spared = ladder.state == "spared" and "cannot" not in said
        if said and not ladder.answer and not spared:
            yield f"ladder {ladder.id}: the answer does not count"
    is_filled = history.call_out == "filled"
    if history.ladders and is_filled != (history.coming >= history.quota):
        yield f"call-out {history.call_out}: {history.coming} of {history.quota} come"


def _last_answers(history: History) -> dict[str, set[str]]:
    """Return by person the answer that came last; all of them, where several came at once."""
    found: dict[str, set[str]] = defaultdict(set)
    latest: dict[str, int] = {}
    for reply in sorted(history.replies, key=lambda each: each.received_at):
        if reply.meaning == "acknowledgement":
            who = reply.recipient_id or ""
            if reply.received_at > latest.get(who, reply.received_at):
                found[who].clear()
            found[who].add(_MEANT.get(reply.body, reply.body))
            latest[who] = reply.received_at
    return found


def check_ins_say_what_people_said(history: History) -> Iterator[str]:
    """Each check-in is the digit of its reply, and each such reply is a check-in."""
    read = {reply.id: reply for reply in history.replies if reply.meaning == "check-in"}
    yield from (f"reply {r}: its check-in is lost" for r in read.keys() - history.check_ins.keys())
    for reply_id, mood in history.check_ins.items():
        if reply_id not in read or read[reply_id].body != str(mood):
            yield f"check-in of reply {reply_id}: nobody said {mood}"


def everything_came_to_an_end(history: History) -> Iterator[str]:
    """What was begun is finished, and the timeline is whole."""
    yield from (f"not finished: {each}" for each in history.unfinished)
    if not history.is_intact:
        yield "the chain of the timeline is broken"


Rule = Callable[[History], Iterator[str]]
RULES: tuple[Rule, ...] = (
    every_message_has_a_fate,
    every_text_is_ours,
    nobody_hears_twice,
    statuses_are_the_furthest,
    every_reply_is_kept,
    every_reply_is_answered,
    ladders_stand_where_answers_put_them,
    check_ins_say_what_people_said,
    everything_came_to_an_end,
)
