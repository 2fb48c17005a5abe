"""One seeded run: an exercise in a small municipality while everything around it goes wrong."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import msgspec
from sqlalchemy import text

from calamity.domain.permissions import UserRole
from calamity.domain.playbook import Audience, Dispatch, Group, Playbook, QuietHours
from calamity.sandbox.records import TERMINAL
from calamity.store.accounts import add_token
from calamity.store.database import Database
from calamity.store.vault import Vault
from tests.chaos.checker import violations
from tests.chaos.history import History, read_ledger, read_tables, read_transcript
from tests.chaos.plan import SPEED, WINDOW, Deed, Plan, draw
from tests.make import CALL_OUT, MESSAGES, ROUND, STEPS, Town, make_playbook, make_step, make_town
from tests.postgres import fast_folder
from tests.stories.nursery import QuickStage
from tests.stories.stage import SECRET

PACE = 10.0
RATE = 20.0
_SETTLE_SECONDS = 100.0
_FAST = 60.0
# A question may wait for words that were never given, until its round is closed.
_OPEN = """
SELECT (SELECT count(*) FROM message WHERE state = 'sending'
         OR (state = 'ready' AND purpose <> :spared)
         OR (state = 'in_doubt' AND held_at IS NULL))
  + (SELECT count(*) FROM ladder WHERE next_due_at IS NOT NULL)
  + (SELECT count(*) FROM reply WHERE meaning = '')
  + (SELECT count(*) FROM receipt WHERE processed_at IS NULL)
  + (SELECT count(*) FROM dispatch WHERE finished_at IS NULL AND kind <> :spared)
