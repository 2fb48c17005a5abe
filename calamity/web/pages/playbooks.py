"""Playbooks: what there is, reading one, and publishing a version."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import structs

from calamity.actions.bindings import bindings_of
from calamity.actions.publish import AnyVersion, may_approve, publish
from calamity.actions.signatures import verify_version
from calamity.domain.errors import CalamityError, NotFound, Refused
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import (
    CallOut,
    Decision,
    Dispatch,
    Playbook,
    Role,
    Round,
    Scenario,
    Step,
    seconds,
)
from calamity.domain.playbook_check import Fault, PlaybookFaults
from calamity.domain.playbook_life import VersionState
from calamity.domain.playbook_prose import condition, moment
from calamity.store.blocks import BlockVersion, list_blocks
from calamity.store.database import Session
from calamity.store.imports import get_import
from calamity.store.playbooks import (
    PlaybookVersion,
    find_version,
    list_uses,
    list_versions,
)
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.forms import LARGEST_FORM
from calamity.web.pages.frame import (
    PageRequest,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    see_other,
    upload_of,
    wrong,
)
from calamity.web.pages.names import Names, names_of
from calamity.web.pages.playbook_gaps import gap_lines
from calamity.web.pages.playbook_messages import message_groups
from calamity.web.pages.studio.begin import drafts_of
from calamity.web.pages.task_lines import ACTS
from calamity.web.paths import PATHS, path
from calamity.web.refusals import said
from calamity.web.views import playbook as views
from calamity.web.views.frame import Form
from calamity.web.views.playbook_transfer import GapLine
from calamity.web.views.start import PlaybookCard

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_LARGEST_PLAYBOOK = LARGEST_FORM * 16  # a megabyte

V = TypeVar("V", bound=AnyVersion)


def card_of(
    version: PlaybookVersion, names: Names, language: Language, at: datetime
) -> PlaybookCard:
    """Return a version as a card: of its purpose the first sentence, which says what it is for."""
    playbook = version.playbook
    approved_at = version.approved_at or version.published_at
    by = version.approved_by or ""
    return PlaybookCard(
        slug=version.slug,
        title=playbook.title.in_language(language.code),
        purpose=_SENTENCE_END.split(playbook.purpose.in_language(language.code).strip(), 1)[0],
        version=version.number,
        published_at=approved_at,
        steps=len(playbook.steps),
        messages=len(playbook.messages),
        approved_by=names.get(by, by),
        expired=version.is_past_its_date(at),
        retired=version.retired.reason if version.retired else "",
    )


def by_scenario(versions: Iterable[PlaybookVersion]) -> list[PlaybookVersion]:
    """Return versions in the order in which they are looked for: what strikes suddenly first."""
    order = list(Scenario)
    return sorted(versions, key=lambda each: (order.index(each.playbook.scenario), each.slug))


def newest_approved(versions: Sequence[V]) -> list[V]:
    """Return per document the newest version that is in use."""
    newest: dict[str, V] = {}
    for version in versions:
        if version.state is VersionState.PUBLISHED:
            newest.setdefault(version.slug, version)
    return list(newest.values())


@get(PATHS["playbooks"], name="playbooks", guards=[needs(Permission.SEE_PLAYBOOKS)])
async def playbooks(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show all playbooks, and what waits for a second person."""
    return await _list(request, actor)


async def _list(
    request: PageRequest, actor: Actor, form: Form | None = None, problems: Sequence[str] = ()
) -> Response[Any]:
    language, at = language_of(request), now()
    async with house_of(request).database.reading() as session:
        versions = await list_versions(session, actor.municipality_id)
        blocks = await list_blocks(session, actor.municipality_id)
        names = await names_of(session, actor.municipality_id)
        drafts = await drafts_of(session, actor, names, language)
        waiting = [
            await _waiting(session, actor, version, names, language)
            for version in (*_not_yet_approved(versions), *_not_yet_approved(blocks))
        ]
    view = views.Playbooks(
        playbooks=tuple(
            card_of(version, names, language, at)
            for version in by_scenario(newest_approved(versions))
        ),
        blocks=tuple(block_line(version, language) for version in newest_approved(blocks)),
        waiting=tuple(waiting),
        form=form or Form(),
        problems=tuple(problems),
        drafts=drafts,
    )
    frame = await frame_of(request, here="playbooks")
    return page(request, "playbooks", frame, view, 422 if form else 200)


