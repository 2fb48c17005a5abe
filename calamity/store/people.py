"""Recipients and what they are to the municipality."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct, json
from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import SQLModel, col, select

from calamity.domain.activation import Member, Snapshot
from calamity.domain.playbook import Group
from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.tables import (
    ContactPersonRow,
    KeyFigureRow,
    NeighbourhoodRow,
    ProfessionalRow,
    RecipientRow,
    ResponderRow,
    from_micros,
)

PHONE, NAME, CHECK_WORD = b"recipient.phone", b"recipient.name", b"recipient.check_word"
EMAIL = b"recipient.email"


class Recipient(Struct, frozen=True):
    """One number and its owner, opened."""

    id: str
    municipality_id: str
    name: str
    phone: str
    language: str
    stopped_at: datetime | None
    check_word: str = ""
    """A word agreed with this person, by which our texts can be known; often empty."""
    email: str = ""


def _opened(session: Session, row: RecipientRow) -> Recipient:
    return Recipient(
        row.id,
        row.municipality_id,
        session.vault.open_text(NAME, row.name),
        session.vault.open_text(PHONE, row.phone),
        row.language,
        row.stopped_at,
        _opened_if_any(session, CHECK_WORD, row.check_word),
        _opened_if_any(session, EMAIL, row.email),
    )


def _opened_if_any(session: Session, what: bytes, sealed: bytes | None) -> str:
    return "" if sealed is None else session.vault.open_text(what, sealed)


async def list_recipients(session: Session, ids: Iterable[str]) -> dict[str, Recipient]:
    """Return recipients by id, opened; unknown ids are left out."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    await session.sql.flush()
    direct, opened = await session.direct(), session.vault.open_text
    rows = await (
        direct.rows(_AMONG_POSTGRES, wanted)
        if session.is_postgres
        else direct.rows(_AMONG_SQLITE, json.encode(wanted).decode())
    )
    return {
        id_: Recipient(
            id_,
            municipality_id,
            opened(NAME, name),
            opened(PHONE, phone),
            language,
            None if stopped_at is None else from_micros(stopped_at),
            _opened_if_any(session, CHECK_WORD, word),
            _opened_if_any(session, EMAIL, email),
        )
        for id_, municipality_id, name, phone, language, stopped_at, word, email in rows
    }


# One value with all ids: ten thousand people are one statement, and no row of SQLAlchemy's.
_AMONG = """
SELECT id, municipality_id, name, phone, language, stopped_at, check_word, email
FROM recipient WHERE id IN ({})
"""
_AMONG_SQLITE = _AMONG.format("SELECT value FROM json_each($1)")
_AMONG_POSTGRES = _AMONG.format("SELECT unnest($1::text[])")


async def find_recipient(session: Session, municipality_id: str, phone: str) -> Recipient | None:
    """Return the owner of a number (E.164), or None; of people who share it, the first."""
    row = await session.sql.scalar(
        select(RecipientRow).where(
            RecipientRow.municipality_id == municipality_id,
            RecipientRow.phone_index == session.vault.index(phone),
            RecipientRow.seat == 1,
        )
    )
    return _opened(session, row) if row else None


async def recipients_by_index(session: Session, index: str) -> list[tuple[str, str]]:
    """Return (recipient id, municipality id) of everyone with this number, in any tenant."""
    rows = await session.sql.execute(
        select(RecipientRow.id, RecipientRow.municipality_id)
        .where(RecipientRow.phone_index == index)
        .order_by(col(RecipientRow.id))
    )
    return [(row[0], row[1]) for row in rows]


async def put_recipient(
    session: Session,
    municipality_id: str,
    *,
    phone: str,
    name: str,
    language: str,
    seat: int = 1,
    at: datetime,
) -> tuple[str, bool]:
    """Add a number or bring its name and language up to date; return (id, whether it changed)."""
    index = session.vault.index(phone)
    row = await session.sql.scalar(
        select(RecipientRow).where(
            RecipientRow.municipality_id == municipality_id,
            RecipientRow.phone_index == index,
            RecipientRow.seat == seat,
        )
    )
    if row is None:
        row = RecipientRow(
            id=new_id(),
            municipality_id=municipality_id,
            phone=session.vault.seal_text(PHONE, phone),
            phone_index=index,
            name=session.vault.seal_text(NAME, name),
            language=language,
            seat=seat,
            created_at=at,
        )
        session.sql.add(row)
        await session.sql.flush()
        return row.id, True
    changed = row.language != language or session.vault.open_text(NAME, row.name) != name
    if changed:
        row.language = language
        row.name = session.vault.seal_text(NAME, name)
    return row.id, changed


