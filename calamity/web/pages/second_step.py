"""The second step of a sign-in with a password, or setting one up where the role needs it."""

from typing import Any

from litestar import Request, Response, get, post
from msgspec import Struct

from calamity.actions.second_step import NewFactor, add_factor, take_proof
from calamity.store.accounts import find_actor
from calamity.store.ceremonies import begin_ceremony, end_ceremony, look_at_ceremony
from calamity.store.database import Session
from calamity.store.factors import Factor, count_recovery_codes, list_factors
from calamity.store.passwords import find_credentials
from calamity.store.sessions import end_session, start_session
from calamity.web import totp
from calamity.web.auth import COOKIE
from calamity.web.ceremony import ceremony_cookie, ceremony_of
from calamity.web.cookies import cookie_of, no_cookie
from calamity.web.device import device_of
from calamity.web.pages.forgery import VISIT
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    see_other,
)
from calamity.web.pages.proofs import (
    CODE,
    Asked,
    address_of,
    in_cookies,
    let_in,
    new_challenge,
    over,
    proof_of,
    step_view,
    too_many,
)
from calamity.web.paths import PATHS, path
from calamity.web.views.account import NewCodes, RecoveryCodes
from calamity.web.views.frame import Form

_STEP, _SET_UP = "second-step", "set-up"


class _SettingUp(Struct, frozen=True):
    """Who sets up codes before the first session, and with which secret."""

    user_id: str
    login: str
    there: str
    secret: str


async def owe_step(
    request: PageRequest, user_id: str, login: str, there: str, *, has_factors: bool
) -> Response[Any]:
    """Send somebody whose password was right to the second step, or to setting one up."""
    begun: Asked | _SettingUp = (
        Asked(user_id, login, there, new_challenge())
        if has_factors
        else _SettingUp(user_id, login, there, totp.new_secret())
    )
    async with house_of(request).database.transaction() as session:
        value = await begin_ceremony(session, _STEP if has_factors else _SET_UP, begun, now())
    answer = see_other(request, path("second_step" if has_factors else "set_up_step"))
    answer.set_cookie(ceremony_cookie(request, value))
    return answer


async def _asked(session: Session, request: PageRequest) -> Asked:
    asked = await look_at_ceremony(session, ceremony_of(request), _STEP, Asked, now())
    if asked is None:
        raise over()
    return asked


@get(PATHS["second_step"], name="second_step")
async def second_step(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ask for the second step."""
    async with house_of(request).database.reading() as session:
        asked = await _asked(session, request)
        factors = await list_factors(session, asked.user_id)
    view = step_view(request, path("second_step"), factors, asked.challenge)
    return page(request, "second_step", await frame_of(request), view)


@post(PATHS["second_step"], name="second_step.post", status_code=200)
async def take_step(request: Request[Any, Any, Any]) -> Response[Any]:
    """Let somebody in whose second step is right, and was not used before."""
    house, language = house_of(request), language_of(request)
    sent = await form_of(request)
    has_turn, at = await house.brake.turn(address_of(request)), now()
    async with house.database.reading() as session:
        asked = await _asked(session, request)
        factors = await list_factors(session, asked.user_id)
    if not has_turn:
        return await _ask_step(request, asked, factors, too_many(request), 429)
    proof = proof_of(house.settings.public_url, factors, asked.challenge, sent, at)
    cookie, left = None, 0
    async with house.database.transaction() as session:
        taken = await take_proof(session, asked.user_id, asked.login, proof, at)
        if taken and proof and await end_ceremony(session, ceremony_of(request), _STEP, Asked, at):
            cookie = await start_session(
                session, asked.user_id, at, way=proof.way,
                device=device_of(request.headers.get("user-agent", "")),
            )  # fmt: skip
            await end_session(session, cookie_of(request, COOKIE))
            left = await count_recovery_codes(session, asked.user_id)
    if cookie is None or proof is None:
        wrong = language.text(
            "This does not hold. A code can be used once, for half a minute. After ten wrong ones "
            "the account is closed for a quarter of an hour."
        )
        house.brake.was_wrong(address_of(request))
        return await _ask_step(request, asked, factors, wrong, 401)
    words = language.plural(
        "You have one recovery code left.", "You have %(num)s recovery codes left.", left
    )
    return let_in(request, cookie, asked.there, words if proof.way == "recovery" else None)


async def _ask_step(
    request: PageRequest, asked: Asked, factors: list[Factor], wrong: str, status: int
) -> Response[Any]:
    view = step_view(request, path("second_step"), factors, asked.challenge, errors={CODE: wrong})
    return page(request, "second_step", await frame_of(request), view, status)


async def _set_up_page(
    request: PageRequest, begun: _SettingUp, form: Form | None = None
) -> Response[Any]:
    frame = await frame_of(request)
    view = NewCodes(
        action=path("set_up_step"),
        picture=totp.picture(begun.secret, begun.login, frame.municipality),
        secret=begun.secret,
        must=True,
        form=form or Form(),
    )
    return page(request, "new_codes", frame, view, 422 if form else 200)


@get(PATHS["set_up_step"], name="set_up_step")
async def set_up(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show what an app scans, to whose role needs a second step."""
    async with house_of(request).database.reading() as session:
        begun = await look_at_ceremony(session, ceremony_of(request), _SET_UP, _SettingUp, now())
    if begun is None:
        raise over()
    return await _set_up_page(request, begun)


@post(PATHS["set_up_step"], name="set_up_step.post", status_code=200)
async def finish_set_up(request: Request[Any, Any, Any]) -> Response[Any]:
    """Let somebody in whose app shows the right code, and show the recovery codes this once."""
    house, at, language = house_of(request), now(), language_of(request)
    sent = await form_of(request)
    async with house.database.reading() as session:
        begun = await look_at_ceremony(session, ceremony_of(request), _SET_UP, _SettingUp, at)
    if begun is None:
        raise over()
    step = totp.step_of(begun.secret, sent.get(CODE, [""])[-1], at)
    if step is None:
        words = language.text("This is not the code of this moment. Look at the app again.")
        return await _set_up_page(request, begun, Form(errors={CODE: words}))
    new = NewFactor("totp", language.text("App on my phone"), begun.secret.encode(), count=step)
    async with house.database.transaction() as session:
        if await end_ceremony(session, ceremony_of(request), _SET_UP, _SettingUp, at) is None:
            raise over()
        actor = await find_actor(session, begun.user_id)
        credentials = await find_credentials(session, actor.login, at)
        is_open = credentials is not None and credentials.is_open
        if not is_open or await list_factors(session, begun.user_id):
            # Closed meanwhile, or set up by somebody else: a password alone is not enough then.
            raise over()
        codes = await add_factor(session, actor, new, at=at)
        device = device_of(request.headers.get("user-agent", ""))
        cookie = await start_session(session, begun.user_id, at, way="totp", device=device)
        await end_session(session, cookie_of(request, COOKIE))
    view = RecoveryCodes(tuple(codes or ()), begun.there)
    answer = page(request, "recovery_codes", await frame_of(request), view)
    for each in in_cookies(request, cookie):
        answer.set_cookie(each)
    answer.set_cookie(no_cookie(request, VISIT))
    return answer


SECOND_STEP = [second_step, take_step, set_up, finish_set_up]
