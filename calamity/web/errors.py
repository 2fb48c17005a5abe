"""What goes wrong, as a problem: one table of kinds and their status, for the API and for pages.

A problem says what to do. It never repeats what somebody sent, and never shows the inside of the
house: what we did not foresee is "broken", and its traceback goes to the log alone.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Any, Literal

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import Struct

from calamity.actions.people import PeopleFaults
from calamity.domain.cacao import CacaoFaults
from calamity.domain.districts import DistrictFaults
from calamity.domain.errors import (
    CalamityError,
    Conflict,
    Forbidden,
    NotFound,
    Refused,
    Unavailable,
)
from calamity.domain.playbook_check import PlaybookFaults
from calamity.store.database import is_clash

Kind = Literal[
    "refused", "not-signed-in", "forbidden", "not-found", "not-allowed", "conflict", "too-large",
    "broken", "unavailable",
]  # fmt: skip
MEDIA_TYPE = "application/problem+json"
API_VERSION = "1.0.0"

_STATUS: dict[Kind, HTTPStatus] = {
    "refused": HTTPStatus.BAD_REQUEST,
    "not-signed-in": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
    "not-found": HTTPStatus.NOT_FOUND,
    "not-allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "conflict": HTTPStatus.CONFLICT,
    "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "broken": HTTPStatus.INTERNAL_SERVER_ERROR,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}
_KIND_OF_ERROR: dict[type[CalamityError], Kind] = {
    NotFound: "not-found",
    Conflict: "conflict",
    Refused: "refused",
    Forbidden: "forbidden",
    Unavailable: "unavailable",
}
_KIND_OF_STATUS: dict[int, Kind] = {status: kind for kind, status in _STATUS.items()}
_TITLES: dict[Kind, str] = {
    "refused": "This cannot be taken in",
    "not-signed-in": "Nobody is signed in",
    "forbidden": "This role may not do that",
    "not-found": "It does not exist",
    "not-allowed": "This method does not exist here",
    "conflict": "The state of things does not allow this now",
    "too-large": "The body is too large",
    "broken": "Something went wrong on our side",
    "unavailable": "A part of the system does not answer",
}
_RETRY_AFTER_SECONDS = "5"

log = structlog.get_logger(__name__)


class Fault(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with the input. *pointer* is a JSON pointer into the body."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None
    """The query parameter, header or part of the path."""
    line: int | None = None
    column: str | int | None = None
    severity: Literal["error", "warning"] = "error"


class Problem(Struct, frozen=True, omit_defaults=True):
    """A problem as RFC 9457 describes it, with every fault under *errors*."""

    type: str
    status: int
    title: str
    detail: str
    errors: list[Fault] = []

    @property
    def kind(self) -> Kind:
        """The kind alone, which decides the words on a page."""
        return _KIND_OF_STATUS[self.status]


class InputFaults(Refused):
    """The input is wrong in one or more places; *faults* names them all."""

    def __init__(self, faults: Sequence[Fault], message: str | None = None) -> None:
        super().__init__(message or "The input is not as it must be. See the list of errors.")
        self.faults = list(faults)


def problem_of(error: Exception) -> Problem:
    """Return what to tell about an error."""
    if is_clash(error):
        return _problem("conflict", "Somebody did the same at the same moment. Look, then retry.")
    if isinstance(error, CalamityError):
        kind = next(_KIND_OF_ERROR[of] for of in type(error).__mro__ if of in _KIND_OF_ERROR)
        return _problem(kind, error.message, _faults_of(error, kind))
    if isinstance(error, HTTPException):
        return _problem_of_http(error)
    return _problem("broken", "Try again. If it stays, tell the administrator at what time it was.")


def _problem(kind: Kind, detail: str, errors: Iterable[Fault] = ()) -> Problem:
    return Problem(
        f"urn:calamity:problem:{kind}", int(_STATUS[kind]), _TITLES[kind], detail, list(errors)
    )


def _faults_of(  # noqa: PLR0911 - one kind of error, one return
    error: CalamityError, kind: Kind
) -> list[Fault]:
    match error:
        case InputFaults():
            return error.faults
        case CacaoFaults():
            return [Fault(fault.en, pointer=f"#/{fault.where}") for fault in error.faults]
        case PlaybookFaults():
            return [
                Fault(
                    f"{fault.message} {fault.cure}",
                    pointer=_pointer_of_path(fault.path),
                    line=fault.line,
                    column=fault.column,
                    severity=fault.severity,
                )
                for fault in error.faults
            ]
        case PeopleFaults():
            return [
                Fault(
                    f"{fault.problem} {fault.cure}",
                    line=fault.line or None,
                    column=fault.column or None,
                )
                for fault in error.faults
            ]
        case DistrictFaults():
            return [
                Fault(
                    str(fault),
                    pointer=f"#/features/{fault.feature - 1}" if fault.feature else "#",
                )
                for fault in error.faults
            ]
    if error.field and kind in ("refused", "conflict"):
        return [Fault(error.message, pointer=f"#/{camel_case(error.field)}")]
    return []


def _pointer_of_path(path: str) -> str:
    """Turn ``steps[3].act.message`` into ``#/steps/3/act/message``."""
    parts = re.sub(r"\[(\d+)\]", r".\1", path).strip(".")
    return "#/" + parts.replace(".", "/") if parts else "#"


