"""The contact person's inbox: one's own people only, their texts, and a word back."""

from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from calamity.domain.audit import Deed
from calamity.domain.permissions import UserRole
from calamity.store import accounts, sessions
from calamity.store.audit import Wanted, list_audit
from calamity.store.conversations import texts_with, waits_for_person
from calamity.store.database import Database
from calamity.store.tables import MessageRow, SecondWriterRow
from calamity.store.wakes import Wakes
from calamity.web.auth import COOKIE
from calamity.web.house import now
from tests.make import T0, Town, make_town
from tests.web.pages_stage import LOGINS, Visit
from tests.web.room_stage import Stage, set_stage

WROTE = "Bij ons is het rustig, maar moeders vragen of de school open is."


@pytest.fixture
async def stage(
    database: Database, wakes: Wakes, town: Town, database_url: str, tmp_path: Path
) -> Stage:
    stage = await set_stage(database, wakes, town, database_url, tmp_path)
    await stage.start("give")
    return stage


async def test_one_sees_ones_own_people_and_whether_they_answered_never_what(
    stage: Stage,
) -> None:
    await stage.start("ask")
    await stage.text(stage.town["kf1"], "5")
    await stage.text(stage.town["kf3"], WROTE)
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        assert (await visit.open("/inbox")).status_code == 200
        words = visit.visible()
        for name, is_mine in (("kf1", True), ("kf3", True), ("kf2", False), ("kf4", False)):
            assert (stage.town[name].name in words) is is_mine
        assert WROTE in words
        assert "Answered 1" in words
        assert "Silent" in words
        assert f"tel:{stage.town['kf1'].phone}" in visit.text
        assert (await visit.open("/inbox/parts/people")).status_code == 200
        await visit.open(f"/inbox/{stage.town['kf1'].id}")
        assert ">5<" not in visit.text
        assert "> 5<" not in visit.text
        assert (await visit.open(f"/inbox/{stage.town['kf2'].id}")).status_code == 404
    async with stage.database.reading() as session:
        assert all(text.body != "5" for text in await texts_with(session, stage.town["kf1"].id))


async def test_a_digit_that_came_too_late_is_not_shown(stage: Stage) -> None:
    await stage.text(stage.town["kf1"], "4")
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        await visit.open("/inbox")
        assert "Answered with a digit that did not count." in visit.visible()
        await visit.open(f"/inbox/{stage.town['kf1'].id}")
        assert "Answered with a digit that did not count." in visit.visible()


@pytest.mark.parametrize("role", [None, *(r for r in UserRole if r != UserRole.CONTACT_PERSON)])
async def test_nobody_else_reads_the_texts(stage: Stage, role: UserRole | None) -> None:
    async with stage.visit(role) as visit:
        for path in ("/inbox", f"/inbox/{stage.town['kf1'].id}"):
            assert (await visit.open(path)).status_code == (403 if role else 303)


async def test_a_word_back_leaves_once_and_handles_what_was_written(stage: Stage) -> None:
    person = stage.town["kf1"]
    await stage.text(person, WROTE)
    there = f"/inbox/{person.id}"
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        page = await visit.open(there)
        assert WROTE in visit.visible()
        await visit.send(f"{there}/messages", {"text": "De school is open. Zeg het voort."})
        await visit.follow()
        assert "Your text is on its way." in visit.visible()
        assert "De school is open. Zeg het voort." in visit.visible()
        assert "/handled" not in visit.text
        visit.seen = page
        answer = await visit.send(
            f"{there}/messages", {"text": "De school is open. Zeg het voort."}
        )
        assert answer.status_code == 422
        answer = await visit.send(f"{there}/messages", {"text": "En nog iets anders."})
    async with stage.database.reading() as session:
        rows = list(
            await session.sql.scalars(
                select(MessageRow).where(
                    MessageRow.recipient_id == person.id, MessageRow.purpose == "give"
                )
            )
        )
    # The words of the playbook, the answer, and one more: the budget of the day is two.
    assert [row.calamity_id for row in rows][:2] == [stage.id, stage.id]


async def test_after_stop_and_above_the_budget_nothing_is_written(stage: Stage) -> None:
    person = stage.town["kf1"]
    there = f"/inbox/{person.id}"
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        await visit.open(there)
        assert (await visit.send(f"{there}/messages", {"text": "Een"})).status_code == 303
        await visit.open(there)
        answer = await visit.send(f"{there}/messages", {"text": "Nog een bericht"})
        assert answer.status_code == 422
        assert "This person had enough messages today." in visit.visible()
        assert "Nog een bericht</textarea>" in visit.text
        page = await visit.open(there)
        await stage.text(person, "STOP")
        visit.seen = page
        answer = await visit.send(f"{there}/messages", {"text": "Toch nog"})
        assert answer.status_code == 422
        await visit.open(there)
        assert "This person asked us to stop." in visit.visible()
        assert f"{there}/messages" not in visit.text


