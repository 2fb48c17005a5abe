"""Unpacking: everything is verified before anything is believed."""

import hashlib
from typing import Any

import msgspec
from msgspec import Struct

from calamity.domain.bundle.archive import entries_of
from calamity.domain.bundle.manifest import (
    MANIFEST,
    SEAL,
    Manifest,
    Provenance,
    seal_digest,
)
from calamity.domain.bundle.parcel import open_parcel
from calamity.domain.cacao import Crossing
from calamity.domain.errors import Refused
from calamity.domain.playbook import Playbook
from calamity.domain.playbook_check import (
    MAX_BYTES,
    NO_BLOCKS,
    Blocks,
    Fault,
    PlaybookFaults,
    fingerprint,
    read,
)
from calamity.domain.playbook_life import is_genuine
from calamity.domain.timeline import is_signed

_ZIP = b"PK"
_DOCUMENT = "playbook.yaml"
"""In what file a document by itself stood is not its affair: people call theirs as they like."""


class Unfinished(Struct, frozen=True):
    """A document that still has faults: as it stands in our documents, to become a draft."""

    plain: dict[str, Any]
    faults: tuple[Fault, ...]


class Carried(Struct, frozen=True):
    """A playbook that came in, checked, and where it comes from.

    *crossings* says what of another program's document did not come across. What is *unfinished*
    has parts of *playbook* blank.
    """

    provenance: Provenance
    playbook: Playbook
    crossings: tuple[Crossing, ...] = ()
    unfinished: Unfinished | None = None


class Bundle(Struct, frozen=True):
    """What came in. Without *key* nobody signed it: it was a document by itself.

    *others* signed it too, each by name and key; only CACAO knows such.
    """

    municipality: str
    key: str
    items: tuple[Carried, ...]
    others: tuple[tuple[str, str], ...] = ()


def is_bundle(data: bytes) -> bool:
    """Tell whether a file is a bundle, or else a document by itself."""
    return data.startswith(_ZIP)


def unpack(data: bytes) -> Bundle:
    """Return what a bundle holds. Raises Refused, in words, for whatever is wrong with it."""
    files = entries_of(data)
    manifest = _manifest(files)
    _check_files(files, manifest)
    items = tuple(_carried(files, manifest, each) for each in manifest.playbooks)
    if len({item.provenance.slug for item in items}) < len(items):
        raise _refused("There is a playbook in this bundle twice. Ask for it again.")
    return Bundle(manifest.municipality, manifest.key, items)


def open_document(data: bytes, blocks: Blocks = NO_BLOCKS) -> Bundle:
    """Return a document by itself, YAML or JSON, as a bundle that nobody signed.

    Raises PlaybookFaults, with every fault, for a document that has an error, and Refused for one
    that is not what its fingerprint says.
    """
    data, sha256 = open_parcel(data)
    playbook = read(data, _DOCUMENT, blocks)
    provenance = Provenance(playbook.slug, playbook.version, fingerprint(playbook))
    if sha256 not in (None, provenance.sha256):
        raise _refused(
            "The document is not the one that was exported: its fingerprint differs. Ask for it "
            "again."
        )
    return Bundle("", "", (Carried(provenance, playbook),))


def _refused(words: str) -> Refused:
    return Refused(words, field="file")


def _manifest(files: dict[str, bytes]) -> Manifest:
    if MANIFEST not in files or SEAL not in files:
        raise _refused("This is a zip, but not a bundle of playbooks: its list is missing.")
    try:
        manifest = msgspec.json.decode(files[MANIFEST], type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refused(
            "The list of this bundle cannot be read. It is damaged, or of a later release."
        ) from error
    seal = files[SEAL].decode("ascii", "replace")
    if not is_signed(manifest.key, seal_digest(files[MANIFEST]), seal):
        raise _refused(
            "The signature on this bundle is forged, or the bundle was changed on its way. Ask the "
            "municipality itself for it."
        )
    return manifest


def _check_files(files: dict[str, bytes], manifest: Manifest) -> None:
    listed = {held.path: held.sha256 for held in manifest.files}
    if files.keys() - {MANIFEST, SEAL} != listed.keys():
        raise _refused("The files in this bundle are not those on its list. Ask for it again.")
    for path, sha256 in listed.items():
        if hashlib.sha256(files[path]).hexdigest() != sha256:
            raise _refused(
                "A file in this bundle was changed after it was signed. Ask the municipality "
                "itself for it."
            )


def _carried(files: dict[str, bytes], manifest: Manifest, provenance: Provenance) -> Carried:
    document = files.get(provenance.document_path)
    if document is None:
        raise _refused("A playbook on the list of this bundle is not in it. Ask for it again.")
    if len(document) > MAX_BYTES:
        raise _refused(f"The playbook {provenance.slug} is larger than 512 KB.")
    _check_signatures(manifest, provenance)
    try:
        playbook = read(document, f"{provenance.slug}/v{provenance.version}.yaml")
    except PlaybookFaults as faults:
        raise _refused(f"The playbook {provenance.slug} has faults. {faults.message}") from faults
    if fingerprint(playbook) != provenance.sha256:
        raise _refused(f"The playbook {provenance.slug} is not the one that was signed.")
    return Carried(provenance, playbook)


def _check_signatures(manifest: Manifest, provenance: Provenance) -> None:
    """Make sure that the municipality signed the version, and that an approval is a real one."""
    published, approved = provenance.published, provenance.approved
    whose = (provenance.key, published.key if published else "")
    acts = [signed.act for signed in (published, approved) if signed]
    is_sound = (
        published is not None
        and not provenance.cacao
        and not provenance.is_unfinished
        # The key of the municipality is no second person.
        and (approved is None or approved.key != manifest.key)
        and whose == (manifest.key, manifest.key)
        and acts == ["published", "approved"][: len(acts)]
        and all(
            is_genuine(
                signed,
                slug=provenance.slug,
                number=provenance.version,
                sha256=provenance.sha256,
            )
            for signed in (published, approved)
            if signed
        )
    )
    if not is_sound:
        raise _refused(
            f"A signature on the playbook {provenance.slug} is forged. Ask the municipality itself "
            "for it."
        )
