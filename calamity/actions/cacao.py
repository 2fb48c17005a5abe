"""A version as a CACAO document, for other programs; theirs come in as bundles do."""

from datetime import datetime

import msgspec

from calamity.domain.cacao import Origin, sign_cacao, write_cacao
from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_life import VersionState
from calamity.store.database import Session
from calamity.store.municipalities import get_municipality, signing_key
from calamity.store.playbooks import list_versions


async def export_cacao(
    session: Session, actor: Actor, slug: str, number: int | None, *, at: datetime
) -> tuple[bytes, int]:
    """Return a version as a signed CACAO 2.0 document, and its number. Raises NotFound."""
    actor.must(Permission.SEE_PLAYBOOKS)
    versions = await list_versions(session, actor.municipality_id, slug)
    found = next((each for each in versions if number in (None, each.number)), None)
    if found is None:
        raise NotFound("This playbook version does not exist.", field="version")
    municipality = await get_municipality(session, actor.municipality_id)
    origin = Origin(
        municipality.name,
        versions[-1].published_at,
        found.revoked.at if found.revoked else found.approved_at or found.published_at,
        is_revoked=found.state is VersionState.REVOKED,
        valid_until=found.good_until,
    )
    secret = (await signing_key(session, actor.municipality_id)).private_bytes_raw()
    document = sign_cacao(write_cacao(found.playbook, origin), secret, municipality.name, at)
    return msgspec.json.format(msgspec.json.encode(document)), found.number