def newest_retired(versions: Sequence[PlaybookVersion]) -> list[PlaybookVersion]:
    """Return per playbook the newest version that was approved and then taken out of use."""
    newest: dict[str, PlaybookVersion] = {}
    for version in versions:
        if version.state is VersionState.RETIRED and version.is_approved:
            newest.setdefault(version.slug, version)
    return list(newest.values())


def _not_yet_approved(versions: Sequence[AnyVersion]) -> list[AnyVersion]:
    """Return what waits for a second person, and nothing newer took the place of."""
    in_use = {version.slug: version.number for version in newest_approved(versions)}
    return [
        version
        for version in versions
        if version.state is VersionState.SUBMITTED and version.number > in_use.get(version.slug, 0)
    ]


async def _waiting(
    session: Session, actor: Actor, version: AnyVersion, names: Names, language: Language
) -> views.WaitingVersion:
    return views.WaitingVersion(
        kind=version.kind.value,
        slug=version.slug,
        title=version.document.title.in_language(language.code),
        version=version.number,
        author=names.get(version.published_by, version.published_by),
        since=version.published_at,
        may_approve=await may_approve(session, actor, version),
    )


def block_line(version: BlockVersion, language: Language) -> views.BlockLine:
    """Return a version of a block as one of a list."""
    return views.BlockLine(
        version.slug, version.block.title.in_language(language.code), version.number
    )


