"""`calamity playbooks`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from calamity.cli.folder import folder
from calamity.cli.keys import distrust, keys, trust
from calamity.cli.operator import (
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
from calamity.cli.playbook_life import diff, drafts, retire, revoke, said_name, submit, uses
from calamity.cli.playbook_transfer import export, import_, merge
from calamity.cli.rehearsal import rehearse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from calamity.actions.publish import AnyVersion
    from calamity.domain.playbook_check import Blocks
    from calamity.store.blocks import BlockVersion
    from calamity.store.playbooks import PlaybookVersion


@click.group()
def playbooks() -> None:
    """Playbooks: check, publish, compare, hand over and take over documents."""


playbooks.add_command(rehearse)
playbooks.add_command(folder)


@playbooks.command(epilog="Example: calamity playbooks check playbooks/attack-here/v2.yaml")
@click.argument("paths", nargs=-1)
@as_json
def check(paths: tuple[str, ...], *, is_json: bool) -> None:
    """Report every fault with file, line and cure; without PATHS, of all playbooks here."""
    from calamity.cli.playbook_files import blocks_beside, find_files, source_of
    from calamity.domain.playbook_check import check as faults_of

    files = find_files(paths)
    blocks = blocks_beside(files)
    faults = [
        fault
        for file in files
        for fault in faults_of(source_of(file), str(file), blocks, now().date())
    ]
    errors = sum(fault.severity == "error" for fault in faults)
    if is_json:
        say_json(faults)
    else:
        for fault in faults:
            say(str(fault))
        warnings = len(faults) - errors
        say(f"{len(files)} documents: {errors} errors, {warnings} warnings.")
    if errors:
        raise SystemExit(1)


def _shown(version: "AnyVersion") -> dict[str, Any]:
    return {
        "kind": version.kind,
        "slug": version.slug,
        "version": version.number,
        "state": version.state,
        "title": version.document.title,
        "sha256": version.sha256,
        "publishedBy": version.published_by,
        "publishedAt": version.published_at,
        "approvedBy": version.approved_by,
        "approvedAt": version.approved_at,
        "goodUntil": _good_until(version),
        "retired": version.retired,
        "revoked": version.revoked,
    }


def _good_until(version: "AnyVersion") -> "datetime | None":
    from calamity.store.playbooks import PlaybookVersion

    return version.good_until if isinstance(version, PlaybookVersion) else None


@playbooks.command(name="list", epilog="Example: calamity playbooks list --json")
@click.option("--blocks", "of_blocks", is_flag=True, help="List the blocks instead.")
@for_municipality
@as_json
def list_(slug: str | None, *, of_blocks: bool, is_json: bool) -> None:
    """List the published versions."""
    found = run_async(_list(slug, of_blocks=of_blocks))
    if is_json:
        say_json([_shown(version) for version in found])
        return
    rows = [
        (
            v.slug,
            v.number,
            v.state,
            v.published_by,
            v.approved_by or "nobody yet",
            f"{until:%Y-%m-%d}" if (until := _good_until(v)) else "",
            v.document.title.en,
        )
        for v in found
    ]
    head = (
        "BLOCK" if of_blocks else "PLAYBOOK",
        "VERSION",
        "STATE",
        "PUBLISHED BY",
        "APPROVED BY",
        "GOOD UNTIL",
        "TITLE",
    )
    say_table(head, rows)


async def _list(slug: str | None, *, of_blocks: bool) -> "Sequence[AnyVersion]":
    from calamity.cli.operator import OPERATOR
    from calamity.domain.permissions import Permission
    from calamity.store.blocks import list_blocks
    from calamity.store.playbooks import list_versions

    find = list_blocks if of_blocks else list_versions
    async with acting(slug, OPERATOR, Permission.SEE_PLAYBOOKS) as (session, actor):
        return await find(session, actor.municipality_id)


@playbooks.command(epilog="Example: calamity playbooks publish attack-elsewhere --by author")
@click.argument("named", metavar="[SLUG|FILE]...", nargs=-1)
@for_municipality
@by_someone
@as_json
def publish(named: tuple[str, ...], slug: str | None, by: str, *, is_json: bool) -> None:
    """Store documents for good; a version that is published already is left alone."""
    from calamity.cli.playbook_files import blocks_beside, find_files, is_block, source_of

    files = find_files(named)
    blocks = [(file, source_of(file)) for file in files if is_block(file)]
    for version in run_async(_publish_blocks(blocks, slug, by)) if blocks else ():
        if not is_json:
            say(f"block {version.slug} version {version.number}: published.")
    documents = [(file, source_of(file)) for file in files if not is_block(file)]
    done = run_async(_publish(documents, slug, by, blocks_beside(files)))
    _say_versions("published", done, is_json=is_json)


def _say_versions(what: str, versions: "Sequence[AnyVersion]", *, is_json: bool) -> None:
    if is_json:
        say_json([_shown(version) for version in versions])
        return
    for version in versions:
        say(f"{said_name(version)} version {version.number}: {what} (sha256 {version.sha256}).")
    if what == "published" and not all(version.is_approved for version in versions):
        say("Next, by a second person: calamity playbooks approve SLUG --by LOGIN")


async def _publish_blocks(
    documents: list[tuple[Path, bytes]], slug: str | None, by: str
) -> "list[BlockVersion]":
    from calamity.actions.publish import publish_block
    from calamity.cli.faults import telling
    from calamity.domain.permissions import Permission

    done = []
    async with acting(slug, by, Permission.PUBLISH) as (session, actor):
        for file, data in documents:
            with telling(file):
                version = await publish_block(session, actor, data, str(file.resolve()), at=now())
                done.append(version)
    return done


async def _publish(
    documents: list[tuple[Path, bytes]], slug: str | None, by: str, blocks: "Blocks | None" = None
) -> "list[PlaybookVersion]":
    from calamity.actions.publish import publish as put_down
    from calamity.cli.faults import telling
    from calamity.domain.permissions import Permission

    done = []
    async with acting(slug, by, Permission.PUBLISH) as (session, actor):
        for file, data in documents:
            with telling(file):
                version = await put_down(
                    session, actor, data, str(file.resolve()), at=now(), blocks=blocks or {}
                )
                done.append(version)
    return done


@playbooks.command(epilog="Example: calamity playbooks approve attack-elsewhere --by colleague")
@click.argument("named", metavar="[SLUG|blocks/SLUG]...", nargs=-1)
@click.option("--version", "number", type=int, help="Which version; else the newest.")
@for_municipality
@by_someone
@as_json
def approve(
    named: tuple[str, ...], number: int | None, slug: str | None, by: str, *, is_json: bool
) -> None:
    """Say, as a second person, that a version may be used; without SLUG, all newest versions.

    blocks/SLUG is a block, of which playbooks are built.
    """
    _say_versions("approved", run_async(_approve(named, number, slug, by)), is_json=is_json)


async def _approve(
    named: tuple[str, ...], number: int | None, slug: str | None, by: str
) -> "list[AnyVersion]":
    from calamity.actions.publish import approve as agree
    from calamity.domain.errors import NotFound
    from calamity.domain.permissions import Permission
    from calamity.store.blocks import list_blocks
    from calamity.store.playbooks import list_versions

    done = []
    async with acting(slug, by, Permission.APPROVE) as (session, actor):
        newest: dict[str, AnyVersion] = {}
        there: list[AnyVersion] = [
            *await list_blocks(session, actor.municipality_id),
            *await list_versions(session, actor.municipality_id),
        ]
        for version in there:
            newest.setdefault(said_name(version), version)
        for name in named or newest:
            if name not in newest:
                raise NotFound(
                    f"{name}: nothing is published under this name. See: calamity playbooks list",
                    field="slug",
                )
            last = newest[name]
            which = number or last.number
            done.append(await agree(session, actor, last.slug, which, kind=last.kind, at=now()))
    return done


@playbooks.command(epilog="Example: calamity playbooks schema > playbook.schema.json")
def schema() -> None:
    """Print the JSON Schema of a playbook, for editors."""
    from calamity.domain.playbook_check import json_schema

    say_json(json_schema())


for _command in (
    diff, drafts, submit, retire, revoke, uses, export, import_, merge, keys, trust, distrust,
):  # fmt: skip
    playbooks.add_command(_command)
