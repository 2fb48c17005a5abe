"""The emergency folder: a playbook on paper, for a night without screens.

It becomes a tagged PDF of `folder.typ`, or a page to print.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from calamity.actions.preview import TeamMember
from calamity.domain.playbook import Card, Phase, Playbook, Role, Step
from calamity.domain.playbook.expected import Expected
from calamity.domain.playbook_check import fingerprint
from calamity.domain.playbook_prose import condition, moment, repeated
from calamity.store.playbooks import PlaybookVersion
from calamity.web.language import Language
from calamity.web.sentences import N_
from calamity.web.typeset import typeset
from calamity.web.views.previews import (
    CheckLine,
    CheckPhase,
    Folder,
    PaperCard,
    PaperText,
    RoleCard,
)

_HOUR = 3600
_BLANKS = 3
_DAYS_IN_MONTH = 30.44
# The fonts of the folder write these; Arabic stays on the screen, where it can be read well.
_ON_PAPER = ("nl", "en", "tr", "pl", "uk")
_WORDS = {
    "folder": N_("Emergency folder"),
    "we_do": N_("What we do"),
    "we_do_not": N_("What we do not do"),
    "first_hour": N_("The first hour"),
    "checklist": N_("Checklist"),
    "roles": N_("Role cards"),
    "texts": N_("Texts"),
    "cards": N_("Cards"),
    "stop": N_("When may it stop?"),
    "done": N_("done"),
    "before": N_("Before"),
    "step": N_("Step"),
    "role": N_("Role"),
    "name": N_("Name"),
    "phone": N_("Phone number"),
    "page": N_("page"),
    "contents": N_("In this folder"),
    "fill_in": N_("Write names and numbers here by hand, and keep this folder under lock."),
    "gaps": N_("Fill in what stands between braces."),
}


def folder_of(
    playbook: Playbook,
    language: Language,
    municipality: str,
    *,
    version: PlaybookVersion | None = None,
    team: Sequence[TeamMember] = (),
    at: datetime,
) -> Folder:
    """Return the folder of a version, or of a draft; with the names of a *team* where given."""
    return _Folder(playbook, language, team).made(municipality, version, at)


class _Folder:
    """Writes the folder of one playbook in one language."""

    def __init__(self, playbook: Playbook, language: Language, team: Sequence[TeamMember]) -> None:
        self._playbook, self._language, self._code = playbook, language, language.code
        self._team = team

    def made(self, municipality: str, version: PlaybookVersion | None, at: datetime) -> Folder:
        """Return all of it."""
        playbook, code = self._playbook, self._code
        return Folder(
            language=code,
            title=playbook.title.in_language(code),
            municipality=municipality,
            purpose=playbook.purpose.in_language(code),
            facts=tuple(self._facts(version, at)),
            we_do=tuple(words.in_language(code) for words in playbook.limits.we_do),
            we_do_not=tuple(words.in_language(code) for words in playbook.limits.we_do_not),
            first_hour=tuple(self._line(step, full=False) for step in self._first_hour()),
            phases=tuple(self._phase(phase) for phase in playbook.phases),
            roles=tuple(self._role(role) for role in playbook.roles),
            texts=tuple(self._texts()),
            cards=tuple(self._card(card) for card in playbook.cards),
            stop=tuple(each.text.in_language(code) for each in playbook.stop),
            words={name: self._language.text(words) for name, words in _WORDS.items()},
        )

    def _facts(self, version: PlaybookVersion | None, at: datetime) -> Iterable[tuple[str, str]]:
        text = self._language.text
        yield text("Version"), str(self._playbook.version)
        yield text("Fingerprint (SHA-256)"), fingerprint(self._playbook)
        if version is None or version.approved_at is None:
            yield text("State"), text("Not approved. Only to read and to practise with.")
        else:
            yield text("Approved on"), self._language.long_day(version.approved_at)
        months = self._playbook.valid_months
        yield (
            text("Valid"),
            self._language.plural(
                "%(num)s month after approval", "%(num)s months after approval", months
            ),
        )
        yield text("Printed on"), self._language.long_day(at)

    def _first_hour(self) -> list[Step]:
        plan = Expected(self._playbook)
        dues = ((plan.seconds(step.due), step) for step in self._playbook.steps)
        soon = [(due, step) for due, step in dues if due is not None and due <= _HOUR]
        return [step for _, step in sorted(soon, key=lambda each: each[0])]

    def _phase(self, phase: Phase) -> CheckPhase:
        steps = [step for step in self._playbook.steps if step.phase == phase.code]
        return CheckPhase(
            phase.title.in_language(self._code),
            _capital(moment(phase.starts, self._playbook).in_language(self._code)),
            tuple(self._line(step, full=True) for step in steps),
        )

    def _line(self, step: Step, *, full: bool) -> CheckLine:
        return CheckLine(
            step.code,
            step.title.in_language(self._code),
            self._playbook.role(step.role).title.in_language(self._code),
            _capital(moment(step.due, self._playbook).in_language(self._code)),
            tuple(self._how(step)) if full else (),
        )

    def _how(self, step: Step) -> Iterable[str]:
        text, code = self._language.text, self._code
        if step.when:
            said = condition(step.when, self._playbook).in_language(code)
            yield text("Only if: %(condition)s.", condition=said)
        if step.repeat:
            yield f"{_capital(repeated(step.repeat, self._playbook).in_language(code))}."
        if step.help:
            yield step.help.in_language(code)
        used = getattr(step.act, "message", None)
        if used:
            yield text("Text: %(code)s.", code=used)
        if step.cards:
            named = (self._playbook.card(card).title.in_language(code) for card in step.cards)
            yield text("Card: %(names)s.", names=", ".join(named))
        if step.evidence:
            yield text("Done when: %(evidence)s", evidence=step.evidence.in_language(code))

    def _role(self, role: Role) -> RoleCard:
        here = [member for member in self._team if member.role == role.code]
        text = self._language.text
        apart = ", ".join(
            self._playbook.role(code).title.in_language(self._code) for code in role.not_with
        )
        return RoleCard(
            role.title.in_language(self._code),
            role.task.in_language(self._code),
            text("Not the same person as: %(roles)s.", roles=apart) if apart else "",
            tuple(f"{member.rank}. {member.name}, {member.phone}" for member in here),
            max(_BLANKS - len(here), 1),
            tuple(
                self._line(step, full=False)
                for step in self._playbook.steps
                if step.role == role.code
            ),
        )

    def _texts(self) -> Iterable[PaperText]:
        for message in self._playbook.messages:
            written = [(language, text, "") for language, text in message.texts.items()]
            for audience, texts in message.for_audience.items():
                title = self._playbook.audience(audience).title.in_language(self._code)
                written += [(language, text, title) for language, text in texts.items()]
            for language, text, audience in written:
                if language in _ON_PAPER:
                    yield PaperText(message.code, audience, language, language.upper(), text)

    def _card(self, card: Card) -> PaperCard:
        code = self._code
        about = [
            self._language.plural("%(num)s minute", "%(num)s minutes", card.minutes)
            if card.minutes
            else "",
            card.people.in_language(code) if card.people else "",
            ", ".join(need.in_language(code) for need in card.needs),
        ]
        return PaperCard(
            card.title.in_language(code),
            " · ".join(filter(None, about)),
            card.purpose.in_language(code),
            tuple(
                (
                    part.heading.in_language(code),
                    tuple(line.in_language(code) for line in part.lines),
                )
                for part in card.sections
            ),
        )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


async def as_pdf(folder: Folder) -> bytes:
    """Return the folder as a tagged PDF."""
    return await typeset("folder", folder)
