"""Codes of an app (RFC 6238): the secret as a picture to scan, and which code was meant."""

from datetime import datetime

import pyotp
import segno
from markupsafe import Markup

SECONDS = 30
_DIGITS = 6
_AROUND = (0, -1, 1)
"""A clock may be half a minute off, either way."""


def new_secret() -> str:
    """Return a secret of 160 bits, as apps take it."""
    return pyotp.random_base32()


def picture(secret: str, login: str, municipality: str) -> Markup:
    """Return what an app scans, as SVG."""
    issuer = f"Calamity {municipality}".strip()
    address = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)
    svg = segno.make(address, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff")
    return Markup(svg)  # noqa: S704 - drawn here, from an address that is encoded


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """Return the step in time to which a code belongs, or None when it is not of this moment."""
    digits = "".join(code.split())
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    app = pyotp.TOTP(secret)
    now = int(at.timestamp()) // SECONDS
    for step in (now + shift for shift in _AROUND):
        if pyotp.utils.strings_equal(app.generate_otp(step), digits):
            return step
    return None
