"""Playbooks in the browser: taken out of use, compared, handed over, taken over and merged."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from litestar import Litestar
from msgspec.structs import replace
from sqlalchemy import text

from calamity.actions.bundles import export_bundle
from calamity.actions.publish import approve, publish, publish_block
from calamity.domain.bundle import parcel, unpack
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.playbook import Use
from calamity.domain.playbook_check import canonical, fingerprint, standing_alone
from calamity.domain.playbook_life import DocumentKind
from calamity.store.database import Database
from calamity.store.drafts import list_drafts
from calamity.store.imports import list_imports
from calamity.store.municipalities import add_municipality
from calamity.store.playbooks import list_versions
from calamity.web.language import Language
from calamity.web.pages.playbook_messages import message_groups
from tests.make import T0, Town, make_block, make_playbook
from tests.shipped import BLOCKS, FOLDER, read_shipped
from tests.web.pages_stage import Visit, add_accounts, make_app, visiting

ATTACK_HERE = read_shipped(FOLDER / "attack-here" / "v2.yaml")
CONFIRM = "/playbooks/import/confirm"
UPLOAD = {"nothing": ("nothing", b"", "application/octet-stream")}
"""Makes a browser's form of files: the bundle in it is no name and value of an address."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
async def app(town: Town, database: Database, database_url: str, tmp_path: Path) -> Litestar:
    async with database.transaction() as session:
        await add_accounts(session, town)
    return make_app(database_url, tmp_path)


@pytest.fixture
async def visit(app: Litestar) -> AsyncIterator[Visit]:
    async with visiting(app) as made:
        await made.sign_in()
        yield made


async def bundle_of_waterstad(database: Database, **changes: object) -> bytes:
    """Return the bundle of another municipality, with one playbook in use there."""
    playbook = make_playbook(**({"slug": "riots"} | changes))
    async with database.transaction() as session:
        made = await add_municipality(
            session, slug="waterstad", name="Waterstad", crisis_phone="+3197010240997", at=T0
        )
        one, other = (Actor(made.id, name, UserRole.COORDINATOR) for name in ("one", "other"))
        name = f"v{playbook.version}.yaml"
        await publish(session, one, canonical(playbook), name, at=T0)
        await approve(session, other, playbook.slug, playbook.version, at=T0)
        return await export_bundle(session, one, [(playbook.slug, None)])


async def look(visit: Visit, data: bytes) -> int:
    await visit.open("/playbooks/import")
    files = {"file": ("waterstad.calamity.zip", data, "application/zip")}
    return (await visit.send("/playbooks/import", files=files)).status_code


async def test_a_file_is_shown_before_anything_is_stored(
    visit: Visit, town: Town, database: Database
) -> None:
    assert await look(visit, await bundle_of_waterstad(database)) == 200
    words = visit.visible()
    assert "Signed in the name of Waterstad, with a key that nobody here trusts" in words
    assert "New here." in words
    assert "Fingerprint" in words
    async with database.reading() as session:
        assert await list_imports(session, town.id) == []


async def test_what_was_shown_is_taken_over_once_somebody_says_so(
    visit: Visit, town: Town, database: Database
) -> None:
    await look(visit, await bundle_of_waterstad(database))
    chosen = {"become": "submitted"}
    assert (await visit.send(CONFIRM, chosen, files=UPLOAD)).status_code == 422
    assert "Nobody here trusts the key" in visit.visible()
    async with database.reading() as session:
        assert await list_versions(session, town.id, "riots") == []
    sure = chosen | {"although_untrusted": "yes"}
    assert (await visit.send(CONFIRM, sure, files=UPLOAD)).status_code == 303
    await visit.follow()
    assert "1 playbook was taken over." in visit.visible()
    await visit.open("/playbooks/riots/versions/1")
    assert "Taken over from Waterstad" in visit.visible()


