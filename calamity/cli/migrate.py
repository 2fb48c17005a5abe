"""`calamity migrate`."""

import rich_click as click

from calamity.cli.operator import as_json, connected, run_async, say, say_json, settings_now


@click.command(epilog="Example: calamity migrate")
@as_json
def migrate(*, is_json: bool) -> None:
    """Bring the database to this version."""
    before, after = run_async(_migrate())
    if is_json:
        say_json({"before": before, "after": after})
    elif before == after:
        say(f"The database is up to date ({after}).")
    else:
        say(f"The database went from {before or 'empty'} to {after}.")


async def _migrate() -> tuple[str | None, str | None]:
    from calamity.store.migrate import migrate as bring_up_to_date

    async with connected(settings_now()) as database:
        return await bring_up_to_date(database)
