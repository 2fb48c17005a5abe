"""Coming in and going out: passwords, locks, cookies, tokens against forgery, languages."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar import Litestar

from calamity.domain.permissions import UserRole
from calamity.store.database import Database
from calamity.store.passwords import MOST_FAILURES
from calamity.store.wakes import Wakes
from tests.make import Town, make_activation
from tests.web.pages_stage import LOGINS, Visit, add_accounts, make_app, visiting


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
async def app(town: Town, database: Database, database_url: str, tmp_path: Path) -> Litestar:
    async with database.transaction() as session:
        await add_accounts(session, town)
    return make_app(database_url, tmp_path)


@pytest.fixture
async def visit(app: Litestar) -> AsyncIterator[Visit]:
    async with visiting(app) as made:
        yield made


async def test_a_stranger_is_sent_to_sign_in_and_back(visit: Visit) -> None:
    answer = await visit.open("/playbooks?x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fplaybooks%3Fx%3D1"
    await visit.follow()
    answer = await visit.send(
        "/sign-in", {"login": LOGINS[UserRole.COORDINATOR], "password": "a password for tests"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/playbooks?x=1")
    assert (await visit.follow()).status_code == 200


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\nb", "javascript:x"]
)
async def test_signing_in_leads_to_our_own_pages_only(visit: Visit, there: str) -> None:
    await visit.open("/sign-in")
    filled = {"login": LOGINS[UserRole.COORDINATOR], "password": "a password for tests"}
    answer = await visit.send("/sign-in", filled | {"next": there})
    assert answer.headers["location"] == "/"


async def test_a_wrong_password_keeps_the_name_and_shows_one_sentence(visit: Visit) -> None:
    answer = await visit.enter(LOGINS[UserRole.COORDINATOR], "wrong-password-here")
    assert answer.status_code == 401
    assert "calamity_session" not in answer.cookies
    assert f'value="{LOGINS[UserRole.COORDINATOR]}"' in visit.text
    assert "wrong-password-here" not in visit.text
    known = visit.visible()
    await visit.enter("nobody@oeverlanden", "wrong-password-here")
    assert visit.visible() == known, "an unknown name must look like a wrong password"


async def test_ten_wrong_passwords_close_the_account_for_a_while(visit: Visit) -> None:
    for _ in range(MOST_FAILURES):
        await visit.enter(LOGINS[UserRole.OFFICIAL], "wrong-password-here")
    assert (await visit.enter(LOGINS[UserRole.OFFICIAL])).status_code == 401
    assert (await visit.enter(LOGINS[UserRole.COORDINATOR])).status_code == 303


async def test_the_session_cookie_is_kept_from_scripts(visit: Visit) -> None:
    answer = await visit.enter(LOGINS[UserRole.COORDINATOR])
    cookie = next(
        c for c in answer.headers.get_list("set-cookie") if c.startswith("calamity_session")
    )
    assert {"httponly", "samesite=lax", "path=/"} <= {
        part.strip().casefold() for part in cookie.split(";")
    }


async def test_the_worker_of_signals_serves_all_pages_and_is_asked_for_anew(visit: Visit) -> None:
    answer = await visit.open("/signals-worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert "worker-src 'self'" in answer.headers["content-security-policy"]
    assert "notificationclick" in answer.text
    assert not {"fetch", "caches", "import"} & set(re.findall(r"\w+", answer.text))


async def test_signing_out_ends_the_session_on_the_server(visit: Visit) -> None:
    await visit.sign_in()
    cookie = visit.client.cookies["calamity_session"]
    await visit.open("/")
    assert (await visit.send("/sign-out")).headers["location"] == "/sign-in"
    await visit.follow()
    assert "You are signed out." in visit.visible()
    await visit.open("/sign-in")
    assert "You are signed out." not in visit.visible(), "a flash is shown once"
    visit.client.cookies.set("calamity_session", cookie, domain="testserver.local")
    assert (await visit.open("/playbooks")).status_code == 303


@pytest.mark.parametrize("path", ["/sign-out", "/sign-in", "/language", "/activate/small/confirm"])
async def test_a_form_without_its_token_is_refused(visit: Visit, path: str) -> None:
    await visit.sign_in()
    for body in ({}, {"_csrf_token": "0" * 64}):
        answer = await visit.client.post(path, data=body)
        assert answer.status_code == 403
    assert (await visit.open("/")).status_code == 200, "still signed in"


async def test_the_token_of_another_visit_is_refused(app: Litestar, visit: Visit) -> None:
    await visit.open("/sign-in")
    before = visit.fields("/sign-in")["_csrf_token"][0]
    await visit.sign_in()
    answer = await visit.client.post("/sign-out", data={"_csrf_token": before})
    assert answer.status_code == 403
    await visit.open("/")
    token = visit.fields("/sign-out")["_csrf_token"][0]
    answer = await visit.client.post(
        "/sign-out", headers={"x-csrftoken": token}, follow_redirects=False
    )
    assert answer.status_code == 303, "the header does as well as the field"


async def test_a_form_that_is_too_large_is_not_read(visit: Visit) -> None:
    await visit.open("/sign-in")
    answer = await visit.send("/sign-in", {"login": "x" * 70_000})
    assert answer.status_code == 413


async def test_passwords_do_not_stay_in_a_parser(visit: Visit) -> None:
    from litestar import _parsers

    _parsers.parse_url_encoded_form_data.cache_clear()
    await visit.enter(LOGINS[UserRole.COORDINATOR], "wrong-password-here")
    await visit.enter(LOGINS[UserRole.ADMINISTRATOR])
    await visit.open("/people")
    await visit.send("/people/import", {"file": "no file at all"})
    assert _parsers.parse_url_encoded_form_data.cache_info().currsize == 0


async def test_the_language_follows_browser_then_choice(visit: Visit) -> None:
    await visit.open("/sign-in?next=/help", **{"accept-language": "nl"})
    assert '<html lang="nl"' in visit.text
    assert "Inloggen" in visit.text
    answer = await visit.send("/language", {"language": "en"})
    assert answer.headers["location"] == "/sign-in?next=/help"
    await visit.open("/sign-in", **{"accept-language": "nl"})
    assert '<html lang="en"' in visit.text


async def test_an_unknown_address_gets_a_page_and_the_api_a_problem(visit: Visit) -> None:
    answer = await visit.open("/no/such/page")
    assert answer.status_code == 404
    assert "This page is not here" in visit.text
    assert "content-security-policy" in answer.headers
    assert (
        (await visit.open("/v1/no/such"))
        .headers["content-type"]
        .startswith("application/problem+json")
    )


async def test_the_short_link_leads_each_role_to_its_page(
    visit: Visit, town: Town, database: Database
) -> None:
    activation = await make_activation(database, Wakes(database), town)
    short = f"/c/{activation.calamity_id[-12:]}"
    stranger = await visit.open(short)
    assert stranger.status_code == 200
    assert "What we know" in stranger.text
    assert "Luisteren" in stranger.text
    assert activation.calamity_id not in stranger.text
    for role, page in (
        (UserRole.COORDINATOR, f"/calamities/{activation.calamity_id}"),
        (UserRole.OFFICIAL, f"/calamities/{activation.calamity_id}/officials"),
        (UserRole.CONTACT_PERSON, f"/calamities/{activation.calamity_id}/timeline"),
    ):
        visit.client.cookies.clear()
        await visit.sign_in(role)
        assert (await visit.open(short)).headers["location"] == page
    assert (await visit.open("/c/000000000000")).status_code == 404
