"""The sandbox as one application: API, control, and pages."""

from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, Router, asgi
from litestar.datastructures import ResponseHeader
from litestar.static_files import create_static_files_router
from litestar.types import Receive, Scope, Send

from calamity.sandbox.control import Control
from calamity.sandbox.desk import Desk
from calamity.sandbox.errors import Refusal
from calamity.sandbox.guard import SECURITY_HEADERS, only_this_machine
from calamity.sandbox.mail_pages import MailPages
from calamity.sandbox.pages import Pages, template_engine
from calamity.sandbox.panel import Panel
from calamity.sandbox.settings import SandboxSettings

_ASSETS = Path(__file__).parent / "assets"


def _say_why(_: Request[Any, Any, Any], refusal: Refusal) -> Response[dict[str, Any]]:
    payload = refusal.payload()
    return Response({**payload, "detail": payload["message"]}, status_code=refusal.status)


def create_sandbox(settings: SandboxSettings) -> Litestar:
    """Build the practice network: a carrier with phones of which nothing leaves the machine."""
    desk = Desk(settings)

    @asgi(["/2010-04-01", "/v2/PhoneNumbers"], is_mount=True, copy_scope=False)
    async def carrier_api(scope: Scope, receive: Receive, send: Send) -> None:
        await desk.api(scope, receive, send)

    guarded = Router(
        "/",
        route_handlers=[
            Control,
            MailPages,
            Pages,
            Panel,
            create_static_files_router("/assets", directories=[_ASSETS]),
        ],
        guards=[only_this_machine],
        response_headers=[
            ResponseHeader(name=name, value=value) for name, value in SECURITY_HEADERS.items()
        ],
    )
    app = Litestar(
        [carrier_api, guarded],
        lifespan=[desk.open],
        openapi_config=None,
        template_config=template_engine(),
        logging_config=None,
        exception_handlers={Refusal: _say_why},
    )
    app.state.sandbox = desk
    return app
