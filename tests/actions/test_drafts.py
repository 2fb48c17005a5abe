"""Drafts: saved by several people without loss, and submitted once."""

import asyncio

import pytest

from calamity.actions import drafts
from calamity.actions.publish import approve, may_approve
from calamity.domain.errors import Conflict, Forbidden, NotFound, Refused
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.playbook_check import PlaybookFaults, check, read, read_block
from calamity.domain.playbook_life import DocumentKind, VersionState
from calamity.domain.playbook_text import as_yaml
from calamity.store.blocks import blocks_of
from calamity.store.drafts import get_draft, list_drafts, writers_in
from calamity.store.playbooks import find_version, list_versions
from tests.make import T0, later, make_playbook


async def begun(database, actor, slug="new-plan"):
    async with database.transaction() as session:
        return await drafts.begin_blank(session, actor, slug, at=T0)


async def saved(database, actor, draft, source, revision=None):
    async with database.transaction() as session:
        return await drafts.save(
            session, actor, draft.id, source, revision=revision or draft.revision, at=later(hours=1)
        )


async def submitted(database, actor, draft):
    async with database.transaction() as session:
        return await drafts.submit(session, actor, draft.id, revision=draft.revision, at=T0)


async def test_a_blank_draft_is_sound(database, town):
    draft = await begun(database, town.author)
    assert check(draft.source, "draft.yaml") == []
    assert (draft.slug, draft.revision, draft.author) == ("new-plan", 1, town.author.login)


async def test_a_draft_from_a_version_has_its_words_and_the_next_number(database, town):
    async with database.transaction() as session:
        draft = await drafts.begin_from_version(session, town.author, "small", 1, at=T0)
        with pytest.raises(NotFound):
            await drafts.begin_from_version(session, town.author, "small", 7, at=T0)
    assert read(draft.source, "draft.yaml") == make_playbook(version=2)


async def test_a_draft_from_a_file_may_have_faults_and_is_not_submitted(database, town):
    async with database.transaction() as session:
        draft = await drafts.begin_with(session, town.author, "slug: bad\nsteps: [", at=T0)
    assert draft.slug == "bad"
    with pytest.raises(PlaybookFaults):
        await submitted(database, town.author, draft)
    async with database.reading() as session:
        assert [each.id for each in await list_drafts(session, town.id)] == [draft.id]


async def test_who_saves_over_another_hears_who_it_was(database, town):
    draft = await begun(database, town.author)
    second = await saved(database, town.coordinator, draft, draft.source + "# A.\n")
    assert (second.revision, second.saved_by) == (2, town.coordinator.login)
    with pytest.raises(Conflict, match="revision 2") as refused:
        await saved(database, town.author, draft, "lost?", revision=1)
    assert town.coordinator.login in refused.value.message
    async with database.reading() as session:
        assert (await get_draft(session, town.id, draft.id)).source == draft.source + "# A.\n"


async def test_of_two_who_save_at_once_one_wins(database, town):
    draft = await begun(database, town.author)
    done = await asyncio.gather(
        *(saved(database, town.author, draft, f"slug: new-plan # {n}") for n in range(5)),
        return_exceptions=True,
    )
    assert sorted(isinstance(each, Conflict) for each in done) == [False, True, True, True, True]


async def test_a_submitted_draft_becomes_a_version_and_rests(database, town):
    draft = await begun(database, town.author)
    version = await submitted(database, town.author, draft)
    assert version.playbook == read(draft.source, "draft.yaml")
    for again in (
        submitted(database, town.author, draft), saved(database, town.author, draft, "x"),
    ):  # fmt: skip
        with pytest.raises(Conflict, match="submitted"):
            await again
    async with database.reading() as session:
        assert await list_drafts(session, town.id) == []
        assert len(await list_versions(session, town.id, "new-plan")) == 1


