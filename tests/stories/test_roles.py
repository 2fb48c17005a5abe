"""One calamity, lived through by everybody in it: each role at its own browser, from sign-in to
closing, with phones that answer. Played twice, so that every role works in both languages, and on
a phone and on a laptop.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from calamity.actions.accounts import create_user
from calamity.actions.neighbourhoods import import_neighbourhoods
from calamity.actions.people import import_people
from calamity.actions.publish import approve, publish
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.playbook import Playbook
from calamity.domain.playbook_check import canonical
from calamity.domain.report import Heading
from calamity.store.database import Database
from calamity.store.municipalities import add_municipality
from calamity.store.vault import Vault
from tests.make import PASSWORD, T0
from tests.postgres import run_apart
from tests.shipped import FOLDER, read_shipped
from tests.stories.nursery import QuickStage
from tests.stories.onlookers import LAPTOP, PHONE, SMALL, Onlooker, Place, Strangers
from tests.stories.stage import SECRET, SENDER, Stage

DEMO = Path(__file__).parents[2] / "calamity/demo"
DOMAIN = "oeverlanden.example"
# Who has an account before it begins, and the number of whoever is in the files of the town.
ACCOUNTS: dict[str, tuple[UserRole, str | None]] = {
    "coordinator": (UserRole.COORDINATOR, None),
    "relief": (UserRole.COORDINATOR, None),
    "responder": (UserRole.RESPONDER, "+3197010240001"),
    "contact": (UserRole.CONTACT_PERSON, "+3197010240014"),
    "professional": (UserRole.PROFESSIONAL, "+3197010240017"),
    "official": (UserRole.OFFICIAL, None),
    "alderman": (UserRole.OFFICIAL, None),
    "administrator": (UserRole.ADMINISTRATOR, None),
}
SEATS = {
    "coordinator": Place(LAPTOP, "nl"),
    "relief": Place(PHONE, "en"),
    "responder": Place(PHONE, "en"),
    "contact": Place(PHONE, "nl"),
    "professional": Place(SMALL, "en"),
    "official": Place(LAPTOP, "en"),
    "alderman": Place(PHONE, "nl"),
    "administrator": Place(LAPTOP, "en"),
    "network": Place(PHONE, "nl"),
    "privacy": Place(LAPTOP, "nl"),
}
MIRRORED = {name: place.mirrored for name, place in SEATS.items()}
NEEDED = 3
WRITES = ("Bert", "+3197010240037")
"""A key figure of our contact person, who sends more than a digit."""
ANSWERS = ("Ayten", "+3197010240034")


def plain_playbook() -> Playbook:
    """Return the playbook of an attack elsewhere, with its blocks worked in."""
    return read_shipped(FOLDER / "attack-elsewhere/v2.yaml")


async def set_up(database: Database, playbook: Playbook) -> None:
    """Do what was done in peacetime: the town, its people, the accounts and the playbook."""
    await database.open()
    async with database.transaction() as session:
        town = await add_municipality(
            session, slug="oeverlanden", name="Oeverlanden", crisis_phone="+3197010240999", at=T0
        )
        keeper = Actor(town.id, "keeper", UserRole.ADMINISTRATOR)
        await import_neighbourhoods(session, keeper, (DEMO / "wijken.geojson").read_bytes(), at=T0)
        people = (DEMO / "people.csv").read_bytes()
        await import_people(session, keeper, people, skip_bad=False, at=T0)
        for name, (role, phone) in ACCOUNTS.items():
            await create_user(
                session, keeper, login=f"{name}@{DOMAIN}", name=name.title(), role=role,
                password=PASSWORD, phone=phone, at=T0,
            )  # fmt: skip
        source = canonical(playbook)
        await publish(session, keeper, source, f"{playbook.slug}/v{playbook.version}.yaml", at=T0)
        official = Actor(town.id, "official", UserRole.OFFICIAL)
        await approve(session, official, playbook.slug, playbook.version, at=T0)
    await database.close()


class Phones:
    """The phones of the town, at the carrier of the stage."""

    def __init__(self, address: str) -> None:
        self._carrier = httpx.Client(base_url=address, trust_env=False)

    def heard(self, words: str, *, by: int) -> dict[str, str]:
        """Wait until so many phones have a text with these words; return it by number."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            said = self._carrier.get("/sandbox/messages").json()
            found = {
                text["to"]: text["body"]
                for text in said
                if text["direction"] != "inbound" and words in text["body"]
            }
            if len(found) >= by:
                return found
            time.sleep(0.05)
        heard = sorted({text["body"] for text in said})
        raise AssertionError(f"fewer than {by} phones heard {words!r}: {heard[-6:]}")

    def text(self, number: str, body: str) -> None:
        """Let somebody text the municipality."""
        path = f"/sandbox/phones/{number.replace('+', '%2B')}/texts"
        assert self._carrier.post(path, json={"body": body, "to": SENDER}).status_code == 201


