"""The report in words, in Dutch or English, to read out or to send on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from calamity.web.language import Language
from calamity.web.picture_words import picture_lines

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
    "no_picture": "Er is nog geen beeld van de stemming: er is nog geen ronde gesloten.",
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
    "no_picture": "There is no picture of the mood yet: no round has closed.",
    "told": "What we sent:",
    "nothing_told": "We sent nothing yet.",
    "telling": "{at}, {who} ({people}): {text}",
}


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
        yield from picture_lines(
            published.picture,
            published.number,
            published.published_at,
            self._report.places,
            self._say,
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
