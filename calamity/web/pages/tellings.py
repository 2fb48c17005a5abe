"""A person's own words to an audience: drafted, looked at, then sent by the ordinary path."""

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from calamity.actions.tell import (
    LONGEST,
    Aim,
    NewTelling,
    Telling,
    draft_telling,
    plan_telling,
    tell,
)
from calamity.domain.dispatch import Held
from calamity.domain.errors import CalamityError, Mendable, NotFound
from calamity.domain.permissions import Actor, Permission
from calamity.domain.texts import clean_for_display
from calamity.store.timeline import NEWEST
from calamity.web.auth import needs
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    parse_form,
    see_other,
    wrong,
)
from calamity.web.pages.parts import REFUSED
from calamity.web.pages.plan import REASONS
from calamity.web.pages.scene import scene_of
from calamity.web.paths import PATHS, path
from calamity.web.views import matters as views
from calamity.web.views.frame import Form

_Text = Annotated[str, Meta(max_length=LONGEST)]
_FIELDS = {"language": "nl", "texts": "nl"}


class _Written(Struct, frozen=True, forbid_unknown_fields=True):
    """The form: the words, and to whom they go."""

    nl: _Text
    en: _Text = ""
    audience: Annotated[str, Meta(max_length=40)] = ""
    fact: int | None = None
    corrects: int | None = None
    loop_back: bool = False
    confirmed: bool = False

    def telling(self) -> NewTelling:
        texts = {"nl": self.nl.strip()} | ({"en": self.en.strip()} if self.en.strip() else {})
        return NewTelling(
            texts=texts,  # type: ignore[arg-type]  # the keys are languages
            audience=self.audience,
            fact=self.fact,
            corrects=self.corrects,
            loop_back=self.loop_back,
            confirmed=self.confirmed,
        )


def _aim(given: Mapping[str, str]) -> Aim:
    def number(name: str) -> int | None:
        value = given.get(name, "")
        if value and not (value.isascii() and value.isdigit() and int(value) < NEWEST):
            raise NotFound("There is no such page.", field=name)
        return int(value) if value else None

    return Aim(
        fact=number("fact"), corrects=number("corrects"), loop_back=bool(given.get("loop_back"))
    )


@get(PATHS["telling"], guards=[needs(Permission.STEER)], name="tellings.telling")
async def telling_page(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Show words to begin with, and to whom they go; the address says what they are about."""
    aim = _aim(request.query_params)
    async with house_of(request).database.reading() as session:
        drafts = await draft_telling(session, actor, calamity, aim)
    return await _page(request, actor, calamity, aim, Form(values=drafts))


async def _page(
    request: PageRequest,
    actor: Actor,
    calamity_id: str,
    aim: Aim,
    form: Form,
    *,
    looked: Telling | None = None,
) -> Response[Any]:
    house = house_of(request)
    async with house.database.reading() as session:
        scene = await scene_of(request, session, actor, calamity_id)
    is_fixed = aim.corrects is not None or aim.loop_back
    audiences = scene.playbooks[0].audiences if scene.playbooks and not is_fixed else []
    view = views.TellingPage(
        calamity=calamity_id,
        title=scene.calamity.title,
        kind=_kind(aim),
        fields=tuple(
            (name, str(value))
            for name, value in (
                ("fact", aim.fact), ("corrects", aim.corrects),
                ("loop_back", "yes" if aim.loop_back else None),
            )
            if value is not None
        ),
        audiences=tuple(
            (each.code, each.title.in_language(scene.language.code)) for each in audiences
        ),
        people=looked.people if looked else None,
        held=tuple(
            (REASONS[Held(reason)], count)
            for reason, count in (looked.held.items() if looked else ())
        ),
        words=tuple(
            views.Spoken(each.language, each.people, each.parts, clean_for_display(each.body))
            for each in (looked.words if looked else ())
        ),
        must_look=looked.must_look if looked else False,
        form=form,
    )  # fmt: skip
    frame = await frame_of(request, calamity=scene.calamity)
    return page(request, "telling", frame, view, REFUSED if form.errors else 200)


def _kind(aim: Aim) -> Any:
    if aim.corrects is not None:
        return "correction"
    if aim.loop_back:
        return "loop-back"
    return "fact"


@post(PATHS["telling"], guards=[needs(Permission.STEER)], status_code=200, name="tellings.look")
async def look(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Show who would get which words; nothing is sent."""
    return await _look(request, actor, calamity)


async def _look(
    request: PageRequest, actor: Actor, calamity_id: str, refused: CalamityError | None = None
) -> Response[Any]:
    house, language = house_of(request), language_of(request)
    sent = await form_of(request)
    given, form = parse_form(_Written, sent, language)
    looked = None
    if given is not None:
        try:
            async with house.database.reading() as session:
                looked = await plan_telling(
                    session, house.terms, actor, calamity_id, new=given.telling(), at=now()
                )
        except Mendable as error:
            refused = refused or error
    if refused is not None:
        form = wrong(form, refused, language, _FIELDS, at="nl")
    aim = _aim({name: values[-1] for name, values in sent.items()})
    return await _page(request, actor, calamity_id, aim, form, looked=looked)


@post(
    PATHS["telling_send"], guards=[needs(Permission.STEER)], status_code=200, name="tellings.send"
)
async def send(
    request: PageRequest, actor: NamedDependency[Actor], calamity: FromPath[str]
) -> Response[Any]:
    """Send the words: rows that leave by the ordinary path."""
    house, language = house_of(request), language_of(request)
    given, _ = parse_form(_Written, await form_of(request), language)
    if given is None:
        return await _look(request, actor, calamity)
    try:
        async with house.database.transaction() as session:
            await tell(
                session, house.wakes, house.terms, actor, calamity,
                new=given.telling(), at=now(),
            )  # fmt: skip
    except Mendable as error:
        return await _look(request, actor, calamity, error)
    back = path("room", calamity=calamity) + "#part-messages"
    return see_other(request, back, language.text("The words are on their way."))


TELLINGS = [telling_page, look, send]
