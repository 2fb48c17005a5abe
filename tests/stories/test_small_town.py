"""A small town takes the playbook of a large city from a file to its first exercise, by pages only.

What the operator does once stands before it: an installation, an empty municipality, two accounts.
"""

import csv
import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, Page, expect

from calamity.actions.bundles import export_bundle
from calamity.actions.publish import approve, publish, publish_block
from calamity.domain.permissions import Actor, UserRole
from calamity.store.accounts import add_user
from calamity.store.database import Database
from calamity.store.municipalities import add_municipality
from calamity.store.vault import Vault
from tests.make import PASSWORD, T0
from tests.postgres import run_apart
from tests.shipped import FOLDER
from tests.stories.stage import SECRET, Stage
from tests.templates import Templates

DISTRICTS = Path(__file__).parents[2] / "calamity/demo/wijken.geojson"
PLAN = FOLDER / "attack-elsewhere/v1.yaml"
READY = "html[data-ready]"
COMMAND = re.compile(r"calamity [a-z]+ [a-z]")


async def hand_over(database: Database) -> bytes:
    """Return the bundle of a large city, with one playbook of the library that is in use there."""
    await database.open()
    async with database.transaction() as session:
        city = await add_municipality(
            session, slug="waterstad", name="Waterstad", crisis_phone="+3197010240997", at=T0
        )
        author, mayor = (
            Actor(city.id, login, role)
            for login, role in (("one", UserRole.COORDINATOR), ("two", UserRole.OFFICIAL))
        )
        await add_user(
            session, city.id, login="two", name="Twee", role=UserRole.OFFICIAL,
            password_hash="", recipient_id=None, at=T0,
        )  # fmt: skip
        for block in sorted(FOLDER.glob("blocks/*/v*.yaml")):
            await publish_block(session, author, block.read_bytes(), str(block), at=T0)
        version = await publish(session, author, PLAN.read_bytes(), str(PLAN), at=T0)
        await approve(session, mayor, version.slug, version.number, at=T0)
        data = await export_bundle(session, author, [(version.slug, None)])
    await database.close()
    return data


async def set_up(database: Database) -> None:
    """Do what an operator does once: an empty municipality, and two people with an account."""
    await database.open()
    async with database.transaction() as session:
        town = await add_municipality(
            session, slug="kleinstad", name="Kleinstad", crisis_phone="+3197010240998", at=T0
        )
        weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        for login in ("noor@kleinstad", "sam@kleinstad"):
            await add_user(
                session, town.id, login=login, name=login.split("@")[0].title(),
                role=UserRole.COORDINATOR, password_hash=weak, recipient_id=None, at=T0,
            )  # fmt: skip
    await database.close()


@pytest.fixture
def city_file(sqlite_templates: Templates, tmp_path: Path) -> Path:
    copy = tmp_path / "city.sqlite"
    copy.write_bytes(Path(sqlite_templates[0]).read_bytes())
    file = tmp_path / "waterstad.calamity.zip"
    file.write_bytes(run_apart(hand_over(Database(f"sqlite:///{copy}", Vault(SECRET)))))
    return file


class Person:
    """Somebody at a browser, who has no command line; every page on the way is looked at."""

    def __init__(self, browser: Browser, stage: Stage, login: str) -> None:
        self.page: Page = browser.new_context(
            locale="nl-NL", viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
        ).new_page()
        self._stage = stage
        self.said: list[str] = []
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.open("/sign-in")
        self.page.fill("[name=login]", login)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(f"{stage.url}/")

    def open(self, path: str) -> None:
        self.page.goto(f"{self._stage.url}{path}")
        self.look()

    def follow(self, words: str) -> None:
        """Go where a link leads."""
        self.page.locator("main").get_by_role("link", name=words).first.click()
        self.look()

    def press(self, words: str) -> None:
        """Press a button, and read what comes."""
        before = self.page.evaluate("performance.timeOrigin")
        self.page.get_by_role("button", name=words, exact=True).first.click()
        self.page.wait_for_function(f"performance.timeOrigin !== {before}")
        self.look()

    def look(self) -> None:
        """Read the page: no step on the way may need a command line."""
        self.page.wait_for_selector(READY)
        assert COMMAND.search(self.page.inner_text("main")) is None, self.page.url

    def reads(self, *words: str) -> None:
        """See words on the page."""
        for each in words:
            expect(self.page.locator("main")).to_contain_text(each)


