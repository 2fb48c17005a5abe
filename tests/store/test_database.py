import asyncio
import os
import subprocess
import sys
from contextlib import suppress

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import SQLModel

from calamity.domain.errors import Conflict
from calamity.store import people
from calamity.store.database import Database
from calamity.store.migrate import is_current, migrate, newest_revision
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from tests.make import SECRET, T0

PATIENCE = 8


async def heard(event: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), PATIENCE)
    return event.is_set()


async def test_an_embedded_database_has_one_node(sqlite_url):
    first, second = (Database(sqlite_url, Vault(SECRET)) for _ in range(2))
    await first.open(as_node=True)
    with pytest.raises(Conflict) as refused:
        await second.open(as_node=True)
    assert refused.value.field == "CALAMITY_DATABASE_URL"
    await first.close()
    await second.open(as_node=True)
    await second.close()


NODE = """
import asyncio, sys
from calamity.store.database import Database
from calamity.store.vault import Vault
async def main():
    database = Database(sys.argv[1], Vault("x" * 32))
    await database.open(as_node=True)
    print("open", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_the_file_lock_dies_with_its_process(sqlite_url):
    with subprocess.Popen(  # noqa: ASYNC220 - nothing else runs here
        [sys.executable, "-c", NODE, sqlite_url], stdout=subprocess.PIPE, env=os.environ
    ) as node:
        assert node.stdout is not None
        assert node.stdout.readline() == b"open\n"
        mine = Database(sqlite_url, Vault(SECRET))
        with pytest.raises(Conflict):
            await mine.open(as_node=True)
        node.kill()
        node.wait()
    await mine.open(as_node=True)
    await mine.close()


async def test_postgres_has_any_number_of_nodes(postgres_url):
    nodes = [Database(postgres_url, Vault(SECRET)) for _ in range(2)]
    for node in nodes:
        await node.open(as_node=True)
    for node in nodes:
        await node.close()


async def test_migrating_twice_changes_nothing(database):
    assert await migrate(database) == (newest_revision(), newest_revision())
    assert await is_current(database)


async def test_two_nodes_that_start_at_once_migrate_once(postgres):
    url = postgres.url(postgres.create())
    nodes = [Database(url, Vault(SECRET)) for _ in range(2)]
    for node in nodes:
        await node.open()
    revisions = await asyncio.gather(*(migrate(node) for node in nodes))
    assert sorted(revisions, key=str) == sorted(
        [(None, newest_revision()), (newest_revision(), newest_revision())], key=str
    )
    for node in nodes:
        await node.close()


async def test_an_empty_sqlite_file_becomes_a_database(tmp_path):
    made = Database(f"sqlite:///{tmp_path}/new/calamity.sqlite", Vault(SECRET))
    await made.open()
    assert await migrate(made) == (None, newest_revision())
    await made.close()


async def test_sqlite_commits_survive_a_loss_of_power(sqlite_url):
    made = Database(sqlite_url, Vault(SECRET))
    await made.open()
    async with made.transaction() as session:
        settings = [
            await session.sql.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    await made.close()
    assert settings == ["wal", 2, 1]


async def test_a_rollback_leaves_nothing_behind(database, town):
    done = []
    with suppress(ZeroDivisionError):
        async with database.transaction() as session:
            await people.put_recipient(
                session, town.id, phone="+3197010249999", name="Nooit", language="nl", at=T0
            )
            session.after_commit(lambda: done.append(1))
            raise ZeroDivisionError
    async with database.reading() as session:
        assert await people.find_recipient(session, town.id, "+3197010249999") is None
    assert not done


async def test_what_waits_for_a_commit_happens_after_it(database, town):
    seen = []
    async with database.transaction() as session:
        session.after_commit(lambda: seen.append("after"))
        seen.append("before")
    assert seen == ["before", "after"]


async def test_the_bell_rings_for_commits_and_not_for_rollbacks(database_url):
    database = Database(database_url, Vault(SECRET))
    await database.open(as_node=True)
    try:
        if database.is_postgres:
            await asyncio.sleep(0.2)  # LISTEN, and the ring that covers what was missed before
        event = database.bell.subscribe("c1")
        with suppress(ZeroDivisionError):
            async with database.transaction() as session:
                session.ring("c1")
                await session.sql.execute(text("SELECT 1"))
                raise ZeroDivisionError
        async with database.transaction() as session:
            session.ring("c2")
        await asyncio.sleep(0.1)
        assert not event.is_set()
        async with database.transaction() as session:
            session.ring("c1")
        assert await heard(event)
    finally:
        await database.close()


async def test_the_bell_rings_on_other_nodes(postgres_url):
    here, there = (Database(postgres_url, Vault(SECRET)) for _ in range(2))
    await here.open(as_node=True)
    await there.open(as_node=True)
    await asyncio.sleep(0.2)
    event = there.bell.subscribe("c1")
    async with here.transaction() as session:
        session.ring("c1")
    assert await heard(event)
    await here.close()
    await there.close()


async def queued(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("SELECT count(*) FROM pgqueuer")
    finally:
        await connection.close()


async def test_a_wake_is_rolled_back_with_its_transaction(postgres_url):
    database = Database(postgres_url, Vault(SECRET))
    await database.open()
    wakes = Wakes(database)
    with suppress(ZeroDivisionError):
        async with database.transaction() as session:
            await wakes.wake(session, "lane", "x")
            raise ZeroDivisionError
    assert await queued(postgres_url) == 0
    async with database.transaction() as session:
        await wakes.wake(session, "lane", "x")
        assert await queued(postgres_url) == 0
    assert await queued(postgres_url) == 1
    await database.close()


@pytest.fixture
async def running(database, wakes):
    """Let wakes arrive; yields what did."""
    arrived: list[str] = []
    came = asyncio.Event()

    async def take(key: str) -> None:
        arrived.append(key)
        if key == "broken":
            raise ZeroDivisionError
        came.set()

    wakes.handle("lane", take)
    task = asyncio.create_task(wakes.run())
    await asyncio.sleep(0.3)
    yield arrived, came
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_wakes_arrive_also_after_one_that_failed(database, wakes, running):
    arrived, came = running
    async with database.transaction() as session:
        await wakes.wake(session, "lane", "broken")
    async with database.transaction() as session:
        await wakes.wake(session, "lane", "k1")
    assert await heard(came)
    assert arrived == ["broken", "k1"]


async def test_a_wake_of_a_rolled_back_transaction_never_arrives(database, wakes, running):
    arrived, came = running
    with suppress(ZeroDivisionError):
        async with database.transaction() as session:
            await wakes.wake(session, "lane", "never")
            raise ZeroDivisionError
    async with database.transaction() as session:
        await wakes.wake(session, "lane", "k1")
    assert await heard(came)
    assert arrived == ["k1"]


async def test_a_wake_can_be_set_for_later(database, wakes, running):
    _, came = running
    started = asyncio.get_running_loop().time()
    async with database.transaction() as session:
        await wakes.wake(session, "lane", "later", 1.0)
    assert await heard(came)
    assert asyncio.get_running_loop().time() - started >= 0.9


async def test_the_migrations_make_the_tables_of_the_rows(database):
    """Else a new installation and an upgraded one would differ."""
    ours = SQLModel.metadata.tables

    def is_ours(item, _name, kind, _is_reflected, _other):
        return (item if kind == "table" else item.table).name in ours  # the rest is pgqueuer's

    def compare(connection):
        options = {"include_object": is_ours}
        return compare_metadata(
            MigrationContext.configure(connection, opts=options), SQLModel.metadata
        )

    async with database.connection() as connection:
        assert await connection.run_sync(compare) == []


async def test_the_log_of_an_embedded_database_is_brought_over_between_commits(
    sqlite_url, monkeypatch
):
    monkeypatch.setattr("calamity.store.database._TIDY_SECONDS", 0.05)
    node = Database(sqlite_url, Vault(SECRET))
    await node.open(as_node=True)
    try:
        async with node.connection() as connection:
            await connection.exec_driver_sql("CREATE TABLE filling (words text)")
            await connection.exec_driver_sql(
                "WITH RECURSIVE n(g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM n WHERE g < 500) "
                "INSERT INTO filling SELECT hex(randomblob(2000)) FROM n"
            )
            await connection.commit()
        async with asyncio.timeout(PATIENCE):
            while node.path.stat().st_size < 500 * 4000:  # noqa: ASYNC110 - a file rings no bell
                await asyncio.sleep(0.05)
    finally:
        await node.close()
