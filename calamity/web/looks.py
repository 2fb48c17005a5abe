"""Every look at a key figure is remembered before it is shown: who, at whom, when and why."""

from collections.abc import Iterable

from calamity.domain.audit import AuditLine, Deed, ground_of
from calamity.domain.permissions import Actor
from calamity.store import audit
from calamity.web.house import House, now


async def note_look(
    house: House,
    actor: Actor,
    about: Iterable[str | None],
    *,
    where: str,
    deed: Deed = Deed.SAW_PEOPLE,
    calamity_id: str | None = None,
) -> None:
    """Remember a look at these people; at nobody is no look.

    In a transaction of its own, before the answer: what cannot be remembered is not shown.
    """
    ids = tuple(dict.fromkeys(each for each in about if each))
    if not ids:
        return
    line = AuditLine(deed, ground_of(actor), ids, where=where, calamity_id=calamity_id)
    async with house.database.transaction() as session:
        await audit.note(session, actor, line, now())
