"""The statement about accessibility that the law asks of each site of a municipality.

It says what the tests of this product show (`tests/web/test_browser.py`, `test_zoom.py`,
`test_keyboard.py`), and what they cannot show. Whoever changes those changes it too.
"""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get

from calamity.web.pages.frame import PageRequest, frame_of, house_of, page
from calamity.web.paths import PATHS
from calamity.web.views.accessibility import Accessibility

STATED = datetime(2026, 11, 22, 12, tzinfo=UTC)


@get(PATHS["accessibility"], name="accessibility")
async def accessibility(request: PageRequest) -> Response[Any]:
    """Say how usable these pages are, what is not yet, and whom to tell."""
    view = Accessibility(STATED, house_of(request).settings.accessibility_contact.strip())
    return page(request, "accessibility", await frame_of(request), view)


ACCESSIBILITY = [accessibility]
