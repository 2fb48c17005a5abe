"""The contact person's own people: who wrote, who is silent, and a word back."""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import structs

from calamity.actions import write
from calamity.actions.terms import Terms
from calamity.actions.write import Draft, Summary, calamity_at_hand
from calamity.domain.audit import Deed
from calamity.domain.errors import Forbidden, Mendable, NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.replies import is_digit, read_reply
from calamity.domain.texts import clean_for_display
from calamity.store import conversations, rounds
from calamity.store.database import Session
from calamity.store.letters import Letter, letters_for_contact
from calamity.store.people import KeyFigureLine, list_key_figures, list_recipients
from calamity.store.tables import CalamityRow
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.looks import note_look
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    partial,
    see_other,
    typed_in,
    wrong,
)
from calamity.web.pages.guide import reach_of
from calamity.web.pages.parts import REFUSED
from calamity.web.pages.text_check import text_check
from calamity.web.pages.why import all_whys, why_check_stop, why_no_texts, why_other_wrote
from calamity.web.pages.writing import first_of, take_words
from calamity.web.paths import PATHS, path
from calamity.web.views import people
from calamity.web.views.frame import Flash, Form

_DAY = timedelta(hours=24)
_EXCERPT = 90
_CHECKS = ("no-names", "no-features", "own-words")


def _contact_of(actor: Actor) -> str:
    if actor.recipient_id is None:
        raise Forbidden(
            "Your account is not tied to a contact person. Ask the administrator to do that."
        )
    return actor.recipient_id


async def _inbox(
    session: Session, terms: Terms, actor: Actor, language: Language
) -> tuple[people.Inbox, CalamityRow | None]:
    if actor.recipient_id is None:
        return people.Inbox(), None
    calamity = await calamity_at_hand(session, actor.municipality_id)
    figures = await list_key_figures(
        session, actor.municipality_id, contact_recipient_id=actor.recipient_id
    )
    ids = [each.recipient_id for each in figures]
    numbers = await list_recipients(session, ids)
    asked = {}
    if calamity is not None:
        last = next(iter(await rounds.list_rounds(session, calamity.id)), None)
        asked = await rounds.who_answered(session, last.id, ids) if last else {}
    letters: dict[str, list[Letter]] = {}
    for letter in await letters_for_contact(session, actor.municipality_id, actor.recipient_id):
        if letter.recipient_id is not None:
            letters.setdefault(letter.recipient_id, []).append(letter)
    others = await conversations.others_wrote(session, ids, now() - _DAY)
    lines = [
        structs.replace(
            _line(figure, numbers[figure.recipient_id].phone, letters, asked, language),
            other_wrote=why_other_wrote(others.get(figure.recipient_id), language),
        )
        for figure in figures
    ]
    plays = calamity is not None and calamity.is_exercise
    title = calamity.title if calamity else None
    return people.Inbox(title, tuple(lines), reach_of(terms) if plays else None), calamity


def _line(
    figure: KeyFigureLine,
    phone: str,
    letters: dict[str, list[Letter]],
    asked: dict[str, Any],
    language: Language,
) -> people.InboxLine:
    who = figure.recipient_id
    wrote = letters.get(who, [])
    letter = wrote[0] if wrote else None
    state: Any = "not-asked"
    if figure.is_stopped:
        state = "check-stop" if figure.stop_unchecked_since else "stopped"
    elif letter is not None and letter.handled_at is None:
        state = "new"
    elif who in asked:
        state = "answered" if asked[who] else "silent"
    return people.InboxLine(
        key_figure=who,
        name=figure.name,
        neighbourhood=figure.neighbourhood,
        language=figure.language,
        state=state,
        last_at=letter.received_at if letter else asked.get(who),
        excerpt=_excerpt(letter, language) if letter else "",
        whys=all_whys(wrote, language),
        phone=None if state == "stopped" else phone,
        check_stop=why_check_stop(figure.stop_unchecked_since, language),
        no_texts=why_no_texts(figure.number_failed_at, figure.number_error, language),
    )


def _excerpt(letter: Letter, language: Language) -> str:
    if is_digit(read_reply(letter.body)):
        return _digit_words(language)
    words = " ".join(clean_for_display(letter.body).split())
    return words if len(words) <= _EXCERPT else words[: _EXCERPT - 1].rstrip() + "…"


def _digit_words(language: Language) -> str:
    return language.text("Answered with a digit that did not count. We do not show it.")


async def _seen_inbox(
    request: PageRequest, actor: Actor
) -> tuple[people.Inbox, CalamityRow | None]:
    house = house_of(request)
    async with house.database.reading() as session:
        view, calamity = await _inbox(session, house.terms, actor, language_of(request))
    about = [line.key_figure for line in view.people]
    at_hand = calamity.id if calamity else None
    await note_look(house, actor, about, where=PATHS["inbox"], calamity_id=at_hand)
    return view, calamity


