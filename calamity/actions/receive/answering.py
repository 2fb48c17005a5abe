"""The short words that answer an inbound text, until the brake on loops holds."""

from datetime import datetime, timedelta

from calamity.actions.compose import message_row
from calamity.actions.receive.read import Read
from calamity.actions.routes import sender_to_answer
from calamity.actions.terms import Terms
from calamity.domain.answers import AnswerText, answer_in, code_words
from calamity.domain.dispatch import Urgency
from calamity.domain.phone import read_any_phone
from calamity.domain.texts import as_exercise
from calamity.store import calamities, inbox, people
from calamity.store.database import Session
from calamity.store.municipalities import get_municipality
from calamity.store.outbox import add_messages, ensure_lane
from calamity.store.tables import CalamityRow

_VALID = timedelta(hours=2)
_BRAKE_WINDOW = timedelta(minutes=10)
_MOST_ANSWERS = 5


async def answer(
    session: Session,
    terms: Terms,
    read: Read,
    *,
    reply_id: str,
    receiver: str,
    recipient_id: str,
    municipality_id: str,
    calamity_id: str | None,
    at: datetime,
) -> str | None:
    """Queue the answer, and return the number from which it leaves: *receiver*, if that can send.

    Not for a person who got many lately: machines could talk for ever.
    """
    lately = await inbox.answers_since(session, recipient_id, at - _BRAKE_WINDOW)
    if read.answer is None or (lately >= _MOST_ANSWERS and read.answer is not AnswerText.STOPPED):
        return None
    calamity = await _calamity(session, municipality_id, calamity_id)
    everyone = await people.list_recipients(session, [recipient_id])
    language = everyone[recipient_id].language
    body = answer_in(read.answer, language)
    if read.code:
        body = f"{body}\n{code_words(language, read.code)}"
    sender, phone = await _contact(session, recipient_id, municipality_id)
    local = (read.until or at).astimezone(terms.zone)
    date = f"{local.day}-{local.month}"
    for name, value in (("{sender}", sender), ("{phone}", phone), ("{date}", date)):
        body = body.replace(name, value)
    if calamity is not None and calamity.is_exercise and calamity.closed_at is None:
        body = as_exercise(body)
    number, rate = await sender_to_answer(session, terms, receiver)
    await ensure_lane(session, number, rate)
    row = message_row(
        session,
        body=body,
        at=at,
        municipality_id=municipality_id,
        calamity_id=calamity_id,
        recipient_id=recipient_id,
        reply_id=reply_id,
        sender=number,
        purpose="answer",
        urgency=Urgency.ANSWER,
        is_alarm=False,
        due_at=at,
        valid_until=at + _VALID,
    )
    await add_messages(session, [row])
    return number


async def _calamity(
    session: Session, municipality_id: str, calamity_id: str | None
) -> CalamityRow | None:
    if calamity_id is None:
        return None
    return await calamities.get_calamity(session, municipality_id, calamity_id)


async def _contact(session: Session, recipient_id: str, municipality_id: str) -> tuple[str, str]:
    """Return the name and number of the human being behind the answer."""
    municipality = await get_municipality(session, municipality_id)
    contact = await people.contact_of_key_figure(session, recipient_id)
    if contact is None:
        return municipality.name, read_any_phone(municipality.crisis_phone).shown
    return contact.name, read_any_phone(contact.phone).shown
