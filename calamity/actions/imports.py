"""Taking over playbooks of others: as drafts or versions of our own, with their origin kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct, structs

from calamity.actions.blocks import our_blocks, usable, verify_used
from calamity.actions.bundles import Standing, base_of, signer_of, standing_of
from calamity.actions.drafts import begin_with
from calamity.actions.publish import publish
from calamity.domain.bundle import Bundle, Carried, opened
from calamity.domain.errors import Conflict, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Playbook, Words
from calamity.domain.playbook_changes import Choice, Difference, differences, merge
from calamity.domain.playbook_check import NO_BLOCKS, Blocks, canonical
from calamity.domain.playbook_text import as_yaml, plain_yaml
from calamity.store.database import Session
from calamity.store.drafts import Draft
from calamity.store.imports import Imported, add_import, get_import
from calamity.store.playbooks import PlaybookVersion, list_versions

_LONGEST_LINE = 160


class Brought(Struct, frozen=True):
    """What became of one playbook of a bundle.

    A `merge` waits for a choice per part, under *import_id*; `same` and `ours-ahead` brought
    nothing new.
    """

    slug: str
    sha256: str
    standing: Standing
    became: Literal["draft", "submitted", "merge", "nothing"]
    number: int | None = None
    draft_id: str | None = None
    import_id: str | None = None


class ThreeWay(Struct, frozen=True):
    """What they changed, what we changed, and where both did."""

    imported: Imported
    ours: PlaybookVersion
    has_base: bool
    differences: list[Difference]


async def open_file(
    session: Session,
    actor: Actor,
    data: bytes,
    *,
    blocks: Blocks = NO_BLOCKS,
    at: datetime,
) -> Bundle:
    """Open what came in: a bundle, a CACAO document, or a document of ours by itself.

    The last may use blocks: those that are approved here, else *blocks*. Raises Refused, with every
    fault where there are several, and for a block of ours that somebody tampered with.
    """
    actor.must(Permission.PUBLISH)
    ours = await our_blocks(session, actor)
    bundle = opened(data, at=at, blocks=usable(ours, blocks))
    for item in bundle.items:
        await verify_used(session, actor, ours, item.playbook)
    return bundle


async def bring_in(
    session: Session,
    actor: Actor,
    bundle: Bundle,
    *,
    submit: bool = False,
    although_untrusted: bool = False,
    at: datetime,
) -> list[Brought]:
    """Store what a bundle brings: as drafts, or at once as *submitted* versions.

    What is unfinished becomes a draft in any case.

    Raises Conflict for a bundle whose key nobody trusts here, unless somebody saw that and wants
    it all the same.
    """
    actor.must(Permission.PUBLISH)
    signer = await signer_of(session, actor.municipality_id, bundle)
    if signer.fingerprint and signer.trusted_as is None and not although_untrusted:
        raise Conflict(
            f"Nobody here trusts the key that signed this bundle, in the name of "
            f"{signer.municipality}. Phone that municipality, compare the fingerprint, and have "
            "an administrator add it; or confirm that you want the bundle all the same.",
            field="although_untrusted",
        )
    return [await _brought(session, actor, item, submit=submit, at=at) for item in bundle.items]


async def _brought(
    session: Session, actor: Actor, item: Carried, *, submit: bool, at: datetime
) -> Brought:
    slug, sha256 = item.provenance.slug, item.provenance.sha256
    versions = await list_versions(session, actor.municipality_id, slug)
    ours = versions[0] if versions else None
    base = await base_of(session, actor.municipality_id, versions, item.provenance)
    standing = standing_of(base, item, ours)
    if standing in ("same", "ours-ahead"):
        return Brought(slug, sha256, standing, "nothing", ours.number if ours else None)
    import_id = await add_import(
        session,
        actor.municipality_id,
        document=_kept(item),
        provenance=item.provenance,
        by=actor.login,
        at=at,
    )
    if standing == "merge":
        return Brought(slug, sha256, standing, "merge", import_id=import_id)
    number = max(item.playbook.version, ours.number + 1) if ours else item.playbook.version
    source = _numbered(item, number)
    if submit and item.unfinished is None:
        await publish(session, actor, source, "draft.yaml", import_id=import_id, at=at)
        return Brought(slug, sha256, standing, "submitted", number, import_id=import_id)
    draft = await begin_with(session, actor, source, import_id=import_id, at=at)
    return Brought(slug, sha256, standing, "draft", number, draft.id, import_id)


def _kept(item: Carried) -> str:
    """Return what is kept for good of what came in: a sound document, or the draft as it was."""
    if item.unfinished:
        return plain_yaml(item.unfinished.plain)
    return canonical(item.playbook).decode()


def _numbered(item: Carried, number: int) -> str:
    if item.unfinished:
        return plain_yaml(item.unfinished.plain | {"version": number})
    return as_yaml(structs.replace(item.playbook, version=number))


async def three_way(session: Session, actor: Actor, import_id: str) -> ThreeWay:
    """Compare what came in with our newest version and with what both came from."""
    actor.must(Permission.PUBLISH)
    imported = await get_import(session, actor.municipality_id, import_id)
    versions = await list_versions(session, actor.municipality_id, imported.slug)
    if not versions:
        raise Conflict("There is no version here to compare with. Import it anew.", field="import")
    base = await base_of(session, actor.municipality_id, versions, imported.provenance)
    found = differences(base, imported.whole, versions[0].playbook)
    return ThreeWay(imported, versions[0], base is not None, found)


async def merge_import(
    session: Session,
    actor: Actor,
    import_id: str,
    choices: Mapping[str, Choice],
    *,
    at: datetime,
) -> Draft:
    """Make a draft of ours with the chosen parts of theirs; a part not named is as proposed.

    Raises Refused for a part that does not differ, and for one that both changed without a choice.
    """
    compared = await three_way(session, actor, import_id)
    proposed = {each.part: each.choice for each in compared.differences}
    unknown = sorted(choices.keys() - proposed.keys())
    if unknown:
        raise Refused(f"{', '.join(unknown)}: does not differ, or not any more.", field="choices")
    chosen = {part: choices.get(part, choice) for part, choice in proposed.items()}
    undecided = sorted(part for part, choice in chosen.items() if choice is None)
    if undecided:
        raise Refused(
            f"Choose between ours and theirs for: {', '.join(undecided)}.", field="choices"
        )
    taken = [part for part, choice in chosen.items() if choice == "theirs"]
    merged = merge(
        compared.ours.playbook,
        compared.imported.whole,
        taken,
        version=compared.ours.number + 1,
        change=_change_log(compared.imported, taken),
    )
    return await _begin(session, actor, merged, import_id, at=at)


async def _begin(
    session: Session, actor: Actor, playbook: Playbook, import_id: str, *, at: datetime
) -> Draft:
    return await begin_with(session, actor, as_yaml(playbook), import_id=import_id, at=at)


def _change_log(imported: Imported, taken: list[str]) -> Words:
    whose = imported.provenance.municipality
    number, count = imported.number, len(taken)
    nl = f"{count} onderdelen overgenomen van {whose or 'een bestand'}, versie {number}."
    en = f"{count} parts taken over from {whose or 'a file'}, version {number}."
    return Words(nl=nl[:_LONGEST_LINE], en=en[:_LONGEST_LINE])
