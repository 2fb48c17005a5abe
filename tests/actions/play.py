"""What happens around the actions: texts leave, receipts and replies come in, time passes."""

import itertools
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, select

from calamity.actions.decide import LevelKind, close_calamity, set_level, set_phase
from calamity.actions.receive import read_inbox
from calamity.actions.run import run_activation
from calamity.actions.tasks import finish_task, skip_task, start_task
from calamity.actions.terms import Terms
from calamity.domain.dispatch import MessageState
from calamity.domain.receipts import InboundText, StatusReceipt
from calamity.domain.timeline import Happening, Line, Verdict, decode_happening, verify
from calamity.store import call_outs, outbox, tables
from calamity.store.call_outs import Roster
from calamity.store.database import Database
from calamity.store.inbox import Inbox
from calamity.store.outbox import BODY, Claimed, Result
from calamity.store.tables import MessageRow, TaskRow
from calamity.store.tasks import list_tasks
from calamity.store.timeline import walk
from calamity.store.wakes import Wakes
from tests.make import SENDER, Person, Town, make_terms

_numbers = itertools.count(1)


class Text(NamedTuple):
    """A message as a test looks at it."""

    id: str
    purpose: str
    to: str
    state: str
    body: str
    due_at: datetime


class Play:
    """The town at work on one database."""

    def __init__(
        self, database: Database, wakes: Wakes, town: Town, terms: Terms | None = None
    ) -> None:
        self.database = database
        self.wakes = wakes
        self.town = town
        self.terms = terms or make_terms()
        self.inbox = Inbox(database, wakes)

    async def wake(self, activation_id: str, at: datetime) -> None:
        """Let a wake for an activation arrive."""
        async with self.database.transaction() as session:
            await run_activation(session, self.wakes, self.terms, activation_id, at=at)

    async def start(self, calamity_id: str, step: str, at: datetime) -> None:
        """Let the coordinator start a step."""
        task_id = await self.task(calamity_id, step)
        async with self.database.transaction() as session:
            await start_task(session, self.wakes, self.terms, self.town.coordinator, task_id, at=at)

    async def finish(self, calamity_id: str, step: str, at: datetime, **given: Any) -> None:
        """Let the coordinator finish a step."""
        await self.finish_row(await self.task(calamity_id, step), at, **given)

    async def finish_row(self, task_id: str, at: datetime, **given: Any) -> None:
        """Let the coordinator finish a task."""
        async with self.database.transaction() as session:
            await finish_task(
                session, self.wakes, self.terms, self.town.coordinator, task_id, at=at,
                **({"note": ""} | given),
            )  # fmt: skip

    async def skip(self, calamity_id: str, step: str, at: datetime, reason: str = "Nee") -> None:
        """Let the coordinator leave a step out."""
        task_id = await self.task(calamity_id, step)
        async with self.database.transaction() as session:
            await skip_task(
                session, self.wakes, self.terms, self.town.coordinator, task_id, reason=reason,
                at=at,
            )  # fmt: skip

    async def set_phase(
        self, calamity_id: str, phase: str, at: datetime, reason: str = "Het is zover"
    ) -> None:
        """Let the coordinator move the response to a phase."""
        async with self.database.transaction() as session:
            await set_phase(
                session, self.wakes, self.terms, self.town.coordinator, calamity_id, phase=phase,
                reason=reason, at=at,
            )  # fmt: skip

    async def set_level(
        self, calamity_id: str, value: int, at: datetime, *, reason: str = "Groepen op straat",
        kind: LevelKind = "social",
    ) -> None:  # fmt: skip
        """Let the coordinator set a level."""
        async with self.database.transaction() as session:
            await set_level(
                session, self.wakes, self.terms, self.town.coordinator, calamity_id, kind=kind,
                value=value, reason=reason, at=at,
            )  # fmt: skip

    async def close(self, calamity_id: str, at: datetime, **given: Any) -> None:
        """Let the coordinator close a calamity."""
        async with self.database.transaction() as session:
            await close_calamity(
                session, self.wakes, self.town.coordinator, calamity_id, at=at,
                **({"reason": "Het is rustig"} | given),
            )  # fmt: skip

    async def tasks(self, calamity_id: str, step: str = "") -> list[TaskRow]:
        """Return the tasks of a calamity, or of one of its steps, by occurrence."""
        async with self.database.reading() as session:
            rows = await list_tasks(session, calamity_id)
        return sorted(
            (row for row in rows if step in ("", row.step)), key=lambda row: row.occurrence
        )

    async def task(self, calamity_id: str, step: str) -> str:
        """Return the id of the newest task of a step."""
        return max(task.id for task in await self.tasks(calamity_id, step))

    async def texts(self, *, to: Person | None = None, purpose: str | None = None) -> list[Text]:
        """Return the messages, the first one first."""
        async with self.database.reading() as session:
            rows = await session.sql.scalars(select(MessageRow).order_by(col(MessageRow.id)))
            found = [
                Text(
                    row.id, row.purpose, row.recipient_id, row.state,
                    session.vault.open_text(BODY, row.body), row.due_at,
                )
                for row in rows
            ]  # fmt: skip
        return [
            text
            for text in found
            if (to is None or text.to == to.id) and (purpose is None or text.purpose == purpose)
        ]

    async def claim(self, at: datetime, *, most: int = 50) -> list[Claimed]:
        """Claim what may leave, as the runner of the lane."""
        async with self.database.transaction() as session:
            await outbox.release_lanes(session, [SENDER])
            epoch = await outbox.take_lane(session, SENDER, at)
            assert epoch is not None
            turn = await outbox.take_turn(session, SENDER, epoch, results=[], at=at, most=most)
        return turn.claimed

    async def settle(self, results: Iterable[Result], at: datetime) -> None:
        """Store what became of texts."""
        async with self.database.transaction() as session:
            await outbox.settle(session, list(results), at)

    async def send(self, at: datetime, *, state: MessageState = MessageState.ACCEPTED) -> set[str]:
        """Let everything leave that may, and the carrier take it; return the ids."""
        sent: set[str] = set()
        while claimed := await self.claim(at):
            sent |= {each.id for each in claimed}
            await self.settle([Result(each.id, state, f"SM{each.id[:32]}") for each in claimed], at)
            async with self.database.transaction() as session:
                lane = await session.sql.get(tables.LaneRow, SENDER)
                lane.taken_until = 0
        return sent

    async def keep(self, *events: InboundText | StatusReceipt, at: datetime) -> None:
        """Let the carrier post something, without reading it."""
        for event in events:
            await self.inbox.keep(event, at)

    async def read(self, at: datetime) -> None:
        """Read what the carrier posted."""
        more = True
        while more:
            async with self.database.transaction() as session:
                more = await read_inbox(session, self.wakes, self.terms, at=at)

    async def reply(self, who: Person | str, body: str, at: datetime, **rest: Any) -> str:
        """Let someone text us, read it, and return the words of the answer; empty for none."""
        before = {text.id for text in await self.texts(purpose="answer")}
        await self.keep(inbound(who, body, **rest), at=at)
        await self.read(at)
        answers = [text for text in await self.texts(purpose="answer") if text.id not in before]
        assert len(answers) <= 1
        return answers[0].body if answers else ""

    async def receipt(
        self, text: Text, status: str, at: datetime, code: int | None = None, *, sid: str = ""
    ) -> None:
        """Let the carrier say what became of a text."""
        sid = sid or f"SM{text.id[:32]}"
        await self.keep(StatusReceipt(sid, text.id, status, code), at=at)
        await self.read(at)

    async def roster(self, calamity_id: str) -> Roster:
        """Return the newest call-out."""
        async with self.database.reading() as session:
            return (await call_outs.rosters(session, calamity_id))[0]

    async def rungs(self, calamity_id: str) -> dict[str, str]:
        """Return where everyone stands in the newest call-out, by role and rank."""
        roster = await self.roster(calamity_id)
        return {
            f"{line.role.lower()}{line.rank}": line.answer or line.state.value
            for line in roster.lines
        }

    async def happened(self, calamity_id: str, kind: type | None = None) -> list[Happening]:
        """Return what stands on the timeline, erased bodies aside."""
        async with self.database.reading() as session:
            bodies = [each.body async for each in walk(session, calamity_id)]
        found = [decode_happening(body) for body in bodies if body is not None]
        return [each for each in found if kind is None or isinstance(each, kind)]

    async def verdict(self, calamity_id: str) -> Verdict:
        """Check the timeline."""
        async with self.database.reading() as session:
            lines = [
                Line(each.header, each.hash, each.salt, each.body, erased=each.body is None)
                async for each in walk(session, calamity_id)
            ]
        return verify(lines)


def inbound(who: Person | str, body: str, *, receiver: str = SENDER, **rest: Any) -> InboundText:
    """Return a text from someone."""
    phone = who if isinstance(who, str) else who.phone
    return InboundText(f"SM{next(_numbers):032x}", phone, receiver, body, **rest)
