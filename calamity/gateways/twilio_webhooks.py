"""Twilio's webhooks: believed only when signed over the address that we configured.

A signature proves that Twilio relayed a text, not who wrote it, and holds for ever: whoever stores
what is read here does so under the carrier's id, once.
"""

import hmac
import re
from binascii import b2a_base64
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlsplit

from calamity.domain.errors import Refused
from calamity.gateways.carrier import InboundText, StatusReceipt, WebhookRefused

MAX_BODY_BYTES = 64 * 1024
"""Stop reading a webhook's body beyond this."""

_MAX_FIELDS = 200
_SHORTEST_TOKEN = 16
_LONGEST_STATUS = 30
_FORM = "application/x-www-form-urlencoded"
_PORTS = {"https": 443, "http": 80}
_MESSAGE = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_OUR_ID = re.compile(r"[0-9A-Za-z-]{1,36}")
_ERROR_CODE = re.compile(r"[0-9]{1,9}")
_MEDIA = re.compile(r"[0-9]{1,3}")
# A signature has no separators: "1To2" in one field reads the same as "1" and a field "To". Each
# field that we act on may therefore occur once.
_READ = (
    "AccountSid",
    "Body",
    "ErrorCode",
    "From",
    "MessageSid",
    "MessageStatus",
    "MessagingServiceSid",
    "NumMedia",
    "OptOutType",
    "To",
)

_Form = dict[str, str]


class WebhookReader:
    """Reads what Twilio posts to us, after checking that it was Twilio and meant for us.

    *auth_tokens* may hold the current and the next token while they are being rotated. *senders*
    are our numbers and Messaging Services. Headers are looked up by their lower-case names.
    """

    def __init__(
        self,
        public_url: str,
        account_sid: str,
        auth_tokens: Iterable[str],
        senders: frozenset[str],
    ) -> None:
        self._keys = [token.encode() for token in auth_tokens]
        if not self._keys or any(len(key) < _SHORTEST_TOKEN for key in self._keys):
            raise Refused(
                "CALAMITY_TWILIO_AUTH_TOKEN is missing or too short: without it anyone could "
                "forge replies. Copy it from the Twilio console.",
                field="auth_token",
            )
        self._addresses = _addresses(public_url)
        self._account_sid = account_sid
        self._senders = senders

    def read_inbound(
        self, path_and_query: str, headers: Mapping[str, str], body: bytes
    ) -> InboundText | WebhookRefused:
        """Read a text to one of our numbers; *path_and_query* exactly as it came."""
        form = self._believed(path_and_query, headers, body)
        if isinstance(form, WebhookRefused):
            return form
        receiver = form.get("To", "")
        if receiver not in self._senders and form.get("MessagingServiceSid") not in self._senders:
            return WebhookRefused("the receiver is not one of our numbers", 403)
        sender = form.get("From", "").replace("\0", "")
        media = form.get("NumMedia", "")
        return InboundText(
            sid=form["MessageSid"],
            sender=sender,
            receiver=receiver,
            body=form.get("Body", "").replace("\0", ""),
            media=int(media) if _MEDIA.fullmatch(media) else 0,
            raw=bytes(body),
            has_number=_NUMBER.fullmatch(sender) is not None,
            opt_out=form.get("OptOutType", "").upper()[:10],
        )

    def read_status(
        self, path_and_query: str, headers: Mapping[str, str], body: bytes
    ) -> StatusReceipt | WebhookRefused:
        """Read a receipt; *path_and_query* exactly as it came, with our id in `m`."""
        form = self._believed(path_and_query, headers, body)
        if isinstance(form, WebhookRefused):
            return form
        status = form.get("MessageStatus", "").replace("\0", "")
        if not 0 < len(status) <= _LONGEST_STATUS:
            return WebhookRefused("the receipt has no usable status", 400)
        code = form.get("ErrorCode", "")
        return StatusReceipt(
            sid=form["MessageSid"],
            message_id=_our_id(path_and_query),
            status=status,
            error_code=int(code) if _ERROR_CODE.fullmatch(code) else None,
        )

    def refuses_call(
        self, path_and_query: str, headers: Mapping[str, str], body: bytes
    ) -> WebhookRefused | None:
        """Say why the announcement of a phone call is not believed, or None when it is."""
        pairs = _parsed(headers, body)
        if isinstance(pairs, WebhookRefused):
            return pairs
        if not self._is_signed(path_and_query, pairs, headers.get("x-twilio-signature")):
            return WebhookRefused("the signature does not fit the address and the form", 403)
        if dict(pairs).get("AccountSid") != self._account_sid:
            return WebhookRefused("the account is not ours", 403)
        return None

    def _believed(
        self, path_and_query: str, headers: Mapping[str, str], body: bytes
    ) -> _Form | WebhookRefused:
        pairs = _parsed(headers, body)
        if isinstance(pairs, WebhookRefused):
            return pairs
        if not self._is_signed(path_and_query, pairs, headers.get("x-twilio-signature")):
            return WebhookRefused("the signature does not fit the address and the form", 403)
        form = dict(pairs)
        if len(form) != len(pairs):
            names = [name for name, _ in pairs]
            if any(names.count(name) > 1 for name in _READ):
                return WebhookRefused("a field occurs twice", 400)
        if form.get("AccountSid") != self._account_sid:
            return WebhookRefused("the account is not ours", 403)
        if not _MESSAGE.fullmatch(form.get("MessageSid", "")):
            return WebhookRefused("the message id is not one of the carrier's", 403)
        return form

    def _is_signed(
        self, path_and_query: str, pairs: list[tuple[str, str]], signature: str | None
    ) -> bool:
        """Tell what `twilio.request_validator.RequestValidator` would, about twice as fast.

        The signed text is the address, then each different name and value in order.
        """
        try:
            given = signature.encode()  # type: ignore[union-attr]  # None lands in `except`
            signed = "".join([name + value for name, value in sorted(set(pairs))])
            return any(
                self._is_made_by_a_key(f"{address}{path_and_query}{signed}".encode(), given)
                for address in self._addresses
            )
        except Exception:
            # Whatever cannot be checked is not believed.
            return False

    def _is_made_by_a_key(self, signed: bytes, given: bytes) -> bool:
        is_made = False
        for key in self._keys:
            made = b2a_base64(hmac.digest(key, signed, "sha1"), newline=False)
            is_made |= hmac.compare_digest(made, given)
        return is_made


