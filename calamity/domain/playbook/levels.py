"""What sets a playbook off, which social level it proposes, and when it may stop."""

from typing import Annotated, Literal

from msgspec import Meta

from calamity.domain.playbook.formula import Formula
from calamity.domain.playbook.words import Code, Part, Prose, Words


class Question(Part, frozen=True):
    """A question with yes, no or unknown as its answer; formulas name it by its code."""

    code: Code
    text: Words
    help: Prose | None = None


class LevelRule(Part, frozen=True):
    """Propose this social level when the answers fulfil a formula; a person decides.

    Of several rules that hold, the highest level counts; of none, level 0.
    """

    level: Annotated[int, Meta(ge=1, le=3)]
    when: Formula
    unknown: Annotated[
        Literal["yes", "no"], Meta(description="What an answer that nobody knows counts as.")
    ] = "no"


class StopCondition(Part, frozen=True):
    """What must be so before the response is closed, unless somebody says why not."""

    code: Code
    text: Words
