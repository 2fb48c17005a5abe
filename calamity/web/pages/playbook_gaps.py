"""What a playbook asks for and nobody here is bound to yet, as pages show it."""

from collections.abc import Iterable
from itertools import groupby

from calamity.actions.bindings import Gap
from calamity.web.language import Language
from calamity.web.views.playbook_transfer import GapLine


def gap_lines(gaps: Iterable[Gap], language: Language) -> tuple[GapLine, ...]:
    """Return the gaps by kind; what several playbooks lack is named once."""
    kinds = sorted(gaps, key=lambda gap: _ORDER.index(gap.kind))
    return tuple(
        GapLine(
            kind,
            room,
            tuple(dict.fromkeys(_named(gap, language) for gap in found)),
        )
        for (kind, room), found in groupby(kinds, key=lambda gap: (gap.kind, gap.room))
    )


_ORDER = ("map", "role", "audience", "circle", "neighbourhood")


def _named(gap: Gap, language: Language) -> str:
    name = gap.name.in_language(language.code)
    if gap.kind != "role":
        return name
    # The code is what stands in the file of people.
    name = f"{name} ({gap.code})"
    if gap.needed == 1:
        return name
    return language.text(
        "%(name)s: %(held)s of %(needed)s", name=name, held=gap.held, needed=gap.needed
    )
