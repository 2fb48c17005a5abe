"""What a person sees of a text before it leaves: its cost, why, and what to look at again."""

from calamity.actions.write import Draft
from calamity.domain.texts import clean_for_display, costly_characters, room_in, segments
from calamity.web.views.people import Costly, TextCheck


def text_check(draft: Draft) -> TextCheck:
    """Return the check of a text that a person wrote."""
    cost = segments(draft.body)
    return TextCheck(
        text=clean_for_display(draft.body),
        units=cost.units,
        parts=cost.parts,
        room=room_in(cost),
        alphabet=cost.encoding,
        costly=costly(draft.body),
        found=tuple(
            clean_for_display(draft.words[found.start : found.end]) for found in draft.findings
        ),
    )


def costly(body: str) -> tuple[Costly, ...]:
    """Return the characters that make a text dearer."""
    return tuple(
        Costly(_named(each.char), each.count, each.units, each.forces_long, each.suggestion)
        for each in costly_characters(body)
    )


def _named(char: str) -> str:
    """Return a character that can be seen."""
    return char if char.isprintable() and not char.isspace() else f"U+{ord(char):04X}"
