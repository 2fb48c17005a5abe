"""What a coordinator should look at before a playbook starts, in words."""

from collections.abc import Sequence
from datetime import datetime

from calamity.domain.plan import Plan
from calamity.domain.playbook import Playbook
from calamity.store.playbooks import PlaybookVersion
from calamity.web.language import Language


def out_of_use(version: PlaybookVersion, language: Language, at: datetime) -> list[str]:
    """Warn of a version that somebody took out of use, or whose validity is over."""
    warnings = []
    if version.retired is not None:
        words = language.text(
            "This version was taken out of use: %(reason)s", reason=version.retired.reason
        )
        warnings.append(words)
    if version.good_until is not None and version.is_past_its_date(at):
        day = language.long_day(version.good_until)
        warnings.append(language.text("This version is past its date since %(day)s.", day=day))
    return warnings


def in_texts(planned: Plan, language: Language) -> list[str]:
    """Warn of a name, a number or a short link before it leaves in a text."""
    if not planned.warnings:
        return []
    return [
        language.text(
            "Look again at %(places)s: a name, a number or a short link will leave in the texts. "
            "Go back to change it, or start if it may leave.",
            places=", ".join(dict.fromkeys(each.words for each in planned.warnings)),
        )
    ]


def people_and_hours(planned: Plan, playbook: Playbook, language: Language) -> list[str]:
    """Warn of roles that nobody fills, and of texts that wait for the morning."""

    def titles(codes: Sequence[str]) -> str:
        return ", ".join(playbook.role(code).title.in_language(language.code) for code in codes)

    warnings = []
    if planned.roles_without_people:
        words = language.text(
            "Nobody can be called for: %(roles)s.", roles=titles(planned.roles_without_people)
        )
        warnings.append(words)
    alone = [
        code for code in planned.roles_without_deputy if code not in planned.roles_without_people
    ]
    if alone:
        warnings.append(language.text("There is no deputy for: %(roles)s.", roles=titles(alone)))
    if any(act.leaves_at > act.start_at for act in planned.acts if act.is_automatic):
        warnings.append(
            language.text("It is quiet hours for some people: their texts leave later.")
        )
    return warnings
