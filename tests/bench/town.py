"""A municipality with thousands of key figures, put in quickly."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from calamity.domain.playbook import Dispatch, Playbook, QuietHours
from calamity.store.database import Database
from calamity.store.ids import new_id
from calamity.store.people import NAME, PHONE, contact_person_of
from calamity.store.tables import KeyFigureRow, RecipientRow
from tests.make import T0, Town, make_playbook, make_step, make_town

_ZONE = ZoneInfo("Europe/Amsterdam")
_NAMES = ("Karin", "Kees", "Kim", "Koen", "Kadir", "Kamila", "Khalid", "Kira", "Kaat", "Kai")
_LANGUAGES = ("nl", "nl", "nl", "en", "ar")


def giving_playbook() -> Playbook:
    """Return a playbook whose only automatic step gives words to all key figures at T0."""
    give = Dispatch(audience="friends", message="K1")
    steps = [
        make_step("give", due="T+5m", automatic=True, act=give),
        make_step("stop", start="T+2d", act=Dispatch(audience="friends", message="K9")),
    ]
    # The quiet hours are half a day away, whenever this runs.
    quiet = datetime.now(_ZONE) + timedelta(hours=12)
    hours = QuietHours(f"{quiet:%H:%M}", f"{quiet + timedelta(minutes=1):%H:%M}")
    return make_playbook(steps=steps, quiet_hours=hours)


async def make_big_town(
    database: Database, number: int, *, key_figures: int, playbook: Playbook | None = None
) -> Town:
    """Add municipality *number* with this many key figures, all of whom agreed to words."""
    async with database.transaction() as session:
        town = await make_town(
            session,
            slug=f"oeverlanden-{number}",
            key_figures=0,
            playbook=playbook or giving_playbook(),
        )
        contacts = [
            await contact_person_of(session, town[name].id) for name in ("contact1", "contact2")
        ]
        places = list(town.neighbourhoods.values())
        recipients: list[dict[str, Any]] = []
        figures: list[dict[str, Any]] = []
        for each in range(key_figures):
            phone = f"+31970102{60_000 + each:05d}"
            recipient = new_id()
            recipients.append(
                {
                    "id": recipient,
                    "municipality_id": town.id,
                    "phone": session.vault.seal_text(PHONE, phone),
                    "phone_index": session.vault.index(phone),
                    "name": session.vault.seal_text(NAME, f"{_NAMES[each % 10]} Rietvoorn"),
                    "language": _LANGUAGES[each % 5],
                    "seat": 1,
                    "stopped_at": None,
                    "created_at": T0,
                }
            )
            figures.append(
                {
                    "id": new_id(),
                    "municipality_id": town.id,
                    "recipient_id": recipient,
                    "contact_person_id": contacts[each % 2],
                    "neighbourhood_id": places[each % 4],
                    "circle": "sport",
                    "agreed_on": "2026-01-15",
                    "asks": True,
                    "quiet_from": "",
                    "quiet_until": "",
                }
            )
        for table, rows in ((RecipientRow, recipients), (KeyFigureRow, figures)):
            for start in range(0, len(rows), 1000):
                await session.sql.execute(insert(table), rows[start : start + 1000])
    return town
