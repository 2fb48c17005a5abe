"""Phone calls of a call-out, as somebody is on the line."""

from msgspec import Struct
from sqlmodel import col, select

from calamity.domain.call_out import Rung
from calamity.domain.channels import Channel
from calamity.domain.receipts import CALL_OVER
from calamity.store.database import Session
from calamity.store.municipalities import get_municipality
from calamity.store.outbox import BODY
from calamity.store.tables import (
    CalamityRow,
    LadderRow,
    MessageRow,
    RecipientRow,
)


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
