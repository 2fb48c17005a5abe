"""The column kinds that every table uses: moments, ids, and short states."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, LargeBinary, String, Text, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(moment: datetime) -> int:
    """Return the microseconds since 1970 of an aware moment."""
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_micros(micros: int) -> datetime:
    """Return the aware moment, in UTC, of microseconds since 1970."""
    return EPOCH + timedelta(0, 0, micros)


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept as microseconds since 1970: the same on both databases, and ordered."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse a naive time: it would be a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must carry its time zone")
        return to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Return an aware moment in UTC."""
        return None if value is None else from_micros(value)


def moment(*, nullable: bool = False, index: bool = False) -> Any:
    """Declare a column that holds a moment."""
    return Field(
        default=None if nullable else ...,
        sa_column=Column(Moment, nullable=nullable, index=index),
    )


def sealed(*, nullable: bool = False) -> Any:
    """Declare a column that holds bytes sealed by the vault."""
    return Field(
        default=None if nullable else ..., sa_column=Column(LargeBinary, nullable=nullable)
    )


def document() -> Any:
    """Declare a column that holds a struct as JSON text."""
    return Field(sa_column=Column(Text, nullable=False))


def short(length: int = 40, *, default: str | None = None) -> Any:
    """Declare a column for a state, a code or another short word."""
    return Field(
        default=... if default is None else default,
        sa_column=Column(String(length), nullable=False),
    )


def where(condition: str) -> dict[str, Any]:
    """Return what makes an index hold only the rows of which *condition* is true."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