async def test_a_summary_is_in_own_words_and_without_personal_data(stage: Stage) -> None:
    there = f"/inbox/{stage.town['kf1'].id}"
    ticks = ["no-names", "no-features", "own-words"]
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        await visit.open(there)
        said = {"summary": "Ouders hebben vragen over morgen."}
        assert (await visit.send(f"{there}/summaries", said)).status_code == 422
        assert "Ouders hebben vragen over morgen." in visit.text
        bad = {"summary": "Bel 06-12345678 maar", "privacy": ticks}
        assert (await visit.send(f"{there}/summaries", bad)).status_code == 422
        assert "This text holds personal data." in visit.visible()
        await visit.send(f"{there}/summaries", said | {"privacy": ticks})
        await visit.open(f"/calamities/{stage.id}/timeline")
        assert "Ouders hebben vragen over morgen." in visit.visible()
        assert "interpretation" in visit.visible()
        assert "12345678" not in visit.text


async def test_a_text_can_be_looked_at_before_it_leaves(stage: Stage) -> None:
    there = f"/inbox/{stage.town['kf1'].id}"
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        await visit.open(there)
        answer = await visit.send(f"{there}/messages", {"text": "Goede ideeën", "act": "check"})
        assert answer.status_code == 200
        assert "1 SMS part · UCS-2 · 24/70" in visit.visible()
        assert "Suggestion: e" in visit.visible()
        assert "Goede ideeën</textarea>" in visit.text
        await visit.send(f"{there}/messages", {"text": "Goede ideeën", "act": "plain"})
        assert "Goede ideeen</textarea>" in visit.text
        assert "1 SMS part · GSM-7 · 24/160" in visit.visible()
    async with stage.database.reading() as session:
        said = [text.body for text in await texts_with(session, stage.town["kf1"].id)]
    assert not any("Goede" in body for body in said)


@pytest.mark.parametrize("words", ["Bel Fatima maar", "Bel 0970-10240012", "Lees bit.ly/3xYz"])
async def test_a_name_a_number_or_a_short_link_is_confirmed_first(stage: Stage, words: str) -> None:
    there = f"/inbox/{stage.town['kf1'].id}"
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        await visit.open(there)
        assert (await visit.send(f"{there}/messages", {"text": words})).status_code == 422
        assert "Look again at:" in visit.visible()
        assert "confirm that it may leave" in visit.visible()
        sent = await visit.send(f"{there}/messages", {"text": words, "confirmed": "yes"})
        assert sent.status_code == 303
    async with stage.database.reading() as session:
        said = [text.body for text in await texts_with(session, stage.town["kf1"].id)]
    assert sum(words in body for body in said) == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [("INZAGE", "Asks what we keep of them."), ("ANDER", "Says that somebody else has this number"),
     ("BEL", "Wants to be called."), ("HELP", "Asks for help.")],
)  # fmt: skip
async def test_a_wish_is_said_on_both_pages_until_it_is_handled(
    stage: Stage, words: str, why: str
) -> None:
    there = f"/inbox/{stage.town['kf1'].id}"
    await stage.text(stage.town["kf1"], words)
    await stage.text(stage.town["kf1"], WROTE)
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        for page in ("/inbox", there):
            await visit.open(page)
            assert why in visit.visible()
        await visit.send(f"{there}/handled", {})
        for page in ("/inbox", there):
            await visit.open(page)
            assert why not in visit.visible()


async def send_twice(
    visit: Visit, page: httpx.Response, action: str, filled: dict[str, object], words: str
) -> None:
    """Send the same form again, as a phone that did not hear our answer does."""
    said = []
    for _ in range(2):
        visit.seen = page
        answer = await visit.send(action, filled)
        assert answer.status_code == 303
        await visit.follow()
        sentence = [each for each in visit.text.splitlines() if words in each]
        assert sentence
        said.append((answer.headers["location"], sentence))
    assert said[0] == said[1]


