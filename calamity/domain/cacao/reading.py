"""A CACAO document as a playbook: whole when it was ours, a draft to finish when it was not."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from calamity.domain.cacao.conditions import as_formula, as_pattern
from calamity.domain.cacao.foreign import draft_of
from calamity.domain.cacao.signing import Signed, signatures_of
from calamity.domain.cacao.soundness import CacaoFault, check_cacao, fault
from calamity.domain.cacao.terms import Object, extended
from calamity.domain.cacao.writing import times_of
from calamity.domain.errors import Refused
from calamity.domain.playbook import Playbook

MOST_BYTES = 2 * 1024 * 1024


class Crossing(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that did not come across, or came otherwise, in words."""

    where: str
    en: str
    nl: str


class FromCacao(Struct, frozen=True):
    """What a document holds for us: a *playbook* as it stands in our documents, to be checked.

    *signatures* says who signed it, *crossings* what a person must look at.
    """

    id: str
    modified: str
    playbook: Object
    signatures: list[Signed]
    crossings: list[Crossing]
    is_ours: bool
    """Whether it was written by a Calamity, with all that CACAO itself cannot say."""


class CacaoFaults(Refused):
    """The document is refused; *faults* says for what."""

    def __init__(self, faults: list[CacaoFault]) -> None:
        super().__init__(f"The document cannot be taken in: {faults[0].en}", field=faults[0].where)
        self.faults = faults


def read_cacao(source: bytes, *, at: datetime) -> FromCacao:
    """Read a CACAO 2.0 document. Raises CacaoFaults with everything for which it is refused."""
    if len(source) > MOST_BYTES:
        raise CacaoFaults([fault("too-large", "")])
    try:
        document = msgspec.json.decode(source)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise CacaoFaults([fault("not-cacao", "")]) from None
    faults = check_cacao(document, at)
    if faults:
        raise CacaoFaults(faults)
    rest = extended(document, "playbook_extensions")
    crossings: list[Crossing] = []
    if rest:
        playbook = _restored(document, rest, crossings)
    else:
        playbook, said = draft_of(document)
        crossings += [Crossing(*each) for each in said]
    return FromCacao(
        document["id"],
        document["modified"],
        playbook,
        signatures_of(document),
        crossings,
        bool(rest),
    )


def _restored(document: Object, rest: Object, crossings: list[Crossing]) -> Object:
    """Return our own playbook: what CACAO's fields say now, and what only our extension says."""
    playbook = dict(rest)
    for field, name in (("title", "name"), ("purpose", "description")):
        english = rest.get(field)
        words = english if isinstance(english, dict) else {}
        playbook[field] = {"nl": document.get(name), **words}
    ours = list(_ours(document["workflow"]))
    placed = sorted(ours, key=lambda each: each[0])
    playbook["steps"] = [step for _, _, step in placed]
    crossings += _added(document["workflow"])
    crossings += _retimed(playbook, [(action, step) for _, action, step in placed])
    crossings += _reconditioned(document["workflow"], placed)
    return playbook


def _ours(workflow: Mapping[str, Any]) -> Iterator[tuple[int, Object, Object]]:
    for action in workflow.values():
        said = extended(action, "step_extensions")
        step = said.get("step")
        if not isinstance(step, dict):
            continue
        place = said.get("place")
        words = {"title": "name", "help": "description"}
        merged = dict(step)
        for field, name in words.items():
            if isinstance(step.get(field), dict) and isinstance(action.get(name), str):
                merged[field] = {"nl": action[name], **step[field]}
        yield place if isinstance(place, int) else len(workflow), action, merged


def _added(workflow: Mapping[str, Any]) -> Iterator[Crossing]:
    for name, action in workflow.items():
        if action["type"] in ("action", "playbook-action") and not extended(
            action, "step_extensions"
        ):
            yield Crossing(
                f"workflow.{name}",
                "Another program added this step. Add it by hand if you want it.",
                "Een ander programma heeft deze stap toegevoegd. Neem hem zo nodig zelf over.",
            )


def _retimed(playbook: Object, steps: list[tuple[Object, Object]]) -> Iterator[Crossing]:
    """Take over delays and timeouts that another program changed."""
    try:
        whole = msgspec.convert(playbook, Playbook, strict=True)
    except msgspec.ValidationError:
        # The checker tells what is wrong with it.
        return
    for (action, step), known in zip(steps, whole.steps, strict=True):
        delay, timeout = times_of(whole, known)
        heard = (action.get("delay", 0), action.get("timeout", timeout))
        if heard == (delay, timeout):
            continue
        step["start"] = f"T+{heard[0] // 60_000}m"
        step["due"] = f"T+{(heard[0] + heard[1]) // 60_000}m"
        yield Crossing(
            f"steps.{known.code}",
            "Another program changed when this step begins or is due.",
            "Een ander programma heeft gewijzigd wanneer deze stap begint of klaar moet zijn.",
        )


def _reconditioned(
    workflow: Mapping[str, Any], placed: list[tuple[int, Object, Object]]
) -> Iterator[Crossing]:
    """Take over conditions that another program changed."""
    actions = {id(action): name for name, action in workflow.items()}
    guards = {
        each.get("on_true"): each for each in workflow.values() if each["type"] == "if-condition"
    }
    loops = {
        each.get("on_true"): name
        for name, each in workflow.items()
        if each["type"] == "while-condition"
    }
    for _, action, step in placed:
        name = actions[id(action)]
        guard = guards.get(name) or guards.get(loops.get(name))
        formula = as_formula(guard["condition"]) if guard else None
        if guard is not None and formula is None:
            yield Crossing(
                f"steps.{step.get('code')}",
                "The condition of this step is written in a way that we cannot read.",
                "De voorwaarde van deze stap is geschreven op een manier die wij niet lezen.",
            )
        elif formula != _normal(step.get("when")):
            if formula is None:
                step.pop("when", None)
            else:
                step["when"] = formula
            yield Crossing(
                f"steps.{step.get('code')}",
                "Another program changed on what condition this step is done.",
                "Een ander programma heeft gewijzigd op welke voorwaarde deze stap er is.",
            )


def _normal(formula: Any) -> str | None:
    """Return a formula as it comes back from CACAO, so that spacing is no difference."""
    return as_formula(as_pattern(formula)) if isinstance(formula, str) else None
