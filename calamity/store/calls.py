"""Phone calls of a call-out, as somebody is on the line."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import or_
from sqlmodel import col, select

from calamity.domain.call_out import CallOutState, Rung
from calamity.domain.channels import Channel
from calamity.domain.dispatch import MessageState
from calamity.domain.receipts import CALL_OVER, CarrierStatus
from calamity.store.database import Session
from calamity.store.municipalities import get_municipality
from calamity.store.outbox import BODY
from calamity.store.tables import (
    CalamityRow,
    CallOutRow,
    LadderRow,
    MessageRow,
    RecipientRow,
)

_LONGEST = timedelta(minutes=5)
"""A call that began before this is over, whatever the carrier told us of it."""
_PICKED_UP = (*CALL_OVER, CarrierStatus.IN_PROGRESS)
_NEEDLESS = (Rung.ANSWERED, Rung.SPARED)


class OpenCall(Struct, frozen=True):
    """A call that is not over, with what may be said in it and on whose ladder it stands."""

    message_id: str
    ladder_id: str
    municipality_id: str
    municipality: str
    crisis_phone: str
    words: str
    words_language: str
    language: str
    """Of the person, for what we say ourselves."""
    rung: Rung
    answer: str
    is_exercise: bool


async def find_call(session: Session, message_id: str, sid: str) -> OpenCall | None:
    """Return the call with our id and the carrier's, unless it is over or not for a call-out."""
    found = (
        await session.sql.execute(
            select(MessageRow, LadderRow, CalamityRow)
            .join(LadderRow, col(LadderRow.id) == MessageRow.ladder_id)
            .join(CalamityRow, col(CalamityRow.id) == MessageRow.calamity_id)
            .where(
                MessageRow.id == message_id,
                MessageRow.channel == Channel.VOICE,
                col(MessageRow.attempts) > 0,
            )
        )
    ).first()
    if found is None:
        return None
    message, ladder, calamity = found
    is_other = message.sid not in (None, sid) and message.attempts == 1
    if is_other or message.carrier_status in CALL_OVER or calamity.closed_at is not None:
        return None
    municipality = await get_municipality(session, message.municipality_id)
    language = await session.sql.scalar(
        select(RecipientRow.language).where(RecipientRow.id == message.recipient_id)
    )
    return OpenCall(
        message_id=message.id,
        ladder_id=ladder.id,
        municipality_id=message.municipality_id,
        municipality=municipality.name,
        crisis_phone=municipality.crisis_phone,
        words=session.vault.open_text(BODY, message.body),
        words_language=message.language,
        language=language or "nl",
        rung=Rung(ladder.state),
        answer=ladder.answer,
        is_exercise=calamity.is_exercise,
    )


async def needless_calls(session: Session, at: datetime) -> list[str]:
    """Return the carrier's ids of calls that still ring, as far as we know, and need not.

    Their people have answered in another way, or there are enough, or the calamity is closed.
    """
    sids = await session.sql.scalars(
        select(MessageRow.sid)
        .join(LadderRow, col(LadderRow.id) == MessageRow.ladder_id)
        .join(CallOutRow, col(CallOutRow.id) == LadderRow.call_out_id)
        .join(CalamityRow, col(CalamityRow.id) == CallOutRow.calamity_id)
        .where(
            or_(
                col(CallOutRow.state) == CallOutState.RUNNING,
                col(CallOutRow.ended_at) >= at - _LONGEST,
            ),
            or_(
                col(LadderRow.state).in_(_NEEDLESS),
                col(CalamityRow.closed_at).is_not(None),
            ),
            MessageRow.channel == Channel.VOICE,
            MessageRow.state == MessageState.ACCEPTED,
            col(MessageRow.claimed_at) >= at - _LONGEST,
            col(MessageRow.carrier_status).not_in(_PICKED_UP),
        )
    )
    return [sid for sid in sids if sid]
