"""A file that came in, in whatever form: the file itself says which, and all become a bundle."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from calamity.domain.bundle.archive import LARGEST
from calamity.domain.bundle.manifest import Provenance
from calamity.domain.bundle.unpack import (
    Bundle,
    Carried,
    Unfinished,
    is_bundle,
    open_document,
    unpack,
)
from calamity.domain.cacao import FromCacao, read_cacao
from calamity.domain.errors import Refused
from calamity.domain.playbook import Playbook
from calamity.domain.playbook_check import NO_BLOCKS, Blocks, PlaybookFaults, examine, fingerprint
from calamity.domain.playbook_text import plain_yaml

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,59}")
_LAST_VERSION = 9999
_CACAO = re.compile(rb'"spec_version"\s*:')


def opened(data: bytes, *, at: datetime, blocks: Blocks = NO_BLOCKS) -> Bundle:
    """Open a bundle, a CACAO 2.0 document, or a document of ours by itself, built with *blocks*.

    Raises Refused: CacaoFaults or PlaybookFaults where a document has several faults.
    """
    if len(data) > LARGEST:
        raise Refused(
            "This file is larger than 4 MB. A bundle is smaller: ask for it again.", field="file"
        )
    if is_bundle(data):
        return unpack(data)
    if is_cacao(data):
        return open_cacao(data, at=at)
    return open_document(data, blocks)


def is_cacao(data: bytes) -> bool:
    """Tell whether a file is a document of CACAO, by the field that all of those have."""
    return data.lstrip()[:1] == b"{" and _CACAO.search(data) is not None


def open_cacao(data: bytes, *, at: datetime) -> Bundle:
    """Return a CACAO document as a bundle of one playbook, to finish where it has faults.

    Raises CacaoFaults, and Refused for a signature that does not hold.
    """
    came = read_cacao(data, at=at)
    if not all(signed.is_good for signed in came.signatures):
        raise Refused(
            "A signature on this document does not hold: it was changed after it was signed, or "
            "forged. Ask for it again.",
            field="file",
        )
    names = [(signed.signee, signed.key) for signed in came.signatures] or [("", "")]
    (name, key), *others = names
    return Bundle(name, key, (_carried(came, data, name, key),), tuple(others))


def _carried(came: FromCacao, data: bytes, name: str, key: str) -> Carried:
    plain = came.playbook
    slug, version = _identity(plain)
    document, faults = examine(plain_yaml(plain), f"{slug}/v{version}.yaml")
    errors = tuple(fault for fault in faults if fault.severity == "error")
    if not isinstance(document, Playbook):
        raise PlaybookFaults(faults)
    crossings = tuple(came.crossings)
    if errors:
        sha256 = hashlib.sha256(data).hexdigest()
        provenance = Provenance(slug, version, sha256, name, key, cacao=came.id, is_unfinished=True)
        return Carried(provenance, document, crossings, Unfinished(plain, errors))
    sha256 = fingerprint(document)
    return Carried(Provenance(slug, version, sha256, name, key, cacao=came.id), document, crossings)


def _identity(plain: Mapping[str, Any]) -> tuple[str, int]:
    """Return what a document calls itself, as far as that can be kept: a stranger wrote it."""
    slug, version = plain.get("slug"), plain.get("version")
    if not isinstance(slug, str) or _SLUG.fullmatch(slug) is None:
        slug = "playbook"
    if type(version) is not int or not 1 <= version <= _LAST_VERSION:
        version = 1
    return slug, version
