"""A playbook to read: on paper, or where there is no Calamity."""

from collections.abc import Iterable, Iterator

from calamity.domain.playbook import (
    CallOut,
    Card,
    Decision,
    Dispatch,
    FactCard,
    Measure,
    Meeting,
    Message,
    Playbook,
    Prose,
    Round,
    RumourList,
    Step,
    Words,
)
from calamity.domain.playbook_prose import (
    Said,
    audience_name,
    choice,
    clock,
    condition,
    in_its_words,
    joined,
    length,
    moment,
    named,
    repeated,
    role_name,
    said_of,
)


def as_markdown(playbook: Playbook, language: str) -> str:
    """Return a whole playbook as Markdown, in Dutch or in English."""
    return "\n".join(_Writer(playbook, language).lines()) + "\n"


class _Writer:
    """Writes the parts of one playbook in one language."""

    def __init__(self, playbook: Playbook, language: str) -> None:
        self._playbook, self._language = playbook, language

    def _say(self, nl: str, en: str, **parts: Said) -> str:
        return Said(nl, en).filled(**parts).in_language(self._language)

    def _words(self, words: Words | Prose) -> str:
        return words.in_language(self._language)

    def lines(self) -> Iterator[str]:
        """Return the text, line by line."""
        playbook = self._playbook
        yield f"# {self._words(playbook.title)}"
        yield ""
        yield self._say("Versie {n}", "Version {n}", n=said_of(playbook.version))
        yield ""
        yield self._words(playbook.purpose)
        yield from self._listed("Aanleiding", "Triggers", playbook.triggers)
        yield from self._listed("Wat we doen", "What we do", playbook.limits.we_do)
        yield from self._listed("Wat we niet doen", "What we do not do", playbook.limits.we_do_not)
        yield from self._levels()
        yield from self._roles()
        yield from self._steps()
        yield from self._listed("Stoppen als", "Stop when", [stop.text for stop in playbook.stop])
        yield from self._messages()
        for card in playbook.cards:
            yield from self._card(card)
        yield from self._listed("Wat er nieuw is", "What is new", playbook.changes)

    def _listed(self, nl: str, en: str, items: Iterable[Words]) -> Iterator[str]:
        lines = [f"- {self._words(item)}" for item in items]
        if lines:
            yield from ("", f"## {self._say(nl, en)}", "", *lines)

    def _levels(self) -> Iterator[str]:
        playbook = self._playbook
        yield from self._listed("Vragen", "Questions", [each.text for each in playbook.questions])
        if not playbook.levels:
            return
        yield from ("", f"## {self._say('Sociaal niveau', 'Social level')}", "")
        for rule in playbook.levels:
            yield "- " + self._say(
                "Niveau {level}: als {when}.",
                "Level {level}: if {when}.",
                level=said_of(rule.level),
                when=condition(rule.when, playbook),
            )

    def _roles(self) -> Iterator[str]:
        yield from ("", f"## {self._say('Snelteam', 'Rapid team')}", "")
        for role in self._playbook.roles:
            least = self._say("minstens {n}", "at least {n}", n=said_of(role.minimum))
            yield f"- **{self._words(role.title)}** ({least}): {self._words(role.task)}"

    def _steps(self) -> Iterator[str]:
        for phase in self._playbook.phases:
            yield from ("", f"## {self._words(phase.title)}")
            for step in self._playbook.steps:
                if step.phase == phase.code:
                    yield from self._step(step)

    def _step(self, step: Step) -> Iterator[str]:
        playbook = self._playbook
        yield from ("", f"### {step.code} {self._words(step.title)}", "")
        yield "- " + self._say(
            "Wie: {role}. Klaar: {due}.",
            "Who: {role}. Done: {due}.",
            role=role_name(playbook, step.role),
            due=moment(step.due, playbook),
        )
        if step.who != "municipality":
            yield "- " + self._say("Gedaan door {who}.", "Done by {who}.", who=choice(step.who))
        if step.when:
            yield "- " + self._say(
                "Alleen als {when}.", "Only if {when}.", when=condition(step.when, playbook)
            )
        if step.repeat:
            yield "- " + self._say(
                "Herhalen: {how}.", "Repeat: {how}.", how=repeated(step.repeat, playbook)
            )
        if step.act:
            yield f"- {self._act(step)}"
        if step.evidence:
            yield f"- {self._say('Gedaan als', 'Done when')}: {self._words(step.evidence)}"
        if step.cards:
            cards = joined([named(playbook.cards, code) for code in step.cards])
            yield "- " + self._say("Kaarten: {cards}.", "Cards: {cards}.", cards=cards)
        if step.help:
            yield from ("", self._words(step.help))

    def _act(self, step: Step) -> str:
        playbook = self._playbook
        match step.act:
            case CallOut() as act:
                return self._say(
                    "Oproep van {roles}: {quota} mensen, vervanger na {deputy}.",
                    "Call-out of {roles}: {quota} people, deputy after {deputy}.",
                    roles=joined([role_name(playbook, code) for code in act.roles]),
                    quota=said_of(act.quota),
                    deputy=length(act.deputy_after),
                )
            case Dispatch(audience=audience, message=message):
                return self._say(
                    "Bericht {message} aan {audience}.",
                    "Message {message} to {audience}.",
                    message=said_of(message),
                    audience=audience_name(playbook, audience),
                )
            case Round() as act:
                return self._say(
                    "Ronde onder {audiences}: bericht {message}, sluit na {length}.",
                    "Round among {audiences}: message {message}, closes after {length}.",
                    audiences=joined([audience_name(playbook, code) for code in act.audiences]),
                    message=said_of(act.message),
                    length=length(act.closes_after),
                )
        return self._form(step)

    def _form(self, step: Step) -> str:
        """Write an act that puts a form before a person."""
        match step.act:
            case Decision(question=question, options=options):
                lines = [f"{self._say('Besluit', 'Decision')}: {self._words(question)}"]
                lines += [self._words(option) for option in options]
            case Meeting(points=points):
                lines = [
                    self._say(
                        "Overleg: beeld, oordeel, besluit", "Meeting: picture, judgement, decision"
                    )
                ]
                lines += [self._words(point) for point in points]
            case FactCard() as card:
                lines = [self._say("Feitenkaart", "Fact card")]
                for each in (
                    card.we_know,
                    card.we_do_not_know,
                    card.we_do,
                    card.we_do_not,
                    card.you_can,
                ):
                    lines += [self._words(line) for line in each]
            case RumourList(owner_within=within):
                lines = [
                    self._say(
                        "Geruchtenlijst: eigenaar binnen {length}",
                        "Rumour list: an owner within {length}",
                        length=length(within),
                    )
                ]
            case Measure(what=what, lasts=lasts):
                lines = [
                    self._say(
                        "Maatregel, eindigt na {length}",
                        "Measure, ends after {length}",
                        length=length(lasts),
                    )
                ]
                lines.append(self._words(what))
            case _:
                lines = []
        return "\n  - ".join(lines)

    def _messages(self) -> Iterator[str]:
        quiet = self._playbook.quiet_hours
        yield from ("", f"## {self._say('Berichten', 'Messages')}", "")
        yield self._say(
            "Rusttijd van {start} tot {end}.",
            "Quiet hours from {start} to {end}.",
            start=clock(quiet.start),
            end=clock(quiet.end),
        )
        for message in self._playbook.messages:
            yield from ("", f"### {message.code}", "")
            yield from self._texts(message)

    def _texts(self, message: Message) -> Iterator[str]:
        for spoken, text in message.texts.items():
            name = self._say("{name} tekst", "{name} text", name=in_its_words(spoken))
            yield f"- {name}: {text}"
        for audience, texts in message.for_audience.items():
            whom = audience_name(self._playbook, audience).in_language(self._language)
            for spoken, text in texts.items():
                name = self._say("{name} tekst", "{name} text", name=in_its_words(spoken))
                yield f"- {name}, {whom}: {text}"

    def _card(self, card: Card) -> Iterator[str]:
        kind = self._say("Kaart", "Card")
        yield from ("", f"## {kind}: {self._words(card.title)}", "", self._words(card.purpose))
        if card.people:
            yield from ("", self._words(card.people))
        for need in card.needs:
            yield f"- {self._words(need)}"
        for section in card.sections:
            yield from ("", f"### {self._words(section.heading)}", "")
            yield from (f"- {self._words(line)}" for line in section.lines)
