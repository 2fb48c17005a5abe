"""What a field holds, in words, and what became of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from calamity.domain.playbook import CardSection, Playbook
from calamity.domain.playbook_changes.wording import Wording
from calamity.domain.playbook_prose import (
    Said,
    audience_name,
    choice,
    clock,
    condition,
    joined,
    language_name,
    length,
    lengths_changed,
    moment,
    moments_changed,
    named,
    phase_name,
    quoted,
    repeated,
    role_name,
    said_of,
)

LISTS = frozenset({"list", "roles", "audiences", "cards", "languages", "sections", "uses"})


Speaker = Callable[[Any, Playbook], Said]


def _section(section: CardSection, _: Playbook) -> Said:
    lines = [said_of(section.heading), *(said_of(line) for line in section.lines)]
    return Said(" - ".join(line.nl for line in lines), " - ".join(line.en for line in lines))


_SPEAKERS: Mapping[str, Speaker] = {
    "length": lambda value, _: length(value),
    "moment": moment,
    "formula": condition,
    "repeat": repeated,
    "clock": lambda value, _: clock(value),
    "choice": lambda value, _: choice(value),
    "role": lambda code, playbook: role_name(playbook, code),
    "phase": lambda code, playbook: phase_name(playbook, code),
    "audience": lambda code, playbook: audience_name(playbook, code),
    "message": lambda code, _: Said(f"bericht {code}", f"message {code}"),
    # Of one thing in a list:
    "roles": lambda code, playbook: role_name(playbook, code),
    "audiences": lambda code, playbook: audience_name(playbook, code),
    "cards": lambda code, playbook: named(playbook.cards, code),
    "languages": lambda code, _: language_name(code),
    "uses": lambda use, _: Said(
        f"{use.block} versie {use.version}", f"{use.block} version {use.version}"
    ),
    "sections": _section,
}


def spoken(kind: str, value: Any, playbook: Playbook) -> Said:
    """Say what a field, or one thing in a list, holds; *playbook* is the document it stands in."""
    speaker = _SPEAKERS.get(kind)
    return speaker(value, playbook) if speaker else said_of(value)


def items(kind: str, values: Sequence[Any], playbook: Playbook) -> list[Said]:
    """Say each thing in a list."""
    return [spoken(kind, value, playbook) for value in values]


def changed(wording: Wording, before: Any, after: Any, both: tuple[Playbook, Playbook]) -> Said:
    """Say in one sentence what became of a field, in the old document and in the new one."""
    old, new = both
    if wording.kind == "flag":
        return wording.sentence if after or wording.off is None else wording.off
    if wording.kind in LISTS:
        return _list_changed(
            wording, items(wording.kind, before, old), items(wording.kind, after, new)
        )
    if before is None:
        return _appeared(wording, spoken(wording.kind, after, new))
    if after is None:
        form = Said("{name} is vervallen. Dat was: {before}.", "{name} is gone. It was: {before}.")
        return _closed(form.filled(name=wording.name, before=spoken(wording.kind, before, old)))
    if wording.kind == "words":
        form = Said(
            "{head} Was: {before} Wordt: {after}", "{head} It was: {before} It becomes: {after}"
        )
        return form.filled(
            head=wording.sentence, before=quoted(said_of(before)), after=quoted(said_of(after))
        )
    return _closed(wording.sentence.filled(change=_pair(wording.kind, before, after, both)))


def _appeared(wording: Wording, after: Said) -> Said:
    if wording.kind != "words":
        return _closed(wording.sentence.filled(change=after))
    form = Said("{name} is nieuw: {after}", "{name} is new: {after}")
    return form.filled(name=wording.name, after=quoted(after))


def _pair(kind: str, before: Any, after: Any, both: tuple[Playbook, Playbook]) -> Said:
    """Say what a field became, and what it was."""
    if kind == "length":
        return lengths_changed(before, after)
    if kind == "moment":
        return moments_changed(before, after, *both)
    form = (
        Said("{after}. Dat was: {before}", "{after}. It was: {before}")
        if kind in ("formula", "repeat")
        else Said("{after} in plaats van {before}", "{after} instead of {before}")
    )
    return form.filled(before=spoken(kind, before, both[0]), after=spoken(kind, after, both[1]))


def _closed(said: Said) -> Said:
    return Said(f"{said.nl.rstrip('.')}.", f"{said.en.rstrip('.')}.")


def _list_changed(wording: Wording, before: list[Said], after: list[Said]) -> Said:
    added = [quoted(item) for item in after if item not in before]
    gone = [quoted(item) for item in before if item not in after]
    if added and gone:
        form = Said("{name}: erbij {added}; weg {gone}.", "{name}: added {added}; gone {gone}.")
    elif added:
        form = Said("{name}: erbij {added}.", "{name}: added {added}.")
    elif gone:
        form = Said("{name}: weg {gone}.", "{name}: gone {gone}.")
    else:
        form = Said("{name}: andere volgorde.", "{name}: another order.")
    return form.filled(name=wording.name, added=joined(added), gone=joined(gone))


def shown(wording: Wording, value: Any, playbook: Playbook) -> Said | None:
    """Return what to show beside the sentence: the whole value before, or after."""
    if value is None or value == []:
        return None
    if wording.kind == "flag":
        return Said("ja" if value else "nee", "yes" if value else "no")
    if wording.kind in LISTS:
        lines = items(wording.kind, value, playbook)
        return Said("\n".join(line.nl for line in lines), "\n".join(line.en for line in lines))
    return spoken(wording.kind, value, playbook)
