"""`calamity playbooks export|import|merge|keys|trust|distrust`: to and from others."""

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
from calamity.cli.playbook_life import change_lines, say_changes

if TYPE_CHECKING:
    from calamity.actions.bundles import Incoming, Look
    from calamity.actions.imports import Brought, ThreeWay
    from calamity.actions.trust import OwnKey
    from calamity.domain.bundle import Bundle
    from calamity.store.drafts import Draft
    from calamity.store.keys import TrustedKey

_PLAIN = (".json", ".yaml", ".yml")


@click.command(epilog="Example: calamity playbooks export attack-here riots -o ours.calamity.zip")
@click.argument("named", metavar="[SLUG]...", nargs=-1)
@click.option("--version", "number", type=int, help="Which version; else the newest in use.")
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path),
    help="A bundle (.calamity.zip), or one document (.json, .yaml); else JSON, printed.",
)  # fmt: skip
@for_municipality
def export(named: tuple[str, ...], number: int | None, out: Path | None, slug: str | None) -> None:
    """Write playbooks for another municipality; without SLUG, all that are in use.

    A bundle is signed, and holds texts to read. There are never people or numbers in it.
    """
    from calamity.cli.playbook_files import packed
    from calamity.domain.bundle import unpack
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
    form = "yaml" if out is not None and out.suffix in (".yaml", ".yml") else "json"
    text = packed(items[0].playbook, form)
    if out is None:
        click.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    about = items[0].provenance
    say(f"{out}: {about.slug} version {about.version} (sha256 {about.sha256}).")


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
    """Take over a bundle or a document: as versions that a second person approves, or as drafts.

    Shows first who signed it, what differs from ours, and which roles have nobody yet.
    """
    from calamity.cli.faults import telling
    from calamity.cli.playbook_files import opened_file

    with telling(file):
        bundle = opened_file(file)
    look = run_async(_look(bundle, slug, by))
    if is_look and is_json:
        say_json(_look_shown(look))
        return
    if not is_json:
        _say_look(look)
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


async def _look(bundle: "Bundle", slug: str | None, by: str) -> "Look":
    from calamity.actions.bundles import look_at
    from calamity.domain.permissions import Permission

    async with acting(slug, by, Permission.PUBLISH) as (session, actor):
        return await look_at(session, actor, bundle)


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


def _say_look(look: "Look") -> None:
    from calamity.domain.playbook_life import grouped

    signer = look.signer
    if not signer.fingerprint:
        say("Nobody signed this: it is a document by itself.")
    else:
        trusted = f"trusted as {signer.trusted_as}" if signer.trusted_as else "NOT TRUSTED HERE"
        say(f"Signed in the name of {signer.municipality}: {trusted}.")
        say(f"Fingerprint of the key: {grouped(signer.fingerprint)}")
    for each in look.playbooks:
        _say_incoming(each)


def _say_incoming(each: "Incoming") -> None:
    beside = f", beside our version {each.ours}" if each.ours else ""
    say(f"{each.provenance.slug} version {each.provenance.version}: {each.standing}{beside}.")
    _say_approval(each)
    say_changes(each.changes, "  ")
    for gap in each.gaps:
        count = f" ({gap.held} of {gap.needed})" if gap.needed > 1 else ""
        say(f"  {_LACKING[gap.kind]}: {' '.join((gap.code, gap.name.en)).strip()}{count}.")
    for room in dict.fromkeys(gap.room for gap in each.gaps):
        say(f"  Next: {_BOUND_BY[room]}")


def _say_approval(each: "Incoming") -> None:
    from calamity.domain.playbook_life import grouped

    approved = each.provenance.approved
    if approved is None:
        say("  Approved there: by nobody yet, or nobody says so.")
        return
    office = each.provenance.office or "somebody"
    say(f"  Approved there: {approved.at:%Y-%m-%d}, {office} of {approved.named}.")
    say(f"  Fingerprint of that key: {grouped(each.approved_with)}")


