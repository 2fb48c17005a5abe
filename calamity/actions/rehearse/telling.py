"""What happens in a rehearsal, in words and in order of time."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from calamity.actions.rehearse.crowd import Sending, Sent
from calamity.actions.rehearse.walk import Asked, Called, Walked
from calamity.domain.playbook import CallOut, Dispatch, Playbook, Round
from calamity.domain.playbook_prose import (
    Said,
    audience_name,
    joined,
    phase_name,
    quoted,
    role_name,
    said_of,
    step_name,
)
from calamity.domain.rehearsal import Rehearsed, What

_WAYS = {"voice": Said("gebeld", "called by phone"), "email": Said("gemaild", "mailed")}
_RUNGS = {
    What.CALLED: Said("Oproep per sms: {role}", "Called out by SMS: {role}"),
    What.REMINDED: Said("Herinnering: {role}", "Reminded: {role}"),
    What.DEPUTY: Said("Vervanger opgeroepen: {role}", "Deputy called out: {role}"),
    What.OTHER_WAY: Said("Ook {way}: {role}", "Also {way}: {role}"),
    What.NOBODY: Said("Niemand meer om op te roepen: {role}", "Nobody left to call out: {role}"),
}


def told(
    walked: Walked,
    playbook: Playbook,
    ways_out: Sequence[Sent],
    names: dict[str, str],
) -> list[Rehearsed]:
    """Return everything that happens, by time; *names* of the team, where they may be seen."""
    events = [
        *(
            Rehearsed(
                at, What.PHASE,
                Said("De fase {name} begint", "The phase {name} begins").filled(
                    name=phase_name(playbook, code)
                ),
            )
            for at, code in walked.phases
        ),
        *_tasks(walked, playbook),
        *(each for called in walked.called for each in _called(called, playbook, names)),
        *_sent(walked.sendings, playbook, ways_out),
        *(_closed(asked, playbook) for asked in walked.rounds),
    ]  # fmt: skip
    order = list(What)
    return sorted(events, key=lambda event: (event.at, order.index(event.what)))


def _tasks(walked: Walked, playbook: Playbook) -> Iterator[Rehearsed]:
    """Yield the steps that a person does; what sends says so itself."""
    for duty in walked.duties:
        if isinstance(playbook.step(duty.step).act, CallOut | Dispatch | Round):
            continue
        said = Said("{role} doet, op z'n laatst: {title}", "{role} does, at the latest: {title}")
        yield Rehearsed(
            duty.due_at, What.TASK,
            said.filled(role=role_name(playbook, duty.role), title=duty.title),
            step=duty.step, role=duty.role,
        )  # fmt: skip


def _called(called: Called, playbook: Playbook, names: dict[str, str]) -> Iterator[Rehearsed]:
    for rung in called.climbed.rungs:
        if rung.what in (What.FILLED, What.NOT_FILLED):
            yield _outcome(called)
            continue
        said = _RUNGS[rung.what].filled(
            role=role_name(playbook, rung.role), way=_WAYS.get(rung.way, said_of(rung.way))
        )
        name = names.get(rung.recipient_id)
        yield Rehearsed(
            rung.at, rung.what, said, step=called.step, role=rung.role,
            people=1 if rung.recipient_id else 0, names=[name] if name else [],
        )  # fmt: skip


def _outcome(called: Called) -> Rehearsed:
    climbed = called.climbed
    said = (
        Said("Genoeg: {coming} van de {quota} komen", "Enough: {coming} of {quota} come")
        if climbed.is_filled
        else Said(
            "Te weinig: {coming} van de {quota} komen, en niemand is meer op te roepen",
            "Too few: {coming} of {quota} come, and nobody is left to call out",
        )
    )
    return Rehearsed(
        climbed.ended_at, What.FILLED if climbed.is_filled else What.NOT_FILLED,
        said.filled(coming=said_of(climbed.coming), quota=said_of(called.quota)),
        step=called.step, people=climbed.coming,
    )  # fmt: skip


def _sent(
    sendings: Sequence[Sending], playbook: Playbook, ways_out: Sequence[Sent]
) -> Iterator[Rehearsed]:
    leaving = {id(sent.batch): sent for sent in ways_out}
    for sending in sendings:
        step = playbook.step(sending.step)
        is_round = isinstance(step.act, Round)
        trips = [leaving[id(batch)] for batch in sending.batches]
        said = (
            Said("Ronde {step}: vraag {message}", "Round {step}: question {message}")
            if is_round
            else Said("Verzending {step}: {message}", "Dispatch {step}: {message}")
        )
        yield Rehearsed(
            sending.at, What.ROUND if is_round else What.SENT,
            Said("{what}, aan {who}", "{what}, to {who}").filled(
                what=said.filled(
                    step=quoted(said_of(step.title)), message=said_of(sending.message)
                ),
                who=audience_name(playbook, sending.audience),
            ),
            step=sending.step, role=step.role, people=sending.reached, held=sending.held,
            parts=sending.parts,
            leaves_at=min((trip.first_at for trip in trips), default=None),
            sent_at=max((trip.last_at for trip in trips), default=None),
        )  # fmt: skip


def _closed(asked: Asked, playbook: Playbook) -> Rehearsed:
    said = Said(
        "De ronde van {step} sluit: {answered} van de {asked} antwoordden",
        "The round of {step} closes: {answered} of {asked} answered",
    )
    return Rehearsed(
        asked.closes_at, What.CLOSED,
        said.filled(
            step=step_name(playbook, asked.step), answered=said_of(asked.answered),
            asked=said_of(asked.asked),
        ),
        step=asked.step, people=asked.answered,
    )  # fmt: skip


def at_said(at: datetime, t0: datetime, *, first: bool = False) -> Said:
    """Say a local moment: the time of day, and the day where it is not that of T0."""
    nl, en = f"{at:%H.%M} uur", f"{at:%H:%M}"
    if first or at.date() != t0.date():
        nl, en = f"{at.day}-{at.month}, {nl}", f"{at.day}/{at.month}, {en}"
    return Said(nl, en)


def many(names: Sequence[Said]) -> Said:
    """Say a list, of which only the first few are named."""
    most = 4
    if len(names) <= most:
        return joined(names)
    rest = Said(f"{len(names) - most + 1} andere", f"{len(names) - most + 1} others")
    return joined([*names[: most - 1], rest])
