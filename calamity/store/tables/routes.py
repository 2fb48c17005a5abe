"""The routes by which texts leave, and how each stands."""

from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import document


class RouteRow(SQLModel, table=True):
    """One route: the carrier of that name. All nodes see it, so that all go round it."""

    __tablename__ = "route"

    name: str = Field(primary_key=True, max_length=20)
    breaker: str = document()
    """JSON of how it stands."""
    moved: int = 0
    """Texts that took another route since it opened."""
    is_told: bool = False
    """Whether the timelines say that it is open."""
