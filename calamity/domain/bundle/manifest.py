"""What stands on the outside of a bundle: whose it is, what is in it, and who signed that."""

import hashlib
from typing import Annotated, Literal

from msgspec import Meta, Struct

from calamity.domain.permissions import UserRole
from calamity.domain.playbook import Slug
from calamity.domain.playbook.document import Version
from calamity.domain.playbook_life import Key, MunicipalityName, Sha256, Signed

FORM: Literal["calamity-bundle/1"] = "calamity-bundle/1"
MANIFEST, SEAL, README = "manifest.json", "manifest.sig", "README.md"
MOST_PLAYBOOKS = 40
_MOST_EARLIER = 500


class Earlier(Struct, frozen=True, forbid_unknown_fields=True):
    """An earlier version at the origin, by its fingerprint."""

    version: Version
    sha256: Sha256


class Received(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the origin itself has a playbook from."""

    municipality: Annotated[str, Meta(max_length=120)]
    key: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")]
    version: Version
    sha256: Sha256


class Provenance(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a version comes from. Empty names and keys: from a file that nobody signed."""

    slug: Slug
    version: Version
    sha256: Sha256
    municipality: Annotated[str, Meta(max_length=120)] = ""
    key: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")] = ""
    published: Signed | None = None
    approved: Signed | None = None
    office: UserRole | None = None
    """As what somebody approved it there, as the municipality says: an office, never a name."""
    cacao: Annotated[str, Meta(max_length=120)] = ""
    """Of a document in CACAO: its identifier there."""
    is_unfinished: bool = False
    """Whether it came in with faults, as a draft to finish; *sha256* is then that of the file."""
    earlier: Annotated[tuple[Earlier, ...], Meta(max_length=_MOST_EARLIER)] = ()
    received: Received | None = None

    @property
    def document_path(self) -> str:
        """Where the document is in the bundle."""
        return f"playbooks/{self.slug}/v{self.version}.json"

    def text_path(self, language: str) -> str:
        """Return where the words to read on paper are."""
        return f"texts/{self.slug}/v{self.version}.{language}.md"


class Held(Struct, frozen=True, forbid_unknown_fields=True):
    """One file in the bundle."""

    path: Annotated[str, Meta(max_length=120)]
    sha256: Sha256


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """The list of what a bundle holds; the municipality signs its bytes."""

    form: Literal["calamity-bundle/1"]
    municipality: MunicipalityName
    key: Key
    playbooks: Annotated[tuple[Provenance, ...], Meta(min_length=1, max_length=MOST_PLAYBOOKS)]
    files: Annotated[tuple[Held, ...], Meta(max_length=4 * MOST_PLAYBOOKS)]


def seal_digest(manifest: bytes) -> str:
    """Return the hash that is signed; the form in it keeps it apart from all else we sign."""
    return hashlib.sha256(f"{FORM}\n".encode() + manifest).hexdigest()
