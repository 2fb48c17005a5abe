"""Packing: the same versions always give the same file."""

import hashlib
from collections.abc import Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import msgspec
from msgspec import Struct

from calamity.domain.bundle.manifest import (
    FORM,
    MANIFEST,
    README,
    SEAL,
    Held,
    Manifest,
    Provenance,
    seal_digest,
)
from calamity.domain.playbook import Playbook
from calamity.domain.playbook_check import canonical
from calamity.domain.playbook_life import grouped, key_fingerprint
from calamity.domain.playbook_text import as_markdown
from calamity.domain.timeline import public_key, sign

# The first moment that a zip can hold: when a file was packed says nothing, and differs.
_ANY_TIME = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3


class Packed(Struct, frozen=True):
    """A version to pack, and where it comes from."""

    provenance: Provenance
    playbook: Playbook


def pack(secret: bytes, municipality: str, items: Sequence[Packed]) -> bytes:
    """Return a bundle of these versions, signed with the municipality's *secret* key."""
    items = sorted(items, key=lambda item: (item.provenance.slug, item.provenance.version))
    key = public_key(secret)
    files = {README: _readme(municipality, key, items).encode()}
    for item in items:
        files[item.provenance.document_path] = canonical(item.playbook)
        for language in ("nl", "en"):
            words = as_markdown(item.playbook, language)
            files[item.provenance.text_path(language)] = words.encode()
    manifest = msgspec.json.encode(
        Manifest(
            form=FORM,
            municipality=municipality,
            key=key,
            playbooks=tuple(item.provenance for item in items),
            files=tuple(
                Held(path, hashlib.sha256(data).hexdigest()) for path, data in sorted(files.items())
            ),
        ),
        order="sorted",
    )
    seal = sign(secret, seal_digest(manifest)).encode()
    return _zipped({MANIFEST: manifest, SEAL: seal} | dict(sorted(files.items())))


def _zipped(files: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for path, data in files.items():
            entry = ZipInfo(path, _ANY_TIME)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            archive.writestr(entry, data)
    return out.getvalue()


def _readme(municipality: str, key: str, items: Sequence[Packed]) -> str:
    names = "\n".join(
        f"- {item.playbook.title.nl} / {item.playbook.title.en}: "
        f"{item.provenance.slug}, versie / version {item.provenance.version}"
        for item in items
    )
    return _README.format(
        municipality=municipality, names=names, fingerprint=grouped(key_fingerprint(key))
    )


_README = """\
# Draaiboeken van / Playbooks of {municipality}

{names}

Vingerafdruk van de sleutel / Fingerprint of the key:

    {fingerprint}

Bel deze gemeente en vergelijk de vingerafdruk voordat je de sleutel vertrouwt. Lezen: map `texts`.
Overnemen: Calamity, bladzijde Draaiboeken, of `calamity playbooks import`. In dit bestand staan
geen mensen en geen nummers.

Phone this municipality and compare the fingerprint before you trust the key. To read: folder
`texts`. To take over: Calamity, page Playbooks, or `calamity playbooks import`. There are no people
and no numbers in this file.
"""
