"""Security headers, assets and paths."""

import pytest
from litestar import Litestar, Request, Response, get
from litestar.testing import TestClient

from calamity.web import assets
from calamity.web.headers import csp_nonce, security_headers
from calamity.web.maps import draw
from calamity.web.paths import path


@get("/")
async def nonce(request: Request) -> str:
    return csp_nonce(request.scope)


@get("/kept")
async def kept() -> Response[str]:
    return Response("x", headers={"Cache-Control": "private, max-age=60"})


@get("/assets/main-1234.css")
async def sheet() -> str:
    return "a{}"


@get("/broken")
async def broken() -> None:
    raise ValueError


def client(*, production: bool) -> TestClient[Litestar]:
    return TestClient(
        Litestar(
            [nonce, kept, sheet, broken],
            before_send=[security_headers(production=production)],
            openapi_config=None,
        ),
        raise_server_exceptions=False,
    )


def test_every_answer_carries_the_policy_with_its_own_nonce() -> None:
    with client(production=True) as browser:
        first, second = browser.get("/"), browser.get("/")
        assert f"'nonce-{first.text}'" in first.headers["Content-Security-Policy"]
        assert first.text != second.text
        policy = first.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "worker-src 'self'" in policy
        assert first.headers["X-Frame-Options"] == "DENY"
        assert first.headers["Cache-Control"] == "no-store"
        assert first.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        for missing in (browser.get("/nowhere"), browser.get("/broken")):
            assert missing.headers["X-Content-Type-Options"] == "nosniff"
            assert missing.headers["Content-Security-Policy"]


def test_development_does_not_pin_https() -> None:
    with client(production=False) as browser:
        assert "Strict-Transport-Security" not in browser.get("/").headers


def test_only_hashed_files_are_kept_for_long() -> None:
    with client(production=False) as browser:
        assert "immutable" in browser.get("/assets/main-1234.css").headers["Cache-Control"]
        assert browser.get("/assets/gone.css").headers["Cache-Control"] == "no-store"
        assert browser.get("/kept").headers["Cache-Control"] == "private, max-age=60"


def test_the_build_is_small_and_whole() -> None:
    import gzip

    first = [assets.script("main.js"), *assets.styles("main.js"), assets.font()]
    names = [name.removeprefix(assets.PREFIX) for name in first if name]
    assert len(names) == 3
    sizes = [len(gzip.compress((assets.DIST / name).read_bytes())) for name in names]
    assert sum(sizes) < 100_000
    charts = assets.manifest()["charts.js"]
    assert charts.file not in names


def test_paths_take_exactly_their_parts() -> None:
    assert path("room", calamity="c 1/2") == "/calamities/c%201%2F2"
    assert path("activate", query={"calamity": "c&1"}) == "/activate?calamity=c%261"
    with pytest.raises(ValueError, match="room"):
        path("room")
    with pytest.raises(ValueError, match="start"):
        path("start", calamity="c")


def test_maps_keep_north_up_and_everything_inside() -> None:
    square = {
        "type": "Polygon",
        "coordinates": [[[5.0, 52.0], [5.1, 52.0], [5.1, 52.1], [5.0, 52.1], [5.0, 52.0]]],
    }
    north = {
        "type": "MultiPolygon",
        "coordinates": [[[[5.0, 52.1], [5.1, 52.1], [5.1, 52.2], [5.0, 52.2], [5.0, 52.1]]]],
    }
    viewbox, shapes = draw({"south": square, "north": north})
    _, _, width, height = (float(part) for part in viewbox.split())
    assert shapes["north"].y < shapes["south"].y
    for shape in shapes.values():
        assert 0 < shape.x < width
        assert 0 < shape.y < height
        assert shape.d.startswith("M")
        assert shape.d.endswith("Z")
    assert draw({})[1] == {}
    with pytest.raises(ValueError, match="Polygon"):
        draw({"line": {"type": "Point", "coordinates": [5, 52]}})
