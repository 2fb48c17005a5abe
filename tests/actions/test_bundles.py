"""Bundles between two municipalities on one database: seen first, then taken over, then merged."""

import pytest
from msgspec.structs import replace
from sqlmodel import select

from calamity.actions import drafts
from calamity.actions.bundles import export_bundle, look_at
from calamity.actions.imports import bring_in, merge_import, three_way
from calamity.actions.publish import approve, publish, revoke
from calamity.actions.trust import own_key, trust
from calamity.domain.bundle import opened
from calamity.domain.errors import Conflict, Forbidden, NotFound, Refused
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.playbook import Role, Words
from calamity.domain.playbook_check import canonical, read
from calamity.store.drafts import list_drafts
from calamity.store.imports import get_import, list_imports
from calamity.store.municipalities import add_municipality
from calamity.store.playbooks import list_versions
from calamity.store.stops import stop
from calamity.store.tables import KeyFigureRow
from tests.make import T0, later, make_activation, make_playbook, make_step

BIG = make_playbook(slug="big", title=Words(nl="Groot", en="Big"))


def numbered(number, playbook=BIG, **changes):
    return replace(playbook, version=number, **changes)


async def in_use(session, author, approver, playbook):
    source = canonical(playbook)
    version = await publish(session, author, source, f"v{playbook.version}.yaml", at=T0)
    return await approve(session, approver, version.slug, version.number, at=T0)


@pytest.fixture
async def neighbour(database, town):
    """Another municipality, without any people, and its two coordinators."""
    async with database.transaction() as session:
        made = await add_municipality(
            session, slug="kleinstad", name="Kleinstad", crisis_phone="+3197010240998", at=T0
        )
    return [Actor(made.id, name, UserRole.COORDINATOR) for name in ("writer", "reader")]


async def sent(database, town, playbook=BIG):
    """Return the bundle in which the town sends a version that is in use there."""
    async with database.transaction() as session:
        await in_use(session, town.author, town.coordinator, playbook)
    return await exported(database, town, playbook.slug)


async def exported(database, town, *slugs):
    async with database.reading() as session:
        return await export_bundle(session, town.author, [(slug, None) for slug in slugs])


async def looked(database, actor, data):
    async with database.reading() as session:
        return await look_at(session, actor, opened(data, at=T0))


async def trusting(database, actor, town):
    admin = Actor(actor.municipality_id, "admin", UserRole.ADMINISTRATOR)
    async with database.transaction() as session:
        key = await own_key(session, town.id)
        await trust(session, admin, "Oeverlanden, gebeld", key.spoken, at=T0)


async def brought(database, actor, data, **options):
    async with database.transaction() as session:
        bundle = opened(data, at=T0)
        return await bring_in(session, actor, bundle, at=later(hours=1), **options)


async def taken_over(database, neighbour, town, playbook=BIG):
    """Let the neighbour trust the town and take a version over, up to the approval."""
    writer, reader = neighbour
    data = await sent(database, town, playbook)
    await trusting(database, writer, town)
    (done,) = await brought(database, writer, data, submit=True)
    async with database.transaction() as session:
        await approve(session, reader, playbook.slug, done.number, at=T0)
    return done


async def changed_here(database, neighbour, number, **changes):
    writer, reader = neighbour
    async with database.transaction() as session:
        draft = await drafts.begin_from_version(session, writer, "big", number, at=T0)
        playbook = replace(read(draft.source, "draft.yaml"), **changes)
        saved = await drafts.save(session, writer, draft.id, canonical(playbook), revision=1, at=T0)
        version = await drafts.submit(session, writer, draft.id, revision=saved.revision, at=T0)
        return await approve(session, reader, "big", version.number, at=T0)


async def test_a_look_stores_nothing_and_says_who_what_and_whom_it_lacks(database, town, neighbour):
    data = await sent(database, town)
    look = await looked(database, neighbour[0], data)
    assert (look.signer.municipality, look.signer.trusted_as) == ("Oeverlanden", None)
    (one,) = look.playbooks
    assert (one.standing, one.ours, one.changes) == ("new", None, [])
    lacks = [(gap.kind, gap.name.en) for gap in one.gaps]
    assert [name for kind, name in lacks if kind == "role"] == [
        "team leader", "press officer", "network keeper",
    ]  # fmt: skip
    assert len([kind for kind, _ in lacks if kind == "audience"]) == len(BIG.audiences)
    assert one.provenance.office is UserRole.COORDINATOR
    assert len(one.approved_with) == 64
    async with database.reading() as session:
        assert await list_drafts(session, neighbour[0].municipality_id) == []
        assert await list_imports(session, neighbour[0].municipality_id) == []


