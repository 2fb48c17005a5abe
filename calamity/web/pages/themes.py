"""The style sheets and logos of themes, for anyone: pages before sign-in wear one too."""

from litestar import Response, get
from litestar.params import FromPath

from calamity.domain.errors import NotFound
from calamity.web.headers import YEAR
from calamity.web.pages.frame import PageRequest, house_of
from calamity.web.paths import PATHS


@get(PATHS["theme"], name="themes.file")
async def theme_file(request: PageRequest, file: FromPath[str]) -> Response[bytes]:
    """Hand out a style sheet or a logo; what a name holds never changes."""
    found = house_of(request).themes.file(file)
    if found is None:
        raise NotFound("This does not exist.", field="file")
    body, kind = found
    kept = {"Cache-Control": f"public, max-age={YEAR}, immutable"}
    return Response(body, media_type=kind, headers=kept)


THEMES = [theme_file]
