"""Check-ins: the forms that wait for a professional, and filling one in."""

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from calamity.actions.check_in import CheckInForm, fill_in_form
from calamity.domain.errors import NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.store import rounds
from calamity.web.api.calamities import created
from calamity.web.api.people import own_recipient
from calamity.web.api.wire import camel, plain, wired
from calamity.web.auth import needs
from calamity.web.house import House, now


@camel
class CheckIn(CheckInForm, frozen=True):
    """What a professional says about a neighbourhood and a moment; nothing about people."""


@camel
class OpenForm(rounds.Form, frozen=True):
    """A round that waits for this professional's check-in."""


class OpenForms(Struct, frozen=True):
    """The rounds that wait, the newest first."""

    forms: list[OpenForm]


class TakenIn(Struct, frozen=True, rename="camel"):
    """That a check-in was taken in; *replaced* says that it took the place of an earlier one."""

    round_id: str
    replaced: bool


@get("/check-ins", guards=[needs(Permission.CHECK_IN)], name="api.check_ins.open")
async def list_open(house: NamedDependency[House], actor: NamedDependency[Actor]) -> OpenForms:
    """List the rounds that wait for one's own check-in."""
    async with house.database.reading() as session:
        forms = await rounds.open_forms(session, own_recipient(actor))
    return OpenForms([wired(form, OpenForm) for form in forms])


@post("/check-ins/{round_id:str}", guards=[needs(Permission.CHECK_IN)], name="api.check_ins.fill")
async def fill_in(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    round_id: FromPath[str],
    data: JSONBody[CheckIn],
) -> Response[TakenIn]:
    """Fill in one's own check-in for an open round; a later one takes its place."""
    async with house.database.transaction() as session:
        forms = await rounds.open_forms(session, own_recipient(actor))
        place = next((form for form in forms if form.round_id == round_id), None)
        if place is None:
            raise NotFound("No open round here waits for your check-in.", field="round")
        replaced = await fill_in_form(session, place, plain(data, CheckInForm), at=now())
    return created(TakenIn(round_id, replaced), "/v1/check-ins")


router = Router("/", route_handlers=[list_open, fill_in], tags=["Check-ins"])