@get(PATHS["inbox"], guards=[needs(Permission.READ_REPLIES)], name="inbox.inbox")
async def inbox_page(request: PageRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Show one's own key figures: who wrote, who answered, who is silent."""
    view, calamity = await _seen_inbox(request, actor)
    return page(request, "inbox", await frame_of(request, here="inbox", calamity=calamity), view)


@get(PATHS["inbox_part"], guards=[needs(Permission.READ_REPLIES)], name="inbox.part")
async def inbox_part(
    request: PageRequest, actor: NamedDependency[Actor], part: FromPath[str]
) -> Response[Any]:
    """Return the list again, as the page shows it."""
    if part != "people":
        raise NotFound("This page has no such part.", field="part")
    view, calamity = await _seen_inbox(request, actor)
    frame = await frame_of(request, here="inbox", calamity=calamity)
    return partial(request, "inbox", frame, view)


@get(PATHS["conversation"], guards=[needs(Permission.READ_REPLIES)], name="inbox.conversation")
async def conversation_page(
    request: PageRequest, actor: NamedDependency[Actor], key_figure: FromPath[str]
) -> Response[Any]:
    """Show the texts between one's own key figure and the municipality."""
    return await _conversation(request, actor, key_figure)


async def _conversation(
    request: PageRequest,
    actor: Actor,
    key_figure: str,
    form: Form | None = None,
    draft: Draft | None = None,
) -> Response[Any]:
    language = language_of(request)
    async with house_of(request).database.reading() as session:
        known = await conversations.get_acquaintance(
            session, actor.municipality_id, _contact_of(actor), key_figure
        )
        person = (await list_recipients(session, [key_figure]))[key_figure]
        texts = await conversations.texts_with(session, key_figure)
        calamity = await calamity_at_hand(session, actor.municipality_id, key_figure)
        waits = await conversations.waits_for_person(session, key_figure)
        wrote = await letters_for_contact(session, actor.municipality_id, _contact_of(actor))
        others = await conversations.others_wrote(session, [key_figure], now() - _DAY)
    await note_look(
        house_of(request), actor, [key_figure], where=PATHS["inbox"], deed=Deed.SAW_LETTERS,
        calamity_id=calamity.id if calamity else None,
    )  # fmt: skip
    view = people.Conversation(
        key_figure=key_figure,
        name=person.name,
        neighbourhood=known.neighbourhood,
        language=person.language,
        phone=None if person.stopped_at and not known.stop_unchecked_since else person.phone,
        check_stop=why_check_stop(known.stop_unchecked_since, language),
        stopped=person.stopped_at is not None,
        bubbles=tuple(
            people.Bubble(
                at=text.at,
                ours=text.is_ours,
                text=_digit_words(language) if text.is_digit else clean_for_display(text.body),
                state=text.state or None,
            )
            for text in texts
        ),
        calamity=calamity.id if calamity else None,
        waits=waits,
        whys=all_whys((each for each in wrote if each.recipient_id == key_figure), language),
        no_texts=why_no_texts(known.number_failed_at, known.number_error, language),
        other_wrote=why_other_wrote(others.get(key_figure), language),
        check=text_check(draft) if draft else None,
        form=form or Form(),
    )
    frame = await frame_of(request, here="inbox", calamity=calamity)
    return page(request, "conversation", frame, view, REFUSED if form and form.errors else 200)


@post(
    PATHS["conversation_write"],
    guards=[needs(Permission.READ_REPLIES)],
    status_code=200,
    name="inbox.write",
)
async def write_back(
    request: PageRequest, actor: NamedDependency[Actor], key_figure: FromPath[str]
) -> Response[Any]:
    """Write one SMS to one's own key figure, or look at it first: *act* is check or plain."""
    taken = await take_words(request, actor, key_figure)
    if taken.said is None:
        # After the transaction: the look that the page is has one of its own.
        return await _conversation(request, actor, key_figure, taken.form, taken.draft)
    return see_other(request, path("conversation", key_figure=key_figure), taken.said)


@post(
    PATHS["conversation_handled"],
    guards=[needs(Permission.READ_REPLIES)],
    status_code=200,
    name="inbox.handled",
)
async def handled(
    request: PageRequest, actor: NamedDependency[Actor], key_figure: FromPath[str]
) -> Response[Any]:
    """Say that what this person wrote was handled."""
    async with house_of(request).database.transaction() as session:
        await write.handle_replies(session, actor, key_figure, at=now())
    return see_other(request, path("inbox"), language_of(request).text("The text is handled."))


@post(
    PATHS["conversation_summary"],
    guards=[needs(Permission.READ_REPLIES)],
    status_code=200,
    name="inbox.summary",
)
async def summarise(
    request: PageRequest, actor: NamedDependency[Actor], key_figure: FromPath[str]
) -> Response[Any]:
    """Put on the timeline what lives in the neighbourhood, in one's own words."""
    house, language, at = house_of(request), language_of(request), now()
    sent = await form_of(request)
    try:
        if set(sent.get("privacy", [])) != set(_CHECKS):
            raise Refused("Tick all three boxes, or change the words.", field="privacy")
        text = sent.get("summary", [""])[-1].strip()
        if not text:
            raise Refused("Write what lives in the neighbourhood.", field="text")
        async with house.database.transaction() as session:
            await conversations.get_acquaintance(
                session, actor.municipality_id, _contact_of(actor), key_figure
            )
            if await first_of(session, actor, sent, text, at=at):
                summary = Summary(sent.get("calamity", [""])[-1], text[:500])
                await write.summarise_replies(session, actor, summary, at=at)
    except Mendable as error:
        form = wrong(typed_in(sent), error, language, {"text": "summary"}, at="summary")
        return await _conversation(request, actor, key_figure, form)
    flash = Flash(language.text("The line is on the timeline."))
    return see_other(request, path("conversation", key_figure=key_figure), flash)


INBOX = [inbox_page, inbox_part, conversation_page, write_back, handled, summarise]
