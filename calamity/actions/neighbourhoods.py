"""Taking in the neighbourhoods of a municipality from a district file of CBS or PDOK."""

import asyncio
from collections import Counter
from datetime import datetime

import msgspec
from msgspec import Struct

from calamity.domain.districts import read_districts
from calamity.domain.permissions import Actor, Permission
from calamity.store.database import Session
from calamity.store.municipalities import list_neighbourhoods, put_neighbourhood


class NeighbourhoodReport(Struct, frozen=True):
    """How many neighbourhoods a file brought, and what is worth knowing about it."""

    added: int
    changed: int
    same: int
    notes: list[str]


async def import_neighbourhoods(
    session: Session, actor: Actor, data: bytes, *, at: datetime
) -> NeighbourhoodReport:
    """Add the districts of a file or bring them up to date; none is ever taken away.

    Raises DistrictFaults with every fault of the file.
    """
    actor.must(Permission.IMPORT)
    file = await asyncio.to_thread(read_districts, data)
    before = {place.code for place in await list_neighbourhoods(session, actor.municipality_id)}
    counts: Counter[str] = Counter()
    for district in file.districts:
        counts[
            await put_neighbourhood(
                session,
                actor.municipality_id,
                code=district.code,
                name=district.name,
                inhabitants=district.inhabitants,
                geometry=msgspec.json.encode(district.geometry),
                neighbours=district.neighbours,
            )
        ] += 1
    await session.sql.flush()
    notes = list(file.notes)
    towns = {district.municipality for district in file.districts if district.municipality}
    if len(towns) > 1:
        notes.append(
            f"The file holds districts of {len(towns)} municipalities, and all were taken in."
        )
    if gone := sorted(before - {district.code for district in file.districts}):
        notes.append(f"Not in this file, and kept as they were: {', '.join(gone)}.")
    return NeighbourhoodReport(counts["added"], counts["changed"], counts["same"], notes)
