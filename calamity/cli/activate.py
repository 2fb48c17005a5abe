"""`calamity activate`."""

import secrets
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
    settings_now,
)

if TYPE_CHECKING:
    from datetime import tzinfo

    from calamity.domain.activation import ActivationRequest
    from calamity.domain.plan import Plan, PlannedAct
    from calamity.store.calamities import Activation

_LONGEST_INCIDENT = 60


@click.command(
    epilog="Example: calamity activate attack-elsewhere --title 'Aanslag in Stad' "
    "--incident 'de aanslag in Stad' --level 1 --reason 'Onrust op scholen' --exercise"
)
@click.argument("playbook", metavar="SLUG")
@click.option("--title", required=True, help="What the calamity is called on screens.")
@click.option("--incident", help="The event as it stands in Dutch texts; else the title.")
@click.option("--incident-en", help="The same in English texts.")
@click.option("--level", type=click.IntRange(0, 3), help="Social level of a new calamity.")
@click.option("--reason", help="Why this level.")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="CODE=yes|no|unknown",
    help="The answer to a question of the playbook, from which a level is proposed.",
)
@click.option("--version", "number", type=int, help="Which version; else the newest approved.")
@click.option("--although-retired", is_flag=True, help="Although this version was retired.")
@click.option("--calamity", help="The id of a running calamity, to add a playbook to it.")
@click.option("--affected", multiple=True, metavar="CODE", help="A neighbourhood concerned.")
@click.option("--place", default="", help="Where the team meets.")
@click.option(
    "--watch",
    "watch_reason",
    metavar="REASON",
    help="Only watch for now, and why: the rapid team alone, nobody else hears from us.",
)
@click.option("--exercise", is_flag=True, help="Every text begins with OEFENING.")
@click.option(
    "--tempo",
    type=click.IntRange(1, 60),
    default=1,
    show_default=True,
    help="How many times faster an exercise runs.",
)
@click.option("--plan", "is_plan", is_flag=True, help="Show who would get what; do nothing.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@click.option("--request-key", help="The same key never activates twice.")
@for_municipality
@by_someone
@as_json
def activate(
    *,
    slug: str | None,
    by: str,
    is_plan: bool,
    is_sure: bool,
    is_json: bool,
    **given: object,
) -> None:
    """Activate a playbook, after showing who will get which words."""
    request = _request(**given)  # type: ignore[arg-type]  # click hands over what is declared above
    if request.levels is None and request.calamity_id is None:
        run_async(_propose(request, slug, by))
    planned = run_async(_plan(request, slug, by))
    if is_plan and is_json:
        say_json(planned)
        return
    if not is_json:
        _say_plan(planned)
    if is_plan:
        return
    if not is_sure:
        click.confirm("Activeren? / Activate?", abort=True, err=is_json)
    done = run_async(_activate(request, slug, by))
    if is_json:
        say_json(
            {
                "calamityId": done.calamity_id,
                "activationId": done.id,
                "t0": done.t0,
                "warnings": planned.warnings,
            }
        )
        return
    say(f"Geactiveerd / activated: calamity {done.calamity_id}")


def _request(
    *,
    playbook: str,
    title: str,
    incident: str | None,
    incident_en: str | None,
    level: int | None,
    reason: str | None,
    answers: tuple[str, ...],
    number: int | None,
    although_retired: bool,
    calamity: str | None,
    affected: tuple[str, ...],
    place: str,
    watch_reason: str | None,
    exercise: bool,
    tempo: int,
    request_key: str | None,
) -> "ActivationRequest":
    import msgspec

    from calamity.domain.activation import ActivationRequest
    from calamity.domain.errors import Refused

    if exercise and calamity is None and not answers:
        level = 1 if level is None else level
        reason = reason or "Oefening"
    values: dict[str, object] = {
        "slug": playbook,
        "although_retired": although_retired,
        "request_key": request_key or secrets.token_urlsafe(12),
        "inputs": {
            "incident": {
                "nl": incident or title[:_LONGEST_INCIDENT],
                **({"en": incident_en} if incident_en else {}),
            },
            "place": place,
            "affected": list(affected),
            "answers": dict(_pair(answer) for answer in answers),
        },
        "version": number,
        "calamity_id": calamity,
        "title": title,
        "is_exercise": exercise,
        "tempo": tempo,
        "watch_reason": watch_reason,
    }
    if level is not None and calamity is None:
        values["levels"] = {"social": level, "social_reason": reason}
    try:
        return msgspec.convert(values, ActivationRequest)
    except msgspec.ValidationError as error:
        raise Refused(f"{error}.") from error


def _pair(answer: str) -> tuple[str, str]:
    from calamity.domain.errors import Refused

    code, _, given = answer.partition("=")
    if given not in ("yes", "no", "unknown"):
        raise Refused("Write an answer as CODE=yes, CODE=no or CODE=unknown.", field="answer")
    return code, given


async def _propose(request: "ActivationRequest", slug: str | None, by: str) -> None:
    """Refuse to go on without a level, and say which one the playbook proposes."""
    from calamity.domain.errors import Refused
    from calamity.domain.permissions import Permission
    from calamity.domain.proposal import in_words, propose_level
    from calamity.store.playbooks import usable_version

    settings = settings_now()
    async with opened(settings) as database, database.reading() as session:
        actor = await actor_for(session, slug, by, Permission.ACTIVATE)
        version = await usable_version(
            session, actor.municipality_id, request.slug, request.version
        )
    proposal = propose_level(version.playbook, request.inputs.answers)
    if proposal is not None:
        why = in_words(proposal, version.playbook).en
        raise Refused(f"{why} A person sets it: give --level.", field="level")


async def _plan(request: "ActivationRequest", slug: str | None, by: str) -> "Plan":
    from calamity.actions.plan import plan
    from calamity.actions.terms import terms_of
    from calamity.domain.permissions import Permission

    settings = settings_now()
    async with opened(settings) as database, database.reading() as session:
        actor = await actor_for(session, slug, by, Permission.ACTIVATE)
        return await plan(session, terms_of(settings), actor, request, at=now())


async def _activate(request: "ActivationRequest", slug: str | None, by: str) -> "Activation":
    from calamity.actions.activate import activate as begin
    from calamity.actions.terms import terms_of
    from calamity.domain.permissions import Permission
    from calamity.store.wakes import Wakes

    settings = settings_now()
    async with opened(settings) as database, database.transaction() as session:
        actor = await actor_for(session, slug, by, Permission.ACTIVATE)
        return await begin(session, Wakes(database), terms_of(settings), actor, request, at=now())


def _when(act: "PlannedAct", zone: "tzinfo") -> str:
    from calamity.domain.watch import WATCH

    if act.waits_for == WATCH:
        return "na afwachten / after the watch"
    return f"{act.start_at.astimezone(zone):%d-%m %H:%M}"


def _say_plan(plan: "Plan") -> None:
    from calamity.cli.operator import say_table

    kind = "OEFENING / EXERCISE" if plan.is_exercise else "ECHT / FOR REAL"
    say(f"{plan.title.nl} / {plan.title.en}, versie / version {plan.version} - {kind}")
    if plan.is_watch:
        say("Eerst afwachten: alleen het snelteam. / Only watching: the rapid team alone.")
    if plan.is_past_its_date:
        say("Let op: deze versie is verlopen. / Note: this version is past its date.")
    if plan.is_retired:
        say("Let op: deze versie is uit gebruik. / Note: this version was retired.")
    zone = settings_now().zone
    rows = [
        (
            _when(act, zone),
            act.step,
            "vanzelf / by itself" if act.is_automatic else "door een mens / by a person",
            act.audience,
            act.recipients,
            sum(act.held_back.values()),
            act.parts,
        )
        for act in plan.acts
    ]
    say_table(("WHEN", "STEP", "STARTS", "AUDIENCE", "PEOPLE", "HELD BACK", "SMS PARTS"), rows)
    for act in plan.acts:
        for text in act.texts:
            say(f"  {act.step} {text.language} ({text.recipients}x): {text.example}")
    for person in plan.unreachable:
        say(f"Onbereikbaar / unreachable: {person.name} ({person.group}): {person.reason}")
    for role in plan.roles_without_people:
        say(f"Rol zonder mensen / role without people: {role}")
    for found in plan.warnings:
        say(f"Kijk nog eens / look again: {found.words} ({found.field}: {found.kind})")
    say(f"SMS-delen / parts: {plan.parts}; kosten / cost: € {plan.cost:.2f} (schatting / estimate)")
