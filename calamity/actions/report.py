"""The situation report: people write it, one of them releases it, and then it stands."""

import re
from datetime import datetime
from typing import Literal

from msgspec import Struct

from calamity.domain.errors import Conflict, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.privacy import scan
from calamity.domain.report import LONGEST, Heading, Report, tidied
from calamity.domain.timeline import ReportReleased, Visibility
from calamity.store import calamities, reports, rounds
from calamity.store.database import Session
from calamity.store.municipalities import list_neighbourhoods
from calamity.store.people import list_key_figures
from calamity.store.reports import Released, ReportDraft
from calamity.store.timeline import append


class NewReport(Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a report by heading, and the language that they are in."""

    texts: dict[Heading, str]
    language: Literal["nl", "en"] = "nl"


class LookAgainAtReport(Refused):
    """The words hold what may be a person's name; who releases says that it may stand there."""


async def save_report(
    session: Session,
    actor: Actor,
    calamity_id: str,
    given: NewReport,
    *,
    revision: int,
    at: datetime,
) -> ReportDraft:
    """Save the draft that was read at this *revision*; 0 where there was none.

    The last picture that officials have is taken along with the words. Raises Conflict if somebody
    else saved it meanwhile.
    """
    actor.must(Permission.WRITE_REPORT)
    calamity = await calamities.open_calamity(
        session, actor.municipality_id, calamity_id, lock=True
    )
    texts = {heading: tidied(given.texts.get(heading, "")) for heading in Heading}
    for heading, text in texts.items():
        if len(text) > LONGEST:
            raise Refused(f"Use at most {LONGEST} characters under a heading.", field=heading)
    _must_be_newest(await reports.find_draft(session, calamity_id), revision)
    pictures = await rounds.list_pictures(session, calamity_id, "officials", limit=1)
    round_id = pictures[0].round_id if pictures else None
    report = Report(given.language, texts, round_id, calamity.next_update_at)
    return await reports.put_draft(
        session, calamity, report, revision=revision + 1, by=actor.login, at=at
    )


async def release_report(
    session: Session,
    actor: Actor,
    calamity_id: str,
    *,
    revision: int,
    confirmed: bool = False,
    at: datetime,
) -> Released:
    """Release this *revision* of the draft as the next version, for officials to read.

    Raises Refused without a word about what goes well, and for numbers, addresses or the name of a
    key figure; LookAgainAtReport for what may be another name and was not *confirmed*; Conflict
    where somebody saved it meanwhile, or nothing changed since the version before.
    """
    actor.must(Permission.RELEASE_REPORT)
    calamity = await calamities.open_calamity(
        session, actor.municipality_id, calamity_id, lock=True
    )
    draft = await reports.find_draft(session, calamity_id)
    _must_be_newest(draft, revision)
    if draft is None:
        raise Conflict("There is no draft yet. Write the report first.", field="revision")
    last = await reports.last_released(session, calamity_id)
    if last is not None and last.report == draft.report:
        raise Conflict(f"Nothing changed since version {last.number}.", field="revision")
    await _must_be_fit_to_read(session, actor, draft.report, confirmed=confirmed)
    released = await reports.add_released(
        session,
        calamity,
        draft.report,
        number=last.number + 1 if last else 1,
        by=actor.login,
        at=at,
    )
    await append(
        session,
        calamity_id,
        ReportReleased(number=released.number, sha256=released.sha256),
        by_role=actor.role,
        at=at,
        visibility=Visibility.OFFICIALS,
    )
    return released


def _must_be_newest(draft: ReportDraft | None, revision: int) -> None:
    if draft is not None and draft.revision != revision:
        raise Conflict(
            f"{draft.saved_by} saved this report meanwhile. Look at what it says now, and save "
            "again on top of it.",
            field="revision",
        )
    if draft is None and revision:
        raise Conflict("There is no draft yet. Write the report first.", field="revision")


async def _must_be_fit_to_read(
    session: Session, actor: Actor, report: Report, *, confirmed: bool
) -> None:
    if not report.text(Heading.WELL):
        raise Refused("Write at least one thing that goes well.", field=Heading.WELL)
    key_figures = [each.name for each in await list_key_figures(session, actor.municipality_id)]
    places = {place.name for place in await list_neighbourhoods(session, actor.municipality_id)}
    for heading, text in report.texts.items():
        if any(_names(text, name) for name in key_figures):
            raise Refused(
                "Here stands the name of a key figure. Say what was heard, not by whom.",
                field=heading,
            )
        found = scan(text, known_places=places)
        if any(each.severity == "blocked" for each in found):
            raise Refused(
                "Here stands a number or an address of a person. Leave it out.", field=heading
            )
        if found and not confirmed:
            raise LookAgainAtReport(
                "Here may stand the name of a person. Leave it out, or confirm that it may stand "
                "here.",
                field=heading,
            )


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None
