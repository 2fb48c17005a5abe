"""The ways in which Calamity says no; the edges turn each into a status and words."""


class CalamityError(Exception):
    """Something that a person can act on. The message says what to do and holds no personal data.

    *field* names the part of the input that is wrong, where there is one.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Mendable(CalamityError):
    """What whoever asked can mend, with other input or later: a page tells it in its place.

    Only who may not do a thing at all is sent away.
    """


class NotFound(Mendable):
    """What was asked for does not exist, or not for this municipality."""


class Conflict(Mendable):
    """The state of things does not allow this now: already done, closed, or changed by another."""


class Refused(Mendable):
    """A rule forbids it, whatever the state: wrong input, or a guard-rail of the design."""


class Forbidden(CalamityError):
    """The role of whoever asks may not do that."""


class Unavailable(Mendable):
    """A part outside the house does not answer; nothing is lost, and trying again is safe."""
