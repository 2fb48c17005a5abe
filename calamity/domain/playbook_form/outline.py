"""What a document is made of, as a list of parts to open: its own, and those of its blocks."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from calamity.domain.playbook import Block, Expected, Playbook, Step
from calamity.domain.playbook_check import Blocks, canonical
from calamity.domain.playbook_form.parts import Path, document_type
from calamity.domain.playbook_prose import PARTS, Said, condition, said_of

_LATE = float("inf")
_SHORT = 70


class Entry(Struct, frozen=True):
    """One part: where it stands, how it is called, and the block it comes from."""

    path: Path
    said: Said
    code: str = ""
    block: str = ""
    is_last: bool = False


class Group(Struct, frozen=True):
    """The parts of one kind. *phase* is the title of the phase, for the steps of one."""

    name: str
    title: Said
    one: Said
    entries: Sequence[Entry]
    phase: Said | None = None


def block_parts(plain: Any, blocks: Blocks) -> dict[Path, tuple[str, Any]]:
    """Return what the blocks of a document bring: by path, the block and the part as plain values.

    What the document holds itself under the same code took its place.
    """
    uses = plain.get("uses") if isinstance(plain, dict) else None
    found: dict[Path, tuple[str, Any]] = {}
    for index, use in enumerate(uses if isinstance(uses, list) else ()):
        block = _block(use, blocks)
        if block is None:
            continue
        held = msgspec.json.decode(canonical(block))
        for name in PARTS:
            for at, part in enumerate(held.get(name, ())):
                if not _is_own(plain, name, part):
                    found["uses", index, name, at] = (block.block, part)
    return found


def _block(use: Any, blocks: Blocks) -> Block | None:
    if not isinstance(use, dict) or use.get("sha256"):
        return None
    slug, version = use.get("block"), use.get("version")
    return (
        blocks.get((slug, version)) if isinstance(slug, str) and isinstance(version, int) else None
    )


def _is_own(plain: Mapping[str, Any], name: str, part: Any) -> bool:
    own = plain.get(name)
    code = part.get("code")
    return any(
        (isinstance(each, dict) and each.get("code") == code) if code else each == part
        for each in (own if isinstance(own, list) else ())
    )


def outline_of(
    plain: Any, playbook: Playbook | Block, parts: Mapping[Path, tuple[str, Any]]
) -> list[Group]:
    """Return the parts of a document in the order in which people think of them.

    *playbook* is what could be read of the whole, for the order of its steps.
    """
    known = {field.encode_name for field in document_type(plain).fields}
    groups = []
    for name, (title, one) in PARTS.items():
        if name not in known:
            continue
        entries = _entries(name, plain, playbook, parts)
        if name == "steps":
            groups += _by_phase(entries, playbook, title, one)
        else:
            groups.append(Group(name, title, one, [entry for entry, _ in entries]))
    return groups


def _entries(
    name: str, plain: Any, playbook: Playbook | Block, parts: Mapping[Path, tuple[str, Any]]
) -> list[tuple[Entry, Any]]:
    own = plain.get(name) if isinstance(plain, dict) else None
    held: list[tuple[Path, str, Any]] = [
        ((name, at), "", part) for at, part in enumerate(own if isinstance(own, list) else ())
    ]
    held += [(path, block, part) for path, (block, part) in parts.items() if path[2] == name]
    last = len(own) - 1 if isinstance(own, list) else -1
    return [
        (
            Entry(
                path,
                _said(name, part, playbook),
                _code(part),
                block=block,
                is_last=not block and path[1] == last,
            ),
            part,
        )
        for path, block, part in held
    ]


def _code(part: Any) -> str:
    return str(part.get("code") or part.get("block") or "") if isinstance(part, dict) else ""


def _said(name: str, part: Any, playbook: Playbook | Block) -> Said:
    if not isinstance(part, dict):
        return Said("onleesbaar", "unreadable")
    if name == "levels":
        level, when = part.get("level"), str(part.get("when", ""))
        heard = condition(when, playbook) if isinstance(playbook, Playbook) else said_of(when)
        return Said(f"niveau {level}: {heard.nl}", f"level {level}: {heard.en}")
    if name == "uses":
        return Said(f"versie {part.get('version')}", f"version {part.get('version')}")
    words = part.get("title") or part.get("text") or part.get("texts")
    if not isinstance(words, dict):
        return said_of(_code(part))
    nl, en = (str(words.get(language) or "") for language in ("nl", "en"))
    return Said(_short(nl or en), _short(en or nl))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."


def _by_phase(
    entries: Sequence[tuple[Entry, Any]], playbook: Playbook | Block, title: Said, one: Said
) -> list[Group]:
    if not isinstance(playbook, Playbook):
        return [Group("steps", title, one, [entry for entry, _ in entries])]
    moments = _moments(playbook)
    timed = sorted(entries, key=lambda each: moments.get(each[0].code, _LATE))
    groups = []
    for phase in playbook.phases:
        inside = [entry for entry, part in timed if _phase(part) == phase.code]
        groups.append(Group("steps", title, one, inside, said_of(phase.title)))
    known = {phase.code for phase in playbook.phases}
    rest = [entry for entry, part in timed if _phase(part) not in known]
    if rest or not groups:
        groups.append(Group("steps", title, one, rest, Said("Zonder fase", "Without a phase")))
    return groups


def _phase(part: Any) -> Any:
    return part.get("phase") if isinstance(part, dict) else None


def _moments(playbook: Playbook) -> dict[str, float]:
    expected = Expected(playbook)

    def start(step: Step) -> float:
        seconds = expected.seconds(step.start)
        return _LATE if seconds is None else seconds

    return {step.code: start(step) for step in playbook.steps}
