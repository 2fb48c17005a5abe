"""`calamity playbooks export|import|merge`: to and from others."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

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
)
from calamity.cli.playbook_life import BLOCK_PREFIX, change_lines, say_changes
from calamity.cli.playbook_look import look_shown, say_look

if TYPE_CHECKING:
    from calamity.actions.bundles import Look
    from calamity.actions.imports import Brought, ThreeWay
    from calamity.domain.bundle import Bundle
    from calamity.domain.playbook import Block
    from calamity.store.drafts import Draft

_PLAIN = (".json", ".yaml", ".yml")


@click.command(epilog="Example: calamity playbooks export attack-here riots -o ours.calamity.zip")
@click.argument("named", metavar="[SLUG]...", nargs=-1)
@click.option("--version", "number", type=int, help="Which version; else the newest in use.")
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path),
    help="A bundle (.calamity.zip), one document (.json, .yaml), or one for other programs "
    "(.cacao.json); else JSON, printed.",
)  # fmt: skip
@click.option("--cacao", "is_cacao", is_flag=True, help="For other programs, whatever -o ends in.")
@for_municipality
def export(
    named: tuple[str, ...], *, number: int | None, out: Path | None, is_cacao: bool,
    slug: str | None,
) -> None:  # fmt: skip
    """Write playbooks for others; without SLUG, all that are in use; blocks/SLUG is a block.

    A bundle is signed, and holds texts to read; so is CACAO 2.0, for other programs. There are
    never people or numbers in either.
    """
    if is_cacao or (out is not None and out.name.endswith(".cacao.json")):
        _export_cacao(named, number, out, slug)
        return
    if len(named) == 1 and named[0].startswith(BLOCK_PREFIX):
        _export_block(named[0].removeprefix(BLOCK_PREFIX), number, out, slug)
        return
    from calamity.domain.bundle import parcel, unpack
    from calamity.domain.errors import Refused

    data = run_async(_export([(name, number) for name in named], slug))
    items = unpack(data).items
    if out is not None and out.suffix not in _PLAIN:
        out.write_bytes(data)
        for item in items:
            say(f"{out}: {item.provenance.slug} version {item.provenance.version}.")
        return
    if len(items) != 1:
        raise Refused("Several playbooks fit in a bundle only: -o FILE.calamity.zip", field="out")
    is_yaml = out is not None and out.suffix in (".yaml", ".yml")
    text = parcel(items[0].playbook, "yaml" if is_yaml else "json")
    if out is None:
        click.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    about = items[0].provenance
    say(f"{out}: {about.slug} version {about.version} (sha256 {about.sha256}).")


def _export_block(named: str, number: int | None, out: Path | None, slug: str | None) -> None:
    from calamity.domain.playbook_check import fingerprint
    from calamity.domain.playbook_text import as_yaml

    block = run_async(_block_of(named, number, slug))
    if out is None:
        click.echo(as_yaml(block), nl=False)
        return
    out.write_text(as_yaml(block), encoding="utf-8")
    say(f"{out}: block {block.block} version {block.version} (sha256 {fingerprint(block)}).")


async def _block_of(named: str, number: int | None, slug: str | None) -> "Block":
    from calamity.actions.bundles import export_block
    from calamity.domain.permissions import Permission

    async with acting(slug, OPERATOR, Permission.SEE_PLAYBOOKS) as (session, actor):
        return await export_block(session, actor, named, number)


def _export_cacao(
    named: tuple[str, ...], number: int | None, out: Path | None, slug: str | None
) -> None:
    from calamity.domain.errors import Refused

    if len(named) != 1:
        raise Refused("CACAO holds one playbook. Name it: export SLUG", field="slug")
    document, version = run_async(_cacao_of(named[0], number, slug))
    if out is None:
        click.echo(document)
        return
    out.write_bytes(document)
    say(f"{out}: {named[0]} version {version}, as CACAO 2.0, signed.")


async def _cacao_of(named: str, number: int | None, slug: str | None) -> tuple[bytes, int]:
    from calamity.actions.cacao import export_cacao
    from calamity.domain.permissions import Permission

    async with acting(slug, OPERATOR, Permission.SEE_PLAYBOOKS) as (session, actor):
        return await export_cacao(session, actor, named, number, at=now())


async def _export(named: list[tuple[str, int | None]], slug: str | None) -> bytes:
    from calamity.actions.bundles import export_bundle
    from calamity.domain.permissions import Permission

    async with acting(slug, OPERATOR, Permission.SEE_PLAYBOOKS) as (session, actor):
        return await export_bundle(session, actor, named)


@click.command(name="import", epilog="Example: calamity playbooks import theirs.calamity.zip")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--look", "is_look", is_flag=True, help="Show what it would bring; store nothing.")
@click.option("--draft", "is_draft", is_flag=True, help="Make drafts, not submitted versions.")
@click.option("--although-untrusted", is_flag=True, help="Although nobody here trusts its key.")
@for_municipality
@by_someone
@as_json
def import_(
    *,
    file: Path,
    is_look: bool,
    is_draft: bool,
    although_untrusted: bool,
    slug: str | None,
    by: str,
    is_json: bool,
) -> None:
    """Take over a bundle, a document or one of another program (CACAO 2.0).

    It becomes versions that a second person approves, or drafts.

    Shows first who signed it, what differs from ours, and which roles have nobody yet.
    """
    bundle, look = run_async(_look(file, slug, by))
    if is_look and is_json:
        say_json(look_shown(look))
        return
    if not is_json:
        say_look(look)
    if is_look:
        return
    if not is_json and sys.stdin.isatty():
        click.confirm("Overnemen? / Take over?", abort=True)
    done = run_async(
        _bring(bundle, slug, by, submit=not is_draft, although_untrusted=although_untrusted)
    )
    if is_json:
        say_json([_brought_shown(each) for each in done])
        return
    for each in done:
        say(_outcome(each))


async def _look(file: Path, slug: str | None, by: str) -> "tuple[Bundle, Look]":
    from calamity.actions.bundles import look_at
    from calamity.actions.imports import open_file
    from calamity.cli.faults import telling
    from calamity.cli.playbook_files import blocks_beside, source_of
    from calamity.domain.permissions import Permission

    data, beside = source_of(file), blocks_beside([file])
    async with acting(slug, by, Permission.PUBLISH) as (session, actor):
        with telling(file):
            bundle = await open_file(session, actor, data, blocks=beside, at=now())
        return bundle, await look_at(session, actor, bundle)


async def _bring(
    bundle: "Bundle", slug: str | None, by: str, *, submit: bool, although_untrusted: bool
) -> "list[Brought]":
    from calamity.actions.imports import bring_in
    from calamity.domain.permissions import Permission

    async with acting(slug, by, Permission.PUBLISH) as (session, actor):
        return await bring_in(
            session,
            actor,
            bundle,
            submit=submit,
            although_untrusted=although_untrusted,
            at=now(),
        )


def _brought_shown(each: "Brought") -> dict[str, Any]:
    return {
        "slug": each.slug,
        "sha256": each.sha256,
        "standing": each.standing,
        "became": each.became,
        "version": each.number,
        "draftId": each.draft_id,
        "importId": each.import_id,
    }


def _outcome(each: "Brought") -> str:
    if each.became == "submitted":
        return (
            f"{each.slug} version {each.number}: submitted. Next, by a second person: "
            f"calamity playbooks approve {each.slug} --by LOGIN"
        )
    if each.became == "draft":
        return (
            f"{each.slug}: draft {each.draft_id}. Next: calamity playbooks submit {each.draft_id}"
        )
    if each.became == "merge":
        return (
            f"{each.slug}: we changed it too. Choose part by part: "
            f"calamity playbooks merge {each.import_id}"
        )
    return f"{each.slug}: nothing new ({each.standing})."


@click.command(epilog="Example: calamity playbooks merge 0197c3f0-... --theirs steps/S04 --draft")
@click.argument("came", metavar="IMPORT")
@click.option("--theirs", multiple=True, metavar="PART", help="Take this part as they have it.")
@click.option("--ours", multiple=True, metavar="PART", help="Keep this part as we have it.")
@click.option("--draft", "is_draft", is_flag=True, help="Make the draft; else only show.")
@for_municipality
@by_someone
@as_json
def merge(
    *,
    came: str,
    theirs: tuple[str, ...],
    ours: tuple[str, ...],
    is_draft: bool,
    slug: str | None,
    by: str,
    is_json: bool,
) -> None:
    """Show what they changed, what we changed and where both did; make a draft of the choices."""
    if is_draft:
        draft = run_async(_merged(came, theirs, ours, slug, by))
        say(f"{draft.slug}: draft {draft.id}. Next: calamity playbooks submit {draft.id}")
        return
    compared = run_async(_three_way(came, slug, by))
    if is_json:
        say_json(
            [
                {
                    "part": each.part,
                    "choice": each.choice,
                    "theirs": change_lines(each.theirs),
                    "ours": change_lines(each.ours),
                    "between": change_lines(each.between),
                }
                for each in compared.differences
            ]
        )
        return
    _say_three_way(compared)


def _say_three_way(compared: "ThreeWay") -> None:
    if not compared.has_base:
        say("There is no version that they and we had in common: choose for every part.")
    for each in compared.differences:
        say(f"{each.part}: {each.choice or 'CHOOSE: --theirs or --ours'}")
        for who, changes in (("They", each.theirs), ("We", each.ours)):
            if changes:
                say(f"  {who} changed:")
                say_changes(changes, "  ")
        if not each.theirs and not each.ours:
            say("  From ours to theirs:")
            say_changes(each.between, "  ")
    say(f"{len(compared.differences)} parts differ.")


async def _three_way(came: str, slug: str | None, by: str) -> "ThreeWay":
    from calamity.actions.imports import three_way
    from calamity.domain.permissions import Permission

    async with acting(slug, by, Permission.PUBLISH) as (session, actor):
        return await three_way(session, actor, came)


async def _merged(
    came: str, theirs: tuple[str, ...], ours: tuple[str, ...], slug: str | None, by: str
) -> "Draft":
    from calamity.actions.imports import merge_import
    from calamity.domain.permissions import Permission

    choices: dict[str, Literal["ours", "theirs"]] = {}
    choices.update(dict.fromkeys(theirs, "theirs"))
    choices.update(dict.fromkeys(ours, "ours"))
    async with acting(slug, by, Permission.PUBLISH) as (session, actor):
        return await merge_import(session, actor, came, choices, at=now())
