"""Cookies: over https bound to this host by their name, over plain http as a browser takes them."""

import pytest

from calamity.domain.permissions import UserRole
from tests.make import PASSWORD
from tests.web.pages_stage import LOGINS, make_app, set_cookies, visiting

ENTER = {"login": LOGINS[UserRole.COORDINATOR], "password": PASSWORD}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_every_cookie_is_bound_to_this_host_where_the_address_is_https(
    scheme, town, database_url, tmp_path
):
    https = scheme == "https"
    app = make_app(database_url, tmp_path, CALAMITY_PUBLIC_URL=f"{scheme}://testserver.local")
    async with visiting(app) as visit:

        async def named(answer) -> set[str]:
            return set_cookies(await answer, https=https)

        assert await named(visit.open("/sign-in")) == {"calamity_visit"}
        assert await named(visit.send("/sign-in", ENTER)) == {"calamity_session", "calamity_visit"}
        [name] = visit.client.cookies
        assert name == ("__Host-" if https else "") + "calamity_session"
        await visit.open("/help")
        answer = await visit.send("/language", {"language": "nl", "next": "/account"})
        assert answer.status_code == 303
        assert set_cookies(answer, https=https) == {"language"}
        assert 'lang="nl"' in (await visit.follow()).text
        # What a form said is shown once, and its cookie is taken away for good.
        await visit.open("/help")
        answer = await visit.send("/guide", {"show": "shown"})
        assert set_cookies(answer, https=https) == {"calamity_flash", "calamity_guide"}
        assert await named(visit.follow()) == {"calamity_flash"}
        assert 'class="flash ' in visit.text
        assert await named(visit.open("/account")) == set()
        assert 'class="flash ' not in visit.text
        assert await named(visit.open("/account/prove?next=/account")) == {"calamity_ceremony"}
        answer = await visit.send("/account/prove", {"password": PASSWORD})
        assert answer.status_code == 303
        assert {"calamity_session", "calamity_ceremony"} <= set_cookies(answer, https=https)
        # A session under the other name, as a neighbouring host could plant one, opens nothing.
        other = "calamity_session" if https else "__Host-calamity_session"
        stolen = visit.client.cookies[name]
        visit.client.cookies.clear()
        visit.client.cookies.set(other, stolen, domain="testserver.local", path="/")
        assert (await visit.open("/account")).headers["location"].startswith("/sign-in")
        assert (await visit.client.get("/v1/playbooks")).status_code == 401
        visit.client.cookies.set(name, stolen, domain="testserver.local", path="/")
        assert (await visit.open("/account")).status_code == 200
