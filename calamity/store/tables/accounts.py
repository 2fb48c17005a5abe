"""Who may sign in, their sessions, and tokens for programs."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import moment, short


class UserRow(SQLModel, table=True):
    """A local account. *role* is one of the roles in the permission table."""

    __tablename__ = "user_account"

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    login: str = Field(max_length=120, unique=True)
    name: str = short(120)
    role: str = short(20)
    password_hash: str = Field(max_length=200)
    recipient_id: str | None = Field(default=None, foreign_key="recipient.id", max_length=36)
    """The number of the same person, where they are in the team or know key figures."""
    failures: int = 0
    locked_until: datetime | None = moment(nullable=True)
    disabled_at: datetime | None = moment(nullable=True)
    created_at: datetime = moment()


class SessionRow(SQLModel, table=True):
    """A sign-in, kept under the hash of the cookie's value."""

    __tablename__ = "session"

    id: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="user_account.id", max_length=36, index=True)
    created_at: datetime = moment()
    seen_at: datetime = moment()


class ApiTokenRow(SQLModel, table=True):
    """A bearer token for a program, kept as a hash, with one role or with that of an account."""

    __tablename__ = "api_token"

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    token_hash: str = Field(max_length=64, unique=True)
    name: str = short(80)
    role: str = short(20)
    user_id: str | None = Field(default=None, foreign_key="user_account.id", max_length=36)
    """The account in whose name the program acts, where it acts for a person."""
    created_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)
