"""The JSON API under /v1: whatever a page can do, with the same rules."""

from litestar import Router
from litestar.datastructures import ResponseHeader
from litestar.di import Provide

from calamity.web.api import (
    accounts,
    activations,
    attachments,
    blocks,
    calamities,
    calendars,
    call_outs,
    check_ins,
    dispatches,
    export,
    matters,
    neighbourhoods,
    people,
    playbook_bundles,
    playbook_drafts,
    playbooks,
    previews,
    quarantine,
    rehearsals,
    replies,
    report,
    reports,
    rounds,
    tasks,
    timeline,
    trusted_keys,
    update_requests,
    watch,
)
from calamity.web.api.document import PREFIX, document, openapi_config
from calamity.web.api.gate import the_actor, the_house
from calamity.web.api.wire import check_body
from calamity.web.auth import guard_api
from calamity.web.errors import API_VERSION, PROBLEM_HANDLERS

__all__ = ["api_routers", "openapi_config"]


def api_routers() -> tuple[Router, Router]:
    """Return every resource of the API. Nothing but its document is open to strangers."""
    # Not one in the other: each level copies every route below it when the application starts.
    guarded = Router(
        PREFIX,
        route_handlers=[
            calamities.router,
            activations.router,
            watch.router,
            timeline.router,
            attachments.router,
            matters.router,
            update_requests.router,
            export.router,
            call_outs.router,
            dispatches.router,
            rounds.router,
            tasks.router,
            report.router,
            reports.router,
            playbooks.router,
            previews.router,
            blocks.router,
            playbook_drafts.router,
            playbook_bundles.router,
            trusted_keys.router,
            rehearsals.router,
            neighbourhoods.router,
            people.router,
            replies.router,
            quarantine.router,
            check_ins.router,
            calendars.router,
            accounts.router,
        ],
        guards=[guard_api],
        before_request=check_body,
        dependencies={"house": Provide(the_house), "actor": Provide(the_actor)},
        response_headers=[
            ResponseHeader(
                name="API-Version", value=API_VERSION, description="The version of this API."
            )
        ],
        exception_handlers=PROBLEM_HANDLERS,
    )
    return guarded, Router(PREFIX, route_handlers=[document])
