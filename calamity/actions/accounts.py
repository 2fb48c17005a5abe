"""Accounts: making and disabling them, signing in and out, passwords and tokens.

Checking a password takes tens of milliseconds, on purpose. So a sign-in has three steps apart
(`find_credentials`, `is_right`, `admit`), and no transaction is open while it hashes.
"""

import asyncio
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from calamity.domain.audit import AuditLine, Deed, Ground
from calamity.domain.errors import Conflict, NotFound, Refused
from calamity.domain.password import check_password
from calamity.domain.permissions import Actor, Permission, UserRole
from calamity.domain.phone import read_phone
from calamity.domain.second_step import Rule, is_asked_of
from calamity.store import accounts, audit, people, sessions
from calamity.store.database import Session
from calamity.store.factors import list_factors
from calamity.store.passwords import (
    Credentials,
    find_credentials,
    note_failure,
    note_success,
    set_password,
)

__all__ = [
    "Owed",
    "admit",
    "change_password",
    "check_new_password",
    "create_token",
    "create_user",
    "disable_user",
    "find_credentials",
    "generate_password",
    "hash_password",
    "hash_password_apart",
    "is_right",
    "sign_out",
    "sign_out_user",
]

# OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Few threads: a flood of sign-ins waits here, instead of taking all memory and processors.
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._+-]{1,58}(@[a-z0-9.-]{3,60})?")
_LONGEST_NAME = 80


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password; takes tens of milliseconds."""
    return _HASHER.hash(password)


async def hash_password_apart(password: str) -> str:
    """Hash in a thread of its own, so that the loop goes on."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, hash_password, password)


