"""A calamity in its third day: a thousand key figures told and asked, ten thousand entries."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from calamity.actions.check_in import close_round
from calamity.actions.receive import read_inbox
from calamity.actions.run import run_activation
from calamity.actions.tasks import start_task
from calamity.domain.receipts import InboundText
from calamity.domain.timeline import Statement
from calamity.store import sessions
from calamity.store.database import Database, Session
from calamity.store.ids import new_id
from calamity.store.inbox import Inbox
from calamity.store.rounds import list_rounds
from calamity.store.tasks import list_tasks
from calamity.store.timeline import append
from calamity.store.vault import Vault
from calamity.store.wakes import Wakes
from tests.bench.town import make_big_town
from tests.make import SECRET, SENDER, Town, make_activation, make_playbook, make_terms

_TERMS = make_terms()
_AT_ONCE = 500
# Most of what stands on a timeline is said once; a tenth is a matter with a state of its own.
_SAID = ("note", "interpretation")
_KEPT = ("fact", "rumour", "measure", "commitment", "decision")
_KEPT_EVERY = 10


class Prepared(NamedTuple):
    """The calamity, and the session cookies of who looks at it."""

    calamity: str
    coordinator: str
    official: str


async def prepare_room(url: str, *, key_figures: int, entries: int) -> Prepared:
    """Play a calamity as far as its first picture, and fill its timeline."""
    database = Database(url, Vault(SECRET))
    await database.open()
    wakes = Wakes(database)
    town = await make_big_town(database, 1, key_figures=key_figures, playbook=make_playbook())
    begun = datetime.now(UTC) - timedelta(minutes=20)
    made = await make_activation(database, wakes, town, at=begun)
    async with database.transaction() as session:
        await run_activation(session, wakes, _TERMS, made.id, at=begun)
    for step in ("give", "ask"):
        async with database.transaction() as session:
            await _start(session, wakes, town, made.calamity_id, step)
    await _answer(database, wakes, key_figures)
    async with database.transaction() as session:
        (asked,) = await list_rounds(session, made.calamity_id)
        await close_round(
            session, wakes, town.id, asked.id, at=datetime.now(UTC), by_role="coordinator",
            early=True,
        )  # fmt: skip
    for start in range(0, entries, _AT_ONCE):
        async with database.transaction() as session:
            for number in range(start, min(start + _AT_ONCE, entries)):
                await _say(session, made.calamity_id, number)
    async with database.transaction() as session:
        cookies = [
            await sessions.start_session(session, who.user_id or "", datetime.now(UTC))
            for who in (town.coordinator, town.official)
        ]
    await database.close()
    return Prepared(made.calamity_id, *cookies)


async def _start(session: Session, wakes: Wakes, town: Town, calamity: str, step: str) -> None:
    task = next(row for row in await list_tasks(session, calamity) if row.step == step)
    await start_task(session, wakes, _TERMS, town.coordinator, task.id, at=datetime.now(UTC))


async def _answer(database: Database, wakes: Wakes, people: int) -> None:
    inbox = Inbox(database, wakes)
    for number in range(people):
        phone = f"+31970102{60_000 + number:05d}"
        text = InboundText(f"SM{new_id().replace('-', '')}", phone, SENDER, str(1 + number % 5))
        await inbox.keep(text, datetime.now(UTC))
    read = True
    while read:
        async with database.transaction() as session:
            read = bool(await read_inbox(session, wakes, _TERMS, at=datetime.now(UTC)))


async def _say(session: Session, calamity: str, number: int) -> None:
    is_kept = number % _KEPT_EVERY == 0
    kinds = _KEPT if is_kept else _SAID
    kind = kinds[number // _KEPT_EVERY % len(kinds)]
    said = Statement(kind, f"De school blijft morgen open ({number}).")  # type: ignore[arg-type]  # of those above
    await append(session, calamity, said, by_role="coordinator", at=datetime.now(UTC))
