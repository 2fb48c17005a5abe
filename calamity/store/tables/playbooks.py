"""Published versions of playbooks and blocks, and approvals; they never change."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import document, moment, short


class PlaybookVersionRow(SQLModel, table=True):
    """One published version: the canonical document and its SHA-256, never changed."""

    __tablename__ = "playbook_version"
    __table_args__ = (UniqueConstraint("municipality_id", "slug", "number"),)

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    slug: str = short(60)
    number: int
    sha256: str = Field(max_length=64)
    document: str = document()
    published_by: str = Field(max_length=120)
    """Login of the author."""
    published_at: datetime = moment()


class ApprovalRow(SQLModel, table=True):
    """The second person's word that a version may be used."""

    __tablename__ = "approval"

    version_id: str = Field(primary_key=True, foreign_key="playbook_version.id", max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    approved_by: str = Field(max_length=120)
    approved_at: datetime = moment()


class BlockVersionRow(SQLModel, table=True):
    """One published version of a block, never changed; playbooks are built with it."""

    __tablename__ = "block_version"
    __table_args__ = (UniqueConstraint("municipality_id", "slug", "number"),)

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    slug: str = short(60)
    number: int
    sha256: str = Field(max_length=64)
    document: str = document()
    published_by: str = Field(max_length=120)
    """Login of the author."""
    published_at: datetime = moment()
