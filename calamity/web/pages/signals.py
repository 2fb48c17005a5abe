"""The script that shows messages of the browser where a page cannot: at a place above all pages."""

from litestar import Response, get

from calamity.web.assets import DIST, manifest
from calamity.web.paths import PATHS

_ENTRY = "signals-worker.js"


@get(PATHS["signals_worker"], name="signals.worker")
async def signals_worker() -> Response[bytes]:
    """Hand out the script, for anyone: it holds nothing but itself.

    Not from `/assets`: a browser lets it serve only pages below its own address, and that may not
    change with a version as a hashed name does. So the browser asks each time whether it is new.
    """
    return Response(
        (DIST / manifest()[_ENTRY].file).read_bytes(),
        media_type="text/javascript",
        headers={"Cache-Control": "no-cache"},
    )


SIGNALS = [signals_worker]