@post(
    PATHS["playbook_publish"],
    name="playbook.publish",
    guards=[needs(Permission.PUBLISH)],
    request_max_body_size=_LARGEST_PLAYBOOK,
    status_code=303,
)
async def publish_version(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Take in a playbook document; a second person must approve it before it can be used."""
    language = language_of(request)
    try:
        filename, source = await upload_of(request, "file")
        async with house_of(request).database.transaction() as session:
            version = await publish(session, actor, source, filename, at=now())
    except PlaybookFaults as refused:
        return await _list(request, actor, Form(), fault_lines(refused.faults, language))
    except CalamityError as error:
        return await _list(request, actor, wrong(Form(), error, language, {"version": "file"}))
    said = language.text("Published. A colleague must approve it before it can be used.")
    return see_other(request, path("playbook", slug=version.slug, version=version.number), said)


def fault_lines(faults: Sequence[Fault], language: Language) -> list[str]:
    """Return the faults of a document in the language of the reader."""
    return [
        language.text(
            "Line %(line)s: %(message)s %(cure)s",
            line=fault.line,
            message=fault.message if language.code == "en" else fault.message_nl,
            cure=fault.cure if language.code == "en" else fault.cure_nl,
        )
        for fault in faults
    ]


@get(PATHS["playbook"], name="playbook", guards=[needs(Permission.SEE_PLAYBOOKS)])
async def read_playbook(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    version: FromPath[int],
) -> Response[Any]:
    """Show one version of a playbook, as people read it."""
    language = language_of(request)
    async with house_of(request).database.reading() as session:
        found = await find_version(session, actor.municipality_id, slug, version)
        versions = await list_versions(session, actor.municipality_id, slug)
        names = await names_of(session, actor.municipality_id)
        if found is None:
            raise NotFound("This playbook version does not exist.", field="version")
        uses = await _uses(session, actor, found, names)
        forged = await forged_words(session, actor, found, language)
        is_second = await may_approve(session, actor, found)
        gaps = await _gaps(session, actor, found, language)
        came = found.import_id and await get_import(session, actor.municipality_id, found.import_id)
    view = structs.replace(
        _reader(found.playbook, language),
        version=version_line(found, names, language),
        versions=tuple(version_line(each, names, language) for each in versions),
        may_approve=is_second,
        uses=uses,
        origin=came.provenance.municipality if came else None,
        forged=forged,
        gaps=gaps,
    )
    return page(request, "playbook", await frame_of(request, here="playbooks"), view)


async def forged_words(
    session: Session, actor: Actor, version: AnyVersion, language: Language
) -> str | None:
    """Say what is wrong with the signatures over a version, if something is."""
    if not version.is_approved:
        return None
    try:
        await verify_version(session, actor.municipality_id, version)
    except Refused as error:
        return said(error, language)
    return None


async def _gaps(
    session: Session, actor: Actor, version: PlaybookVersion, language: Language
) -> tuple[GapLine, ...]:
    is_done = version.state in (VersionState.RETIRED, VersionState.REVOKED)
    if is_done or not actor.may(Permission.SEE_PEOPLE):
        return ()
    bindings = await bindings_of(session, actor.municipality_id)
    return gap_lines(bindings.gaps(version.playbook), language)


async def _uses(
    session: Session, actor: Actor, version: PlaybookVersion, names: Names
) -> tuple[views.UseLine, ...] | None:
    if not actor.may(Permission.SEE_CALAMITIES):
        return None
    return tuple(
        views.UseLine(
            use.calamity_id,
            use.calamity_title,
            use.is_exercise,
            use.t0,
            names.get(use.activated_by, use.activated_by),
        )
        for use in await list_uses(session, version.id)
    )


def version_line(version: AnyVersion, names: Names, language: Language) -> views.VersionLine:
    """Return a version of a playbook or a block as one of all its versions."""
    playbook = version if isinstance(version, PlaybookVersion) else None
    approver = version.approved_by
    ended = version.revoked or version.retired
    return views.VersionLine(
        version=version.number,
        state=version.state.value,
        published_at=version.published_at,
        author=names.get(version.published_by, version.published_by),
        approver=names.get(approver, approver) if approver else None,
        changes=tuple(words.in_language(language.code) for words in version.document.changes),
        sha256=version.sha256,
        good_until=playbook.good_until if playbook else None,
        past_date=playbook is not None and playbook.is_past_its_date(now()),
        reason=ended.reason if ended else "",
    )


def _reader(playbook: Playbook, language: Language) -> views.PlaybookPage:
    code = language.code
    return views.PlaybookPage(
        slug=playbook.slug,
        title=playbook.title.in_language(code),
        purpose=playbook.purpose.in_language(code),
        version=views.VersionLine(playbook.version, "submitted", None, "", None, (), ""),
        versions=(),
        we_do=tuple(words.in_language(code) for words in playbook.limits.we_do),
        we_do_not=tuple(words.in_language(code) for words in playbook.limits.we_do_not),
        roles=tuple(role_view(role, language) for role in playbook.roles),
        phases=tuple(
            views.PhaseView(
                code=phase.code,
                title=phase.title.in_language(code),
                starts=seconds(phase.starts),
                steps=tuple(
                    _step(step, playbook, language)
                    for step in playbook.steps
                    if step.phase == phase.code
                ),
            )
            for phase in playbook.phases
        ),
        messages=message_groups(playbook, language),
        quiet_hours=(playbook.quiet_hours.start, playbook.quiet_hours.end),
        messages_per_day=playbook.budget.messages_per_day,
        asks_per_day=playbook.budget.asks_per_day,
    )


def role_view(role: Role, language: Language) -> views.RoleView:
    """Return a role, in words."""
    code = language.code
    return views.RoleView(role.title.in_language(code), role.task.in_language(code), role.minimum)


def _step(step: Step, playbook: Playbook, language: Language) -> views.StepView:
    act, says, message = _act(step, playbook, language)
    code = language.code
    return views.StepView(
        code=step.code,
        title=step.title.in_language(code),
        role=playbook.role(step.role).title.in_language(code),
        start=moment(step.start, playbook).in_language(code),
        due=moment(step.due, playbook).in_language(code),
        only_if=condition(step.when, playbook).in_language(code) if step.when else None,
        who=step.who,
        automatic=step.automatic,
        may_skip=step.may_skip,
        act=act,
        act_says=says,
        message=message,
        evidence=step.evidence.in_language(code) if step.evidence else None,
        help=step.help.in_language(code) if step.help else None,
    )


def _act(
    step: Step, playbook: Playbook, language: Language
) -> tuple[views.ActKind | None, str, str | None]:
    """Return (kind, words, message code) of what the product does in a step."""

    def named(audiences: Sequence[str]) -> str:
        return ", ".join(
            playbook.audience(each).title.in_language(language.code) for each in audiences
        )

    match step.act:
        case CallOut(quota=quota, message=message):
            words = language.plural("%(num)s person needed", "%(num)s people needed", quota)
            return "call-out", words, message
        case Dispatch(audience=audience, message=message):
            return "dispatch", named([audience]), message
        case Round(audiences=audiences, message=message):
            return "round", named(audiences), message
        case Decision(question=question):
            return "decision", question.in_language(language.code), None
        case None:
            return None, "", None
        case _:
            return ACTS[type(step.act)], "", None


PLAYBOOKS = [playbooks, publish_version, read_playbook]
