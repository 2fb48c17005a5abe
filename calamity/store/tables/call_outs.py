"""Call-outs and each person's ladder in them."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import moment, short, where


class CallOutRow(SQLModel, table=True):
    """One call-out of the team. *state*: running, filled, ended."""

    __tablename__ = "call_out"

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    calamity_id: str = Field(foreign_key="calamity.id", max_length=36, index=True)
    task_id: str = Field(foreign_key="task.id", max_length=36, unique=True)
    quota: int
    state: str = short(20)
    started_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


class LadderRow(SQLModel, table=True):
    """One person's ladder: planned, called, reminded, then an answer or none.

    *state*: waiting (a deputy who is not called yet), called, reminded, answered, spared (no
    longer needed), unreachable. *answer*: coming, cannot, late, or empty.
    """

    __tablename__ = "ladder"
    __table_args__ = (
        UniqueConstraint("call_out_id", "recipient_id", "role"),
        Index(
            "ix_ladder_due",
            "next_due_at",
            **where("next_due_at IS NOT NULL"),
        ),
        Index(
            "ix_ladder_way_due",
            "way_due_at",
            **where("way_due_at IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    call_out_id: str = Field(foreign_key="call_out.id", max_length=36)
    recipient_id: str = Field(foreign_key="recipient.id", max_length=36)
    role: str = short(40)
    rank: int
    state: str = short(20)
    answer: str = Field(default="", max_length=20)
    reason: str = Field(default="", max_length=200)
    called_at: datetime | None = moment(nullable=True)
    reminded_at: datetime | None = moment(nullable=True)
    answered_at: datetime | None = moment(nullable=True)
    next_due_at: datetime | None = moment(nullable=True)
    """When the next rung is due: the reminder, or the deputy."""
    ways: str = Field(default="", max_length=40)
    """The ways besides SMS that were not tried yet, in their order."""
    way_due_at: datetime | None = moment(nullable=True)
    """When the first of them is due."""
    link_hash: str | None = Field(default=None, max_length=64, unique=True)
    """Of the link in an e-mail by which this person answers."""
