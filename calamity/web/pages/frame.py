"""What every page handler uses: the frame around a page, pages and parts out, and the way on."""

import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

import msgspec
from litestar import MediaType, Response
from msgspec import structs

from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.store.municipalities import find_municipality, get_municipality
from calamity.store.tables import CalamityRow
from calamity.web.auth import house_of, visitor_of
from calamity.web.cookies import cookie_of, new_cookie, no_cookie
from calamity.web.headers import csp_nonce
from calamity.web.house import House, now
from calamity.web.language import COOKIE as LANGUAGE_COOKIE
from calamity.web.language import Language, choose
from calamity.web.pages.forgery import token_of, visit_cookie
from calamity.web.pages.forms import (
    PageRequest,
    Sent,
    form_of,
    parse_form,
    typed_in,
    upload_of,
    wrong,
)
from calamity.web.render import Renderer
from calamity.web.views.frame import Exercise, Flash, Frame, Stream, Viewer
from calamity.web.visitors import Visitor

__all__ = [
    "PageRequest", "Sent", "form_of", "frame_of", "house_of", "language_of", "now", "page",
    "parse_form", "partial", "see_other", "typed_in", "upload_of", "wrong",
]  # fmt: skip

FLASH = "calamity_flash"
_FLASH_SECONDS = 60
_KNOWN = "known_municipalities"


def language_of(request: PageRequest) -> Language:
    """Return the language of this reader: their own choice, else their browser's, else ours."""
    code = choose(
        preferred=None,
        cookie=cookie_of(request, LANGUAGE_COOKIE),
        accepted=request.headers.get("accept-language"),
        default=house_of(request).settings.locale,
    )
    return _renderer(request).languages[code]


def _renderer(request: PageRequest) -> Renderer:
    renderer: Renderer = request.app.state.renderer
    return renderer


async def frame_of(
    request: PageRequest,
    *,
    here: str = "",
    calamity: CalamityRow | None = None,
    stream_after: int | None = None,
) -> Frame:
    """Return the frame of a page; *here* is its name in the main menu.

    With a *calamity* that is an exercise the page is marked as such; with *stream_after* it follows
    the live stream of that calamity from that line on.
    """
    visitor = await visitor_of(request)
    name, slug = await _municipality(request, visitor)
    frame = bare_frame(request, visitor, name, slug)
    return structs.replace(
        frame,
        here=here,
        exercise=(
            Exercise(calamity.title, calamity.tempo) if calamity and calamity.is_exercise else None
        ),
        stream=(
            Stream(calamity.id, stream_after) if calamity and stream_after is not None else None
        ),
    )


def bare_frame(
    request: PageRequest, visitor: Visitor | None, municipality: str, slug: str
) -> Frame:
    """Return a frame without asking the database anything."""
    settings = house_of(request).settings
    language = language_of(request)
    is_sandbox = settings.is_sandbox
    return Frame(
        language="en" if language.code == "en" else "nl",
        nonce=csp_nonce(request.scope),
        csrf_token=token_of(request),
        at=now(),
        here="",
        municipality=municipality,
        viewer=_viewer(visitor, language) if visitor else None,
        sandbox=is_sandbox,
        phones_url=f"http://127.0.0.1:{settings.sandbox_port}/" if is_sandbox else None,
        flash=_kept_flash(request),
        glass_until=visitor.glass_until if visitor else None,
        alarms=visitor.alarms if visitor else 0,
        dress=house_of(request).themes.of(slug),
        alarm=visitor.alarm if visitor else None,
        there=_there(request),
        ends_at=visitor.ends_at if visitor else None,
    )


def _there(request: PageRequest) -> str:
    """Return where this page can be asked for again: what answers a form only, cannot."""
    if request.method != "GET":
        return "/"
    query = request.scope["query_string"].decode("ascii", "ignore")
    return request.url.path + (f"?{query}" if query else "")


