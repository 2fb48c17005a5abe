"""The audit, for the privacy officer: who looked at whose data, when and why."""

import csv
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from calamity.domain.audit import AuditLine, Deed, Ground
from calamity.domain.permissions import Actor, Permission
from calamity.store import audit as store
from calamity.store.accounts import list_users
from calamity.store.audit import Audited, Wanted, list_audit
from calamity.store.database import Session
from calamity.web.audit_words import deed_in_words, ground_in_words
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.frame import (
    PageRequest,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    parse_form,
)
from calamity.web.paths import PATHS, path
from calamity.web.views import account as views
from calamity.web.views.frame import Form

_ON_A_PAGE, _IN_A_FILE = 100, 20_000
_SHOWN = 6
_FIRST, _LAST = date(1970, 1, 2), date(9000, 1, 1)
"""What is asked before or after does not narrow."""


class _Filter(Struct, frozen=True):
    login: Annotated[str, Meta(max_length=120)] | None = None
    deed: Deed | None = None
    since: date | None = None
    until: date | None = None
    before: Annotated[str, Meta(max_length=36)] | None = None


def _wanted(request: PageRequest) -> tuple[_Filter, Wanted, Form]:
    """Read the filter from the address; what cannot be read is said, and does not narrow."""
    language = language_of(request)
    sent = {
        name: request.query_params.getall(name, [])
        for name in ("login", "deed", "since", "until", "before")
    }
    read, form = parse_form(_Filter, sent, language)
    asked = read or _Filter()
    wanted = Wanted(
        login=(asked.login or "").casefold(),
        deed=asked.deed,
        since=_begin(asked.since, language),
        until=_begin(_day_after(asked.until), language),
    )
    return asked, wanted, form


def _day_after(day: date | None) -> date | None:
    return min(day, _LAST) + timedelta(days=1) if day else None


def _begin(day: date | None, language: Language) -> datetime | None:
    if day is None or not _FIRST <= day <= _LAST:
        return None
    return datetime.combine(day, time.min, language.timezone)


@get(PATHS["audit"], name="audit", guards=[needs(Permission.SEE_AUDIT)])
async def audit(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Show the audit, narrowed as the address says."""
    asked, wanted, form = _wanted(request)
    language = language_of(request)
    async with house_of(request).database.reading() as session:
        found = await list_audit(
            session, actor.municipality_id, wanted, most=_ON_A_PAGE + 1, before=asked.before
        )
        names = await _names(session, actor)
    shown = found[:_ON_A_PAGE]
    query = {name: value for name, value in form.values.items() if value and name != "before"}
    view = views.Audit(
        lines=tuple(_line(each, names, language) for each in shown),
        deeds=tuple((deed, deed_in_words(deed, language)) for deed in Deed),
        form=form,
        csv=f"{path('audit_csv')}?{urlencode(query)}",
        older=(
            path("audit", query={**query, "before": shown[-1].id})
            if len(found) > _ON_A_PAGE
            else None
        ),
    )
    return page(request, "audit", await frame_of(request, here="audit"), view)


async def _names(session: Session, actor: Actor) -> dict[str, str]:
    """Return the logins of accounts; key figures stay ids: the audit shows nobody anew."""
    accounts = await list_users(session, actor.municipality_id)
    return {each.id: each.login for each in accounts}


def _line(each: Audited, names: dict[str, str], language: Language) -> views.AuditLine:
    line = each.line
    return views.AuditLine(
        at=each.at,
        login=each.login,
        role=each.role,
        deed=deed_in_words(line.deed, language),
        many=line.many,
        about=tuple(names.get(who, who) for who in line.about[:_SHOWN]),
        ground=ground_in_words(line.ground, language),
        where=line.where,
        calamity=line.calamity_id,
        reason=line.reason,
    )


@get(PATHS["audit_csv"], name="audit.csv", guards=[needs(Permission.SEE_AUDIT)])
async def audit_file(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[str]:
    """Return the audit as a file; taking it is a line in it."""
    _, wanted, _ = _wanted(request)
    async with house_of(request).database.transaction() as session:
        found = await list_audit(session, actor.municipality_id, wanted, most=_IN_A_FILE)
        line = AuditLine(Deed.EXPORTED_AUDIT, Ground.SUPERVISION, many=len(found))
        await store.note(session, actor, line, now())
    return Response(
        _as_csv(found),
        media_type=MediaType.TEXT,
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="audit.csv"',
        },
    )


def _as_csv(found: list[Audited]) -> str:
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(
        ("at", "login", "role", "deed", "many", "about", "ground", "where", "calamity", "reason")
    )
    for each in found:
        line = each.line
        cells = (
            each.at.isoformat(), each.login, each.role, line.deed, line.many, " ".join(line.about),
            line.ground, line.where, line.calamity_id or "", line.reason or "",
        )  # fmt: skip
        writer.writerow([_plain(cell) for cell in cells])
    return file.getvalue()


def _plain(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    words = str(cell)
    return f"'{words}" if words[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else words


AUDIT = [audit, audit_file]
