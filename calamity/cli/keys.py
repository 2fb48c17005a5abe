"""`calamity playbooks keys|trust|distrust`: whose signatures we take as theirs."""

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from calamity.actions.trust import OwnKey
    from calamity.store.keys import TrustedKey


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
