"""Dispatching: one message of the playbook to one audience, as rows that will leave."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from calamity.actions.compose import Composer, audience_of, circumstances, select_members
from calamity.domain.activation import Member, Snapshot
from calamity.domain.dispatch import MessageState, Urgency
from calamity.domain.playbook import Group, Message
from calamity.domain.timeline import DispatchFinished, DispatchQueued, Visibility
from calamity.store import outbox
from calamity.store.calamities import must_reach_outside
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import DispatchRow
from calamity.store.timeline import append
from calamity.store.wakes import Wakes

SYSTEM = "system"


async def dispatch(
    session: Session,
    wakes: Wakes,
    composer: Composer,
    *,
    audience: str,
    message: str,
    members: Iterable[Member],
    at: datetime,
    by_role: str,
    task_id: str | None = None,
    round_id: str | None = None,
    links: dict[str, str] | None = None,
    codes: dict[str, str] | None = None,
    until: datetime | None = None,
) -> tuple[DispatchRow, list[Member]]:
    """Queue a message for each of *members* whom the rules allow; return who gets it.

    *links* gives people a link of their own and *codes* the code that an answer must carry, by
    recipient id; *until* is the closing of a round.
    """
    words = composer.playbook.message(message).said_to(audience)
    return await queue(
        session, wakes, composer, words, audience=audience, members=members, at=at,
        by_role=by_role, task_id=task_id, round_id=round_id, links=links, codes=codes, until=until,
    )  # fmt: skip


async def queue(
    session: Session,
    wakes: Wakes,
    composer: Composer,
    words: Message,
    *,
    audience: str,
    members: Iterable[Member],
    at: datetime,
    by_role: str,
    task_id: str | None = None,
    round_id: str | None = None,
    links: dict[str, str] | None = None,
    codes: dict[str, str] | None = None,
    until: datetime | None = None,
    facts: Sequence[int] = (),
    corrects: Sequence[int] = (),
) -> tuple[DispatchRow, list[Member]]:
    """Queue words, of the playbook or a person's own, for each of *members* whom the rules allow.

    *facts* are the entries of facts that the words tell, *corrects* those that they take back.
    Raises Conflict while the calamity is on watch, for words to anybody outside the rapid team:
    whatever way led here.
    """
    calamity, members = composer.calamity, list(members)
    if any(member.group is not Group.RAPID_TEAM for member in members):
        must_reach_outside(calamity)
    now = await circumstances(session, calamity, at)
    selection = select_members(composer, members, words, now)
    row = DispatchRow(
        id=new_id(),
        municipality_id=calamity.municipality_id,
        calamity_id=calamity.id,
        task_id=task_id,
        kind=words.kind,
        audience=audience,
        message_code=words.code,
        texts=msgspec.json.encode(words.texts).decode(),
        recipients=len(selection.members),
        created_at=at,
    )
    await outbox.add_dispatch(session, row)
    links, codes = links or {}, codes or {}
    await outbox.add_messages(
        session,
        [
            composer.row(
                session,
                member,
                words,
                composer.body(
                    member,
                    words,
                    at=at,
                    link=links.get(member.recipient_id, ""),
                    until=until,
                    code=codes.get(member.recipient_id, ""),
                ),
                at=at,
                purpose=words.kind,
                urgency=Urgency.ALARM if words.alarm else Urgency.ORDINARY,
                dispatch_id=row.id,
                round_id=round_id,
            )
            for member in selection.members
        ],
    )
    await append(
        session,
        calamity.id,
        DispatchQueued(
            dispatch_id=row.id,
            audience=audience,
            kind=words.kind.value,
            message_code=words.code,
            texts=dict(words.texts.items()),
            recipients=len(selection.members),
            held_back=selection.held,
            facts=list(facts),
            corrects=list(corrects),
        ),
        by_role=by_role,
        at=at,
        visibility=_seen_by(words, composer),
    )
    await wakes.wake(session, "lane", composer.terms.sender)
    return row, selection.members


def _seen_by(words: Message, composer: Composer) -> Visibility:
    """Officials read verbatim what was told to people outside the team."""
    team = {
        audience.code for audience in composer.playbook.audiences if audience.of is Group.RAPID_TEAM
    }
    return Visibility.TEAM if words.kind == "action" and team else Visibility.OFFICIALS


def members_of(
    composer: Composer, audience: str, snapshot: Snapshot, affected: list[str]
) -> list[Member]:
    """Return the members of an audience of the playbook, as they were at T0."""
    return audience_of(composer.playbook.audience(audience), snapshot, affected)


async def finish_dispatches(session: Session, at: datetime) -> None:
    """Write down what became of dispatches of which nothing waits any more."""
    for dispatch_id in await outbox.unfinished_dispatches(session):
        row = await outbox.finish_dispatch(session, dispatch_id, at)
        if row is None:
            continue
        counts = await outbox.outcome_of(session, dispatch_id)
        await append(
            session,
            row.calamity_id,
            DispatchFinished(
                dispatch_id=dispatch_id,
                accepted=counts.get(MessageState.ACCEPTED, 0),
                failed=counts.get(MessageState.REJECTED, 0) + counts.get(MessageState.EXPIRED, 0),
                in_doubt=counts.get(MessageState.IN_DOUBT, 0),
                cancelled=counts.get(MessageState.CANCELLED, 0),
            ),
            by_role=SYSTEM,
            at=at,
        )
