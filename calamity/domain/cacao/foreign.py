"""A CACAO document of others as the beginning of a playbook: roles, and steps in their order.

It cannot be published as it is: which words go to whom, CACAO does not say.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from calamity.domain.cacao.conditions import as_formula
from calamity.domain.cacao.terms import Object

Said = tuple[str, str, str]
_MOST_STEPS: Final = 120
_MOST_ROLES: Final = 30
_LINE: Final = 160
_PARAGRAPH: Final = 2000
_USUAL_HOUR: Final = 3_600_000


def draft_of(document: Object) -> tuple[Object, list[Said]]:
    """Return a playbook to finish, and what did not come across: place, English, Dutch."""
    said: list[Said] = []
    roles = _roles(document)
    steps = list(_steps(document, roles, said))
    if len(steps) > _MOST_STEPS:
        said.append(
            (
                "workflow",
                f"Only the first {_MOST_STEPS} steps came across.",
                f"Alleen de eerste {_MOST_STEPS} stappen zijn overgenomen.",
            )
        )
    said.append(
        (
            "messages",
            "The document holds no words for text messages. Write them, and say who gets them.",
            "In het document staan geen teksten voor sms. Schrijf ze, en kies wie ze krijgt.",
        )
    )
    name = document["name"]
    playbook: Object = {
        "slug": _slug(name),
        "version": 1,
        "scenario": "rumour",
        "title": _both(name, _LINE),
        "purpose": _both(document.get("description") or name, _PARAGRAPH),
        "limits": {"we_do": [], "we_do_not": []},
        "roles": list(roles.values())[:_MOST_ROLES],
        "phases": [{"code": "acute", "title": {"nl": "Acuut", "en": "Acute"}}],
        "audiences": [],
        "messages": [],
        "steps": steps[:_MOST_STEPS],
        "changes": [{"nl": "Overgenomen uit CACAO.", "en": "Taken over from CACAO."}],
    }
    return playbook, said


def _both(words: str, longest: int) -> Object:
    short = " ".join(words.split())[:longest]
    return {"nl": short, "en": short}


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    return slug if re.fullmatch(r"[a-z][a-z0-9-]{1,59}", slug) else f"from-cacao-{slug}"[:60]


def _roles(document: Object) -> dict[str, Object]:
    agents = document.get("agent_definitions", {})
    return {
        name: {
            "code": f"R{number:02}",
            "title": _both(agent["name"] or name, _LINE),
            "task": _both(agent.get("description") or agent["name"] or name, _LINE),
        }
        for number, (name, agent) in enumerate(agents.items(), 1)
    }


def _steps(document: Object, roles: dict[str, Object], said: list[Said]) -> Iterator[Object]:
    for number, (name, step, at, when) in enumerate(_in_order(document, said), 1):
        role = roles.get(str(step.get("agent"))) or next(iter(roles.values()), {"code": "R01"})
        lasts = step.get("timeout") or _USUAL_HOUR
        written: Object = {
            "code": f"S{number:02}",
            "phase": "acute",
            "title": _both(step.get("name") or name, _LINE),
            "role": role["code"],
            "start": f"T+{min(at // 60_000, 9999)}m",
            "due": f"T+{min((at + lasts) // 60_000, 9999)}m",
        }
        help_ = "\n".join(_commands(step, name, said))
        if help_:
            written["help"] = _both(help_, _PARAGRAPH)
        if when:
            written["when"] = when
        yield written


def _commands(step: Object, name: str, said: list[Said]) -> Iterator[str]:
    if step.get("description"):
        yield step["description"]
    for command in step.get("commands", []):
        if command["type"] == "manual":
            yield command.get("command", "")
        else:
            said.append(
                (
                    f"workflow.{name}",
                    "A command for a computer did not come across: here people do the steps.",
                    "Een opdracht voor een computer is niet overgenomen: hier doen mensen het.",
                )
            )


def _in_order(document: Object, said: list[Said]) -> Iterator[tuple[str, Object, int, str]]:
    """Return each action with the moment at which it may begin and its condition, in order."""
    steps: dict[str, Object] = document["workflow"]
    seen: set[str] = set()
    waiting: list[tuple[str, int, str]] = [(document["workflow_start"], 0, "")]
    while waiting:
        waiting.sort(key=lambda each: each[1])
        name, at, when = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        step = steps[name]
        at += step.get("delay", 0)
        match step["type"]:
            case "action":
                yield name, step, at, when
            case "playbook-action":
                said.append(
                    (
                        f"workflow.{name}",
                        "Another playbook is called here. Take it over as a playbook of its own.",
                        "Hier wordt een ander draaiboek gestart. Neem dat apart over.",
                    )
                )
            case "while-condition" | "switch-condition":
                said.append(
                    (
                        f"workflow.{name}",
                        "A repeat or a choice came across as steps that are done once.",
                        "Een herhaling of keuze is overgenomen als stappen die je één keer doet.",
                    )
                )
        inner = _guarded(name, step, when, said)
        for field in ("on_completion", "on_success", "on_failure", "on_false"):
            if step.get(field) is not None:
                waiting.append((step[field], at, when))
        for next_ in _branches(step):
            waiting.append((next_, at, inner))


def _branches(step: Object) -> list[str]:
    return [
        *([step["on_true"]] if step.get("on_true") else []),
        *step.get("next_steps", []),
        *step.get("cases", {}).values(),
    ]


def _guarded(name: str, step: Object, when: str, said: list[Said]) -> str:
    if step["type"] != "if-condition":
        return when
    formula = as_formula(str(step.get("condition")))
    if formula is None:
        said.append(
            (
                f"workflow.{name}",
                "A condition could not be read; its steps came across without it.",
                "Een voorwaarde was niet te lezen; de stappen zijn zonder voorwaarde overgenomen.",
            )
        )
        return when
    return f"({when}) and ({formula})" if when else formula
