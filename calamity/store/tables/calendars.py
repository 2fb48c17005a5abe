"""Links by which people read their meetings and deadlines in a calendar of their own."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import moment


class CalendarLinkRow(SQLModel, table=True):
    """The one link of an account, kept as a hash; a new one takes its place."""

    __tablename__ = "calendar_link"

    user_id: str = Field(primary_key=True, foreign_key="user_account.id", max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    token_hash: str = Field(max_length=64, unique=True)
    language: str = Field(max_length=5)
    """In which the calendar speaks: no browser says it there."""
    created_at: datetime = moment()
