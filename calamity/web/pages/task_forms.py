"""The forms of tasks on a page: filled in beforehand where the playbook can, and read back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from calamity.domain.errors import Refused
from calamity.domain.forms import (
    PARTS,
    FactCardForm,
    HeardRumour,
    MadeDecision,
    MeasureForm,
    MeetingForm,
    RumourListForm,
    TaskForm,
)
from calamity.domain.matters import HARMS, SPREADS
from calamity.domain.playbook import Act, FactCard, Measure, Meeting, RumourList, seconds
from calamity.domain.timeline import Harm, Spread
from calamity.web.pages.forms import Sent
from calamity.web.pages.scene import Scene
from calamity.web.views import room
from calamity.web.views.frame import Form

ROWS = 6
"""So many decisions, or rumours, fit on one form."""
_SPREADS: Mapping[str, Spread] = {each: each for each in SPREADS}
_HARMS: Mapping[str, Harm] = {each: each for each in HARMS}


def form_view(act: Act | None, scene: Scene) -> room.TaskForm | None:
    """Return the form that a task puts before a person, or None."""
    code = scene.language.code
    match act:
        case Meeting(points=points):
            return room.TaskForm("meeting", tuple(each.in_language(code) for each in points), ROWS)
        case FactCard():
            return room.TaskForm("fact-card")
        case RumourList():
            return room.TaskForm("rumour-list", rows=ROWS)
        case Measure():
            return room.TaskForm("measure")
    return None


def filled_beforehand(act: Act | None, scene: Scene) -> Form:
    """Return what the playbook fills in already."""
    code = scene.language.code
    if isinstance(act, FactCard):
        return Form(
            values={
                name: "\n".join(each.in_language(code) for each in getattr(act, name))
                for name in PARTS
            }
        )
    if isinstance(act, Measure):
        lasts = timedelta(seconds=seconds(act.lasts) / scene.calamity.tempo)
        ends = (scene.at + lasts).astimezone(scene.zone)
        return Form(
            values={"what": act.what.in_language(code), "ends_at": f"{ends:%Y-%m-%dT%H:%M}"}
        )
    return Form()


def read_task_form(
    act: Act | None, sent: Sent, zone: ZoneInfo
) -> tuple[TaskForm | None, dict[str, str]]:
    """Return what was filled in, and how the page calls the fields that the action names.

    Raises Refused for a row with everything but its words.
    """
    match act:
        case Meeting():
            rows = _rows(sent, "decision", ("text", "owner", "due_at"))
            return MeetingForm(
                picture=_one(sent, "picture"),
                judgement=_one(sent, "judgement"),
                decisions=[
                    MadeDecision(
                        _one(sent, f"decision_{row}_text"),
                        _one(sent, f"decision_{row}_owner")[:80],
                        moment_of(_one(sent, f"decision_{row}_due_at"), zone),
                    )
                    for row in rows
                ],
            ), _names("decision", rows)
        case FactCard():
            return FactCardForm(**{name: _lines(sent, name) for name in PARTS}), {}
        case RumourList():
            rows = _rows(sent, "rumour", ("text", "owner"))
            return RumourListForm(
                [
                    HeardRumour(
                        _one(sent, f"rumour_{row}_text"),
                        _SPREADS.get(_one(sent, f"rumour_{row}_spread"), "few"),
                        _HARMS.get(_one(sent, f"rumour_{row}_harm"), "little"),
                        _one(sent, f"rumour_{row}_owner")[:80],
                    )
                    for row in rows
                ]
            ), _names("rumour", rows)
        case Measure():
            return MeasureForm(
                what=_one(sent, "what"),
                actual_risk=_one(sent, "actual_risk")[:400],
                felt_risk=_one(sent, "felt_risk")[:400],
                ends_at=moment_of(_one(sent, "ends_at"), zone),
                owner=_one(sent, "owner")[:80],
            ), {}
    return None, {}


def _one(sent: Sent, field: str) -> str:
    return sent.get(field, [""])[-1].strip().replace("\r\n", "\n")[:1000]


def _lines(sent: Sent, field: str) -> list[str]:
    return [line.strip()[:1000] for line in sent.get(field, [""])[-1].splitlines()][:20]


def _rows(sent: Sent, name: str, fields: tuple[str, ...]) -> list[int]:
    """Return the rows in which something was filled in."""
    rows = [
        row
        for row in range(1, ROWS + 1)
        if any(_one(sent, f"{name}_{row}_{field}") for field in fields)
    ]
    for row in rows:
        if not _one(sent, f"{name}_{row}_text"):
            raise Refused("Fill this in.", field=f"{name}_{row}_text")
    return rows


def _names(name: str, rows: list[int]) -> dict[str, str]:
    """Say in which row of the page each item stands: rows in between may be blank."""
    return {
        f"{name}_{place}_{field}": f"{name}_{row}_{field}"
        for place, row in enumerate(rows, 1)
        for field in ("text", "owner", "due_at")
    }


def moment_of(written: str, zone: ZoneInfo) -> datetime | None:
    """Return the moment of a date and a clock time as a form sends them; None for neither."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
