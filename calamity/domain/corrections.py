"""Corrections: who read in a text what is no longer so, and what they should hear."""

from collections.abc import Sequence

from msgspec import Struct

from calamity.domain.matters import Matter, Version
from calamity.domain.timeline import DispatchQueued

CORRECTION = "correction"
LOOP_BACK = "loop-back"
FACT = "fact"
"""The codes under which words leave that no playbook holds."""


class Stale(Struct, frozen=True):
    """Versions of a fact that hold no longer, and the dispatches that nobody corrected."""

    versions: tuple[int, ...] = ()
    dispatches: tuple[str, ...] = ()
    was_corrected: bool = False


def readers_of(matter: Matter, queued: Sequence[DispatchQueued]) -> list[str]:
    """Return the dispatches whose words held a fact, in whichever version."""
    if matter.kind != "fact":
        return []
    return [
        each.dispatch_id
        for each in queued
        if any(_held(version, each) for version in matter.versions)
    ]


def to_correct(matter: Matter, queued: Sequence[DispatchQueued]) -> Stale:
    """Return which words of a fact left the house, hold no longer, and were not corrected since.

    *queued* is in order of time: a correction reaches those who read the words before it.
    """
    if matter.kind != "fact":
        return Stale()
    old = [
        each for each in matter.versions if not matter.is_open or each.said.text != matter.now.text
    ]
    versions, dispatches = [], []
    was_corrected = False
    for place, each in enumerate(queued):
        told = [one.seq for one in old if one.seq not in each.corrects and _held(one, each)]
        since = {seq for later in queued[place + 1 :] for seq in later.corrects}
        left = [seq for seq in told if seq not in since]
        was_corrected = was_corrected or len(left) < len(told)
        if left:
            versions += left
            dispatches.append(each.dispatch_id)
    return Stale(tuple(sorted(set(versions))), tuple(dispatches), was_corrected and not dispatches)


def _held(version: Version, queued: DispatchQueued) -> bool:
    """Say whether a dispatch told this: it says so itself, or the words stand in its text."""
    words = _plain(version.said.text)
    return version.seq in queued.facts or any(
        words in _plain(text) for text in queued.texts.values()
    )


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".!").casefold()


_DRAFTS = {
    "nl": (
        "Verbetering. Eerder schreven we: {old}. Dat klopt niet meer. {now}"
        "Vragen? Bel {phone}. {sender}",
        "Nu weten we: {new}. ",
    ),
    "en": (
        "Correction. We wrote before: {old}. That is no longer so. {now}"
        "Questions? Call {phone}. {sender}",
        "What we know now: {new}. ",
    ),
}


def draft_correction(matter: Matter, stale: Stale) -> dict[str, str]:
    """Return the words of a correction by language, for a person to read and to change."""
    old = next(each for each in reversed(matter.versions) if each.seq in stale.versions)
    drafts = {}
    for language, (words, then) in _DRAFTS.items():
        now = then.replace("{new}", _sentence(matter.now.text)) if matter.is_open else ""
        drafts[language] = words.replace("{old}", _sentence(old.said.text)).replace("{now}", now)
    return drafts


def _sentence(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
