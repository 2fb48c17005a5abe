"""Who may sign in, their sessions, and tokens for programs."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import document, moment, sealed, short, where


class UserRow(SQLModel, table=True):
    """An account. *role* is one of the roles in the permission table."""

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    login: str = Field(max_length=120, unique=True)
    name: str = short(120)
    role: str = short(20)
    password_hash: str | None = Field(default=None, max_length=200)
    """None for who signs in at the provider of the municipality, and nowhere else."""
    issuer: str | None = Field(default=None, max_length=200)
    subject: str | None = Field(default=None, max_length=255)
    """Who this is at that provider, from the first sign-in there on."""
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
    proved_at: datetime = moment()
    """When this person last showed who they are, at the sign-in or again later."""
    way: str = short(10)
    """How: password, totp, passkey, recovery or provider."""
    device: str = short(60)
    """The browser and the system, in words; no address."""
    there: str | None = Field(default=None, max_length=64, index=True)
    """Of which session at the provider this one came, as a hash, where the provider names those."""
    token: bytes | None = sealed(nullable=True)
    """What the provider gave for it, to show when this person signs out there too."""


class SecondFactorRow(SQLModel, table=True):
    """What somebody has besides a password: an app that makes codes, or a passkey."""

    __tablename__ = "second_factor"

    id: str = Field(primary_key=True, max_length=36)
    user_id: str = Field(foreign_key="user_account.id", max_length=36, index=True)
    kind: str = short(10)
    name: str = short(60)
    secret: bytes = sealed()
    """The secret of the codes, or the public key of the passkey."""
    credential_id: str | None = Field(default=None, max_length=1400, unique=True)
    """Of a passkey: its id, in base64url."""
    count: int = Field(sa_column=Column(BigInteger, nullable=False))
    """The last time step of which a code was taken, or the last count of the passkey."""
    created_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)


class RecoveryCodeRow(SQLModel, table=True):
    """A code for who lost the rest, kept as a hash; gone once it was used."""

    __tablename__ = "recovery_code"

    id: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="user_account.id", max_length=36, index=True)


class CeremonyRow(SQLModel, table=True):
    """A sign-in or a proof that was begun and not ended, under the hash of its cookie.

    Whoever ends it deletes the row, so that it ends once. What others tell us and counts once is
    kept here too, under the hash of its own name, until it would be too old anyway.
    """

    __tablename__ = "ceremony"

    id: str = Field(primary_key=True, max_length=64)
    purpose: str = short(20)
    body: bytes = sealed()
    ends_at: datetime = moment(index=True)


class SentFormRow(SQLModel, table=True):
    """A form that was taken in, under the hash of its sender and its key: it counts once."""

    __tablename__ = "sent_form"

    id: str = Field(primary_key=True, max_length=64)
    at: datetime = moment(index=True)


class BreakGlassRow(SQLModel, table=True):
    """Somebody took the rights of a coordinator for an hour, with a reason."""

    __tablename__ = "break_glass"
    __table_args__ = (
        Index("ix_break_glass_open", "municipality_id", **where("judged_at IS NULL")),
    )

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    user_id: str = Field(foreign_key="user_account.id", max_length=36, index=True)
    reason: bytes = sealed()
    started_at: datetime = moment()
    ends_at: datetime = moment()
    """After an hour, or when it was ended before."""
    judged_at: datetime | None = moment(nullable=True)
    judged_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=36)


class GlassWarningRow(SQLModel, table=True):
    """Who was to be warned by text that somebody broke the glass: once each."""

    __tablename__ = "glass_warning"

    glass_id: str = Field(primary_key=True, foreign_key="break_glass.id", max_length=36)
    user_id: str = Field(primary_key=True, foreign_key="user_account.id", max_length=36)
    message_id: str | None = Field(default=None, foreign_key="message.id", max_length=36)
    """None for who has no number here, or wants no texts."""


class AuditRow(SQLModel, table=True):
    """A look at a key figure's data, or a change of who may look: only added."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_municipality", "municipality_id", "id"),)

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    at: datetime = moment()
    login: str = short(120)
    role: str = short(20)
    line: str = document()
    """What was done, about whom, and why."""


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