async def test_who_is_there_is_not_missing(database, town):
    data = await sent(database, town)
    (one,) = (await looked(database, town.author, data)).playbooks
    assert (one.standing, one.gaps) == ("same", [])
    lacking = replace(
        numbered(2), roles=[*BIG.roles, Role("NEW", Words(nl="Nieuw", en="New"), BIG.title)]
    )
    (one,) = (await looked(database, town.author, await sent(database, town, lacking))).playbooks
    assert [(gap.kind, gap.code, gap.room) for gap in one.gaps] == [("role", "NEW", "people")]


async def test_a_circle_lacks_who_may_get_what_the_playbook_sends(database, town):
    data = await sent(database, town)
    figures = [town[name].id for name in town.people if name.startswith("kf")]
    async with database.transaction() as session:
        for row in await session.sql.scalars(
            select(KeyFigureRow).where(KeyFigureRow.recipient_id.in_(figures))
        ):
            row.circle, row.asks = "koor", False
    (one,) = (await looked(database, town.author, data)).playbooks
    assert ("circle", "koor") in {(gap.kind, gap.code) for gap in one.gaps}, "no questions there"
    async with database.transaction() as session:
        for figure in figures:
            await stop(session, figure, T0)
    (one,) = (await looked(database, town.author, data)).playbooks
    assert {gap.kind for gap in one.gaps} == {"audience", "circle"}, "who said STOP is not there"


async def test_an_unknown_key_is_taken_only_by_who_says_so(database, town, neighbour):
    writer, _ = neighbour
    data = await sent(database, town)
    with pytest.raises(Conflict, match="in the name of Oeverlanden") as refused:
        await brought(database, writer, data)
    assert refused.value.field == "although_untrusted"
    async with database.reading() as session:
        assert await list_imports(session, writer.municipality_id) == []
    (done,) = await brought(database, writer, data, although_untrusted=True)
    assert (done.became, done.number) == ("draft", 1)


async def test_a_trusted_bundle_becomes_a_draft_with_its_origin(database, town, neighbour):
    writer, _ = neighbour
    data = await sent(database, town)
    await trusting(database, writer, town)
    assert (await looked(database, writer, data)).signer.trusted_as == "Oeverlanden, gebeld"
    (done,) = await brought(database, writer, data)
    async with database.transaction() as session:
        (draft,) = await list_drafts(session, writer.municipality_id)
        assert (draft.id, draft.import_id) == (done.draft_id, done.import_id)
        assert read(draft.source, "draft.yaml") == BIG
        version = await drafts.submit(session, writer, draft.id, revision=1, at=T0)
        came = await get_import(session, writer.municipality_id, version.import_id)
    assert (came.playbook, came.provenance.municipality) == (BIG, "Oeverlanden")
    assert came.provenance.approved is not None


async def test_the_same_again_brings_nothing(database, town, neighbour):
    await taken_over(database, neighbour, town)
    data = await exported(database, town, "big")
    (done,) = await brought(database, neighbour[0], data)
    assert (done.standing, done.became) == ("same", "nothing")


async def test_an_untouched_playbook_takes_the_later_version_as_it_is(database, town, neighbour):
    await taken_over(database, neighbour, town)
    later_one = numbered(3, valid_months=12)
    data = await sent(database, town, later_one)
    (one,) = (await looked(database, neighbour[0], data)).playbooks
    assert (one.standing, one.ours) == ("update", 1)
    assert [change.en for change in one.changes] == [
        "the playbook: The playbook is now valid for 12 instead of 24 months."
    ]
    assert [line.said.en for line in one.short] == [change.en for change in one.changes]
    (done,) = await brought(database, neighbour[0], data, submit=True)
    assert (done.became, done.number) == ("submitted", 3)


async def test_what_we_changed_ourselves_is_kept_when_they_changed_nothing(
    database, town, neighbour
):
    await taken_over(database, neighbour, town)
    await changed_here(database, neighbour, 1, valid_months=6)
    data = await exported(database, town, "big")
    (done,) = await brought(database, neighbour[0], data)
    assert (done.standing, done.became) == ("ours-ahead", "nothing")


async def merging(database, town, neighbour):
    """Both changed the validity; they changed the review, we changed the step `write`."""
    await taken_over(database, neighbour, town)
    steps = [make_step("write", due="T+3d") if s.code == "write" else s for s in BIG.steps]
    await changed_here(database, neighbour, 1, valid_months=6, steps=steps)
    theirs = numbered(2, valid_months=12, review_days=7)
    (done,) = await brought(database, neighbour[0], await sent(database, town, theirs))
    return done


async def test_three_ways_say_who_changed_what(database, town, neighbour):
    done = await merging(database, town, neighbour)
    assert (done.standing, done.became) == ("merge", "merge")
    async with database.reading() as session:
        compared = await three_way(session, neighbour[0], done.import_id)
    assert (compared.has_base, compared.ours.number, compared.imported.number) == (True, 2, 2)
    assert {each.part: each.choice for each in compared.differences} == {
        "playbook/valid_months": None, "playbook/review_days": "theirs", "steps/write": "ours",
    }  # fmt: skip


