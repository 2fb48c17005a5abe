"""Error pages: what went wrong and what to do, in plain words, without the inside of the house."""

from typing import Any, Literal

import structlog
from litestar import Response

from calamity.store.ids import new_id
from calamity.web.errors import Kind, Problem
from calamity.web.language import Language
from calamity.web.pages.forgery import VISITOR
from calamity.web.pages.frame import (
    PageRequest,
    bare_frame,
    known_municipality,
    language_of,
    page,
    see_other,
)
from calamity.web.paths import path
from calamity.web.refusals import in_words
from calamity.web.views import frame as views
from calamity.web.visitors import Visitor

log = structlog.get_logger(__name__)

ShownKind = Literal["not-found", "forbidden", "conflict", "refused", "unavailable", "broken"]
_SHOWN: dict[Kind, ShownKind] = {
    "refused": "refused",
    "forbidden": "forbidden",
    "not-found": "not-found",
    "not-allowed": "not-found",
    "conflict": "conflict",
    "too-large": "refused",
    "broken": "broken",
    "unavailable": "unavailable",
}


def problem_page(request: PageRequest, problem: Problem) -> Response[Any]:
    """Answer with a page about a problem, or with the way to sign in."""
    if problem.kind == "not-signed-in":
        return _to_sign_in(request)
    reference = new_id()[-8:]
    log.info("page.problem", reference=reference, kind=problem.kind)
    visitor: Visitor | None = request.scope["state"].get(VISITOR)
    view = views.Problem(
        kind=_SHOWN.get(problem.kind, "broken"),
        reference=reference,
        advice=_advice(problem, language_of(request)),
    )
    frame = bare_frame(request, visitor, *known_municipality(request, visitor))
    return page(request, "problem", frame, view, problem.status)


def _advice(problem: Problem, language: Language) -> str | None:
    """Return what the error says; the page itself says already what a role may not open."""
    if problem.detail.startswith("The role "):
        return None
    return in_words(problem.detail, language)


def _to_sign_in(request: PageRequest) -> Response[Any]:
    """Send a stranger to sign in and then back; a form that was sent cannot be sent again so."""
    if request.method not in ("GET", "HEAD"):
        return see_other(request, path("sign_in"))
    query = request.scope["query_string"].decode("ascii", "ignore")
    there = request.url.path + (f"?{query}" if query else "")
    if there == path("start"):
        return see_other(request, path("sign_in"))
    return see_other(request, path("sign_in", query={"next": there}))
