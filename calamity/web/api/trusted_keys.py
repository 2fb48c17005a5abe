"""The keys of other municipalities: whose signature on a bundle we take as theirs."""

from datetime import datetime
from typing import Annotated

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from calamity.actions import trust as trusting
from calamity.domain.permissions import Actor, Permission
from calamity.store.keys import list_trusted_keys
from calamity.web.api.calamities import created
from calamity.web.auth import needs
from calamity.web.house import House, now


class TrustedKey(Struct, frozen=True, rename="camel"):
    """The key of another municipality."""

    id: str
    name: str
    fingerprint: str
    added_by: str
    added_at: datetime
    withdrawn_at: datetime | None


class Keys(Struct, frozen=True, rename="camel"):
    """Our own key, for others to trust, and those that we trust or did."""

    name: str
    public_key: str
    fingerprint: str
    trusted: list[TrustedKey]


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A key to trust: whose it is, and the fingerprint that was heard from them."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    fingerprint: Annotated[str, Meta(max_length=200)]


@get("/trusted-keys", guards=[needs(Permission.TRUST_KEYS)], name="api.keys.list")
async def list_keys(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Keys:
    """Return our own key, and those of others that are or were trusted."""
    async with house.database.reading() as session:
        own = await trusting.own_key(session, actor.municipality_id)
        found = await list_trusted_keys(session, actor.municipality_id)
    trusted = [
        TrustedKey(
            each.id, each.name, each.fingerprint, each.added_by, each.added_at, each.withdrawn_at
        )
        for each in found
    ]
    return Keys(own.name, own.key, own.fingerprint, trusted)


@post("/trusted-keys", guards=[needs(Permission.TRUST_KEYS)], name="api.keys.add")
async def trust(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: JSONBody[NewKey]
) -> Response[dict[str, str]]:
    """Trust the key of another municipality."""
    async with house.database.transaction() as session:
        key_id = await trusting.trust(session, actor, data.name, data.fingerprint, at=now())
    return created({"id": key_id}, "/v1/trusted-keys")


@post(
    "/trusted-keys/{key_id:str}/withdraw",
    guards=[needs(Permission.TRUST_KEYS)],
    status_code=204,
    name="api.keys.withdraw",
)
async def distrust(
    house: NamedDependency[House], actor: NamedDependency[Actor], key_id: FromPath[str]
) -> None:
    """Trust a key no longer; what came in before stays."""
    async with house.database.transaction() as session:
        await trusting.distrust(session, actor, key_id, at=now())


router = Router("/", route_handlers=[list_keys, trust, distrust], tags=["Playbooks"])
