"""What the provider itself tells us: that somebody signed out there.

Believed only when the provider signed it. It comes from a machine: no cookie, no form of ours.
"""

from typing import Any

import structlog
from litestar import Request, Response, post

from calamity.actions.provider import Ended, sign_out_there
from calamity.domain.errors import CalamityError
from calamity.gateways.openid import BACK_CHANNEL
from calamity.web.auth import house_of
from calamity.web.house import now
from calamity.web.pages.forms import LARGEST_FORM, form_of

log = structlog.get_logger(__name__)


@post(
    BACK_CHANNEL,
    name="sign_in.back_channel",
    status_code=200,
    include_in_schema=False,
    request_max_body_size=LARGEST_FORM,
)
async def back_channel(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """End the sessions of who signed out at the provider."""
    house, at = house_of(request), now()
    try:
        token = (await form_of(request)).get("logout_token", [""])[-1]
        if house.provider is None or not token:
            return _refused()
        said = await house.provider.signed_out(token, at)
        ended = Ended(house.settings.oidc_issuer, said.name, said.until, said.subject, said.sid)
        async with house.database.transaction() as session:
            sessions = await sign_out_there(session, ended, at=at)
    except CalamityError as error:
        log.warning("provider.sign_out_refused", why=type(error).__name__)
        return _refused()
    if sessions is None:
        return _refused()
    log.info("provider.signed_out", sessions=sessions)
    return Response({})


def _refused() -> Response[dict[str, str]]:
    return Response({"error": "invalid_request"}, status_code=400)
