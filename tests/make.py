"""A small municipality and its playbook, made by plain functions with defaults."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from argon2 import PasswordHasher

from calamity.actions.activate import activate
from calamity.actions.publish import approve, publish
from calamity.actions.terms import Route, Terms
from calamity.domain.activation import ActivationRequest, Inputs, Levels
from calamity.domain.permissions import Actor, UserRole
from calamity.domain.playbook import (
    Audience,
    Block,
    CallOut,
    Decision,
    Dispatch,
    Group,
    Limits,
    Message,
    MessageKind,
    Phase,
    Playbook,
    Prose,
    Role,
    Round,
    Scenario,
    Step,
    Words,
)
from calamity.domain.playbook_check import canonical
from calamity.store import accounts, people
from calamity.store.calamities import Activation
from calamity.store.database import Database, Session
from calamity.store.municipalities import (
    Municipality,
    add_municipality,
    list_neighbourhoods,
    put_neighbourhood,
)
from calamity.store.playbooks import PlaybookVersion
from calamity.store.tables import ContactPersonRow, KeyFigureRow, ProfessionalRow, ResponderRow
from calamity.store.wakes import Wakes

T0 = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
"""A Monday, half past ten in the morning in Amsterdam."""
SECRET = "a-secret-key-for-tests-alone-0123456789"
PASSWORD = "a password for tests"
SENDER = "+3197010250001"
PLACES = ("W1", "W2", "W3", "W4")
_WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def later(**span: float) -> datetime:
    """Return the moment this long after T0: `later(minutes=10)`."""
    return T0 + timedelta(**span)


@dataclass(frozen=True)
class Person:
    """Someone in the town: the recipient id, the number and the name."""

    id: str
    phone: str
    name: str


@dataclass(frozen=True)
class Town:
    """The municipality, who acts in it, and everyone by a short name such as `lei1` or `kf3`."""

    municipality: Municipality
    author: Actor
    coordinator: Actor
    official: Actor
    contacts: tuple[Actor, Actor]
    people: dict[str, Person] = field(default_factory=dict)
    neighbourhoods: dict[str, str] = field(default_factory=dict)
    """Ids by code."""

    @property
    def id(self) -> str:
        """The id of the municipality."""
        return self.municipality.id

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def named(self, prefix: str) -> list[Person]:
        """Return everyone whose short name begins like this."""
        return [person for name, person in self.people.items() if name.startswith(prefix)]


TEAM = (
    ("lei1", "LEI", 1, "Lea Voorn"), ("lei2", "LEI", 2, "Leo Brasem"),
    ("com1", "COM", 1, "Corrie Snoek"), ("com2", "COM", 2, "Cas Baars"),
    ("com3", "COM", 3, "Cato Zeelt"), ("net1", "NET", 1, "Nele Karper"),
)  # fmt: skip
CONTACTS = (("contact1", "Tessa Winde"), ("contact2", "Tom Kolblei"))
KEY_FIGURES = (
    "Karin Rietvoorn", "Kees Alver", "Kim Serpeling", "Koen Bittervoorn", "Kadir Meerval",
    "Kamila Kwabaal", "Khalid Grondel", "Kira Bot", "Kaat Spiering", "Kai Fint", "Keri Elft",
    "Klaas Houting",
)  # fmt: skip
LANGUAGES = ("nl", "en", "ar")
PROFESSIONALS = ("Pia Harder", "Pim Geep", "Puck Makreel")


def make_terms(**changes: Any) -> Terms:
    """Return the terms of an installation with the sandbox."""
    sender, rate = changes.pop("sender", SENDER), changes.pop("rate", 10.0)
    given: dict[str, Any] = {
        "routes": (Route("sandbox", {sender: rate}),),
        "public_url": "https://calamity.example",
        "zone": ZoneInfo("Europe/Amsterdam"),
        "price_per_part": 0.09,
        "is_sandbox": True,
        "allowed_in_exercise": None,
    }
    return Terms(**(given | changes))


async def make_town(
    session: Session,
    *,
    slug: str = "oeverlanden",
    name: str = "Oeverlanden",
    key_figures: int = 8,
    playbook: Playbook | None = None,
) -> Town:
    """Add a municipality: four neighbourhoods, a team with deputies, key figures, professionals.

    Key figure 1, 4, 7 ... speaks Dutch, 2, 5, 8 ... English, 3, 6 ... Arabic. They live in the
    neighbourhoods in turn; odd ones know contact1, even ones contact2. The playbook is approved.
    """
    municipality = await add_municipality(
        session, slug=slug, name=name, crisis_phone="+3197010240999", at=T0
    )
    places = await _neighbourhoods(session, municipality.id)
    everyone: dict[str, Person] = {}
    for number, (short, role, rank, who) in enumerate(TEAM, 1):
        person = everyone[short] = await add_person(
            session, municipality.id, f"+31970102400{number:02}", who
        )
        await add_responder(session, municipality.id, person, role, rank)
    contact_ids = []
    for number, (short, who) in enumerate(CONTACTS, 1):
        person = everyone[short] = await add_person(
            session, municipality.id, f"+31970102401{number:02}", who
        )
        await people.put_row(
            session, ContactPersonRow, {"recipient_id": person.id},
            {"municipality_id": municipality.id},
        )  # fmt: skip
        contact_ids.append(await people.contact_person_of(session, person.id) or "")
    for number in range(1, key_figures + 1):
        who = KEY_FIGURES[(number - 1) % len(KEY_FIGURES)]
        person = everyone[f"kf{number}"] = await add_person(
            session, municipality.id, f"+3197010242{number:03}", who,
            language=LANGUAGES[(number - 1) % 3],
        )  # fmt: skip
        await add_key_figure(
            session, municipality.id, person, contact_ids[(number - 1) % 2],
            places[PLACES[(number - 1) % 4]],
        )  # fmt: skip
    for number, who in enumerate(PROFESSIONALS, 1):
        person = everyone[f"pro{number}"] = await add_person(
            session, municipality.id, f"+31970102403{number:02}", who
        )
        await people.put_row(
            session, ProfessionalRow, {"recipient_id": person.id},
            {"municipality_id": municipality.id, "neighbourhood_id": places[PLACES[number - 1]],
             "organisation": "jongerenwerk"},
        )  # fmt: skip
    actors = await _actors(session, municipality.id, slug, everyone)
    town = Town(municipality, *actors, people=everyone, neighbourhoods=places)
    await make_approved(session, town, playbook or make_playbook())
    return town


async def _neighbourhoods(session: Session, municipality_id: str) -> dict[str, str]:
    """Four squares, two by two; each touches the two beside it."""
    for index, code in enumerate(PLACES):
        west, south = 5.0 + 0.02 * (index % 2), 52.0 + 0.01 * (index // 2)
        ring = [
            [west, south], [west + 0.02, south], [west + 0.02, south + 0.01],
            [west, south + 0.01], [west, south],
        ]  # fmt: skip
        await put_neighbourhood(
            session, municipality_id, code=code, name=f"Wijk {index + 1}", inhabitants=4000,
            geometry=msgspec.json.encode({"type": "Polygon", "coordinates": [ring]}),
            neighbours=[PLACES[index ^ 1], PLACES[index ^ 2]],
        )  # fmt: skip
    await session.sql.flush()
    return {place.code: place.id for place in await list_neighbourhoods(session, municipality_id)}


async def add_person(
    session: Session, municipality_id: str, phone: str, name: str, *, language: str = "nl"
) -> Person:
    """Add a number and its owner."""
    id_, _ = await people.put_recipient(
        session, municipality_id, phone=phone, name=name, language=language, at=T0
    )
    return Person(id_, phone, name)


async def add_responder(
    session: Session, municipality_id: str, person: Person, role: str, rank: int
) -> None:
    """Put someone in the rapid team."""
    await people.put_row(
        session, ResponderRow, {"recipient_id": person.id, "role": role},
        {"municipality_id": municipality_id, "rank": rank},
    )  # fmt: skip


async def add_key_figure(
    session: Session,
    municipality_id: str,
    person: Person,
    contact_person_id: str,
    neighbourhood_id: str,
    **changes: Any,
) -> None:
    """Make someone a key figure who agreed to words and questions."""
    given = {
        "municipality_id": municipality_id, "contact_person_id": contact_person_id,
        "neighbourhood_id": neighbourhood_id, "circle": "sport", "agreed_on": "2026-01-15",
        "asks": True,
    }  # fmt: skip
    await people.put_row(session, KeyFigureRow, {"recipient_id": person.id}, given | changes)


async def _actors(
    session: Session, municipality_id: str, slug: str, everyone: dict[str, Person]
) -> tuple[Actor, Actor, Actor, tuple[Actor, Actor]]:
    """Add accounts, all with PASSWORD; logins are the names below and the slug."""
    made = []
    for login, role, who in (
        ("author", UserRole.COORDINATOR, None),
        ("coordinator", UserRole.COORDINATOR, None),
        ("official", UserRole.OFFICIAL, None),
        ("contact1", UserRole.CONTACT_PERSON, everyone["contact1"].id),
        ("contact2", UserRole.CONTACT_PERSON, everyone["contact2"].id),
    ):
        user_id = await accounts.add_user(
            session, municipality_id, login=f"{login}@{slug}", name=login, role=role,
            password_hash=_WEAK.hash(PASSWORD), recipient_id=who, at=T0,
        )  # fmt: skip
        made.append(Actor(municipality_id, f"{login}@{slug}", role, user_id, who))
    return made[0], made[1], made[2], (made[3], made[4])


def _words(text: str) -> Words:
    return Words(nl=text, en=text)


def _message(code: str, kind: str, nl: str, en: str, **more: Any) -> Message:
    return Message(code=code, kind=MessageKind(kind), texts={"nl": nl, "en": en}, **more)


MESSAGES = (
    _message("T1", "action", "{incident}. Kom je? 1 = ja, 2 = nee, 3 = later. Rol: {role}",
             "{incident}. Coming? 1 = yes, 2 = no, 3 = later. Role: {role}", alarm=True),
    _message("T2", "action", "Nog geen antwoord. 1 = ja, 2 = nee, 3 = later. Rol: {role}",
             "No answer yet. 1 = yes, 2 = no, 3 = later. Role: {role}", alarm=True),
    _message("T3", "action", "Vervang je? 1 = ja, 2 = nee, 3 = later. Rol: {role}",
             "Will you stand in? 1 = yes, 2 = no, 3 = later. Role: {role}", alarm=True),
    _message("T4", "close", "Er zijn genoeg mensen. Dank je wel.",
             "There are enough people. Thank you."),
    Message(code="K1", kind=MessageKind.GIVE, texts={
        "nl": "{first_name}, we leven mee. Bel {phone}. {sender}",
        "en": "{first_name}, we feel with you. Call {phone}. {sender}",
        "ar": "{first_name}، نحن معكم. اتصل {phone}. {sender}",
    }),
    _message("K4", "ask",
             "Sfeer? 1 = rustig, 5 = onveilig, 0 = geen idee. Het hoeft niet. Geen namen. "
             "{phone} {sender}",
             "Mood? 1 = calm, 5 = unsafe, 0 = no view. It is voluntary. No names. {phone} {sender}",
             valid_for="2h"),
    _message("K9", "close", "We stoppen. Dank je wel. Bel {phone}. {sender}",
             "We stop here. Thank you. Call {phone}. {sender}"),
    _message("P1", "give", "Feiten: {link}", "Facts: {link}"),
    _message("P6", "ask", "Vul in: {link}", "Fill in: {link}", valid_for="2h"),
)  # fmt: skip
CALL_OUT = CallOut(
    roles=["LEI", "COM", "NET"], quota=2, message="T1", reminder="T2", deputy="T3", enough="T4",
    reminder_after="10m", deputy_after="15m",
)  # fmt: skip
ROUND = Round(audiences=["friends", "street"], message="K4", form="P6", closes_after="4h")


def make_step(code: str, **changes: Any) -> Step:
    """Return a step that nobody has to do anything for."""
    given: dict[str, Any] = {
        "code": code, "phase": "acute", "title": _words(f"Stap {code}"), "role": "LEI",
        "due": "T+2d",
    }  # fmt: skip
    return Step(**(given | changes))


STEPS = (
    make_step("call", due="T+5m", automatic=True, act=CALL_OUT),
    make_step("give", due="T+1h", act=Dispatch(audience="friends", message="K1")),
    make_step("facts", due="T+1h", act=Dispatch(audience="street", message="P1")),
    make_step("choose", act=Decision(
        question=Words(nl="Vlag halfstok?", en="Flag at half-mast?"),
        options=[_words("Ja"), _words("Nee")])),
    make_step("write", may_skip=False),
    make_step("ask", start="T+1d", act=ROUND),
    make_step("stop", start="T+2d", act=Dispatch(audience="friends", message="K9")),
)  # fmt: skip


def make_playbook(**changes: Any) -> Playbook:
    """Return a sound playbook: a call-out at T0, words, a round and closing words by hand."""
    given: dict[str, Any] = {
        "slug": "small",
        "version": 1,
        "scenario": Scenario.ATTACK_ELSEWHERE,
        "title": Words(nl="Klein", en="Small"),
        "purpose": Prose(nl="Een klein draaiboek.", en="A small playbook."),
        "limits": Limits(we_do=[_words("Luisteren")], we_do_not=[_words("Opsporen")]),
        "roles": [
            Role(code=code, title=Words(nl=nl, en=en), task=_words("Doet dit."))
            for code, nl, en in (
                ("LEI", "teamleider", "team leader"), ("COM", "voorlichter", "press officer"),
                ("NET", "netwerkbeheerder", "network keeper"),
            )
        ],
        "phases": [
            Phase(code="acute", title=_words("Acuut")),
            Phase(code="after", title=_words("Nazorg"), starts="T+2d"),
        ],
        "audiences": [
            Audience(code="friends", title=_words("Sleutelfiguren"), of=Group.KEY_FIGURES,
                     where="affected"),
            Audience(code="street", title=_words("Professionals"), of=Group.PROFESSIONALS),
        ],
        "messages": list(MESSAGES),
        "steps": list(STEPS),
        "changes": [_words("Eerste versie.")],
    }  # fmt: skip
    return Playbook(**(given | changes))


def make_block(**changes: Any) -> Block:
    """Return a sound block that holds one more role."""
    fields: dict[str, Any] = {
        "block": "records",
        "version": 1,
        "title": Words(nl="Verslag", en="Records"),
        "purpose": Prose(nl="Iemand schrijft op.", en="Somebody writes."),
        "changes": [Words(nl="Eerste versie.", en="First version.")],
        "roles": [
            Role(
                code="LOG",
                title=Words(nl="verslaglegger", en="record keeper"),
                task=Words(nl="Schrijft op.", en="Writes."),
            )
        ],
    }
    return Block(**fields | changes)


async def make_approved(session: Session, town: Town, playbook: Playbook) -> PlaybookVersion:
    """Publish a playbook as the author and approve it as the other coordinator."""
    source, name = canonical(playbook), f"{playbook.slug}/v{playbook.version}.yaml"
    version = await publish(session, town.author, source, name, at=T0)
    return await approve(session, town.coordinator, version.slug, version.number, at=T0)


def make_request(**changes: Any) -> ActivationRequest:
    """Return a request to activate the small playbook in a new, real calamity."""
    given: dict[str, Any] = {
        "slug": "small",
        "request_key": "request-0001",
        "inputs": Inputs(incident={"nl": "een aanslag elders", "en": "an attack elsewhere"}),
        "title": "Aanslag elders",
        "levels": Levels(social=1, social_reason="Onrust in de wijk"),
    }
    return ActivationRequest(**(given | changes))


async def make_activation(
    database: Database,
    wakes: Wakes,
    town: Town,
    *,
    terms: Terms | None = None,
    at: datetime = T0,
    **changes: Any,
) -> Activation:
    """Activate the small playbook; *changes* are those of `make_request`."""
    async with database.transaction() as session:
        return await activate(
            session, wakes, terms or make_terms(), town.coordinator, make_request(**changes), at=at
        )


def ids_of(persons: Iterable[Person]) -> set[str]:
    """Return the recipient ids of persons."""
    return {person.id for person in persons}
