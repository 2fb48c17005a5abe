"""Versions of playbooks and blocks and what was said of them, which never changes; drafts."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from calamity.store.tables.columns import document, moment, sealed, short


class ImportRow(SQLModel, table=True):
    """A document of another municipality as it came in: the base of later comparisons."""

    __tablename__ = "playbook_import"

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36, index=True)
    slug: str = short(60)
    number: int
    """The version as its origin numbers it."""
    sha256: str = Field(max_length=64)
    provenance: str = document()
    """`Provenance` as JSON: whose it is, and who signed."""
    document: str = document()
    imported_by: str = Field(max_length=120)
    imported_at: datetime = moment()


class PlaybookVersionRow(SQLModel, table=True):
    """One submitted version: the canonical document and its SHA-256, never changed."""

    __tablename__ = "playbook_version"
    __table_args__ = (UniqueConstraint("municipality_id", "kind", "slug", "number"),)

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    kind: str = Field(max_length=10)
    """playbook, or a block of which playbooks are built."""
    slug: str = short(60)
    number: int
    sha256: str = Field(max_length=64)
    document: str = document()
    published_by: str = Field(max_length=120)
    """Login of the author."""
    published_at: datetime = moment()
    import_id: str | None = Field(default=None, foreign_key="playbook_import.id", max_length=36)
    """What came in from elsewhere, where this version was made from that."""


class ApprovalRow(SQLModel, table=True):
    """The second person's word that a version may be used."""

    __tablename__ = "approval"

    version_id: str = Field(primary_key=True, foreign_key="playbook_version.id", max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    approved_by: str = Field(max_length=120)
    approved_at: datetime = moment()


class WithdrawalRow(SQLModel, table=True):
    """Somebody's word that a version is retired, or revoked; each at most once."""

    __tablename__ = "withdrawal"

    version_id: str = Field(primary_key=True, foreign_key="playbook_version.id", max_length=36)
    kind: str = Field(primary_key=True, max_length=10)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    reason: str = Field(max_length=500)
    withdrawn_by: str = Field(max_length=120)
    withdrawn_at: datetime = moment()


class SignatureRow(SQLModel, table=True):
    """An Ed25519 signature over a version: of the municipality, or of who approved it."""

    __tablename__ = "playbook_signature"

    version_id: str = Field(primary_key=True, foreign_key="playbook_version.id", max_length=36)
    act: str = Field(primary_key=True, max_length=10)
    """published or approved."""
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
    named: str = Field(max_length=120)
    """The municipality's name as it stands in what was signed."""
    public_key: str = Field(max_length=64)
    signature: str = Field(max_length=128)
    signed_at: datetime = moment()


class PersonKeyRow(SQLModel, table=True):
    """The key with which somebody countersigns; sealed for this login alone."""

    __tablename__ = "person_key"

    municipality_id: str = Field(primary_key=True, foreign_key="municipality.id", max_length=36)
    login: str = Field(primary_key=True, max_length=120)
    signing_key: bytes = sealed()
    created_at: datetime = moment()


class TrustedKeyRow(SQLModel, table=True):
    """The fingerprint of another municipality's key, heard from that municipality itself."""

    __tablename__ = "trusted_key"

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36, index=True)
    name: str = short(120)
    fingerprint: str = Field(max_length=64)
    added_by: str = Field(max_length=120)
    added_at: datetime = moment()
    withdrawn_by: str | None = Field(default=None, max_length=120)
    withdrawn_at: datetime | None = moment(nullable=True)


class DraftRow(SQLModel, table=True):
    """A document under hand. *revision* rises with every save: nobody saves over another."""

    __tablename__ = "playbook_draft"

    id: str = Field(primary_key=True, max_length=36)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36, index=True)
    slug: str = short(60)
    revision: int = 1
    source: str = document()
    author: str = Field(max_length=120)
    created_at: datetime = moment()
    saved_by: str = Field(max_length=120)
    saved_at: datetime = moment()
    import_id: str | None = Field(default=None, foreign_key="playbook_import.id", max_length=36)
    version_id: str | None = Field(default=None, foreign_key="playbook_version.id", max_length=36)
    """What it was submitted as; it is not edited any more then."""


class DraftWriterRow(SQLModel, table=True):
    """Somebody who wrote in a draft, and so never approves what it becomes."""

    __tablename__ = "playbook_draft_writer"

    draft_id: str = Field(primary_key=True, foreign_key="playbook_draft.id", max_length=36)
    login: str = Field(primary_key=True, max_length=120)
    municipality_id: str = Field(foreign_key="municipality.id", max_length=36)
