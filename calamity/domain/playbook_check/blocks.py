"""Builds a whole document out of a playbook and the blocks that it uses.

The parts of a block count as if they stood in the playbook; what the playbook holds itself, under
the same code, takes their place. A use that names its sha256 was built in before: a published
version is whole, and needs no block ever after.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, inspect, structs

from calamity.domain.playbook import Block, Expected, LevelRule, Playbook
from calamity.domain.playbook_check.canonical import fingerprint
from calamity.domain.playbook_check.faults import Findings, Path, shown
from calamity.domain.playbook_check.names import NAMES
from calamity.domain.playbook_check.source import closest

Blocks = Mapping[tuple[str, int], Block]
"""Blocks by slug and version."""

_LISTS = ("roles", "audiences", "messages", "questions", "levels", "stop", "cards", "steps")
_NEEDED = ("roles", "audiences", "messages", "steps")
_LATE = float("inf")


class _Placed(Struct, frozen=True):
    """A part of a document, and where it comes from."""

    part: Any
    path: Path
    block: str = ""


def build(playbook: Playbook, blocks: Blocks, findings: Findings) -> Playbook | None:
    """Return the playbook with the parts of its blocks, or None when a block cannot be had."""
    found = _found(playbook, blocks, findings)
    if found is None:
        return None
    if found:
        playbook = _merged(playbook, found, findings)
    for name in _NEEDED:
        if not getattr(playbook, name) and not findings.knows((name,)):
            findings.add("missing-field", (name,), name=name)
    return playbook


def _found(playbook: Playbook, blocks: Blocks, findings: Findings) -> dict[int, Block] | None:
    """Return the blocks that are yet to be built in, by the place of their use."""
    found: dict[int, Block] = {}
    seen: set[str] = set()
    is_whole = not findings.is_broken_within(("uses",))
    for index, use in enumerate(playbook.uses):
        path = ("uses", index)
        block = blocks.get((use.block, use.version))
        if use.block in seen:
            findings.add("duplicate-code", path, code=shown(use.block), what=NAMES["uses"])
        elif block is None and not use.sha256:
            is_whole = False
            _tell_missing(use.block, use.version, blocks, findings, path)
        elif block is not None and not use.sha256:
            found[index] = block
        elif block is not None and fingerprint(block) != use.sha256:
            findings.add("other-block", (*path, "sha256"), block=use.block, version=use.version)
        seen.add(use.block)
    return found if is_whole else None


def _tell_missing(slug: str, version: int, blocks: Blocks, findings: Findings, path: Path) -> None:
    versions = [number for name, number in blocks if name == slug]
    if versions:
        known = ", ".join(map(str, sorted(versions)))
        at = (*path, "version")
        findings.add("unknown-block-version", at, block=slug, version=version, known=known)
        return
    slugs = sorted({name for name, _ in blocks})
    hint = closest(slug, slugs)
    at = (*path, "block")
    findings.add("unknown-block", at, block=shown(slug), version=version, hint=hint)


def _merged(playbook: Playbook, found: dict[int, Block], findings: Findings) -> Playbook:
    lists = {name: _joined(name, playbook, found, findings) for name in _LISTS}
    uses = [
        structs.replace(use, sha256=fingerprint(found[index])) if index in found else use
        for index, use in enumerate(playbook.uses)
    ]
    whole = _replaced(playbook, lists, uses=uses)
    expected = Expected(whole)

    def start(placed: _Placed) -> float:
        seconds = expected.seconds(placed.part.start)
        return _LATE if seconds is None else seconds

    lists["steps"].sort(key=start)
    for name, placed in lists.items():
        for index, one in enumerate(placed):
            findings.place((name, index), one.path)
    for name, most in _MOST.items():
        if len(lists[name]) > most:
            findings.add("too-many", (name,), count=len(lists[name]), limit=most)
    return _replaced(whole, lists)


def _replaced(playbook: Playbook, lists: dict[str, list[_Placed]], **changes: Any) -> Playbook:
    parts = {name: [one.part for one in placed] for name, placed in lists.items()}
    return structs.replace(playbook, **parts, **changes)


def _joined(
    name: str, playbook: Playbook, found: dict[int, Block], findings: Findings
) -> list[_Placed]:
    """Return one list of the whole: the parts of the blocks in their order, then its own."""
    own = [_Placed(part, (name, at)) for at, part in enumerate(getattr(playbook, name))]
    own_keys = {_key(one.part): one for one in reversed(own)}
    # A rule for a level has no code: who writes one for a level writes all for that level.
    own_levels = {rule.level for rule in playbook.levels} if name == "levels" else ()
    joined: dict[Any, _Placed] = {}
    for index, block in found.items():
        for at, part in enumerate(getattr(block, name)):
            if isinstance(part, LevelRule) and part.level in own_levels:
                continue
            key, path = _key(part), ("uses", index, name, at)
            before = joined.get(key)
            if key in own_keys:
                joined[key] = own_keys[key]
            elif before is None:
                joined[key] = _Placed(part, path, block.block)
            elif before.part != part:
                _tell_clash(name, part.code, (before.block, block.block), findings, ("uses", index))
    # One by one: a code that the document gives twice is told by the rule for that.
    rest = [one for one in own if joined.get(_key(one.part)) is not one]
    return [*joined.values(), *rest]


def _tell_clash(name: str, code: str, of: tuple[str, str], findings: Findings, path: Path) -> None:
    what, (first, second) = NAMES[name], of
    findings.add("blocks-clash", path, first=first, second=second, what=what, code=code)


def _key(part: Any) -> Any:
    # A rule for a level has no code: the same rule twice is one.
    return part if isinstance(part, LevelRule) else part.code


def _most(kinds: Iterable[inspect.Field]) -> dict[str, int]:
    limits = {}
    for field in kinds:
        kind = field.type.type if isinstance(field.type, inspect.Metadata) else field.type
        if isinstance(kind, inspect.ListType) and kind.max_length is not None:
            limits[field.encode_name] = kind.max_length
    return {name: limits[name] for name in _LISTS}


_INFO = inspect.type_info(Playbook)
_MOST = _most(_INFO.fields) if isinstance(_INFO, inspect.StructType) else {}