async def put_details(
    session: Session, recipient_id: str, *, email: str | None, check_word: str | None
) -> None:
    """Keep another e-mail address or check word; None leaves what is there, "" takes it away."""
    row = await session.sql.get_one(RecipientRow, recipient_id, with_for_update={"key_share": True})
    if email is not None:
        row.email = session.vault.seal_text(EMAIL, email) if email else None
    if check_word is not None:
        row.check_word = session.vault.seal_text(CHECK_WORD, check_word) if check_word else None
    await session.sql.flush()


async def put_phone(session: Session, recipient_id: str, phone: str) -> None:
    """Give somebody another number, of which nothing is known to be wrong."""
    row = await session.sql.get_one(RecipientRow, recipient_id, with_for_update={"key_share": True})
    row.phone, row.phone_index = session.vault.seal_text(PHONE, phone), session.vault.index(phone)
    row.seat, row.number_failed_at, row.number_error = 1, None, None
    await session.sql.flush()


async def put_row(
    session: Session, table: type[SQLModel], match: dict[str, Any], values: dict[str, Any]
) -> str:
    """Add a row of *table* that matches, or bring it up to date: `added`, `changed` or `same`."""
    query = select(table)
    for name, value in match.items():
        query = query.where(getattr(table, name) == value)
    row = await session.sql.scalar(query)
    if row is None:
        session.sql.add(table(id=new_id(), **match, **values))
        await session.sql.flush()
        return "added"
    changed = any(getattr(row, name) != value for name, value in values.items())
    for name, value in values.items():
        setattr(row, name, value)
    return "changed" if changed else "same"


async def contact_person_of(session: Session, recipient_id: str) -> str | None:
    """Return the id of this recipient as a contact person, or None."""
    found: str | None = await session.sql.scalar(
        select(ContactPersonRow.id).where(ContactPersonRow.recipient_id == recipient_id)
    )
    return found


async def take_snapshot(session: Session, municipality_id: str) -> Snapshot:
    """Return everyone as they are now: ids, roles and agreements, no names and no numbers."""
    sql = session.sql
    team = await sql.execute(
        select(
            ResponderRow.recipient_id, RecipientRow.language, ResponderRow.role, ResponderRow.rank
        )
        .join(RecipientRow, col(RecipientRow.id) == ResponderRow.recipient_id)
        .where(ResponderRow.municipality_id == municipality_id)
        .order_by(col(ResponderRow.role), col(ResponderRow.rank), col(ResponderRow.id))
    )
    members = [
        Member(Group.RAPID_TEAM, who, spoken, role=role, rank=rank)
        for who, spoken, role, rank in team
    ]
    contacts = await sql.execute(
        select(ContactPersonRow.recipient_id, RecipientRow.language)
        .join(RecipientRow, col(RecipientRow.id) == ContactPersonRow.recipient_id)
        .where(ContactPersonRow.municipality_id == municipality_id)
        .order_by(ContactPersonRow.id)
    )
    members.extend(Member(Group.CONTACT_PERSONS, who, spoken) for who, spoken in contacts)
    professionals = await sql.execute(
        select(ProfessionalRow.recipient_id, RecipientRow.language, NeighbourhoodRow.code)
        .join(RecipientRow, col(RecipientRow.id) == ProfessionalRow.recipient_id)
        .join(NeighbourhoodRow, col(NeighbourhoodRow.id) == ProfessionalRow.neighbourhood_id)
        .where(ProfessionalRow.municipality_id == municipality_id)
        .order_by(ProfessionalRow.id)
    )
    members.extend(
        Member(Group.PROFESSIONALS, who, spoken, neighbourhood=place, asks=True, agreed=True)
        for who, spoken, place in professionals
    )
    members.extend(await _key_figures(session, municipality_id))
    return Snapshot(members)


async def _key_figures(session: Session, municipality_id: str) -> list[Member]:
    rows = await session.sql.execute(
        # SQLModel's own select has types for four columns at most.
        select_columns(
            col(KeyFigureRow.recipient_id),
            col(RecipientRow.language),
            col(NeighbourhoodRow.code),
            col(ContactPersonRow.recipient_id),
            col(KeyFigureRow.asks),
            col(KeyFigureRow.agreed_on),
            col(KeyFigureRow.quiet_from),
            col(KeyFigureRow.quiet_until),
        )
        .join(RecipientRow, col(RecipientRow.id) == KeyFigureRow.recipient_id)
        .join(NeighbourhoodRow, col(NeighbourhoodRow.id) == KeyFigureRow.neighbourhood_id)
        .join(ContactPersonRow, col(ContactPersonRow.id) == KeyFigureRow.contact_person_id)
        .where(col(KeyFigureRow.municipality_id) == municipality_id)
        .order_by(KeyFigureRow.id)
    )
    return [
        Member(
            Group.KEY_FIGURES,
            row[0],
            row[1],
            neighbourhood=row[2],
            contact=row[3],
            asks=row[4],
            agreed=bool(row[5]),
            quiet_from=row[6],
            quiet_until=row[7],
        )
        for row in rows
    ]


