"""One difference, in words."""

from msgspec import Struct

from calamity.domain.playbook_prose import Said


class Change(Struct, frozen=True):
    """One difference. *part* is where it is, such as `steps/S04`; *where* says it in words.

    *before* and *after* hold what to show side by side; None where there was or is nothing.
    """

    part: str
    where: Said
    said: Said
    before: Said | None = None
    after: Said | None = None
    field: str = ""
    """Which field of the language changed, such as `Step.due`; empty for a whole part."""

    @property
    def nl(self) -> str:
        """The difference in Dutch."""
        return f"{self.where.nl}: {self.said.nl}"

    @property
    def en(self) -> str:
        """The difference in English."""
        return f"{self.where.en}: {self.said.en}"
