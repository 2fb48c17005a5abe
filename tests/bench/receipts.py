"""Receipts: a storm of them on the product while it sends; each one kept, and answered soon.

One process serves and works, as on a small machine. There is no reference: the promise is that
nothing is lost, that the storm is taken within a minute, and that no answer takes a second.
"""

import asyncio
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from calamity.actions.compose import message_row
from calamity.store.database import Database
from calamity.store.outbox import ensure_lane
from calamity.store.tables import MessageRow
from calamity.store.vault import Vault
from calamity.web.house import now
from tests.bench.bench_client import BODY
from tests.bench.figures import Aim, Figure
from tests.bench.names import STATUSES, TOLD, a_message, a_sid
from tests.bench.stage import DATABASES, Stage, gateway, process, say
from tests.bench.town import make_big_town
from tests.make import SECRET, SENDER

_RECEIPTS = TOLD * len(STATUSES)
_LEAVING = 1_000
_RATE = 200.0  # so that messages leave for as long as the storm lasts
_CONNECTIONS = 64
_PATIENCE_SECONDS = 120
_TEXT = {
    "purpose": "give", "urgency": 3, "is_alarm": False,
    "dispatch_id": None, "ladder_id": None, "round_id": None,
}  # fmt: skip
_NOT_YET = """
SELECT (SELECT count(*) FROM message WHERE carrier_status <> 'delivered' AND id LIKE 'told-%')
  + (SELECT count(*) FROM message WHERE state <> 'accepted')
"""


def measure(stage: Stage) -> list[Figure]:
    """Return the figures of this bench."""
    figures = []
    for kind in DATABASES:
        say(f"receipts on {kind}: {_RECEIPTS:,} while {_LEAVING:,} messages leave")
        words = f"{_RECEIPTS:,} receipts while {_LEAVING:,} messages leave"
        lost = Figure(f"{words}: lost", kind, "receipts", Aim(0, is_least=False, of_ratio=False))
        late = Figure("their p99", kind, "ms", Aim(1000, is_least=False, of_ratio=False))
        took = Figure("until all are taken", kind, "s", Aim(60, is_least=False, of_ratio=False))
        read = Figure("until messages say so", kind, "s", Aim(60, is_least=False, of_ratio=False))
        for _ in range(1 if stage.quick else stage.rounds):
            url = stage.url(kind)
            asyncio.run(_prepare(url))
            with (
                gateway() as carrier,
                process("server", what="product", url=url, carrier=carrier.origin) as ours,
            ):
                begun = time.monotonic()
                with process(
                    "load", what="receipts", port=ours["port"], connections=_CONNECTIONS,
                    requests=_RECEIPTS,
                ) as found:  # fmt: skip
                    late.add(found["p99"])
                    took.add(_RECEIPTS / found["rate"])
                lost.add(asyncio.run(_lost(url)))
                read.add(time.monotonic() - begun)
                if carrier.count < _LEAVING:
                    raise RuntimeError(f"only {carrier.count} of {_LEAVING} messages left")
        figures += [lost, late, took, read]
    return figures


async def _prepare(url: str) -> None:
    """Put in messages that the carrier has, and messages that are due."""
    database, at = Database(url, Vault(SECRET)), now()
    await database.open()
    town = await make_big_town(database, 0, key_figures=500)
    found = await database.rows(
        "SELECT id FROM recipient WHERE municipality_id = $1 LIMIT 500", [town.id]
    )
    people = [row[0] for row in found]
    async with database.transaction() as session:
        await ensure_lane(session, SENDER, _RATE)

        def row(number: int, **changes: Any) -> dict[str, Any]:
            made = message_row(
                session, body=BODY, at=at, municipality_id=town.id, calamity_id=None,
                recipient_id=people[number % len(people)], sender=SENDER, due_at=at,
                valid_until=at + timedelta(days=1), **_TEXT,
            )  # fmt: skip
            return made | changes

        known = {"state": "accepted", "claimed_at": at, "settled_at": at}
        told = [
            row(each, id=a_message(each), sid=a_sid(each), attempts=1) | known
            for each in range(TOLD)
        ]
        due = [row(each) for each in range(_LEAVING)]
        for rows in (told, due):
            await session.sql.execute(insert(MessageRow), rows)
    await database.close()


async def _lost(url: str) -> int:
    """Wait until every message says what it should, and return how many receipts are not there."""
    database = Database(url, Vault(SECRET))
    await database.open()
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while (await database.rows(_NOT_YET, []))[0][0]:  # noqa: ASYNC110 - rows ring no bell
                await asyncio.sleep(0.2)
        kept = await database.rows(
            "SELECT count(*) FROM receipt WHERE processed_at IS NOT NULL", []
        )
    finally:
        await database.close()
    return _RECEIPTS - int(kept[0][0])
