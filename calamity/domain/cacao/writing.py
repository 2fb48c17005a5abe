"""A playbook as a CACAO document: readable by any tool, and nothing of ours lost in the extension.

Every step waits on the clock, so that the steps are branches of one parallel; those that follow
another step stand behind it, those with a condition behind an `if-condition`, those that repeat
inside a `while-condition`. A delay counts from the start of the playbook, or from the step before;
a timeout is the time until a step is due.
"""

from collections.abc import Iterator

import msgspec

from calamity.domain.cacao.conditions import as_pattern, variables_in
from calamity.domain.cacao.terms import (
    EXTENSION,
    EXTENSION_VERSION,
    SCHEMA,
    SPEC_VERSION,
    Object,
    Origin,
    identifier,
    timestamp,
)
from calamity.domain.playbook import (
    CallOut,
    Dispatch,
    FactCard,
    MessageKind,
    Playbook,
    Round,
    Step,
    seconds,
)
from calamity.domain.playbook.expected import Expected
from calamity.domain.playbook.formula import NUMBERS, PHASE
from calamity.domain.playbook.moments import T0, read_moment
from calamity.domain.playbook_check import canonical

_VARIABLES = {
    "level": "The social level, 0 to 3, set by a person",
    "grip": "The level of the crisis organisation, 0 to 5",
    "threat": "The national threat level, 0 to 5",
    PHASE: "The phase of the response, set by a person",
}


def write_cacao(playbook: Playbook, origin: Origin) -> Object:
    """Return the playbook as a CACAO 2.0 document, unsigned.

    It names roles and groups of people, never a person or a number: a playbook holds none.
    """
    document: Object = {
        "type": "playbook",
        "spec_version": SPEC_VERSION,
        "id": origin.playbook(playbook.slug),
        "name": playbook.title.nl,
        "description": playbook.purpose.nl,
        "playbook_types": ["notification", "engagement"],
        "created_by": origin.identity,
        "created": timestamp(origin.created),
        "modified": timestamp(origin.modified),
        "revoked": origin.is_revoked,
        "industry_sectors": ["local-government"],
        "labels": ["social-calamity", playbook.scenario.value, "nl"],
        "markings": [_marking()],
        **_Workflow(playbook, origin).written(),
        "agent_definitions": _agents(playbook, origin),
        "target_definitions": _targets(playbook),
        "extension_definitions": {EXTENSION: _extension(origin)},
        "data_marking_definitions": {
            _marking(): {
                "type": "marking-tlp",
                "id": _marking(),
                "created_by": origin.identity,
                "created": timestamp(origin.created),
                "tlpv2_level": "TLP:AMBER",
            }
        },
        "playbook_extensions": {EXTENSION: _rest(playbook)},
    }
    if origin.valid_until is not None:
        document["valid_until"] = timestamp(origin.valid_until)
    if origin.derived_from is not None:
        document["derived_from"] = [origin.derived_from]
    variables = _variables(playbook)
    return document | ({"playbook_variables": variables} if variables else {})


def plain(playbook: Playbook) -> Object:
    """Return a playbook as it stands in our own documents."""
    read: Object = msgspec.json.decode(canonical(playbook))
    return read


def _rest(playbook: Playbook) -> Object:
    """Return all but the steps, and but the words that CACAO itself holds."""
    rest = plain(playbook)
    del rest["steps"]
    rest["title"] = {"en": playbook.title.en}
    rest["purpose"] = {"en": playbook.purpose.en}
    return rest


def _marking() -> str:
    return identifier("marking-tlp", "amber")


def _extension(origin: Origin) -> Object:
    return {
        "type": "extension-definition",
        "name": "Social calamity",
        "description": "What a municipality needs to say besides: audiences, words, rounds, cards.",
        "created_by": origin.identity,
        "schema": SCHEMA,
        "version": EXTENSION_VERSION,
    }


def agent_of(role: str) -> str:
    """Return the identifier of a role, as an agent."""
    return identifier("group", "role", role)


def target_of(audience: str) -> str:
    """Return the identifier of an audience, as a target."""
    return identifier("group", "audience", audience)


