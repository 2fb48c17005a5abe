"""`calamity playbooks diff|drafts|submit|retire|revoke|uses`: a version's way through life."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from calamity.cli.operator import (
    OPERATOR,
    acting,
    as_json,
    by_someone,
    for_municipality,
    now,
    run_async,
    say,
    say_json,
    say_table,
)

if TYPE_CHECKING:
    from calamity.actions.publish import AnyVersion
    from calamity.domain.permissions import Actor
    from calamity.domain.playbook import Block, Playbook
    from calamity.domain.playbook_changes import Change, Line
    from calamity.domain.playbook_check import Blocks
    from calamity.domain.playbook_life import DocumentKind
    from calamity.store.database import Session
    from calamity.store.drafts import Draft
    from calamity.store.playbooks import VersionUse

_OLD_NEW, _SLUG_OLD_NEW = 2, 3
BLOCK_PREFIX = "blocks/"


def said_name(version: "AnyVersion") -> str:
    """Return how a version is named here: a block stands in the folder of all blocks."""
    from calamity.domain.playbook_life import DocumentKind

    return f"{BLOCK_PREFIX if version.kind is DocumentKind.BLOCK else ''}{version.slug}"


def kind_and_slug(named: str) -> "tuple[DocumentKind, str]":
    """Read how a playbook (SLUG) or a block (blocks/SLUG) is named here."""
    from calamity.domain.playbook_life import DocumentKind

    if named.startswith(BLOCK_PREFIX):
        return DocumentKind.BLOCK, named.removeprefix(BLOCK_PREFIX)
    return DocumentKind.PLAYBOOK, named


def change_lines(changes: "Sequence[Change]") -> list[dict[str, Any]]:
    """Return differences as JSON shows them."""
    return [
        {
            "part": each.part,
            "nl": each.nl,
            "en": each.en,
            "before": each.before,
            "after": each.after,
        }
        for each in changes
    ]


def short_lines(lines: "Sequence[Line]") -> list[dict[str, Any]]:
    """Return a summary as JSON shows it."""
    return [{"nl": x.said.nl, "en": x.said.en, "changes": x.changes} for x in lines]


def say_changes(changes: "Sequence[Change]", indent: str = "") -> None:
    """Print differences in both languages."""
    for change in changes:
        say(f"{indent}- {change.nl}")
        say(f"{indent}  {change.en}")


@click.command(
    epilog="Example: calamity playbooks diff attack-elsewhere 1 2; or two of: SLUG, SLUG@2, "
    "blocks/SLUG@2, import:ID, a file"
)
@click.argument("named", metavar="A B", nargs=-1, required=True)
@click.option("--full", "is_full", is_flag=True, help="Say every difference, however many.")
@for_municipality
@as_json
def diff(named: tuple[str, ...], *, is_full: bool, slug: str | None, is_json: bool) -> None:
    """Say in words what differs between two playbooks or blocks: versions, files, what came in.

    Many differences are summed up, with what comes from which block.
    """
    from calamity.domain.playbook_changes import compare, in_short

    if len(named) == _SLUG_OLD_NEW:
        named = (f"{named[0]}@{named[1]}", f"{named[0]}@{named[2]}")
    if len(named) != _OLD_NEW:
        raise click.UsageError("Name two: SLUG OLD NEW, or two of SLUG, SLUG@2, import:ID, a file.")
    before, after, blocks = run_async(_both(named[0], named[1], slug))
    if type(before) is not type(after):
        raise click.UsageError("A block is no playbook. Name two of the same kind.")
    changes = compare(before, after)
    short = in_short(changes, before, after, blocks)
    if is_json:
        say_json({"inShort": short_lines(short), "changes": change_lines(changes)})
        return
    if is_full:
        say_changes(changes)
    for line in () if is_full else short:
        say(f"- {line.said.nl}")
        say(f"  {line.said.en}")
    hint = "" if is_full or len(short) == len(changes) else " Each of them: --full."
    say(f"{len(changes)} differences.{hint}")


async def _both(
    one: str, other: str, slug: str | None
) -> "tuple[Playbook | Block, Playbook | Block, Blocks]":
    """Return both, and the blocks that are known: beside the files, and published."""
    from calamity.cli.playbook_files import blocks_beside

    blocks = dict(blocks_beside([Path(each) for each in (one, other) if _is_file(each)]))
    if _is_file(one) and _is_file(other):
        return _in_file(one, blocks), _in_file(other, blocks), blocks
    from calamity.domain.permissions import Permission
    from calamity.store.blocks import blocks_of

    async with acting(slug, OPERATOR, Permission.SEE_PLAYBOOKS) as (session, actor):
        blocks |= await blocks_of(session, actor.municipality_id)
        before = await _meant(session, actor, one, blocks)
        return before, await _meant(session, actor, other, blocks), blocks


def _is_file(named: str) -> bool:
    return Path(named).is_file()


def _in_file(named: str, blocks: "Blocks") -> "Playbook | Block":
    from calamity.cli.faults import telling
    from calamity.cli.playbook_files import is_block, source_of
    from calamity.domain.bundle import opened
    from calamity.domain.errors import Refused
    from calamity.domain.playbook_check import read_block

    file = Path(named)
    with telling(file):
        if is_block(file):
            return read_block(source_of(file), named)
        bundle = opened(source_of(file), at=now(), blocks=blocks)
    if len(bundle.items) != 1:
        raise Refused(f"{named}: there is more than one playbook in this bundle.", field="file")
    return bundle.items[0].playbook


async def _meant(
    session: "Session", actor: "Actor", named: str, blocks: "Blocks"
) -> "Playbook | Block":
    from calamity.domain.errors import NotFound
    from calamity.domain.playbook_life import DocumentKind
    from calamity.store.blocks import list_blocks
    from calamity.store.imports import get_import
    from calamity.store.playbooks import list_versions

    if _is_file(named):
        return _in_file(named, blocks)
    name, _, rest = named.partition(":")
    if name == "import":
        return (await get_import(session, actor.municipality_id, rest)).whole
    name, _, number = named.partition("@")
    kind, name = kind_and_slug(name)
    find = list_blocks if kind is DocumentKind.BLOCK else list_versions
    versions: Sequence[AnyVersion] = await find(session, actor.municipality_id, name)
    for version in versions:
        if number in ("", str(version.number)):
            return version.document
    raise NotFound(f"{named}: no such version. See: calamity playbooks list", field="version")


@click.command(epilog="Example: calamity playbooks drafts --json")
@for_municipality
@as_json
def drafts(slug: str | None, *, is_json: bool) -> None:
    """List the drafts that were not submitted yet."""
    found = run_async(_drafts(slug))
    if is_json:
        say_json([_shown(draft) for draft in found])
        return
    rows = [
        (draft.id, draft.slug, draft.revision, draft.saved_by, f"{draft.saved_at:%Y-%m-%d %H:%M}")
        for draft in found
    ]
    say_table(("DRAFT", "PLAYBOOK", "REVISION", "SAVED BY", "SAVED AT (UTC)"), rows)


def _shown(draft: "Draft") -> dict[str, Any]:
    return {
        "id": draft.id,
        "slug": draft.slug,
        "revision": draft.revision,
        "author": draft.author,
        "savedBy": draft.saved_by,
        "savedAt": draft.saved_at,
        "importId": draft.import_id,
    }


async def _drafts(slug: str | None) -> "list[Draft]":
    from calamity.domain.permissions import Permission
    from calamity.store.drafts import list_drafts

    async with acting(slug, OPERATOR, Permission.PUBLISH) as (session, actor):
        return await list_drafts(session, actor.municipality_id)


@click.command(epilog="Example: calamity playbooks submit 0197c3f0-... --by author")
@click.argument("draft")
@for_municipality
@by_someone
def submit(draft: str, slug: str | None, by: str) -> None:
    """Make a version of a draft; a second person approves it."""
    version = run_async(_submit(draft, slug, by))
    name = said_name(version)
    say(f"{name} version {version.number}: submitted (sha256 {version.sha256}).")
    say(f"Next, by a second person: calamity playbooks approve {name} --by LOGIN")


async def _submit(draft_id: str, slug: str | None, by: str) -> "AnyVersion":
    from calamity.actions import drafts as at_work
    from calamity.cli.faults import telling
    from calamity.domain.permissions import Permission
    from calamity.store.drafts import get_draft

    async with acting(slug, by, Permission.PUBLISH) as (session, actor):
        draft = await get_draft(session, actor.municipality_id, draft_id)
        with telling(Path(f"{draft.slug}.yaml")):
            return await at_work.submit(session, actor, draft.id, revision=draft.revision, at=now())


_WITH_REASON = (
    click.argument("named", metavar="[blocks/]SLUG"),
    click.option("--version", "number", type=int, required=True, help="Which version."),
    click.option("--reason", required=True, help="Why; whoever looks for it reads this."),
)


@click.command(
    epilog="Example: calamity playbooks retire attack-here --version 1 --reason 'Version 2 is here'"
)
@_WITH_REASON[0]
@_WITH_REASON[1]
@_WITH_REASON[2]
@for_municipality
@by_someone
def retire(named: str, number: int, reason: str, slug: str | None, by: str) -> None:
    """Take a version out of use; it is activated only by who confirms that."""
    run_async(_withdraw("retire", (named, number), reason, slug, by))
    say(f"{named} version {number}: retired.")


@click.command(
    epilog="Example: calamity playbooks revoke attack-here --version 1 --reason 'A wrong number'"
)
@_WITH_REASON[0]
@_WITH_REASON[1]
@_WITH_REASON[2]
@for_municipality
@by_someone
def revoke(named: str, number: int, reason: str, slug: str | None, by: str) -> None:
    """Take a version back, because it is wrong; nobody activates it again, what runs goes on."""
    run_async(_withdraw("revoke", (named, number), reason, slug, by))
    say(f"{named} version {number}: revoked.")


async def _withdraw(
    what: str, which: tuple[str, int], reason: str, slug: str | None, by: str
) -> None:
    from calamity.actions.publish import retire as take_out
    from calamity.actions.publish import revoke as take_back
    from calamity.domain.permissions import Permission

    act = take_out if what == "retire" else take_back
    kind, name = kind_and_slug(which[0])
    async with acting(slug, by, Permission.APPROVE) as (session, actor):
        await act(session, actor, name, which[1], reason, kind=kind, at=now())


@click.command(epilog="Example: calamity playbooks uses attack-here --version 2")
@click.argument("named", metavar="SLUG")
@click.option("--version", "number", type=int, help="Which version; else all of them.")
@for_municipality
@as_json
def uses(named: str, number: int | None, slug: str | None, *, is_json: bool) -> None:
    """Say who activated which version when."""
    found = run_async(_uses(named, number, slug))
    if is_json:
        say_json(
            [
                {
                    "version": version,
                    "activationId": use.activation_id,
                    "calamityId": use.calamity_id,
                    "calamity": use.calamity_title,
                    "exercise": use.is_exercise,
                    "t0": use.t0,
                    "activatedBy": use.activated_by,
                    "endedAt": use.ended_at,
                }
                for version, use in found
            ]
        )
        return
    rows = [
        (
            version,
            f"{use.t0:%Y-%m-%d %H:%M}",
            use.activated_by,
            "exercise" if use.is_exercise else "real",
            use.calamity_title,
        )
        for version, use in found
    ]
    say_table(("VERSION", "T0 (UTC)", "BY", "KIND", "CALAMITY"), rows)


async def _uses(named: str, number: int | None, slug: str | None) -> "list[tuple[int, VersionUse]]":
    from calamity.domain.errors import NotFound
    from calamity.domain.permissions import Permission
    from calamity.store.playbooks import list_uses, list_versions

    async with acting(slug, OPERATOR, Permission.SEE_CALAMITIES) as (session, actor):
        versions = [
            version
            for version in await list_versions(session, actor.municipality_id, named)
            if number in (None, version.number)
        ]
        if not versions:
            raise NotFound(
                f"{named}: no such version. See: calamity playbooks list", field="version"
            )
        return [
            (version.number, use)
            for version in versions
            for use in await list_uses(session, version.id)
        ]
