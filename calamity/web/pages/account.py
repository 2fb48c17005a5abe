"""One's own account: who is signed in where, the password, and showing again who one is."""

from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from calamity.actions.accounts import (
    change_password,
    check_new_password,
    find_credentials,
    hash_password_apart,
    is_right,
)
from calamity.actions.second_step import take_proof
from calamity.domain.errors import CalamityError, Forbidden, Refused
from calamity.domain.permissions import Actor, Permission, UserRole, allows
from calamity.store.accounts import get_user, hashed
from calamity.store.ceremonies import begin_ceremony, end_ceremony, look_at_ceremony
from calamity.store.database import Session
from calamity.store.factors import Factor, count_recovery_codes, list_factors
from calamity.store.passwords import note_failure, note_success
from calamity.store.sessions import LiveSession, end_sessions, list_sessions, renew_session
from calamity.web.auth import COOKIE, visitor_of
from calamity.web.ceremony import ceremony_cookie, ceremony_of
from calamity.web.cookies import cookie_of
from calamity.web.pages.entrance import own_path
from calamity.web.pages.forms import Sent
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    see_other,
    wrong,
)
from calamity.web.pages.onward import onward
from calamity.web.pages.proofs import CODE, Asked, let_in, new_challenge, proof_of, step_view
from calamity.web.paths import PATHS, path
from calamity.web.views import account as views
from calamity.web.views.frame import Form

FRESH = timedelta(minutes=10)
_PROVE = "prove"
_LONGEST = 200


def own_id(actor: Actor) -> str:
    """Return the account of who asks. Raises Forbidden for a program."""
    if actor.user_id is None:
        raise Forbidden("Only a person with an account has this.")
    return actor.user_id


async def ask_again(request: PageRequest, there: str) -> Response[Any] | None:
    """Return the way to show again who one is, unless that was done a moment ago."""
    visitor = await visitor_of(request)
    if visitor and visitor.proved_at and now() - visitor.proved_at <= FRESH:
        return None
    return see_other(request, path("prove", query={"next": there}))


