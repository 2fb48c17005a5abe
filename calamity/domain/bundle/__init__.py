"""Bundles: playbooks on their way to another municipality, in one signed file.

A bundle holds documents, signatures, where they come from, and the words to read on paper. By type
it cannot hold people or numbers; the checker proves it of each document when the file is opened.
A document by itself, of ours or of another program (CACAO), is opened as a bundle of one.
"""

from calamity.domain.bundle.archive import LARGEST
from calamity.domain.bundle.arriving import opened
from calamity.domain.bundle.manifest import Earlier, Manifest, Provenance, Received
from calamity.domain.bundle.pack import Packed, pack
from calamity.domain.bundle.parcel import parcel
from calamity.domain.bundle.unpack import (
    Bundle,
    Carried,
    Unfinished,
    is_bundle,
    open_document,
    unpack,
)

__all__ = [
    "LARGEST",
    "Bundle",
    "Carried",
    "Earlier",
    "Manifest",
    "Packed",
    "Provenance",
    "Received",
    "Unfinished",
    "is_bundle",
    "open_document",
    "opened",
    "pack",
    "parcel",
    "unpack",
]
