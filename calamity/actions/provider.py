"""Coming in from the provider of the municipality: whose account it is, and in which role."""

from datetime import datetime

from msgspec import Struct

from calamity.actions.accounts import plain_login, plain_name
from calamity.domain.audit import AuditLine, Deed, Ground
from calamity.domain.errors import Forbidden, NotFound, Refused
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.provider import Grant
from calamity.store import accounts, audit, sessions
from calamity.store.ceremonies import counts_once
from calamity.store.database import Session
from calamity.store.municipalities import Municipality, find_municipality
from calamity.store.sessions import There
from calamity.store.tables import UserRow

_LOGOUT = "logout"


class Newcomer(Struct, frozen=True):
    """Who the provider says it is, with the group that lets them in."""

    subject: str
    login: str
    name: str
    grant: Grant
    there: There
    """The session at the provider from which this person comes."""


async def come_in(
    session: Session, newcomer: Newcomer, *, makes: bool, device: str = "", at: datetime
) -> str:
    """Start a session and return the value for its cookie.

    Who comes for the first time gets the account that an administrator made for them, or, where
    the installation *makes* accounts, a new one. The role follows the groups at every sign-in.
    Raises Refused or Forbidden, in words for this person.
    """
    row = await _known(session, newcomer, makes=makes, at=at)
    await _follow(session, row, newcomer, at)
    return await sessions.start_session(
        session, row.id, at, way="provider", device=device, there=newcomer.there
    )


async def _known(session: Session, newcomer: Newcomer, *, makes: bool, at: datetime) -> UserRow:
    """Return the account of who came. Raises Refused or Forbidden for who may not come in."""
    municipality = await _municipality(session, newcomer.grant.municipality)
    row = await accounts.find_subject(session, newcomer.there.issuer, newcomer.subject)
    if row is None:
        row = await _first_time(session, newcomer, municipality.id, makes=makes, at=at)
    if row.municipality_id != municipality.id:
        raise Forbidden(
            "Your account here belongs to another municipality. Ask an administrator there to "
            "close it, and one here to make another."
        )
    if row.disabled_at is not None:
        raise Forbidden("Your account here is closed. Ask an administrator.")
    return row


async def _municipality(session: Session, slug: str | None) -> Municipality:
    try:
        return await find_municipality(session, slug)
    except NotFound as error:
        raise Forbidden(
            "Your work account does not say for which municipality you work. Ask your "
            "administrator to look at your groups."
        ) from error


async def _first_time(
    session: Session, newcomer: Newcomer, municipality_id: str, *, makes: bool, at: datetime
) -> UserRow:
    login = plain_login(newcomer.login)
    row = await accounts.find_user(session, login)
    if row is None:
        if not makes:
            raise Forbidden(
                "You have no account here yet. Ask an administrator to make one for your work "
                "account."
            )
        user_id = await accounts.add_user(
            session, municipality_id, login=login, name=plain_name(newcomer.name or login),
            role=newcomer.grant.role, password_hash=None, recipient_id=None, at=at,
        )  # fmt: skip
        row = await accounts.get_user(session, municipality_id, user_id)
        await _note(session, row, Deed.MADE_ACCOUNT, at)
    elif row.password_hash is not None or row.subject is not None:
        # Else a name at the provider would be enough to take over what somebody else has here.
        raise Refused(
            "Somebody else here signs in with this name. Ask an administrator to look at it."
        )
    row.issuer, row.subject = newcomer.there.issuer, newcomer.subject
    await session.sql.flush()
    return row


async def _follow(session: Session, row: UserRow, newcomer: Newcomer, at: datetime) -> None:
    """Give the account the role of its group; sessions in another role end."""
    if row.role == newcomer.grant.role:
        return
    row.role = newcomer.grant.role
    await session.sql.flush()
    await sessions.end_sessions(session, row.id)
    await _note(session, row, Deed.CHANGED_ROLE, at)


async def _note(session: Session, row: UserRow, deed: Deed, at: datetime) -> None:
    actor = Actor(row.municipality_id, row.login, UserRole(row.role), row.id)
    await audit.note(session, actor, AuditLine(deed, Ground.PROVIDER, (row.id,)), at)


async def show_again(
    session: Session, newcomer: Newcomer, user_id: str, cookie: str, *, device: str, at: datetime
) -> str:
    """Note that who is signed in gave the password at the provider again; return a new cookie.

    Raises Forbidden when somebody else came back, or the session is over.
    """
    row = await accounts.find_subject(session, newcomer.there.issuer, newcomer.subject)
    if row is None or row.id != user_id:
        raise _somebody_else()
    # The groups may be those of another municipality by now, as at any sign-in.
    row = await _known(session, newcomer, makes=False, at=at)
    there = newcomer.there
    renewed = await sessions.renew_session(session, cookie, at, user_id=user_id, there=there)
    if renewed is None:
        raise _somebody_else()
    if row.role != newcomer.grant.role:
        return await come_in(session, newcomer, makes=False, device=device, at=at)
    return renewed


def _somebody_else() -> Forbidden:
    return Forbidden("Somebody else came back from the work account. Sign in again.")


class Ended(Struct, frozen=True):
    """What the provider says that ended there: one session by its *sid*, or all of a *subject*."""

    issuer: str
    name: str
    """How the provider names this very word of it, so that it counts once."""
    until: datetime
    """After this moment it would be too old."""
    subject: str = ""
    sid: str = ""


async def sign_out_there(session: Session, ended: Ended, *, at: datetime) -> int | None:
    """End what came from a session at the provider, and return how many sessions that were.

    None for what the provider said before: it counts once.
    """
    name = f"{ended.issuer}|{ended.name}"
    if not await counts_once(session, _LOGOUT, name, at, until=ended.until):
        return None
    return await sessions.end_sessions_there(
        session, ended.issuer, subject=ended.subject, sid=ended.sid
    )
