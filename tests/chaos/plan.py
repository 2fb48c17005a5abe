"""What a seed decides: which faults, which deaths, and what people answer."""

import random
from typing import Any

from msgspec import Struct

WINDOW = 8.0
"""Seconds of the wall clock in which things go wrong."""
SPEED = 5.0
"""How much faster the carrier's time runs than the wall clock meanwhile."""

_CHANCE = (0.15, 0.4, 0.8)
# Each with what it may be given. Seconds of an API fault are of the wall clock.
_MENU: tuple[dict[str, Any], ...] = (
    {"kind": "api-down"}, {"kind": "refused"}, {"kind": "unauthorised"},
    {"kind": "too-many", "seconds": 1}, {"kind": "error-before"}, {"kind": "unavailable-before"},
    {"kind": "error-after"}, {"kind": "hang-after", "seconds": 1.5}, {"kind": "reset-after"},
    {"kind": "truncated"}, {"kind": "html"}, {"kind": "empty"}, {"kind": "slow", "seconds": 1},
    {"kind": "trickle", "seconds": 2}, {"kind": "list-lag", "seconds": 10},
    {"kind": "webhooks-down"}, {"kind": "carrier-down"},
    {"kind": "callback-drop"}, {"kind": "callback-delay", "seconds": 20},
    {"kind": "callback-duplicate", "times": 2}, {"kind": "callback-reorder", "seconds": 10},
    {"kind": "callback-batch", "seconds": 10}, {"kind": "callback-forged"},
    {"kind": "callback-bad-signature"}, {"kind": "callback-stale-token"},
    {"kind": "callback-extra-field"}, {"kind": "callback-unknown-status"},
    {"kind": "callback-no-error-code"},
    {"kind": "inbound-drop"}, {"kind": "inbound-delay", "seconds": 20},
    {"kind": "inbound-duplicate", "times": 2}, {"kind": "inbound-bad-signature"},
    {"kind": "inbound-split"}, {"kind": "inbound-base64"}, {"kind": "inbound-mm"},
    {"kind": "inbound-spoofed"},
)  # fmt: skip
_WHOLE = frozenset({"api-down", "refused", "webhooks-down", "carrier-down", "list-lag"})
_ILL = ("off", "unknown", "full", "landline", "congested")
_TO_CALL_OUT = ("1", "1", "1", "ja", "2", "nee", "3", "wat bedoel je?", "", "")
_ON_SECOND_THOUGHT = {"ja": "nee", "nee": "ja", "1": "2", "2": "ja", "3": "nee"}
_TO_ROUND = ("0", "1", "2", "3", "4", "5", "2", "3", "Het is hier druk.", "HULP", "STOP", "", "")


class Deed(Struct, frozen=True):
    """Something that befalls the product *at* seconds after the activation."""

    at: float
    what: str
    """The process to kill, the carrier's `sandbox` among them, or `database` that is away."""
    lasts: float


class Plan(Struct, frozen=True):
    """Everything that chance decides in one run."""

    seed: int
    script: dict[str, Any]
    deeds: list[Deed]
    words: dict[str, list[str]]
    """By number: the answer to a call-out and a second thought, and both to a round."""
    delays: dict[str, float]
    round_at: float


def draw(seed: int, *, processes: tuple[str, ...], numbers: list[str]) -> Plan:
    """Draw the plan of a seed; the same seed gives the same plan."""
    chance = random.Random(f"calamity {seed}")
    steps = [_fault(chance, numbers) for _ in range(chance.randint(2, 6))]
    if chance.random() < 0.5:
        ill = {"at": 0, "numbers": chance.choice(numbers), "state": chance.choice(_ILL)}
        steps.append(ill)
    deeds = [
        Deed(chance.uniform(0, WINDOW), chance.choice(processes), chance.uniform(0, 1.5))
        for _ in range(chance.randint(1, 3))
    ]
    if chance.random() < 0.4:
        deeds.append(Deed(chance.uniform(0, WINDOW - 3), "database", chance.uniform(0.5, 3)))
    if chance.random() < 0.3:
        deeds.append(Deed(chance.uniform(0, WINDOW - 1), "sandbox", chance.uniform(0, 1)))
    return Plan(
        seed,
        {"seed": seed, "steps": steps},
        sorted(deeds, key=lambda deed: deed.at),
        {number: _words(chance) for number in numbers},
        {number: chance.uniform(0, 2) for number in numbers},
        chance.uniform(2, WINDOW - 3),
    )


def _fault(chance: random.Random, numbers: list[str]) -> dict[str, Any]:
    fault = dict(chance.choice(_MENU))
    if fault["kind"] == "inbound-spoofed" and chance.random() < 0.7:
        fault["number"] = chance.choice(numbers)
    if fault["kind"] not in _WHOLE:
        fault["probability"] = chance.choice(_CHANCE)
    fault["lasts"] = round(chance.uniform(5, 25), 1)
    return {"at": round(chance.uniform(0, WINDOW * SPEED * 0.7), 1), "fault": fault}


def _words(chance: random.Random) -> list[str]:
    first, to_round = chance.choice(_TO_CALL_OUT), chance.choice(_TO_ROUND)
    changed = _ON_SECOND_THOUGHT.get(first, "") if chance.random() < 0.25 else ""
    second = chance.choice(("1", "2", "4")) if to_round and chance.random() < 0.15 else ""
    return [first, changed, to_round, second]
