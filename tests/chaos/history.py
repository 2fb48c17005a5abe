"""What a run leaves behind: the carrier's transcript beside our tables, in plain structs."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct, field, json
from sqlmodel import select

from calamity.sandbox.records import Text
from calamity.store.database import Database
from calamity.store.inbox.keep import BODY as REPLY_BODY
from calamity.store.outbox.messages import BODY
from calamity.store.people import PHONE
from calamity.store.tables import (
    AskedRow,
    CallOutRow,
    CheckInRow,
    DispatchRow,
    LadderRow,
    MessageRow,
    QuarantineRow,
    RecipientRow,
    ReplyRow,
    TaskRow,
    to_micros,
)


class Create(Struct, frozen=True):
    """One request of ours that a text leaves, as the carrier saw it."""

    message_id: str
    to: str
    body: str
    sid: str | None
    """None when the carrier did not take it."""
    status: int = 201
    code: int | None = None


class Inbound(Struct, frozen=True):
    """One text that a person sent to us."""

    sid: str
    number: str
    body: str


class Posted(Struct, frozen=True):
    """One status that the carrier posted; *outcome* is what we answered, or why nothing came."""

    sid: str
    status: str
    outcome: int | str = 204

    @property
    def is_taken(self) -> bool:
        """Whether we said that we have it."""
        return isinstance(self.outcome, int) and self.outcome // 100 == 2

    @property
    def may_be_kept(self) -> bool:
        """Whether we may have it: who died while answering may have kept it before."""
        return self.is_taken or not isinstance(self.outcome, int) or self.outcome >= 500


class Message(Struct, frozen=True, kw_only=True):
    """A row of our outbox."""

    id: str
    recipient_id: str
    to: str
    body: str
    purpose: str
    state: str
    is_alarm: bool = False
    attempts: int = 1
    sid: str | None = None
    carrier_status: str = ""
    error_code: int | None = None
    is_held: bool = False
    reply_id: str | None = None
    ladder_id: str | None = None
    dispatch_id: str | None = None


class Reply(Struct, frozen=True, kw_only=True):
    """A row of our inbox."""

    id: str
    sid: str
    body: str
    meaning: str
    recipient_id: str | None = None
    needs_person: bool = False
    received_at: int = 0
    """In microseconds; texts of one moment have no order between them."""


class Ladder(Struct, frozen=True, kw_only=True):
    """Where one person of the team stands."""

    id: str
    recipient_id: str
    state: str
    answer: str = ""
    is_due: bool = False


class History(Struct):
    """One run, as both sides tell it."""

    creates: list[Create] = field(default_factory=list)
    inbound: list[Inbound] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)
    statuses: dict[str, str] = field(default_factory=dict)
    """By sid, what the carrier itself holds of each text of ours."""
    messages: list[Message] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    ladders: list[Ladder] = field(default_factory=list)
    check_ins: dict[str, int] = field(default_factory=dict)
    """The mood of each check-in that counts, by the reply that brought it."""
    apart: set[tuple[str, str]] = field(default_factory=set)
    """Sid and cause of what was set apart."""
    coming: int = 0
    quota: int = 0
    call_out: str = ""
    unfinished: list[str] = field(default_factory=list)
    """Dispatches that are not finished, and automatic tasks that are not done."""
    is_intact: bool = True


def read_transcript(
    history: History, entries: Iterable[dict[str, Any]], texts: Iterable[dict[str, Any]]
) -> None:
    """Take in what the carrier wrote down, and the texts that it holds."""
    for entry in entries:
        if entry["kind"] == "request" and entry["method"] == "POST":
            _read_create(history, entry)
        elif entry["kind"] == "status-webhook":
            status = entry["form"].get("MessageStatus", "")
            posted = Posted(entry["sid"], status, entry["outcome"])
            history.posted.append(posted)
    for text in texts:
        if text["direction"] == "inbound":
            history.inbound.append(Inbound(text["sid"], text["from"], text["body"]))
        elif text["direction"] == "outbound-api":
            history.statuses[text["sid"]] = text["status"]


def _read_create(history: History, entry: dict[str, Any]) -> None:
    form = entry["form"] or {}
    if not entry["path"].partition("?")[0].endswith("/Messages.json"):
        return
    history.creates.append(
        Create(
            _ours(form.get("StatusCallback", "")), form.get("To", ""), form.get("Body", ""),
            entry["sid"], entry["status"], entry["code"],
        )
    )  # fmt: skip


def read_ledger(history: History, path: Path) -> None:
    """Take in the texts that the carrier took, and died before it wrote down that it was asked."""
    known = {create.sid for create in history.creates}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as ledger:
        documents = [document for (document,) in ledger.execute("SELECT document FROM texts")]
    for document in documents:
        text = json.decode(document, type=Text)
        if text.direction == "outbound-api" and text.sid not in known:
            history.creates.append(Create(_ours(text.callback or ""), text.to, text.body, text.sid))


def _ours(callback: str) -> str:
    return parse_qs(urlsplit(callback).query).get("m", [""])[0]


async def read_tables(history: History, database: Database) -> None:
    """Take in what our own tables say."""
    async with database.reading() as session:
        vault, sql = session.vault, session.sql
        phones = {
            row.id: vault.open_text(PHONE, row.phone)
            for row in await sql.scalars(select(RecipientRow))
        }
        history.messages = [
            Message(
                id=row.id, recipient_id=row.recipient_id, to=phones[row.recipient_id],
                body=vault.open_text(BODY, row.body), purpose=row.purpose, state=row.state,
                is_alarm=row.is_alarm, attempts=row.attempts, sid=row.sid,
                carrier_status=row.carrier_status, error_code=row.error_code,
                is_held=row.held_at is not None, reply_id=row.reply_id, ladder_id=row.ladder_id,
                dispatch_id=row.dispatch_id,
            )
            for row in await sql.scalars(select(MessageRow))
        ]  # fmt: skip
        history.replies = [
            Reply(
                id=row.id, sid=row.sid, body=vault.open_text(REPLY_BODY, row.body),
                meaning=row.meaning, recipient_id=row.recipient_id, needs_person=row.needs_person,
                received_at=to_micros(row.received_at),
            )
            for row in await sql.scalars(select(ReplyRow))
        ]  # fmt: skip
        history.ladders = [
            Ladder(
                id=row.id, recipient_id=row.recipient_id, state=row.state, answer=row.answer,
                is_due=row.next_due_at is not None,
            )
            for row in await sql.scalars(select(LadderRow))
        ]  # fmt: skip
        history.check_ins = {
            row.reply_id or row.id: row.mood for row in await sql.scalars(select(CheckInRow))
        }
        history.apart = {(row.sid, row.cause) for row in await sql.scalars(select(QuarantineRow))}
        for call_out in await sql.scalars(select(CallOutRow)):
            history.call_out, history.quota = call_out.state, call_out.quota
        history.unfinished = [
            row.id for row in await sql.scalars(select(DispatchRow)) if row.finished_at is None
        ] + [
            row.id
            for row in await sql.scalars(select(TaskRow))
            # A call-out to which somebody may still answer stays at work.
            if row.is_automatic and row.state == "waiting"
        ]
        asked = {(row.round_id, row.recipient_id) for row in await sql.scalars(select(AskedRow))}
        strangers = [
            row
            for row in await sql.scalars(select(CheckInRow))
            if (row.round_id, row.recipient_id) not in asked
        ]
        history.unfinished += [f"check-in of someone who was not asked: {r.id}" for r in strangers]
    history.coming = sum(each.answer in ("coming", "late") for each in history.ladders)
