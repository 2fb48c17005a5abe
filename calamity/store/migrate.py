"""Brings a database to the schema of this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from sqlalchemy import Connection, text

from calamity.store.database import Database

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 4_217_000


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for a connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database) -> tuple[str | None, str | None]:
    """Bring the schema up to date and return the revisions (before, after).

    Two nodes that start at once take turns. Statistics are renewed, for a plan that rests on old
    ones can be thousands of times slower.
    """
    async with database.connection() as connection:
        if database.is_postgres:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            await connection.commit()
        try:
            before = await connection.run_sync(_revision)
            await connection.run_sync(_upgrade)
            await connection.commit()
            after = await connection.run_sync(_revision)
            if database.is_postgres:
                await connection.commit()
                raw = await connection.get_raw_connection()
                await _install_engine(Queries(AsyncpgDriver(raw.driver_connection)))
        finally:
            if database.is_postgres:
                await connection.rollback()
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
                await connection.commit()
        if before != after:
            await connection.execute(text("ANALYZE"))
            await connection.commit()
    return before, after


async def _install_engine(queries: Queries) -> None:
    if await queries.has_table("pgqueuer"):
        await queries.upgrade()
    else:
        await queries.install()


def _upgrade(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """Return the revision that this version of the product needs."""
    return ScriptDirectory(str(_FOLDER)).get_current_head()


async def is_current(database: Database) -> bool:
    """Say whether the schema is that of this version."""
    async with database.connection() as connection:
        return await connection.run_sync(_revision) == newest_revision()
