"""Retiring, revoking, validity, signatures and who used what: on both databases."""

# ruff: noqa: S608 - no SQL of these tests holds input

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import text

from calamity.actions.publish import approve, publish, publish_block, retire, revoke
from calamity.actions.signatures import verify_version
from calamity.actions.trust import distrust, own_key, trust
from calamity.domain.errors import Conflict, Forbidden, NotFound, Refused
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.playbook import Use, Words
from calamity.domain.playbook_check import canonical
from calamity.domain.playbook_life import DocumentKind, VersionState, good_until, grouped
from calamity.domain.timeline import PlaybookActivated, decode_happening
from calamity.store.keys import find_trusted_key, list_signatures, list_trusted_keys
from calamity.store.playbooks import find_version, list_uses, usable_version
from calamity.store.timeline import walk
from tests.make import T0, later, make_activation, make_block, make_playbook

SECOND = make_playbook(version=2, title=Words(nl="Tweede", en="Second"))


async def second_approved(database, town):
    async with database.transaction() as session:
        await publish(session, town.author, canonical(SECOND), "v2.yaml", at=T0)
        return await approve(session, town.coordinator, "small", 2, at=T0)


async def withdrawn(database, actor, act, number, reason="Er staat een fout in."):
    async with database.transaction() as session:
        return await act(session, actor, "small", number, reason, at=later(hours=1))


async def found(database, town, number=1):
    async with database.reading() as session:
        return await find_version(session, town.id, "small", number)


async def activated_line(database, activation):
    async with database.reading() as session:
        lines = [each async for each in walk(session, activation.calamity_id)]
    happenings = [decode_happening(line.body) for line in lines]
    return next(each for each in happenings if isinstance(each, PlaybookActivated))


async def test_a_retired_version_gives_way_and_says_why(database, wakes, town):
    await second_approved(database, town)
    version = await withdrawn(database, town.official, retire, 2)
    assert version.state is VersionState.RETIRED
    assert (version.retired.by, version.retired.reason) == (
        town.official.login, "Er staat een fout in.",
    )  # fmt: skip
    async with database.reading() as session:
        assert (await usable_version(session, town.id, "small", None)).number == 1
    with pytest.raises(Conflict, match=r"retired: Er staat een fout in\.") as refused:
        await make_activation(database, wakes, town, version=2)
    assert refused.value.field == "although_retired"


async def test_a_retired_version_is_activated_by_who_confirms_it(database, wakes, town):
    await withdrawn(database, town.coordinator, retire, 1)
    activation = await make_activation(database, wakes, town, version=1, although_retired=True)
    line = await activated_line(database, activation)
    assert (line.version, line.retired, line.past_date) == (1, True, False)


async def test_a_revoked_version_is_never_activated_again(database, wakes, town):
    await withdrawn(database, town.coordinator, revoke, 1)
    for confirmed in (False, True):
        with pytest.raises(Conflict, match="revoked"):
            await make_activation(database, wakes, town, version=1, although_retired=confirmed)


async def test_what_runs_goes_on_after_a_revocation(database, wakes, town):
    activation = await make_activation(database, wakes, town)
    await withdrawn(database, town.coordinator, revoke, 1)
    again = await make_activation(database, wakes, town)
    assert again.id == activation.id
    async with database.reading() as session:
        version = await find_version(session, town.id, "small", 1)
        (use,) = await list_uses(session, version.id)
    assert (use.activation_id, use.ended_at) == (activation.id, None)


async def test_retired_may_become_revoked_and_nothing_goes_back(database, town):
    await withdrawn(database, town.coordinator, retire, 1)
    version = await withdrawn(database, town.official, revoke, 1, "Fout nummer.")
    assert version.state is VersionState.REVOKED
    again = await withdrawn(database, town.coordinator, retire, 1, "Nog een keer.")
    assert again == version
    assert again.retired.reason == "Er staat een fout in."


async def test_a_withdrawn_version_cannot_be_approved(database, town):
    async with database.transaction() as session:
        await publish(session, town.author, canonical(SECOND), "v2.yaml", at=T0)
    await withdrawn(database, town.coordinator, revoke, 2)
    async with database.transaction() as session:
        with pytest.raises(Conflict, match="out of use"):
            await approve(session, town.coordinator, "small", 2, at=T0)


@pytest.mark.parametrize("reason", ["", "  a ", "x" * 501])
async def test_a_withdrawal_needs_a_reason(database, town, reason):
    with pytest.raises(Refused) as refused:
        await withdrawn(database, town.coordinator, retire, 1, reason)
    assert refused.value.field == "reason"
    assert (await found(database, town)).state is VersionState.PUBLISHED


async def test_a_responder_withdraws_nothing(database, town):
    with pytest.raises(Forbidden):
        await withdrawn(database, Actor(town.id, "x", UserRole.RESPONDER), revoke, 1)
    with pytest.raises(NotFound):
        await withdrawn(database, town.coordinator, revoke, 9)


async def test_validity_is_counted_in_months_from_the_approval(database, town):
    version = await found(database, town)
    assert version.good_until == T0.replace(year=T0.year + 2)
    assert not version.is_past_its_date(version.good_until - timedelta(microseconds=1))
    assert version.is_past_its_date(version.good_until)
    assert good_until(T0.replace(month=1, day=31), 1) == T0.replace(month=2, day=28)
    assert good_until(T0.replace(month=12, day=31), 12).year == T0.year + 1


