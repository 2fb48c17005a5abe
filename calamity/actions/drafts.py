"""Drafts of playbooks and blocks: begun, saved, submitted as a version, or thrown away."""

import re
from datetime import datetime

from msgspec import structs

from calamity.actions.publish import AnyVersion, get_submitted, publish_either
from calamity.domain.errors import Conflict, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_check import MAX_BYTES
from calamity.domain.playbook_life import DocumentKind
from calamity.domain.playbook_text import as_yaml, blank
from calamity.store.database import Session
from calamity.store.drafts import (
    Draft,
    add_draft,
    close_draft,
    get_draft,
    remove_draft,
    save_draft,
)
from calamity.store.versions import newest_number

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,59}")
_SLUG_LINE = re.compile(
    r"^[\"']?(?:slug|block)[\"']?: *[\"']?([a-z][a-z0-9-]{1,59})\b", re.MULTILINE
)


async def begin_blank(
    session: Session,
    actor: Actor,
    slug: str,
    *,
    kind: DocumentKind = DocumentKind.PLAYBOOK,
    at: datetime,
) -> Draft:
    """Begin from nothing: with a document that has what every one needs, to be overwritten."""
    if _SLUG.fullmatch(slug) is None:
        raise Refused(
            "Use 2 to 60 small letters, digits and hyphens, beginning with a letter.", field="slug"
        )
    if await newest_number(session, actor.municipality_id, kind, slug):
        raise Conflict(
            "There is a playbook of this name already. Begin from its newest version."
            if kind is DocumentKind.PLAYBOOK
            else "There is a block of this name already. Begin from its newest version.",
            field="slug",
        )
    return await begin_with(session, actor, blank(slug, kind), at=at)


async def begin_from_version(
    session: Session,
    actor: Actor,
    slug: str,
    number: int,
    *,
    kind: DocumentKind = DocumentKind.PLAYBOOK,
    at: datetime,
) -> Draft:
    """Begin with the words of a version, numbered as the next one."""
    version = await get_submitted(session, actor, kind, slug, number)
    newest = await newest_number(session, actor.municipality_id, kind, slug)
    document = structs.replace(version.document, version=newest + 1)
    return await begin_with(session, actor, as_yaml(document), import_id=version.import_id, at=at)


async def begin_with(
    session: Session,
    actor: Actor,
    source: str | bytes,
    *,
    import_id: str | None = None,
    at: datetime,
) -> Draft:
    """Begin with the words of a file, faults and all: a draft need not be sound."""
    actor.must(Permission.PUBLISH)
    text = _taken(source)
    return await add_draft(
        session,
        actor.municipality_id,
        slug=_slug_in(text, "playbook"),
        source=text,
        import_id=import_id,
        by=actor.login,
        at=at,
    )


async def save(
    session: Session,
    actor: Actor,
    draft_id: str,
    source: str | bytes,
    *,
    revision: int,
    at: datetime,
) -> Draft:
    """Save a draft that was read at this *revision*. Raises Conflict if somebody else saved it."""
    actor.must(Permission.PUBLISH)
    text = _taken(source)
    draft = await get_draft(session, actor.municipality_id, draft_id)
    _refuse_submitted(draft)
    read = structs.replace(draft, revision=revision)
    slug = _slug_in(text, draft.slug)
    done = await save_draft(
        session, actor.municipality_id, read, slug=slug, source=text, by=actor.login, at=at
    )
    if not done:
        raise _saved_by_another(await get_draft(session, actor.municipality_id, draft_id))
    return await get_draft(session, actor.municipality_id, draft_id)


async def submit(
    session: Session, actor: Actor, draft_id: str, *, revision: int, at: datetime
) -> AnyVersion:
    """Make a version of a draft, if it has no errors. Raises PlaybookFaults or Conflict."""
    actor.must(Permission.PUBLISH)
    draft = await get_draft(session, actor.municipality_id, draft_id, lock=True)
    _refuse_submitted(draft)
    if draft.revision != revision:
        raise _saved_by_another(draft)
    version = await publish_either(
        session, actor, draft.source, "draft.yaml", import_id=draft.import_id, at=at
    )
    await close_draft(session, draft.id, version.id)
    return version


async def discard(session: Session, actor: Actor, draft_id: str, *, revision: int) -> None:
    """Throw away a draft that was read at this *revision*. Raises Conflict for a submitted one."""
    actor.must(Permission.PUBLISH)
    draft = await get_draft(session, actor.municipality_id, draft_id, lock=True)
    _refuse_submitted(draft)
    if draft.revision != revision:
        raise _saved_by_another(draft)
    await remove_draft(session, draft.id)


def _taken(source: str | bytes) -> str:
    """Return the words of a draft, which must be text of the size that the checker reads."""
    if len(source if isinstance(source, bytes) else source.encode()) > MAX_BYTES:
        raise Refused("The document is larger than 512 KB. Make it shorter.", field="source")
    try:
        text = source.decode() if isinstance(source, bytes) else source
    except UnicodeDecodeError as error:
        raise Refused(
            "The document is not text in UTF-8. Save it as such.", field="source"
        ) from error
    if "\x00" in text:
        raise Refused("The document is not text in UTF-8. Save it as such.", field="source")
    return text


def _slug_in(text: str, otherwise: str) -> str:
    found = _SLUG_LINE.search(text)
    return found[1] if found else otherwise


def _refuse_submitted(draft: Draft) -> None:
    if draft.version_id is not None:
        raise Conflict(
            "This draft was submitted. Begin a new draft from the version.", field="draft"
        )


def _saved_by_another(draft: Draft) -> Conflict:
    when = f"{draft.saved_at:%Y-%m-%d %H:%M} UTC"
    return Conflict(
        f"{draft.saved_by} saved this draft at {when}, as revision {draft.revision}. Look at what "
        "changed, and save again on top of it.",
        field="revision",
    )
