"""The report in words, in Dutch or English, to read out or to send on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from calamity.domain.picture import Cell
from calamity.web.language import Language

if TYPE_CHECKING:
    from calamity.web.api.report import Report
    from calamity.web.api.rounds import PublishedPicture

_NL = {
    "exercise": "OEFENING",
    "as_of": "Stand van {at}",
    "closed": "Gesloten op {at}.",
    "phase": "Fase: {value}, sinds {at}.",
    "social": "Sociaal niveau: {value}, sinds {at}. {reason}",
    "grip": "GRIP: {value}, sinds {at}. {reason}",
    "threat": "Dreigingsniveau: {value}, sinds {at}. {reason}",
    "summary": "In het kort ({at}):",
    "no_summary": "Er is nog geen samenvatting geschreven.",
    "next": "Volgende bericht: {at}.",
    "picture": "Stemming per wijk, ronde {number} ({at}):",
    "no_picture": "Er is nog geen beeld van de stemming: er is nog geen ronde gesloten.",
    "coverage": "Gevraagd: {asked} mensen. Antwoord: {answered}.",
    "unknown": "te weinig om te noemen",
    "mood": "{names}: {mood}, {word}. Minstens {behind} mensen. {spread}",
    "too_few": "{names}: te weinig antwoorden.",
    "not_asked": "Niemand gevraagd: {names}.",
    "close": "De antwoorden lijken op elkaar.",
    "mixed": "De antwoorden lopen uiteen.",
    "impression": "Een stemming is een indruk, geen meting.",
    "told": "Wat we stuurden:",
    "nothing_told": "We stuurden nog niets.",
    "telling": "{at}, {who} ({people}): {text}",
}
_EN = {
    "exercise": "EXERCISE",
    "as_of": "As of {at}",
    "closed": "Closed on {at}.",
    "phase": "Phase: {value}, since {at}.",
    "social": "Social level: {value}, since {at}. {reason}",
    "grip": "GRIP: {value}, since {at}. {reason}",
    "threat": "Threat level: {value}, since {at}. {reason}",
    "summary": "In short ({at}):",
    "no_summary": "No summary has been written yet.",
    "next": "Next update: {at}.",
    "picture": "Mood per neighbourhood, round {number} ({at}):",
    "no_picture": "There is no picture of the mood yet: no round has closed.",
    "coverage": "Asked: {asked} people. Answered: {answered}.",
    "unknown": "too few to say",
    "mood": "{names}: {mood}, {word}. At least {behind} people. {spread}",
    "too_few": "{names}: too few answers.",
    "not_asked": "Nobody asked: {names}.",
    "close": "The answers are alike.",
    "mixed": "The answers differ.",
    "impression": "A mood is an impression, not a measurement.",
    "told": "What we sent:",
    "nothing_told": "We sent nothing yet.",
    "telling": "{at}, {who} ({people}): {text}",
}
# The same words as on the pages, by the mood they stand for.
_MOODS = ("", "calm", "some tension", "restless", "tense", "unsafe")


def in_words(report: "Report", language: str, zone: ZoneInfo) -> str:
    """Return the report as plain text."""
    return "\n".join(_Writer(report, language, zone).lines()) + "\n"


class _Writer:
    """Writes one report in one language."""

    def __init__(self, report: "Report", language: str, zone: ZoneInfo) -> None:
        self._report = report
        self._code = language
        self._words = _EN if language == "en" else _NL
        self._say = Language(language, zone)

    def lines(self) -> Iterator[str]:
        """Write the report line by line."""
        report, calamity = self._report, self._report.calamity
        if calamity.is_exercise:
            yield self._words["exercise"]
        yield calamity.title
        yield self._words["as_of"].format(at=self._say.moment(report.made_at))
        if calamity.closed_at is not None:
            yield self._words["closed"].format(at=self._say.moment(calamity.closed_at))
        yield ""
        yield from self._standing()
        yield ""
        yield from self._summary()
        yield ""
        yield from self._picture(report.picture)
        yield ""
        yield from self._told()

    def _standing(self) -> Iterator[str]:
        phase = self._report.phase
        title = phase.title.in_language(self._code) if phase.title else phase.code
        yield self._words["phase"].format(value=title, at=self._say.moment(phase.since))
        for level in self._report.levels:
            yield (
                self._words[level.kind]
                .format(value=level.value, at=self._say.moment(level.since), reason=level.reason)
                .strip()
            )

    def _summary(self) -> Iterator[str]:
        summary = self._report.summary
        if summary is None:
            yield self._words["no_summary"]
        else:
            yield self._words["summary"].format(at=self._say.moment(summary.at))
            yield from (f"- {sentence}" for sentence in summary.sentences)
        if self._report.next_update_at is not None:
            yield self._words["next"].format(at=self._say.moment(self._report.next_update_at))

    def _picture(self, published: "PublishedPicture | None") -> Iterator[str]:
        if published is None:
            yield self._words["no_picture"]
            return
        picture, at = published.picture, self._say.moment(published.published_at)
        yield self._words["picture"].format(number=published.number, at=at)
        answered = self._words["unknown"] if picture.answered is None else picture.answered
        yield self._words["coverage"].format(asked=picture.asked, answered=answered)
        yield from (f"- {self._cell(cell)}" for cell in picture.groups)
        if picture.white_spots:
            yield "- " + self._words["not_asked"].format(names=self._names(picture.white_spots))
        yield self._words["impression"]

    def _names(self, codes: tuple[str, ...]) -> str:
        return ", ".join(self._report.places.get(code, code) for code in codes)

    def _cell(self, cell: Cell) -> str:
        names = self._names(cell.places)
        if cell.mood is None:
            return self._words["too_few"].format(names=names)
        return (
            self._words["mood"]
            .format(
                names=names,
                mood=cell.mood,
                word=self._say.text(_MOODS[cell.mood]),
                behind=cell.behind,
                spread=self._words[cell.spread] if cell.spread else "",
            )
            .strip()
        )

    def _told(self) -> Iterator[str]:
        if not self._report.told:
            yield self._words["nothing_told"]
            return
        yield self._words["told"]
        for told in self._report.told:
            text = told.texts.get(self._code) or next(iter(told.texts.values()))
            who = told.title.in_language(self._code) if told.title else told.audience
            at = self._say.moment(told.at)
            line = self._words["telling"]
            yield "- " + line.format(at=at, who=who, people=told.recipients, text=text)
