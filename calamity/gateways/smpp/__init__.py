"""A second way to people's phones: SMPP 3.4 to an SMSC, apart from the other carrier in everything.

Whoever composes routes needs this:

    carrier = SmppCarrier(smpp_account_of(settings), inbox.keep)
    await carrier.start()  # binds in the background, and again whenever the line is lost
    outcome = await carrier.send(text)

* *keep* is the door of the house: receipts, replies and what stands apart go through it as those of
  the other carrier do, and the SMSC gets its answer only after. When it raises `Unavailable`, the
  SMSC brings the same again.
* The id of every text that took this route begins with `smpp:` (`PREFIX`).
* `is_bound` says whether a text would leave at this moment: a breaker may read it before `send`.
* SMPP lists nothing. `received_since` is empty because an SMSC repeats what was not answered;
  `sent_since` is empty because it cannot be asked; `find` knows what it says there.
* Each node binds by itself: the provider must allow as many binds as there are workers.
"""

import itertools
import secrets
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from msgspec import Struct
from msgspec.structs import replace

from calamity.domain.errors import Unavailable
from calamity.domain.receipts import InboundText, Quarantined, StatusReceipt
from calamity.gateways.carrier import (
    Accepted,
    Found,
    InDoubt,
    NotSent,
    OutboundText,
    Outcome,
    Received,
    Rejected,
    Sent,
    meaning_of,
)
from calamity.gateways.smpp import alphabet, pdus
from calamity.gateways.smpp.account import SmppAccount, SmppPatience, smpp_account_of
from calamity.gateways.smpp.inbound import Inbound
from calamity.gateways.smpp.line import (
    BindRefused,
    Line,
    NoRoom,
    NotAnswered,
    NotWritten,
    try_bind,
)
from calamity.gateways.smpp.pdus import Delivery, Heard, Part
from calamity.gateways.smpp.statuses import (
    PREFIX,
    bind_refusal,
    code_of_failure,
    receipt_of,
    refusal,
    sid_of,
    state_to_status,
)
from calamity.gateways.smpp_codes import BUSY

__all__ = [
    "PREFIX",
    "BindRefused",
    "SmppAccount",
    "SmppCarrier",
    "SmppPatience",
    "smpp_account_of",
    "try_bind",
]

_AFTER_NO_LINE_SECONDS = 5.0
_CLOCKS_APART = timedelta(seconds=120)
_MOST_REMEMBERED = 20_000
_MOST_UNCLAIMED = 1_000
_MOST_PARTS = 255

Keep = Callable[[InboundText | StatusReceipt | Quarantined, datetime], Awaitable[None]]

log = structlog.get_logger(__name__)


class _Unclaimed(Struct, frozen=True):
    """A receipt of a text of which we do not know that it left: it may be one in doubt."""

    number: str
    receipt: StatusReceipt
    at: datetime


