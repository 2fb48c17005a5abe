"""The page behind the link in an e-mail: looking does nothing, one tap answers.

Whoever has the link has the answer: the token in it is the secret, so it is not guarded against
forgery.
"""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from calamity.actions.receive import acknowledge
from calamity.domain.call_out import ANSWER_BY_DIGIT
from calamity.domain.channels import Channel
from calamity.domain.errors import NotFound
from calamity.store import call_outs
from calamity.store.call_outs import LinkedLadder
from calamity.store.database import Session
from calamity.store.rounds import token_hash
from calamity.web.pages.forgery import KEY_IN_LINK
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    frame_of,
    house_of,
    now,
    page,
)
from calamity.web.paths import PATHS, path
from calamity.web.views import frame as frames
from calamity.web.views.answer import AnswerPage

_OPEN = {KEY_IN_LINK: True}
_DIGIT = {answer.value: digit for digit, answer in ANSWER_BY_DIGIT.items()}


@get(PATHS["link_answer"], opt=_OPEN, name="answer.link")
async def look(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    """Show the question to whoever has the link; nothing happens by looking."""
    return await _show(request, token)


@post(PATHS["link_answer"], opt=_OPEN, status_code=200, name="answer.link.give")
async def give(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    """Take in an answer; the same one twice counts once."""
    house, sent = house_of(request), await form_of(request)
    digit = _DIGIT.get(sent.get("answer", [""])[-1])
    if digit is not None:
        async with house.database.transaction() as session:
            linked = await _linked(session, token)
            if linked.is_open and linked.answer != ANSWER_BY_DIGIT[digit]:
                await acknowledge(
                    session, house.wakes, house.terms, linked.municipality_id, linked.ladder_id,
                    digit=digit, at=now(), by_hand=False, way=Channel.EMAIL,
                )  # fmt: skip
    return await _show(request, token)


async def _linked(session: Session, token: str) -> LinkedLadder:
    found = await call_outs.find_by_link(session, token_hash(token))
    if found is None:
        raise NotFound("This link does not lead to a question. Answer by text message.")
    return found


async def _show(request: PageRequest, token: str) -> Response[Any]:
    async with house_of(request).database.reading() as session:
        linked = await _linked(session, token)
    frame = await frame_of(request)
    if linked.is_exercise:
        exercise = frames.Exercise(linked.calamity_title)
        frame = msgspec.structs.replace(frame, exercise=exercise)
    answer: Any = linked.answer.value if linked.answer else None
    view = AnswerPage(
        action=path("link_answer", token=token),
        answer=answer,
        is_open=linked.is_open,
    )
    return page(request, "answer", frame, view)


ANSWERS = [look, give]