_LACKING = {
    "map": "Not known here yet",
    "role": "Role without people",
    "audience": "Group without people",
    "circle": "Circle without an agreement for these messages",
    "neighbourhood": "Neighbourhood without people",
}
_BOUND_BY = {
    "people": "calamity people import FILE.csv, or the page /people",
    "neighbourhoods": "calamity neighbourhoods import FILE.geojson, or the page /neighbourhoods",
}


def _look_shown(look: "Look") -> dict[str, Any]:
    return {
        "municipality": look.signer.municipality,
        "fingerprint": look.signer.fingerprint,
        "trustedAs": look.signer.trusted_as,
        "playbooks": [
            {
                "slug": each.provenance.slug,
                "version": each.provenance.version,
                "sha256": each.provenance.sha256,
                "standing": each.standing,
                "ours": each.ours,
                "changes": change_lines(each.changes),
                "approved": each.provenance.approved
                and {
                    "office": each.provenance.office,
                    "municipality": each.provenance.approved.named,
                    "fingerprint": each.approved_with,
                    "at": each.provenance.approved.at,
                },
                "missing": each.gaps,
            }
            for each in look.playbooks
        ],
    }


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


@click.command(epilog="Example: calamity playbooks keys")
@for_municipality
@as_json
def keys(slug: str | None, *, is_json: bool) -> None:
    """Show the fingerprint of our own key, for others to trust, and the keys that we trust."""
    from calamity.domain.playbook_life import grouped

    own, trusted = run_async(_keys(slug))
    if is_json:
        say_json({"own": own, "trusted": trusted})
        return
    say(f"{own.name} (our own): {own.spoken}")
    for key in trusted:
        state = f"withdrawn {key.withdrawn_at:%Y-%m-%d}" if key.withdrawn_at else "trusted"
        say(f"{key.name} ({state}): {grouped(key.fingerprint)}")


async def _keys(slug: str | None) -> "tuple[OwnKey, list[TrustedKey]]":
    from calamity.actions.trust import own_key
    from calamity.domain.permissions import Permission
    from calamity.store.keys import list_trusted_keys

    async with acting(slug, OPERATOR, Permission.SEE_PLAYBOOKS) as (session, actor):
        own = await own_key(session, actor.municipality_id)
        return own, await list_trusted_keys(session, actor.municipality_id)


@click.command(epilog="Example: calamity playbooks trust Waterstad '3f9a 77c0 ...'")
@click.argument("name")
@click.argument("fingerprint")
@for_municipality
@by_someone
def trust(name: str, fingerprint: str, slug: str | None, by: str) -> None:
    """Trust the key of another municipality, after hearing its fingerprint by phone."""
    run_async(_trust(name, fingerprint, slug, by))
    say(f"{name}: trusted.")


async def _trust(name: str, fingerprint: str, slug: str | None, by: str) -> None:
    from calamity.actions.trust import trust as believe
    from calamity.domain.permissions import Permission

    async with acting(slug, by, Permission.TRUST_KEYS) as (session, actor):
        await believe(session, actor, name, fingerprint, at=now())


@click.command(epilog="Example: calamity playbooks distrust '3f9a 77c0 ...'")
@click.argument("fingerprint")
@for_municipality
@by_someone
def distrust(fingerprint: str, slug: str | None, by: str) -> None:
    """Trust a key no longer; what came in before stays."""
    run_async(_distrust(fingerprint, slug, by))
    say("This key is not trusted any more.")


async def _distrust(fingerprint: str, slug: str | None, by: str) -> None:
    from calamity.actions.trust import distrust as doubt
    from calamity.domain.errors import NotFound
    from calamity.domain.permissions import Permission
    from calamity.domain.playbook_life import read_fingerprint
    from calamity.store.keys import find_trusted_key

    async with acting(slug, by, Permission.TRUST_KEYS) as (session, actor):
        key = await find_trusted_key(session, actor.municipality_id, read_fingerprint(fingerprint))
        if key is None:
            raise NotFound("This key is not trusted. See: calamity playbooks keys", field="key")
        await doubt(session, actor, key.id, at=now())
