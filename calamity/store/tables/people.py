"""Whom the service can reach, and in which capacity.

A recipient is one number. What a person is to the municipality stands in a table of its own, so
that nobody's capacity can be read from the number, and no row links two key figures.
"""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import moment, sealed, short, where


class RecipientRow(SQLModel, table=True):
    """One number and the name that its owner chose; both sealed, found by a keyed index.

    People who share a phone are told apart by *seat*; nearly everybody has a number alone.
    """

    __tablename__ = "recipient"
    __table_args__ = (
        UniqueConstraint("municipality_id", "phone_index", "seat"),
        Index(
            "ix_recipient_number_failed",
            "number_failed_at",
            **where("number_failed_at IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    phone: bytes = sealed()
    phone_index: str = Field(max_length=64, index=True)
    name: bytes = sealed()
    language: str = short(5)
    seat: int = 1
    check_word: bytes | None = sealed(nullable=True)
    """A word agreed with this person, by which our texts can be told from those of others."""
    email: bytes | None = sealed(nullable=True)
    """Another way to reach this person, where they gave one."""
    stopped_at: datetime | None = moment(nullable=True)
    stop_checked_at: datetime | None = moment(nullable=True)
    """When somebody phoned to hear whether this person said STOP, and nobody else did."""
    paused_until: datetime | None = moment(nullable=True)
    number_failed_at: datetime | None = moment(nullable=True)
    """When a text left that the carrier refused for good, because of the number."""
    number_error: int | None = None
    """The carrier's code for what is wrong with the number."""
    created_at: datetime = moment()


class DoNotAddRow(SQLModel, table=True):
    """The keyed index of a number whose owner said STOP: only they may undo it."""

    __tablename__ = "do_not_add"

    municipality_id: str = Field(primary_key=True, foreign_key="municipality.id", max_length=36)
    phone_index: str = Field(primary_key=True, max_length=64)
    since: datetime = moment()


class ResponderRow(SQLModel, table=True):
    """A member of the rapid team in one role; rank 1 is the primary, higher ranks are deputies."""

    __tablename__ = "responder"
    __table_args__ = (UniqueConstraint("recipient_id", "role"),)

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    recipient_id: str = Field(foreign_key="recipient.id", max_length=36)
    role: str = short(40)
    rank: int = 1


class ContactPersonRow(SQLModel, table=True):
    """The official whom key figures know."""

    __tablename__ = "contact_person"

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    recipient_id: str = Field(foreign_key="recipient.id", max_length=36, unique=True)


class KeyFigureRow(SQLModel, table=True):
    """A person whom a neighbourhood trusts, by agreement. The field list is closed (KF-01)."""

    __tablename__ = "key_figure"

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    recipient_id: str = Field(foreign_key="recipient.id", max_length=36, unique=True)
    contact_person_id: str = Field(foreign_key="contact_person.id", max_length=36, index=True)
    neighbourhood_id: str = Field(foreign_key="neighbourhood.id", max_length=36)
    circle: str = short(60)
    """A free label that the key figure chose."""
    agreed_on: str = Field(max_length=10)
    """Date of the participation agreement, YYYY-MM-DD; empty while it is only proposed."""
    asks: bool = False
    """Whether the agreement allows questions; words are always allowed under an agreement."""
    quiet_from: str = Field(default="", max_length=5)
    quiet_until: str = Field(default="", max_length=5)


class ProfessionalRow(SQLModel, table=True):
    """Someone who works in a neighbourhood and fills in check-ins about it."""

    __tablename__ = "professional"

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    recipient_id: str = Field(foreign_key="recipient.id", max_length=36, unique=True)
    neighbourhood_id: str = Field(foreign_key="neighbourhood.id", max_length=36)
    organisation: str = short(40)
