"""The other ways on which somebody is called out: the words of the text, spoken or written."""

import secrets
from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from calamity.actions.compose import Composer
from calamity.actions.terms import Way
from calamity.domain.activation import Member
from calamity.domain.channels import Channel
from calamity.domain.dispatch import Urgency
from calamity.domain.mailed import call_out_mail
from calamity.domain.playbook import Message
from calamity.domain.spoken import as_spoken, clock_spoken, without_choices
from calamity.store.database import Session
from calamity.store.outbox import add_messages, ensure_lane
from calamity.store.rounds import token_hash
from calamity.store.tables import LadderRow

_BYTES_OF_LINK = 16


def ways_to(composer: Composer, recipient_id: str) -> list[Way]:
    """Return the ways besides SMS by which this person can be reached, in their order."""
    person = composer.people.get(recipient_id)
    has_address = person is not None and bool(person.email)
    return [way for way in composer.terms.ways if way.channel is not Channel.EMAIL or has_address]


async def queue_on(
    session: Session,
    composer: Composer,
    way: Way,
    ladder: LadderRow,
    *,
    member: Member,
    message: Message,
    purpose: str,
    at: datetime,
) -> None:
    """Queue a message of a call-out on another way than SMS."""
    if way.channel is Channel.VOICE:
        words = clock_spoken(_rewritten(composer, member, message, as_spoken, at))
    else:
        token = secrets.token_urlsafe(_BYTES_OF_LINK)
        ladder.link_hash = token_hash(token)
        words = call_out_mail(
            _rewritten(composer, member, message, without_choices, at),
            member.language,
            municipality=composer.municipality,
            link=f"{composer.terms.public_url}/a/{token}",
            is_exercise=composer.calamity.is_exercise,
        )
    values = composer.row(
        session, member, message, words, at=at, purpose=purpose, urgency=Urgency.CALL_OUT,
        ladder_id=ladder.id,
    )  # fmt: skip
    values |= {
        "channel": way.channel,
        "sender": way.sender,
        "language": member.language if member.language in message.texts else "nl",
        "parts": 1,
    }
    await session.sql.flush()
    await ensure_lane(session, way.sender, way.rate)
    await add_messages(session, [values])


def _rewritten(
    composer: Composer,
    member: Member,
    message: Message,
    rewrite: Callable[[str], str],
    at: datetime,
) -> str:
    """Return the words of a message for one person, with its templates rewritten first."""
    texts = {language: rewrite(text) for language, text in message.texts.items()}
    return composer.body(member, replace(message, texts=texts), at=at)
