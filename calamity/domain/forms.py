"""The forms that some steps put before a person, and what the timeline keeps of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from calamity.domain.errors import Refused
from calamity.domain.matters import must_be_whole
from calamity.domain.playbook import (
    Act,
    FactCard,
    Measure,
    Meeting,
    RumourList,
    seconds,
)
from calamity.domain.timeline import FactPart, Harm, Spread, Statement

Written = Annotated[str, Meta(max_length=1000)]
Owner = Annotated[str, Meta(max_length=80)]
Sayings = Annotated[list[Written], Meta(max_length=20)]


class _Form(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """What a person filled in; which one fits is said by its kind."""


class MadeDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """What was decided, who does it, and before when."""

    text: Annotated[str, Meta(min_length=1, max_length=1000)]
    owner: Owner = ""
    due_at: datetime | None = None


class MeetingForm(_Form, frozen=True, tag="meeting"):
    """The picture, the judgement and the decisions of a meeting."""

    picture: Written = ""
    judgement: Written = ""
    decisions: Annotated[list[MadeDecision], Meta(max_length=20)] = []


class FactCardForm(_Form, frozen=True, tag="fact-card"):
    """What is known, what is not, what is done and what is not, and what people can do."""

    we_know: Sayings = []
    we_do_not_know: Sayings = []
    we_do: Sayings = []
    we_do_not: Sayings = []
    you_can: Sayings = []


class HeardRumour(Struct, frozen=True, forbid_unknown_fields=True):
    """A rumour: how far it goes round, how much it hurts, and who finds out by when."""

    text: Annotated[str, Meta(min_length=1, max_length=1000)]
    spread: Spread = "few"
    harm: Harm = "little"
    owner: Owner = ""
    due_at: datetime | None = None


class RumourListForm(_Form, frozen=True, tag="rumour-list"):
    """The rumours that came in."""

    rumours: Annotated[list[HeardRumour], Meta(max_length=20)] = []


class MeasureForm(_Form, frozen=True, tag="measure"):
    """A visible measure, with the risk as it is and as it is felt, and when it ends."""

    what: Written = ""
    actual_risk: Annotated[str, Meta(max_length=400)] = ""
    felt_risk: Annotated[str, Meta(max_length=400)] = ""
    ends_at: datetime | None = None
    owner: Owner = ""


TaskForm = MeetingForm | FactCardForm | RumourListForm | MeasureForm
_FORM_OF: dict[type, type] = {
    Meeting: MeetingForm,
    FactCard: FactCardForm,
    RumourList: RumourListForm,
    Measure: MeasureForm,
}
PARTS: tuple[FactPart, ...] = ("we_know", "we_do_not_know", "we_do", "we_do_not", "you_can")
"""The parts of a fact card, in their order."""


def puts_form(act: Act | None) -> bool:
    """Tell whether an act puts a form before a person."""
    return type(act) in _FORM_OF


def written_down(
    act: Act | None, form: TaskForm | None, *, role: str, at: datetime, tempo: int = 1
) -> list[Statement]:
    """Return the entries that a form brings to the timeline; none for an act without a form.

    Raises Refused, naming the field, for a form that is missing, is another one, or lacks
    something: a decision without an owner and a deadline is none.
    """
    kind = _FORM_OF.get(type(act))
    if kind is None:
        if form is not None:
            raise Refused("This task has no form. Leave it out.", field="form")
        return []
    if not isinstance(form, kind):
        raise Refused("Fill in the form of this task.", field="form")
    match form:
        case MeetingForm():
            return _of_meeting(form)
        case FactCardForm():
            return _of_fact_card(form)
        case RumourListForm() if isinstance(act, RumourList):
            within = timedelta(seconds=seconds(act.owner_within) / tempo)
            return _of_rumours(form, at + within)
        case MeasureForm():
            return [_of_measure(form, role, at)]
    return []


def _of_meeting(form: MeetingForm) -> list[Statement]:
    picture = form.picture.strip()
    if not picture:
        raise Refused("Write what is going on, as the meeting sees it.", field="picture")
    if not form.judgement.strip():
        raise Refused("Write what the meeting makes of it.", field="judgement")
    decisions = [
        Statement(
            kind="decision", text=made.text.strip(), owner=made.owner.strip(), due_at=made.due_at
        )
        for made in form.decisions
    ]
    for number, made in enumerate(decisions, 1):
        must_be_whole(made, where=f"decision_{number}_")
    return [
        Statement(kind="note", text=f"Beeld: {picture}", text_en=f"Picture: {picture}"),
        Statement(kind="interpretation", text=form.judgement.strip()),
        *decisions,
    ]


def _of_fact_card(form: FactCardForm) -> list[Statement]:
    if not _filled(form.we_know):
        raise Refused("Write at least one thing that is certain.", field="we_know")
    return [
        Statement(kind="fact", text=line, part=part)
        for part in PARTS
        for line in _filled(getattr(form, part))
    ]


def _of_rumours(form: RumourListForm, owned_before: datetime) -> list[Statement]:
    for number, heard in enumerate(form.rumours, 1):
        if heard.harm != "little" and not heard.owner.strip():
            raise Refused(
                "Name who finds out about this: it hurts people.", field=f"rumour_{number}_owner"
            )
    return [
        Statement(
            kind="rumour",
            text=heard.text.strip(),
            owner=heard.owner.strip() or None,
            due_at=heard.due_at or (owned_before if heard.harm != "little" else None),
            spread=heard.spread,
            harm=heard.harm,
            status="new",
        )
        for heard in form.rumours
    ]


def _of_measure(form: MeasureForm, role: str, at: datetime) -> Statement:
    if not form.what.strip():
        raise Refused("Write what is done.", field="what")
    measure = Statement(
        kind="measure",
        text=form.what.strip(),
        owner=form.owner.strip() or role,
        actual_risk=form.actual_risk.strip(),
        felt_risk=form.felt_risk.strip(),
        ends_at=form.ends_at,
    )
    must_be_whole(measure)
    if form.ends_at is not None and form.ends_at <= at:
        raise Refused("This moment has passed. Choose a later one.", field="ends_at")
    return measure


def _filled(lines: Sequence[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]
