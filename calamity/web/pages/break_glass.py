"""Breaking the glass: taking the rights of a coordinator, giving them back, looking into it."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from calamity.actions import break_glass as act
from calamity.domain.errors import CalamityError
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook import Words
from calamity.store.glass import Glass, list_glasses
from calamity.web.auth import needs
from calamity.web.language import Language
from calamity.web.pages.account import ask_again
from calamity.web.pages.frame import (
    PageRequest,
    form_of,
    frame_of,
    house_of,
    language_of,
    now,
    page,
    see_other,
    typed_in,
    wrong,
)
from calamity.web.paths import PATHS, path
from calamity.web.views import account as views
from calamity.web.views.frame import Form

_MINUTES = int(act.LASTS.total_seconds() // 60)


async def _show(request: PageRequest, form: Form | None = None) -> Response[Any]:
    frame = await frame_of(request, here="account")
    view = views.BreakGlass(_MINUTES, form or Form())
    return page(request, "break_glass", frame, view, 422 if form else 200)


@get(PATHS["break_glass"], name="break_glass", guards=[needs(Permission.BREAK_GLASS)])
async def ask(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ask for the reason, from who just showed who they are."""
    return await ask_again(request, path("break_glass")) or await _show(request)


@post(
    PATHS["break_glass"],
    name="break_glass.post",
    guards=[needs(Permission.BREAK_GLASS)],
    status_code=200,
)
async def break_it(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Take the rights, with the alarm."""
    if away := await ask_again(request, path("break_glass")):
        return away
    house, language, at = house_of(request), language_of(request), now()
    form = typed_in(await form_of(request))
    nl, en = (_told(Language(code, house.settings.zone), actor, at) for code in ("nl", "en"))
    try:
        async with house.database.transaction() as session:
            taken = await act.break_glass(
                session, house.wakes, house.terms, actor, reason=form.value("reason"),
                words=Words(nl=nl, en=en), rule=house.settings.second_factor or "offered", at=at,
            )  # fmt: skip
    except CalamityError as error:
        return await _show(request, wrong(form, error, language, at="reason"))
    return see_other(request, path("start"), _said(taken, language))


def _told(say: Language, actor: Actor, at: datetime) -> str:
    return say.text(
        "A colleague (%(role)s) has the rights of a coordinator until %(until)s. Reason:",
        role=say.text(actor.role.replace("-", " ")),
        until=say.clock(at + act.LASTS),
    )


def _said(taken: act.Taken, language: Language) -> str:
    texted, others = (", ".join(each) for each in (taken.texted, taken.not_texted))
    said = [language.text("Warned by text: %(names)s.", names=texted)] if texted else []
    if others:
        said.append(language.text("Could not be warned by text: %(names)s.", names=others))
    return " ".join(said) or language.text("There is nobody here to warn by text.")


@post(PATHS["break_glass_end"], name="break_glass.end", status_code=303)
async def end(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Give the rights back."""
    async with house_of(request).database.transaction() as session:
        await act.end_glass(session, actor, at=now())
    said = language_of(request).text("You have your own role again.")
    return see_other(request, path("start"), said)


@get(PATHS["glasses"], name="glasses", guards=[needs(Permission.JUDGE_BREAK_GLASS)])
async def glasses(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Show who took these rights, and why."""
    async with house_of(request).database.reading() as session:
        found = await list_glasses(session, actor.municipality_id)
    view = views.Glasses(tuple(_line(each, actor) for each in found))
    return page(request, "glasses", await frame_of(request, here="glasses"), view)


def _line(each: Glass, actor: Actor) -> views.GlassLine:
    return views.GlassLine(
        each.id, each.name, each.login, each.role, each.reason, each.started_at, each.ends_at,
        each.ends_at <= now(), each.user_id == actor.user_id or actor.is_break_glass,
        each.judged_at, each.judged_by,
        each.texted, each.not_texted,
    )  # fmt: skip


@post(
    PATHS["glass_judge"],
    name="glasses.judge",
    guards=[needs(Permission.JUDGE_BREAK_GLASS)],
    status_code=303,
)
async def judge(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], glass: FromPath[str]
) -> Response[Any]:
    """Note that it was looked into."""
    ends = "ends" in await form_of(request)
    async with house_of(request).database.transaction() as session:
        await act.judge_glass(session, actor, glass, ends=ends, at=now())
    said = language_of(request).text("It is noted that you looked into it.")
    return see_other(request, path("glasses"), said)


BREAK_GLASS = [ask, break_it, end, glasses, judge]
