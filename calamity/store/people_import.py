"""Takes in many people at once: compares with what is stored, and writes only what differs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import insert, update
from sqlalchemy import select as select_columns
from sqlmodel import SQLModel, col, select

from calamity.store.database import Session
from calamity.store.ids import new_id
from calamity.store.people import CHECK_WORD, EMAIL, NAME, PHONE
from calamity.store.tables import (
    ContactPersonRow,
    DoNotAddRow,
    KeyFigureRow,
    ProfessionalRow,
    RecipientRow,
    ResponderRow,
)

_MANY = 500

Put = Literal["added", "changed", "same"]


class Kept(Struct, frozen=True):
    """The id under which something is stored, and what that took."""

    id: str
    put: Put


class NewRecipient(Struct, frozen=True):
    """A number (E.164) with the name and language of its owner, and a check word if agreed."""

    phone: str
    name: str
    language: str
    check_word: str | None = None
    """None leaves the word that was agreed before."""
    email: str | None = None
    """None leaves the address that was given before."""


class NewKeyFigure(Struct, frozen=True):
    """A key figure as agreed; ids of what it refers to."""

    recipient_id: str
    contact_person_id: str
    neighbourhood_id: str
    circle: str
    agreed_on: str
    asks: bool
    quiet_from: str
    quiet_until: str


async def stopped_numbers(session: Session, municipality_id: str) -> set[str]:
    """Return the keyed index of every number whose owner said STOP."""
    rows = await session.sql.scalars(
        select(DoNotAddRow.phone_index).where(DoNotAddRow.municipality_id == municipality_id)
    )
    return set(rows)


async def contact_person_names(session: Session, municipality_id: str) -> dict[str, str]:
    """Return the names of all contact persons by the keyed index of their numbers."""
    rows = await session.sql.execute(
        select(RecipientRow.phone_index, RecipientRow.name)
        .join(ContactPersonRow, col(ContactPersonRow.recipient_id) == RecipientRow.id)
        .where(ContactPersonRow.municipality_id == municipality_id)
    )
    return {row[0]: session.vault.open_text(NAME, row[1]) for row in rows}


async def contact_person_ids(session: Session, municipality_id: str) -> dict[str, str]:
    """Return the ids of all contact persons by the keyed index of their numbers."""
    rows = await session.sql.execute(
        select(RecipientRow.phone_index, ContactPersonRow.id)
        .join(ContactPersonRow, col(ContactPersonRow.recipient_id) == RecipientRow.id)
        .where(ContactPersonRow.municipality_id == municipality_id)
    )
    return {row[0]: row[1] for row in rows}


async def put_recipients(
    session: Session,
    municipality_id: str,
    wanted: Mapping[tuple[str, str], NewRecipient],
    at: datetime,
) -> dict[tuple[str, str], Kept]:
    """Add people, or bring their names, languages and check words up to date.

    Keys are a number and, for people who share one, the name that tells them apart. Return what is
    kept, by the same keys.
    """
    indexes = {key: session.vault.index(each.phone) for key, each in wanted.items()}
    stored = await _stored_recipients(session, municipality_id, sorted(set(indexes.values())))
    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    kept: dict[tuple[str, str], Kept] = {}
    for key, each in wanted.items():
        seats = stored.setdefault(indexes[key], [])
        before = _seat_of(seats, shared_name=key[1])
        word = each.check_word or (before.check_word if before else "")
        email = each.email or (before.email if before else "")
        if before is None:
            seat = max((taken.seat for taken in seats), default=0) + 1
            row = _new_recipient(session, municipality_id, indexes[key], each, seat, at)
            added.append(row)
            seats.append(_Stored(row["id"], each.name, each.language, seat, word, email))
            kept[key] = Kept(row["id"], "added")
        elif before == _Stored(before.id, each.name, each.language, before.seat, word, email):
            kept[key] = Kept(before.id, "same")
        else:
            changed.append(
                {
                    "id": before.id,
                    "name": session.vault.seal_text(NAME, each.name),
                    "language": each.language,
                    "check_word": _sealed_if_any(session, CHECK_WORD, word),
                    "email": _sealed_if_any(session, EMAIL, email),
                }
            )
            kept[key] = Kept(before.id, "changed")
    await _write(session, RecipientRow, added, changed)
    return kept


class _Stored(Struct, frozen=True):
    """Someone who has this number already."""

    id: str
    name: str
    language: str
    seat: int
    check_word: str
    email: str


def _seat_of(seats: Sequence[_Stored], *, shared_name: str) -> _Stored | None:
    """Return who of the owners of a number is meant: the first, or the one with this name."""
    if not shared_name:
        return min(seats, key=lambda each: each.seat, default=None)
    return next((each for each in seats if each.name.casefold() == shared_name), None)


def _sealed_if_any(session: Session, what: bytes, text: str) -> bytes | None:
    return session.vault.seal_text(what, text) if text else None


def _new_recipient(  # noqa: PLR0917 - the parts of a row, in one order
    session: Session,
    municipality_id: str,
    index: str,
    each: NewRecipient,
    seat: int,
    at: datetime,
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "municipality_id": municipality_id,
        "phone": session.vault.seal_text(PHONE, each.phone),
        "phone_index": index,
        "name": session.vault.seal_text(NAME, each.name),
        "language": each.language,
        "seat": seat,
        "check_word": _sealed_if_any(session, CHECK_WORD, each.check_word or ""),
        "email": _sealed_if_any(session, EMAIL, each.email or ""),
        "created_at": at,
    }


async def _stored_recipients(
    session: Session, municipality_id: str, indexes: Sequence[str]
) -> dict[str, list[_Stored]]:
    """Return the owners of each number, by index."""
    found: dict[str, list[_Stored]] = {}
    opened = session.vault.open_text
    for start in range(0, len(indexes), _MANY):
        rows = await session.sql.execute(
            select_columns(
                col(RecipientRow.phone_index),
                col(RecipientRow.id),
                col(RecipientRow.name),
                col(RecipientRow.language),
                col(RecipientRow.seat),
                col(RecipientRow.check_word),
                col(RecipientRow.email),
            ).where(
                col(RecipientRow.municipality_id) == municipality_id,
                col(RecipientRow.phone_index).in_(indexes[start : start + _MANY]),
            )
        )
        for index, row_id, name, language, seat, word, email in rows:
            stored = _Stored(
                row_id, opened(NAME, name), language, seat,
                opened(CHECK_WORD, word) if word is not None else "",
                opened(EMAIL, email) if email is not None else "",
            )  # fmt: skip
            found.setdefault(index, []).append(stored)
    return found


async def put_contact_persons(
    session: Session, municipality_id: str, recipient_ids: Iterable[str]
) -> list[Kept]:
    """Let these recipients be contact persons."""
    rows = [{"recipient_id": each} for each in recipient_ids]
    return await _put_rows(session, ContactPersonRow, municipality_id, ("recipient_id",), rows)


async def put_responders(
    session: Session, municipality_id: str, places: Iterable[tuple[str, str, int]]
) -> list[Kept]:
    """Put people in the rapid team: (recipient id, role, rank)."""
    rows = [{"recipient_id": who, "role": role, "rank": rank} for who, role, rank in places]
    key = ("recipient_id", "role")
    return await _put_rows(session, ResponderRow, municipality_id, key, rows)


async def put_key_figures(
    session: Session, municipality_id: str, figures: Iterable[NewKeyFigure]
) -> list[Kept]:
    """Write down key figures as agreed with them."""
    names = NewKeyFigure.__struct_fields__
    rows = [{name: getattr(each, name) for name in names} for each in figures]
    return await _put_rows(session, KeyFigureRow, municipality_id, ("recipient_id",), rows)


async def put_professionals(
    session: Session, municipality_id: str, places: Iterable[tuple[str, str, str]]
) -> list[Kept]:
    """Write down professionals: (recipient id, neighbourhood id, organisation)."""
    rows = [
        {"recipient_id": who, "neighbourhood_id": where, "organisation": organisation}
        for who, where, organisation in places
    ]
    return await _put_rows(session, ProfessionalRow, municipality_id, ("recipient_id",), rows)


async def _put_rows(
    session: Session,
    table: type[SQLModel],
    municipality_id: str,
    key: tuple[str, ...],
    rows: Sequence[Mapping[str, Any]],
) -> list[Kept]:
    """Add or change rows of one capacity, found by *key*; return what is kept, in their order."""
    columns = table.__table__.columns  # type: ignore[attr-defined]  # SQLModel puts it there
    found = await session.sql.execute(
        select(*columns).where(columns["municipality_id"] == municipality_id)
    )
    stored = {tuple(row[name] for name in key): row for row in found.mappings()}
    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    kept: list[Kept] = []
    for row in rows:
        before = stored.get(tuple(row[name] for name in key))
        if before is None:
            made = {"id": new_id(), "municipality_id": municipality_id, **row}
            added.append(made)
            kept.append(Kept(made["id"], "added"))
        elif all(before[name] == value for name, value in row.items()):
            kept.append(Kept(before["id"], "same"))
        else:
            changed.append({"id": before["id"], **row})
            kept.append(Kept(before["id"], "changed"))
    await _write(session, table, added, changed)
    return kept


async def _write(
    session: Session,
    table: type[SQLModel],
    added: list[dict[str, Any]],
    changed: list[dict[str, Any]],
) -> None:
    if added:
        await session.sql.execute(insert(table), added)
    if changed:
        await session.sql.execute(update(table), changed)
