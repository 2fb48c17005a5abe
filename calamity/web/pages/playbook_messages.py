"""The messages of a playbook or a block to read, by who hears them."""

from collections.abc import Iterator

from calamity.domain.playbook import CallOut, Dispatch, Group, Message, Playbook, Round
from calamity.domain.playbook_prose import audience_name
from calamity.domain.texts import segments
from calamity.web.language import Language
from calamity.web.views import playbook as views
from calamity.web.views.start import PlannedText


def message_groups(playbook: Playbook, language: Language) -> tuple[views.MessageGroup, ...]:
    """Return the messages by the audience that hears them first, in the order of the steps.

    What no step sends stands apart, under no title.
    """
    first: dict[str, str] = {}
    for title, code in _heard(playbook, language):
        first.setdefault(code, title)
    found: dict[str, list[views.MessageView]] = {title: [] for title in (*first.values(), "")}
    for message in playbook.messages:
        found[first.get(message.code, "")].append(_view(message))
    return tuple(views.MessageGroup(title, tuple(each)) for title, each in found.items() if each)


def _heard(playbook: Playbook, language: Language) -> Iterator[tuple[str, str]]:
    """Yield (title of who hears it, code of the message) of every act that sends."""
    teams = [each.title for each in playbook.audiences if each.of is Group.RAPID_TEAM]
    team = teams[0].in_language(language.code) if teams else language.text("Rapid team")
    for step in playbook.steps:
        match step.act:
            case CallOut(message=call, reminder=reminder, deputy=deputy, enough=enough):
                yield from ((team, code) for code in (call, reminder, deputy, enough))
            case Dispatch(audience=audience, message=code):
                yield audience_name(playbook, audience).in_language(language.code), code
            case Round(audiences=audiences, message=code):
                for audience in audiences:
                    yield audience_name(playbook, audience).in_language(language.code), code
            case _:
                pass


def _view(message: Message) -> views.MessageView:
    return views.MessageView(
        code=message.code,
        kind=message.kind.value,
        texts=tuple(_text(spoken, text) for spoken, text in message.texts.items()),
        alarm=message.alarm,
    )


def _text(language: str, text: str) -> PlannedText:
    size = segments(text)
    return PlannedText(
        language=language,
        people=0,
        text=text,
        characters=size.units,
        parts=size.parts,
        alphabet=size.encoding,
    )
