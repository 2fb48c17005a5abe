"""Seals: Ed25519 signatures over the hash of the head, which fix all that stands before it."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def public_key(secret: bytes) -> str:
    """Return the public key, in hex, that belongs to a *secret* of 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw().hex()


def sign(secret: bytes, head_hash: str) -> str:
    """Sign the 32 bytes of *head_hash*; the signature is in hex."""
    return Ed25519PrivateKey.from_private_bytes(secret).sign(bytes.fromhex(head_hash)).hex()


def is_signed(key: str, head_hash: str, signature: str) -> bool:
    """Tell whether *signature* over *head_hash* was made by the owner of the public *key*."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
            bytes.fromhex(signature), bytes.fromhex(head_hash)
        )
    except (InvalidSignature, ValueError):
        return False
    return True
