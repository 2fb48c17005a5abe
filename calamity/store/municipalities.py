"""Municipalities and their neighbourhoods."""

from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Raw, Struct
from sqlalchemy import func
from sqlmodel import select

from calamity.domain.errors import Conflict, NotFound
from calamity.domain.picture import Place
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import MunicipalityRow, NeighbourhoodRow

_PHONE, _KEY = b"municipality.phone", b"municipality.signing"


class Municipality(Struct, frozen=True):
    """A municipality as pages and texts need it."""

    id: str
    slug: str
    name: str
    crisis_phone: str


class Neighbourhood(Struct, frozen=True):
    """A neighbourhood with its shape (GeoJSON geometry, WGS84)."""

    id: str
    code: str
    name: str
    inhabitants: int | None
    geometry: Raw
    neighbours: tuple[str, ...]

    @property
    def place(self) -> Place:
        """The same neighbourhood as pictures need it."""
        return Place(self.code, self.name, self.neighbours)


def _said(session: Session, row: MunicipalityRow) -> Municipality:
    phone = session.vault.open_text(_PHONE, row.crisis_phone)
    return Municipality(row.id, row.slug, row.name, phone)


async def add_municipality(
    session: Session, *, slug: str, name: str, crisis_phone: str, at: datetime
) -> Municipality:
    """Add a municipality with a signing key of its own. Raises Conflict when the slug exists."""
    found = await session.sql.scalar(select(MunicipalityRow).where(MunicipalityRow.slug == slug))
    if found is not None:
        raise Conflict("A municipality with this slug exists already.", field="slug")
    key = Ed25519PrivateKey.generate().private_bytes_raw()
    row = MunicipalityRow(
        id=new_id(),
        slug=slug,
        name=name,
        crisis_phone=session.vault.seal_text(_PHONE, crisis_phone),
        signing_key=session.vault.seal(_KEY, key),
        created_at=at,
    )
    session.sql.add(row)
    await session.sql.flush()
    return _said(session, row)


async def get_municipality(session: Session, municipality_id: str) -> Municipality:
    """Return a municipality. Raises NotFound."""
    row = await session.sql.get(MunicipalityRow, municipality_id)
    if row is None:
        raise NotFound("This municipality does not exist.", field="municipality")
    return _said(session, row)


async def find_municipality(session: Session, slug: str | None) -> Municipality:
    """Return the municipality with this slug, or the only one when no slug is given.

    Raises NotFound, saying what to do, when there is none or the choice is open.
    """
    rows = (await session.sql.scalars(select(MunicipalityRow).limit(50))).all()
    if slug is None and len(rows) == 1:
        return _said(session, rows[0])
    for row in rows:
        if row.slug == slug:
            return _said(session, row)
    if not rows:
        raise NotFound(
            "There is no municipality yet. Make one: calamity municipality create --help.",
            field="municipality",
        )
    raise NotFound(
        "Name the municipality; these exist: " + ", ".join(sorted(row.slug for row in rows)) + ".",
        field="municipality",
    )


async def count_municipalities(session: Session) -> int:
    """Return how many municipalities there are."""
    return await session.sql.scalar(select(func.count()).select_from(MunicipalityRow)) or 0


async def signing_key(session: Session, municipality_id: str) -> Ed25519PrivateKey:
    """Return the key with which this municipality signs the heads of its timelines."""
    row = await session.sql.get(MunicipalityRow, municipality_id)
    if row is None:
        raise NotFound("This municipality does not exist.", field="municipality")
    return Ed25519PrivateKey.from_private_bytes(session.vault.open(_KEY, row.signing_key))


async def list_neighbourhoods(session: Session, municipality_id: str) -> list[Neighbourhood]:
    """Return all neighbourhoods of a municipality, by code."""
    rows = await session.sql.scalars(
        select(NeighbourhoodRow)
        .where(NeighbourhoodRow.municipality_id == municipality_id)
        .order_by(NeighbourhoodRow.code)
    )
    return [
        Neighbourhood(
            row.id,
            row.code,
            row.name,
            row.inhabitants,
            Raw(row.geometry.encode()),
            tuple(msgspec.json.decode(row.neighbours, type=list[str])),
        )
        for row in rows
    ]


async def put_neighbourhood(
    session: Session,
    municipality_id: str,
    *,
    code: str,
    name: str,
    inhabitants: int | None,
    geometry: bytes,
    neighbours: list[str],
) -> str:
    """Add a neighbourhood or bring it up to date; return `added`, `changed` or `same`."""
    row = await session.sql.scalar(
        select(NeighbourhoodRow).where(
            NeighbourhoodRow.municipality_id == municipality_id, NeighbourhoodRow.code == code
        )
    )
    shape, touching = geometry.decode(), msgspec.json.encode(neighbours).decode()
    if row is None:
        session.sql.add(
            NeighbourhoodRow(
                id=new_id(),
                municipality_id=municipality_id,
                code=code,
                name=name,
                inhabitants=inhabitants,
                geometry=shape,
                neighbours=touching,
            )
        )
        return "added"
    before = (row.name, row.inhabitants, row.geometry, row.neighbours)
    row.name, row.inhabitants, row.geometry, row.neighbours = name, inhabitants, shape, touching
    return "same" if before == (name, inhabitants, shape, touching) else "changed"


async def neighbourhood_names(session: Session, municipality_id: str) -> dict[str, str]:
    """Return the names of neighbourhoods by code, without their shapes."""
    rows = await session.sql.execute(
        select(NeighbourhoodRow.code, NeighbourhoodRow.name)
        .where(NeighbourhoodRow.municipality_id == municipality_id)
        .order_by(NeighbourhoodRow.code)
    )
    return {row[0]: row[1] for row in rows}