def _agents(playbook: Playbook, origin: Origin) -> Object:
    roles = {
        agent_of(role.code): {
            "type": "group",
            "name": role.title.nl,
            "description": role.task.nl,
        }
        for role in playbook.roles
    }
    return roles | {
        _system(origin): {
            "type": "organization",
            "name": origin.municipality,
            "description": "What runs by itself, at its time",
        }
    }


def _system(origin: Origin) -> str:
    return identifier("organization", origin.municipality)


def _targets(playbook: Playbook) -> Object:
    return {
        target_of(audience.code): {
            "type": "group",
            "name": audience.title.nl,
        }
        for audience in playbook.audiences
    }


def _variables(playbook: Playbook) -> Object:
    names: set[str] = set()
    for step in playbook.steps:
        names |= variables_in(step.when) if step.when else set()
        if step.repeat is not None and _phase_of(playbook, step):
            names.add(PHASE)
    texts = {f"answer_{each.code}": each.text.nl for each in playbook.questions}
    texts |= {f"answer_{each.code}": each.title.nl for each in playbook.steps}
    return {
        f"__{name}__": {
            "type": "integer" if name in NUMBERS else "string",
            "description": _VARIABLES.get(name) or texts.get(name, name),
            "external": True,
        }
        for name in sorted(names)
    }


def _phase_of(playbook: Playbook, step: Step) -> str:
    """Return the phase whose beginning ends the repeating of a step, if it is one."""
    until = read_moment(step.repeat.until).follows if step.repeat else ""
    return until if any(phase.code == until for phase in playbook.phases) else ""


class _Workflow:
    """The steps of one playbook as a workflow."""

    def __init__(self, playbook: Playbook, origin: Origin) -> None:
        self._playbook, self._origin = playbook, origin
        self._id = origin.playbook(playbook.slug)
        self._steps: Object = {}
        self._activities: set[str] = set()

    def written(self) -> Object:
        """Return the fields of the document that the workflow fills."""
        codes = {step.code for step in self._playbook.steps}
        following: dict[str, list[tuple[int, Step]]] = {}
        for place, step in enumerate(self._playbook.steps):
            before = read_moment(step.start).follows
            following.setdefault(before if before in codes else "", []).append((place, step))
        first = self._branches(following, "", self._named("parallel", "T0"))
        start = self._named("start", "T0")
        self._steps[start] = {"type": "start", "on_completion": first}
        kinds = {each["type"] for each in self._steps.values()}
        summary = {
            "manual_playbook": True,
            "parallel_processing": "parallel" in kinds,
            "if_logic": "if-condition" in kinds,
            "while_logic": "while-condition" in kinds,
            "temporal_logic": True,
            "data_markings": True,
            "extensions": True,
        }
        return {
            "playbook_activities": sorted(self._activities | {"step-sequence"}),
            "playbook_processing_summary": {k: v for k, v in summary.items() if v},
            "workflow_start": start,
            "workflow": self._steps,
        }

    def _named(self, kind: str, *names: str) -> str:
        return identifier(kind, self._id, kind, *names)

    def _end(self, *names: str) -> str:
        end = self._named("end", *names)
        self._steps[end] = {"type": "end"}
        return end

    def _branches(
        self, following: dict[str, list[tuple[int, Step]]], before: str, parallel: str
    ) -> str:
        """Write what follows a step, and what follows that; return where it begins."""
        firsts = []
        for place, step in following.get(before, []):
            then = self._branches(following, step.code, self._named("parallel", step.code))
            firsts.append(self._step(step, place, then))
        if not firsts:
            return self._end(before or "T0")
        if len(firsts) == 1:
            return firsts[0]
        self._steps[parallel] = {
            "type": "parallel",
            "next_steps": firsts,
            "on_completion": self._end(before or "T0", "joined"),
        }
        return parallel

    def _step(self, step: Step, place: int, then: str) -> str:
        action = self._action(step, place, then)
        if step.repeat is not None:
            action = self._repeated(step, action, then)
        if step.when is None:
            return action
        condition = self._named("if-condition", step.code)
        self._steps[condition] = {
            "type": "if-condition",
            "name": step.title.nl,
            "condition": as_pattern(step.when),
            "on_true": action,
            "on_completion": self._end(step.code, "left out"),
        }
        return condition

    def _repeated(self, step: Step, action: str, then: str) -> str:
        loop = self._named("while-condition", step.code)
        phase = _phase_of(self._playbook, step)
        until = phase or step.code
        self._steps[action]["on_completion"] = self._end(step.code, "once")
        self._steps[loop] = {
            "type": "while-condition",
            "name": step.title.nl,
            "condition": f"__{PHASE}__:value != '{until}'",
            "on_true": action,
            "on_completion": then,
        }
        return loop

    def _action(self, step: Step, place: int, then: str) -> str:
        delay, timeout = times_of(self._playbook, step)
        activity = _activity(self._playbook, step)
        self._activities.add(activity)
        is_call_out = isinstance(step.act, CallOut)
        written: Object = {
            "type": "action",
            "name": step.title.nl,
            "timeout": timeout,
            "commands": [
                {
                    "type": "manual",
                    "command": "\n".join(_told(self._playbook, step)),
                    "playbook_activity": activity,
                }
            ],
            "agent": _system(self._origin) if step.automatic else agent_of(step.role),
            "step_extensions": {EXTENSION: _rest_of(self._playbook, step, place)},
        }
        if delay:
            written["delay"] = delay
        targets = [target_of(code) for code in _audiences(step)]
        if targets:
            written["targets"] = targets
        if step.help is not None:
            written["description"] = step.help.nl
        action = self._named("action", step.code)
        self._steps[action] = written
        if is_call_out and step.repeat is None:
            written |= {"on_success": then, "on_failure": self._deputies(step)}
        else:
            written["on_completion"] = then
        return action

    def _deputies(self, step: Step) -> str:
        action = self._named("action", step.code, "deputies")
        self._steps[action] = {
            "type": "action",
            "name": f"Vervangers: {step.title.nl}",
            "commands": [
                {
                    "type": "manual",
                    "command": "Roep de vervanger op van elke rol die niet antwoordt.",
                    "playbook_activity": "deliver-content",
                }
            ],
            "agent": _system(self._origin),
            "on_completion": self._end(step.code, "deputies"),
            "step_extensions": {EXTENSION: {"follows_from": step.code}},
        }
        return action