@get(PATHS["account"], name="account")
async def account(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Show one's own account."""
    return await show_account(request, actor)


async def show_account(
    request: PageRequest, actor: Actor, form: Form | None = None
) -> Response[Any]:
    """Show the page, with what is wrong in a form on it."""
    user_id, here = own_id(actor), hashed(cookie_of(request, COOKIE))
    visitor = await visitor_of(request)
    async with house_of(request).database.reading() as session:
        row = await get_user(session, actor.municipality_id, user_id)
        live = await list_sessions(session, user_id, now())
        factors = await list_factors(session, user_id)
        left = await count_recovery_codes(session, user_id)
    view = views.Account(
        name=row.name,
        login=row.login,
        is_of_provider=row.password_hash is None,
        sessions=tuple(_session(each, here) for each in live),
        factors=tuple(_factor(each) for each in factors),
        recovery_codes=left,
        may_break_glass=allows(UserRole(row.role), Permission.BREAK_GLASS),
        glass_until=visitor.glass_until if visitor else None,
        form=form or Form(),
    )
    frame = await frame_of(request, here="account")
    return page(request, "account", frame, view, 422 if form else 200)


def _session(each: LiveSession, here: str) -> views.SessionLine:
    return views.SessionLine(
        each.id, each.device, each.way, each.created_at, each.seen_at, each.id == here
    )


def _factor(each: Factor) -> views.FactorLine:
    return views.FactorLine(each.id, each.name, each.kind, each.created_at, each.used_at)


@post(PATHS["sessions_end"], name="account.sessions.end", status_code=303)
async def end(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """End one of one's own sessions, or all others than this one."""
    only = (await form_of(request)).get("session", [""])[-1] or None
    keep = None if only else cookie_of(request, COOKIE)
    async with house_of(request).database.transaction() as session:
        ended = await end_sessions(session, own_id(actor), keep=keep, only=only)
    said = language_of(request).plural(
        "One session is ended.", "%(num)s sessions are ended.", ended
    )
    return see_other(request, path("account"), said)


@post(PATHS["account_password"], name="account.password", status_code=200)
async def password(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Change one's own password; other sessions end."""
    if away := await ask_again(request, path("account")):
        return away
    sent, language = await form_of(request), language_of(request)
    old, new = (sent.get(name, [""])[-1] for name in ("old_password", "new_password"))
    try:
        check_new_password(actor, old=old, new=new)
        if not await _is_changed(request, actor, old, new):
            raise Refused("The present password is not right.", field="old")
    except CalamityError as error:
        names = {"old": "old_password", "new": "new_password", "password": "new_password"}
        return await show_account(request, actor, wrong(Form(), error, language, names))
    return see_other(request, path("account"), language.text("The password is changed."))


async def _is_changed(request: PageRequest, actor: Actor, old: str, new: str) -> bool:
    """Change the password if the present one is right; no transaction is open while it hashes."""
    database, at = house_of(request).database, now()
    async with database.reading() as session:
        credentials = await find_credentials(session, actor.login, at)
    right = len(old) <= _LONGEST and await is_right(credentials, old)
    made = await hash_password_apart(new) if right else ""
    async with database.transaction() as session:
        return await change_password(
            session, actor, right=right, new=made, cookie=cookie_of(request, COOKIE), at=at
        )


@get(PATHS["prove"], name="account.prove")
async def prove(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Ask who is signed in to show it again, before something that matters."""
    there, at = own_path(request.query_params.get("next", path("account"))), now()
    async with house_of(request).database.transaction() as session:
        row = await get_user(session, actor.municipality_id, own_id(actor))
        if row.password_hash is None:
            return await _to_provider(request, there)
        factors = await list_factors(session, row.id)
        asked = Asked(row.id, row.login, there, new_challenge())
        value = await begin_ceremony(session, _PROVE, asked, at)
    answer = await _prove_page(request, asked, factors, {})
    answer.set_cookie(ceremony_cookie(request, value))
    return answer


async def _to_provider(request: PageRequest, there: str) -> Response[Any]:
    language = language_of(request)
    return await onward(
        request, path("sign_in_provider", query={"next": there}),
        language.text("Show that it is you"), language.text("You do so at your work account."),
    )  # fmt: skip


async def _prove_page(
    request: PageRequest, asked: Asked, factors: list[Factor], errors: dict[str, str]
) -> Response[Any]:
    view = step_view(
        request, path("prove"), factors, asked.challenge, errors=errors, asks_password=True
    )
    frame = await frame_of(request, here="account")
    return page(request, "second_step", frame, view, 401 if errors else 200)


@post(PATHS["prove"], name="account.prove.post", status_code=200)
async def take_proof_again(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Go on with a new cookie, once the password and the second step are right."""
    house, at = house_of(request), now()
    sent = await form_of(request)
    async with house.database.reading() as session:
        asked = await look_at_ceremony(session, ceremony_of(request), _PROVE, Asked, at)
        if asked is None or asked.user_id != own_id(actor):
            return see_other(request, path("prove"))
        factors = await list_factors(session, asked.user_id)
    if await _is_shown(request, asked, factors, sent, at):
        async with house.database.transaction() as session:
            renewed = await _renewed(session, request, at)
        if renewed is not None:
            return let_in(request, renewed, asked.there)
    words = language_of(request).text(
        "This does not hold. A code can be used once, for half a minute. After ten wrong ones the "
        "account is closed for a quarter of an hour."
    )
    return await _prove_page(request, asked, factors, {CODE if factors else "password": words})


async def _is_shown(
    request: PageRequest, asked: Asked, factors: list[Factor], sent: Sent, at: datetime
) -> bool:
    """Say whether password and second step are right; no transaction is open while it is hashed."""
    house, typed = house_of(request), sent.get("password", [""])[-1]
    async with house.database.reading() as session:
        credentials = await find_credentials(session, asked.login, at)
    right = len(typed) <= _LONGEST and await is_right(credentials, typed)
    proof = None
    if right and factors:
        proof = proof_of(house.settings.public_url, factors, asked.challenge, sent, at)
    async with house.database.transaction() as session:
        if not right:
            await note_failure(session, asked.user_id, at)
        elif factors:
            return await take_proof(session, asked.user_id, asked.login, proof, at)
        else:
            await note_success(session, asked.user_id)
    return right


async def _renewed(session: Session, request: PageRequest, at: datetime) -> str | None:
    asked = await end_ceremony(session, ceremony_of(request), _PROVE, Asked, at)
    if asked is None:
        return None
    cookie = cookie_of(request, COOKIE)
    return await renew_session(session, cookie, at, user_id=asked.user_id)


ACCOUNT = [account, end, password, prove, take_proof_again]