def generate_password() -> str:
    """Return a password of five groups that can be read out and typed over."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))


@cache
def _nobody() -> str:
    """Return the hash that an unknown login is checked against, so that it takes as long."""
    return hash_password(secrets.token_urlsafe(24))


def _is_right(password_hash: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash or _nobody(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


async def is_right(credentials: Credentials | None, password: str) -> bool:
    """Say whether a password opens an account; takes as long for an unknown or locked one."""
    known = credentials.password_hash if credentials else None
    right = await asyncio.get_running_loop().run_in_executor(_THREADS, _is_right, known, password)
    return right and credentials is not None and credentials.is_open


class Owed(Struct, frozen=True):
    """The password was right, and a second step is still to come before there is a session."""

    user_id: str
    has_factors: bool
    """Else one is set up first, since the role needs it."""


async def admit(
    session: Session,
    credentials: Credentials | None,
    *,
    right: bool,
    rule: Rule = "offered",
    device: str = "",
    at: datetime,
) -> str | Owed | None:
    """Start a session and return the value for its cookie, or count a wrong password.

    Who has a second step, or needs one by the *rule*, owes it first.
    """
    if credentials is None or not credentials.is_open:
        return None
    if not right:
        await note_failure(session, credentials.user_id, at)
        return None
    has_factors = bool(await list_factors(session, credentials.user_id))
    if has_factors or is_asked_of(credentials.role, rule):
        return Owed(credentials.user_id, has_factors)
    await note_success(session, credentials.user_id)
    return await sessions.start_session(session, credentials.user_id, at, device=device)


async def sign_out(session: Session, cookie: str) -> str | None:
    """End a session, and return what the provider gave for it; signing out twice is no error."""
    return await sessions.end_session(session, cookie)


async def create_user(
    session: Session,
    actor: Actor,
    *,
    login: str,
    name: str,
    role: UserRole,
    password: str | None = None,
    phone: str | None = None,
    is_of_provider: bool = False,
    at: datetime,
) -> tuple[str, str | None]:
    """Make an account; return its id and, if no password was given, the one that was made up.

    With *is_of_provider* there is no password: this person signs in with the work account. *phone*
    binds the account to a number that is known already. Raises Refused, Conflict or
    NotFound, naming the field.
    """
    actor.must(Permission.MANAGE_ACCOUNTS)
    login, name = plain_login(login), plain_name(name)
    if is_of_provider and password is not None:
        raise Refused("Who signs in with the work account has no password here.", field="password")
    made = None if password is not None or is_of_provider else generate_password()
    chosen = password if password is not None else made
    if chosen is not None:
        check_password(chosen, login)
    user_id = await accounts.add_user(
        session,
        actor.municipality_id,
        login=login,
        name=name,
        role=role,
        password_hash=None if chosen is None else await hash_password_apart(chosen),
        recipient_id=await _owner_of(session, actor.municipality_id, phone) if phone else None,
        at=at,
    )
    line = AuditLine(Deed.MADE_ACCOUNT, Ground.ADMINISTRATION, (user_id,))
    await audit.note(session, actor, line, at)
    return user_id, made


def plain_login(login: str) -> str:
    """Return a login as it is kept. Raises Refused for what is none."""
    plain = login.strip().casefold()
    if not _LOGIN.fullmatch(plain):
        raise Refused(
            "A login is an e-mail address or a short name, without spaces.", field="login"
        )
    return plain


def plain_name(name: str) -> str:
    """Return a name as it is kept. Raises Refused for none, or one too long."""
    plain = " ".join(name.split())
    if not plain or len(plain) > _LONGEST_NAME:
        raise Refused("Give a name of at most 80 characters.", field="name")
    return plain


async def _owner_of(session: Session, municipality_id: str, phone: str) -> str:
    found = await people.find_recipient(session, municipality_id, read_phone(phone).e164)
    if found is None:
        raise NotFound(
            "Nobody here has this number yet. Import this person first, then make the account.",
            field="phone",
        )
    return found.id


async def change_password(
    session: Session,
    actor: Actor,
    *,
    right: bool,
    new: str,
    cookie: str | None = None,
    at: datetime,
) -> bool:
    """Change the actor's own password and end their other sessions than that of *cookie*.

    *new* is the hash of one that `check_new_password` let through. Where the present password was
    not *right* that is counted as at a sign-in, and nothing changes: the transaction must be
    committed all the same.
    """
    credentials = await find_credentials(session, actor.login, at)
    if credentials is None or not credentials.is_open:
        return False
    if not right:
        await note_failure(session, credentials.user_id, at)
        return False
    await set_password(session, credentials.user_id, new)
    await sessions.end_sessions(session, credentials.user_id, keep=cookie)
    return True


def check_new_password(actor: Actor, *, old: str, new: str) -> None:
    """Raise Refused for a new password that is too weak, or no other than the present one."""
    check_password(new, actor.login)
    if old == new:
        raise Refused("The new password is the present one. Choose another.", field="new")


async def disable_user(session: Session, actor: Actor, user_id: str, *, at: datetime) -> None:
    """Disable an account and end its sessions. Raises NotFound, or Conflict for one's own."""
    actor.must(Permission.MANAGE_ACCOUNTS)
    if user_id == actor.user_id:
        raise Conflict("You cannot disable your own account. Ask a colleague.", field="user")
    await accounts.disable_user(session, actor.municipality_id, user_id, at)
    line = AuditLine(Deed.CLOSED_ACCOUNT, Ground.ADMINISTRATION, (user_id,))
    await audit.note(session, actor, line, at)


async def sign_out_user(session: Session, actor: Actor, user_id: str, *, at: datetime) -> int:
    """End the sessions of somebody else, and return how many there were. Raises NotFound."""
    actor.must(Permission.MANAGE_ACCOUNTS)
    await accounts.get_user(session, actor.municipality_id, user_id)
    ended = await sessions.end_sessions(session, user_id)
    line = AuditLine(Deed.ENDED_SESSIONS, Ground.ADMINISTRATION, (user_id,), ended)
    await audit.note(session, actor, line, at)
    return ended


async def create_token(
    session: Session, actor: Actor, *, name: str, role: UserRole, at: datetime
) -> str:
    """Make a bearer token for a program and return it; it cannot be shown again."""
    actor.must(Permission.MANAGE_ACCOUNTS)
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME:
        raise Refused("Give the program a name of at most 80 characters.", field="name")
    return await accounts.add_token(session, actor.municipality_id, name=name, role=role, at=at)
