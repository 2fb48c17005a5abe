"""The outbox with its lanes, what the carrier said about each message, and what came back."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import document, moment, sealed, short, where


class DispatchRow(SQLModel, table=True):
    """One sending act to an audience; its texts are kept as they were written."""

    __tablename__ = "dispatch"

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    calamity_id: str = Field(foreign_key="calamity.id", max_length=36, index=True)
    task_id: str | None = Field(default=None, foreign_key="task.id", max_length=36)
    kind: str = short(10)
    audience: str = short(40)
    message_code: str = short(40)
    texts: str = document()
    """JSON of the templates by language."""
    recipients: int
    created_at: datetime = moment()
    finished_at: datetime | None = moment(nullable=True)


class LaneRow(SQLModel, table=True):
    """One sender: its rate, the moment until which its slots are taken, and who runs it."""

    __tablename__ = "lane"

    sender: str = Field(primary_key=True, max_length=100)
    """Our number or name for texts; `tel:` or `mailto:` before what calls or writes."""
    rate: float
    """Parts (segments) per second."""
    taken_until: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    """Microseconds since 1970; the next slot is not before this."""
    epoch: int = 0
    """Raised by each new runner; a runner that finds another epoch has been replaced."""
    runner_seen_at: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class MessageRow(SQLModel, table=True):
    """One text to one person on one channel.

    *state*: ready, sending, accepted, rejected, in_doubt, cancelled, expired. What the carrier
    says later stands in *carrier_status* and only moves forward.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("dispatch_id", "recipient_id"),
        # Every index costs at each of ten thousand texts: those of columns that most texts leave
        # empty hold only the others.
        Index(
            "ux_message_ladder",
            "ladder_id",
            "purpose",
            "channel",
            unique=True,
            **where("ladder_id IS NOT NULL"),
        ),
        Index("ux_message_copy", "copy_of", unique=True, **where("copy_of IS NOT NULL")),
        Index(
            "ix_message_unheard",
            "settled_at",
            **where("is_alarm AND state = 'accepted' AND carrier_status = ''"),
        ),
        Index("ux_message_reply", "reply_id", unique=True, **where("reply_id IS NOT NULL")),
        Index("ix_message_sid", "sid", **where("sid IS NOT NULL")),
        Index(
            "ix_message_open",
            "sender",
            "urgency",
            "due_at",
            "id",
            **where("state = 'ready'"),
        ),
        Index(
            "ix_message_unsettled",
            "state",
            "claimed_at",
            **where("state IN ('sending', 'in_doubt')"),
        ),
        Index("ix_message_recipient", "recipient_id", "created_at"),
        Index("ix_message_calamity", "calamity_id", "id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    calamity_id: str | None = Field(default=None, foreign_key="calamity.id", max_length=36)
    recipient_id: str = Field(foreign_key="recipient.id", max_length=36)
    dispatch_id: str | None = Field(default=None, foreign_key="dispatch.id", max_length=36)
    ladder_id: str | None = Field(default=None, foreign_key="ladder.id", max_length=36)
    round_id: str | None = Field(default=None, foreign_key="round.id", max_length=36)
    reply_id: str | None = Field(default=None, foreign_key="reply.id", max_length=36)
    """The inbound text that this one answers."""
    copy_of: str | None = Field(default=None, foreign_key="message.id", max_length=36)
    """The alarm, on another route, of which nothing was heard."""
    purpose: str = short(20)
    """call-out, reminder, deputy, enough, give, ask, action, close, answer, copy or glass."""
    channel: str = Field(default="sms", max_length=8)
    """sms, voice or email."""
    sender: str = short(100)
    body: bytes = sealed()
    language: str = Field(default="", max_length=5)
    """In which its words are spoken; empty for what is read."""
    parts: int
    is_alarm: bool = False
    urgency: int
    """0 call-outs, 1 answers, 2 alarms to others, 3 the rest: lower leaves first."""
    state: str = short(12)
    due_at: datetime = moment()
    valid_until: datetime = moment()
    created_at: datetime = moment()
    claimed_at: datetime | None = moment(nullable=True)
    settled_at: datetime | None = moment(nullable=True)
    attempts: int = 0
    epoch: int = 0
    looks: int = 0
    """How often the carrier was asked about it since it is in doubt."""
    is_repeat: bool = False
    """An alarm that may have left before: its text says so."""
    held_at: datetime | None = moment(nullable=True)
    """In doubt, and not sent again unless a person says so."""
    sid: str | None = Field(default=None, max_length=40)
    carrier_status: str = Field(default="", max_length=20)
    delivered_at: datetime | None = moment(nullable=True)
    error_code: int | None = None


class SecondWriterRow(SQLModel, table=True):
    """A text to a key figure that somebody else than their contact person wrote: who, and why."""

    __tablename__ = "second_writer"

    message_id: str = Field(primary_key=True, foreign_key="message.id", max_length=36)
    name: bytes = sealed()
    """The name below the text."""
    reason: bytes = sealed()


class ReceiptRow(SQLModel, table=True):
    """What the carrier said about a message, each status once."""

    __tablename__ = "receipt"

    sid: str = Field(primary_key=True, max_length=40)
    status: str = Field(primary_key=True, max_length=30)
    message_id: str | None = Field(default=None, max_length=36, index=True)
    error_code: int | None = None
    received_at: datetime = moment()
    processed_at: datetime | None = moment(nullable=True, index=True)


class QuarantineRow(SQLModel, table=True):
    """Something that the carrier told us and that does not fit: each cause once per message.

    Ids and causes alone; the words stay with the carrier.
    """

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("sid", "cause", "status"),
        Index(
            "ix_quarantine_open",
            "first_at",
            **where("handled_at IS NULL"),
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    cause: str = short(20)
    sid: str = short(40)
    status: str = short(30)
    message_id: str | None = Field(default=None, max_length=36)
    error_code: int | None = None
    first_at: datetime = moment()
    handled_at: datetime | None = moment(nullable=True)


class SweepRow(SQLModel, table=True):
    """When the carrier was last asked for what we may have missed, over all nodes."""

    __tablename__ = "sweep"

    name: str = Field(primary_key=True, max_length=60)
    begun_at: datetime = moment()
    swept_until: datetime | None = moment(nullable=True)


class ReplyRow(SQLModel, table=True):
    """An inbound text, kept to the last character under the carrier's id.

    *meaning* is empty until the text was read; *needs_person* while nobody has looked at a text
    that no rule understood.
    """

    __tablename__ = "reply"
    __table_args__ = (
        Index(
            "ix_reply_unread",
            "received_at",
            **where("meaning = ''"),
        ),
        Index("ix_reply_recipient", "recipient_id", "received_at"),
    )

    id: str = Field(primary_key=True, max_length=36)
    sid: str = Field(max_length=40, unique=True)
    sender_index: str = Field(max_length=64, index=True)
    digest: str = Field(max_length=64)
    """Keyed, of sender and words: tells whether the same id came with other words."""
    phone: bytes = sealed()
    receiver: str = short(40)
    body: bytes = sealed()
    media: int = 0
    """How many pictures or files came along; they stay with the carrier."""
    opt_out: str = Field(default="", max_length=10)
    """STOP, START or HELP where the carrier took it for that, and acted on it."""
    received_at: datetime = moment()
    meaning: str = Field(default="", max_length=20)
    municipality_id: str | None = Field(default=None, max_length=36)
    recipient_id: str | None = Field(default=None, foreign_key="recipient.id", max_length=36)
    calamity_id: str | None = Field(default=None, foreign_key="calamity.id", max_length=36)
    needs_person: bool = False
    handled_at: datetime | None = moment(nullable=True)


class OpenQuestionRow(SQLModel, table=True):
    """What a person was asked last, while an answer still counts, to whichever of our numbers."""

    __tablename__ = "open_question"
    __table_args__ = (
        Index(
            "ux_open_question",
            "recipient_id",
            unique=True,
            **where("closed_at IS NULL"),
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    recipient_id: str = Field(foreign_key="recipient.id", max_length=36)
    kind: str = short(12)
    """call-out or round."""
    calamity_id: str = Field(foreign_key="calamity.id", max_length=36)
    ladder_id: str | None = Field(default=None, foreign_key="ladder.id", max_length=36)
    round_id: str | None = Field(default=None, foreign_key="round.id", max_length=36, index=True)
    code: str | None = Field(default=None, max_length=4)
    """Four digits that an answer must carry, where a bare one could be meant for another."""
    asked_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)


class ReplyCodeRow(SQLModel, table=True):
    """A code that went to a number, and when: it is not given to that number again soon."""

    __tablename__ = "reply_code"

    phone_index: str = Field(primary_key=True, max_length=64)
    code: str = Field(primary_key=True, max_length=4)
    drawn_at: datetime = moment()


class CodeLockRow(SQLModel, table=True):
    """Wrong codes from one number; after some, no code from it counts for a while."""

    __tablename__ = "code_lock"

    phone_index: str = Field(primary_key=True, max_length=64)
    wrong: int
    since: datetime = moment()
    locked_until: datetime | None = moment(nullable=True)
