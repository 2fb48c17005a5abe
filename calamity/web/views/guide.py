"""The first exercise: the offer on the start page, and what is done of it."""

from typing import Literal

from msgspec import Struct

Step = Literal["watch", "task", "fact", "round", "officials", "close"]
STEPS: tuple[Step, ...] = ("watch", "task", "fact", "round", "officials", "close")
"""The steps of a first exercise, in order."""


class Reach(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom the texts of an exercise reach in this installation."""

    phones: bool
    """Only practice phones on a screen."""
    numbers: int = 0
    """How many real numbers were set aside for exercises, where there are no practice phones."""


class FirstExercise(Struct, frozen=True, forbid_unknown_fields=True):
    """A first exercise, for who has not begun one here; nothing has been chosen yet."""

    slug: str
    title: str
    tempo: int
    reach: Reach


class Guide(Struct, frozen=True, forbid_unknown_fields=True):
    """How far a first exercise has come: what its timeline says was done."""

    calamity: str
    done: frozenset[Step]
    reach: Reach

    @property
    def now(self) -> Step | None:
        """The first step that is not done yet."""
        return next((step for step in STEPS if step not in self.done), None)
