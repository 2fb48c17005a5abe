"""The panel: everything that can be broken, mended, and sped up during an exercise."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Controller, get, post
from litestar.connection import Request
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response, Template

from calamity.sandbox.control import ClockForm, desk_of, set_clock
from calamity.sandbox.desk import Desk
from calamity.sandbox.faults import PLACES, Fault
from calamity.sandbox.orders import line_of
from calamity.sandbox.pages import ZONE, page_context
from calamity.sandbox.script import Script, Step

PRESETS: dict[str, tuple[Fault, ...]] = {
    "api": (Fault("api-down", lasts=300),),
    "unsure": (Fault("reset-after", probability=0.3),),
    "busy": (Fault("too-many", probability=0.5),),
    "hooks": (Fault("webhooks-down", lasts=300),),
    "carrier": (Fault("carrier-down", lasts=300),),
    "twice": (Fault("callback-duplicate"), Fault("inbound-duplicate")),
    "lost": (Fault("callback-drop", probability=0.5),),
    "forged": (Fault("callback-forged"),),
}
SPEEDS = (1, 10, 60, 600)
STEPS = (10, 60, 600, 3600)
_PARTS = ("clock", "standing", "personas", "queues", "alerts", "script")
_ALERTS_SHOWN = 10
_PERCENT = 100
_WHERE = re.compile(r"at `\$[^`]*?([a-z]+)`")


def _shown(desk: Desk) -> dict[str, Any]:
    """Return what the parts of the panel show."""
    clock, counts = desk.clock, dict[str, int]()
    for phone in desk.book.phones.values():
        counts[phone.state] = counts.get(phone.state, 0) + 1
    minutes, seconds = divmod(int(clock.now()), 60)
    alerts = desk.transcript.newest("alert", _ALERTS_SHOWN)
    return {
        "time": f"{minutes // 60}:{minutes % 60:02}:{seconds:02}",
        "speed": f"{clock.speed:g}",
        "paused": clock.paused,
        "speeds": SPEEDS,
        "steps": STEPS,
        "faults": desk.faults.describe(),
        "counts": counts,
        "queues": {sender: round(wait) for sender, wait in desk.carrier.queues().items()},
        "alerts": [{**one, "at": _clock_time(one["at"])} for one in alerts],
        "waiting": desk.prompter.waiting,
        "seed": desk.faults.seed,
    }


def _clock_time(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(ZONE).strftime("%H:%M:%S")


def _page(request: Request[Any, Any, Any], lang: str | None, problem: str = "") -> Template:
    context = {
        **page_context(request, lang),
        **_shown(desk_of(request)),
        "places": PLACES,
        "presets": tuple(PRESETS),
        "problem": problem,
    }
    return Template("panel.html", context=context, status_code=400 if problem else 200)


def _read(form: FormMultiDict, shape: Any, **rest: Any) -> Any:
    """Read the fields of a form into *shape*; what is left empty keeps its default."""
    given = {name: "".join(form[name].split()) for name in form if name != "lang"}
    filled = {name: value for name, value in given.items() if value}
    return msgspec.convert({**filled, **rest}, shape, strict=False)


class Panel(Controller):
    """The page with every fault, and what its forms ask. They work without scripts too."""

    path = "/panel"

    @get("/")
    async def show(
        self, request: Request[Any, Any, Any], lang: FromQuery[str | None] = None
    ) -> Template:
        """Show the panel."""
        return _page(request, lang)

    @get("/parts")
    async def parts(
        self, request: Request[Any, Any, Any], lang: FromQuery[str | None] = None
    ) -> Response[Any]:
        """Give the parts of the panel as they are now; the same partials as at first."""
        engine = request.app.template_engine
        assert engine is not None  # noqa: S101 - set by create_sandbox
        context = {**page_context(request, lang), **_shown(desk_of(request))}
        return Response(
            {name: engine.get_template(f"panel/{name}.html").render(**context) for name in _PARTS}
        )

    @post("/{deed:str}", status_code=303)
    async def do(self, request: Request[Any, Any, Any], deed: FromPath[str]) -> Redirect | Template:
        """Carry out one form; show the panel again, with the field that was wrong if any was."""
        form = await request.form()
        lang = form.get("lang")
        try:
            _DEEDS[deed](desk_of(request), form)
        except (msgspec.MsgspecError, KeyError, ValueError) as error:
            words = page_context(request, lang)["t"]
            return _page(request, lang, _reason(deed, error, words))
        return Redirect("/panel?" + urlencode({"lang": lang or ""}), status_code=303)


def _reason(deed: str, error: Exception, words: dict[str, str]) -> str:
    found = _WHERE.search(str(error))
    field = f"field_{found[1]}" if found else ""
    # A script is a document of its own, so there the error says where in it.
    if deed == "script" or field not in words:
        return words["wrong"].format(reason=error)
    return words["wrong_field"].format(field=words[field])


def _fault(desk: Desk, form: FormMultiDict) -> None:
    percent = form.get("probability", "").strip() or "100"
    try:
        chance = float(percent.replace(",", ".")) / _PERCENT
    except ValueError:
        raise ValueError("not a number - at `$.probability`") from None
    desk.faults.add(_read(form, Fault, probability=chance))


def _preset(desk: Desk, form: FormMultiDict) -> None:
    for fault in PRESETS[form["preset"]]:
        desk.faults.add(fault)


def _mend(desk: Desk, form: FormMultiDict) -> None:
    if form.get("id"):
        desk.faults.remove(int(form["id"]))
        return
    desk.prompter.stop()
    desk.faults.clear()


def _clock(desk: Desk, form: FormMultiDict) -> None:
    set_clock(desk, _read(form, ClockForm))


def _personas(desk: Desk, form: FormMultiDict) -> None:
    step = _read(form, Step)
    if not step.numbers.endswith("*") and line_of(step.numbers) is None:
        raise ValueError("not a phone number - at `$.numbers`")
    if step.state is not None:
        desk.carrier.set_states(step.numbers, step.state)


def _script(desk: Desk, form: FormMultiDict) -> None:
    desk.prompter.start(msgspec.json.decode(form["script"].encode(), type=Script))


_DEEDS = {
    "fault": _fault,
    "preset": _preset,
    "mend": _mend,
    "clock": _clock,
    "personas": _personas,
    "script": _script,
}
