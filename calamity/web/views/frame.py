"""What surrounds every page: who looks, in which language, and which banners must be seen."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

_SOON = timedelta(minutes=30)


class Viewer(Struct, frozen=True, forbid_unknown_fields=True):
    """The person who is signed in. *may* names the pages and acts that are open to them."""

    name: str
    role: str
    may: frozenset[str] = frozenset()
    id: str = ""
    """Whose a form is that waits on this device for a connection."""


class Flash(Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence about what just happened, shown once."""

    text: str
    kind: Literal["done", "problem"] = "done"


class Exercise(Struct, frozen=True, forbid_unknown_fields=True):
    """Marks a page of an exercise: own colour, own banner."""

    title: str
    tempo: int = 1


class Stream(Struct, frozen=True, forbid_unknown_fields=True):
    """The live stream that a page follows, from the last line that it already shows."""

    calamity: str
    after: int


class Dress(Struct, frozen=True, forbid_unknown_fields=True):
    """How the pages of a municipality look: where its style sheet and its logo are."""

    sheet: str
    logo: str | None = None
    without_our_font: bool = False
    """Whether the device's own font is used, so that ours need not come."""


class Frame(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that a page needs besides its own content."""

    language: Literal["nl", "en"]
    nonce: str
    csrf_token: str
    at: datetime
    here: str
    municipality: str
    viewer: Viewer | None = None
    sandbox: bool = False
    phones_url: str | None = None
    exercise: Exercise | None = None
    flash: Flash | None = None
    stream: Stream | None = None
    glass_until: datetime | None = None
    """Until when the viewer has the rights of a coordinator by breaking the glass."""
    alarms: int = 0
    """How many times a colleague did so that nobody has judged yet."""
    dress: Dress | None = None
    alarm: str | None = None
    """The last of these."""
    there: str = "/"
    """Where this page can be asked for again, as in another language."""
    ends_at: datetime | None = None
    """When the viewer must sign in again, however busy they are."""

    @property
    def ends_soon(self) -> bool:
        """Tell whether that is so near that it must be said."""
        return self.ends_at is not None and self.ends_at - self.at <= _SOON

    @property
    def ends_in(self) -> int | None:
        """In how many seconds this is otherwise: until it must be said, and then until it ends."""
        if self.ends_at is None:
            return None
        moment = self.ends_at if self.ends_soon else self.ends_at - _SOON
        return max(int((moment - self.at).total_seconds()), 0) + 1

    def may(self, act: str) -> bool:
        """Tell whether the viewer may do this: deny by default."""
        return self.viewer is not None and act in self.viewer.may


class Form(Struct, frozen=True, forbid_unknown_fields=True):
    """What was filled in and what is wrong with it, by field; empty at first."""

    values: dict[str, str] = {}
    chosen: dict[str, tuple[str, ...]] = {}
    errors: dict[str, str] = {}

    def value(self, field: str) -> str:
        """Return what was filled in, to show it again."""
        return self.values.get(field, "")

    def error(self, field: str) -> str | None:
        """Return what is wrong with a field."""
        return self.errors.get(field)

    def has(self, field: str, choice: str) -> bool:
        """Tell whether a choice was ticked."""
        return choice in self.chosen.get(field, ()) or self.values.get(field) == choice


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The sign-in page; *next* is where to go after."""

    form: Form = Form()
    next: str = "/"
    provider: bool = False
    """Whether people of the municipality sign in with their work account."""


class Onward(Struct, frozen=True, forbid_unknown_fields=True):
    """A page that goes on to another site by itself."""

    address: str
    title: str
    words: str


class Problem(Struct, frozen=True, forbid_unknown_fields=True):
    """An error page: the kind decides the words; *advice* says what to do, when we know."""

    kind: Literal["not-found", "forbidden", "conflict", "refused", "unavailable", "broken"]
    reference: str
    advice: str | None = None
