"""Signatures of CACAO documents: Ed25519 over the SHA-256 of their canonical form (RFC 8785).

As the standard has it: all other signatures taken out, this one in place without its value. The
signature of an approver may countersign that of the author, nested in it. A good signature says
only that the owner of a key signed; whose key that is, the list of trusted keys must say.
"""

import hashlib
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from msgspec import Struct

from calamity.domain.cacao.terms import Object, identifier, timestamp


class Signed(Struct, frozen=True):
    """Who says to have signed, with which public key (32 bytes in hex), and whether that holds."""

    signee: str
    key: str
    is_good: bool


def sign_cacao(document: Object, secret: bytes, signee: str, at: datetime) -> Object:
    """Return the document with one signature more. *signee* is an office, never a person."""
    key = Ed25519PrivateKey.from_private_bytes(secret)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    moment = timestamp(at)
    signature: Object = {
        "type": "jss",
        "id": identifier("jss", document["id"], document["modified"], signee),
        "created": moment,
        "modified": moment,
        "signee": signee,
        "related_to": document["id"],
        "related_version": document["modified"],
        "hash_algorithm": "sha-256",
        "algorithm": "Ed25519",
        "public_key": b64encode(public).decode("ascii"),
    }
    value = key.sign(_digest(document, signature).hex().encode("ascii"))
    signature["value"] = urlsafe_b64encode(value).decode("ascii").rstrip("=")
    return document | {"signatures": [*document.get("signatures", []), signature]}


def signatures_of(document: Object) -> list[Signed]:
    """Return what can be said of each signature; one that cannot be read is not good."""
    found = document.get("signatures", [])
    return [_signed(document, each) for each in found] if isinstance(found, list) else []


def _signed(document: Object, signature: Any) -> Signed:
    if not isinstance(signature, dict):
        return Signed("", "", is_good=False)
    signee = signature.get("signee")
    signee = signee[:120] if isinstance(signee, str) else ""
    try:
        key = load_der_public_key(b64decode(signature["public_key"], validate=True))
        if not isinstance(key, Ed25519PublicKey) or signature["algorithm"] != "Ed25519":
            return Signed(signee, "", is_good=False)
        bare = {name: value for name, value in signature.items() if name != "value"}
        value = signature["value"]
        digest = _digest(document, bare)
        _verify(key, urlsafe_b64decode(value + "=" * (-len(value) % 4)), digest)
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError):
        return Signed(signee, "", is_good=False)
    is_about = (signature.get("related_to"), signature.get("related_version")) == (
        document.get("id"),
        document.get("modified"),
    )
    is_good = is_about and signature.get("revoked") is not True
    return Signed(signee, key.public_bytes_raw().hex(), is_good=is_good)


def _verify(key: Ed25519PublicKey, value: bytes, digest: bytes) -> None:
    """Accept both readings of "sign the hash": of its hexadecimal text, as ours, or of its bytes.

    Raises InvalidSignature for anything else.
    """
    try:
        key.verify(value, digest.hex().encode("ascii"))
    except InvalidSignature:
        key.verify(value, digest)


def _digest(document: Object, signature: Object) -> bytes:
    whole = {name: value for name, value in document.items() if name != "signatures"}
    return hashlib.sha256(rfc8785.dumps(whole | {"signatures": [signature]})).digest()