def camel_case(name: str) -> str:
    """Return a name as the API writes it: ``happened_at`` is ``happenedAt``."""
    first, *rest = re.split(r"[_-]", name)
    return first + "".join(part.capitalize() for part in rest)


def without_values(message: str) -> str:
    """Return msgspec's words about a fault without the value that somebody sent."""
    words = message.partition(" - at `")[0]
    if words.startswith("Invalid enum value"):
        return "This is not one of the choices"
    if words.startswith("Object contains unknown field"):
        return "This field is not known here"
    return words


_KNOWN_WORDS: dict[Kind, str] = {
    "not-signed-in": "Send a bearer token in the header Authorization, or sign in.",
    "not-found": "There is nothing at this address.",
    "not-allowed": "See /v1/openapi.json for the methods that exist here.",
    "too-large": "Send less at a time.",
}


def _problem_of_http(error: HTTPException) -> Problem:
    kind = _KIND_OF_STATUS.get(error.status_code, "refused")
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR and kind != "unavailable":
        kind = "broken"
    if isinstance(error, ValidationException):
        faults = [_fault_of_extra(extra) for extra in _listed(error.extra)]
        return _problem("refused", "The input is not as it must be.", faults)
    known = _KNOWN_WORDS.get(kind)
    if kind == "refused":
        known = "The body cannot be read. Send well-formed input with its Content-Type."
    return _problem(kind, known or _TITLES[kind] + ".")


def _listed(extra: Any) -> list[dict[str, Any]]:
    return [each for each in extra if isinstance(each, dict)] if isinstance(extra, list) else []


def _fault_of_extra(extra: dict[str, Any]) -> Fault:
    key, words = str(extra.get("key", "")), without_values(str(extra.get("message", "")))
    if extra.get("source") in ("query", "path", "header", "cookie"):
        return Fault(words, parameter=camel_case(key))
    return Fault(words, pointer="#/" + key.replace(".", "/"))


def problem_response(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer with a problem, as the API does."""
    problem = problem_of(error)
    if problem.kind == "broken":
        log.error("request.failed", exc_info=error)
    headers = {"API-Version": API_VERSION, "Cache-Control": "no-store"}
    if problem.kind == "not-signed-in":
        headers["WWW-Authenticate"] = 'Bearer realm="calamity"'
    if problem.kind == "unavailable":
        headers["Retry-After"] = _RETRY_AFTER_SECONDS
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


PageOfProblem = Callable[[Request[Any, Any, Any], Problem], Response[Any]]


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer with a problem where programs ask, and with a page where people do.

    The page comes from `app.state.problem_page`: a function of the request and the problem.
    """
    page: PageOfProblem | None = request.app.state.get("problem_page")
    if page is None or request.scope["path"].startswith(_FOR_PROGRAMS):
        return problem_response(request, error)
    problem = problem_of(error)
    if problem.kind == "broken":
        log.error("request.failed", exc_info=error)
    return page(request, problem)


_FOR_PROGRAMS = ("/v1/", "/hooks/", "/health/", "/metrics")

EXCEPTION_HANDLERS: dict[int | type[Exception], Callable[..., Response[Any]]] = {
    CalamityError: answer,
    HTTPException: answer,
    Exception: answer,
}
"""For the composition root: every error of every route, also of routes that do not exist."""

PROBLEM_HANDLERS: dict[int | type[Exception], Callable[..., Response[Any]]] = {
    CalamityError: problem_response,
    HTTPException: problem_response,
    Exception: problem_response,
}
"""The same for a router that speaks JSON only."""
