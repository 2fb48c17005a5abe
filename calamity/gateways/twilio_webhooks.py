"""Twilio's webhooks: believed only when signed over the address that we configured.

A signature proves that Twilio relayed a text, not who wrote it, and holds for ever: whoever stores
what is read here does so under the carrier's id, once.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from calamity.domain.receipts import Cause, Quarantined
from calamity.gateways.carrier import CallTurn, InboundText, StatusReceipt, WebhookRefused
from calamity.gateways.signatures import Signatures

MAX_BODY_BYTES = 64 * 1024
"""Stop reading a webhook's body beyond this."""

_MAX_FIELDS = 200
_LONGEST_STATUS = 30
_FORM = "application/x-www-form-urlencoded"
_MESSAGE = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_CALL = re.compile(r"CA[0-9a-fA-F]{32}")
_MESSAGE_OR_CALL = re.compile(r"(SM|MM|CA)[0-9a-fA-F]{32}")
_KEYS = re.compile(r"[0-9*#]{1,20}")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_OUR_ID = re.compile(r"[0-9A-Za-z-]{1,36}")
_ERROR_CODE = re.compile(r"[0-9]{1,9}")
_MEDIA = re.compile(r"[0-9]{1,3}")
_OPT_OUTS = frozenset({"STOP", "START", "HELP"})
# A signature has no separators: "1To2" in one field reads the same as "1" and a field "To". Each
# field that we act on may therefore occur once.
_READ = (
    "AccountSid",
    "AnsweredBy",
    "Body",
    "CallSid",
    "CallStatus",
    "Digits",
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

    *auth_tokens* and *shared_keys* as `Signatures` has them. *senders* are our numbers and
    Messaging Services. Headers are looked up by their lower-case names.
    """

    def __init__(
        self,
        public_url: str,
        account_sid: str,
        auth_tokens: Iterable[str],
        senders: frozenset[str],
        shared_keys: Mapping[str, str] | None = None,
    ) -> None:
        self._signatures = Signatures(public_url, auth_tokens, shared_keys or {})
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
            return WebhookRefused(
                "the receiver is not one of our numbers",
                403,
                Quarantined(Cause.NOT_OUR_NUMBER, form["MessageSid"]),
            )
        sender = form.get("From", "").replace("\0", "")
        media, opt_out = form.get("NumMedia", ""), form.get("OptOutType", "").upper()
        return InboundText(
            sid=form["MessageSid"],
            sender=sender,
            receiver=receiver.replace("\0", ""),
            body=form.get("Body", "").replace("\0", ""),
            media=int(media) if _MEDIA.fullmatch(media) else 0,
            has_number=_NUMBER.fullmatch(sender) is not None,
            opt_out=opt_out if opt_out in _OPT_OUTS else "",
        )

    def read_status(
        self, path_and_query: str, headers: Mapping[str, str], body: bytes
    ) -> StatusReceipt | WebhookRefused:
        """Read a receipt; *path_and_query* exactly as it came, with our id in `m`."""
        form = self._believed(path_and_query, headers, body, _MESSAGE_OR_CALL)
        if isinstance(form, WebhookRefused):
            return form
        status = (form.get("MessageStatus") or form.get("CallStatus", "")).replace("\0", "")
        if not 0 < len(status) <= _LONGEST_STATUS:
            return WebhookRefused("the receipt has no usable status", 400)
        code = form.get("ErrorCode", "")
        return StatusReceipt(
            sid=_sid(form),
            message_id=_our_id(path_and_query),
            status=status,
            error_code=int(code) if _ERROR_CODE.fullmatch(code) else None,
        )

    def read_call(
        self, path_and_query: str, headers: Mapping[str, str], body: bytes
    ) -> CallTurn | WebhookRefused:
        """Read what a call wants to hear; *path_and_query* exactly as it came, our id in `m`."""
        form = self._believed(path_and_query, headers, body, _CALL)
        if isinstance(form, WebhookRefused):
            return form
        keys, asked = form.get("Digits", ""), _queried(path_and_query, "asked")
        return CallTurn(
            sid=form["CallSid"],
            message_id=_our_id(path_and_query),
            is_machine=form.get("AnsweredBy", "").startswith(("machine", "fax")),
            keys=keys if _KEYS.fullmatch(keys) else "",
            asked=int(asked) if asked in {"1", "2"} else 0,
        )

    def _believed(
        self,
        path_and_query: str,
        headers: Mapping[str, str],
        body: bytes,
        about: re.Pattern[str] = _MESSAGE,
    ) -> _Form | WebhookRefused:
        pairs = _parsed(headers, body)
        if isinstance(pairs, WebhookRefused):
            return pairs
        if not self._signatures.fit(path_and_query, headers, pairs):
            return WebhookRefused("the signature does not fit the address and the form", 403)
        form = dict(pairs)
        if len(form) != len(pairs):
            names = [name for name, _ in pairs]
            if any(names.count(name) > 1 for name in _READ):
                return WebhookRefused("a field occurs twice", 400)
        sid = _sid(form)
        if form.get("AccountSid") != self._account_sid:
            return WebhookRefused(
                "the account is not ours", 403, Quarantined(Cause.FOREIGN_ACCOUNT, _safe(sid))
            )
        if not about.fullmatch(sid):
            return WebhookRefused(
                "the message id is not one of the carrier's",
                403,
                Quarantined(Cause.NO_MESSAGE_ID, ""),
            )
        return form


def _safe(sid: str) -> str:
    """Return an id of the carrier's, or nothing: what looks otherwise may be about a person."""
    return sid if _MESSAGE_OR_CALL.fullmatch(sid) else ""


def _sid(form: _Form) -> str:
    """Return the carrier's id of what a form is about: a message, or else a call."""
    return form.get("MessageSid") or form.get("CallSid", "")


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
    found = _queried(path_and_query, "m")
    return found if found is not None and _OUR_ID.fullmatch(found) else None


def _queried(path_and_query: str, wanted: str) -> str | None:
    """Return a value of the query that stands in it once, or None."""
    query = path_and_query.partition("?")[2]
    if not query:
        return None
    try:
        found = [value for name, value in parse_qsl(query, max_num_fields=20) if name == wanted]
    except ValueError:
        return None
    return found[0] if len(found) == 1 else None
