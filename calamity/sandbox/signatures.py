"""The headers of a webhook, signed with Twilio's own code."""

from typing import Protocol

from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator

from calamity.sandbox.records import Post
from calamity.sandbox.settings import SandboxSettings

_STALE_TOKEN = "5a4d" * 8


class _Validator(Protocol):
    def compute_signature(self, uri: str, params: dict[str, str], algorithm: str) -> str: ...


class Signer:
    """Sign with the account's token, or with a shared key where the settings have one."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._usual = _validator(settings.signing_secret or settings.auth_token)
        self._stale = _validator(settings.second_token or _STALE_TOKEN)

    def headers(self, post: Post, url: str, form: dict[str, str]) -> dict[str, str]:
        """Return the headers of *post*; *url* is the address as the product knows it."""
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": post.token,
        }
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        algorithm = HMAC_SHA1
        if self._settings.signing_secret is not None:
            algorithm = HMAC_SHA256
            named = f"key={self._settings.signing_key},algorithm={algorithm}"
            headers["X-Twilio-Webhooks-Signature-Settings"] = named
        signer = self._stale if post.flaw == "stale-token" else self._usual
        signature = signer.compute_signature(url, form, algorithm)
        if post.flaw in {"bad-signature", "forged"}:
            signature = signature[::-1]
        return {**headers, "X-Twilio-Signature": signature}


def _validator(token: str) -> _Validator:
    validator: _Validator = RequestValidator(token)  # type: ignore[no-untyped-call] # no types there
    return validator
