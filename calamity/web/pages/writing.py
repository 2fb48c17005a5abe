"""Taking in the form with which somebody writes one SMS to a key figure."""

from datetime import datetime

from msgspec import Struct

from calamity.actions import write
from calamity.actions.write import Draft
from calamity.domain.errors import Mendable
from calamity.domain.permissions import Actor
from calamity.domain.texts import spelled_plainly
from calamity.store import conversations
from calamity.store.database import Session
from calamity.store.sent_forms import KEPT, is_first
from calamity.web.language import Language
from calamity.web.pages.frame import (
    PageRequest,
    Sent,
    form_of,
    house_of,
    language_of,
    now,
    typed_in,
    wrong,
)
from calamity.web.views.frame import Form


class Taken(Struct, frozen=True):
    """What became of the form: *said* once the text is on its way, else what to show again."""

    form: Form = Form()
    draft: Draft | None = None
    said: str | None = None


async def take_words(request: PageRequest, actor: Actor, key_figure: str) -> Taken:
    """Take in words to a key figure, or look at them first: *act* is check or plain.

    A form that comes again, as from a phone that did not hear our answer, is answered as the first
    was, and nothing leaves twice.
    """
    house, language, at = house_of(request), language_of(request), now()
    sent = await form_of(request)
    act, text = sent.get("act", [""])[-1], sent.get("text", [""])[-1]
    if act == "plain":
        text = spelled_plainly(text)
        sent["text"] = [text]
    leaves_at = None
    try:
        async with house.database.transaction() as session:
            draft = await write.draft_to_key_figure(session, actor, key_figure, text)
            if act in {"check", "plain"}:
                pass  # Only looked at.
            elif await first_of(session, actor, sent, text, at=at):
                written = await write.write_to_key_figure(
                    session, house.wakes, house.terms, actor, key_figure, text,
                    reason=sent.get("reason", [""])[-1],
                    confirmed="yes" in sent.get("confirmed", []), at=at,
                )  # fmt: skip
                leaves_at = written.leaves_at
            else:
                before = await conversations.written_lately(
                    session, key_figure, draft.body, at - KEPT
                )
                leaves_at = before or at
    except write.LookAgain as error:
        return Taken(wrong(typed_in(sent), error, language, at="confirmed"), draft)
    except Mendable as error:
        return Taken(wrong(typed_in(sent), error, language, at="text"))
    if leaves_at is None:
        return Taken(typed_in(sent), draft)
    return Taken(said=_said(draft, leaves_at, language, at=at))


async def first_of(session: Session, actor: Actor, sent: Sent, words: str, *, at: datetime) -> bool:
    """Tell whether a form with these words did not come before; other words are another form."""
    key = sent.get("idempotency_key", [""])[-1]
    return await is_first(
        session, by=actor.user_id or "", key=f"{key} {words}" if key else "", at=at
    )


def _said(draft: Draft, leaves_at: datetime, language: Language, *, at: datetime) -> str:
    words = language.text("Your text is on its way.")
    if leaves_at > at:
        words = language.text(
            "Your text waits for the quiet hours: it leaves %(moment)s.",
            moment=language.moment(leaves_at),
        )
    if draft.findings:
        words += " " + language.text("There may be personal data in it. Prefer to call about that.")
    return words
