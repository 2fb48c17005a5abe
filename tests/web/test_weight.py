"""What the first view of a page weighs on the line, from the real server to a real Chromium."""

import pytest
from playwright.sync_api import Browser

from calamity.domain.permissions import UserRole
from tests.web.browser_stage import READY, Server, browsing, sign_in

LARGEST = 200_000


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def test_the_first_view_of_each_page_is_light_and_brings_no_chart(
    server: Server, chromium: Browser
) -> None:
    views = (
        (None, "{link}"),
        (UserRole.COORDINATOR, "/"),
        (UserRole.COORDINATOR, "/calamities/{calamity}"),
        (UserRole.CONTACT_PERSON, "/inbox"),
        (UserRole.OFFICIAL, "/calamities/{calamity}/officials"),
    )
    with server.running():
        for role, view in views:
            with browsing(chromium, width=360) as (page, said):
                if role is not None:
                    sign_in(page, server, role)
                line = page.context.new_cdp_session(page)
                line.send("Network.enable")
                line.send("Network.setCacheDisabled", {"cacheDisabled": True})
                bodies: list[int] = []
                asked: list[str] = []
                line.on(
                    "Network.loadingFinished",
                    lambda event, bodies=bodies: bodies.append(event["encodedDataLength"]),
                )
                page.on("request", lambda request, asked=asked: asked.append(request.url))
                path = view.format(calamity=server.calamity, link=server.link)
                page.goto(server.address + path)
                page.wait_for_selector(READY)
                page.wait_for_function("document.fonts.status === 'loaded'")
                page.wait_for_timeout(200)
                print(f"{path[:16]}: {sum(bodies) / 1000:.0f} kB in {len(bodies)} answers")
                # Page, styles, script and font at least: an event that never came weighs nothing.
                assert len(bodies) >= 4
                assert 30_000 < sum(bodies) < LARGEST, path
                assert not [url for url in asked if "charts" in url or "studio" in url], path
                assert said == []


def test_what_is_not_worth_compressing_is_sent_as_it_is(server: Server, chromium: Browser) -> None:
    with server.running(), browsing(chromium, width=360) as (page, _):
        page.goto(f"{server.address}/sign-in")
        page.wait_for_selector(READY)
        encodings = {
            name: page.request.get(page.url.replace("/sign-in", path)).headers.get(
                "content-encoding"
            )
            for name, path in (
                ("page", "/sign-in"),
                ("style", page.locator("link[rel=stylesheet]").first.get_attribute("href")),
                ("font", page.locator("link[rel=preload]").get_attribute("href")),
                ("api", "/v1/openapi.json"),
            )
        }
        first, second = (
            page.request.get(f"{server.address}/sign-in").text().split('_csrf_token" value="')[1]
            for _ in range(2)
        )
        assert first[:128] != second[:128]
    assert encodings == {"page": "gzip", "style": "gzip", "font": None, "api": None}