"""
_REPLIES = "SELECT count(*) FROM reply"


class Failed(AssertionError):
    """A run that broke a promise, with the command that repeats it."""


def playbook() -> Playbook:
    """Return a call-out and words at T0, a round by hand, all at their shortest."""
    title = STEPS[0].title
    call_out = msgspec.structs.replace(CALL_OUT, reminder_after="2m", deputy_after="4m")
    give = Dispatch(audience="friends", message="K1")
    ask = msgspec.structs.replace(ROUND, audiences=["friends"], form=None)
    return make_playbook(
        steps=[
            make_step("call", due="T+5m", automatic=True, act=call_out),
            make_step("give", due="T+5m", automatic=True, act=give),
            make_step("ask", start="T+1d", act=ask),
        ],
        messages=[message for message in MESSAGES if message.code not in ("K9", "P1", "P6")],
        audiences=[Audience(code="friends", title=title, of=Group.KEY_FIGURES)],
        quiet_hours=QuietHours(start="00:00", end="00:00"),
    )


class Run:
    """A municipality, its processes and its phones, under one plan."""

    def __init__(self, url: str, folder: Path, town: Town, token: str, plan: Plan) -> None:
        self._url, self._town, self._plan = url, town, plan
        numbers = [person.phone for person in town.people.values()]
        self.stage = QuickStage(
            url, folder, pace=PACE, rate=RATE, numbers=numbers, carrier="twilio"
        )
        self._headers = {"Authorization": f"Bearer {token}"}
        self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5))
        self._answered: set[tuple[str, str]] = set()
        self._calamity = ""
        self._transcript = folder / "transcript.jsonl"

    async def __call__(self) -> History:
        """Live through it, and return the history."""
        stage = self.stage
        try:
            stage.start(
                "sandbox", "sandbox", "--speed", str(SPEED), "--seed", str(self._plan.seed),
                "--transcript", str(self._transcript),
            )  # fmt: skip
            await stage.sandbox_is_ready()
            for name in processes_of(self._url):
                stage.start(name, {"web": "serve"}.get(name, name.rstrip("2")))
            await stage.is_ready()
            await self._phone("POST", "/script", self._plan.script)
            async with asyncio.TaskGroup() as group:
                minding = group.create_task(self._mind())
                phones = group.create_task(self._answer_phones())
                try:
                    async with asyncio.TaskGroup() as storm:
                        storm.create_task(self._steer())
                        storm.create_task(self._befall())
                    await self._settle(phones)
                finally:
                    minding.cancel()
                    phones.cancel()
            return await self._remember()
        finally:
            await self._client.close()
            stage.stop()

    async def _mind(self) -> None:
        while True:
            self.stage.mind()
            await asyncio.sleep(0.1)

    # What people do ---------------------------------------------------------------------------

    async def _steer(self) -> None:
        """Activate, and open the round: each asked again until an answer came."""
        begun = time.monotonic()
        opened = await self._ask("POST", "/calamities", {
            "slug": "small", "requestKey": f"chaos-{self._plan.seed:06d}", "title": "Oefening",
            "inputs": {"incident": {"nl": "een aanslag elders", "en": "an attack elsewhere"}},
            "levels": {"social": 1, "socialReason": "We oefenen."},
            "isExercise": True, "tempo": 60,
        })  # fmt: skip
        self._calamity = f"/calamities/{opened['calamityId']}"
        await asyncio.sleep(max(0.0, self._plan.round_at - (time.monotonic() - begun)))
        tasks = (await self._ask("GET", f"{self._calamity}/tasks"))["tasks"]
        ask = next(task for task in tasks if task["step"] == "ask")
        await self._ask("POST", f"{self._calamity}/tasks/{ask['id']}/start")
        await asyncio.sleep(max(0.0, WINDOW - (time.monotonic() - begun)))

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask our own API until it answers; what was done already is refused as a conflict."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while time.monotonic() < deadline:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self._client.request(
                    method, f"{self.stage.url}/v1{path}", headers=self._headers,
                    json=body if method == "GET" or body is not None else {},
                ) as answer:  # fmt: skip
                    if answer.status < 300 or answer.status == 409:
                        return await answer.json() if answer.status != 204 else None
                    words = await answer.text()
                    assert answer.status >= 500, f"{path}: {answer.status} {words}"
            await asyncio.sleep(0.2)
        raise Failed(f"{path} never answered")

    async def _phone(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the sandbox, again while it lies dead."""
        return await self._patiently(lambda: self._phone_once(method, path, body))

    async def _phone_once(self, method: str, path: str, body: Any) -> Any:
        async with self._client.request(
            method, f"{self.stage.phones}/sandbox{path}", json=body
        ) as answer:
            assert answer.status < 300, f"{path}: {await answer.text()}"
            return await answer.json(content_type=None) if answer.status != 204 else None

    async def _patiently(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        deadline = time.monotonic() + _SETTLE_SECONDS
        while True:
            try:
                return await ask()
            except (aiohttp.ClientError, TimeoutError):
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.2)

    async def _answer_phones(self) -> None:
        """Let people answer what they read, each in their own time."""
        async with asyncio.TaskGroup() as group:
            while True:
                for found in await self._phone("GET", "/messages"):
                    kind = _question(found["body"]) if found["direction"] == "outbound-api" else ""
                    who = (found["to"], kind)
                    if kind and who not in self._answered:
                        self._answered.add(who)
                        group.create_task(self._answer(*who))
                await asyncio.sleep(0.2)

    async def _answer(self, number: str, kind: str) -> None:
        said = self._plan.words[number]
        words = said[:2] if kind == "call-out" else said[2:]
        for body in words:
            await asyncio.sleep(self._plan.delays[number])
            if body:
                await self._patiently(partial(self.stage.reply, self._client, number, body))

    # What befalls us --------------------------------------------------------------------------

    async def _befall(self) -> None:
        async with asyncio.TaskGroup() as group:
            for deed in self._plan.deeds:
                group.create_task(self._do(deed))

    async def _do(self, deed: Deed) -> None:
        await asyncio.sleep(deed.at)
        if deed.what == "database":
            async with _away(self._url):
                await asyncio.sleep(deed.lasts)
            return
        with suppress(KeyError):  # it lies dead already
            command = self.stage.kill_for_good(deed.what)
            await asyncio.sleep(deed.lasts)
            self.stage.start(deed.what, *command)

    # How it ends ------------------------------------------------------------------------------

    async def _settle(self, phones: asyncio.Task[None]) -> None:
        """Mend everything, let the carrier's time run, and wait until all is at rest."""
        await self._phone("DELETE", "/faults")
        await self._phone("POST", "/clock", {"speed": _FAST})
        await self._until_at_rest(spared="ask")
        for round_ in (await self._ask("GET", f"{self._calamity}/rounds"))["rounds"]:
            await self._ask("POST", f"{self._calamity}/rounds/{round_['id']}/close")
        # Who answers after the last look would be found half-way.
        phones.cancel()
        await self._until_at_rest()

    async def _until_at_rest(self, spared: str = "") -> None:
        deadline, calm = time.monotonic() + _SETTLE_SECONDS, 0
        database = Database(self._url, Vault(SECRET))
        await database.open()
        try:
            while calm < 3 and time.monotonic() < deadline:
                calm = calm + 1 if await self._is_calm(database, spared) else 0
                await asyncio.sleep(0.3)
        finally:
            await database.close()

    async def _is_calm(self, database: Database, spared: str) -> bool:
        texts = await self._phone("GET", "/messages")
        inbound = sum(each["direction"] == "inbound" for each in texts)
        on_way = any(
            each["status"] not in TERMINAL for each in texts if each["direction"] == "outbound-api"
        )
        pending = (await self._phone("GET", "/health"))["webhooks_pending"]
        async with database.reading() as session:
            waiting = await session.sql.scalar(text(_OPEN), {"spared": spared})
            replies = await session.sql.scalar(text(_REPLIES))
        return not (on_way or pending or waiting) and replies >= inbound

    async def _remember(self) -> History:
        history = History()
        verdict = await self._ask("GET", f"{self._calamity}/timeline/verification")
        history.is_intact = bool(verdict["intact"])
        texts = await self._phone("GET", "/messages")
        lines = self._transcript.read_bytes().splitlines()
        read_transcript(history, map(msgspec.json.decode, lines), texts)
        read_ledger(history, self.stage.folder / "sandbox.sqlite")
        database = Database(self._url, Vault(SECRET))
        await database.open()
        await read_tables(history, database)
        await database.close()
        return history