@pytest.mark.parametrize("data", [b"PK\x03\x04 not a zip", b"slug: small\nversion: 2\n"])
async def test_a_bad_file_is_refused_in_both_languages(
    visit: Visit, town: Town, database: Database, data: bytes
) -> None:
    assert await look(visit, data) == 422
    english = visit.visible()
    visit.client.headers["accept-language"] = "nl"
    assert await look(visit, data) == 422
    assert visit.visible() != english
    assert "bundle of playbooks" not in visit.visible()
    async with database.reading() as session:
        assert await list_imports(session, town.id) == []


async def test_a_document_by_itself_is_built_with_the_blocks_that_are_approved_here(
    visit: Visit, town: Town, database: Database
) -> None:
    ours = make_block(roles=[replace(make_block().roles[0], code="REC")])
    theirs = canonical(make_playbook(slug="riots", uses=[Use("records", 1)]))
    assert await look(visit, theirs) == 422
    assert "There is no block records here (asked for: version 1)." in visit.visible()
    assert "ask who wrote the playbook for a bundle" in visit.visible()

    async with database.transaction() as session:
        await publish_block(session, town.author, canonical(ours), "v1.yaml", at=T0)
    assert await look(visit, theirs) == 422  # nobody approved it yet
    async with database.transaction() as session:
        kind = DocumentKind.BLOCK
        await approve(session, town.coordinator, "records", 1, kind=kind, at=T0)
    assert await look(visit, theirs) == 200
    assert (await visit.send(CONFIRM, {"become": "submitted"}, files=UPLOAD)).status_code == 303
    async with database.reading() as session:
        (stored,) = await list_versions(session, town.id, "riots")
    assert "REC" in [role.code for role in stored.playbook.roles]
    assert stored.playbook.uses == [Use("records", 1, fingerprint(ours))]


@pytest.mark.parametrize("form", ["json", "yaml"])
async def test_a_document_with_its_fingerprint_is_taken_only_as_it_was_sent(
    visit: Visit, form: Literal["json", "yaml"]
) -> None:
    sent = parcel(make_playbook(slug="riots"), form).encode()
    assert await look(visit, sent.replace(b"Small", b"Large")) == 422
    assert "its fingerprint differs" in visit.visible()
    assert await look(visit, sent) == 200
    assert "New here." in visit.visible()


async def test_a_form_that_somebody_wrote_by_hand_is_refused(visit: Visit) -> None:
    await look(visit, canonical(make_playbook(slug="riots")))
    said = await visit.send(CONFIRM, {"bundle": "%%%"}, files=UPLOAD)
    assert said.status_code == 400


async def test_what_both_changed_is_chosen_part_by_part(
    visit: Visit, town: Town, database: Database
) -> None:
    theirs = await bundle_of_waterstad(database, slug="small", version=2, valid_months=12)
    async with database.transaction() as session:
        ours = make_playbook(version=2, valid_months=6, review_days=7)
        await publish(session, town.author, canonical(ours), "v2.yaml", at=T0)
    await look(visit, theirs)
    assert "After this you choose part by part." in visit.visible()
    await visit.send(CONFIRM, {"become": "draft", "although_untrusted": "yes"}, files=UPLOAD)
    await visit.follow()
    assert "valid for 12 instead of 6 months" in visit.visible()
    place = visit.seen.request.url.path  # type: ignore[union-attr]  # the page is on the screen
    part = "part:playbook/valid_months"
    assert (await visit.send(place, {part: "theirs"})).status_code == 422
    assert "playbook/review_days" in visit.visible()
    choices = {part: "theirs", "part:playbook/review_days": "ours"}
    assert (await visit.send(place, choices)).status_code == 303
    async with database.reading() as session:
        (draft,) = await list_drafts(session, town.id)
    assert "valid_months: 12" in draft.source
    assert "review_days: 7" in draft.source
    assert "version: 3" in draft.source