class Tale:
    """The calamity and everybody at it."""

    def __init__(self, stage: Stage, browser: Browser, seats: dict[str, Place]) -> None:
        self.stage, self._browser, self._seats = stage, browser, seats
        self.playbook = plain_playbook()
        self.phones = Phones(stage.phones)
        self._strangers = Strangers(self.playbook)
        self._here: dict[str, Onlooker] = {}
        self._looked: set[tuple[str, int]] = set()
        self.room = ""

    def __getattr__(self, name: str) -> Onlooker:
        """Return somebody, who signs in when they first come."""
        if name not in SEATS:
            raise AttributeError(name)
        if name not in self._here:
            self.seat(name).sign_in(f"{name}@{DOMAIN}", PASSWORD)
        return self._here[name]

    def seat(self, name: str) -> Onlooker:
        """Let somebody open a browser."""
        found = Onlooker(
            self._browser, self.stage.url, self._seats[name], self._strangers, self._looked
        )
        self._here[name] = found
        return found

    def title(self, step: str, who: Onlooker) -> str:
        """Return the title of a step as somebody reads it."""
        found = next(each for each in self.playbook.steps if each.code == step)
        return found.title.in_language(who.place.code)

    def task(self, step: str, who: Onlooker) -> None:
        """Open the page of a task from the room."""
        who.open(self.room)
        link = who.page.locator(".task__title a", has_text=self.title(step, who))
        if not link.first.is_visible():
            who.page.locator("#part-tasks > details > summary").first.click()
        who.follow(link)

    def everybody_leaves(self) -> list[str]:
        """Return what was wrong with any page that anybody saw."""
        return [said for each in self._here.values() for said in each.leave()]


def the_administrator_lets_colleagues_in(tale: Tale) -> None:
    administrator = tale.administrator
    administrator.follow("Accounts")
    for name, role in (("network", "network-manager"), ("privacy", "privacy-officer")):
        administrator.fill(name=name.title(), login=f"{name}@{DOMAIN}")
        administrator.page.select_option("#role", role)
        administrator.press("Make the account")
        password = administrator.page.locator(".flash code").inner_text()
        tale.seat(name).sign_in(f"{name}@{DOMAIN}", password)


def the_coordinator_starts_the_playbook(tale: Tale) -> None:
    who = tale.coordinator
    before = who.effort
    who.follow("Start a playbook")
    who.follow(who.page.locator(".card__title a"))
    who.fill(
        title="Oefening Zilverkamp", incident="een aanslag elders", place="Stadhuis",
    )  # fmt: skip
    for question in tale.playbook.questions:
        given = "yes" if question.code in "ad" else "no"
        who.tick(f"input[name=answer-{question.code}][value={given}]")
    who.press("Which level follows from this?")
    who.tick("input[name=exercise][value=yes]")
    who.press("Next: see who gets what")
    assert "OEFENING" in who.page.locator("blockquote.sms").first.inner_text()
    who.press("Start the exercise")
    expect(who.page).to_have_url(re.compile(r"/calamities/[0-9a-f-]{36}$"))
    tale.room = who.page.url
    took = who.effort - before
    print(f"from the first page to the first text: {took:.0f} s of typing and pressing")
    assert took < 60, "in under a minute, though nobody skips the look at who gets what"


def the_team_answers(tale: Tale) -> None:
    called = tale.phones.heard("OEFENING. VOORALARM", by=6)
    for number in sorted(called)[:NEEDED]:
        tale.phones.text(number, "1")
    # The room says so by itself.
    tale.coordinator.sees(tale.coordinator.words("enough people"), inside="#part-roster")


def the_responder_works(tale: Tale) -> None:
    who = tale.responder
    who.follow("Oefening Zilverkamp")
    who.follow(who.page.locator(".task__title a", has_text=tale.title("S06", who)))
    who.fill(note="Gebeld; er geldt hier niets.")
    who.press("Done")
    tale.coordinator.sees("Gebeld; er geldt hier niets.", inside="#part-timeline")
    who.open(f"{tale.room}/matters/rumour")
    who.fill(text="De scholen gaan dicht", owner="COM")
    who.press("Add a rumour")
    who.sees("De scholen gaan dicht")
    tale.coordinator.sees("De scholen gaan dicht", inside="#part-timeline")