def filled_in(sheet: str) -> bytes:
    """Fill in the sheet as somebody does in a spreadsheet: a name and a number on each line."""
    rows = list(csv.reader(io.StringIO(sheet.removeprefix("\ufeff")), delimiter=";"))
    place = {name: index for index, name in enumerate(rows[0])}
    for number, row in enumerate(rows[1:], 1):
        row[place["naam"]] = f"Persoon {chr(64 + number)}"
        row[place["telefoon"]] = f"+31970102401{number:02}"
        if row[place["soort"]] == "sleutelfiguur":
            row[place["contactpersoon"]] = next(
                other[place["naam"]] for other in rows[1:] if other[0] == "contactpersoon"
            )
            row[place["afgesproken_op"]] = "2026-01-15"
            row[place["kring"]] = "sport"
        if row[place["soort"]] in ("sleutelfiguur", "professional"):
            row[place["wijk"]] = "WK990101"
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(rows)
    return out.getvalue().encode()


@pytest.fixture
def stage(sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    run_apart(set_up(Database(sqlite_url, Vault(SECRET))))
    made = Stage(sqlite_url, tmp_path, rate=100, numbers=[], carrier="sandbox")
    made.start("run", "run")
    try:
        run_apart(made.is_ready())
        yield made
    finally:
        made.stop()


@pytest.mark.slow
def test_a_small_town_goes_from_a_file_to_its_first_exercise_by_pages_only(
    stage: Stage, city_file: Path, chromium: Browser, tmp_path: Path
) -> None:
    began = time.monotonic()
    noor = Person(chromium, stage, "noor@kleinstad")
    page = noor.page
    # An empty house says where to begin.
    noor.open("/playbooks")
    noor.follow("Draaiboeken overnemen")
    page.set_input_files("[name=file]", city_file)
    noor.press("Laat zien wat erin zit")
    # Who signed it, who approved it there, what is new, and what has nobody here.
    noor.reads(
        "uit naam van Waterstad", "Vingerafdruk", "bestuurder, Waterstad", "Nieuw hier",
        "Wijken die hier nog niet bekend zijn", "teamleider (LEI)", "Groepen zonder mensen",
    )  # fmt: skip
    noor.press("Neem over")
    noor.reads("Bel die gemeente")
    page.check("[name=although_untrusted]")
    noor.press("Neem over")
    noor.reads("Overgenomen van Waterstad", "Waar hier nog niemand voor is", "teamleider (LEI)")
    version = page.url.removeprefix(stage.url)
    # The neighbourhoods first, then the people: on a sheet that knows who is missing.
    noor.follow("De wijken inlezen")
    page.set_input_files("[name=file]", DISTRICTS)
    noor.press("Inlezen")
    noor.open(version)
    noor.follow("De mensen inlezen")
    with page.expect_download() as coming:
        page.get_by_role("link", name="De lijst downloaden").click()
    people = tmp_path / "mensen.csv"
    people.write_bytes(filled_in(Path(coming.value.path()).read_text()))
    page.set_input_files("[name=file]", people)
    noor.press("Inlezen")
    noor.reads("Bewaard:")
    noor.open(version)
    expect(page.locator("main")).not_to_contain_text("Rollen zonder mensen")
    expect(page.locator("main")).not_to_contain_text("Groepen zonder mensen")
    # A second person approves what the first took over.
    assert page.get_by_role("button", name="Goedkeuren").count() == 0
    sam = Person(chromium, stage, "sam@kleinstad")
    sam.open("/playbooks")
    sam.follow("Aanslag elders")
    sam.press("Goedkeuren")
    # The first exercise.
    noor.open(version)
    noor.follow("Start dit draaiboek")
    for name, words in (
        ("title", "Eerste oefening"), ("incident", "een aanslag in een andere stad"),
        ("place", "stadhuis"), ("social_level_reason", "We oefenen."),
    ):  # fmt: skip
        page.fill(f"[name={name}]", words)
    page.check("[name=exercise][value=yes]")
    page.select_option("[name=social_level]", "1")
    noor.press("Verder: zien wie wat krijgt")
    noor.press("Start de oefening")
    # The first text is on a phone.
    number = next(iter(csv.DictReader(people.open(), delimiter=";")))["telefoon"]
    page.goto(f"{stage.phones}/phones/{quote(number)}")
    expect(page.locator("body")).to_contain_text("OEFENING", timeout=20_000)
    assert [*noor.said, *sam.said] == []
    assert time.monotonic() - began < 30 * 60
