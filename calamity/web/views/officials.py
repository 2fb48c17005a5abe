"""The officials' page: now, as it was before, on a wall; and their requests for an update."""

from datetime import datetime

from msgspec import Struct

from calamity.web.views.frame import Form
from calamity.web.views.room import Mended, PicturePart, Summary, TaskLine


class Told(Struct, frozen=True, forbid_unknown_fields=True):
    """What we told whom, verbatim."""

    at: datetime
    audience: str
    people: int
    text: str
    language: str = "nl"
    mended: Mended | None = None


class RequestLine(Struct, frozen=True, forbid_unknown_fields=True):
    """An update that was asked for, by name, and what came of it."""

    sequence: int
    at: datetime
    by: str
    role: str
    words: str | None = None
    answered_at: datetime | None = None
    answer: str | None = None


class Situation(Struct, frozen=True, forbid_unknown_fields=True):
    """The officials' words: three sentences with their author and time, and when the next come."""

    calamity: str
    sentences: tuple[str, ...] = ()
    by: str | None = None
    at: datetime | None = None
    is_erased: bool = False
    """Whether sentences were written of which the words were erased."""
    mended: Mended | None = None
    next_update_at: datetime | None = None
    overdue: bool = False
    requests: tuple[RequestLine, ...] = ()
    """What was asked and is open, or was answered in words lately; the newest first."""
    decisions: tuple[TaskLine, ...] = ()
    told: tuple[Told, ...] = ()
    told_more: int = 0
    """How many older ones are not shown."""
    closed: bool = False
    report: int | None = None
    """The last released version of the situation report."""
    report_at: datetime | None = None
    form: Form = Form()

    @property
    def open_requests(self) -> tuple[RequestLine, ...]:
        """The requests that nobody answered yet."""
        return tuple(each for each in self.requests if each.answered_at is None)


class Officials(Struct, frozen=True, forbid_unknown_fields=True):
    """The officials' page: one screen."""

    summary: Summary
    situation: Situation
    picture: PicturePart


class Wall(Struct, frozen=True, forbid_unknown_fields=True):
    """The same for a wall, as the one part that it is made of."""

    calamity: str
    summary: Summary
    situation: Situation
    picture: PicturePart


class WallEnd(Struct, frozen=True, forbid_unknown_fields=True):
    """What a wall says of its own sign-in; when that ends is in the frame."""

    calamity: str


class TurnLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A minute in which something else came to stand on the page."""

    step: int
    at: datetime
    address: str
    words: tuple[str, ...]


class Past(Struct, frozen=True, forbid_unknown_fields=True):
    """The officials' page as it was at an earlier minute."""

    at: datetime
    written: str
    """The minute as its control holds it, in local time."""
    earliest: str
    latest: str
    officials: Officials
    turns: tuple[TurnLine, ...]
    step: int
    """Which of the turns was the last one by then."""
    before: TurnLine | None = None
    after: TurnLine | None = None


class RequestPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Where an official asks for an update."""

    calamity: str
    title: str
    next_update_at: datetime | None
    overdue: bool
    requests: tuple[RequestLine, ...]
    own: RequestLine | None = None
    """What this official asked and is still open."""
    closed: bool = False
    form: Form = Form()


class AnswerPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a coordinator answers a request."""

    calamity: str
    title: str
    request: RequestLine
    closed: bool = False
    form: Form = Form()
