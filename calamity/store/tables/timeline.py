"""The timeline: headers in a chain, bodies sealed each under a key of its own.

The database refuses UPDATE and DELETE on headers and bodies. A key may be destroyed, which is how
a body is erased; the chain does not need it.
"""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import moment, short


class EntryRow(SQLModel, table=True):
    """The header of one entry."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("ix_entry_kind", "calamity_id", "kind", "seq"),
        Index("ix_entry_visibility", "calamity_id", "visibility", "seq"),
    )

    calamity_id: str = Field(primary_key=True, foreign_key="calamity.id", max_length=36)
    seq: int = Field(primary_key=True)
    happened_at: datetime = moment()
    recorded_at: datetime = moment()
    kind: str = short(24)
    actor_role: str = short(40)
    visibility: str = short(20)
    refers_to: int | None = None
    commitment: str = Field(max_length=64)
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class EntryBodyRow(SQLModel, table=True):
    """The body of one entry: salt and JSON, encrypted under the key of the entry."""

    __tablename__ = "entry_body"

    calamity_id: str = Field(primary_key=True, foreign_key="calamity.id", max_length=36)
    seq: int = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class EntryFileRow(SQLModel, table=True):
    """The file of one entry, encrypted under the key of the entry; most entries have none."""

    __tablename__ = "entry_file"

    calamity_id: str = Field(primary_key=True, foreign_key="calamity.id", max_length=36)
    seq: int = Field(primary_key=True)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class EntryKeyRow(SQLModel, table=True):
    """The key of an entry, sealed by the vault; deleting this row erases body and file for good."""

    __tablename__ = "entry_key"

    calamity_id: str = Field(primary_key=True, foreign_key="calamity.id", max_length=36)
    seq: int = Field(primary_key=True)
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
