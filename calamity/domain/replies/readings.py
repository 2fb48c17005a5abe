"""Every way in which a reply can be read."""

from msgspec import Struct


class _Read(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """One way in which a reply can be read."""


class Stop(_Read, frozen=True, tag="stop"):
    """No more messages."""


class Start(_Read, frozen=True, tag="start"):
    """Messages again."""


class Help(_Read, frozen=True, tag="help"):
    """Help wanted: after an attack this may be a cry for help, so a person must look."""


class CallMe(_Read, frozen=True, tag="call-me"):
    """Please call me."""


class Digit(_Read, frozen=True, tag="digit"):
    """One digit, whatever the question was."""

    value: int


class InWords(_Read, frozen=True, tag="in-words"):
    """The answer to a call-out in words: 1 coming, 2 cannot, 3 later.

    It is no Digit, since "later" must never count as a mood.
    """

    value: int


class Yes(_Read, frozen=True, tag="yes"):
    """Yes."""


class No(_Read, frozen=True, tag="no"):
    """No."""


class Coded(_Read, frozen=True, tag="coded"):
    """An answer with four digits beside it, which may be the code of a question."""

    answer: "Answer"
    code: str


class Pause(_Read, frozen=True, tag="pause"):
    """No messages for some days; then again."""

    days: int


class SomeoneElse(_Read, frozen=True, tag="someone-else"):
    """Somebody else has this number, or wants to be reached in another way."""


class Access(_Read, frozen=True, tag="access"):
    """What do you keep of me? A right, with a month to answer."""


class Tapback(_Read, frozen=True, tag="tapback"):
    """A reaction to our own text, which the phone quotes: no answer."""


class AutoReply(_Read, frozen=True, tag="auto-reply"):
    """Written by a device, such as a driving mode: no answer, and nothing to answer to."""


class Echo(_Read, frozen=True, tag="echo"):
    """Our own words, sent back by a device: no answer, and nothing to answer to."""


class Unclear(_Read, frozen=True, tag="unclear"):
    """For a person to read. *digit_hint* is the one digit among signs that are no words."""

    digit_hint: int | None = None


Answer = Yes | No | Digit | InWords
Reading = (
    Stop
    | Start
    | Help
    | CallMe
    | Pause
    | SomeoneElse
    | Access
    | Digit
    | InWords
    | Yes
    | No
    | Coded
    | Tapback
    | AutoReply
    | Echo
    | Unclear
)


def is_digit(reading: Reading) -> bool:
    """Say whether this reads as a mood, which nobody is shown, whether or not it counted."""
    if isinstance(reading, Coded):
        return isinstance(reading.answer, Digit)
    return isinstance(reading, Digit)
