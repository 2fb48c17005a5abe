"""The messages of SMPP 3.4 that we write and read; smpplib has their formats.

smpplib stops at an optional parameter that it does not expect, and a text would be lost for a
provider's whim: we walk over those ourselves, and look only at the few that say something to us.
"""

import struct
from typing import Any

from msgspec import Struct
from smpplib import command, smpp
from smpplib.exceptions import UnknownCommandError
from smpplib.pdu import extract_command

from calamity.gateways.carrier import OutboundText
from calamity.gateways.smpp.account import SmppAccount

HEADER = 16
LONGEST = 70_000
_HIGHEST = 0x7FFFFFFF
OK, UNKNOWN_COMMAND, TEMPORARY = 0, 0x03, 0x64

_RECEIPTED_ID, _STATE, _PAYLOAD = 0x001E, 0x0427, 0x0424
_SAR_REFERENCE, _SAR_TOTAL, _SAR_NUMBER = 0x020C, 0x020E, 0x020F
_HAS_HEADER = 0x40
_KIND, _RECEIPT, _INTERMEDIATE = 0x3C, 0x04, 0x20
_FEWEST_WITH_COUNTRY = 10
_INTERNATIONAL, _ALPHANUMERIC, _ISDN = 1, 5, 1
_ALWAYS, _ON_FAILURE = 1, 2
_VERSION = 0x34
_SHORT_CONCAT, _LONG_CONCAT = (0x00, 3), (0x08, 4)
_BROKEN = (struct.error, IndexError, KeyError, ValueError, TypeError, UnknownCommandError)


class Numbers:
    """Numbers the requests of a line, each with the next, as smpplib asks of a client."""

    sequence = 0

    def next_sequence(self) -> int:
        """Return the next number; after the highest comes 1 again."""
        self.sequence = self.sequence % _HIGHEST + 1
        return self.sequence


class Part(Struct, frozen=True):
    """Which part of a long text this is."""

    reference: int
    total: int
    number: int


class Delivery(Struct, frozen=True):
    """What an SMSC brings: a text of somebody, or a receipt of one of ours."""

    source: str
    destination: str
    is_name: bool
    data_coding: int
    octets: bytes
    part: Part | None
    is_receipt: bool
    receipted_id: str
    state: int | None


class Heard(Struct, frozen=True):
    """A message of the SMSC; *name* is empty for one that we do not know."""

    name: str
    sequence: int
    status: int
    message_id: str = ""
    state: int | None = None
    delivery: Delivery | None = None


class _WithParameters:
    """Reads every optional parameter into *found*, whatever it is."""

    found: dict[int, bytes]

    def parse_optional_params(self, data: bytes) -> None:
        """Walk over tag, length, value; what is cut off at the end is left."""
        self.found = {}
        while len(data) >= 4:  # noqa: PLR2004 - a tag and a length
            tag, length = struct.unpack(">HH", data[:4])
            self.found[tag] = data[4 : 4 + length]
            data = data[4 + length :]


class _Deliver(_WithParameters, command.DeliverSM):
    pass


class _SubmitAnswer(_WithParameters, command.SubmitSMResp):
    pass


def bind(account: SmppAccount, numbers: Numbers, *, can_receive: bool = True) -> Any:
    """Return the request to bind, as one who also receives, or only sends."""
    return smpp.make_pdu(
        "bind_transceiver" if can_receive else "bind_transmitter",
        client=numbers,
        system_id=account.system_id,
        password=account.password,
        system_type=account.system_type,
        interface_version=_VERSION,
    )


def request(name: str, numbers: Numbers) -> Any:
    """Return a request that says nothing more than its name."""
    return smpp.make_pdu(name, client=numbers)


def submit(
    text: OutboundText, octets: bytes, data_coding: int, numbers: Numbers, part: Part | None
) -> Any:
    """Return the request to send a text, or one part of it.

    A receipt is asked of the last part, whose id is that of the text; of the parts before it only
    when they fail, so that no receipt is about an id that nobody knows.
    """
    is_last = part is None or part.number == part.total
    head = b"" if part is None else bytes([5, 0, 3, part.reference, part.total, part.number])
    is_number = text.sender.startswith("+")
    return smpp.make_pdu(
        "submit_sm",
        client=numbers,
        service_type="",
        source_addr_ton=_INTERNATIONAL if is_number else _ALPHANUMERIC,
        source_addr_npi=_ISDN if is_number else 0,
        source_addr=text.sender.removeprefix("+"),
        dest_addr_ton=_INTERNATIONAL,
        dest_addr_npi=_ISDN,
        destination_addr=text.to.removeprefix("+"),
        esm_class=0 if part is None else _HAS_HEADER,
        validity_period=_span(text.valid_seconds),
        registered_delivery=_ALWAYS if is_last else _ON_FAILURE,
        data_coding=data_coding,
        short_message=head + octets,
    )


