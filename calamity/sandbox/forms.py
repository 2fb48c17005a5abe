"""The forms of webhooks: which fields Twilio posts, and how they are named."""

import time
from functools import lru_cache

import phonenumbers

from calamity.sandbox.records import PhoneCall, Text, rfc2822

_PLACES = ("State", "City", "Zip")
_NOWHERE = {f"{end}{place}": "" for end in ("To", "From") for place in _PLACES}
_CALL_NOWHERE = {f"{end}{place}": "" for end in ("Called", "Caller") for place in _PLACES}


def status_form(text: Text, account: str) -> dict[str, str]:
    """Return what a status callback says of a text."""
    form = {
        "AccountSid": account,
        "ApiVersion": "2010-04-01",
        "From": text.sender,
        "MessageSid": text.sid,
        "MessageStatus": text.status,
        "SmsSid": text.sid,
        "SmsStatus": text.status,
        "To": text.to,
    }
    if text.service is not None:
        form["MessagingServiceSid"] = text.service
    if text.error is not None:
        form["ErrorCode"] = str(text.error)
    return form


def inbound_form(text: Text, account: str) -> dict[str, str]:
    """Return what the product is told of a text from a phone."""
    form = {
        **_NOWHERE,
        "ToCountry": country(text.to),
        "SmsMessageSid": text.sid,
        "NumMedia": str(text.media),
        "SmsSid": text.sid,
        "SmsStatus": "received",
        "Body": text.body,
        "FromCountry": country(text.sender),
        "To": text.to,
        "NumSegments": str(text.parts),
        "MessageSid": text.sid,
        "AccountSid": account,
        "From": text.sender,
        "ApiVersion": "2010-04-01",
    }
    if text.service is not None:
        form["MessagingServiceSid"] = text.service
    return form


def call_form(call: PhoneCall, account: str) -> dict[str, str]:
    """Return what the product is told when TwiML for a call is asked for."""
    form = {
        **_NOWHERE,
        **_CALL_NOWHERE,
        "CallSid": call.sid,
        "AccountSid": account,
        "From": call.sender,
        "To": call.to,
        "Caller": call.sender,
        "Called": call.to,
        "CallStatus": call.status,
        "Direction": "outbound-api",
        "ApiVersion": "2010-04-01",
        "FromCountry": country(call.sender),
        "CallerCountry": country(call.sender),
        "ToCountry": country(call.to),
        "CalledCountry": country(call.to),
    }
    if call.answered_by is not None:
        form["AnsweredBy"] = call.answered_by
    return form


def call_status_form(call: PhoneCall, account: str, status: str) -> dict[str, str]:
    """Return what a status callback says of a call; they are numbered from nought."""
    form = {
        **call_form(call, account),
        "CallStatus": status,
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(call.sequence),
        "Timestamp": rfc2822(time.time()) or "",
    }
    if call.is_over:
        form["CallDuration"] = str(call.seconds)
        form["Duration"] = str(-(-call.seconds // 60))
    return form


@lru_cache(maxsize=65_536)
def country(number: str) -> str:
    """Return the country of a number, or nothing if it has none."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) or ""
    except phonenumbers.NumberParseException:
        return ""
