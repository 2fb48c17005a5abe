"""The keys of other municipalities: whose signature on a bundle we take as theirs."""

from datetime import datetime

from msgspec import Struct

from calamity.domain.errors import Conflict, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_life import grouped, key_fingerprint, read_fingerprint
from calamity.domain.timeline import public_key
from calamity.store.database import Session
from calamity.store.keys import add_trusted_key, find_trusted_key, withdraw_trusted_key
from calamity.store.municipalities import get_municipality, signing_key

_LONGEST_NAME = 120


class OwnKey(Struct, frozen=True):
    """The key with which this municipality signs, for others to trust."""

    name: str
    key: str
    fingerprint: str

    @property
    def spoken(self) -> str:
        """The fingerprint in groups of four, to read it aloud."""
        return grouped(self.fingerprint)


async def own_key(session: Session, municipality_id: str) -> OwnKey:
    """Return the public key of the municipality."""
    key = public_key((await signing_key(session, municipality_id)).private_bytes_raw())
    name = (await get_municipality(session, municipality_id)).name
    return OwnKey(name, key, key_fingerprint(key))


async def trust(
    session: Session, actor: Actor, name: str, fingerprint: str, *, at: datetime
) -> str:
    """Trust a key from now on, under the name of whose it is; return the id of the entry.

    Raises Refused for something that is no fingerprint, and Conflict for one that is trusted.
    """
    actor.must(Permission.TRUST_KEYS)
    name = " ".join(name.split())
    if not 0 < len(name) <= _LONGEST_NAME:
        raise Refused("Give the name of the municipality, of at most 120 characters.", field="name")
    plain = read_fingerprint(fingerprint)
    if await find_trusted_key(session, actor.municipality_id, plain):
        raise Conflict("This key is trusted already.", field="fingerprint")
    return await add_trusted_key(
        session, actor.municipality_id, name=name, fingerprint=plain, by=actor.login, at=at
    )


async def distrust(session: Session, actor: Actor, key_id: str, *, at: datetime) -> None:
    """Trust a key no longer. Raises NotFound."""
    actor.must(Permission.TRUST_KEYS)
    await withdraw_trusted_key(session, actor.municipality_id, key_id, by=actor.login, at=at)
