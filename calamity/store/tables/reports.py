"""The situation report: one draft per calamity, and its released versions, which never change."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import moment, sealed


class ReportDraftRow(SQLModel, table=True):
    """The report under hand. *revision* rises with every save: nobody saves over another."""

    __tablename__ = "report_draft"

    calamity_id: str = Field(primary_key=True, foreign_key="calamity.id", max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    revision: int
    document: bytes = sealed()
    saved_by: str = Field(max_length=120)
    saved_at: datetime = moment()


class ReportRow(SQLModel, table=True):
    """A released version: the words, and the hash of them that the timeline names."""

    __tablename__ = "report"

    calamity_id: str = Field(primary_key=True, foreign_key="calamity.id", max_length=36)
    number: int = Field(primary_key=True)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    document: bytes = sealed()
    sha256: str = Field(max_length=64)
    released_by: str = Field(max_length=120)
    """Login of who did it."""
    released_at: datetime = moment()