async def test_a_second_official_gives_a_reason_to_the_contact_person(stage: Stage) -> None:
    person, reader = stage.town["kf1"], stage.town["contact1"].name
    there, why = f"/people/{person.id}/messages", "De contactpersoon is vandaag ziek."
    text = "De school is open. Zeg het voort."
    words: dict[str, object] = {"text": text, "reason": why, "idempotency_key": "k1"}
    await stage.text(person, WROTE)
    async with stage.visit(UserRole.NETWORK_MANAGER) as visit:
        await visit.open("/people")
        assert 'href="/people/key-figures"' in visit.text
        await visit.open("/people/key-figures")
        assert f'href="{there}"' in visit.text
        page = await visit.open(there)
        assert f"{reader} is the contact person. Ask {reader} first." in visit.visible()
        assert "The last text of" not in visit.visible()
        assert WROTE not in visit.text
        assert person.phone not in visit.text
        for reason, wrong in (
            ("", "Say why you write yourself."),
            ("Zij vroeg het op 06-12345678", "This text holds personal data."),
            ("x" * 201, "Use at most 200 characters."),
        ):
            assert (await visit.send(there, words | {"reason": reason})).status_code == 422
            assert wrong in visit.visible()
            assert f"{text}</textarea>" in visit.text
        await send_twice(visit, page, there, words, "Your text")
    async with stage.database.reading() as session:
        ours = [each.body for each in await texts_with(session, person.id) if each.is_ours]
        assert [body for body in ours if text in body] == [
            f"{text}\n{LOGINS[UserRole.NETWORK_MANAGER]}"
        ]
        assert await waits_for_person(session, person.id)
        kept = (await session.sql.scalars(select(SecondWriterRow))).one()
        assert why.encode() not in kept.reason
        wrote = await list_audit(session, stage.town.id, Wanted(deed=Deed.WROTE_AS_SECOND), most=9)
        assert [each.line.about for each in wrote] == [(person.id,)]
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        for page_of_contact in ("/inbox", f"/inbox/{person.id}"):
            await visit.open(page_of_contact)
            assert f"{LOGINS[UserRole.NETWORK_MANAGER]} wrote to this person too" in visit.visible()
            assert why in visit.visible()
            assert WROTE in visit.visible()
        # Still an answer, above the budget of the day: the contact person had not written yet.
        sent = await visit.send(f"/inbox/{person.id}/messages", {"text": "Dank voor het bericht."})
        assert sent.status_code == 303
        other = stage.town["kf2"].id
        visit.seen = await visit.open(f"/inbox/{person.id}")
        token = visit.fields(f"/inbox/{person.id}/messages") | {"text": ["Hallo"]}
        refused = await visit.client.post(f"/inbox/{other}/messages", data=token)
        assert refused.status_code == 404
    async with stage.visit(UserRole.NETWORK_MANAGER) as visit:
        page = await visit.open(there)
        assert f"The last text of {reader} to this person:" in visit.visible()
        again = {"text": "Nog iets.", "reason": why}
        for wrong in ("had enough messages today", "asked us to stop"):
            visit.seen = page
            assert (await visit.send(there, again)).status_code == 422
            assert wrong in visit.visible()
            await stage.text(person, "STOP")
        assert f'action="{there}"' not in visit.text


async def test_a_network_manager_of_another_municipality_finds_nobody(stage: Stage) -> None:
    who = stage.town["kf1"].id
    async with stage.database.transaction() as session:
        other = await make_town(session, slug="elders", name="Elders", key_figures=0)
        user_id = await accounts.add_user(
            session, other.id, login="net@elders", name="Net", role=UserRole.NETWORK_MANAGER,
            password_hash="x", recipient_id=None, at=T0,
        )  # fmt: skip
        cookie = await sessions.start_session(session, user_id, now())
    async with stage.visit(None) as visit:
        visit.client.cookies.set(COOKIE, cookie, domain="testserver.local")
        await visit.open("/people/key-figures")
        assert stage.town["kf1"].name not in visit.text
        token = {"_csrf_token": visit.fields("/sign-out")["_csrf_token"][0]}
        assert (await visit.open(f"/people/{who}/messages")).status_code == 404
        sent = token | {"text": "Hallo", "reason": "De contactpersoon is ziek."}
        answer = await visit.client.post(f"/people/{who}/messages", data=sent)
        assert answer.status_code == 404


async def test_a_form_that_comes_twice_counts_once(stage: Stage) -> None:
    person = stage.town["kf1"]
    there, key = f"/inbox/{person.id}", {"idempotency_key": "k1"}
    ticks = ["no-names", "no-features", "own-words"]
    forms: list[tuple[str, dict[str, object], str]] = [
        ("messages", {"text": "De school is open."}, "Your text"),
        ("summaries", {"summary": "Er zijn vragen over morgen.", "privacy": ticks}, "The line is"),
    ]
    async with stage.visit(UserRole.CONTACT_PERSON) as visit:
        page = await visit.open(there)
        for act, filled, words in forms:
            await send_twice(visit, page, f"{there}/{act}", filled | key, words)
        assert visit.text.count("De school is open.") == 1
        await visit.open(f"/calamities/{stage.id}/timeline")
        assert visit.text.count("Er zijn vragen over morgen.") == 1
