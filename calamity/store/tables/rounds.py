"""Rounds about mood, who was asked, their check-ins, and the picture of a closed round."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import document, moment, sealed, short, where


class RoundRow(SQLModel, table=True):
    """A question about mood, asked of many at once. *state*: open, closed."""

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("calamity_id", "number"),
        Index(
            "ix_round_open",
            "closes_at",
            **where("closed_at IS NULL"),
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    calamity_id: str = Field(foreign_key="calamity.id", max_length=36)
    task_id: str | None = Field(default=None, foreign_key="task.id", max_length=36)
    number: int
    opened_at: datetime = moment()
    closes_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)
    asked: int
    answered: int | None = None
    """Frozen at closing."""


class AskedRow(SQLModel, table=True):
    """One person asked in one round, about one neighbourhood."""

    __tablename__ = "asked"

    round_id: str = Field(primary_key=True, foreign_key="round.id", max_length=36)
    recipient_id: str = Field(primary_key=True, foreign_key="recipient.id", max_length=36)
    neighbourhood_id: str = Field(foreign_key="neighbourhood.id", max_length=36)
    capacity: str = short(20)
    """key-figures or professionals."""
    form_token: str | None = Field(default=None, max_length=64, index=True)
    """SHA-256 of the token in a professional's link to the form."""


class CheckInRow(SQLModel, table=True):
    """One person's answer. A later one inside the round takes its place; both stay."""

    __tablename__ = "check_in"
    __table_args__ = (
        UniqueConstraint("reply_id"),
        Index("ix_check_in_round", "round_id", "recipient_id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    round_id: str = Field(foreign_key="round.id", max_length=36)
    recipient_id: str = Field(foreign_key="recipient.id", max_length=36)
    neighbourhood_id: str = Field(foreign_key="neighbourhood.id", max_length=36)
    mood: int
    """0 no view, 1 calm to 5 unsafe."""
    form: bytes | None = sealed(nullable=True)
    """The professional's form, sealed; empty for an answer by SMS."""
    reply_id: str | None = Field(default=None, foreign_key="reply.id", max_length=36)
    received_at: datetime = moment()
    superseded_at: datetime | None = moment(nullable=True)


class PictureRow(SQLModel, table=True):
    """What a closed round says per neighbourhood to one audience, after suppression; frozen."""

    __tablename__ = "picture"
    __table_args__ = (UniqueConstraint("round_id", "audience"),)

    id: str = Field(primary_key=True, max_length=36)
    calamity_id: str = Field(foreign_key="calamity.id", max_length=36, index=True)
    round_id: str = Field(foreign_key="round.id", max_length=36)
    audience: str = short(20)
    document: str = document()
    published_at: datetime = moment()
