"""Why an inbound text waits for a person, or why texts come to nothing, in one sentence."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from calamity.domain.texts import clean_for_display
from calamity.gateways.carrier import meaning_of
from calamity.store.conversations import OtherWrote
from calamity.store.letters import LOCKED, Letter
from calamity.web.language import Language
from calamity.web.sentences import N_

# The law gives a month.
_TO_ANSWER = timedelta(days=30)
_ACCESS = "access"
_WHY = {
    "help": N_("Asks for help."),
    "call-me": N_("Wants to be called."),
    "late": N_("Answered after the question was closed. It does not count."),
    "no-code": N_("Answered without the code. We asked for it."),
    LOCKED: N_("Sent too many wrong codes. Call first; once handled, codes count again."),
    "someone-else": N_("Says that somebody else has this number. Find out before you write."),
    "pause": N_("Asked for a pause while a question was open."),
}


def why(letter: Letter, language: Language) -> str:
    """Return why this text waits; empty when its own words say it all."""
    said: list[str] = []
    if letter.meaning == _ACCESS:
        day = language.long_day(letter.received_at + _TO_ANSWER)
        said.append(language.text("Asks what we keep of them. Answer before %(day)s.", day=day))
    elif letter.meaning in _WHY:
        said.append(language.text(_WHY[letter.meaning]))
    if letter.media:
        said.append(
            language.text("Sent a picture or a file, which does not come through here. Ask.")
        )
    return " ".join(said)


def all_whys(letters: Iterable[Letter], language: Language) -> tuple[str, ...]:
    """Return, each once, why the texts that nobody handled wait."""
    waiting = [each for each in letters if each.handled_at is None]
    return tuple(dict.fromkeys(filter(None, (why(each, language) for each in waiting))))


def why_no_texts(since: datetime | None, code: int | None, language: Language) -> str | None:
    """Return since when texts to a number come to nothing, why, and what to do."""
    if since is None:
        return None
    meaning = meaning_of(code)
    words = language.text(
        "Texts to this number do not arrive since %(moment)s.", moment=language.moment(since)
    )
    return f"{words} {meaning.en if language.code == 'en' else meaning.nl}"


def why_check_stop(since: datetime | None, language: Language) -> str | None:
    """Return that a STOP waits for a call, while it does."""
    if since is None:
        return None
    return language.text(
        "Said STOP %(moment)s. Call to hear whether that was meant: somebody else may have sent "
        "it. Whoever wants our texts again sends START.",
        moment=language.moment(since),
    )


def why_other_wrote(other: OtherWrote | None, language: Language) -> str | None:
    """Return that a second official wrote to this person: when, who and why."""
    if other is None:
        return None
    return language.text(
        "%(name)s wrote to this person too, %(moment)s. The reason: %(reason)s",
        name=other.name,
        moment=language.moment(other.at),
        reason=clean_for_display(other.reason),
    )
