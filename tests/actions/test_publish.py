import pytest
from msgspec.structs import replace

from calamity.actions.publish import approve, publish, publish_block, revoke
from calamity.actions.signatures import verify_version
from calamity.domain.errors import Conflict, Forbidden, NotFound
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.playbook import Use, Words
from calamity.domain.playbook_check import PlaybookFaults, canonical, fingerprint
from calamity.domain.playbook_life import DocumentKind, VersionState, is_genuine
from calamity.store.keys import list_signatures
from calamity.store.playbooks import find_version, list_versions, usable_version
from tests.make import T0, make_block, make_playbook

SECOND = make_playbook(version=2, title=Words(nl="Tweede", en="Second"))


async def published(database, actor, playbook):
    async with database.transaction() as session:
        return await publish(
            session, actor, canonical(playbook), f"v{playbook.version}.yaml", at=T0
        )


async def approved(database, actor, number=2):
    async with database.transaction() as session:
        return await approve(session, actor, "small", number, at=T0)


async def test_a_published_version_keeps_its_document_and_fingerprint(database, town):
    version = await published(database, town.author, SECOND)
    assert (version.number, version.published_by) == (2, town.author.login)
    assert version.sha256 == fingerprint(SECOND)
    assert version.playbook == SECOND
    assert not version.is_approved


async def test_the_same_document_twice_is_one_version(database, town):
    first = await published(database, town.author, SECOND)
    assert await published(database, town.coordinator, SECOND) == first
    async with database.reading() as session:
        assert [each.number for each in await list_versions(session, town.id)] == [2, 1]


async def test_other_words_under_the_same_number_are_refused(database, town):
    changed = make_playbook(title=Words(nl="Anders", en="Different"))
    with pytest.raises(Conflict, match="version 2") as refused:
        await published(database, town.author, changed)
    assert refused.value.field == "version"
    async with database.reading() as session:
        version = await find_version(session, town.id, "small", 1)
        assert version.playbook == make_playbook()


async def test_an_earlier_number_is_refused_after_a_later_one(database, town):
    await published(database, town.author, make_playbook(version=4))
    with pytest.raises(Conflict, match="5"):
        await published(database, town.author, make_playbook(version=3))


async def test_a_document_with_a_fault_is_not_stored(database, town):
    broken = replace(SECOND, steps=[replace(SECOND.steps[0], role="NOBODY")])
    with pytest.raises(PlaybookFaults):
        await published(database, town.author, broken)
    async with database.reading() as session:
        assert await find_version(session, town.id, "small", 2) is None


async def test_the_author_may_not_approve(database, town):
    await published(database, town.author, SECOND)
    with pytest.raises(Conflict) as refused:
        await approved(database, town.author)
    assert refused.value.field == "by"
    version = await approved(database, town.coordinator)
    assert (version.is_approved, version.approved_by) == (True, town.coordinator.login)


async def test_approving_twice_keeps_the_first_approval(database, town):
    await published(database, town.author, SECOND)
    first = await approved(database, town.coordinator)
    assert await approved(database, town.official) == first


async def test_only_an_approved_version_is_used(database, town):
    await published(database, town.author, SECOND)
    async with database.reading() as session:
        assert (await usable_version(session, town.id, "small", None)).number == 1
        with pytest.raises(Conflict):
            await usable_version(session, town.id, "small", 2)
        with pytest.raises(NotFound):
            await usable_version(session, town.id, "unknown", None)
    await approved(database, town.coordinator)
    async with database.reading() as session:
        assert (await usable_version(session, town.id, "small", None)).number == 2


@pytest.mark.parametrize(
    "role", [UserRole.RESPONDER, UserRole.CONTACT_PERSON, UserRole.PROFESSIONAL]
)
async def test_other_roles_may_not_publish_or_approve(database, town, role):
    actor = Actor(town.id, "someone", role)
    with pytest.raises(Forbidden):
        await published(database, actor, SECOND)
    with pytest.raises(Forbidden):
        await approved(database, actor, 1)


