"""Reading what somebody showed: a code of an app, a recovery code, or a passkey."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from litestar import Response
from litestar.datastructures import Cookie
from msgspec import Struct

from calamity.actions.second_step import Proof
from calamity.domain.errors import Forbidden
from calamity.store.factors import Factor
from calamity.web import passkeys, totp
from calamity.web.auth import house_of, session_cookie
from calamity.web.ceremony import ceremony_cookie
from calamity.web.cookies import no_cookie
from calamity.web.pages.forgery import VISIT
from calamity.web.pages.forms import PageRequest, Sent
from calamity.web.pages.frame import language_of, see_other
from calamity.web.views.account import SecondStep
from calamity.web.views.frame import Flash, Form

CODE = "code"
CREDENTIAL = "credential"
_LONGEST_CODE = 60


class Asked(Struct, frozen=True):
    """Whom a second step was asked of, and with which challenge."""

    user_id: str
    login: str
    there: str
    challenge: bytes


def new_challenge() -> bytes:
    """Return what a passkey must sign, this once."""
    return secrets.token_bytes(32)


def proof_of(
    public_url: str, factors: Sequence[Factor], challenge: bytes, sent: Sent, at: datetime
) -> Proof | None:
    """Return what was shown, or None; whether it was shown before is not known yet."""
    if credential := sent.get(CREDENTIAL, [""])[-1]:
        return passkeys.read(public_url, challenge, credential, factors)
    code = sent.get(CODE, [""])[-1].strip()[:_LONGEST_CODE]
    for factor in factors:
        if factor.kind == "totp" and (step := totp.step_of(factor.secret.decode(), code, at)):
            return Proof("totp", factor.id, step)
    return Proof("recovery", code=code) if code and not code.isdigit() else None


def step_view(
    request: PageRequest,
    action: str,
    factors: Sequence[Factor],
    challenge: bytes,
    *,
    errors: dict[str, str] | None = None,
    asks_password: bool = False,
    there: str = "",
) -> SecondStep:
    """Return what the page asks of somebody with these second steps."""
    return SecondStep(
        action=action,
        form=Form(errors=errors or {}),
        passkey=passkeys.question(house_of(request).settings.public_url, challenge, factors),
        has_codes=any(each.kind == "totp" for each in factors),
        asks_password=asks_password,
        has_steps=bool(factors),
        next=there,
    )


def let_in(
    request: PageRequest, cookie: str, there: str, said: str | None = None
) -> Response[None]:
    """Send the browser on with its new session; what was begun for it is over."""
    answer: Response[None] = see_other(request, there, Flash(said) if said else None)
    for each in in_cookies(request, cookie):
        answer.set_cookie(each)
    answer.set_cookie(no_cookie(request, VISIT))
    house_of(request).visitors.forget()
    return answer


def in_cookies(request: PageRequest, cookie: str) -> tuple[Cookie, Cookie]:
    """Return the cookies of a new session."""
    return session_cookie(request, cookie), ceremony_cookie(request, "")


def address_of(request: PageRequest) -> str:
    """Return from where somebody tries to come in; it is kept in memory only."""
    return request.client.host if request.client else ""


def too_many(request: PageRequest) -> str:
    """Return what is said while too many tries from one address wait already."""
    return language_of(request).text(
        "Many wrong tries come from your network. Try again in half a minute."
    )


def over() -> Forbidden:
    """Return what is said when a step took too long."""
    return Forbidden("This took too long, or began in another browser. Begin again.")