async def test_a_version_past_its_date_works_and_the_timeline_says_so(database, wakes, town):
    at = T0.replace(year=T0.year + 3)
    line = await activated_line(database, await make_activation(database, wakes, town, at=at))
    assert (line.past_date, line.retired) == (True, False)


async def test_both_signatures_stand_under_an_approved_version(database, town):
    version = await found(database, town)
    async with database.reading() as session:
        signatures = await verify_version(session, town.id, version)
        key = await own_key(session, town.id)
    assert signatures["published"].key == key.key
    assert signatures["approved"].key not in {key.key, ""}
    assert {signed.named for signed in signatures.values()} == {town.municipality.name}


async def test_a_submitted_version_is_signed_by_the_municipality_alone(database, town):
    async with database.transaction() as session:
        version = await publish(session, town.author, canonical(SECOND), "v2.yaml", at=T0)
        assert set(await list_signatures(session, version.id)) == {"published"}


async def tampered(database, sql, **values):
    """Change a row behind the back of the house, as somebody with the database in hand could."""
    table = sql.split()[1]
    async with database.transaction() as session:
        if session.is_postgres:
            await session.sql.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        else:
            await session.sql.execute(text(f"DROP TRIGGER {table}_no_update"))
        await session.sql.execute(text(sql), values)


OTHER = "0123456789abcdef" * 4
FORGERIES = {
    "document": (
        "UPDATE playbook_version SET document = replace(document, 'Klein', 'Groot')", "changed"
    ),
    "fingerprint": (f"UPDATE playbook_version SET sha256 = '{OTHER}'", "changed"),
    "signature": (
        f"UPDATE playbook_signature SET signature = '{OTHER * 2}' WHERE act = 'published'",
        "signature of the municipality",
    ),
    "not hex": (
        "UPDATE playbook_signature SET signature = 'x' WHERE act = 'published'",
        "signature of the municipality",
    ),
    "key": (
        f"UPDATE playbook_signature SET public_key = '{OTHER}' WHERE act = 'published'",
        "signature of the municipality",
    ),
    "moment": (
        "UPDATE playbook_signature SET signed_at = signed_at + 1 WHERE act = 'approved'",
        "who approved",
    ),
    "swapped": (
        "UPDATE playbook_signature SET act = 'other' WHERE act = 'approved'", "who approved"
    ),
    "approver": ("UPDATE approval SET approved_by = 'somebody else'", "who approved"),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forgery_refuses_the_activation_in_words(database, wakes, town, forgery):
    sql, words = FORGERIES[forgery]
    await tampered(database, sql)
    with pytest.raises(Refused, match=words):
        await make_activation(database, wakes, town)


async def test_nothing_is_built_with_a_block_that_somebody_tampered_with(database, town):
    async with database.transaction() as session:
        await publish_block(session, town.author, canonical(make_block()), "v1.yaml", at=T0)
        await approve(session, town.coordinator, "records", 1, kind=DocumentKind.BLOCK, at=T0)
    await tampered(database, "UPDATE approval SET approved_by = 'somebody else'")
    uses = make_playbook(version=2, uses=[Use("records", 1)])
    async with database.transaction() as session:
        with pytest.raises(Refused, match="who approved"):
            await publish(session, town.author, canonical(uses), "v2.yaml", at=T0)


async def test_a_document_and_fingerprint_forged_together_are_refused(database, wakes, town):
    other = make_playbook(title=Words(nl="Anders", en="Different"))
    document = canonical(other).decode()
    await tampered(
        database, "UPDATE playbook_version SET document = :document, sha256 = :sha256",
        document=document, sha256=hashlib.sha256(document.encode()).hexdigest(),
    )  # fmt: skip
    with pytest.raises(Refused, match="forged"):
        await make_activation(database, wakes, town)


async def test_a_key_is_trusted_until_it_is_withdrawn(database, town):
    admin = Actor(town.id, "admin", UserRole.ADMINISTRATOR)
    async with database.transaction() as session:
        key_id = await trust(session, admin, "  Waterstad ", grouped(OTHER).upper(), at=T0)
        with pytest.raises(Conflict):
            await trust(session, admin, "Waterstad", OTHER, at=T0)
        assert (await find_trusted_key(session, town.id, OTHER)).name == "Waterstad"
    async with database.transaction() as session:
        await distrust(session, admin, key_id, at=later(days=1))
        assert await find_trusted_key(session, town.id, OTHER) is None
        (kept,) = await list_trusted_keys(session, town.id)
        assert (kept.withdrawn_by, kept.withdrawn_at) == ("admin", later(days=1))


async def test_only_an_administrator_trusts_and_only_a_fingerprint(database, town):
    admin = Actor(town.id, "admin", UserRole.ADMINISTRATOR)
    async with database.transaction() as session:
        with pytest.raises(Forbidden):
            await trust(session, town.coordinator, "Waterstad", OTHER, at=T0)
        for wrong in ("", OTHER[:-1], OTHER[:-1] + "g"):
            with pytest.raises(Refused, match="64 digits"):
                await trust(session, admin, "Waterstad", wrong, at=T0)
        with pytest.raises(Refused, match="name"):
            await trust(session, admin, " ", OTHER, at=T0)
        with pytest.raises(NotFound):
            await distrust(session, admin, "no-such-key", at=T0)
