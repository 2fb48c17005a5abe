"""The network in numbers: who is known per neighbourhood, without anybody's name."""

from datetime import date, timedelta

from msgspec import Struct
from sqlalchemy import ColumnElement, case, func
from sqlalchemy import select as select_columns
from sqlmodel import col

from calamity.store.database import Session
from calamity.store.tables import (
    KeyFigureRow,
    NeighbourhoodRow,
    ProfessionalRow,
    RecipientRow,
)

_AGREED_FOR = timedelta(days=365)
_SOON = timedelta(days=60)


class Circle(Struct, frozen=True):
    """How many people are known in one neighbourhood; who said STOP does not count."""

    code: str
    name: str
    key_figures: int = 0
    agreed_to_ask: int = 0
    expired: int = 0
    """Key figures without an agreement that holds today."""
    expiring: int = 0
    """Agreements that end within sixty days."""
    professionals: int = 0


class ChosenCircle(Struct, frozen=True):
    """A circle as key figures call it themselves, and how many of them can be reached in it."""

    name: str
    agreed: int
    """Key figures who agreed to words; who said STOP does not count."""
    may_be_asked: int


async def list_chosen_circles(session: Session, municipality_id: str) -> list[ChosenCircle]:
    """Return every circle that a key figure named, by name."""
    reached = col(RecipientRow.stopped_at).is_(None) & (col(KeyFigureRow.agreed_on) != "")
    found = await session.sql.execute(
        select_columns(
            col(KeyFigureRow.circle),
            _how_many(reached),
            _how_many(reached & col(KeyFigureRow.asks)),
        )
        .join(RecipientRow, col(RecipientRow.id) == KeyFigureRow.recipient_id)
        .where(col(KeyFigureRow.municipality_id) == municipality_id, col(KeyFigureRow.circle) != "")
        .group_by(col(KeyFigureRow.circle))
        .order_by(col(KeyFigureRow.circle))
    )
    return [ChosenCircle(name, agreed, asked) for name, agreed, asked in found]


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


async def list_circles(session: Session, municipality_id: str, today: date) -> list[Circle]:
    """Return every neighbourhood, by code, with how many people are known there."""
    over, soon = (today - _AGREED_FOR).isoformat(), (today + _SOON - _AGREED_FOR).isoformat()
    agreed = col(KeyFigureRow.agreed_on)

    figures = await session.sql.execute(
        select_columns(
            col(KeyFigureRow.neighbourhood_id),
            func.count(),
            _how_many(col(KeyFigureRow.asks) & (agreed > over)),
            _how_many(agreed <= over),
            _how_many((agreed > over) & (agreed <= soon)),
        )
        .join(RecipientRow, col(RecipientRow.id) == KeyFigureRow.recipient_id)
        .where(
            col(KeyFigureRow.municipality_id) == municipality_id,
            col(RecipientRow.stopped_at).is_(None),
        )
        .group_by(col(KeyFigureRow.neighbourhood_id))
    )
    professionals = await session.sql.execute(
        select_columns(col(ProfessionalRow.neighbourhood_id), func.count())
        .where(col(ProfessionalRow.municipality_id) == municipality_id)
        .group_by(col(ProfessionalRow.neighbourhood_id))
    )
    counted = {row[0]: (row[1], row[2], row[3], row[4]) for row in figures}
    working = {row[0]: row[1] for row in professionals}
    places = await session.sql.execute(
        select_columns(
            col(NeighbourhoodRow.id), col(NeighbourhoodRow.code), col(NeighbourhoodRow.name)
        )
        .where(col(NeighbourhoodRow.municipality_id) == municipality_id)
        .order_by(col(NeighbourhoodRow.code))
    )
    return [
        Circle(code, name, *counted.get(id_, (0, 0, 0, 0)), working.get(id_, 0))
        for id_, code, name in places
    ]