def query(message_id: str, sender: str, numbers: Numbers) -> Any:
    """Return the question what became of a text."""
    return smpp.make_pdu(
        "query_sm",
        client=numbers,
        message_id=message_id,
        source_addr_ton=_INTERNATIONAL,
        source_addr_npi=_ISDN,
        source_addr=sender.removeprefix("+"),
    )


def answer(name: str, heard: Heard, status: int = OK) -> bytes:
    """Return our answer to a request of the SMSC."""
    pdu = smpp.make_pdu(name, client=Numbers(), status=status)
    pdu.sequence = heard.sequence
    return bytes(pdu.generate())


def read(raw: bytes) -> Heard:
    """Read a message; of one that is damaged, what can be read. Raises ValueError for no header."""
    if len(raw) < HEADER:
        raise ValueError("a message without a header")
    _, _, status, sequence = struct.unpack(">LLLL", raw[:HEADER])
    try:
        name = extract_command(raw)
    except UnknownCommandError:
        return Heard("", sequence, status)
    pdu = _parsed(name, raw)
    if name == "deliver_sm":
        return Heard(name, sequence, status, delivery=_delivery(pdu))
    message_id = _words(getattr(pdu, "message_id", b""))
    return Heard(name, sequence, status, message_id, getattr(pdu, "message_state", None))


def _parsed(name: str, raw: bytes) -> Any:
    known: dict[str, Any] = {"deliver_sm": _Deliver, "submit_sm_resp": _SubmitAnswer}
    try:
        made = known.get(name)
        pdu: Any = made(name, client=Numbers()) if made else smpp.make_pdu(name, client=Numbers())
    except UnknownCommandError:
        return None
    try:
        pdu.parse(raw)
    except _BROKEN:
        # Fields are read in their order: those before the damage are there.
        return pdu
    return pdu


def _delivery(pdu: Any) -> Delivery | None:
    if not isinstance(pdu, _Deliver) or pdu.source_addr is None or pdu.short_message is None:
        return None
    found = getattr(pdu, "found", {})
    octets = found.get(_PAYLOAD) or pdu.short_message
    kind = (pdu.esm_class or 0) & _KIND
    part = _sar(found)
    if (pdu.esm_class or 0) & _HAS_HEADER and octets:
        part, octets = _without_header(octets)
    state = found.get(_STATE, b"")
    return Delivery(
        source=_number(_words(pdu.source_addr), pdu.source_addr_ton),
        destination=_number(_words(pdu.destination_addr), pdu.dest_addr_ton),
        is_name=pdu.source_addr_ton == _ALPHANUMERIC,
        data_coding=pdu.data_coding or 0,
        octets=octets,
        part=part,
        is_receipt=kind in {_RECEIPT, _INTERMEDIATE}
        or (_RECEIPTED_ID in found and _STATE in found),
        receipted_id=_words(found.get(_RECEIPTED_ID, b"")),
        state=state[0] if state else None,
    )


def _number(address: str, kind: int | None) -> str:
    """Return a number as we write it: `+` and the country, where the SMSC says that it has one."""
    if not (address.isascii() and address.isdecimal()):
        return address
    if kind == _INTERNATIONAL or address.startswith("00"):
        return "+" + address.removeprefix("00")
    is_whole = not kind and len(address) >= _FEWEST_WITH_COUNTRY and not address.startswith("0")
    return f"+{address}" if is_whole else address


def _words(octets: bytes | str | None) -> str:
    """Return what stands before the first NUL."""
    if octets is None:
        return ""
    text = octets if isinstance(octets, str) else octets.decode("latin-1")
    return text.partition("\0")[0].strip()


def _sar(found: dict[int, bytes]) -> Part | None:
    values = [
        int.from_bytes(found.get(tag, b"")) for tag in (_SAR_REFERENCE, _SAR_TOTAL, _SAR_NUMBER)
    ]
    return Part(*values) if values[1] > 1 else None


def _without_header(octets: bytes) -> tuple[Part | None, bytes]:
    """Take off the user data header, and return which part it says that this is."""
    length = octets[0] + 1
    head, rest, part = octets[1:length], octets[length:], None
    while len(head) >= 2:  # noqa: PLR2004 - a kind and a length
        kind, size = head[0], head[1]
        value = head[2 : 2 + size]
        if (kind, size) in {_SHORT_CONCAT, _LONG_CONCAT} and len(value) == size:
            part = Part(int.from_bytes(value[:-2]), value[-2], value[-1])
        head = head[2 + size :]
    return (part if part and part.total > 1 else None), rest


def _span(seconds: int) -> str:
    """Return a span of time as SMPP writes it: relative, in days down to seconds."""
    minutes, second = divmod(max(seconds, 1), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"0000{days:02}{hour:02}{minute:02}{second:02}000R"