async def test_two_versions_stand_side_by_side(
    visit: Visit, town: Town, database: Database
) -> None:
    async with database.transaction() as session:
        second = make_playbook(version=2, valid_months=12)
        await publish(session, town.author, canonical(second), "v2.yaml", at=T0)
    await visit.open("/playbooks/small/versions/2")
    assert "/playbooks/small/compare?old=1&new=2" in visit.text
    await visit.open("/playbooks/small/compare?old=1&new=2")
    assert "The playbook is now valid for 12 instead of 24 months." in visit.visible()
    assert (await visit.open("/playbooks/small/compare?old=1&new=x")).status_code == 404


async def test_a_version_is_retired_then_revoked_and_cannot_be_started(visit: Visit) -> None:
    place = "/playbooks/small/versions/1"
    await visit.open(place)
    assert "Nobody used this version yet." in visit.visible()
    assert (await visit.send(f"{place}/retire", {"reason": "Te oud."})).status_code == 303
    await visit.follow()
    assert "retired : Te oud." in visit.visible() or "retired: Te oud." in visit.visible()
    assert "Start this playbook" not in visit.visible()
    await visit.send(f"{place}/revoke", {"reason": "Fout."})
    await visit.follow()
    assert "revoked: Fout." in visit.visible()
    assert "/revoke" not in visit.text
    assert (await visit.open("/activate/small")).status_code == 409


async def test_the_page_says_whether_the_signatures_are_sound(
    visit: Visit, database: Database
) -> None:
    await visit.open("/playbooks/small/versions/1")
    assert "both signatures are sound" in visit.visible()
    assert re.search(r"Good until \w+,? \d+ \w+ 20\d\d", visit.visible()), "with its year"
    async with database.transaction() as session:
        await session.sql.execute(text("DROP TRIGGER playbook_signature_no_update"))
        await session.sql.execute(text("UPDATE playbook_signature SET named = 'Elders'"))
    visit.client.headers["accept-language"] = "nl"
    await visit.open("/playbooks/small/versions/1")
    assert "ontbreekt of is vals" in visit.visible()


async def test_playbooks_are_handed_over_as_a_file(visit: Visit) -> None:
    await visit.open("/playbooks")
    assert "/playbooks/bundle" in visit.text
    said = await visit.open("/playbooks/bundle?slug=small")
    assert said.headers["content-disposition"].endswith('.calamity.zip"')
    assert [item.provenance.slug for item in unpack(said.content).items] == ["small"]


async def test_an_administrator_trusts_a_key_and_withdraws_it(visit: Visit) -> None:
    visit.client.cookies.clear()
    await visit.sign_in(UserRole.ADMINISTRATOR)
    await visit.open("/settings/keys")
    assert "Our own key" in visit.visible()
    wrong = {"name": "Waterstad", "fingerprint": "3f9a"}
    assert (await visit.send("/settings/keys", wrong)).status_code == 422
    assert "64 digits" in visit.visible()
    right = {"name": "Waterstad", "fingerprint": " ".join(["3f9a"] * 16)}
    assert (await visit.send("/settings/keys", right)).status_code == 303
    await visit.follow()
    (withdraw,) = {
        part.split('"')[0] for part in visit.text.split('action="')[1:] if "/withdraw" in part[:80]
    }
    await visit.send(withdraw)
    await visit.follow()
    assert "withdrawn" in visit.visible()


def test_every_message_stands_once_with_who_hears_it_first() -> None:
    language = Language("en", ZoneInfo("Europe/Amsterdam"))
    groups = {
        group.title: [m.code for m in group.messages]
        for group in message_groups(ATTACK_HERE, language)
    }

    told = sorted(code for codes in groups.values() for code in codes)
    assert told == sorted(message.code for message in ATTACK_HERE.messages)
    assert "K1" in groups["All key figures"]
    assert {"T2", "T3", "T4", "T7"} <= set(groups["The rapid team"])
    assert list(groups)[-1] == ""
    (alone,) = message_groups(standing_alone(BLOCKS["network", 1]), language)
    assert alone.title == ""