async def test_an_old_revision_is_not_submitted_or_thrown_away(database, town):
    draft = await begun(database, town.author)
    await saved(database, town.coordinator, draft, draft.source + "# Later.\n")
    with pytest.raises(Conflict, match="saved this draft"):
        await submitted(database, town.author, draft)
    async with database.transaction() as session:
        with pytest.raises(Conflict, match="saved this draft"):
            await drafts.discard(session, town.author, draft.id, revision=1)
        await drafts.discard(session, town.author, draft.id, revision=2)
        with pytest.raises(NotFound):
            await get_draft(session, town.id, draft.id)


async def test_who_wrote_the_draft_may_not_approve_what_another_submits(database, town):
    draft = await begun(database, town.coordinator)
    await submitted(database, town.author, draft)
    async with database.transaction() as session:
        with pytest.raises(Conflict, match="colleague"):
            await approve(session, town.coordinator, "new-plan", 1, at=T0)
        assert (await approve(session, town.official, "new-plan", 1, at=T0)).is_approved


async def test_nobody_who_wrote_in_a_draft_may_approve_it_whoever_came_after(database, town):
    administrator = Actor(town.id, "admin", UserRole.ADMINISTRATOR)
    draft = await begun(database, town.author)
    for actor in (town.coordinator, administrator, town.author):
        draft = await saved(database, actor, draft, draft.source + "# More.\n")
    async with database.reading() as session:
        assert await writers_in(session, draft.id) == sorted(
            each.login for each in (town.author, town.coordinator, administrator)
        )
    await submitted(database, town.author, draft)
    async with database.transaction() as session:
        version = await find_version(session, town.id, "new-plan", 1)
        assert version is not None
        for actor in (town.author, town.coordinator, administrator):
            assert not await may_approve(session, actor, version)
            with pytest.raises(Conflict, match="wrote"):
                await approve(session, actor, "new-plan", 1, at=T0)
        assert await may_approve(session, town.official, version)
        assert (await approve(session, town.official, "new-plan", 1, at=T0)).is_approved


async def test_a_block_is_begun_written_submitted_and_approved_by_another(database, town):
    block = DocumentKind.BLOCK
    async with database.transaction() as session:
        draft = await drafts.begin_blank(session, town.author, "shared", kind=block, at=T0)
    assert check(draft.source, "draft.yaml") == []
    draft = await saved(database, town.coordinator, draft, draft.source + "# B.\n")
    version = await submitted(database, town.author, draft)
    assert (version.kind, version.state) == (block, VersionState.SUBMITTED)
    async with database.transaction() as session:
        with pytest.raises(Conflict, match="wrote"):
            await approve(session, town.coordinator, "shared", 1, kind=block, at=T0)
        await approve(session, town.official, "shared", 1, kind=block, at=T0)
        with pytest.raises(Conflict, match="block of this name"):
            await drafts.begin_blank(session, town.author, "shared", kind=block, at=T0)
        again = await drafts.begin_from_version(
            session, town.author, "shared", 1, kind=block, at=T0
        )
        assert list(await blocks_of(session, town.id)) == [("shared", 1)]
        await drafts.begin_blank(session, town.author, "shared", at=T0)
    assert read_block(again.source, "draft.yaml").version == 2


@pytest.mark.parametrize(
    "source",
    ["x" * (512 * 1024 + 1), b"slug: \xff\xfe", "slug: a\x00b"],
    ids=["long", "bytes", "nul"],
)
async def test_what_is_no_document_is_not_kept(database, town, source):
    with pytest.raises(Refused) as refused:
        async with database.transaction() as session:
            await drafts.begin_with(session, town.author, source, at=T0)
    assert refused.value.field == "source"


async def test_drafts_are_for_who_publishes_and_for_one_municipality(database, town):
    draft = await begun(database, town.author)
    with pytest.raises(Forbidden):
        await begun(database, town.official)
    stranger = Actor("another-town", "x", UserRole.COORDINATOR)
    with pytest.raises(NotFound):
        await saved(database, stranger, draft, "x")
    with pytest.raises(Conflict, match="this name"):
        await begun(database, town.author, "small")
    with pytest.raises(Refused):
        await begun(database, town.author, "Not A Slug")


def test_a_playbook_written_as_yaml_reads_back_the_same():
    playbook = make_playbook()
    assert read(as_yaml(playbook), "draft.yaml") == playbook
