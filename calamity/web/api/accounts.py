"""Accounts and tokens, for the administrator."""

from datetime import datetime
from typing import Annotated

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from calamity.actions.accounts import create_token, create_user, disable_user
from calamity.domain.errors import Refused
from calamity.domain.permissions import Actor, Permission, UserRole
from calamity.store import accounts
from calamity.web.api.calamities import created
from calamity.web.api.wire import camel, wired
from calamity.web.auth import needs
from calamity.web.house import House, now

Name = Annotated[str, Meta(min_length=1, max_length=80)]


@camel
class User(accounts.Account, frozen=True):
    """An account."""


class Users(Struct, frozen=True):
    """The accounts of the municipality, by login."""

    users: list[User]


class NewUser(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An account to make. *phone* binds it to a person whose number is known already.

    With *isOfProvider* this person signs in with the work account, and has no password here.
    """

    login: Annotated[str, Meta(min_length=2, max_length=120)]
    name: Name
    role: UserRole
    password: Annotated[str, Meta(max_length=256)] | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None
    is_of_provider: bool = False


class MadeUser(Struct, frozen=True):
    """The new account, and the password if one was made up: it is shown this once."""

    id: str
    password: str | None


@camel
class Token(accounts.Token, frozen=True):
    """A token, without its value."""


class Tokens(Struct, frozen=True):
    """The tokens of the municipality, the newest first."""

    tokens: list[Token]


class NewToken(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A token to make: with a role of its own, or in the name and role of an account."""

    name: Name
    role: UserRole | None = None
    user_id: str | None = None


class MadeToken(Struct, frozen=True):
    """The value of a new token: it is shown this once."""

    token: str
    at: datetime


@get("/users", guards=[needs(Permission.MANAGE_ACCOUNTS)], name="api.users.list")
async def list_users(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Users:
    """List the accounts of the municipality."""
    async with house.database.reading() as session:
        found = await accounts.list_users(session, actor.municipality_id)
    return Users([wired(each, User) for each in found])


@post("/users", guards=[needs(Permission.MANAGE_ACCOUNTS)], name="api.users.add")
async def add_user(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: JSONBody[NewUser]
) -> Response[MadeUser]:
    """Make an account."""
    async with house.database.transaction() as session:
        user_id, password = await create_user(
            session, actor, login=data.login, name=data.name, role=data.role,
            password=data.password, phone=data.phone, is_of_provider=data.is_of_provider, at=now(),
        )  # fmt: skip
    return created(MadeUser(user_id, password), "/v1/users")


@post(
    "/users/{user_id:str}/disable",
    guards=[needs(Permission.MANAGE_ACCOUNTS)],
    status_code=204,
    name="api.users.disable",
)
async def disable(
    house: NamedDependency[House], actor: NamedDependency[Actor], user_id: FromPath[str]
) -> None:
    """Disable an account: its sessions and its tokens open nothing any more."""
    async with house.database.transaction() as session:
        await disable_user(session, actor, user_id, at=now())


@get("/tokens", guards=[needs(Permission.MANAGE_ACCOUNTS)], name="api.tokens.list")
async def list_tokens(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Tokens:
    """List the tokens of the municipality, revoked ones too."""
    async with house.database.reading() as session:
        found = await accounts.list_tokens(session, actor.municipality_id)
    return Tokens([wired(each, Token) for each in found])


@post("/tokens", guards=[needs(Permission.MANAGE_ACCOUNTS)], name="api.tokens.add")
async def add_token(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: JSONBody[NewToken]
) -> Response[MadeToken]:
    """Make a token for a program."""
    if (data.role is None) == (data.user_id is None):
        raise Refused("Give the token a role, or the account whose role it has.", field="role")
    at = now()
    async with house.database.transaction() as session:
        if data.user_id is not None:
            user = await accounts.get_user(session, actor.municipality_id, data.user_id)
            value = await accounts.add_token(
                session, actor.municipality_id, name=data.name, role=UserRole(user.role), at=at,
                user_id=user.id,
            )  # fmt: skip
        else:
            role = data.role or UserRole.OFFICIAL
            value = await create_token(session, actor, name=data.name, role=role, at=at)
    return created(MadeToken(value, at), "/v1/tokens")


@post(
    "/tokens/{token_id:str}/revoke",
    guards=[needs(Permission.MANAGE_ACCOUNTS)],
    status_code=204,
    name="api.tokens.revoke",
)
async def revoke(
    house: NamedDependency[House], actor: NamedDependency[Actor], token_id: FromPath[str]
) -> None:
    """Revoke a token: it opens nothing any more."""
    actor.must(Permission.MANAGE_ACCOUNTS)
    async with house.database.transaction() as session:
        await accounts.revoke_token(session, actor.municipality_id, token_id, now())


router = Router(
    "/",
    route_handlers=[list_users, add_user, disable, list_tokens, add_token, revoke],
    tags=["Accounts"],
)
