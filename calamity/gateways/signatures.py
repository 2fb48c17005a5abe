"""Who signed a webhook: our own account at Twilio, over the address that we configured.

Told as `twilio.request_validator.RequestValidator` would, about twice as fast. What is believed is
ours to say: a request that names another key or another algorithm does not change it.
"""

import hmac
from binascii import b2a_base64
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from calamity.domain.errors import Refused

_SHORTEST_TOKEN = 16
_PORTS = {"https": 443, "http": 80}
_SHA256 = "HMAC_SHA256"

Pairs = list[tuple[str, str]]


class Signatures:
    """Checks signatures by the account's tokens, or by SharedKeys once there are any.

    *auth_tokens* may hold the current and the next token while they are being rotated. With
    *shared_keys* (secrets by id) the tokens, and their older algorithm, are believed no longer.
    """

    def __init__(
        self, public_url: str, auth_tokens: Iterable[str], shared_keys: Mapping[str, str]
    ) -> None:
        self._shared = {key: secret.encode() for key, secret in shared_keys.items()}
        self._tokens = [token.encode() for token in auth_tokens]
        keys = [*self._shared.values(), *self._tokens]
        if not keys or any(len(key) < _SHORTEST_TOKEN for key in keys):
            raise Refused(
                "CALAMITY_TWILIO_AUTH_TOKEN is missing or too short: without it anyone could "
                "forge replies. Copy it from the Twilio console.",
                field="auth_token",
            )
        self._addresses = _addresses(public_url)

    def fit(self, path_and_query: str, headers: Mapping[str, str], pairs: Pairs) -> bool:
        """Tell whether this form, posted to this address of ours, was signed by our account.

        The signed text is the address, then each different name and value in order.
        """
        try:
            given = headers["x-twilio-signature"].encode()
            keys, algorithm = self._keys_for(headers)
            signed = "".join([name + value for name, value in sorted(set(pairs))])
            return any(
                _is_made_by(keys, algorithm, f"{address}{path_and_query}{signed}".encode(), given)
                for address in self._addresses
            )
        except Exception:
            # Whatever cannot be checked is not believed.
            return False

    def headers_for(self, path_and_query: str, pairs: Pairs) -> dict[str, str]:
        """Return the headers with which our account would sign this form."""
        signed = "".join([name + value for name, value in sorted(set(pairs))])
        text = f"{self._addresses[0]}{path_and_query}{signed}".encode()
        if not self._shared:
            return {"X-Twilio-Signature": _made(self._tokens[0], "sha1", text).decode()}
        key, secret = next(iter(self._shared.items()))
        return {
            "X-Twilio-Signature": _made(secret, "sha256", text).decode(),
            "X-Twilio-Webhooks-Signature-Settings": f"key={key},algorithm={_SHA256}",
        }

    def _keys_for(self, headers: Mapping[str, str]) -> tuple[list[bytes], str]:
        if not self._shared:
            return self._tokens, "sha1"
        named = _settings(headers["x-twilio-webhooks-signature-settings"])
        if named.get("algorithm") != _SHA256:
            return [], "sha256"
        return [self._shared[named["key"]]], "sha256"


def _settings(header: str) -> dict[str, str]:
    """Read `key=<id>,algorithm=<name>`; KeyError later where one of them is missing."""
    parts = (part.partition("=") for part in header.split(","))
    return {name.strip(): value.strip() for name, _, value in parts}


def _is_made_by(keys: list[bytes], algorithm: str, signed: bytes, given: bytes) -> bool:
    is_made = False
    for key in keys:
        is_made |= hmac.compare_digest(_made(key, algorithm, signed), given)
    return is_made


def _made(key: bytes, algorithm: str, signed: bytes) -> bytes:
    return b2a_base64(hmac.digest(key, signed, algorithm), newline=False)


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
