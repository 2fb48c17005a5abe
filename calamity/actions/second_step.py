"""The second step at a sign-in with a password: taking a proof, and changing what proves."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from calamity.domain.audit import AuditLine, Deed, Ground
from calamity.domain.errors import Conflict, NotFound, Refused
from calamity.domain.permissions import Actor, Permission, UserRole
from calamity.domain.second_step import Rule, is_asked_of
from calamity.store import accounts, audit, factors, sessions
from calamity.store.database import Session
from calamity.store.passwords import find_credentials, note_failure, note_success

MOST_FACTORS = 8
_LONGEST_NAME = 40


class Proof(Struct, frozen=True):
    """What somebody showed, before it is known whether it was shown before."""

    way: Literal["totp", "passkey", "recovery"]
    factor_id: str = ""
    count: int = 0
    code: str = ""


async def take_proof(
    session: Session, user_id: str, login: str, proof: Proof | None, at: datetime
) -> bool:
    """Take a proof, once; what proves nothing is counted as a wrong password is.

    The transaction must be committed also when it was no proof: it counts the failure.
    """
    credentials = await find_credentials(session, login, at)
    if credentials is None or credentials.user_id != user_id or not credentials.is_open:
        return False
    if proof is None:
        taken = False
    elif proof.way == "recovery":
        taken = await factors.take_recovery_code(session, user_id, proof.code)
    else:
        taken = await factors.take_count(session, user_id, proof.factor_id, proof.count, at)
    if taken:
        await note_success(session, user_id)
    else:
        await note_failure(session, user_id, at)
    return taken


class NewFactor(Struct, frozen=True):
    """A second step that was just shown to work; *count* is that of its first proof."""

    kind: factors.Kind
    name: str
    secret: bytes
    credential_id: str | None = None
    count: int = 0

    def __repr__(self) -> str:
        """Show no secret: tracebacks may hold this."""
        return f"NewFactor({self.kind})"


async def add_factor(
    session: Session, actor: Actor, new: NewFactor, *, at: datetime
) -> list[str] | None:
    """Add a second step to the actor's own account; other sessions of it stay.

    Return recovery codes with the first one, to be shown once. Raises Refused for a name that is
    too long, Conflict for one step too many.
    """
    user_id = _own(actor)
    name = " ".join(new.name.split())
    if not name or len(name) > _LONGEST_NAME:
        raise Refused("Give it a name of at most 40 characters.", field="name")
    known = await factors.list_factors(session, user_id)
    if len(known) >= MOST_FACTORS:
        raise Conflict("There are eight second steps already. Take one away first.", field="name")
    added = await factors.add_factor(
        session, user_id, new.kind, name=name, secret=new.secret,
        credential_id=new.credential_id, count=new.count, at=at,
    )  # fmt: skip
    await _note(session, actor, Deed.ADDED_FACTOR, added, at)
    return None if known else await factors.make_recovery_codes(session, user_id)


async def remove_factor(
    session: Session, actor: Actor, factor_id: str, *, rule: Rule, at: datetime
) -> None:
    """Take a second step away from the actor's own account; with the last go the recovery codes.

    Raises Conflict for the last one where the role needs one.
    """
    user_id = _own(actor)
    known = await factors.list_factors(session, user_id)
    is_last = [each.id for each in known] == [factor_id]
    row = await accounts.get_user(session, actor.municipality_id, user_id)
    if is_last and is_asked_of(UserRole(row.role), rule):
        raise Conflict(
            "Your role needs a second step. Add another one before you take this one away."
        )
    await factors.remove_factor(session, user_id, factor_id)
    if is_last:
        await factors.remove_all_factors(session, user_id)
    await _note(session, actor, Deed.REMOVED_FACTOR, factor_id, at)


async def new_recovery_codes(session: Session, actor: Actor, *, at: datetime) -> list[str]:
    """Make recovery codes anew; the earlier ones open nothing any more."""
    user_id = _own(actor)
    if not await factors.list_factors(session, user_id):
        raise Conflict("Recovery codes belong to a second step. Add one first.")
    await _note(session, actor, Deed.MADE_RECOVERY_CODES, user_id, at)
    return await factors.make_recovery_codes(session, user_id)


async def reset_factors(session: Session, actor: Actor, user_id: str, *, at: datetime) -> None:
    """Take all second steps of somebody who lost them away, and end the sessions.

    Raises NotFound, or Conflict for one's own account.
    """
    actor.must(Permission.MANAGE_ACCOUNTS)
    if user_id == actor.user_id:
        raise Conflict("Ask a colleague to do this for your own account.", field="user")
    await accounts.get_user(session, actor.municipality_id, user_id)
    await factors.remove_all_factors(session, user_id)
    await sessions.end_sessions(session, user_id)
    line = AuditLine(Deed.REMOVED_FACTOR, Ground.ADMINISTRATION, (user_id,))
    await audit.note(session, actor, line, at)


def _own(actor: Actor) -> str:
    if actor.user_id is None:
        raise NotFound("Only a person with an account has this.")
    return actor.user_id


async def _note(session: Session, actor: Actor, deed: Deed, about: str, at: datetime) -> None:
    await audit.note(session, actor, AuditLine(deed, Ground.OWN_ACCOUNT, (about,)), at)
