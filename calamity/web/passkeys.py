"""Passkeys (WebAuthn): what a browser is asked, and whether it answered for us."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from calamity.actions.second_step import NewFactor, Proof
from calamity.store.factors import Factor

_VERIFIED = UserVerificationRequirement.PREFERRED
_LONGEST = 20_000


def _known(factors: Iterable[Factor]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id))
        for each in factors
        if each.credential_id
    ]


def _host(public_url: str) -> str:
    return urlsplit(public_url).hostname or ""


def _origin(public_url: str) -> str:
    parts = urlsplit(public_url)
    return f"{parts.scheme}://{parts.netloc}"


def question_for_new(
    public_url: str, challenge: bytes, *, user_id: str, login: str, factors: Iterable[Factor]
) -> dict[str, Any]:
    """Return what a browser is asked, to make a passkey that this account does not have yet."""
    options = generate_registration_options(
        rp_id=_host(public_url),
        rp_name="Calamity",
        user_id=user_id.encode(),
        user_name=login,
        challenge=challenge,
        exclude_credentials=_known(factors),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=_VERIFIED
        ),
    )
    return dict(msgspec.json.decode(options_to_json(options)))


def question(public_url: str, challenge: bytes, factors: Iterable[Factor]) -> dict[str, Any] | None:
    """Return what a browser is asked, to show one of these passkeys; None without any."""
    known = _known(factors)
    if not known:
        return None
    options = generate_authentication_options(
        rp_id=_host(public_url), challenge=challenge, allow_credentials=known,
        user_verification=_VERIFIED,
    )  # fmt: skip
    return dict(msgspec.json.decode(options_to_json(options)))


def read_new(public_url: str, challenge: bytes, answer: str, name: str) -> NewFactor | None:
    """Return the passkey that a browser made, or None for what is not one of ours."""
    try:
        made = verify_registration_response(
            credential=answer[:_LONGEST],
            expected_challenge=challenge,
            expected_rp_id=_host(public_url),
            expected_origin=_origin(public_url),
        )
    except (WebAuthnException, ValueError, KeyError):
        return None
    credential = bytes_to_base64url(made.credential_id)
    return NewFactor("passkey", name, made.credential_public_key, credential, made.sign_count)


def read(public_url: str, challenge: bytes, answer: str, factors: Iterable[Factor]) -> Proof | None:
    """Return what a browser proved with one of these passkeys, or None."""
    try:
        sent = msgspec.json.decode(answer[:_LONGEST], type=dict[str, Any])
    except msgspec.MsgspecError:
        return None
    factor = next((each for each in factors if each.credential_id == sent.get("id")), None)
    if factor is None or factor.credential_id is None:
        return None
    try:
        shown = verify_authentication_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=_host(public_url),
            expected_origin=_origin(public_url),
            credential_public_key=factor.secret,
            credential_current_sign_count=factor.count,
        )
    except (WebAuthnException, ValueError, KeyError):
        return None
    return Proof("passkey", factor.id, shown.new_sign_count)
