"""Sample pages: a rehearsal, previews, the folder on paper, a CACAO document taken in."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from calamity.domain.playbook import Repeat
from calamity.web.folder import folder_of
from calamity.web.language import languages
from calamity.web.pages.previews import timeline_of
from calamity.web.views import previews, rehearsal
from calamity.web.views.frame import Form
from calamity.web.views.start import PlannedText, Unreachable
from tests.make import STEPS, make_playbook, make_step

_T0 = datetime(2026, 11, 28, 1, 30, tzinfo=UTC)
_DUTCH = languages(ZoneInfo("Europe/Amsterdam"))["nl"]
_PLAYBOOK = make_playbook(
    steps=[
        *STEPS,
        make_step("high", due="T+2h", when="level >= 2"),
        make_step("daily", due="T+1h", repeat=Repeat(until="after", at=["10:00", "17:00"])),
    ]
)


def _happens(minutes: int, text: str, **more: object) -> rehearsal.Happens:
    return rehearsal.Happens(at=_T0 + timedelta(minutes=minutes), text=text, **more)  # type: ignore[arg-type]


_DONE = rehearsal.Rehearsed(
    t0=_T0,
    level=2,
    is_proposed=True,
    stalls=("Niemand heeft de rol netwerkbeheerder; 7 taken wachten op niemand.",),
    snags=("De rol teamleider heeft geen vervanger die te bereiken is.",),
    left_out=("Stap S14 komt nu niet. De voorwaarde: het sociale niveau is 3.",),
    days=(
        rehearsal.Day(
            _T0,
            (
                _happens(0, "De fase Acuut begint", mark="phase"),
                _happens(0, "Oproep per sms: teamleider", step="S04", names=("Lea Voorn",)),
                _happens(30, "Te weinig: 1 van de 3 komen", step="S04", mark="bad"),
                _happens(31, "Genoeg: 3 van de 3 komen", step="S05", mark="good"),
                _happens(
                    60,
                    "Verzending “Eerste bericht”: K1, aan Alle sleutelfiguren",
                    step="S11",
                    people=212,
                    parts=424,
                    held=(Unreachable(reason="stopped", count=3),),
                    leaves_at=_T0 + timedelta(hours=4, minutes=30),
                    sent_at=_T0 + timedelta(hours=4, minutes=31),
                ),
            ),
        ),
    ),
    roles=(
        rehearsal.Load("teamleider", 1, 0, ((_T0, "S01", "Vastleggen wat er is gemeld"),)),
        rehearsal.Load("netwerkbeheerder", 0, 0, ()),
    ),
    most=(rehearsal.Most("snelteam", _T0, 4, 2, ("Lea Voorn", "Corrie Snoek")),),
    texts=224,
    parts=448,
    cost=40.32,
)
_QUESTIONS = (("answer-a", "Zijn er inwoners onder de slachtoffers?"),)
_PLACES = (("W1", "Binnenstad"), ("W2", "Noord"))


def _rehearsal(done: rehearsal.Rehearsed | None, form: Form) -> rehearsal.RehearsalPage:
    return rehearsal.RehearsalPage(
        "attack-elsewhere", 1, "Aanslag elders", form, _QUESTIONS, _PLACES, done
    )


_TEXT = "Khalid, we leven mee. Bel 014 999. Tessa Winde"
_PREVIEW = previews.PreviewPage(
    slug="small",
    version=1,
    title="Klein",
    t0=_T0,
    t0_typed="2026-11-28T02:30",
    wrong="",
    phases=timeline_of(_PLAYBOOK, _T0, _DUTCH),
    texts=(
        previews.GroupTexts(
            "K1", "give", "Sleutelfiguren", ("give",),
            (
                PlannedText("nl", 3, _TEXT, 46, parts=1, alphabet="GSM-7"),
                PlannedText("ar", 2, "نحن معكم", 8, parts=1, alphabet="UCS-2"),
            ),
            are_real=True,
        ),
    ),
)  # fmt: skip
_WRONG = Form(
    values={"at": "2026-11-28T02:30"},
    errors={"affected": "Kies de wijken uit de lijst."},
)
HERE: dict[str, object] = {"here": "playbooks"}
PREVIEW_PAGES: dict[str, tuple[str, object, dict[str, object]]] = {
    "rehearsal": ("rehearsal", _rehearsal(None, Form()), HERE),
    "rehearsal-done": ("rehearsal", _rehearsal(_DONE, Form()), HERE),
    "rehearsal-wrong": ("rehearsal", _rehearsal(None, _WRONG), HERE),
    "playbook-preview": ("playbook_preview", _PREVIEW, HERE),
    "folder": (
        "folder",
        previews.FolderPage("small", 1, folder_of(_PLAYBOOK, _DUTCH, "Oeverlanden", at=_T0)),
        HERE,
    ),
}
