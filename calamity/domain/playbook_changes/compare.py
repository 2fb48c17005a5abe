"""Every difference between two playbooks, or two blocks, in the order of the document."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from calamity.domain.playbook import Block, LevelRule, Message, Playbook, Step, Words
from calamity.domain.playbook_changes.change import Change
from calamity.domain.playbook_changes.speak import changed, shown
from calamity.domain.playbook_changes.wording import WORDINGS
from calamity.domain.playbook_check import standing_alone
from calamity.domain.playbook_prose import (
    NOTHING,
    PARTS,
    Said,
    act_name,
    audience_name,
    condition,
    in_its_words,
    joined,
    quoted,
    said_of,
)

HEAD = (
    "title", "scenario", "purpose", "limits", "valid_months", "quiet_hours", "budget", "triggers",
    "review_days", "uses",
)  # fmt: skip
CODED = ("roles", "phases", "audiences", "messages", "questions", "stop", "cards", "steps")
"""The lists whose parts have a code."""
LEVELS = "levels"
_PLAYBOOK, _BLOCK = Said("het draaiboek", "the playbook"), Said("het blok", "the block")
_ELSEWHERE = frozenset({"code", "act", "texts", "for_audience"})
"""Fields that have sentences of their own."""


def compare(old: Playbook | Block, new: Playbook | Block) -> list[Change]:
    """Return every difference between two documents; their number and change log are left out."""
    where = _BLOCK if isinstance(new, Block) else _PLAYBOOK
    old, new = whole(old), whole(new)
    changes: list[Change] = []
    for name in HEAD:
        changes += _head(name, where, old, new)
    changes += _levels(old, new)
    for name in CODED:
        before = {part.code: part for part in getattr(old, name)}
        after = {part.code: part for part in getattr(new, name)}
        for code in (*after, *(code for code in before if code not in after)):
            changes += _part(name, before.get(code), after.get(code), old, new)
        changes += _order(name, list(before), list(after))
    return changes


def whole(document: Playbook | Block) -> Playbook:
    """Return the playbook itself, or one that holds the block alone."""
    return standing_alone(document) if isinstance(document, Block) else document


def _head(name: str, where: Said, old: Playbook, new: Playbook) -> list[Change]:
    """Return what differs in one field of the document itself."""
    before, after = getattr(old, name), getattr(new, name)
    part = f"playbook/{name}"
    if isinstance(after, Struct) and not isinstance(after, Words) and name != "purpose":
        return list(_fields(part, where, before, after, (old, new)))
    return list(_field(part, where, f"Playbook.{name}", (before, after), (old, new)))


def _levels(old: Playbook, new: Playbook) -> list[Change]:
    """Return for which levels the proposal differs."""
    changes = []
    for level in sorted({rule.level for rule in (*old.levels, *new.levels)}):
        before, after = _proposal(level, old), _proposal(level, new)
        if before != after:
            where = Said(f"niveau {level}", f"level {level}")
            said = _PROPOSED[before is not None, after is not None].filled(
                after=after or NOTHING, before=before or NOTHING
            )
            changes.append(Change(f"{LEVELS}/{level}", where, said, before, after))
    return changes


_PROPOSED = {
    (True, True): Said(
        "wordt nu voorgesteld als {after}. Dat was: {before}.",
        "is now proposed if {after}. It was: {before}.",
    ),
    (False, True): Said("wordt nu voorgesteld als {after}.", "is now proposed if {after}."),
    (True, False): Said(
        "wordt niet meer voorgesteld. Dat was: als {before}.",
        "is not proposed any more. It was: if {before}.",
    ),
}
"""By whether there was a proposal, and whether there is one."""


def _proposal(level: int, playbook: Playbook) -> Said | None:
    rules = [_rule(rule, playbook) for rule in playbook.levels if rule.level == level]
    return joined(rules, "of", "or") if rules else None


def _rule(rule: LevelRule, playbook: Playbook) -> Said:
    said = condition(rule.when, playbook)
    if rule.unknown == "yes":
        return Said(f"{said.nl} (onbekend telt als ja)", f"{said.en} (unknown counts as yes)")
    return said


def _part(name: str, before: Any, after: Any, old: Playbook, new: Playbook) -> list[Change]:
    """Return what differs in one part with a code; None where it is not there."""
    if before == after:
        return []
    kept = after or before
    part, where = f"{name}/{kept.code}", _called(name, kept)
    if before is None:
        return [Change(part, where, Said("is nieuw.", "is new."), None, _title(after))]
    if after is None:
        return [Change(part, where, Said("is vervallen.", "was removed."), _title(before), None)]
    changes = list(_fields(part, where, before, after, (old, new)))
    if isinstance(after, Message):
        changes += _texts(part, where, before, after, new)
    if isinstance(after, Step):
        changes += _act(part, where, before.act, after.act, (old, new))
    return changes


def _called(name: str, part: Any) -> Said:
    (_, kind), title = PARTS[name], _title(part)
    if isinstance(part, Message) or title == said_of(part.code):
        return Said(f"{kind.nl} {part.code}", f"{kind.en} {part.code}")
    return Said(f"{kind.nl} {part.code} ({title.nl})", f"{kind.en} {part.code} ({title.en})")


def _title(part: Any) -> Said:
    if isinstance(part, Message):
        return said_of(Words(part.texts.get("nl", part.code), part.texts.get("en", part.code)))
    words = getattr(part, "title", None) or getattr(part, "text", None)
    return said_of(words) if isinstance(words, Words) else said_of(str(part.code))


def _fields(
    part: str, where: Said, before: Any, after: Any, both: tuple[Playbook, Playbook]
) -> Iterator[Change]:
    for name in after.__struct_fields__:
        if name not in _ELSEWHERE:
            key = f"{type(after).__name__}.{name}"
            yield from _field(part, where, key, (getattr(before, name), getattr(after, name)), both)


def _field(
    part: str, where: Said, key: str, values: tuple[Any, Any], both: tuple[Playbook, Playbook]
) -> Iterator[Change]:
    (before, after), (old, new) = values, both
    if before != after:
        wording = WORDINGS[key]
        yield Change(
            part,
            where,
            changed(wording, before, after, both),
            shown(wording, before, old),
            shown(wording, after, new),
            key,
        )


def _act(
    part: str, where: Said, before: Any, after: Any, both: tuple[Playbook, Playbook]
) -> Iterator[Change]:
    if type(before) is type(after):
        if after is not None:
            yield from _fields(part, where, before, after, both)
        return
    was, becomes = act_name(before), act_name(after)
    said = Said("doet nu {after} in plaats van {before}.", "now does {after} instead of {before}.")
    yield Change(part, where, said.filled(after=becomes, before=was), was, becomes, "Step.act")


def _texts(
    part: str, where: Said, before: Message, after: Message, new: Playbook
) -> Iterator[Change]:
    yield from _languages(part, where, before.texts, after.texts, NOTHING)
    for audience in sorted({*before.for_audience, *after.for_audience}):
        name = audience_name(new, audience)
        whom = Said(f" voor {name.nl}", f" for {name.en}")
        was, becomes = before.for_audience.get(audience, {}), after.for_audience.get(audience, {})
        yield from _languages(part, where, was, becomes, whom)


def _languages(
    part: str, where: Said, before: Mapping[Any, str], after: Mapping[Any, str], whom: Said
) -> Iterator[Change]:
    for language in sorted({*before, *after}):
        was, becomes = before.get(language), after.get(language)
        if was == becomes:
            continue
        text = Said("De {language} tekst{whom}", "The {language} text{whom}").filled(
            language=in_its_words(language), whom=Said("", "") if whom is NOTHING else whom
        )
        old_text = quoted(said_of(was)) if was is not None else None
        new_text = quoted(said_of(becomes)) if becomes is not None else None
        said = _text_changed(text, old_text, new_text)
        yield Change(part, where, said, old_text, new_text, "Message.texts")


def _text_changed(text: Said, was: Said | None, becomes: Said | None) -> Said:
    if was is None:
        form = Said("{text} is nieuw: {becomes}", "{text} is new: {becomes}")
    elif becomes is None:
        form = Said("{text} is vervallen. Dat was: {was}", "{text} is gone. It was: {was}")
    else:
        form = Said(
            "{text} wordt anders. Was: {was} Wordt: {becomes}",
            "{text} changes. It was: {was} It becomes: {becomes}",
        )
    return form.filled(text=text, was=was or NOTHING, becomes=becomes or NOTHING)


def _order(name: str, before: Sequence[str], after: Sequence[str]) -> list[Change]:
    kept_before = [code for code in before if code in after]
    kept_after = [code for code in after if code in before]
    if kept_before == kept_after:
        return []
    _, kind = PARTS[name]
    said = Said("staan in een andere volgorde.", "stand in another order.")
    return [Change(f"{name}/", Said(f"onderdelen “{kind.nl}”", f"parts “{kind.en}”"), said)]