def _addresses(public_url: str) -> tuple[str, str]:
    """Return the configured address as it is, and with its port added or left out.

    Twilio is not consistent in whether it signs the port.
    """
    try:
        parts = urlsplit(public_url.partition("#")[0].rstrip("/"))
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.username:
        raise Refused(
            "CALAMITY_PUBLIC_URL is not the address that the carrier calls: give https://host, "
            "without a query.",
            field="public_url",
        )
    bare = parts.netloc.rpartition(":")[0] if port else parts.netloc
    other = bare if port else f"{bare}:{_PORTS[parts.scheme]}"
    return parts.geturl(), parts._replace(netloc=other).geturl()


def _parsed(headers: Mapping[str, str], body: bytes) -> list[tuple[str, str]] | WebhookRefused:
    if len(body) > MAX_BODY_BYTES:
        return WebhookRefused("the form is too large", 413)
    # With any other kind of content Twilio signs the address only, and the body proves nothing.
    if headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return WebhookRefused("the content is not a form", 415)
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return WebhookRefused("the form cannot be read", 400)


def _our_id(path_and_query: str) -> str | None:
    query = path_and_query.partition("?")[2]
    if not query:
        return None
    try:
        found = [value for name, value in parse_qsl(query, max_num_fields=20) if name == "m"]
    except ValueError:
        return None
    return found[0] if len(found) == 1 and _OUR_ID.fullmatch(found[0]) else None