class KeyFigureLine(Struct, frozen=True):
    """A key figure as their own contact person, or the manager of the network, sees them."""

    recipient_id: str
    name: str
    language: str
    neighbourhood: str
    circle: str
    contact_person: str
    agreed_on: str
    asks: bool
    is_stopped: bool
    number_failed_at: datetime | None = None
    """Since when texts to this number come to nothing."""
    number_error: int | None = None
    stop_unchecked_since: datetime | None = None
    """Since when a STOP waits for a call, to hear whether it was meant."""


async def list_key_figures(
    session: Session, municipality_id: str, *, contact_recipient_id: str | None = None
) -> list[KeyFigureLine]:
    """Return key figures without numbers; only those of one contact person when one is named."""
    query = (
        select(KeyFigureRow, RecipientRow, NeighbourhoodRow.name, ContactPersonRow.recipient_id)
        .join(RecipientRow, col(RecipientRow.id) == KeyFigureRow.recipient_id)
        .join(NeighbourhoodRow, col(NeighbourhoodRow.id) == KeyFigureRow.neighbourhood_id)
        .join(ContactPersonRow, col(ContactPersonRow.id) == KeyFigureRow.contact_person_id)
        .where(KeyFigureRow.municipality_id == municipality_id)
        .order_by(NeighbourhoodRow.code, KeyFigureRow.id)
    )
    if contact_recipient_id is not None:
        query = query.where(ContactPersonRow.recipient_id == contact_recipient_id)
    rows = (await session.sql.execute(query)).all()
    contacts = await list_recipients(session, (row[3] for row in rows))
    return [
        KeyFigureLine(
            recipient.id,
            session.vault.open_text(NAME, recipient.name),
            recipient.language,
            neighbourhood,
            figure.circle,
            contacts[contact].name,
            figure.agreed_on,
            figure.asks,
            recipient.stopped_at is not None,
            recipient.number_failed_at,
            recipient.number_error,
            None if recipient.stop_checked_at else recipient.stopped_at,
        )
        for figure, recipient, neighbourhood, contact in rows
    ]


class ResponderLine(Struct, frozen=True):
    """A member of the rapid team in one role."""

    recipient_id: str
    name: str
    role: str
    rank: int
    is_stopped: bool
    number_failed_at: datetime | None = None
    """Since when texts to this number come to nothing."""
    number_error: int | None = None
    stop_unchecked_since: datetime | None = None
    """Since when a STOP waits for a call, to hear whether it was meant."""


async def list_responders(session: Session, municipality_id: str) -> list[ResponderLine]:
    """Return the rapid team by role, the primary first."""
    rows = await session.sql.execute(
        select(ResponderRow, RecipientRow)
        .join(RecipientRow, col(RecipientRow.id) == ResponderRow.recipient_id)
        .where(ResponderRow.municipality_id == municipality_id)
        .order_by(col(ResponderRow.role), col(ResponderRow.rank), col(ResponderRow.id))
    )
    return [
        ResponderLine(
            recipient.id,
            session.vault.open_text(NAME, recipient.name),
            responder.role,
            responder.rank,
            recipient.stopped_at is not None,
            recipient.number_failed_at,
            recipient.number_error,
            None if recipient.stop_checked_at else recipient.stopped_at,
        )
        for responder, recipient in rows
    ]


class Numbers(Struct, frozen=True):
    """How many people there are in each capacity."""

    responders: int
    key_figures: int
    key_figures_asked: int
    professionals: int
    contact_persons: int


async def count_people(session: Session, municipality_id: str) -> Numbers:
    """Return how many people there are in each capacity."""

    async def count(table: Any, *conditions: Any) -> int:
        query = (
            select(func.count())
            .select_from(table)
            .where(table.municipality_id == municipality_id, *conditions)
        )
        return await session.sql.scalar(query) or 0

    return Numbers(
        await count(ResponderRow),
        await count(KeyFigureRow),
        await count(KeyFigureRow, col(KeyFigureRow.asks).is_(True)),
        await count(ProfessionalRow),
        await count(ContactPersonRow),
    )


async def contact_of_key_figure(session: Session, recipient_id: str) -> Recipient | None:
    """Return the contact person of a key figure; None for anyone else."""
    found = await session.sql.scalar(
        select(ContactPersonRow.recipient_id)
        .join(KeyFigureRow, col(KeyFigureRow.contact_person_id) == ContactPersonRow.id)
        .where(KeyFigureRow.recipient_id == recipient_id)
    )
    if found is None:
        return None
    return (await list_recipients(session, [found])).get(found)