async def test_a_merge_takes_part_by_part_and_is_a_draft(database, town, neighbour):
    writer, _ = neighbour
    done = await merging(database, town, neighbour)
    async with database.transaction() as session:
        with pytest.raises(Refused, match="playbook/valid_months"):
            await merge_import(session, writer, done.import_id, {}, at=T0)
        with pytest.raises(Refused, match="does not differ"):
            await merge_import(session, writer, done.import_id, {"steps/none": "ours"}, at=T0)
        draft = await merge_import(
            session, writer, done.import_id, {"playbook/valid_months": "theirs"}, at=T0
        )
    merged = read(draft.source, "draft.yaml")
    assert (merged.version, merged.valid_months, merged.review_days) == (3, 12, 7)
    assert merged.step("write").due == "T+3d"
    assert merged.changes[0].en == "2 parts taken over from Oeverlanden, version 2."
    async with database.transaction() as session:
        await drafts.submit(session, writer, draft.id, revision=1, at=T0)
    # From here on what came in last is the base.
    (again,) = await brought(database, writer, await exported(database, town, "big"))
    assert again.standing == "ours-ahead"


async def test_two_who_began_with_the_same_playbook_have_a_base(database, town, neighbour):
    writer, reader = neighbour
    async with database.transaction() as session:
        await in_use(session, writer, reader, BIG)
        await in_use(session, town.author, town.coordinator, BIG)
    data = await sent(database, town, numbered(2, review_days=7))
    (one,) = (await looked(database, writer, data)).playbooks
    assert one.standing == "update"


async def test_two_of_one_name_that_never_met_are_a_choice_throughout(database, town, neighbour):
    writer, reader = neighbour
    async with database.transaction() as session:
        await in_use(session, writer, reader, numbered(1, valid_months=6))
    data = await sent(database, town)
    await trusting(database, writer, town)
    (done,) = await brought(database, writer, data)
    async with database.reading() as session:
        compared = await three_way(session, writer, done.import_id)
    assert (compared.has_base, [each.choice for each in compared.differences]) == (False, [None])


async def test_a_document_by_itself_needs_no_key(database, neighbour):
    writer, _ = neighbour
    look = await looked(database, writer, canonical(BIG))
    assert (look.signer.fingerprint, look.signer.trusted_as) == ("", None)
    (done,) = await brought(database, writer, canonical(BIG))
    assert done.became == "draft"


async def test_a_refused_bundle_changes_nothing(database, town, neighbour):
    writer, _ = neighbour
    data = bytearray(await sent(database, town))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(Refused):
        await brought(database, writer, bytes(data), although_untrusted=True)
    async with database.reading() as session:
        assert await list_imports(session, writer.municipality_id) == []
        assert await list_drafts(session, writer.municipality_id) == []
        assert await list_versions(session, writer.municipality_id) == []


async def test_of_each_playbook_is_said_what_became_of_it(database, town, neighbour):
    writer, reader = neighbour
    await sent(database, town)
    async with database.transaction() as session:
        await in_use(session, writer, reader, make_playbook(version=9, valid_months=6))
    data = await exported(database, town)
    done = await brought(database, writer, data, although_untrusted=True)
    assert {(each.slug, each.became) for each in done} == {("big", "draft"), ("small", "merge")}


async def test_only_what_is_in_use_is_handed_over(database, town):
    async with database.reading() as session:
        with pytest.raises(NotFound, match="nothing-like-it"):
            await export_bundle(session, town.author, [("nothing-like-it", None)])
    async with database.transaction() as session:
        await revoke(session, town.coordinator, "small", 1, "Fout.", at=T0)
    async with database.reading() as session:
        with pytest.raises(Conflict, match="revoked"):
            await export_bundle(session, town.author, [("small", 1)])
        with pytest.raises(Conflict, match="in use"):
            await export_bundle(session, town.author, [])


async def test_a_bundle_holds_no_people(database, town):
    data = await exported(database, town, "small")
    for person in town.people.values():
        assert person.phone.encode() not in data
    (item,) = opened(data, at=T0).items
    said = repr(item.provenance)
    assert town.author.login not in said
    assert town.coordinator.login not in said


async def test_a_responder_takes_nothing_over(database, town):
    data = await exported(database, town, "small")
    with pytest.raises(Forbidden):
        await brought(database, Actor(town.id, "x", UserRole.RESPONDER), data)


async def test_an_imported_version_is_verified_and_activated(database, wakes, town):
    async with database.transaction() as session:
        data = canonical(BIG)
        (done,) = await bring_in(session, town.author, opened(data, at=T0), submit=True, at=T0)
        await approve(session, town.coordinator, "big", done.number, at=T0)
    activation = await make_activation(database, wakes, town, slug="big")
    assert activation.id
