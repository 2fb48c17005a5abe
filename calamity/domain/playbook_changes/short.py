"""All differences in a minute: what comes from blocks, and the rest by what it is about."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from calamity.domain.playbook import Block, Playbook
from calamity.domain.playbook_changes.change import Change
from calamity.domain.playbook_changes.compare import CODED, LEVELS, whole
from calamity.domain.playbook_changes.wording import WORDINGS
from calamity.domain.playbook_check import Blocks
from calamity.domain.playbook_prose import PARTS, Said, joined

SHORT = 12
"""Up to so many differences need no summary."""
_NAMED = 4
_NEW = Said("nieuw: {count} {kind}", "new: {count} {kind}")
_GONE = Said("vervallen: {count} {kind}", "removed: {count} {kind}")
_OTHERWISE = Said("ook anders: {count} {kind}", "also different: {count} {kind}")
_ABOUT: Mapping[frozenset[str], Said] = {
    frozenset({"Step.start", "Step.due", "Step.phase", "Step.repeat"}): Said(
        "een ander moment voor {count} {kind}", "another moment for {count} {kind}"
    ),
    frozenset({"Message.to_be_checked"}): Said(
        "nog na te kijken door wie de taal spreekt: {count} {kind}",
        "still to be checked by a speaker: {count} {kind}",
    ),
    frozenset(
        {
            "Step.title", "Step.help", "Step.evidence", "Step.cards", "Message.texts",
            "Card.sections",
        }
    ): Said(
        "andere woorden of kaarten bij {count} {kind}", "other words or cards with {count} {kind}"
    ),
}  # fmt: skip
"""Fields that together are one thing to the reader, and what is said of them."""
_USES = "Playbook.uses"
_MANY: Mapping[str, Said] = {
    "roles": Said("rollen", "roles"),
    "phases": Said("fasen", "phases"),
    "audiences": Said("doelgroepen", "audiences"),
    "messages": Said("berichten", "messages"),
    "questions": Said("vragen", "questions"),
    "stop": Said("stopvoorwaarden", "stop conditions"),
    "cards": Said("kaarten", "cards"),
    "steps": Said("stappen", "steps"),
    "levels": Said("niveaus", "levels"),
}
_LEVEL = Said("niveau", "level")


class Line(Struct, frozen=True):
    """One line of the summary, and how many differences it stands for."""

    said: Said
    changes: int


def in_short(
    changes: Sequence[Change], old: Playbook | Block, new: Playbook | Block, blocks: Blocks
) -> list[Line]:
    """Return what differs in a few lines; of a few differences each as it is.

    *blocks* tells which parts come from which block; of a block that is not in it, nothing is
    counted.
    """
    if len(changes) <= SHORT:
        return [Line(Said(each.nl, each.en), 1) for each in changes]
    old, new = whole(old), whole(new)
    owner = _Owners(old, new, blocks)
    of_blocks: dict[str, list[Change]] = {}
    own: list[Change] = []
    for change in changes:
        if change.field == _USES or change.part.endswith("/"):
            continue
        block = owner.of(change.part)
        if block is None:
            own.append(change)
        else:
            of_blocks.setdefault(block, []).append(change)
    return [*_of_blocks(old, new, of_blocks), *_of_the_rest(own)]


class _Owners:
    """Which block each part that differs comes from, or came from when it is gone.

    What stands in the new document as its own is its own, whatever block it was in before.
    """

    def __init__(self, old: Playbook, new: Playbook, blocks: Blocks) -> None:
        here = {f"{name}/{part.code}" for name in CODED for part in getattr(new, name)}
        here |= {f"{LEVELS}/{rule.level}" for rule in new.levels}
        before, after = _by_block(old, blocks), _by_block(new, blocks)
        self._found = {part: block for part, block in before.items() if part not in here} | after

    def of(self, part: str) -> str | None:
        return self._found.get(part)


def _by_block(playbook: Playbook, blocks: Blocks) -> dict[str, str]:
    return {
        part: use.block
        for use in playbook.uses
        if (block := blocks.get((use.block, use.version))) is not None
        for part in _taken(playbook, block)
    }


def _taken(playbook: Playbook, block: Block) -> Iterator[str]:
    """Return the parts that a playbook has from a block as they stand there."""
    for name in CODED:
        there = {part.code: part for part in getattr(block, name, ())}
        for part in getattr(playbook, name):
            if there.get(part.code) == part:
                yield f"{name}/{part.code}"
    for rule in block.levels:
        if rule in playbook.levels:
            yield f"{LEVELS}/{rule.level}"


def _of_blocks(
    old: Playbook, new: Playbook, found: Mapping[str, Sequence[Change]]
) -> Iterator[Line]:
    before = {use.block: use.version for use in old.uses}
    after = {use.block: use.version for use in new.uses}
    for name, number in after.items():
        if before.get(name, number) != number:
            said = Said(
                f"gebruikt blok {name} in versie {number} in plaats van {before[name]}",
                f"uses block {name} in version {number} instead of {before[name]}",
            )
            yield _counted(said, found.get(name, ()))
    came = [name for name in after if name not in before]
    went = [name for name in before if name not in after]
    same = [name for name, number in after.items() if before.get(name) == number and name in found]
    for names, form in (
        (came, Said("gebruikt nu {blocks}", "now uses {blocks}")),
        (went, Said("gebruikt {blocks} niet meer", "no longer uses {blocks}")),
        (same, Said("neemt andere delen over van {blocks}", "takes other parts from {blocks}")),
    ):
        if names:
            one = Said("het blok {names}", "the block {names}")
            many = Said("de blokken {names}", "the blocks {names}")
            listed = joined([Said(name, name) for name in names])
            blocks = (one if len(names) == 1 else many).filled(names=listed)
            changes = [change for name in names for change in found.get(name, ())]
            yield _counted(form.filled(blocks=blocks), changes)


def _counted(said: Said, changes: Sequence[Change]) -> Line:
    """Return a line about blocks, with how much of what differs in them."""
    count = len(changes)
    if not count:
        return Line(Said(f"{said.nl}.", f"{said.en}."), 0)
    nl, en = ("wijziging", "change") if count == 1 else ("wijzigingen", "changes")
    inside = joined(
        [
            _numbered(form, name, parts)
            for form, kind in (
                (Said("{parts} nieuw", "{parts} new"), "new"),
                (Said("{parts} anders", "{parts} different"), "other"),
                (Said("{parts} vervallen", "{parts} removed"), "gone"),
            )
            for name in (*CODED, LEVELS)
            if (parts := {c.part for c in changes if _kind(c, name) == kind})
        ]
    )
    return Line(
        Said(f"{said.nl}: {count} {nl} ({inside.nl}).", f"{said.en}: {count} {en} ({inside.en})."),
        count,
    )


def _kind(change: Change, name: str) -> str:
    """Return what became of a part of this kind; nothing for a part of another kind."""
    if not change.part.startswith(f"{name}/"):
        return ""
    if change.field or name == LEVELS:
        return "other"
    return "new" if change.before is None else "gone"


def _one(name: str) -> Said:
    return _LEVEL if name == LEVELS else PARTS[name][1]


def _numbered(form: Said, name: str, parts: Collection[str]) -> Said:
    count = Said(str(len(parts)), str(len(parts)))
    kind = _MANY[name] if len(parts) > 1 else _one(name)
    return form.filled(parts=Said(f"{count.nl} {kind.nl}", f"{count.en} {kind.en}"))


def _of_the_rest(changes: Sequence[Change]) -> Iterator[Line]:
    head = [each for each in changes if each.part.startswith("playbook/")]
    if head:
        names = list(dict.fromkeys(WORDINGS[each.field].name for each in head))
        yield Line(_about(head[0].where, names), len(head))
    levels = sorted({each.part.partition("/")[2] for each in changes if _is_level(each)})
    if levels:
        listed = joined([Said(level, level) for level in levels])
        said = Said(
            "niveau {levels}: er komt op een andere manier een voorstel.",
            "level {levels}: the proposal comes about in another way.",
        )
        yield Line(said.filled(levels=listed), len(levels))
    for name in CODED:
        yield from _of_kind(name, [each for each in changes if each.part.startswith(f"{name}/")])


def _of_kind(name: str, changes: Sequence[Change]) -> Iterator[Line]:
    """Say what is new, what went, and what changed in which respect."""
    yield from _named(name, [each for each in changes if _kind(each, name) == "new"], _NEW)
    yield from _named(name, [each for each in changes if _kind(each, name) == "gone"], _GONE)
    rest = [each for each in changes if each.field]
    for fields, form in _ABOUT.items():
        yield from _named(name, [each for each in rest if each.field in fields], form)
    others = [each for each in rest if not any(each.field in fields for fields in _ABOUT)]
    if len(others) <= _NAMED:
        yield from (Line(Said(each.nl, each.en), 1) for each in others)
    else:
        yield from _named(name, others, _OTHERWISE)


def _named(name: str, changes: Sequence[Change], form: Said) -> Iterator[Line]:
    """Yield a line that counts the parts and names the first of them."""
    parts = {each.part: each.where for each in changes}
    if not parts:
        return
    kind = _one(name) if len(parts) == 1 else _MANY[name]
    count = Said(str(len(parts)), str(len(parts)))
    said = form.filled(count=count, kind=kind)
    wheres = [_bare(where, name) for where in list(parts.values())[:_NAMED]]
    more = len(parts) - len(wheres)
    if more:
        wheres.append(Said(f"{more} andere", f"{more} others"))
    listed = joined(wheres)
    yield Line(Said(f"{said.nl}: {listed.nl}.", f"{said.en}: {listed.en}."), len(changes))


def _bare(where: Said, name: str) -> Said:
    """Return the code and title of a part without the word for its kind, which was said."""
    kind = _one(name)
    return Said(where.nl.removeprefix(f"{kind.nl} "), where.en.removeprefix(f"{kind.en} "))


def _about(where: Said, names: Sequence[Said]) -> Said:
    listed = joined(names)
    return Said(
        f"{where.nl} zelf: anders bij {listed.nl}.",
        f"{where.en} itself: different in {listed.en}.",
    )


def _is_level(change: Change) -> bool:
    return change.part.startswith(f"{LEVELS}/")
