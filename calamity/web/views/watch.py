"""The watch: the rapid team alone, and the two ways in which it ends."""

from datetime import datetime

from msgspec import Struct

from calamity.web.views.frame import Form
from calamity.web.views.start import PlannedDispatch


class Watch(Struct, frozen=True, forbid_unknown_fields=True):
    """That nobody outside the rapid team hears from us: since when, why, and who decided it."""

    since: datetime
    reason: str | None = None
    """Nothing once these words are erased."""
    by: str = ""


class WatchEnd(Struct, frozen=True, forbid_unknown_fields=True):
    """One way to end a watch, and what would leave."""

    dispatches: tuple[PlannedDispatch, ...] = ()
    people: int = 0
    """Who get a text at once."""


class WatchPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The page on which a person decides: go on with everything, or stand down."""

    calamity: str
    title: str
    watch: Watch
    go_on: WatchEnd
    stand_down: WatchEnd
    failed: str = ""
    """Which form was refused: go-on or stand-down."""
    form: Form = Form()
