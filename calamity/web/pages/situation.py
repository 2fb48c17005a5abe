"""How it stands, in words: the three sentences, what waits, what was asked, what we told whom."""

from calamity.domain.timeline import DispatchQueued, EntryKind, SummaryWritten, Visibility
from calamity.store.accounts import list_users
from calamity.store.database import Session
from calamity.store.past import Reader
from calamity.store.reports import last_released
from calamity.store.requests import UpdateRequest, read_requests
from calamity.store.timeline import TimelineReader
from calamity.web.pages.mended import Mends, mends_of
from calamity.web.pages.scene import Scene
from calamity.web.pages.task_lines import open_decisions
from calamity.web.views import officials as views
from calamity.web.views.frame import Form

SEES = (Visibility.OFFICIALS,)
_TOLD = 8
_READ = 4 * _TOLD
_ANSWERS = 2


async def situation_view(
    scene: Scene,
    session: Session,
    timeline: TimelineReader,
    form: Form | None = None,
    *,
    past: Reader | None = None,
) -> views.Situation:
    """Return the three sentences, what waits for a decision, and what we told whom.

    With *past* as that reader tells it: *timeline* then only says what was corrected later.
    """
    calamity, reader = scene.calamity, past or timeline
    mends = await mends_of(scene, timeline)
    said = await reader.newest(calamity.id, SEES, limit=1, kind=EntryKind.SUMMARY)
    line = said[0][0] if said else None
    summary = line.happening if line else None
    next_at = calamity.next_update_at if calamity.closed_at is None else None
    report = await last_released(session, calamity.id, until=scene.until)
    told = await _told(scene, reader, mends)
    requests = await read_requests(reader, calamity.id)
    return views.Situation(
        calamity=calamity.id,
        sentences=tuple(summary.sentences) if isinstance(summary, SummaryWritten) else (),
        by=scene.who(line.actor_role) if line else None,
        at=line.happened_at if line else None,
        is_erased=line is not None and summary is None,
        mended=mends.get(line.seq) if line else None,
        next_update_at=next_at,
        overdue=next_at is not None and next_at < scene.at,
        requests=await request_lines(scene, session, _lately(scene, requests)),
        report=report.number if report else None,
        report_at=report.released_at if report else None,
        decisions=await open_decisions(scene, session) if calamity.closed_at is None else (),
        told=told[:_TOLD],
        told_more=max(0, len(told) - _TOLD),
        closed=calamity.closed_at is not None,
        form=form or Form(),
    )


def _lately(scene: Scene, requests: list[UpdateRequest]) -> list[UpdateRequest]:
    """Return what is open, and the last answers in words; new sentences speak for themselves."""
    answered = [each for each in requests if each.answer][:_ANSWERS]
    is_closed = scene.calamity.closed_at is not None
    return [each for each in requests if each in answered or (each.is_open and not is_closed)]


async def request_lines(
    scene: Scene, session: Session, requests: list[UpdateRequest]
) -> tuple[views.RequestLine, ...]:
    """Return requests with the name of who asked, who is one of the officials."""
    if not requests:
        return ()
    people = await list_users(session, scene.calamity.municipality_id)
    names = {each.id: each.name for each in people}
    return tuple(
        views.RequestLine(
            sequence=each.seq,
            at=each.at,
            by=names.get(each.by or "", "") or scene.who(each.by_role),
            role=scene.who(each.by_role),
            words=each.words,
            answered_at=each.answered_at,
            answer=each.answer,
        )
        for each in requests
    )


async def _told(scene: Scene, reader: Reader, mends: Mends) -> tuple[views.Told, ...]:
    """Return what left for people outside the team, verbatim, the newest first."""
    lines = await reader.newest(scene.calamity.id, SEES, limit=_READ, kind=EntryKind.DISPATCH)
    told = []
    for line, _ in lines:
        queued = line.happening
        if isinstance(queued, DispatchQueued) and queued.recipients:
            text, language = scene.verbatim(queued.texts, queued.message_code)
            told.append(
                views.Told(
                    at=line.happened_at,
                    audience=scene.title(queued.audience),
                    people=queued.recipients,
                    text=text,
                    language=language,
                    mended=mends.get(line.seq),
                )
            )
    return tuple(told)
