"""The vault: seals numbers, names and texts at rest, and indexes numbers without showing them.

AES-256-GCM with a key id in front of each value and its purpose as associated data, so that a
value copied into another column does not open. Keys come from the secret key by HKDF-SHA-256.
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from calamity.domain.errors import Unavailable

_KEY_ID = 4
_NONCE = 12


def _derived(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"calamity|" + purpose.encode()).derive(
        secret.encode()
    )


class Vault:
    """Seals and opens values under the current secret key; opens those of earlier keys.

    *secret* holds one key, or several separated by commas, the newest first. The index of numbers
    rests on the last, oldest one, so that numbers stay findable through a rotation.
    """

    def __init__(self, secret: str) -> None:
        secrets = [part.strip() for part in secret.split(",") if part.strip()]
        keys = [_derived(part, "seal") for part in secrets]
        self._ciphers = {hashlib.sha256(key).digest()[:_KEY_ID]: AESGCM(key) for key in keys}
        self._current = next(iter(self._ciphers))
        self._cipher = self._ciphers[self._current]
        self._index_key = _derived(secrets[-1], "index")
        self.cookie_secret = _derived(secrets[0], "cookie").hex()

    def seal(self, purpose: bytes, plain: bytes) -> bytes:
        """Return *plain* encrypted for this *purpose*."""
        nonce = os.urandom(_NONCE)
        return self._current + nonce + self._cipher.encrypt(nonce, plain, purpose)

    def open(self, purpose: bytes, value: bytes) -> bytes:
        """Return what was sealed for this *purpose*.

        Raises Unavailable when the key that sealed it is not configured, or the value was changed.
        """
        cipher = self._ciphers.get(bytes(value[:_KEY_ID]))
        if cipher is None:
            raise Unavailable(
                "A stored value was sealed with another secret key. Add the earlier key behind the "
                "current one in CALAMITY_SECRET_KEY, separated by a comma.",
                field="CALAMITY_SECRET_KEY",
            )
        try:
            nonce, rest = value[_KEY_ID : _KEY_ID + _NONCE], value[_KEY_ID + _NONCE :]
            return cipher.decrypt(nonce, rest, purpose)
        except InvalidTag as error:
            raise Unavailable("A sealed value was changed in the database.") from error

    def seal_text(self, purpose: bytes, text: str) -> bytes:
        """Seal a text; see `seal`."""
        return self.seal(purpose, text.encode())

    def open_text(self, purpose: bytes, value: bytes) -> str:
        """Open a sealed text; see `open`."""
        return self.open(purpose, value).decode()

    def index(self, phone: str) -> str:
        """Return the keyed index under which an E.164 number is found: 64 hexadecimal digits."""
        return hmac.digest(self._index_key, phone.encode(), "sha256").hex()