def the_coordinator_says_what_is_known(tale: Tale) -> None:
    who = tale.coordinator
    tale.task("S07", who)
    who.fill(we_know="Bij ons gelden geen maatregelen\nDe scholen blijven open")
    who.press("Put it on the timeline")
    tale.task("S08", who)
    who.tick("input[name=option][value='1']")
    who.fill(reason="Muziek past nu niet.")
    who.press("Record the decision")
    for step, words in (("S05", "sleutelfiguren"), ("S11", "We leven mee"), ("S12", "OEFENING")):
        tale.task(step, who)
        who.press(who.page.locator("button.is-huge"))
        tale.phones.heard(words, by=1)
    who.open(f"{tale.room}/matters/rumour")
    who.follow("De scholen gaan dicht")
    who.page.fill("form[action$='/ending'] #reason", "Nagevraagd bij alle scholen: niet waar.")
    who.press("Lay it to rest")


def a_fact_is_told_and_taken_back(tale: Tale) -> None:
    who = tale.coordinator
    who.open(f"{tale.room}/matters/fact")
    who.follow("De scholen blijven open")
    who.follow("Send this fact")
    who.page.select_option("#audience", "professionals")
    who.press("See who gets what")
    who.press(who.page.locator(".confirm button.is-large"))
    tale.phones.heard("De scholen blijven open", by=6)
    who.open(f"{tale.room}/matters/fact")
    who.follow("De scholen blijven open")
    who.page.fill("form[action$='/ending'] #reason", "Een school sluit morgen eerder.")
    who.press("Withdraw it")
    who.follow("Look at the correction")
    who.press("See who gets what")
    who.press(who.page.locator(".confirm button.is-large"))
    tale.phones.heard("Verbetering", by=6)


def key_figures_are_asked(tale: Tale) -> None:
    who = tale.coordinator
    who.open(tale.room)
    who.unfold("Open a round")
    for audience in ("key-figures", "professionals"):
        who.tick(f"#audiences input[value={audience}]")
    who.page.get_by_role("button", name=who.words("Open the round"), exact=True).click()
    who.sees(who.words("Round %(n)s", n=1), inside="#part-rounds")
    asked = tale.phones.heard("Hoe is de sfeer", by=10)
    for place, number in enumerate(sorted(asked)):
        tale.phones.text(number, str(1 + place % 3))
    tale.phones.text(WRITES[1], "De moeders maken zich zorgen over de school.")


def a_professional_fills_in_the_form(tale: Tale) -> None:
    who = tale.professional
    who.follow("How is your neighbourhood?")
    who.tick("input[name=gate][value=no]")
    who.tick("input[name=mood][value='3']")
    who.tick("input[name=direction][value=same]")
    who.fill(well="De buren helpen elkaar")
    who.tick("input[name=certainty][value='2']")
    who.press("Send")
    expect(who.page).to_have_url(re.compile("/thanks$"))


def the_contact_person_reads_and_sums_up(tale: Tale) -> None:
    who = tale.contact
    who.follow("My people")
    who.sees("De moeders maken zich zorgen")
    who.follow(who.page.locator(".contact__open", has_text=WRITES[0]))
    who.fill(text="Dank je wel. Ik bel de directeur vanmiddag.")
    who.press("Send")
    tale.phones.heard("Ik bel de directeur vanmiddag", by=1)
    who.unfold("Summarise for the timeline")
    who.fill(summary="In de wijk zijn vragen over de school.")
    for each in ("no-names", "no-features", "own-words"):
        who.tick(f"#privacy input[value={each}]")
    who.press("Add to the timeline")
    tale.coordinator.sees("In de wijk zijn vragen over de school.", inside="#part-timeline")
    who.open(f"{tale.room}/matters/commitment")
    who.fill(
        text="De directeur belt de moeders", to="ouders in Zilverkamp", owner="NET",
        due_at="2030-01-02T18:00",
    )  # fmt: skip
    who.press("Add a promise")


def officials_see_it_happen(tale: Tale) -> None:
    for who in (tale.official, tale.alderman):
        who.follow("Oefening Zilverkamp")
    coordinator = tale.coordinator
    coordinator.open(tale.room)
    coordinator.unfold("Write the three sentences")
    coordinator.fill(
        first="Het is stil in de stad.", second="Wij zijn in elke wijk.",
        third="Vanavond is er weer overleg.", next_update_at="23:55",
    )  # fmt: skip
    coordinator.press("Put these on the page")
    coordinator.unfold("Close this round early")
    coordinator.tick("#part-rounds input[name=sure]")
    coordinator.page.get_by_role("button", name=coordinator.words("Close this round now")).click()
    for who in (tale.official, tale.alderman):
        who.sees("Wij zijn in elke wijk.", inside="#part-situation")
        expect(who.page.locator("#part-picture table")).to_be_visible()
        who.look()


