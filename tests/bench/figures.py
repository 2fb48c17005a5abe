"""What was measured: ours beside a raw reference of the same round, and the aim."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Aim:
    """What is wanted of the ratio of ours to the reference, or of ours alone."""

    value: float
    is_least: bool = True
    of_ratio: bool = True

    def is_met_by(self, found: float) -> bool:
        return found >= self.value if self.is_least else found <= self.value

    def __str__(self) -> str:
        return f"{'>=' if self.is_least else '<='} {self.value:g}"


@dataclass
class Figure:
    """One line of the table; the rounds of ours and of the reference belong together."""

    name: str
    database: str
    unit: str
    aim: Aim | None = None
    ours: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)
    note: str = ""

    def add(self, ours: float, reference: float | None = None) -> None:
        self.ours.append(ours)
        if reference is not None:
            self.reference.append(reference)

    @property
    def ratios(self) -> list[float]:
        return [our / their for our, their in zip(self.ours, self.reference, strict=False)]

    @property
    def verdict(self) -> str:
        if not self.ours:
            return f"not measured: {self.note}"
        if self.aim is None:
            return ""
        if self.aim.of_ratio and not self.reference:
            return "no reference"
        found = statistics.median(self.ratios if self.aim.of_ratio else self.ours)
        return "met" if self.aim.is_met_by(found) else "NOT MET"

    def as_data(self) -> dict[str, Any]:
        data = asdict(self) | {"ratios": self.ratios, "verdict": self.verdict}
        for name in ("ours", "reference", "ratios"):
            if values := data[name]:
                data[f"{name}_median"] = statistics.median(values)
        return data


def shown(values: Sequence[float], form: str) -> str:
    if not values:
        return "-"
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:{form}} ({low:{form}}-{high:{form}})"


def _form(values: Sequence[float]) -> str:
    middle = statistics.median(values) if values else 0
    return ",.0f" if middle >= 100 else ".1f" if middle >= 10 else ".2f"


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table: median (min-max) of each."""
    lines = [("what", "database", "ours", "reference", "ratio", "aim", "")]
    for each in figures:
        lines.append(
            (
                f"{each.name}, {each.unit}",
                each.database,
                shown(each.ours, _form(each.ours)),
                shown(each.reference, _form(each.reference)),
                shown(each.ratios, ".2f"),
                str(each.aim or ""),
                each.verdict,
            )
        )
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
