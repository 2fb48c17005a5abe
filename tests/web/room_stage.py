"""A calamity on a stage: activated, its team called, its people asked; played without a worker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from litestar import Litestar

from calamity.actions.receive import read_inbox
from calamity.actions.run import run_activation
from calamity.actions.tasks import start_task
from calamity.domain.permissions import UserRole
from calamity.domain.receipts import InboundText
from calamity.store.calamities import Activation
from calamity.store.call_outs import rosters
from calamity.store.database import Database
from calamity.store.ids import new_id
from calamity.store.inbox import Inbox
from calamity.store.rounds import list_rounds
from calamity.store.tables import RoundRow, TaskRow
from calamity.store.tasks import list_tasks
from calamity.store.wakes import Wakes
from tests.make import SENDER, Person, Town, make_activation, make_terms
from tests.web.pages_stage import Visit, add_accounts, make_app, visiting

TERMS = make_terms()


def moment() -> datetime:
    """Return now: pages know the clock, so a stage for pages does too."""
    return datetime.now(UTC)


@dataclass
class Stage:
    """A calamity under way, and the people who look at it."""

    database: Database
    wakes: Wakes
    town: Town
    url: str
    folder: Path
    activation: Activation
    app: Litestar | None = None
    """That of the last visit."""

    @property
    def id(self) -> str:
        """The id of the calamity."""
        return self.activation.calamity_id

    async def task(self, step: str) -> TaskRow:
        """Return the task of a step."""
        async with self.database.reading() as session:
            return next(row for row in await list_tasks(session, self.id) if row.step == step)

    async def start(self, step: str) -> None:
        """Start the task of a step as the coordinator."""
        task = await self.task(step)
        async with self.database.transaction() as session:
            await start_task(
                session, self.wakes, TERMS, self.town.coordinator, task.id, at=moment()
            )

    async def text(self, person: Person, body: str) -> None:
        """Let somebody text us, and read it."""
        await Inbox(self.database, self.wakes).keep(
            InboundText("SM" + new_id().replace("-", ""), person.phone, SENDER, body),
            moment(),
        )
        async with self.database.transaction() as session:
            await read_inbox(session, self.wakes, TERMS, at=moment())

    async def round(self) -> RoundRow:
        """Return the last round."""
        async with self.database.reading() as session:
            return (await list_rounds(session, self.id))[0]

    async def ladder(self, person: Person) -> tuple[str, str]:
        """Return (call-out, ladder) of a member of the team."""
        async with self.database.reading() as session:
            roster = (await rosters(session, self.id))[0]
        line = next(each for each in roster.lines if each.recipient_id == person.id)
        return roster.id, line.ladder_id

    @asynccontextmanager
    async def visit(self, role: UserRole | None = UserRole.COORDINATOR) -> AsyncIterator[Visit]:
        """Open a browser, signed in with a role."""
        self.app = make_app(self.url, self.folder)
        async with visiting(self.app) as visit:
            if role is not None:
                await visit.sign_in(role)
            yield visit


async def set_stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, folder: Path, **changes: object
) -> Stage:
    """Activate the small playbook twenty minutes ago, as far as its own clock has come."""
    at = moment() - timedelta(minutes=20)
    async with database.transaction() as session:
        await add_accounts(session, town)
    activation = await make_activation(database, wakes, town, at=at, **changes)  # type: ignore[arg-type]
    async with database.transaction() as session:
        await run_activation(session, wakes, TERMS, activation.id, at=at)
    return Stage(database, wakes, town, database_url, folder, activation)
