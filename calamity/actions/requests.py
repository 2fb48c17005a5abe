"""Officials ask for an update; new sentences answer it, or a coordinator with other words."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from calamity.domain.errors import Conflict, NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.privacy import must_hold_nobody
from calamity.domain.timeline import UpdateAnswered, UpdateRequested, Visibility
from calamity.store import calamities
from calamity.store.database import Session
from calamity.store.requests import list_requests
from calamity.store.timeline import append

LONGEST_QUESTION = 200
LONGEST_ANSWER = 400


class NewRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What an official wants to know; nothing said means: how it stands."""

    words: Annotated[str, Meta(max_length=LONGEST_QUESTION)] = ""


class RequestAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer in words, where new sentences on the page are not what is needed."""

    text: Annotated[str, Meta(min_length=1, max_length=LONGEST_ANSWER)]


async def request_update(
    session: Session, actor: Actor, calamity_id: str, new: NewRequest, *, at: datetime
) -> int:
    """Ask the team for an update and return the entry's number.

    Who asked before and was not answered yet does not ask twice: that entry's number is returned.
    Raises Conflict for another question meanwhile, Refused for words that hold personal data.
    """
    actor.must(Permission.REQUEST_UPDATE)
    await calamities.open_calamity(session, actor.municipality_id, calamity_id, lock=True)
    words = new.words.strip() or None
    must_hold_nobody(words or "", field="words")
    for each in await list_requests(session, calamity_id):
        if each.is_open and each.by == actor.user_id:
            if words not in (None, each.words):
                raise Conflict("Your earlier question is still open.", field="words")
            return each.seq
    return await append(
        session,
        calamity_id,
        UpdateRequested(words=words, by=actor.user_id),
        by_role=actor.role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )


async def answer_request(
    session: Session, actor: Actor, calamity_id: str, seq: int, answer: RequestAnswer, *,
    at: datetime,
) -> int:  # fmt: skip
    """Answer a request with words that officials read, and return the entry's number.

    Raises NotFound for a request that is not there, Conflict when it was answered before.
    """
    actor.must(Permission.STEER)
    await calamities.open_calamity(session, actor.municipality_id, calamity_id, lock=True)
    asked = next((e for e in await list_requests(session, calamity_id) if e.seq == seq), None)
    if asked is None:
        raise NotFound("This request does not exist.", field="seq")
    if not asked.is_open:
        raise Conflict("This request was answered before.", field="seq")
    if not answer.text.strip():
        raise Refused("Write the answer.", field="text")
    must_hold_nobody(answer.text, field="text")
    return await append(
        session,
        calamity_id,
        UpdateAnswered(refers_to=seq, text=answer.text.strip()),
        by_role=actor.role,
        at=at,
        visibility=Visibility.OFFICIALS,
        refers_to=seq,
    )
