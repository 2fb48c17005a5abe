"""Second steps of one's own account: adding and taking away, after showing again who one is."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from calamity.actions.second_step import NewFactor, add_factor, new_recovery_codes, remove_factor
from calamity.domain.errors import CalamityError, Conflict
from calamity.domain.permissions import Actor
from calamity.store.accounts import get_user
from calamity.store.ceremonies import begin_ceremony, end_ceremony, look_at_ceremony
from calamity.store.factors import list_factors
from calamity.web import passkeys, totp
from calamity.web.ceremony import ceremony_cookie, ceremony_of
from calamity.web.pages.account import ask_again, own_id
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    see_other,
    typed_in,
    wrong,
)
from calamity.web.pages.proofs import CODE, CREDENTIAL, new_challenge, over
from calamity.web.paths import PATHS, path
from calamity.web.views import account as views
from calamity.web.views.frame import Form

_CODES, _PASSKEY = "new-codes", "new-passkey"


class _Making(Struct, frozen=True):
    """A second step in the making."""

    user_id: str
    secret: bytes


async def _begin(
    request: PageRequest, actor: Actor, purpose: str, secret: bytes
) -> tuple[_Making, str]:
    making = _Making(own_id(actor), secret)
    async with house_of(request).database.transaction() as session:
        row = await get_user(session, actor.municipality_id, making.user_id)
        if row.password_hash is None:
            raise Conflict(
                "Second steps of a work account are the provider's. Ask your administrator."
            )
        return making, await begin_ceremony(session, purpose, making, now())


async def _made(request: PageRequest, actor: Actor, purpose: str) -> _Making:
    async with house_of(request).database.reading() as session:
        found = await look_at_ceremony(session, ceremony_of(request), purpose, _Making, now())
    if found is None or found.user_id != own_id(actor):
        raise over()
    return found


async def _codes_page(
    request: PageRequest, actor: Actor, making: _Making, form: Form | None = None
) -> Response[Any]:
    frame, secret = await frame_of(request, here="account"), making.secret.decode()
    view = views.NewCodes(
        path("new_codes"), totp.picture(secret, actor.login, frame.municipality), secret,
        form=form or Form(),
    )  # fmt: skip
    return page(request, "new_codes", frame, view, 422 if form else 200)


@get(PATHS["new_codes"], name="account.codes")
async def codes(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Show what an app scans."""
    if away := await ask_again(request, path("new_codes")):
        return away
    making, value = await _begin(request, actor, _CODES, totp.new_secret().encode())
    answer = await _codes_page(request, actor, making)
    answer.set_cookie(ceremony_cookie(request, value))
    return answer


@post(PATHS["new_codes"], name="account.codes.add", status_code=200)
async def add_codes(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Add the app, once it shows the right code."""
    making, language = await _made(request, actor, _CODES), language_of(request)
    sent = await form_of(request)
    step = totp.step_of(making.secret.decode(), sent.get(CODE, [""])[-1], now())
    form = typed_in(sent)
    if step is None:
        words = language.text("This is not the code of this moment. Look at the app again.")
        return await _codes_page(
            request, actor, making, Form(form.values, form.chosen, {CODE: words})
        )
    new = NewFactor("totp", form.value("name"), making.secret, count=step)
    try:
        return await _add(request, actor, _CODES, new)
    except CalamityError as error:
        return await _codes_page(request, actor, making, wrong(form, error, language))


async def _passkey_page(
    request: PageRequest, actor: Actor, making: _Making, form: Form | None = None
) -> Response[Any]:
    async with house_of(request).database.reading() as session:
        factors = await list_factors(session, making.user_id)
    question = passkeys.question_for_new(
        house_of(request).settings.public_url, making.secret, user_id=making.user_id,
        login=actor.login, factors=factors,
    )  # fmt: skip
    view = views.NewPasskey(question, form or Form())
    frame = await frame_of(request, here="account")
    return page(request, "new_passkey", frame, view, 422 if form else 200)


@get(PATHS["new_passkey"], name="account.passkey")
async def passkey(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Ask for a name, and then the browser for a passkey."""
    if away := await ask_again(request, path("new_passkey")):
        return away
    making, value = await _begin(request, actor, _PASSKEY, new_challenge())
    answer = await _passkey_page(request, actor, making)
    answer.set_cookie(ceremony_cookie(request, value))
    return answer


@post(PATHS["new_passkey"], name="account.passkey.add", status_code=200)
async def add_passkey(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Add the passkey that the browser made."""
    making, language = await _made(request, actor, _PASSKEY), language_of(request)
    form = typed_in(await form_of(request))
    public_url = house_of(request).settings.public_url
    new = passkeys.read_new(public_url, making.secret, form.value(CREDENTIAL), form.value("name"))
    if new is None:
        words = language.text("The browser made no passkey for this site. Try once more.")
        kept = Form({"name": form.value("name")}, {}, {"name": words})
        return await _passkey_page(request, actor, making, kept)
    try:
        return await _add(request, actor, _PASSKEY, new)
    except CalamityError as error:
        return await _passkey_page(request, actor, making, wrong(form, error, language))


async def _add(request: PageRequest, actor: Actor, purpose: str, new: NewFactor) -> Response[Any]:
    language, at = language_of(request), now()
    async with house_of(request).database.transaction() as session:
        if await end_ceremony(session, ceremony_of(request), purpose, _Making, at) is None:
            raise over()
        codes = await add_factor(session, actor, new, at=at)
    if codes is not None:
        return await _recovery_page(request, codes)
    return see_other(request, path("account"), language.text("The second step is added."))


async def _recovery_page(request: PageRequest, codes: list[str]) -> Response[Any]:
    view = views.RecoveryCodes(tuple(codes), path("account"))
    return page(request, "recovery_codes", await frame_of(request, here="account"), view)


@post(PATHS["factor_remove"], name="account.factor.remove", status_code=303)
async def remove(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], factor: FromPath[str]
) -> Response[Any]:
    """Take a second step away."""
    if away := await ask_again(request, path("account")):
        return away
    house = house_of(request)
    rule = house.settings.second_factor or "offered"
    async with house.database.transaction() as session:
        await remove_factor(session, actor, factor, rule=rule, at=now())
    said = language_of(request).text("The second step is taken away.")
    return see_other(request, path("account"), said)


@post(PATHS["recovery_codes"], name="account.recovery", status_code=200)
async def recovery(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Make recovery codes anew, and show them this once."""
    if away := await ask_again(request, path("account")):
        return away
    async with house_of(request).database.transaction() as session:
        made = await new_recovery_codes(session, actor, at=now())
    return await _recovery_page(request, made)


FACTORS = [codes, add_codes, passkey, add_passkey, remove, recovery]