async def test_an_unknown_version_cannot_be_approved(database, town):
    with pytest.raises(NotFound):
        await approved(database, town.coordinator, 9)


async def published_block(database, actor, block):
    async with database.transaction() as session:
        return await publish_block(session, actor, canonical(block), "records.yaml", at=T0)


async def approved_block(database, town, block):
    await published_block(database, town.author, block)
    async with database.transaction() as session:
        return await approve(
            session, town.coordinator, block.block, block.version, kind=DocumentKind.BLOCK, at=T0
        )


USES = replace(SECOND, uses=[Use("records", 1)])


async def test_a_version_is_stored_whole_with_the_approved_blocks_of_its_municipality(
    database, town
):
    block = make_block()
    version = await approved_block(database, town, block)
    assert await published_block(database, town.coordinator, block) == version

    stored = await published(database, town.author, USES)

    assert stored.playbook.role("LOG") == block.roles[0]
    assert stored.playbook.uses == [Use("records", 1, fingerprint(block))]
    assert stored.sha256 == fingerprint(stored.playbook)
    assert await published(database, town.author, stored.playbook) == stored
    assert await published(database, town.author, USES) == stored


async def test_a_block_goes_the_way_of_a_playbook_and_is_used_only_while_approved(database, town):
    block = DocumentKind.BLOCK
    version = await published_block(database, town.author, make_block())
    assert (version.state, version.kind) == (VersionState.SUBMITTED, block)
    with pytest.raises(PlaybookFaults, match="no block records"):
        await published(database, town.author, USES)
    async with database.transaction() as session:
        with pytest.raises(Conflict, match="colleague"):
            await approve(session, town.author, "records", 1, kind=block, at=T0)
        done = await approve(session, town.coordinator, "records", 1, kind=block, at=T0)
        assert await verify_version(session, town.id, done)
    stored = await published(database, town.author, USES)
    async with database.transaction() as session:
        await revoke(session, town.coordinator, "records", 1, "Een fout.", kind=block, at=T0)
    third = replace(USES, version=3)
    with pytest.raises(PlaybookFaults, match="no block records"):
        async with database.transaction() as session:
            await publish(
                session, town.author, canonical(third), "v3.yaml", at=T0,
                blocks={("records", 1): make_block()},
            )  # fmt: skip
    async with database.reading() as session:
        assert await find_version(session, town.id, "small", 2) == stored


async def test_the_signature_of_a_block_is_not_that_of_a_playbook_of_the_same_name(database, town):
    version = await approved_block(database, town, make_block())
    async with database.reading() as session:
        signed = (await list_signatures(session, version.id))["approved"]
    said = {"slug": version.slug, "number": version.number, "sha256": version.sha256}
    assert is_genuine(signed, kind=DocumentKind.BLOCK, **said)
    assert not is_genuine(signed, **said)


async def test_an_approved_block_counts_above_one_that_is_handed_in(database, town):
    block = make_block()
    await approved_block(database, town, block)
    other = make_block(roles=[replace(block.roles[0], code="OTHER")])

    async with database.transaction() as session:
        stored = await publish(
            session, town.author, canonical(USES), "v2.yaml", at=T0,
            blocks={("records", 1): other},
        )  # fmt: skip

    assert {role.code for role in stored.playbook.roles} >= {"LOG"}
    assert "OTHER" not in {role.code for role in stored.playbook.roles}


async def test_other_words_for_a_published_block_are_refused(database, town):
    await published_block(database, town.author, make_block())
    with pytest.raises(Conflict, match="2") as refused:
        await published_block(database, town.author, make_block(title=Words(nl="X", en="Y")))
    assert refused.value.field == "version"


async def test_a_block_needs_the_right_to_publish(database, town):
    reader = Actor(town.id, "reader", UserRole.RESPONDER)
    with pytest.raises(Forbidden):
        await published_block(database, reader, make_block())
