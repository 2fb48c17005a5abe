"""SQLite on the loop: it waits for other processes without stopping the loop, and yields to it."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from calamity.store.sqlite_loop import LoopConnection


@pytest.fixture
def path(tmp_path: Path) -> str:
    made = sqlite3.connect(tmp_path / "x.sqlite", isolation_level=None)
    made.execute("PRAGMA journal_mode=WAL")
    made.execute("CREATE TABLE t (a INTEGER)")
    made.close()
    return str(tmp_path / "x.sqlite")


async def test_it_waits_for_another_writer_while_the_loop_goes_on(path: str) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ours = LoopConnection(path, busy_seconds=5)
    waiting = asyncio.create_task(ours.cursor().execute("BEGIN IMMEDIATE"))
    ticks = 0
    for _ in range(5):
        await asyncio.sleep(0.01)
        ticks += 1
    assert ticks == 5
    assert not waiting.done()
    other.execute("COMMIT")
    await asyncio.wait_for(waiting, 2)
    await ours.rollback()
    await ours.close()
    other.close()


async def test_it_gives_up_when_another_writer_never_ends(path: str) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ours = LoopConnection(path, busy_seconds=0.05)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await ours.cursor().execute("BEGIN IMMEDIATE")
    await ours.close()
    other.close()


async def test_a_long_transaction_lets_others_have_their_turn(path: str) -> None:
    ours, turns = LoopConnection(path, busy_seconds=1), 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    cursor = ours.cursor()
    await cursor.execute("BEGIN IMMEDIATE")
    for _ in range(20):
        await cursor.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(5_000)])
    await ours.rollback()
    task.cancel()
    assert turns >= 3
    assert (await (await cursor.execute("SELECT count(*) FROM t")).fetchone())[0] == 0
    await ours.close()
