"""Databases that tests copy: migrating one, and settling a town in it, takes a second."""

from calamity.store.database import Database
from calamity.store.migrate import migrate
from calamity.store.vault import Vault
from tests.make import SECRET, Town, make_town

Templates = tuple[str, str, Town]
"""A migrated database, another with the town in it, and the town."""


async def prepare(empty: str, full: str) -> Town:
    """Migrate both databases and settle the town in the second."""
    for url in (empty, full):
        database = Database(url, Vault(SECRET))
        await database.open()
        await migrate(database)
        if url == full:
            async with database.transaction() as session:
                town = await make_town(session)
        await database.close()
    return town
