"""Accounts, for the administrator: who has one, making one, closing one."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from calamity.actions.accounts import create_user, disable_user, sign_out_user
from calamity.actions.second_step import reset_factors
from calamity.domain.errors import CalamityError
from calamity.domain.permissions import Actor, Permission, UserRole
from calamity.store.accounts import list_users
from calamity.web.auth import needs
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    parse_form,
    see_other,
    wrong,
)
from calamity.web.paths import PATHS, path
from calamity.web.views import people as views
from calamity.web.views.frame import Form


class NewUser(Struct, frozen=True):
    """What the administrator fills in for a new account."""

    name: Annotated[str, Meta(max_length=80)]
    login: Annotated[str, Meta(max_length=120)]
    role: UserRole
    phone: Annotated[str, Meta(max_length=40)] | None = None
    is_of_provider: bool = False


@get(PATHS["users"], name="users", guards=[needs(Permission.MANAGE_ACCOUNTS)])
async def users(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Show the accounts."""
    return await _show(request, actor)


@post(
    PATHS["users"],
    name="users.create",
    guards=[needs(Permission.MANAGE_ACCOUNTS)],
    status_code=200,
)
async def create(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Make an account, and show its first password this once."""
    language = language_of(request)
    new, form = parse_form(NewUser, await form_of(request), language)
    if new is None:
        return await _show(request, actor, form=form, status=422)
    try:
        async with house_of(request).database.transaction() as session:
            _, password = await create_user(
                session,
                actor,
                login=new.login,
                name=new.name,
                role=new.role,
                phone=new.phone,
                is_of_provider=new.is_of_provider,
                at=now(),
            )
    except CalamityError as error:
        return await _show(request, actor, form=wrong(form, error, language), status=422)
    return await _show(request, actor, made=(new.login, password or ""))


@post(
    PATHS["user_disable"],
    name="users.disable",
    guards=[needs(Permission.MANAGE_ACCOUNTS)],
    status_code=303,
)
async def disable(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], user: FromPath[str]
) -> Response[Any]:
    """Close an account; its sessions end at once."""
    async with house_of(request).database.transaction() as session:
        await disable_user(session, actor, user, at=now())
    said = language_of(request).text("The account is closed. Whoever used it is signed out.")
    return see_other(request, path("users"), said)


@post(
    PATHS["user_sign_out"],
    name="users.sign_out",
    guards=[needs(Permission.MANAGE_ACCOUNTS)],
    status_code=303,
)
async def sign_out(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], user: FromPath[str]
) -> Response[Any]:
    """End the sessions of an account."""
    async with house_of(request).database.transaction() as session:
        ended = await sign_out_user(session, actor, user, at=now())
    said = language_of(request).plural(
        "One session is ended.", "%(num)s sessions are ended.", ended
    )
    return see_other(request, path("users"), said)


@post(
    PATHS["user_reset"],
    name="users.reset",
    guards=[needs(Permission.MANAGE_ACCOUNTS)],
    status_code=303,
)
async def reset(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], user: FromPath[str]
) -> Response[Any]:
    """Take the second steps of somebody who lost them away."""
    async with house_of(request).database.transaction() as session:
        await reset_factors(session, actor, user, at=now())
    said = language_of(request).text(
        "The second steps are taken away. Make sure that you spoke with this person yourself."
    )
    return see_other(request, path("users"), said)


async def _show(
    request: PageRequest,
    actor: Actor,
    *,
    form: Form | None = None,
    made: tuple[str, str] | None = None,
    status: int = 200,
) -> Response[Any]:
    async with house_of(request).database.reading() as session:
        accounts = await list_users(session, actor.municipality_id)
    view = views.Users(
        users=tuple(
            views.UserLine(
                id=each.id,
                name=each.name,
                login=each.login,
                role=each.role.value,
                active=not each.is_disabled,
                is_self=each.id == actor.user_id,
                is_of_provider=each.is_of_provider,
            )
            for each in accounts
        ),
        roles=tuple(role.value for role in UserRole),
        form=form or Form(),
        has_provider=house_of(request).provider is not None,
        new_login=made[0] if made else None,
        new_password=made[1] or None if made else None,
    )
    return page(request, "users", await frame_of(request, here="users"), view, status)


USERS = [users, create, disable, sign_out, reset]