def times_of(playbook: Playbook, step: Step) -> tuple[int, int]:
    """Return the delay and the timeout of a step, in milliseconds."""
    plan = Expected(playbook)
    before = read_moment(step.start).follows
    dues = {each.code: each.due for each in playbook.steps}
    # What rests on a date has no delay here; its moment stands in the extension.
    start = plan.between(dues.get(before, T0), step.start) or 0
    due = start + (plan.between(step.start, step.due) or 0)
    if isinstance(step.act, CallOut):
        due = start + seconds(step.act.deputy_after)
    return max(start, 0) * 1000, max(due - start, 0) * 1000


def _rest_of(playbook: Playbook, step: Step, place: int) -> Object:
    """Return what CACAO's own fields do not hold of a step."""
    rest: Object = plain(playbook)["steps"][place]
    rest["title"] = {"en": step.title.en}
    if step.help is not None:
        rest["help"] = {"en": step.help.en}
    return {"place": place, "step": rest}


def _audiences(step: Step) -> list[str]:
    match step.act:
        case Dispatch(audience=audience):
            return [audience]
        case Round(audiences=audiences):
            return list(audiences)
    return []


def _told(playbook: Playbook, step: Step) -> Iterator[str]:
    """Say in words what is to be done, for a tool that knows no text messages."""
    yield step.title.nl
    if isinstance(step.act, Dispatch | Round):
        yield f"Tekst: {playbook.message(step.act.message).texts['nl']}"
    if isinstance(step.act, CallOut):
        yield f"Tekst: {playbook.message(step.act.message).texts['nl']}"
        yield f"Genoeg: {step.act.quota}"
    if step.evidence is not None:
        yield f"Klaar: {step.evidence.nl}"


def _activity(playbook: Playbook, step: Step) -> str:
    match step.act:
        case CallOut():
            return "deliver-content"
        case Round():
            return "analyze-engagement-results"
        case Dispatch(message=message):
            is_ask = playbook.message(message).kind is MessageKind.ASK
            return "prepare-engagement" if is_ask else "deliver-content"
        case FactCard():
            return "compose-content"
    return "execute-operation"
