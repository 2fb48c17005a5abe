"""The tenant and its neighbourhoods."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import document, moment, sealed, short


class MunicipalityRow(SQLModel, table=True):
    """A municipality; every other row belongs to one."""

    __tablename__ = "municipality"

    id: str = Field(primary_key=True, max_length=36)
    slug: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=120)
    crisis_phone: bytes = sealed()
    signing_key: bytes = sealed()
    """The Ed25519 key with which heads of its timelines are signed."""
    created_at: datetime = moment()


class NeighbourhoodRow(SQLModel, table=True):
    """A CBS district (wijk), the smallest place in the system."""

    __tablename__ = "neighbourhood"
    __table_args__ = (UniqueConstraint("municipality_id", "code"),)

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    code: str = short(20)
    name: str = short(120)
    inhabitants: int | None = None
    geometry: str = document()
    """GeoJSON geometry, WGS84."""
    neighbours: str = document()
    """JSON list of the codes of touching neighbourhoods."""
