"""Signing in and out, locks, passwords and tokens, on both databases."""

from datetime import datetime

import pytest

from calamity.actions import accounts as act
from calamity.domain.errors import Conflict, Forbidden, NotFound, Refused
from calamity.domain.permissions import Actor, UserRole
from calamity.store import accounts, sessions
from calamity.store.database import Database
from tests.make import PASSWORD, T0, Town, later

LOGIN = "nieuw@oeverlanden.example"
GOOD = "paard fiets regenton"


@pytest.fixture
def administrator(town: Town) -> Actor:
    return Actor(town.id, "administrator", UserRole.ADMINISTRATOR)


async def add(database: Database, actor: Actor, **changes) -> tuple[str, str | None]:
    given = {"login": LOGIN, "name": "Nieuw", "role": UserRole.RESPONDER, "at": T0} | changes
    async with database.transaction() as session:
        return await act.create_user(session, actor, **given)


async def sign_in(
    database: Database, password: str, at: datetime = T0, login: str = LOGIN
) -> str | None:
    async with database.transaction() as session:
        credentials = await act.find_credentials(session, login.strip().casefold(), at)
        right = await act.is_right(credentials, password)
        cookie = await act.admit(session, credentials, right=right, at=at)
    assert not isinstance(cookie, act.Owed)
    return cookie


async def test_a_made_up_password_opens_the_account(database, administrator):
    _, password = await add(database, administrator)

    cookie = await sign_in(database, password or "", login=f" {LOGIN.upper()} ")

    found = await sessions.who_is(database, cookie or "", T0)
    assert found is not None
    assert (found.actor.login, found.name) == (LOGIN, "Nieuw")


async def test_a_given_password_is_not_repeated(database, administrator):
    assert (await add(database, administrator, password=GOOD))[1] is None
    assert await sign_in(database, GOOD) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "kort"},
        {"password": "Welkom123456!"},
        {"password": f"{LOGIN}!!"},
        {"login": "with space"},
        {"name": " "},
    ],
)
async def test_what_is_unsafe_or_unreadable_is_refused(database, administrator, wrong):
    with pytest.raises(Refused):
        await add(database, administrator, **wrong)


async def test_an_account_can_be_bound_to_a_known_number(database, town, administrator):
    phone = town["lei1"].phone.replace("+31", "0031 ")
    user_id, password = await add(database, administrator, phone=phone)

    cookie = await sign_in(database, password or "")

    found = await sessions.who_is(database, cookie or "", T0)
    assert found is not None
    assert (found.actor.user_id, found.actor.recipient_id) == (user_id, town["lei1"].id)


async def test_an_unknown_number_is_refused(database, administrator):
    with pytest.raises(NotFound, match="Import"):
        await add(database, administrator, phone="+3197010249998")


async def test_a_login_is_taken_once(database, administrator):
    await add(database, administrator)
    with pytest.raises(Conflict):
        await add(database, administrator)


async def test_only_an_administrator_makes_accounts(database, town):
    with pytest.raises(Forbidden):
        await add(database, town.coordinator)


@pytest.mark.parametrize("login", [LOGIN, "nobody@oeverlanden.example"])
async def test_a_wrong_password_or_login_opens_nothing(database, administrator, login):
    await add(database, administrator, password=GOOD)
    assert await sign_in(database, "not the password", login=login) is None


async def test_ten_failures_lock_for_a_quarter_of_an_hour(database, administrator):
    await add(database, administrator, password=GOOD)
    for _ in range(10):
        assert await sign_in(database, "not the password") is None

    assert await sign_in(database, GOOD, later(minutes=14)) is None
    assert await sign_in(database, GOOD, later(minutes=16)) is not None


async def test_nine_failures_do_not_lock_and_a_success_forgets_them(database, administrator):
    await add(database, administrator, password=GOOD)
    for _ in range(2):
        for _ in range(9):
            await sign_in(database, "not the password")
        assert await sign_in(database, GOOD) is not None


async def test_a_disabled_account_is_shut_at_once(database, administrator):
    user_id, _ = await add(database, administrator, password=GOOD)
    cookie = await sign_in(database, GOOD)

    async with database.transaction() as session:
        await act.disable_user(session, administrator, user_id, at=T0)

    assert await sign_in(database, GOOD) is None
    assert await sessions.who_is(database, cookie or "", T0) is None


async def test_signing_out_ends_the_session(database, administrator):
    await add(database, administrator, password=GOOD)
    cookie = await sign_in(database, GOOD)

    async with database.transaction() as session:
        await act.sign_out(session, cookie or "")

    assert await sessions.who_is(database, cookie or "", T0) is None


async def test_changing_a_password_ends_the_other_sessions(database, town):
    login = town.author.login
    mine = await sign_in(database, PASSWORD, login=login)
    other = await sign_in(database, PASSWORD, login=login)

    async with database.transaction() as session:
        made = act.hash_password(GOOD)
        assert await act.change_password(
            session, town.author, right=True, new=made, cookie=mine, at=T0
        )

    assert await sessions.who_is(database, mine or "", T0) is not None
    assert await sessions.who_is(database, other or "", T0) is None
    assert await sign_in(database, PASSWORD, login=login) is None
    assert await sign_in(database, GOOD, login=login) is not None


async def test_a_wrong_present_password_changes_nothing_and_counts(database, town):
    for _ in range(10):
        async with database.transaction() as session:
            assert not await act.change_password(session, town.author, right=False, new="", at=T0)
    async with database.transaction() as session:
        # By now the account is closed for a while, also for who guessed right at last.
        assert not await act.change_password(session, town.author, right=True, new="x", at=T0)
    assert await sign_in(database, PASSWORD, login=town.author.login) is None
    with pytest.raises(Refused, match="present one"):
        act.check_new_password(town.author, old=GOOD, new=GOOD)


async def test_a_token_acts_in_its_role(database, administrator):
    async with database.transaction() as session:
        token = await act.create_token(
            session, administrator, name="dashboard", role=UserRole.OFFICIAL, at=T0
        )

    actor = await accounts.whose_token(database, token)
    assert actor is not None
    assert (actor.role, actor.municipality_id) == (
        UserRole.OFFICIAL, administrator.municipality_id,
    )  # fmt: skip


def test_hashes_are_argon2id_as_agreed():
    assert act.hash_password(GOOD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
