"""The form of an activation: what the coordinator filled in, read anew at every step."""

from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct
from msgspec.structs import replace

from calamity.domain.activation import (
    ActivationRequest,
    Given,
    IncidentLine,
    Inputs,
    Levels,
    Reason,
    RequestKey,
    Tempo,
)
from calamity.domain.playbook import ClockTime, Code, Playbook
from calamity.domain.playbook import Language as Spoken
from calamity.store.tables import CalamityRow
from calamity.web.language import Language
from calamity.web.pages.forms import Sent, parse_form, typed_in
from calamity.web.views.frame import Form

_GIVEN: dict[str, Given] = {"yes": "yes", "no": "no", "unknown": "unknown"}


class Filled(Struct, frozen=True):
    """What the coordinator filled in."""

    idempotency_key: RequestKey
    incident: IncidentLine
    place: Annotated[str, Meta(max_length=30)]
    meeting_time: ClockTime
    incident_en: IncidentLine | None = None
    neighbourhoods: list[str] = []
    version: int | None = None
    although: bool = False
    """They saw that the version is retired or past its date, and want it all the same."""
    calamity: str | None = None
    title: Annotated[str, Meta(min_length=3, max_length=80)] | None = None
    exercise: Literal["yes", "no"] | None = None
    tempo: Tempo = 1
    social_level: Annotated[int, Meta(ge=0, le=3)] = 0
    social_level_reason: Reason | None = None
    grip: Annotated[int, Meta(ge=0, le=5)] = 0
    grip_reason: Reason | None = None
    threat_level: Annotated[int, Meta(ge=1, le=5)] | None = None
    threat_level_reason: Reason | None = None
    answers: dict[Code, Given] = {}
    scope: Literal["whole", "watch"] = "whole"
    watch_reason: Reason | None = None


ANSWER = "answer-"
"""What the fields of the answers begin with; the code of the question follows."""


def answers_in(sent: Sent, playbook: Playbook) -> dict[Code, Given]:
    """Return what was answered to the questions of a playbook."""
    found: dict[Code, Given] = {}
    for question in playbook.questions:
        given = one(sent, ANSWER + question.code)
        if given in _GIVEN:
            found[question.code] = _GIVEN[given]
    return found


def knows_little(answers: Mapping[Code, Given]) -> bool:
    """Say whether most of what was answered is unknown: then a watch is worth thinking of."""
    unknown = sum(given == "unknown" for given in answers.values())
    return unknown * 2 > len(answers)


def one(sent: Sent, field: str) -> str | None:
    """Return the only value of a field, or None when it is blank."""
    values = sent.get(field)
    return values[-1].strip() or None if values else None


def read_form(
    sent: Sent,
    places: Collection[str],
    language: Language,
    playbook: Playbook,
    *,
    is_new: bool,
    asks_although: bool,
) -> tuple[Filled | None, Form]:
    """Read the form, and say of each field what is wrong with it."""
    whole = {name: values for name, values in sent.items() if name not in ("back", "propose")}
    answers = answers_in(whole, playbook)
    rest = {name: values for name, values in whole.items() if not name.startswith(ANSWER)}
    filled, form = parse_form(Filled, rest, language)
    errors = dict(form.errors)
    form = typed_in(whole)
    for question in playbook.questions:
        if question.code not in answers:
            errors[ANSWER + question.code] = language.text("Choose one of the answers.")
    if any(code not in places for code in sent.get("neighbourhoods", [])):
        errors["neighbourhoods"] = language.text("Choose neighbourhoods from the list.")
    if asks_although and "yes" not in sent.get("although", []):
        errors["although"] = language.text("Tick this, or choose another playbook.")
    if one(sent, "scope") == "watch" and not one(sent, "watch_reason"):
        errors.setdefault("watch_reason", language.text("Say what you wait for."))
    if is_new:
        _check_new(sent, errors, language, asks=bool(playbook.questions))
    if errors:
        return None, Form(form.values, form.chosen, _in_order(errors))
    return replace(filled, answers=answers) if filled else None, form


def _check_new(sent: Sent, errors: dict[str, str], language: Language, *, asks: bool) -> None:
    """Check what only a new calamity needs: a title, whether it is real, and three reasons."""
    if not one(sent, "title"):
        errors.setdefault("title", language.text("Fill this in."))
    if not one(sent, "exercise"):
        errors.setdefault("exercise", language.text("Choose one of the answers."))
    if asks and one(sent, "social_level") is None:
        errors.setdefault("social_level", language.text("Choose one of the levels."))
    for level, is_set in (
        # What the playbook proposes needs no reason of one's own: the action asks for another.
        ("social_level", not asks),
        ("grip", (one(sent, "grip") or "0") != "0"),
        ("threat_level", one(sent, "threat_level") is not None),
    ):
        if is_set and not one(sent, f"{level}_reason"):
            errors.setdefault(f"{level}_reason", language.text("Give the reason for this level."))


def _in_order(errors: dict[str, str]) -> dict[str, str]:
    """Return the errors in the order of the fields on the page."""
    order = (
        "although", "title", "incident", "incident_en", "place", "meeting_time", "neighbourhoods",
        "exercise", "tempo", "social_level", "social_level_reason", "grip", "grip_reason",
        "threat_level", "threat_level_reason", "scope", "watch_reason",
    )  # fmt: skip
    known = {field: errors[field] for field in order if field in errors}
    return known | errors


def request_of(
    filled: Filled,
    *,
    slug: str,
    version: int,
    although_retired: bool,
    calamity: CalamityRow | None,
    at: datetime,
    zone: ZoneInfo,
) -> ActivationRequest:
    """Return what the form asks for, of the *version* on which it stands."""
    incident: dict[Spoken, str] = {"nl": filled.incident}
    if filled.incident_en:
        incident["en"] = filled.incident_en
    is_exercise = calamity.is_exercise if calamity else filled.exercise == "yes"
    return ActivationRequest(
        slug=slug,
        version=version,
        although_retired=although_retired,
        request_key=filled.idempotency_key,
        inputs=Inputs(
            incident=incident,
            place=filled.place,
            meeting_at=next_time(filled.meeting_time, at, zone),
            affected=filled.neighbourhoods,
            answers=filled.answers,
        ),
        calamity_id=calamity.id if calamity else None,
        title=calamity.title if calamity else filled.title or "",
        levels=None if calamity else _levels(filled),
        is_exercise=is_exercise,
        tempo=filled.tempo if is_exercise else 1,
        watch_reason=filled.watch_reason if filled.scope == "watch" else None,
    )


def _levels(filled: Filled) -> Levels:
    return Levels(
        social=filled.social_level,
        social_reason=filled.social_level_reason,
        grip=filled.grip,
        grip_reason=filled.grip_reason or "",
        threat=filled.threat_level or 0,
        threat_reason=filled.threat_level_reason or "",
    )


def next_time(clock: str, at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the clock next shows this time."""
    local = at.astimezone(zone)
    moment = datetime.combine(local.date(), time.fromisoformat(clock), zone)
    if moment < local.replace(second=0, microsecond=0):
        moment = datetime.combine(local.date() + timedelta(days=1), moment.time(), zone)
    return moment
