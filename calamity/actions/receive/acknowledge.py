"""Taking in an answer to a call-out, by text, by a key on the phone, or written down."""

from datetime import datetime

from calamity.actions.call_out import CallOutRunner
from calamity.actions.compose import composer_for
from calamity.actions.run import act_of_call_out
from calamity.actions.terms import Terms
from calamity.domain.activation import Snapshot
from calamity.domain.answers import AnswerText
from calamity.domain.call_out import ANSWER_BY_DIGIT
from calamity.domain.channels import Channel
from calamity.domain.playbook import Group
from calamity.domain.replies import Digit, InWords, No, Reading, Yes
from calamity.store import calamities, call_outs, tasks
from calamity.store.database import Session
from calamity.store.playbooks import get_version
from calamity.store.wakes import Wakes


def digit_for_call_out(reading: Reading) -> int:
    """Return the digit that an answer to a call-out stands for; 0 when it is none."""
    match reading:
        case Digit(value) | InWords(value):
            return value
        case Yes():
            return 1
        case No():
            return 2
    return 0


async def acknowledge(
    session: Session,
    wakes: Wakes,
    terms: Terms,
    municipality_id: str,
    ladder_id: str,
    *,
    digit: int,
    reason: str = "",
    at: datetime,
    by_hand: bool,
    way: Channel = Channel.SMS,
) -> AnswerText:
    """Take in someone's answer to a call-out, or one written down *by_hand* after a call."""
    ladder, call_out = await call_outs.find_ladder(session, municipality_id, ladder_id)
    row = await call_outs.get_call_out(session, call_out.id)
    task = await tasks.get_task_row(session, row.task_id)
    activation = await calamities.get_activation(session, task.activation_id)
    calamity = await calamities.get_calamity(session, municipality_id, row.calamity_id)
    playbook = (await get_version(session, activation.version_id)).playbook
    team = Snapshot(activation.snapshot.of(Group.RAPID_TEAM))
    composer = await composer_for(
        session, terms, calamity, playbook, inputs=activation.inputs, members=team.members
    )
    act = await act_of_call_out(session, playbook, row.task_id)
    runner = CallOutRunner(session, wakes, composer, act, at)
    words = await runner.answer(
        row, ladder.id, ANSWER_BY_DIGIT[digit], reason=reason, by_hand=by_hand, way=way
    )
    due = await call_outs.next_rung(session, activation.id)
    if due is not None:
        await wakes.wake(session, "activation", activation.id, (due - at).total_seconds())
    return words
