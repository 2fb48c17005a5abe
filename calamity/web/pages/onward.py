"""Going on to another site by itself.

What a form sends may not be led to another site, says our own content policy, however many
redirects are between. So such a way stops at a page of ours, which goes on by itself.
"""

from typing import Any

from litestar import Response

from calamity.web.pages.frame import PageRequest, frame_of, page
from calamity.web.views.frame import Onward


async def onward(request: PageRequest, address: str, title: str, words: str) -> Response[Any]:
    """Answer with a page that goes on by itself, and has a link for who does not."""
    answer = page(request, "onward", await frame_of(request), Onward(address, title, words))
    answer.headers["Refresh"] = f"0; url={address}"
    return answer
