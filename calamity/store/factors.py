"""Second steps: apps that make codes, passkeys, and recovery codes. Each proof counts once."""

import secrets
from datetime import datetime
from typing import Literal

from msgspec import Struct
from sqlalchemy import delete, func, or_, update
from sqlmodel import col, select

from calamity.domain.errors import NotFound
from calamity.store.accounts import hashed
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import RecoveryCodeRow, SecondFactorRow

RECOVERY_CODES = 10
_SECRET = b"factor.secret"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _LONG = 4, 4

Kind = Literal["totp", "passkey"]


class Factor(Struct, frozen=True):
    """What somebody has besides a password, opened."""

    id: str
    kind: Kind
    name: str
    secret: bytes
    credential_id: str | None
    count: int
    created_at: datetime
    used_at: datetime | None

    def __repr__(self) -> str:
        """Show no secret: tracebacks may hold this."""
        return f"Factor({self.id}, {self.kind})"


async def list_factors(session: Session, user_id: str) -> list[Factor]:
    """Return the second steps of an account, the oldest first."""
    rows = await session.sql.scalars(
        select(SecondFactorRow)
        .where(SecondFactorRow.user_id == user_id)
        .order_by(col(SecondFactorRow.id))
    )
    return [
        Factor(
            row.id, "totp" if row.kind == "totp" else "passkey", row.name,
            session.vault.open(_SECRET, row.secret), row.credential_id, row.count, row.created_at,
            row.used_at,
        )
        for row in rows
    ]  # fmt: skip


async def add_factor(
    session: Session,
    user_id: str,
    kind: Kind,
    *,
    name: str,
    secret: bytes,
    credential_id: str | None = None,
    count: int = 0,
    at: datetime,
) -> str:
    """Add a second step; *count* is what its first proof, just given, may not be used for again."""
    row = SecondFactorRow(
        id=new_id(),
        user_id=user_id,
        kind=kind,
        name=name,
        secret=session.vault.seal(_SECRET, secret),
        credential_id=credential_id,
        count=count,
        created_at=at,
    )
    session.sql.add(row)
    await session.sql.flush()
    return row.id


async def remove_factor(session: Session, user_id: str, factor_id: str) -> None:
    """Take a second step away. Raises NotFound for what is not of this account."""
    gone = await session.sql.scalar(
        delete(SecondFactorRow)
        .where(col(SecondFactorRow.id) == factor_id, col(SecondFactorRow.user_id) == user_id)
        .returning(col(SecondFactorRow.id))
    )
    if gone is None:
        raise NotFound("This second step does not exist.", field="factor")


async def remove_all_factors(session: Session, user_id: str) -> None:
    """Take all second steps and recovery codes of an account away."""
    for row in (SecondFactorRow, RecoveryCodeRow):
        await session.sql.execute(delete(row).where(col(row.user_id) == user_id))


async def take_count(
    session: Session, user_id: str, factor_id: str, count: int, at: datetime
) -> bool:
    """Take a proof that bears this count; False when it, or a later one, was taken before.

    A passkey that does not count always says zero.
    """
    is_new = col(SecondFactorRow.count) < count
    if count == 0:
        is_new = or_(is_new, col(SecondFactorRow.count) == 0)
    taken = await session.sql.scalar(
        update(SecondFactorRow)
        .where(
            col(SecondFactorRow.id) == factor_id, col(SecondFactorRow.user_id) == user_id, is_new
        )
        .values(count=count, used_at=at)
        .returning(col(SecondFactorRow.id))
        .execution_options(synchronize_session=False)
    )
    return taken is not None


async def make_recovery_codes(session: Session, user_id: str) -> list[str]:
    """Make new recovery codes in the place of the earlier ones; they cannot be shown again."""
    await session.sql.execute(
        delete(RecoveryCodeRow).where(col(RecoveryCodeRow.user_id) == user_id)
    )
    codes = [
        "-".join(
            "".join(secrets.choice(_LETTERS) for _ in range(_LONG)) for _ in range(_GROUPS)
        )
        for _ in range(RECOVERY_CODES)
    ]  # fmt: skip
    session.sql.add_all(RecoveryCodeRow(id=_kept(user_id, code), user_id=user_id) for code in codes)
    await session.sql.flush()
    return codes


async def take_recovery_code(session: Session, user_id: str, code: str) -> bool:
    """Use a recovery code up; False when it is none of this account's, or was used before."""
    used = await session.sql.scalar(
        delete(RecoveryCodeRow)
        .where(col(RecoveryCodeRow.id) == _kept(user_id, code))
        .returning(col(RecoveryCodeRow.id))
    )
    return used is not None


async def count_recovery_codes(session: Session, user_id: str) -> int:
    """Return how many recovery codes are left."""
    counted = select(func.count()).where(RecoveryCodeRow.user_id == user_id)
    return await session.sql.scalar(counted) or 0


def _kept(user_id: str, code: str) -> str:
    letters = "".join(letter for letter in code.casefold() if letter.isalnum())
    return hashed(f"{user_id}|{letters}")
