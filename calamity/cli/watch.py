"""`calamity watch`: look at a watch, go on with the whole playbook, or stand down."""

from typing import TYPE_CHECKING

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
    say_table,
    settings_now,
)

if TYPE_CHECKING:
    from calamity.domain.plan import PlannedAct

_WHY = "The reason, which stands on the timeline."


@click.group()
def watch() -> None:
    """End a watch, in which the rapid team alone is at work and nobody else hears from us."""


@watch.command("show", epilog="Example: calamity watch show 0198f2c4-...")
@click.argument("calamity", metavar="ID")
@for_municipality
@by_someone
@as_json
def show(*, calamity: str, slug: str | None, by: str, is_json: bool) -> None:
    """Show who would get which words if the watch ended now; nothing happens."""
    go_on, stand_down = run_async(_plan(calamity, slug, by))
    if is_json:
        say_json({"goOn": go_on, "standDown": stand_down})
        return
    say("Doorgaan / go on:")
    _say_acts(go_on)
    say("Stoppen / stand down:")
    _say_acts(stand_down)


@watch.command("end", epilog="Example: calamity watch end 0198f2c4-... --reason 'Het is zeker'")
@click.argument("calamity", metavar="ID")
@click.option("--reason", required=True, help=_WHY)
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@for_municipality
@by_someone
def end(*, calamity: str, reason: str, is_sure: bool, slug: str | None, by: str) -> None:
    """Start the whole playbook: what was held counts from now."""
    go_on, _ = run_async(_plan(calamity, slug, by))
    _say_acts(go_on)
    if not is_sure:
        click.confirm("Heel het draaiboek starten? / Start the whole playbook?", abort=True)
    run_async(_end(calamity, slug, by, reason, goes_on=True))
    say("Het hele draaiboek is gestart. / The whole playbook has started.")


@watch.command(
    "stand-down", epilog="Example: calamity watch stand-down 0198f2c4-... --reason 'Het was loos'"
)
@click.argument("calamity", metavar="ID")
@click.option("--reason", required=True, help=_WHY)
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@for_municipality
@by_someone
def stand_down(*, calamity: str, reason: str, is_sure: bool, slug: str | None, by: str) -> None:
    """Close the calamity: who was called hears that it is over."""
    _, parting = run_async(_plan(calamity, slug, by))
    _say_acts(parting)
    if not is_sure:
        click.confirm("Stoppen en sluiten? / Stand down and close?", abort=True)
    run_async(_end(calamity, slug, by, reason, goes_on=False))
    say("Gesloten. / Closed.")


async def _plan(
    calamity: str, slug: str | None, by: str
) -> tuple[list["PlannedAct"], list["PlannedAct"]]:
    from calamity.actions.terms import terms_of
    from calamity.actions.watch import plan_end
    from calamity.domain.permissions import Permission

    settings = settings_now()
    async with opened(settings) as database, database.reading() as session:
        actor = await actor_for(session, slug, by, Permission.STEER)
        ends = await plan_end(session, terms_of(settings), actor, calamity, at=now())
    return (
        [act for each in ends for act in each.go_on],
        [act for each in ends for act in each.stand_down],
    )


async def _end(calamity: str, slug: str | None, by: str, reason: str, *, goes_on: bool) -> None:
    from calamity.actions.terms import terms_of
    from calamity.actions.watch import end_watch, stand_down
    from calamity.domain.permissions import Permission
    from calamity.store.wakes import Wakes

    settings, act = settings_now(), end_watch if goes_on else stand_down
    async with opened(settings) as database, database.transaction() as session:
        actor = await actor_for(session, slug, by, Permission.STEER)
        await act(
            session, Wakes(database), terms_of(settings), actor, calamity, reason=reason, at=now()
        )


def _say_acts(acts: list["PlannedAct"]) -> None:
    zone = settings_now().zone
    rows = [
        (
            f"{act.start_at.astimezone(zone):%d-%m %H:%M}",
            act.step,
            "vanzelf / by itself" if act.is_automatic else "door een mens / by a person",
            act.audience,
            act.recipients,
        )
        for act in acts
    ]
    say_table(("WHEN", "STEP", "STARTS", "AUDIENCE", "PEOPLE"), rows)
    for act in acts:
        for text in act.texts:
            say(f"  {act.step} {text.language} ({text.recipients}x): {text.example}")
