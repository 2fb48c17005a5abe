"""`calamity timeline`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from calamity.cli.operator import (
    actor_for,
    as_json,
    by_someone,
    for_municipality,
    now,
    opened,
    run_async,
    say,
    say_json,
    settings_now,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from calamity.domain.timeline import Line, Verdict
    from calamity.settings import Settings
    from calamity.store.database import Session

_DUTCH = {
    "changed": "is gewijzigd",
    "removed": "is verwijderd",
    "inserted": "is ingevoegd",
    "reordered": "is verplaatst",
}


@click.group()
def timeline() -> None:
    """Timelines: take one out of the house, or check that nobody rewrote it."""


@timeline.command(epilog="Example: calamity timeline export newest --out timeline.zip")
@click.argument("calamity")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The ZIP to write.",
)
@click.option(
    "--visibility",
    type=click.Choice(("coordinators", "team", "officials")),
    default="coordinators",
    show_default=True,
    help="For whom: what they may not see keeps its header only.",
)
@for_municipality
@by_someone
def export(calamity: str, out: Path, visibility: str, slug: str | None, by: str) -> None:
    """Write a timeline to a ZIP that others can verify by themselves.

    CALAMITY is its id, the short code in texts, or newest.
    """
    count = run_async(_export(calamity, out, visibility, slug, by))
    say(f"{out}: {count} entries. Check it with: python3 verify_timeline.py")


async def _export(calamity: str, out: Path, visibility: str, slug: str | None, by: str) -> int:
    from calamity.actions.export import export_timeline
    from calamity.domain.permissions import Permission
    from calamity.domain.timeline import Visibility
    from calamity.store.calamities import get_calamity

    settings = settings_now()
    part = out.with_name(out.name + ".part")
    async with opened(settings) as database, database.reading() as session:
        actor = await actor_for(session, slug, by, Permission.EXPORT_TIMELINE)
        calamity_id = await _calamity_id(session, actor.municipality_id, calamity)
        count = (await get_calamity(session, actor.municipality_id, calamity_id)).head_seq
        chunks = export_timeline(
            session,
            actor,
            calamity_id,
            now(),
            zone=settings.zone,
            reader=Visibility(visibility),
            words=_words(settings),
        )
        with part.open("wb") as target:
            async for chunk in chunks:
                target.write(chunk)
    part.replace(out)
    return count


def _words(settings: "Settings") -> "Callable[[Line], str]":
    """Say in the language of the installation what an entry holds, with what people wrote."""
    from calamity.domain.timeline import decode_happening
    from calamity.web.language import Language
    from calamity.web.sentences import own_words, sentence

    try:
        language = Language(settings.locale, settings.zone)
    except RuntimeError:
        # The Dutch words are compiled when the product is built; English needs none.
        language = Language("en", settings.zone)

    def words(line: "Line") -> str:
        happening = decode_happening(line.body or b"")
        said = (sentence(happening, language), own_words(happening, language))
        return "\n".join(filter(None, said))

    return words


async def _calamity_id(session: "Session", municipality_id: str, named: str) -> str:
    from calamity.actions.activate import find_calamity_by_code
    from calamity.domain.errors import NotFound
    from calamity.store.calamities import get_calamity, list_calamities

    if named == "newest":
        found = await list_calamities(session, municipality_id, limit=1)
        if not found:
            raise NotFound("There is no calamity yet.", field="calamity")
        return found[0].id
    if len(named) == 36:  # noqa: PLR2004 - the length of an id
        return (await get_calamity(session, municipality_id, named)).id
    return await find_calamity_by_code(session, municipality_id, named)


@timeline.command(epilog="Example: calamity timeline verify newest")
@click.argument("calamity", required=False)
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Check an exported timeline.jsonl instead, with the manifest.json beside it.",
)
@click.option("--key", help="The municipality's public key, with --file.")
@for_municipality
@by_someone
@as_json
def verify(
    calamity: str | None,
    file: Path | None,
    key: str | None,
    slug: str | None,
    by: str,
    *,
    is_json: bool,
) -> None:
    """Check that a timeline is whole; name the first entry that is not as it was."""
    if (calamity is None) == (file is None):
        raise click.UsageError("Name a calamity, or an exported file with --file.")
    if file is not None:
        _verify_file(file, key, is_json=is_json)
        return
    verdict = run_async(_verify(calamity or "", slug, by))
    if is_json:
        say_json(verdict)
    else:
        _say_verdict(verdict)
    if not verdict.intact:
        raise SystemExit(1)


async def _verify(calamity: str, slug: str | None, by: str) -> "Verdict":
    from calamity.actions.export import verify_timeline
    from calamity.cli.progress import counting
    from calamity.domain.permissions import Permission
    from calamity.store.calamities import get_calamity

    async with opened(settings_now()) as database, database.reading() as session:
        actor = await actor_for(session, slug, by, Permission.SEE_TIMELINE)
        calamity_id = await _calamity_id(session, actor.municipality_id, calamity)
        count = (await get_calamity(session, actor.municipality_id, calamity_id)).head_seq
        with counting("Checking", count) as progress:
            return await verify_timeline(session, actor, calamity_id, progress=progress)


def _say_verdict(verdict: "Verdict") -> None:
    if verdict.fault is None:
        say(f"IN ORDE / INTACT: {verdict.lines} regels / entries.")
    else:
        say(f"NIET IN ORDE: regel {verdict.line} {_DUTCH[verdict.fault]}.")
        say(f"TAMPERED WITH: entry {verdict.line} was {verdict.fault}.")
    say(f"Getekend tot en met / signed up to: {verdict.sealed}")
    say(f"Sleutel / key: {verdict.public_key}")


def _verify_file(file: Path, key: str | None, *, is_json: bool) -> None:
    """Run the verifier that ships in every export, so that both can only say the same."""
    import subprocess
    import sys

    import calamity.store

    script = Path(calamity.store.__file__).parent / "export" / "verify_timeline.py"
    manifest = file.with_name("manifest.json")
    given = [str(file)]
    if manifest.exists():
        given += [str(manifest), *([key] if key else [])]
    elif key:
        raise click.UsageError("A key is checked with the manifest.json beside the file.")
    done = subprocess.run(  # noqa: S603 - our own script, and a file that was named to us
        [sys.executable, str(script), *given], capture_output=True, text=True, check=False
    )
    told: dict[str, Any] = {"intact": done.returncode == 0, "report": done.stdout.splitlines()}
    if is_json:
        say_json(told)
    else:
        say(done.stdout.rstrip())
    if done.returncode:
        raise SystemExit(1)
