"""`calamity playbooks cacao`."""

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from calamity.cli.operator import (
    acting,
    as_json,
    by_someone,
    for_municipality,
    now,
    run_async,
    say,
    say_json,
)

if TYPE_CHECKING:
    from calamity.actions.cacao import CacaoLook


@click.group(epilog="Example: calamity playbooks cacao export attack-here -o ours.cacao.json")
def cacao() -> None:
    """Exchange playbooks with other programs, in CACAO 2.0."""


@cacao.command(epilog="Example: calamity playbooks cacao export attack-here -o ours.cacao.json")
@click.argument("named", metavar="SLUG")
@click.option("--version", "number", type=int, help="Which version; else the newest.")
@click.option(
    "--out", "-o", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file."
)
@for_municipality
def export(named: str, number: int | None, out: Path, slug: str | None) -> None:
    """Write a version as a signed document for other programs."""
    document, version = run_async(_export(named, number, slug))
    out.write_bytes(document)
    say(f"{out}: {named} version {version}, as CACAO 2.0, signed.")


async def _export(named: str, number: int | None, slug: str | None) -> tuple[bytes, int]:
    from calamity.actions.cacao import export_cacao
    from calamity.cli.operator import OPERATOR
    from calamity.domain.permissions import Permission

    async with acting(slug, OPERATOR, Permission.SEE_PLAYBOOKS) as (session, actor):
        return await export_cacao(session, actor, named, number, at=now())


@cacao.command(name="import", epilog="Example: calamity playbooks cacao import theirs.json --look")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--look", "is_look", is_flag=True, help="Show what it would bring; store nothing.")
@click.option("--although-untrusted", is_flag=True, help="Although nobody here trusts its key.")
@for_municipality
@by_someone
@as_json
def import_(
    file: Path, *, is_look: bool, although_untrusted: bool, slug: str | None, by: str, is_json: bool
) -> None:
    """Take a document in as a draft; say who signed it and what a person must look at."""
    source = file.read_bytes()
    look, draft = run_async(
        _import(source, is_look=is_look, anyway=although_untrusted, slug=slug, by=by)
    )
    if is_json:
        say_json({"look": look, "draftId": draft})
        return
    _say(look)
    say(f"Kept as draft {draft}." if draft else "Only looked at: nothing was stored.")


async def _import(
    source: bytes, *, is_look: bool, anyway: bool, slug: str | None, by: str
) -> "tuple[CacaoLook, str | None]":
    from calamity.actions.cacao import bring_cacao, look_at_cacao
    from calamity.domain.cacao import CacaoFaults
    from calamity.domain.errors import CalamityError
    from calamity.domain.permissions import Permission

    try:
        async with acting(slug, by, Permission.PUBLISH) as (session, actor):
            if is_look:
                return await look_at_cacao(session, actor, source, at=now()), None
            look, draft = await bring_cacao(
                session, actor, source, although_untrusted=anyway, at=now()
            )
            return look, draft.id
    except CacaoFaults as error:
        told = CalamityError(error.message, field=error.field)
        lines = [f"{fault.where or 'document'}: {fault.en}" for fault in error.faults]
        told.told = [*lines, "Nothing was taken in."]  # type: ignore[attr-defined]  # for the edge
        raise told from error


def _say(look: "CacaoLook") -> None:
    say(f"{look.slug} version {look.version}, " + ("ours" if look.is_ours else "foreign") + ".")
    for each in look.signatures:
        known = f"trusted as {each.trusted_as}" if each.trusted_as else "not trusted here"
        say(f"Signed by {each.name}: {known if each.is_good else 'DOES NOT HOLD'}.")
    for crossing in look.crossings:
        say(f"- {crossing.where}: {crossing.en}")
    errors = [fault for fault in look.faults if fault.severity == "error"]
    for fault in errors:
        say(str(fault))
    if errors:
        say(f"{len(errors)} faults to finish in the draft.")
