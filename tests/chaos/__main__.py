"""Let everything go wrong, many times over, and check what is left.

python -m tests.chaos [--database sqlite|postgres] [--first 1] [--seeds 200] [--at-once 6]
"""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from calamity.store.database import Database
from calamity.store.migrate import migrate
from calamity.store.vault import Vault
from tests.chaos.run import Failed, run
from tests.postgres import binaries, cluster, fast_folder
from tests.stories.stage import SECRET

KINDS = ("sqlite", "postgres")
Place = tuple[Callable[[], str], Callable[[str], None]]
"""How to make a migrated database, and how to be rid of it."""


@contextmanager
def databases(kind: str) -> Iterator[Place]:
    """Keep a place for databases of a kind."""
    with tempfile.TemporaryDirectory(prefix="calamity-chaos-", dir=fast_folder()) as folder:
        if kind == "sqlite":
            template = Path(folder) / "template.sqlite"
            asyncio.run(_migrate(f"sqlite:///{template}"))
            made = iter(range(1_000_000))

            def copy() -> str:
                return f"sqlite:///{shutil.copy(template, Path(folder) / f'{next(made)}.sqlite')}"

            yield copy, lambda url: Path(url.removeprefix("sqlite:///")).unlink()
            return
        found = binaries()
        if found is None:
            raise SystemExit("PostgreSQL is not installed; see infra/test-machine.sh")
        with cluster(found) as running:
            name = running.create()
            asyncio.run(_migrate(running.url(name)))
            yield (
                lambda: running.url(running.create(name)),
                lambda url: running.drop(url.rpartition("/")[2]),
            )


async def _migrate(url: str) -> None:
    database = Database(url, Vault(SECRET))
    await database.open()
    await migrate(database)
    await database.close()


async def storm(kind: str, seeds: range, at_once: int, place: Place) -> list[int]:
    """Do the runs of these seeds, some at once; return the seeds that failed."""
    gate = asyncio.Semaphore(at_once)
    make, drop = place
    failed: list[int] = []
    done = 0

    async def one(seed: int) -> None:
        nonlocal done
        async with gate:
            url = await asyncio.to_thread(make)
            try:
                await run(seed, url)
            except Failed as broken:
                failed.append(seed)
                print(broken, flush=True)
            finally:
                await asyncio.to_thread(drop, url)
            done += 1
            if done % 10 == 0 or done == len(seeds):
                print(f"  {kind}: {done} of {len(seeds)}, {len(failed)} failed", flush=True)

    await asyncio.gather(*map(one, seeds))
    return failed


def main() -> int:
    """Run; exit code 1 when a promise was broken."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("--database", choices=KINDS, help="only this one; both without")
    reader.add_argument("--first", type=int, default=1, help="the first seed")
    reader.add_argument("--seeds", type=int, default=200, help="how many, on each database")
    reader.add_argument("--at-once", type=int, default=6, help="how many runs at a time")
    options = reader.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seeds = range(options.first, options.first + options.seeds)
    failed: dict[str, list[int]] = {}
    for kind in [options.database] if options.database else KINDS:
        begun = time.monotonic()
        with databases(kind) as place:
            failed[kind] = asyncio.run(storm(kind, seeds, options.at_once, place))
        took = time.monotonic() - begun
        print(
            f"{kind}: {len(seeds)} seeds in {took:.0f} s; failed: {sorted(failed[kind]) or 'none'}"
        )
    return 1 if any(failed.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