def _viewer(visitor: Visitor, language: Language) -> Viewer:
    return Viewer(
        name=visitor.name,
        role=language.text(visitor.actor.role.replace("-", " ")),
        may=_permissions(visitor.actor),
        id=visitor.actor.user_id or "",
    )


def _permissions(actor: Actor) -> frozenset[str]:
    return frozenset(permission for permission in Permission if actor.may(permission))


async def _municipality(request: PageRequest, visitor: Visitor | None) -> tuple[str, str]:
    """Return (name, slug) of the visitor's municipality, or the name of the only one.

    Neither changes. Pages before sign-in wear the looks of the installation.
    """
    known: dict[str, tuple[str, str]] = request.app.state.setdefault(_KNOWN, {})
    key = visitor.actor.municipality_id if visitor else ""
    if key not in known:
        try:
            async with house_of(request).database.reading() as session:
                found = await (
                    get_municipality(session, key) if key else find_municipality(session, None)
                )
        except NotFound:
            return "", ""
        if not key:
            return found.name, ""  # another municipality may come
        known[key] = found.name, found.slug
    return known[key]


def known_municipality(request: PageRequest, visitor: Visitor | None) -> tuple[str, str]:
    """Return (name, slug) of the municipality where they are known already, else nothing."""
    known: dict[str, tuple[str, str]] = request.app.state.setdefault(_KNOWN, {})
    return known.get(visitor.actor.municipality_id, ("", "")) if visitor else ("", "")


def page(
    request: PageRequest,
    name: str,
    frame: Frame,
    view: object,
    status: int = 200,
) -> Response[str]:
    """Answer with a whole page; the sentence about what just happened is shown once."""
    cookies = [cookie] if (cookie := visit_cookie(request)) else []
    if cookie_of(request, FLASH):
        cookies.append(no_cookie(request, FLASH))
    return Response(
        _renderer(request).page(name, frame, view),
        media_type=MediaType.HTML,
        status_code=status,
        cookies=cookies,
    )


def partial(
    request: PageRequest,
    name: str,
    frame: Frame,
    view: object,
    status: int = 200,
) -> Response[str]:
    """Answer with one part of a page, as the page itself shows it."""
    return Response(
        part_words(request, name, frame, view), media_type=MediaType.HTML, status_code=status
    )


def part_words(request: PageRequest, name: str, frame: Frame, view: object) -> str:
    """Return one part of a page as HTML."""
    return _renderer(request).partial(name, frame, view)


def asked_parts(part: str) -> list[str]:
    """Return the names in an address that asks for several parts at once: "tasks,roster"."""
    return list(dict.fromkeys(part.split(",")))


def see_other(
    request: PageRequest,
    path: str,
    flash: str | Flash | None = None,
) -> Response[Any]:
    """Send the browser on (303), with a sentence that the next page shows once."""
    answer: Response[Any] = Response(None, status_code=303, headers={"Location": path})
    if flash is not None:
        said = flash if isinstance(flash, Flash) else Flash(flash)
        kept = _signed(house_of(request), said)
        answer.set_cookie(new_cookie(request, FLASH, kept, seconds=_FLASH_SECONDS))
    return answer


class _KeptFlash(msgspec.Struct, frozen=True):
    flash: Flash
    until: int


def _signed(house: House, flash: Flash) -> str:
    kept = _KeptFlash(flash, int(time.time()) + _FLASH_SECONDS)
    body = urlsafe_b64encode(msgspec.json.encode(kept)).decode().rstrip("=")
    return f"{body}.{_signature(house, body)}"


def _signature(house: House, body: str) -> str:
    secret = house.database.vault.cookie_secret.encode()
    return hmac.new(secret, b"flash|" + body.encode(), sha256).hexdigest()


def _kept_flash(request: PageRequest) -> Flash | None:
    body, _, signature = cookie_of(request, FLASH).partition(".")
    if not body or not hmac.compare_digest(
        signature.encode(), _signature(house_of(request), body).encode()
    ):
        return None
    kept = msgspec.json.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=_KeptFlash)
    return kept.flash if kept.until >= time.time() else None
