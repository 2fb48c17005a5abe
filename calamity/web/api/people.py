"""The team and the network: who there is, never under which number, and taking in a file."""

from typing import Annotated, Any

from litestar import Request, Response, Router, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from calamity.actions.people import PeopleReport, import_people
from calamity.actions.person import PersonDetails, check_stop, correct_person
from calamity.actions.write import Written, write_to_key_figure
from calamity.domain.errors import Forbidden
from calamity.domain.permissions import Actor, Permission
from calamity.store import people
from calamity.web.api.calamities import created
from calamity.web.api.document import takes
from calamity.web.api.gate import needs_one_of
from calamity.web.api.wire import camel, wired
from calamity.web.auth import needs
from calamity.web.house import House, now
from calamity.web.looks import note_look

_LARGEST = 21_000_000


@camel
class KeyFigure(people.KeyFigureLine, frozen=True):
    """A key figure, without a number."""


class KeyFigures(Struct, frozen=True, rename="camel"):
    """Key figures by neighbourhood: one's own, or all for who looks after the network."""

    key_figures: list[KeyFigure]


@camel
class Responder(people.ResponderLine, frozen=True):
    """A member of the rapid team in one role."""


class Responders(Struct, frozen=True):
    """The rapid team by role, the primary first."""

    responders: list[Responder]


@camel
class Numbers(people.Numbers, frozen=True):
    """How many people there are in each capacity."""


@camel
class PeopleImport(PeopleReport, frozen=True):
    """What became of every line, in the order of the file."""


def own_recipient(actor: Actor) -> str:
    """Return who this actor is as a person. Raises Forbidden for a program of nobody."""
    if actor.recipient_id is None:
        raise Forbidden(
            "This account is not bound to a person. Ask an administrator to make a token in the "
            "name of your account."
        )
    return actor.recipient_id


@get(
    "/key-figures",
    guards=[needs_one_of(Permission.SEE_KEY_FIGURES, Permission.READ_REPLIES)],
    name="api.key_figures.list",
)
async def list_key_figures(
    house: NamedDependency[House], actor: NamedDependency[Actor]
) -> KeyFigures:
    """List key figures without numbers: a contact person's own, or all of them."""
    contact = None if actor.may(Permission.SEE_KEY_FIGURES) else own_recipient(actor)
    async with house.database.reading() as session:
        lines = await people.list_key_figures(
            session, actor.municipality_id, contact_recipient_id=contact
        )
    about = [line.recipient_id for line in lines]
    await note_look(house, actor, about, where="/v1/key-figures")
    return KeyFigures([wired(line, KeyFigure) for line in lines])


@get("/responders", guards=[needs(Permission.SEE_PEOPLE)], name="api.responders.list")
async def list_responders(
    house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Responders:
    """List the rapid team by role."""
    async with house.database.reading() as session:
        lines = await people.list_responders(session, actor.municipality_id)
    return Responders([wired(line, Responder) for line in lines])


@get("/people", guards=[needs(Permission.SEE_PEOPLE)], name="api.people.count")
async def count(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Numbers:
    """Say how many people there are in each capacity."""
    async with house.database.reading() as session:
        return wired(await people.count_people(session, actor.municipality_id), Numbers)


@post(
    "/people",
    guards=[needs(Permission.IMPORT)],
    operation_class=takes("text/csv", "A people file, with one person in one capacity per line."),
    request_max_body_size=_LARGEST,
    name="api.people.import",
)
async def take_in(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    request: Request[Any, Any, Any],
    skip_bad: Annotated[bool, QueryParameter(name="skipBad")] = False,
) -> Response[PeopleImport]:
    """Take in a people file: all or nothing, unless bad lines are to be skipped."""
    data = await request.body()
    async with house.database.transaction() as session:
        report = await import_people(session, actor, data, skip_bad=skip_bad, at=now())
    return created(wired(report, PeopleImport), "/v1/people")


@camel
class Details(PersonDetails, frozen=True):
    """What changes: what is left out stays, and an empty text takes away what was there."""


@patch(
    "/people/{recipient_id:str}",
    guards=[needs_one_of(Permission.IMPORT, Permission.READ_REPLIES)],
    status_code=204,
    name="api.people.correct",
)
async def correct(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    recipient_id: FromPath[str],
    data: JSONBody[Details],
) -> None:
    """Correct how a person can be reached: number, e-mail address, check word."""
    async with house.database.transaction() as session:
        await correct_person(session, actor, recipient_id, data)


@post(
    "/people/{recipient_id:str}/check-stop",
    guards=[needs_one_of(Permission.IMPORT, Permission.READ_REPLIES)],
    status_code=204,
    name="api.people.check_stop",
)
async def note_call(
    house: NamedDependency[House], actor: NamedDependency[Actor], recipient_id: FromPath[str]
) -> None:
    """Note that this person was phoned about a STOP from their number."""
    async with house.database.transaction() as session:
        await check_stop(session, actor, recipient_id, at=now())


class NewMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """Words of one's own to a key figure."""

    text: Annotated[str, Meta(min_length=1, max_length=600)]
    reason: Annotated[str, Meta(max_length=600)] = ""
    """Why, from whoever is not the contact person; they read it."""
    confirmed: bool = False
    """That a name, a number or a short link in it may leave."""


@camel
class WrittenMessage(Written, frozen=True):
    """A text that will leave, when, and what in it deserves a second look."""


@post(
    "/key-figures/{recipient_id:str}/messages",
    guards=[needs_one_of(Permission.READ_REPLIES, Permission.WRITE_AS_SECOND)],
    name="api.key_figures.write",
)
async def write(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    recipient_id: FromPath[str],
    data: JSONBody[NewMessage],
) -> Response[WrittenMessage]:
    """Write one SMS to one's own key figure, or with a reason to that of a colleague.

    Budgets, quiet hours and STOP hold.
    """
    async with house.database.transaction() as session:
        written = await write_to_key_figure(
            session, house.wakes, house.terms, actor, recipient_id, data.text,
            reason=data.reason, confirmed=data.confirmed, at=now(),
        )  # fmt: skip
    return created(wired(written, WrittenMessage), "/v1/replies")


router = Router(
    "/",
    route_handlers=[list_key_figures, list_responders, count, take_in, correct, note_call, write],
    tags=["People"],
)