def _question(body: str) -> str:
    if "5 = " in body:
        return "round"
    return "call-out" if "3 = " in body and "begrijpen" not in body else ""


def processes_of(url: str) -> tuple[str, ...]:
    """Return the processes of the product on a database; the second worker shares the lane."""
    return ("run",) if url.startswith("sqlite") else ("web", "work", "work2")


@asynccontextmanager
async def _away(url: str) -> AsyncIterator[None]:
    """Take the database away: nobody gets in, or nobody gets to write."""
    if url.startswith("sqlite"):
        held = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=5, isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            held.close()
        return
    place, _, name = url.rpartition("/")
    admin = await asyncpg.connect(f"{place}/postgres")
    try:
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
        yield
    finally:
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await admin.close()


async def run(seed: int, url: str) -> History:
    """Do the run of a seed on a migrated, empty database; raise Failed where a promise broke."""
    database = Database(url, Vault(SECRET))
    await database.open()
    async with database.transaction() as session:
        town = await make_town(session, key_figures=6, playbook=playbook())
        token = await add_token(
            session, town.id, name="chaos", role=UserRole.COORDINATOR, at=datetime.now(UTC)
        )
    await database.close()
    numbers = sorted(person.phone for person in town.people.values())
    plan = draw(seed, processes=processes_of(url), numbers=numbers)
    with tempfile.TemporaryDirectory(prefix="calamity-chaos-", dir=fast_folder()) as folder:
        one = Run(url, Path(folder), town, token, plan)
        try:
            history = await one()
        except Exception as error:
            raise Failed(_told(seed, url, [repr(error)], one.stage.logs())) from error
        if broken := violations(history):
            raise Failed(_told(seed, url, broken, one.stage.logs()))
        return history


def _told(seed: int, url: str, broken: list[str], logs: str) -> str:
    kind = "sqlite" if url.startswith("sqlite") else "postgres"
    lines = "\n".join(f"  {each}" for each in broken)
    again = f"python -m tests.chaos --database {kind} --first {seed} --seeds 1"
    return f"seed {seed} on {kind} broke:\n{lines}\n{logs}\nAgain with: {again}"
