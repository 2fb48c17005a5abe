"""Signing in with a work account and out again, at a real provider, on both databases."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from msgspec.structs import replace
from sqlmodel import select

from calamity.actions.accounts import create_user
from calamity.actions.provider import Ended
from calamity.actions.provider import sign_out_there as sign_out_there_too
from calamity.domain.audit import Deed
from calamity.domain.permissions import Actor, UserRole
from calamity.store.accounts import find_user
from calamity.store.audit import Wanted, list_audit
from calamity.store.municipalities import add_municipality
from calamity.store.tables import SessionRow
from tests.make import PASSWORD, T0
from tests.provider.stage import (
    COORDINATOR,
    Provider,
    provider_running,
    sign_in_there,
    sign_out_there,
)
from tests.web.pages_stage import LOGINS, Visit, make_app, set_cookies, visiting

PUBLIC = "http://testserver.local"
OVER_HTTPS = "https://testserver.local"
LOGIN = "noor@work.example"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with provider_running(PUBLIC, OVER_HTTPS) as running:
        yield running


@pytest.fixture
async def open_house(town, database, database_url, tmp_path, provider):
    """Open the product as an operator sets it up, with another municipality beside the town."""
    async with database.transaction() as session:
        await add_municipality(
            session, slug="bergen", name="Bergen", crisis_phone="+3197010240998", at=T0
        )
    provider.put("noor", **COORDINATOR)

    @asynccontextmanager
    async def opened(**changes: str) -> AsyncIterator[Visit]:
        given = provider.settings(**{"CALAMITY_PUBLIC_URL": PUBLIC, **changes})
        async with visiting(make_app(database_url, tmp_path, **given)) as visit:
            yield visit

    return opened


async def leave(visit: Visit, there: str = "/playbooks") -> str:
    """Press the button on the page to sign in, and return the address of the provider."""
    answer = await visit.open(f"/sign-in/provider?next={there}")
    assert answer.status_code == 303, answer.text[:2000]
    return answer.headers["location"]


async def come_in(
    visit: Visit,
    user: str = "noor",
    there: str = "/playbooks",
    jar: httpx.Cookies | None = None,
) -> httpx.Response:
    """Sign in at the provider and come back; *jar* keeps what the provider remembers."""
    async with httpx.AsyncClient(cookies=jar) as browser:
        back = await sign_in_there(browser, await leave(visit, there), user)
        if jar is not None:
            jar.update(browser.cookies)
    assert back.startswith(f"{PUBLIC}/sign-in/provider/return?")
    return await visit.open(back.removeprefix(PUBLIC))


async def test_who_comes_the_first_time_gets_an_account_in_the_role_of_the_group(
    open_house, database, town, provider
):
    async with open_house() as visit:
        await visit.open("/sign-in")
        assert "Sign in with your work account" in visit.visible()
        asked = parse_qs(urlsplit(await leave(visit)).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
        answer = await come_in(visit)
        assert (answer.status_code, answer.headers["location"]) == (303, "/playbooks")
        assert (await visit.open("/")).status_code == 200
        assert "Noor Vermeer" in visit.visible()
        assert "coordinator" in visit.visible()
        cookie = visit.client.cookies["calamity_session"]
        assert (await visit.open("/sign-in/provider")).status_code == 303, "to show it again"

        # The account has no password: nobody comes in past the provider.
        visit.client.cookies.clear()
        assert (await visit.enter(LOGIN, PASSWORD)).status_code == 401

        # The groups decide anew at each sign-in, and a session in the old role is over.
        provider.put("noor", name="Noor Vermeer", groups=["board"])
        await come_in(visit)
        await visit.open("/")
        assert "official" in visit.visible()
        visit.client.cookies.clear()
        visit.client.cookies.set("calamity_session", cookie, domain="testserver.local")
        assert (await visit.open("/playbooks")).status_code == 303
    async with database.reading() as session:
        row = await find_user(session, LOGIN)
        assert row is not None
        assert (row.role, row.municipality_id, row.password_hash) == ("official", town.id, None)
        lines = await list_audit(session, town.id, Wanted(login=LOGIN), most=9)
    assert [each.line.deed for each in lines] == [Deed.CHANGED_ROLE, Deed.MADE_ACCOUNT]


async def test_over_https_every_cookie_of_the_way_is_bound_to_this_host(open_house):
    async with open_house(CALAMITY_PUBLIC_URL=OVER_HTTPS) as visit:
        there = await leave(visit)
        assert visit.seen is not None
        assert set_cookies(visit.seen, https=True) == {"calamity_ceremony"}
        async with httpx.AsyncClient() as browser:
            back = await sign_in_there(browser, there, "noor")
        answer = await visit.open(back.removeprefix(OVER_HTTPS))
        assert (answer.status_code, answer.headers["location"]) == (303, "/playbooks")
        assert set_cookies(answer, https=True) == {
            "calamity_session", "calamity_ceremony", "calamity_visit",
        }  # fmt: skip
        assert set(visit.client.cookies) == {"__Host-calamity_session"}
        assert (await visit.open("/playbooks")).status_code == 200
        # Signed out: the cookie goes, and another begins for the way to the provider.
        answer = await visit.send("/sign-out")
        assert {"calamity_session", "calamity_ceremony"} <= set_cookies(answer, https=True)
        assert "__Host-calamity_session" not in visit.client.cookies


async def test_an_answer_counts_once_and_in_the_browser_that_asked(open_house):
    async with open_house() as visit:
        async with httpx.AsyncClient() as browser:
            back = (await sign_in_there(browser, await leave(visit), "noor")).removeprefix(PUBLIC)
        ceremony = visit.client.cookies["calamity_ceremony"]
        visit.client.cookies.clear()
        answer = await visit.open(back)
        assert answer.status_code == 401
        assert "began in another browser" in visit.visible()

        visit.client.cookies.set("calamity_ceremony", ceremony, domain="testserver.local")
        forged = back.replace("state=", "state=x")
        assert (await visit.open(forged)).status_code == 401
        # Even with the right state afterwards: what was begun ended with the forged answer.
        visit.client.cookies.set("calamity_ceremony", ceremony, domain="testserver.local")
        assert (await visit.open(back)).status_code == 401

        answer = await come_in(visit)
        assert answer.status_code == 303
        for wrong in (
            "/sign-in/provider/return?error=access_denied&state=x",
            "/sign-in/provider/return",
        ):
            assert (await visit.open(wrong)).status_code == 401
        visit.client.cookies.clear()
        await leave(visit)
        state = parse_qs(urlsplit(visit.seen.headers["location"]).query)["state"][0]
        answer = await visit.open(f"/sign-in/provider/return?code=made-up&state={state}")
        assert answer.status_code == 401
        assert "does not hold" in visit.visible()
        assert "calamity_session" not in visit.client.cookies


async def test_municipalities_are_strictly_apart(open_house, provider, database):
    async with open_house() as visit:
        await come_in(visit)
        visit.client.cookies.clear()
        for groups, said in (
            (["east"], "belongs to another municipality"),
            (["east", "board"], "more than one municipality"),
            (["coffee"], "in no group that may use Calamity"),
            ([], "in no group that may use Calamity"),
        ):
            provider.put("noor", name="Noor Vermeer", groups=groups)
            assert (await come_in(visit)).status_code in (401, 403), groups
            assert said in visit.visible()
            assert (await visit.open("/playbooks")).status_code == 303

    # Where a claim says which municipality it is, a group of another one opens nothing.
    claim = {"CALAMITY_OIDC_MUNICIPALITY_CLAIM": "municipality"}
    async with open_house(**claim) as visit:
        provider.put("ids", name="Ids", groups=["east", "board"], municipality="bergen")
        assert (await come_in(visit, "ids")).status_code == 303
        visit.client.cookies.clear()
        provider.put("jan", name="Jan", groups=["east"], municipality="oeverlanden")
        assert (await come_in(visit, "jan")).status_code == 401
        provider.put("jan", name="Jan", groups=["east"])
        assert (await come_in(visit, "jan")).status_code == 401
        assert "for which municipality" in visit.visible()
    async with database.reading() as session:
        ids = await find_user(session, "ids@work.example")
        assert ids is not None
        assert ids.role == "coordinator"
        assert await find_user(session, "jan@work.example") is None


async def test_without_new_accounts_an_administrator_makes_them(open_house, database, town):
    administrator = Actor(town.id, "administrator", UserRole.ADMINISTRATOR)
    async with open_house(CALAMITY_OIDC_NEW_ACCOUNTS="refuse") as visit:
        assert (await come_in(visit)).status_code == 403
        assert "You have no account here yet." in visit.visible()
        assert "With a name and a password" in visit.visible(), "the other way in stays"

        async with database.transaction() as session:
            _, password = await create_user(
                session, administrator, login=LOGIN, name="Noor", role=UserRole.RESPONDER,
                is_of_provider=True, at=T0,
            )  # fmt: skip
            assert password is None
        assert (await come_in(visit)).status_code == 303
        await visit.open("/")
        assert "coordinator" in visit.visible(), "the group decides, not the form"

        visit.client.cookies.clear()
        await visit.enter(LOGINS[UserRole.OFFICIAL])
        assert "calamity_session" in visit.client.cookies, "a local account is let in as before"
        visit.client.cookies.clear()
        async with database.transaction() as session:
            (await find_user(session, LOGIN)).disabled_at = T0
        assert (await come_in(visit)).status_code == 403
        assert "Your account here is closed." in visit.visible()


async def test_a_name_at_the_provider_takes_over_nothing(open_house, provider):
    """A local account of the same name, with a password, stays whose it is."""
    async with open_house() as visit:
        provider.put("thief", preferred_username=LOGINS[UserRole.COORDINATOR], groups=["board"])
        assert (await come_in(visit, "thief")).status_code == 401
        assert "Somebody else here signs in with this name." in visit.visible()


async def test_local_accounts_come_in_while_the_provider_is_away(town, database_url, tmp_path):
    away = "http://127.0.0.1:9"
    given = {
        "CALAMITY_OIDC_ISSUER": away, "CALAMITY_OIDC_CLIENT_ID": "calamity",
        "CALAMITY_OIDC_CLIENT_SECRET": "secret", "CALAMITY_OIDC_ROLES": "a=coordinator",
    }  # fmt: skip
    async with visiting(make_app(database_url, tmp_path, **given)) as visit:
        assert (await visit.open("/sign-in/provider")).status_code == 503
        assert "does not answer" in visit.visible()
        await visit.send("/sign-in", {"login": LOGINS[UserRole.COORDINATOR], "password": PASSWORD})
        assert (await visit.open("/playbooks")).status_code == 200


async def post_word(visit: Visit, body: str) -> tuple[int, str]:
    """Post to us what the provider posts when somebody signed out there."""
    answer = await visit.client.post(
        "/sign-in/provider/back-channel", content=body,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    return answer.status_code, answer.headers["cache-control"]


async def test_who_signs_out_here_signs_out_at_the_provider_too(open_house, database, provider):
    jar = httpx.Cookies()
    async with open_house() as visit:
        await come_in(visit, jar=jar)
        async with database.reading() as session:
            (row,) = await session.sql.scalars(select(SessionRow))
            assert row.there is not None
            assert len(row.there) == 64, "a hash, not what the provider calls it"
            assert b"eyJ" not in (row.token or b"eyJ"), "sealed"
        assert "eyJ" not in str(visit.client.cookies)

        await visit.open("/help")
        cookie = visit.client.cookies["calamity_session"]
        answer = await visit.send("/sign-out")
        assert answer.headers["location"] == "/sign-out/provider"
        visit.client.cookies.set("calamity_session", cookie, domain="testserver.local")
        assert (await visit.open("/playbooks")).status_code == 303, "out here at once"
        visit.client.cookies.delete("calamity_session")
        async with database.reading() as session:
            assert (await session.sql.scalars(select(SessionRow))).all() == []

        answer = await visit.open("/sign-out/provider")
        address = answer.headers["refresh"].removeprefix("0; url=")
        assert address.startswith(f"{provider.issuer}/session/end?")
        assert "work account too" in visit.visible()
        assert "location" not in answer.headers
        async with httpx.AsyncClient(cookies=jar) as browser:
            back = (await sign_out_there(browser, address)).removeprefix(PUBLIC)
        told = provider.said("caught")["body"]
        assert back.startswith("/sign-out/return?state=")

        ceremony = visit.client.cookies["calamity_ceremony"]
        assert (await visit.open(back)).headers["location"] == "/sign-in"
        await visit.follow()
        assert "You are signed out, here and at your work account" in visit.visible()
        visit.client.cookies.set("calamity_ceremony", ceremony, domain="testserver.local")
        for stale in (back, "/sign-out/return", "/sign-out/provider"):
            answer = await visit.open(stale)
            assert answer.headers["location"] == "/sign-in"
            assert "calamity_flash" not in answer.cookies, "a link of somebody else says nothing"
        assert (await post_word(visit, told))[0] == 200, "nothing of it is left here"


async def test_what_ends_at_the_provider_ends_here_once_and_nothing_else(
    open_house, database, provider
):
    async with open_house() as visit:
        jar = httpx.Cookies()
        await come_in(visit, jar=jar)
        mine = visit.client.cookies["calamity_session"]
        visit.client.cookies.clear()
        await come_in(visit)
        elsewhere = visit.client.cookies["calamity_session"]
        visit.client.cookies.clear()
        await visit.enter(LOGINS[UserRole.OFFICIAL])
        local = visit.client.cookies["calamity_session"]

        async def is_in(cookie: str) -> bool:
            visit.client.cookies.clear()
            visit.client.cookies.set("calamity_session", cookie, domain="testserver.local")
            return (await visit.open("/account")).status_code == 200

        assert [await is_in(each) for each in (mine, elsewhere, local)] == [True] * 3
        async with httpx.AsyncClient(cookies=jar) as browser:
            # Without a way back its last page stays its own.
            with pytest.raises(AssertionError):
                await sign_out_there(browser, f"{provider.issuer}/session/end?client_id=calamity")
        told = provider.said("caught")["body"]
        visit.client.cookies.clear()
        for lie in ("", "logout_token=", "logout_token=x.y.z", told[:-4], told.replace(".", ".A")):
            assert await post_word(visit, lie) == (400, "no-store")
        assert await is_in(mine)
        assert await post_word(visit, told) == (200, "no-store")
        assert [await is_in(each) for each in (mine, elsewhere, local)] == [False, True, True]
        assert await post_word(visit, told) == (400, "no-store"), "it counts once"

        # A provider that names no session means all of that person.
        async with database.transaction() as session:
            ended = Ended(provider.issuer, "of nobody", T0 + timedelta(1), subject="nobody")
            assert await sign_out_there_too(session, ended, at=T0) == 0
            ended = replace(ended, name="of noor", subject="noor")
            assert await sign_out_there_too(session, ended, at=T0) == 1
        assert [await is_in(each) for each in (elsewhere, local)] == [False, True]


async def test_where_the_provider_has_no_way_out_that_is_said(town, database_url, tmp_path):
    with provider_running(PUBLIC, signsOut=False) as provider:
        given = provider.settings(CALAMITY_PUBLIC_URL=PUBLIC)
        async with visiting(make_app(database_url, tmp_path, **given)) as visit:
            await come_in(visit)
            await visit.open("/help")
            assert (await visit.send("/sign-out")).headers["location"] == "/sign-in"
            await visit.follow()
            assert "but not at your work account" in visit.visible()
            # Who only has a password here hears nothing of work accounts.
            await visit.enter(LOGINS[UserRole.OFFICIAL])
            await visit.open("/help")
            await visit.send("/sign-out")
            await visit.follow()
            assert "You are signed out." in visit.visible()
    async with visiting(make_app(database_url, tmp_path)) as visit:
        assert (await post_word(visit, "logout_token=a.b.c"))[0] == 400
