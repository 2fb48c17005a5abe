"""A calamity, the playbook versions at work in it, and their tasks."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import document, moment, short, where


class CalamityRow(SQLModel, table=True):
    """One event, real or exercise, with the head of its timeline."""

    __tablename__ = "calamity"

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36, index=True)
    title: str = short(120)
    is_exercise: bool
    tempo: int = 1
    """How much faster an exercise runs; 1 for the real thing."""
    phase: str = short(40)
    social_level: int = 0
    grip: int = 0
    threat: int = 0
    """National threat level; 0 while nobody has set it."""
    opened_at: datetime = moment()
    phase_since: datetime = moment()
    level_since: datetime = moment()
    next_update_at: datetime | None = moment(nullable=True)
    review_at: datetime | None = moment(nullable=True)
    """Before this a person decides anew whether all this is still needed."""
    watch_since: datetime | None = moment(nullable=True)
    """Since then nobody outside the rapid team hears from us, until *watch_ended_at*."""
    watch_ended_at: datetime | None = moment(nullable=True)
    closed_at: datetime | None = moment(nullable=True)
    head_seq: int = 0
    """Sequence number of the last timeline entry; locking this row orders the writers."""
    head_hash: str = Field(max_length=64)


class ActivationRow(SQLModel, table=True):
    """One playbook version pinned to a calamity at T0, with who was there then."""

    __tablename__ = "activation"
    __table_args__ = (UniqueConstraint("municipality_id", "request_key"),)

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    calamity_id: str = Field(foreign_key="calamity.id", max_length=36, index=True)
    version_id: str = Field(foreign_key="playbook_version.id", max_length=36)
    request_key: str = Field(max_length=80)
    """Chosen by whoever activates: the same key never activates twice."""
    t0: datetime = moment()
    inputs: str = document()
    """`ActivationInputs` as JSON."""
    begun: str = document()
    """When its phases began, by code, as JSON."""
    snapshot: str = document()
    """`Snapshot` as JSON: ids of everyone whom the playbook can reach, as they were at T0."""
    activated_by: str = Field(max_length=120)
    ended_at: datetime | None = moment(nullable=True)


class TaskRow(SQLModel, table=True):
    """A step at work, once or one of its times. *state*: waiting, open, running, or an end."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("activation_id", "step", "occurrence"),
        Index(
            "ix_task_due",
            "start_at",
            **where("state = 'waiting' AND waits_for IS NULL"),
        ),
        Index("ix_task_news", "activation_id", **where("news_at IS NOT NULL")),
    )

    id: str = Field(primary_key=True, max_length=36)
    activation_id: str = Field(foreign_key="activation.id", max_length=36)
    calamity_id: str = Field(foreign_key="calamity.id", max_length=36, index=True)
    step: str = short(40)
    occurrence: int = 1
    """Which time it is of a step that repeats."""
    role: str = short(40)
    """Whose it is: the step's own role, until it is handed to another one."""
    waits_for: str | None = Field(default=None, max_length=60)
    """`phase acute`, `step S11`, `condition` or `watch`; nothing once its time counts."""
    start_at: datetime = moment()
    due_at: datetime = moment()
    is_automatic: bool
    state: str = short(20)
    choice: int | None = None
    """Which option a decision chose, from 1."""
    news_at: datetime | None = moment(nullable=True)
    """It ended then, and what rests on it is not settled yet: the worker does that."""
    ended_at: datetime | None = moment(nullable=True)
