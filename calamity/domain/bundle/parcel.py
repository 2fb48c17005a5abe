"""A document by itself with its fingerprint, in the two forms in which people send it on."""

import re
from typing import Literal

import msgspec
from msgspec import Struct

from calamity.domain.playbook import Playbook
from calamity.domain.playbook_check import canonical, fingerprint
from calamity.domain.playbook_life import FORM
from calamity.domain.playbook_text import as_yaml

_SENT = re.compile(rb"#.*\bsha256: ([0-9a-f]{64})")


class _Parcel(Struct, frozen=True, forbid_unknown_fields=True):
    form: Literal["calamity-playbook/1"]
    sha256: str
    playbook: msgspec.Raw


def parcel(playbook: Playbook, form: Literal["json", "yaml"]) -> str:
    """Write a playbook with its fingerprint, to send to another municipality."""
    sha256 = fingerprint(playbook)
    if form == "json":
        body = msgspec.json.format(canonical(playbook)).decode()
        return f'{{\n"form": "{FORM}",\n"sha256": "{sha256}",\n"playbook": {body}\n}}\n'
    return f"# {FORM} sha256: {sha256}\n{as_yaml(playbook)}"


def open_parcel(data: bytes) -> tuple[bytes, str | None]:
    """Return the document in a file, and the fingerprint that was sent with it, if one was."""
    try:
        sent = msgspec.json.decode(data, type=_Parcel)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Not a parcel in JSON: the checker says what is wrong with a document that is none either.
        head = _SENT.match(data)
        return data, head[1].decode() if head else None
    return bytes(sent.playbook), sent.sha256