def the_report_is_written_and_released(tale: Tale) -> None:
    tale.responder.open(f"{tale.room}/report")
    tale.responder.follow("Write the next version")
    tale.responder.fill(**{Heading.WELL: "Buren helpen elkaar."})
    tale.responder.press("Save the draft")
    who = tale.coordinator
    who.open(f"{tale.room}/report/draft")
    who.tick("#confirmed")
    who.press("Save and release")
    for reader in (tale.official, tale.alderman):
        reader.follow("Situation report, version %(n)s", n=1)
        assert reader.page.request.get(f"{tale.room}/report/versions/1/files/pdf").ok


def the_shift_changes(tale: Tale) -> None:
    who = tale.coordinator
    who.open(tale.room)
    who.follow("Handover")
    assert "De directeur belt de moeders" in who.page.input_value("#text")
    who.press("Hand over")
    relief = tale.relief
    relief.follow("Oefening Zilverkamp")
    relief.follow("Handover")
    relief.press("I read this and take it over as %(name)s", name="Relief")
    tale.contact.open(f"{tale.room}/matters/commitment")
    tale.contact.follow("De directeur belt de moeders")
    tale.contact.tick("#outcome input[value=kept]")
    tale.contact.page.fill("form[action$='/ending'] #reason", "Gebeld.")
    tale.contact.press("Put it on the timeline")


def it_is_closed(tale: Tale) -> None:
    who = tale.relief
    who.open(tale.room)
    who.unfold("Close this calamity")
    who.follow("Write what we did with the answers")
    who.fill(
        nl="Dank. We belden de school. {phone} {sender}",
        en="Thanks. We rang the school. {phone} {sender}",
    )
    who.press("See who gets what")
    who.press(who.page.locator(".confirm button.is-large"))
    tale.phones.heard("We belden de school", by=10)
    who.open(tale.room)
    who.unfold("Close this calamity")
    for box in who.page.locator("#met input").all():
        box.check()
    who.page.fill("#close-reason", "Het is weer gewoon.")
    who.press(who.page.locator("form[action$='/close'] button"))
    for each in (tale.coordinator, tale.responder, tale.official, tale.alderman):
        each.open("/")
        each.follow("Oefening Zilverkamp")
        each.sees(each.words("Closed %(moment)s", moment="").strip())


def what_is_kept_afterwards(tale: Tale) -> None:
    tale.privacy.follow("Audit")
    tale.privacy.sees(f"contact@{DOMAIN}")
    tale.network.follow("People")
    tale.network.sees("Zilverkamp")
    tale.administrator.open("/settings/users")
    row = tale.administrator.page.locator("tr", has_text="relief@")
    tale.administrator.press(row.locator("form[action$='/sign-out'] button"))
    tale.relief.page.goto(tale.room)
    expect(tale.relief.page).to_have_url(re.compile("/sign-in"))
    for name in ("coordinator", "responder", "contact", "professional", "official"):
        getattr(tale, name).press("Sign out")


CHAPTERS: tuple[Callable[[Tale], None], ...] = (
    the_administrator_lets_colleagues_in,
    the_coordinator_starts_the_playbook,
    the_team_answers,
    the_responder_works,
    the_coordinator_says_what_is_known,
    a_fact_is_told_and_taken_back,
    key_figures_are_asked,
    a_professional_fills_in_the_form,
    the_contact_person_reads_and_sums_up,
    officials_see_it_happen,
    the_report_is_written_and_released,
    the_shift_changes,
    it_is_closed,
    what_is_kept_afterwards,
)


@pytest.fixture
def stage(sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    run_apart(set_up(Database(sqlite_url, Vault(SECRET)), plain_playbook()))
    made = QuickStage(sqlite_url, tmp_path, rate=100, numbers=[], carrier="sandbox")
    made.start("run", "run")
    try:
        run_apart(made.is_ready())
        yield made
    finally:
        made.stop()


@pytest.mark.slow
@pytest.mark.parametrize("seats", [SEATS, MIRRORED], ids=["as-set", "mirrored"])
def test_everybody_does_their_part_from_sign_in_to_closing(
    seats: dict[str, Place], stage: Stage, chromium: Browser
) -> None:
    tale = Tale(stage, chromium, seats)
    for chapter in CHAPTERS:
        chapter(tale)
    assert tale.everybody_leaves() == []
