"""What the house asks of itself before it is needed: is it there, and is everyone in place."""

from alembic.runtime.migration import MigrationContext
from msgspec import Struct
from sqlalchemy import Connection, func
from sqlmodel import col, select

from calamity.domain.errors import Refused
from calamity.domain.phone import read_any_phone
from calamity.store.database import Database, Session
from calamity.store.people import PHONE
from calamity.store.tables import (
    ContactPersonRow,
    KeyFigureRow,
    MunicipalityRow,
    RecipientRow,
    ResponderRow,
    UserRow,
)


async def is_empty(database: Database) -> bool:
    """Say whether the database has no tables of ours yet."""

    def revision(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    async with database.connection() as connection:
        return await connection.run_sync(revision) is None


async def municipality_ids(session: Session) -> list[str]:
    """Return the ids of all municipalities."""
    return list(await session.sql.scalars(select(MunicipalityRow.id).order_by(MunicipalityRow.id)))


class Network(Struct, frozen=True):
    """Everybody whom we may have to text, and the countries of their numbers."""

    people: int
    countries: list[str]


async def network_to_text(session: Session) -> Network:
    """Return how many people we may have to text, and in which countries."""
    phones = await session.sql.scalars(
        select(RecipientRow.phone).where(col(RecipientRow.stopped_at).is_(None))
    )
    countries: list[str] = []
    for phone in phones:
        try:
            countries.append(read_any_phone(session.vault.open_text(PHONE, phone)).country)
        except Refused:
            countries.append("")
    return Network(len(countries), sorted(set(filter(None, countries))))


class Gaps(Struct, frozen=True):
    """Where one absence would be felt."""

    roles_with_one_person: list[str]
    key_figures_without_contact: int
    """Their contact person said STOP, so the key figure has nobody to talk to."""
    contact_persons_without_account: int


async def find_gaps(session: Session, municipality_id: str) -> Gaps:
    """Return where the network of a municipality hangs on one person, or on nobody."""
    roles = await session.sql.execute(
        select(ResponderRow.role)
        .join(RecipientRow, col(RecipientRow.id) == ResponderRow.recipient_id)
        .where(
            ResponderRow.municipality_id == municipality_id, col(RecipientRow.stopped_at).is_(None)
        )
        .group_by(ResponderRow.role)
        .having(func.count() == 1)
        .order_by(ResponderRow.role)
    )
    lost = await session.sql.scalar(
        select(func.count())
        .select_from(KeyFigureRow)
        .join(ContactPersonRow, col(ContactPersonRow.id) == KeyFigureRow.contact_person_id)
        .join(RecipientRow, col(RecipientRow.id) == ContactPersonRow.recipient_id)
        .where(
            KeyFigureRow.municipality_id == municipality_id,
            col(RecipientRow.stopped_at).is_not(None),
        )
    )
    accounts = select(UserRow.recipient_id).where(
        col(UserRow.recipient_id).is_not(None), col(UserRow.disabled_at).is_(None)
    )
    unheard = await session.sql.scalar(
        select(func.count())
        .select_from(ContactPersonRow)
        .where(
            ContactPersonRow.municipality_id == municipality_id,
            col(ContactPersonRow.recipient_id).not_in(accounts),
        )
    )
    return Gaps([row[0] for row in roles], lost or 0, unheard or 0)
