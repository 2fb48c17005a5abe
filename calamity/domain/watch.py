"""The watch: the rapid team alone is at work, because nobody knows yet what this is.

Until a person ends it, no step of any playbook in the calamity reaches somebody outside the team.
For a step that was held, what happened before the watch ended counts as having happened then: "half
an hour after T0" is half an hour after the words could first leave, and nothing is late at once.
"""

from datetime import datetime

from msgspec import Struct

from calamity.domain.playbook import CallOut, Dispatch, Group, Playbook, Round, Step

WATCH = "watch"
"""What a task waits for that would reach somebody outside the team."""


class Watch(Struct, frozen=True):
    """Since when a calamity is on watch, and when a person ended it."""

    since: datetime
    ended_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether nobody outside the team may hear from us."""
        return self.ended_at is None


def reaches_outside(step: Step, playbook: Playbook) -> bool:
    """Tell whether a step reaches somebody outside the rapid team, or is for them to do."""
    match step.act:
        case Dispatch(audience=audience):
            return playbook.audience(audience).of is not Group.RAPID_TEAM
        case Round(audiences=audiences):
            return any(playbook.audience(each).of is not Group.RAPID_TEAM for each in audiences)
        case CallOut():
            return False
        case _:
            return step.who != "municipality"