class SmppCarrier:
    """Sends texts over one line to an SMSC, each once; *keep* takes in what comes back."""

    def __init__(
        self, account: SmppAccount, keep: Keep, patience: SmppPatience | None = None
    ) -> None:
        patience = patience or SmppPatience()
        self._account, self._keep = account, keep
        self._line = Line(account, patience, self._take, self._late)
        self._inbound = Inbound(account.senders, patience.parts_seconds, self._kept)
        self._references = itertools.count(secrets.randbelow(256))
        self._ours: OrderedDict[str, str] = OrderedDict()
        """Ids that the SMSC gave in this process, with that of the whole text, once it is known."""
        self._answered_late: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._unclaimed: deque[_Unclaimed] = deque(maxlen=_MOST_UNCLAIMED)

    async def start(self) -> None:
        """Begin to bind; returns at once."""
        self._line.open()

    async def ready(self) -> None:
        """Nothing to wait for: without a line a text is `NotSent` at once."""

    async def close(self) -> None:
        """Let go of the line; a text under way ends in doubt, one after this is `NotSent`."""
        await self._line.close()

    async def probe(self) -> None:
        """Return when there is a line, which is bound anew by itself; raises Unavailable."""
        if not self._line.is_bound:
            raise Unavailable("The SMSC has not let us in again; it is tried by itself.")

    @property
    def is_bound(self) -> bool:
        """Whether the SMSC takes texts now."""
        return self._line.is_bound

    async def send(self, text: OutboundText) -> Outcome:
        """Try once to send a text. Never raises, except when it is itself cancelled.

        Of a long text the parts leave one after another. Once the first has left, whatever goes
        wrong with another leaves the text in doubt.
        """
        try:
            data_coding, octets = alphabet.written(text.body)
        except UnicodeEncodeError:
            return Rejected(0, meaning_of(0).en)
        if len(octets) > _MOST_PARTS:
            return Rejected(21617, meaning_of(21617).en)
        reference = next(self._references) % 256
        sids: list[str] = []
        for number, each in enumerate(octets, 1):
            part = Part(reference, len(octets), number) if len(octets) > 1 else None
            outcome = await self._submit(text, each, data_coding, part)
            if not isinstance(outcome, Accepted):
                return outcome if not sids else InDoubt("a part of the text has left")
            sids.append(outcome.sid)
            self._remember(outcome.sid, "")
        for sid in sids:
            self._remember(sid, sids[-1])
        return Accepted(sids[-1], "accepted", len(octets))

    async def _submit(
        self, text: OutboundText, octets: bytes, data_coding: int, part: Part | None
    ) -> Outcome:
        pdu = pdus.submit(text, octets, data_coding, self._line.numbers, part)
        is_last = part is None or part.number == part.total
        try:
            heard = await self._line.ask(pdu, text.message_id if is_last else "")
        except Exception as error:
            return _outcome_of(error)
        if heard.status != pdus.OK:
            return refusal(heard.status)
        if not heard.message_id:
            return InDoubt("the SMSC's answer names no message")
        return Accepted(sid_of(heard.message_id, self._account.ids), "accepted", 1)

    async def find(self, text: OutboundText, since: datetime) -> list[Found]:
        """Return what we know of a text in doubt, which is less than other carriers know.

        That is: an answer that came too late, of which the SMSC is asked what became of it; and
        receipts to the same number of texts that nobody here knows. An empty list is never proof
        that the text did not leave. Raises Unavailable while there is no line.
        """
        if not self._line.is_bound:
            raise Unavailable("The SMSC cannot be asked: there is no line; it is tried again.")
        found: list[Found] = []
        late = self._answered_late.get(text.message_id)
        if late is not None:
            sid, message_id = late
            found.append(await self._ask(sid, message_id, text.sender))
        since = since.astimezone(UTC) - _CLOCKS_APART
        for each in self._unclaimed:
            receipt = each.receipt
            if each.number == text.to and each.at >= since and receipt.sid not in self._ours:
                found.append(Found(receipt.sid, receipt.status, receipt.error_code))
        return found

    async def _ask(self, sid: str, message_id: str, sender: str) -> Found:
        """Ask the SMSC about a text; many do not answer that, and then it was at least taken."""
        try:
            heard = await self._line.ask(pdus.query(message_id, sender, self._line.numbers))
        except (NotWritten, NotAnswered):
            return Found(sid, "", None)
        if heard.status != pdus.OK or heard.state is None:
            return Found(sid, "", None)
        return Found(sid, state_to_status(heard.state), code_of_failure(heard.state))

    async def received_since(self, receiver: str, since: datetime) -> list[Received]:
        """Return nothing: the SMSC itself brings again what we did not answer."""
        return []

    async def sent_since(self, since: datetime) -> list[Sent]:
        """Return nothing: SMPP has no list of what left an account."""
        return []

    async def _take(self, delivery: Delivery, session: int) -> int:
        if not delivery.is_receipt:
            return await self._inbound.read(delivery, session)
        receipt = receipt_of(delivery, self._account.ids)
        if receipt is None:
            log.warning("smpp.receipt_names_no_text")
            return pdus.OK
        whole = self._ours.get(receipt.sid)
        if whole is None:
            self._unclaimed.append(_Unclaimed(delivery.source, receipt, datetime.now(UTC)))
        elif whole != receipt.sid:
            # Of a part but the last only a failure counts: the text did not arrive whole.
            if receipt.error_code is None and (whole or receipt.sid in self._ours):
                return pdus.OK
            receipt = replace(receipt, sid=whole or receipt.sid)
        return await self._kept(receipt)

    async def _kept(self, event: InboundText | StatusReceipt | Quarantined) -> int:
        """Keep what the SMSC brought; what could not be kept, it brings again."""
        try:
            await self._keep(event, datetime.now(UTC))
        except Unavailable:
            return pdus.TEMPORARY
        except Exception as error:
            log.error("smpp.not_kept", error=type(error).__name__)
            return pdus.TEMPORARY
        return pdus.OK

    async def _late(self, about: str, heard: Heard) -> None:
        """Take in an answer that came after its text was in doubt: it settles the doubt."""
        if heard.status != pdus.OK or not heard.message_id:
            return
        sid = sid_of(heard.message_id, self._account.ids)
        self._remember(sid, sid)
        self._answered_late[about] = (sid, heard.message_id)
        if len(self._answered_late) > _MOST_REMEMBERED:
            self._answered_late.popitem(last=False)
        await self._kept(StatusReceipt(sid, about, "accepted", None))

    def _remember(self, sid: str, whole: str) -> None:
        self._ours[sid] = whole
        if len(self._ours) > _MOST_REMEMBERED:
            self._ours.popitem(last=False)


def _outcome_of(error: Exception) -> Outcome:
    """Return what became of a text of which the request failed; what is not certain is in doubt."""
    match error:
        case BindRefused():
            return bind_refusal(error.status)
        case NoRoom():
            # As if the SMSC had asked for less: a matter of pace, not of an outage.
            return NotSent(str(error), _AFTER_NO_LINE_SECONDS, BUSY)
        case NotWritten():
            return NotSent(str(error), _AFTER_NO_LINE_SECONDS)
        case NotAnswered():
            return InDoubt(str(error))
        case _:
            # The error itself may hold a number.
            return InDoubt(f"the request failed ({type(error).__name__})")
