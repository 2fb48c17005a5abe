# ruff: noqa: E501 - texts of people are as long as they are
"""Every page with something to show, and every state that it can be in: fictional throughout."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs

from calamity.domain.permissions import Permission
from calamity.domain.receipts import Cause
from calamity.domain.report import Heading, Report
from calamity.store.reports import Released
from calamity.web.language import Language
from calamity.web.maps import draw
from calamity.web.report_words import sheet_of
from calamity.web.totp import picture as qr
from calamity.web.views import (
    account,
    call_list,
    carrier,
    check_in,
    facts,
    guide,
    officials,
    people,
    picture,
    playbook,
    playbook_transfer,
    report,
    room,
    start,
    studio,
    watch,
)
from calamity.web.views.accessibility import Accessibility
from calamity.web.views.answer import AnswerPage
from calamity.web.views.attach import AttachPage
from calamity.web.views.frame import (
    Exercise,
    Flash,
    Form,
    Frame,
    Onward,
    Problem,
    SignIn,
    Stream,
    Viewer,
)
from tests.web.matter_samples import CLOSING, DUTIES, MATTER_PAGES
from tests.web.preview_samples import PREVIEW_PAGES

NOW = datetime(2026, 11, 21, 20, 4, tzinfo=UTC)
EVERYTHING = frozenset(Permission)
COORDINATOR = Viewer(
    name="Noor Vermeer",
    role="coördinator",
    may=EVERYTHING
    - {Permission.MANAGE_ACCOUNTS, Permission.READ_REPLIES, Permission.SEE_QUARANTINE},
)
OFFICIAL = Viewer(
    name="Jan de Wit",
    role="bestuurder",
    may=frozenset(
        {Permission.SEE_OFFICIALS_PAGE, Permission.SEE_PLAYBOOKS, Permission.REQUEST_UPDATE}
    ),
)
CONTACT = Viewer(name="Samira Bos", role="contactpersoon", may=frozenset({Permission.READ_REPLIES}))
ADMINISTRATOR = Viewer(name="Kees Laan", role="beheerder", may=EVERYTHING)
PROFESSIONAL = Viewer(name="Lotte Prins", role="professional", may=frozenset({Permission.CHECK_IN}))


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def ahead(**span: float) -> datetime:
    return NOW + timedelta(**span)


def frame(language: str = "nl", **changes: object) -> Frame:
    given: dict[str, object] = {
        "language": language,
        "nonce": "bm9uY2U",
        "csrf_token": "csrf-token-of-the-sample",
        "at": NOW,
        "here": "",
        "municipality": "Waterveen",
        "viewer": COORDINATOR,
    }
    return Frame(**(given | changes))  # type: ignore[arg-type]


# A town of nine neighbourhoods that tile: WGS84, near no real boundary.
NAMES = (
    "Oude Haven",
    "Stationskwartier",
    "Molenwijk",
    "De Linden",
    "Veenpolder",
    "Zuiderpark",
    "Kanaaleiland",
    "Rietlanden",
    "Boskant",
)
ROW = (52.10, 52.112, 52.121, 52.133)
COLUMN = (5.20, 5.222, 5.241, 5.262)
SKEW = (
    (0, 0.001, -0.001, 0.0005),
    (0.002, -0.001, 0.0015, 0),
    (-0.001, 0.001, 0, 0.002),
    (0.001, 0, 0.002, -0.001),
)


def _corner(row: int, column: int) -> list[float]:
    return [COLUMN[column] + SKEW[row][column], ROW[row] + SKEW[column][row]]


OUTLINES = {
    f"WK9999{index:02d}": {
        "type": "Polygon",
        "coordinates": [
            [
                _corner(row, column),
                _corner(row, column + 1),
                _corner(row + 1, column + 1),
                _corner(row + 1, column),
                _corner(row, column),
            ]
        ],
    }
    for index, (row, column) in enumerate((r, c) for r in range(3) for c in range(3))
}
VIEWBOX, SHAPES = draw(OUTLINES)
NEIGHBOURHOODS = tuple(
    start.Neighbourhood(code=code, name=name) for code, name in zip(OUTLINES, NAMES, strict=True)
)
GEOJSON: dict[str, object] = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "properties": {"name": name}, "geometry": OUTLINES[code]}
        for code, name in zip(OUTLINES, NAMES, strict=True)
    ],
}
MOODS = (4, 3, 2, 2, None, 1, 5, 3, None)


def _area(index: int) -> picture.NeighbourhoodMood:
    code, name, mood = NEIGHBOURHOODS[index].code, NAMES[index], MOODS[index]
    if index == 4:
        return picture.NeighbourhoodMood(
            code=code,
            name=name,
            status="too-few",
            coverage=picture.Coverage(asked=4),
            share="under-half",
            shape=SHAPES[code],
        )
    if mood is None:
        return picture.NeighbourhoodMood(
            code=code, name=name, status="not-asked", shape=SHAPES[code]
        )
    merged = (NAMES[3],) if index == 2 else (NAMES[2],) if index == 3 else ()
    return picture.NeighbourhoodMood(
        code=code,
        name=name,
        status="merged" if merged else "shown",
        coverage=picture.Coverage(answered=5 if merged else 5 + index % 3, asked=9),
        mood=mood,
        behind=4,
        spread="mixed" if index % 2 else "close",
        trend=("more-tense", "same", "calmer", "not-comparable")[index % 4],  # type: ignore[arg-type]
        with_names=merged,
        shape=SHAPES[code],
    )


PICTURE = picture.Picture(
    round="r-2",
    number=2,
    closed_at=ago(minutes=34),
    threshold=4,
    coverage=picture.Coverage(answered=38, asked=61),
    neighbourhoods=tuple(_area(index) for index in range(9)),
    viewbox=VIEWBOX,
)
TREND = picture.Trend(
    rounds=(
        picture.TrendRound(
            number=1, closed_at=ago(hours=5), coverage=picture.Coverage(answered=29, asked=61)
        ),
        picture.TrendRound(
            number=2, closed_at=ago(minutes=34), coverage=picture.Coverage(answered=38, asked=61)
        ),
    ),
    lines=tuple(
        picture.TrendLine(
            name=name, moods=(None if mood is None else max(1, mood - index % 2), mood)
        )
        for index, (name, mood) in enumerate(zip(NAMES, MOODS, strict=True))
    ),
)
PICTURE_PART = room.PicturePart(calamity="c-1", picture=PICTURE, trend=TREND, geojson=GEOJSON)

PLAYBOOK = start.PlaybookCard(
    slug="attack-elsewhere",
    title="Aanslag elders in Nederland",
    purpose="Mensen in onze gemeente zijn geschrokken. We brengen woorden, luisteren en zijn zichtbaar.",
    version=3,
    published_at=ago(days=90),
    steps=24,
    messages=18,
    approved_by="Jan de Wit",
)
PLAYBOOK_RETIRED = msgspec.structs.replace(PLAYBOOK, version=2, retired="Versie 4 is er.")
PLAYBOOK_HERE = start.PlaybookCard(
    slug="attack-here",
    title="Aanslag in de eigen gemeente",
    purpose="Het is hier gebeurd. We zorgen voor elkaar, voor feiten en voor nabijheid.",
    version=2,
    published_at=ago(days=800),
    steps=31,
    messages=22,
    approved_by="Jan de Wit",
    expired=True,
)
CARD = start.CalamityCard(
    id="c-1",
    title="Schietpartij op een station elders",
    phase="Acuut",
    social_level=2,
    since=ago(hours=6),
    late_tasks=2,
    waiting=3,
)
START = start.Start(
    calamities=(
        CARD,
        start.CalamityCard(
            id="c-2",
            title="Oefening najaar",
            phase="Stabilisatie",
            social_level=1,
            since=ago(hours=2),
            exercise=True,
            watch_since=ago(hours=2),
        ),
        start.CalamityCard(
            id="c-0",
            title="Brand bij een buurthuis",
            phase="Gesloten",
            social_level=0,
            since=ago(days=90),
            closed_at=ago(days=60),
        ),
    ),
    playbooks=(PLAYBOOK, PLAYBOOK_HERE),
    hints=(
        start.ReadinessHint(code="role-without-people", count=1, detail="communicatieadviseur"),
        start.ReadinessHint(code="agreement-expired", count=4),
        start.ReadinessHint(code="no-exercise", count=1),
        start.ReadinessHint(
            code="neighbourhood-without-key-figure", count=2, detail="Rietlanden, Boskant"
        ),
        start.ReadinessHint(code="playbook-expired", count=1),
        start.ReadinessHint(code="no-contact-person", count=2),
        start.ReadinessHint(code="carrier-untested", count=1),
    ),
)
ASKED = start.Start(
    asks=(
        start.OpenAsk(
            round="r-3",
            calamity="c-1",
            title="Schietpartij op een station elders",
            closes_at=ahead(hours=3),
        ),
    )
)

TEXTS = (
    start.PlannedText(
        language="nl",
        people=31,
        characters=148,
        parts=1,
        alphabet="GSM-7",
        costly=(people.Costly("ë", 2, 1, True, "e"),),
        text="Beste Ali, er is iets ergs gebeurd: schietpartij op een station elders. We leven mee. Wat we weten: waterveen.example/nu Bellen mag. Samira Bos",
    ),
    start.PlannedText(
        language="en",
        people=6,
        characters=139,
        parts=1,
        alphabet="GSM-7",
        text="Dear Ali, something terrible happened: a shooting at a station elsewhere. Our thoughts are with you. What we know: waterveen.example/now Samira Bos",
    ),
    start.PlannedText(
        language="ar",
        people=3,
        characters=92,
        parts=2,
        alphabet="UCS-2",
        text="عزيزي علي، لقد حدث أمر فظيع. نحن معكم. يمكنكم الاتصال بنا في أي وقت. سميرة",
    ),
)
PLAN = start.Plan(
    dispatches=(
        start.PlannedDispatch(
            step="S04",
            title="Snelteam oproepen",
            kind="action",
            audience="snelteam",
            starts_at=NOW,
            automatic=True,
            people=9,
            texts=(
                start.PlannedText(
                    language="nl",
                    people=9,
                    characters=155,
                    parts=1,
                    alphabet="GSM-7",
                    text="ALARM Waterveen: snelteam start. Schietpartij op een station elders. Overleg 22.00, raadzaal. Antwoord 1 = ik kom, 2 = ik kan niet.",
                ),
            ),
            parts=9,
            cost=0.81,
            takes_seconds=9,
        ),
        start.PlannedDispatch(
            step="S11",
            title="Eerste woorden aan sleutelfiguren",
            kind="give",
            audience="sleutelfiguren, overal",
            starts_at=ahead(hours=1),
            automatic=True,
            people=40,
            texts=TEXTS,
            parts=43,
            cost=3.87,
            takes_seconds=43,
        ),
        start.PlannedDispatch(
            step="S18",
            title="Hoe gaat het in de wijk?",
            kind="ask",
            audience="sleutelfiguren die gevraagd mogen worden",
            starts_at=None,
            automatic=False,
            people=34,
            texts=TEXTS[:1],
            parts=34,
            cost=3.06,
            takes_seconds=34,
            at_once=False,
        ),
    ),
    unreachable=(
        start.Unreachable(reason="stopped", count=2),
        start.Unreachable(reason="no-number", count=1, names=("Piet Mulder",)),
        start.Unreachable(reason="no-agreement", count=4),
        start.Unreachable(reason="budget", count=1),
        start.Unreachable(reason="not-allowed", count=1),
        start.Unreachable(reason="quiet-hours", count=40),
    ),
    roles=(
        start.RoleFilling(title="teamleider", primary=("Noor Vermeer",), deputies=("Tom Kuiper",)),
        start.RoleFilling(title="communicatieadviseur", deputies=("Eva Smit",)),
        start.RoleFilling(title="coördinator sociaal domein", primary=("Bram Visser",)),
    ),
    people=49,
    parts=86,
    cost=7.74,
    first_text_seconds=2,
    takes_seconds=96,
    by_hand=12,
)
HIDDEN = (
    ("title", CARD.title),
    ("incident", "schietpartij op een station elders"),
    ("exercise", "yes"),
)
REVIEW = start.Review(
    playbook=PLAYBOOK,
    plan=PLAN,
    idempotency_key="k-1",
    title=CARD.title,
    incident="Schietpartij op een station elders",
    place="raadzaal",
    meeting_time="22.00",
    exercise=True,
    tempo=10,
    social_level=2,
    grip=0,
    threat_level=None,
    neighbourhoods=NAMES[:2],
    hidden=HIDDEN,
    warnings=("Deze versie is over haar datum. Dat mag, maar het komt op de tijdlijn.",),
)
WATCH = watch.Watch(
    ago(minutes=40),
    "We weten nog niet of dit een aanslag is. De politie belt terug.",
    "coördinator",
)
WATCHED = tuple(
    structs.replace(each, watch=each.audience != "snelteam", expected=place > 0)
    for place, each in enumerate(PLAN.dispatches)
)
HELD_TASK = room.TaskLine(
    id="t-held",
    title="Eerste bericht aan sleutelfiguren",
    role="coördinator sociaal domein",
    due=ahead(hours=1),
    state="waiting",
    act="dispatch",
    waits="wacht tot het afwachten voorbij is",
    held=True,
)
WRONG = Form(
    values={"title": "", "incident": "Schietpartij", "meeting_time": "22:00", "exercise": "yes"},
    chosen={"neighbourhoods": ("WK999900",)},
    errors={
        "title": "Geef de calamiteit een naam.",
        "place": "Vul in waar het team bij elkaar komt.",
    },
)

PHASES = tuple(
    room.PhaseChoice(code=code, title=title)
    for code, title in (("acute", "Acuut"), ("stabilise", "Stabilisatie"), ("recover", "Herstel"))
)
SUMMARY = room.Summary(
    calamity="c-1",
    title=CARD.title,
    incident="Er is geschoten op een station in een andere stad. Drie mensen zijn gewond.",
    phase=PHASES[0],
    phase_since=ago(hours=6),
    phases=PHASES,
    levels=(
        room.Level(
            kind="social",
            value=2,
            since=ago(hours=5),
            by="Noor Vermeer",
            reason="Inwoners hebben familie in de getroffen stad, en op twee scholen zijn kinderen "
            "bang om naar huis te gaan.",
        ),
        room.Level(
            kind="grip",
            value=0,
            since=ago(hours=6),
            by="Noor Vermeer",
            reason="Geen opschaling in onze regio.",
        ),
        room.Level(
            kind="threat",
            value=4,
            since=ago(days=200),
            by="Kees Laan",
            reason="Overgenomen van de NCTV.",
        ),
    ),
    playbooks=(("attack-elsewhere", 3, PLAYBOOK.title),),
    started_at=ago(hours=6),
    neighbourhoods=NAMES[:2],
    place="raadzaal",
    meeting_time="22.00",
)
LINES = (
    room.RosterLine(
        person="p1",
        name="Noor Vermeer",
        role="teamleider",
        rung="acknowledged",
        answer="coming",
        planned_at=ago(minutes=12),
        sent_at=ago(minutes=12),
        delivered_at=ago(minutes=12),
        acknowledged_at=ago(minutes=11),
    ),
    room.RosterLine(
        person="p2",
        name="Bram Visser",
        role="sociaal domein",
        rung="acknowledged",
        answer="late",
        planned_at=ago(minutes=12),
        sent_at=ago(minutes=12),
        delivered_at=ago(minutes=12),
        acknowledged_at=ago(minutes=4),
        reason="Komt om 22.30 uur.",
    ),
    room.RosterLine(
        person="p3",
        name="Eva Smit",
        role="communicatie",
        rung="delivered",
        planned_at=ago(minutes=12),
        sent_at=ago(minutes=12),
        delivered_at=ago(minutes=11),
        reminded_at=ago(minutes=2),
        deputy_at=ahead(minutes=6),
        deputy_name="Hassan Amrani",
        ways=(room.WayLine("voice", "no-key", ago(minutes=7)),),
    ),
    room.RosterLine(
        person="p4",
        name="Piet Mulder",
        role="wijkregisseur",
        rung="failed",
        answer="unreachable",
        planned_at=ago(minutes=12),
        sent_at=ago(minutes=12),
        reason="Het nummer bestaat niet meer.",
    ),
    room.RosterLine(
        person="p5",
        name="Tom Kuiper",
        role="wijkregisseur",
        rung="acknowledged",
        answer="coming",
        planned_at=ago(minutes=8),
        sent_at=ago(minutes=8),
        delivered_at=ago(minutes=8),
        acknowledged_at=ago(minutes=6),
        deputy_for="Piet Mulder",
    ),
    room.RosterLine(
        person="p6",
        name="Iris Vos",
        role="openbare orde",
        rung="acknowledged",
        answer="cannot",
        planned_at=ago(minutes=12),
        sent_at=ago(minutes=12),
        delivered_at=ago(minutes=12),
        acknowledged_at=ago(minutes=9),
    ),
    room.RosterLine(
        person="p7",
        name="Wim Hoek",
        role="verslag",
        rung="sent",
        planned_at=ago(minutes=12),
        sent_at=ago(minutes=12),
        deputy_at=ahead(minutes=3),
    ),
    room.RosterLine(
        person="p8",
        name="Ans Peters",
        role="jeugd en onderwijs",
        rung="cancelled",
        planned_at=ago(minutes=12),
    ),
)
ROSTER = room.Roster(
    calamity="c-1",
    call_outs=(
        room.CallOutView(
            id="o-1",
            title="Snelteam",
            quota=5,
            coming=3,
            lines=LINES,
            roles_with_nobody=("psychosociale hulp",),
        ),
    ),
)
TASKS = room.Tasks(
    calamity="c-1",
    open=(
        room.TaskLine(
            id="t1",
            title="Bel de adviseur openbare orde: wie is woordvoerder?",
            role="teamleider",
            due=ago(minutes=7),
            state="ready",
            late=True,
            people=("Noor Vermeer",),
        ),
        room.TaskLine(
            id="t2",
            title="Feitenkaart, eerste versie",
            role="communicatie",
            due=ahead(minutes=8),
            state="started",
            soon=True,
            people=("Eva Smit",),
            evidence="De kaart staat op de site.",
        ),
        room.TaskLine(
            id="t3",
            title="Eerste woorden aan sleutelfiguren",
            role="netwerkbeheerder",
            due=ahead(minutes=48),
            state="waiting",
            act="dispatch",
            automatic=True,
            starts=ahead(minutes=40),
        ),
        room.TaskLine(
            id="t4",
            title="Ronde: hoe gaat het in de wijk?",
            role="wijkregisseur",
            due=ahead(hours=3),
            state="ready",
            act="round",
            may_skip=False,
        ),
        room.TaskLine(
            id="t5",
            title="Gaan we extra zichtbaar zijn op straat?",
            role="burgemeester",
            due=ahead(hours=4),
            state="ready",
            act="decision",
        ),
        *DUTIES,
    ),
    settled=(
        room.TaskLine(
            id="t6",
            title="Melding vastleggen",
            role="teamleider",
            due=ago(hours=5),
            state="done",
            at=ago(hours=6),
            by="Noor Vermeer",
        ),
        room.TaskLine(
            id="t7",
            title="Feestelijke agenda pauzeren",
            role="communicatie",
            due=ago(hours=5),
            state="skipped",
            at=ago(hours=5),
            by="Eva Smit",
            reason="Er staat deze week niets.",
        ),
    ),
)
MESSAGES = room.Messages(
    calamity="c-1",
    held=(room.HeldLine("m-1", "Joke Hendriks", ago(minutes=2)),),
    dispatches=(
        room.DispatchLine(
            title="Eerste woorden aan sleutelfiguren",
            kind="give",
            audience="sleutelfiguren",
            at=ago(hours=5),
            total=40,
            planned=2,
            sent=3,
            delivered=31,
            failed=2,
            in_doubt=1,
            cancelled=1,
            text=TEXTS[0].text,
            by="Samira Bos",
            failures=((2, "Dit nummer is niet meer in gebruik. Bel of mail deze persoon."),),
        ),
        room.DispatchLine(
            title="Snelteam oproepen",
            kind="action",
            audience="snelteam",
            at=ago(minutes=12),
            total=9,
            planned=0,
            sent=1,
            delivered=7,
            failed=1,
            in_doubt=0,
            cancelled=0,
            text=PLAN.dispatches[0].texts[0].text,
        ),
    ),
)
ROUNDS = room.Rounds(
    calamity="c-1",
    rounds=(
        room.RoundLine(
            id="r-3",
            number=3,
            opened_at=ago(minutes=20),
            closes_at=ahead(hours=3),
            coverage=picture.Coverage(answered=12, asked=61),
            closed=False,
        ),
        room.RoundLine(
            id="r-2",
            number=2,
            opened_at=ago(hours=4),
            closes_at=ago(minutes=34),
            coverage=picture.Coverage(answered=38, asked=61),
            closed=True,
        ),
    ),
    audiences=(
        ("key-figures", "Sleutelfiguren die gevraagd mogen worden (34)"),
        ("professionals", "Professionals (6)"),
    ),
)


def entry(sequence: int, kind: str, at: datetime, sentence: str, **rest: object) -> room.EntryLine:
    given: dict[str, object] = {"recorded_at": at, "by": "coördinator"}
    return room.EntryLine(
        sequence=sequence, kind=kind, happened_at=at, sentence=sentence, **(given | rest)
    )  # type: ignore[arg-type]


ENTRIES = (
    entry(
        58,
        "decision",
        ago(minutes=3),
        "Besluit: extra toezicht rond de scholen, morgen van 7.30 tot 9.00 uur.",
        body="Feitelijk risico ongewijzigd, ervaren risico hoog. Eindigt vrijdag 18.00 uur.",
        visibility="officials",
        by="burgemeester",
    ),
    entry(57, "call-out", ago(minutes=4), "Bram Visser komt later.", by="systeem", quiet=True),
    entry(
        56,
        "correction",
        ago(minutes=9),
        "Verbetering van regel 52.",
        body="Het gaat om twee klassen, niet om drie.",
        corrects=52,
    ),
    entry(
        55,
        "dispatch",
        ago(minutes=12),
        "Snelteam oproepen: 9 berichten gepland.",
        by="systeem",
        quiet=True,
    ),
    entry(
        54,
        "rumour",
        ago(minutes=20),
        "Gerucht: er zou ook hier een dader rondlopen.",
        body="Nog niet nagezocht. Communicatie kijkt ernaar.",
    ),
    entry(
        53,
        "picture",
        ago(minutes=34),
        "Ronde 2 gesloten: 38 van 61 antwoorden, beeld van 7 wijken.",
        by="systeem",
        visibility="officials",
    ),
    entry(
        52,
        "fact",
        ago(minutes=50),
        "Wat zeker is.",
        body="Drie klassen op school De Wilg hebben vragen.",
        corrected_by=56,
        recorded_at=ago(minutes=41),
    ),
    entry(51, "note", ago(hours=1), "Aantekening.", erased=True),
    entry(
        2,
        "level",
        ago(hours=27),
        "Sociaal niveau van 1 naar 2.",
        body="Inwoners hebben familie in de getroffen stad.",
        visibility="officials",
        by="teamleider",
    ),
    entry(
        1,
        "activation",
        ago(hours=28),
        "Draaiboek Aanslag elders in Nederland, versie 3, geactiveerd.",
        visibility="officials",
    ),
)
WITH_FILE = entry(
    59,
    "attachment",
    ago(minutes=2),
    "Bestand toegevoegd: Brief aan ouders, tweede versie (PDF, 240 kB).",
    body="De scholen sturen hem vanmiddag mee.",
    file="PDF, 240 kB",
)
TIMELINE = room.Timeline(
    calamity="c-1",
    title=CARD.title,
    entries=(WITH_FILE, *ENTRIES),
    before=1,
    lines=59,
    verified_at=ago(minutes=1),
    kinds=(
        "fact",
        "decision",
        "interpretation",
        "rumour",
        "commitment",
        "measure",
        "task",
        "call-out",
        "dispatch",
        "reply",
        "round",
        "picture",
        "level",
        "phase",
        "activation",
        "correction",
        "note",
    ),
    filter_kinds=("decision",),
    search="school",
)
HASH = "9f2c41d07be83a65c0de17f4a92b6e3058d1c7f09a4e2b836d5fa1907ce4b8d2"
RUMOUR = room.LinePage(
    calamity="c-1",
    title=CARD.title,
    entry=ENTRIES[4],
    hash=HASH,
    correctable=True,
    erasable=True,
    form=Form(values={"text": ENTRIES[4].body or ""}),
)
FILE_LINE = room.LinePage(
    calamity="c-1", title=CARD.title, entry=WITH_FILE, hash=HASH, erasable=True
)
ATTACH = AttachPage(calamity="c-1", title=CARD.title, most_mb=5)
ATTACH_WRONG = msgspec.structs.replace(
    ATTACH,
    form=Form(
        values={"title": "Brief", "personal_data": "yes", "visibility": "officials"},
        chosen={"personal_data": ("yes",)},
        errors={
            "file": "Dit bestand is te groot. Het mag hoogstens 5 MB zijn.",
            "personal_data": "Een bestand met persoonsgegevens hoort niet op de tijdlijn.",
            "confirmed": "Kijk eerst het hele bestand door, en bevestig dat.",
            "reason": "Vul dit in.",
        },
    ),
)
RUMOUR_WRONG = msgspec.structs.replace(
    RUMOUR,
    form=Form(
        values={"text": "", "ground": "Verzoek van een bewoner, artikel 17 AVG. " * 14},
        errors={"text": "Vul dit in.", "ground": "Gebruik hooguit 500 tekens."},
    ),
)
CORRECTED = room.LinePage(
    calamity="c-1",
    title=CARD.title,
    entry=ENTRIES[6],
    hash=HASH,
    entries=(ENTRIES[2],),
    form=Form(
        values={"text": "Het gaat om twee klassen."},
        errors={"text": "Regel 56 verbeterde deze regel al. Bekijk eerst die regel."},
    ),
)
ERASED = room.LinePage(
    calamity="c-1",
    title=CARD.title,
    entry=ENTRIES[7],
    hash=HASH,
    entries=(
        entry(
            59,
            "erasure",
            ago(minutes=1),
            "Tekst van regel 51 gewist.",
            body="Er stond een naam in.",
        ),
    ),
    form=Form(
        values={"ground": "Verzoek van een bewoner."},
        errors={"ground": "De tekst van deze regel was al gewist."},
    ),
)
LETTERS = room.Letters(
    calamity="c-1",
    letters=(
        room.LetterLine(
            "x2",
            "Eva Smit",
            ago(minutes=3),
            "Ik zit in de trein, bel me zo even.",
            "Answered without the code. We asked for it.",
        ),
    ),
)
ROOM = room.Room(
    summary=SUMMARY,
    roster=ROSTER,
    tasks=TASKS,
    messages=MESSAGES,
    rounds=ROUNDS,
    timeline=TIMELINE,
    picture=PICTURE_PART,
    letters=LETTERS,
    closing=CLOSING,
)
EMPTY_ROOM = room.Room(
    summary=SUMMARY,
    roster=room.Roster(calamity="c-1"),
    tasks=room.Tasks(calamity="c-1"),
    messages=room.Messages(
        calamity="c-1", paused_reason="De verzending wacht: de SMS-dienst antwoordt niet."
    ),
    rounds=room.Rounds(calamity="c-1"),
    timeline=room.Timeline(calamity="c-1", title=CARD.title),
    picture=room.PicturePart(calamity="c-1", next_round_closes_at=ahead(hours=2)),
)
INBOX = people.Inbox(
    calamity_title=CARD.title,
    people=(
        people.InboxLine(
            key_figure="k1",
            name="Ali Yilmaz",
            neighbourhood="Molenwijk",
            language="tr",
            state="new",
            last_at=ago(minutes=6),
            excerpt="Bij ons is het rustig, maar moeders vragen of de school open is.",
            phone="+3197010240011",
        ),
        people.InboxLine(
            key_figure="k2",
            name="Ria Jansen",
            neighbourhood="Oude Haven",
            language="nl",
            state="answered",
            last_at=ago(minutes=50),
            excerpt="4",
            phone="+3197010240012",
        ),
        people.InboxLine(
            key_figure="k3",
            name="Omar Haddad",
            neighbourhood="De Linden",
            language="ar",
            state="silent",
            last_at=ago(hours=5),
            phone="+3197010240013",
        ),
        people.InboxLine(
            key_figure="k4",
            name="Greet Bakker",
            neighbourhood="Boskant",
            language="nl",
            state="not-asked",
            phone="+3197010240014",
            other_wrote="Bram Visser schreef deze persoon ook, om 13.20 uur. De reden: Noor is ziek.",
        ),
        people.InboxLine(
            key_figure="k5",
            name="Jo Meijer",
            neighbourhood="Boskant",
            language="nl",
            state="stopped",
        ),
    ),
)
CONVERSATION = people.Conversation(
    key_figure="k1",
    name="Ali Yilmaz",
    neighbourhood="Molenwijk",
    language="tr",
    phone="+3197010240011",
    stopped=False,
    calamity="c-1",
    other_wrote="Bram Visser schreef deze persoon ook, om 13.20 uur. De reden: Noor is ziek.",
    bubbles=(
        people.Bubble(at=ago(hours=5), ours=True, text=TEXTS[0].text, state="delivered"),
        people.Bubble(
            at=ago(minutes=6),
            ours=False,
            text="Bij ons is het rustig, maar moeders vragen of de school open is.",
        ),
    ),
)
CONVERSATION_CHECKED = people.Conversation(
    key_figure="k1",
    name="Ali Yilmaz",
    neighbourhood="Molenwijk",
    language="tr",
    phone="+3197010240011",
    stopped=False,
    bubbles=CONVERSATION.bubbles,
    waits=True,
    whys=("Asks what we keep of them. Answer before 23 December.",),
    check=people.TextCheck(
        text="Goede ideeën, bel Fatima op 0970 10240012 \N{THUMBS UP SIGN}\nSamira Bos",
        units=55,
        parts=1,
        room=70,
        alphabet="UCS-2",
        costly=(
            people.Costly("\N{THUMBS UP SIGN}", 1, 2, True, None),
            people.Costly("ë", 1, 1, True, "e"),
            people.Costly("U+200B", 1, 1, True, ""),
        ),
        found=("Fatima", "0970 10240012"),
    ),
    form=Form(
        values={"text": "Goede ideeën, bel Fatima op 0970 10240012"},
        errors={"confirmed": "Look again, and confirm that it may leave."},
    ),
)
SECOND_WRITER = people.SecondWriter(
    key_figure="k1",
    name="Ali Yilmaz",
    neighbourhood="Molenwijk",
    language="tr",
    contact="Samira Bos",
    contact_wrote=ago(hours=3),
)
CHECK_IN = check_in.CheckInForm(
    round="r-3",
    action="/check-in/r-3",
    danger="/check-in/r-3/danger",
    title=CARD.title,
    closes_at=ahead(hours=3),
    neighbourhoods=NEIGHBOURHOODS,
    own_neighbourhood="WK999902",
)
CHECK_IN_WRONG = check_in.CheckInForm(
    round="r-3",
    action="/check-in/r-3",
    danger="/check-in/r-3/danger",
    title=CARD.title,
    closes_at=ahead(hours=3),
    neighbourhoods=NEIGHBOURHOODS,
    earlier_at=ago(hours=1),
    form=Form(
        values={"gate": "no", "direction": "same"},
        errors={
            "mood": "Kies hoe de sfeer is, of: weet ik niet.",
            "well": "Vul in wat er goed gaat.",
        },
    ),
)

VERSIONS = (
    playbook.VersionLine(
        version=3,
        state="published",
        published_at=ago(days=90),
        author="Noor Vermeer",
        approver="Jan de Wit",
        changes=(
            "Kortere tekst voor scholen.",
            "Herinnering na tien minuten in plaats van twintig.",
        ),
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    playbook.VersionLine(
        version=2,
        state="published",
        published_at=ago(days=300),
        author="Noor Vermeer",
        approver="Jan de Wit",
        changes=("Tweede taal erbij.",),
        sha256="60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    ),
    playbook.VersionLine(
        version=4,
        state="submitted",
        published_at=None,
        author="Eva Smit",
        approver=None,
        changes=("Extra stap voor sportclubs.",),
        sha256="fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13",
    ),
)
FINGERPRINT = " ".join(["3f9a"] * 16)
CHANGES = (
    playbook_transfer.ChangeView(
        "stap S04 (Snelteam oproepen): De vervanger wordt nu gebeld na 10 in plaats van 15 minuten.",
        "15 minuten", "10 minuten",
    ),
    playbook_transfer.ChangeView("stap S09 (Vlag): is nieuw.", None, "Vlag"),
)  # fmt: skip
GAPS = (
    playbook_transfer.GapLine("map", "neighbourhoods", ("de wijken zelf",)),
    playbook_transfer.GapLine("role", "people", ("teamleider (LEI)", "persvoorlichter (COM)")),
    playbook_transfer.GapLine("circle", "people", ("sport",)),
)
PLAYBOOK_PAGE = playbook.PlaybookPage(
    gaps=GAPS,
    slug="attack-elsewhere",
    title=PLAYBOOK.title,
    purpose=PLAYBOOK.purpose,
    version=VERSIONS[0],
    versions=VERSIONS,
    we_do=("We luisteren en zijn nabij.", "We zeggen wat we weten en wat we niet weten."),
    we_do_not=("We doen geen onderzoek naar daders.", "We vragen nooit naar personen."),
    roles=(
        playbook.RoleView(
            title="teamleider", task="Leidt het overleg en bewaakt de stappen.", minimum=1
        ),
        playbook.RoleView(
            title="communicatieadviseur", task="Schrijft de feitenkaart en de berichten.", minimum=1
        ),
    ),
    phases=(
        playbook.PhaseView(
            code="acute",
            title="Acuut",
            starts=0,
            steps=(
                playbook.StepView(
                    code="S04",
                    title="Snelteam oproepen",
                    role="teamleider",
                    start="T0",
                    due="5 minuten na T0",
                    automatic=True,
                    may_skip=False,
                    act="call-out",
                    act_says="5 mensen nodig",
                    message="T2",
                    evidence="Vijf mensen hebben bevestigd.",
                    help="Bel wie niet antwoordt.",
                ),
                playbook.StepView(
                    code="S11",
                    title="Eerste woorden aan sleutelfiguren",
                    role="netwerkbeheerder",
                    start="1 uur na T0",
                    due="1 uur na T0",
                    automatic=True,
                    may_skip=True,
                    act="dispatch",
                    act_says="sleutelfiguren",
                    message="K1",
                ),
            ),
        ),
        playbook.PhaseView(
            code="stabilise",
            title="Stabilisatie",
            starts=86400,
            steps=(
                playbook.StepView(
                    code="S24",
                    title="Ronde: hoe gaat het in de wijk?",
                    role="wijkregisseur",
                    start="1 dag na T0",
                    due="1 dag na T0",
                    automatic=False,
                    may_skip=True,
                    act="round",
                ),
                playbook.StepView(
                    code="S30",
                    title="Niveau opnieuw bekijken",
                    role="burgemeester",
                    start="1 dag na T0",
                    due="1 dag na T0",
                    automatic=False,
                    may_skip=True,
                    act="decision",
                ),
            ),
        ),
    ),
    messages=(
        playbook.MessageGroup(
            "Alle sleutelfiguren", (playbook.MessageView(code="K1", kind="give", texts=TEXTS),)
        ),
        playbook.MessageGroup(
            "",
            (
                playbook.MessageView(
                    code="T2", kind="action", texts=PLAN.dispatches[0].texts, alarm=True
                ),
            ),
        ),
    ),
    quiet_hours=("22:00", "07:00"),
    messages_per_day=2,
    asks_per_day=1,
)
BLOCK_PAGE = playbook.BlockPage(
    slug="words",
    title="Woorden voor iedereen",
    purpose="Berichten die draaiboeken delen.",
    version=VERSIONS[2],
    versions=VERSIONS,
    roles=PLAYBOOK_PAGE.roles,
    messages=PLAYBOOK_PAGE.messages,
    steps=(("S01", "Bel de wijkagent"),),
    cards=(("stick", "De praatstok"),),
    source="block: words\nversion: 4\n",
    built_in=(playbook.BlockLine("attack-elsewhere", PLAYBOOK.title, 3),),
    may_approve=True,
)

PEOPLE = people.People(
    wrong_numbers=(
        people.WrongNumberLine(
            "Daan Prins",
            "+31 97 ••• ••12",
            "Sms'jes naar dit nummer komen niet aan sinds za 21 nov 20.58 uur. Dit nummer is niet meer in gebruik. Bel of mail deze persoon en verbeter het nummer.",
        ),
    ),
    wrong_key_figures=2,
    responders=(
        people.PersonLine(
            name="Noor Vermeer",
            roles=("teamleider",),
            deputy_of=(),
            phone_masked="+31 97 ••• ••• 01",
            language="nl",
        ),
        people.PersonLine(
            name="Tom Kuiper",
            roles=(),
            deputy_of=("teamleider", "wijkregisseur"),
            phone_masked="+31 97 ••• ••• 02",
            language="nl",
            active=False,
        ),
    ),
    professionals=6,
    circles=tuple(
        people.CircleLine(
            neighbourhood=name, key_figures=3 + index % 4, agreed_to_ask=3, expiring=index % 3
        )
        for index, name in enumerate(NAMES)
    ),
    report=people.ImportReport(
        filename="mensen.csv",
        stored=False,
        lines=(
            people.ImportLine(line=2, outcome="new", kind="responder", phone="+31 97 010240008"),
            people.ImportLine(
                line=3,
                outcome="bad",
                kind="key-figure",
                message="Het nummer heeft te weinig cijfers. Schrijf het als 06 gevolgd door acht cijfers.",
            ),
            people.ImportLine(line=4, outcome="same", kind="responder", phone="+31 97 010240003"),
            people.ImportLine(line=5, outcome="changed", kind="official", phone="+31 97 010240007"),
        ),
    ),
)
USERS = people.Users(
    users=(
        people.UserLine(
            id="u1", name="Noor Vermeer", login="noor", role="coordinator", is_self=True
        ),
        people.UserLine(
            id="u2", name="Samira Bos", login="samira", role="contact-person", active=False
        ),
        people.UserLine(
            id="u3", name="Jan de Wit", login="jan", role="privacy-officer", is_of_provider=True
        ),
    ),
    roles=(
        "coordinator",
        "responder",
        "contact-person",
        "professional",
        "official",
        "administrator",
    ),
    has_provider=True,
    new_login="samira",
    new_password="vier-losse-woorden-hier",
)
HOODS = people.Neighbourhoods(
    neighbourhoods=tuple(
        people.NeighbourhoodLine(
            code=item.code, name=item.name, key_figures=index % 5, professionals=index % 2
        )
        for index, item in enumerate(NEIGHBOURHOODS)
    ),
    shapes=tuple(
        (item.name, SHAPES[item.code].d, SHAPES[item.code].x, SHAPES[item.code].y)
        for item in NEIGHBOURHOODS
    ),
    viewbox=VIEWBOX,
    source="Verzonnen gemeente, voor de demonstratie.",
    report=("9 nieuw, 0 gewijzigd, 0 gelijk.",),
)
UNKNOWN = people.UnknownNumbers(
    texts=(
        people.UnknownText(
            id="x1",
            at=ago(minutes=30),
            phone_masked="+31 97 ••• ••• 99",
            text="Wie is dit?",
            handled=True,
        ),
        people.UnknownText(
            id="x2",
            at=ago(minutes=40),
            phone_masked="+31 97 ••• ••• 12",
            text="Mijn buurman doet niet open.",
        ),
    ),
    shared=True,
)

EXERCISE = {
    "exercise": Exercise(title="Oefening najaar", tempo=10),
    "sandbox": True,
    "phones_url": "http://127.0.0.1:8001/phones",
}
LIVE = {"stream": Stream(calamity="c-1", after=58)}

SITUATION = officials.Situation(
    calamity="c-1",
    sentences=(
        "Er is geschoten op een station in een andere stad; in onze gemeente is niets gebeurd en gelden geen maatregelen.",
        "Het snelteam is bij elkaar, sleutelfiguren en scholen hebben van ons gehoord en wij zijn zichtbaar in de wijken.",
        "Vanavond vragen we de wijken opnieuw hoe het gaat; morgenochtend praten we met de scholen.",
    ),
    by="Noor Vermeer",
    at=ago(minutes=15),
    next_update_at=ahead(minutes=45),
    requests=(
        officials.RequestLine(
            sequence=61,
            at=ago(minutes=8),
            by="Jan de Wit",
            role="bestuurder",
            words="Zijn de scholen morgen open?",
        ),
        officials.RequestLine(
            sequence=55,
            at=ago(minutes=40),
            by="Els Brouwer",
            role="bestuurder",
            words="Komt er een bijeenkomst?",
            answered_at=ago(minutes=31),
            answer="Ja, morgen om 19.30 uur in het wijkcentrum.",
        ),
    ),
    decisions=(TASKS.open[4],),
    told=(
        officials.Told(at=ago(hours=5), audience="sleutelfiguren", people=40, text=TEXTS[0].text),
        officials.Told(
            at=ago(hours=4),
            audience="scholen",
            people=11,
            text="Morgen praten met je klas? Tips en een lesbrief: waterveen.example/school Steun nodig op school? Bel 14 0999. Gemeente Waterveen",
        ),
    ),
)
OFFICIALS = officials.Officials(summary=SUMMARY, situation=SITUATION, picture=PICTURE_PART)
EMPTY_OFFICIALS = officials.Officials(
    summary=SUMMARY,
    situation=officials.Situation(calamity="c-1", next_update_at=ago(minutes=12), overdue=True),
    picture=room.PicturePart(calamity="c-1"),
)
WALL = officials.Wall("c-1", SUMMARY, SITUATION, PICTURE_PART)
_MENDED = room.Mended(41, text="Het gaat om twee klassen.", later=ago(minutes=2))
_TURNS = tuple(
    officials.TurnLine(
        number, ago(hours=7 - number), f"/calamities/c-1/officials/as-of?at={number}", words
    )
    for number, words in enumerate(
        (
            ("Calamiteit geopend.", "Sociaal niveau op 1 gezet."),
            ("Samenvatting voor bestuurders geschreven.",),
            ("Sociaal niveau van 1 naar 2.", "Sleutelfiguren: 40 berichten gepland."),
        ),
        1,
    )
)
PAST = officials.Past(
    at=ago(hours=5),
    written="2026-11-21T16:04",
    earliest="2026-11-21T15:04",
    latest="2026-11-21T21:03",
    officials=officials.Officials(
        summary=msgspec.structs.replace(
            SUMMARY,
            levels=(
                msgspec.structs.replace(SUMMARY.levels[0], mended=_MENDED),
                room.Level("grip", None, ago(hours=6), "Noor Vermeer", is_erased=True),
                SUMMARY.levels[2],
            ),
        ),
        situation=msgspec.structs.replace(
            SITUATION,
            sentences=(),
            is_erased=True,
            requests=(),
            told=(msgspec.structs.replace(SITUATION.told[0], mended=_MENDED),),
            told_more=3,
        ),
        picture=room.PicturePart(calamity="c-1"),
    ),
    turns=_TURNS,
    step=2,
    before=_TURNS[0],
    after=_TURNS[2],
)
REQUESTING = officials.RequestPage(
    calamity="c-1",
    title=CARD.title,
    next_update_at=ago(minutes=12),
    overdue=True,
    requests=SITUATION.requests[:1],
    form=Form(values={"words": "Bel 0612345678"}, errors={"words": "Hier staan persoonsgegevens."}),
)
ANSWER_TO = officials.AnswerPage(calamity="c-1", title=CARD.title, request=SITUATION.requests[0])
OFFICIAL_PAGES: dict[str, tuple[str, object, dict[str, object]]] = {
    "officials-past": ("officials_past", PAST, {"here": "past", "viewer": OFFICIAL}),
    "wall": (
        "wall",
        WALL,
        LIVE | {"here": "wall", "viewer": OFFICIAL, "ends_at": ahead(minutes=20)},
    ),
    "wall-empty": (
        "wall",
        officials.Wall(
            "c-1", EMPTY_OFFICIALS.summary, EMPTY_OFFICIALS.situation, EMPTY_OFFICIALS.picture
        ),
        {"here": "wall", "viewer": OFFICIAL},
    ),
    "update-request": ("update_request", REQUESTING, {"viewer": OFFICIAL}),
    "update-request-asked": (
        "update_request",
        msgspec.structs.replace(REQUESTING, own=SITUATION.requests[0], form=Form()),
        {"viewer": OFFICIAL},
    ),
    "update-answer": ("update_answer", ANSWER_TO, {}),
    "update-answered": (
        "update_answer",
        msgspec.structs.replace(ANSWER_TO, request=SITUATION.requests[1]),
        {},
    ),
}

GUIDE = guide.Guide("c-1", frozenset({"watch", "fact"}), guide.Reach(True))
OTHERS = (
    ("COM", "communicatieadviseur: Bram Visser, Sanne de Wit"),
    ("WIJ", "wijkregisseur"),
    ("SOC", "sociaal domein: Yusuf Demir"),
)
# name: (template, view, what differs in the frame)
SHEET = sheet_of(
    Released(
        2,
        Report(
            "nl",
            {
                Heading.MOOD: "Gevraagd: 40 mensen. Antwoord: 22.\nMolenwijk: 3, onrustig.",
                Heading.WELL: "Buren koken voor elkaar.\nDe scholen zijn open.",
            },
            "r-3",
            ahead(hours=2),
        ),
        "0" * 64,
        "noor@waterveen",
        ago(minutes=5),
    ),
    Released(
        1,
        Report("nl", {Heading.WELL: "De scholen zijn open.\nHet is stil."}),
        "1" * 64,
        "noor@waterveen",
        ago(hours=3),
    ),
    Language("nl", ZoneInfo("Europe/Amsterdam")),
    municipality="Waterveen",
    calamity=CARD.title,
    is_exercise=False,
)

PAGES: dict[str, tuple[str, object, dict[str, object]]] = {
    "sign-in": (
        "sign_in",
        SignIn(),
        {"viewer": None, "sandbox": True},
    ),
    "sign-out": (
        "onward",
        Onward(
            "https://login.example/end",
            "Je bent hier uitgelogd",
            "Nu loggen we je ook uit bij je werkaccount.",
        ),
        {"viewer": None},
    ),
    "second-step": (
        "second_step",
        account.SecondStep("/sign-in/second", passkey={"challenge": "AA"}, has_codes=True),
        {"viewer": None},
    ),
    "prove-wrong": (
        "second_step",
        account.SecondStep(
            "/account/prove", Form(errors={"code": "Dit klopt niet."}), asks_password=True
        ),
        {"here": "account"},
    ),
    "new-codes": (
        "new_codes",
        account.NewCodes(
            "/account/codes",
            qr("ABCDEFGH23456723ABCDEFGH23456723", "noor", "Waterveen"),
            "ABCD",
            must=True,
        ),
        {"viewer": None},
    ),
    "new-passkey": ("new_passkey", account.NewPasskey({"challenge": "AA"}), {"here": "account"}),
    "recovery-codes": (
        "recovery_codes",
        account.RecoveryCodes(("abcd-efgh-jkmn-pqrs", "tuvw-xyz2-3456-789a"), "/account"),
        {"here": "account"},
    ),
    "account": (
        "account",
        account.Account(
            name="Noor Vermeer",
            login="noor",
            is_of_provider=False,
            sessions=(
                account.SessionLine("s1", "Firefox, Windows", "totp", ago(hours=1), ago(), True),
                account.SessionLine("s2", "", "provider", ago(hours=9), ago(hours=1)),
            ),
            factors=(
                account.FactorLine("f1", "telefoon", "totp", ago(days=9), ago(hours=1)),
                account.FactorLine("f2", "laptop", "passkey", ago(days=2)),
            ),
            recovery_codes=9,
            may_break_glass=True,
        ),
        {"here": "account"},
    ),
    "break-glass": ("break_glass", account.BreakGlass(60), {"here": "account"}),
    "glasses": (
        "glasses",
        account.Glasses(
            (
                account.GlassLine(
                    "g2",
                    "Jan de Wit",
                    "jan",
                    "official",
                    "Niemand neemt op.",
                    ago(minutes=5),
                    ahead(minutes=55),
                    False,
                    texted=("Noor Vermeer", "Ida Bos"),
                    not_texted=("Kees Smit",),
                ),
                account.GlassLine(
                    "g1",
                    "Noor Vermeer",
                    "noor",
                    "responder",
                    "Niemand neemt op.",
                    ago(days=5),
                    ago(days=5),
                    True,
                    True,
                    ago(days=4),
                    "Jan de Wit",
                ),
            )
        ),
        {"here": "glasses", "alarms": 1},
    ),
    "audit": (
        "audit",
        account.Audit(
            lines=(
                account.AuditLine(
                    ago(minutes=3),
                    "samira",
                    "contact-person",
                    "bekeek sleutelfiguren",
                    8,
                    ("k-1", "k-2"),
                    "hun eigen contactpersoon",
                    "inbox",
                ),
                account.AuditLine(
                    ago(minutes=5),
                    "jan",
                    "official",
                    "nam noodtoegang",
                    1,
                    ("jan",),
                    "noodtoegang",
                    calamity="c-1",
                    reason="Niemand neemt op.",
                ),
            ),
            deeds=(("saw-people", "bekeek sleutelfiguren"),),
            csv="/settings/audit.csv",
            older="/settings/audit?before=a",
        ),
        {"here": "audit", "viewer": ADMINISTRATOR, "glass_until": ahead(minutes=40)},
    ),
    "sign-in-provider": ("sign_in", SignIn(provider=True), {"viewer": None}),
    "sign-in-wrong": (
        "sign_in",
        SignIn(
            form=Form(
                values={"login": "noor"},
                errors={"password": "Naam en wachtwoord horen niet bij elkaar."},
            )
        ),
        {"viewer": None},
    ),
    "start": (
        "start",
        START,
        {"here": "start", "sandbox": True, "phones_url": "http://127.0.0.1:8001/phones"},
    ),
    "start-first": (
        "start",
        start.Start(
            playbooks=START.playbooks,
            first_exercise=guide.FirstExercise(
                "attack-elsewhere", "Aanslag elders in Nederland", 10, guide.Reach(False, 3)
            ),
        ),
        {"here": "start"},
    ),
    "start-empty": (
        "start",
        start.Start(),
        {"here": "start", "flash": Flash(text="De calamiteit is gesloten.")},
    ),
    "start-official": (
        "start",
        start.Start(calamities=(CARD,)),
        {"here": "start", "viewer": OFFICIAL},
    ),
    "start-professional": ("start", ASKED, {"here": "start", "viewer": PROFESSIONAL}),
    "activate": (
        "activate",
        start.ChoosePlaybook(playbooks=(PLAYBOOK, PLAYBOOK_HERE), retired=(PLAYBOOK_RETIRED,)),
        {},
    ),
    "activate-retired": (
        "activate_form",
        start.FillIn(
            playbook=PLAYBOOK_RETIRED,
            neighbourhoods=NEIGHBOURHOODS,
            out_of_use=("Deze versie is uit gebruik genomen: Versie 4 is er.",),
        ),
        {},
    ),
    "activate-second": (
        "activate",
        start.ChoosePlaybook(
            playbooks=(PLAYBOOK,), calamity=start.OpenCalamity(id="c-1", title=CARD.title)
        ),
        {},
    ),
    "activate-empty": ("activate", start.ChoosePlaybook(), {}),
    "activate-form": (
        "activate_form",
        start.FillIn(playbook=PLAYBOOK, neighbourhoods=NEIGHBOURHOODS),
        {},
    ),
    "activate-form-wrong": (
        "activate_form",
        start.FillIn(playbook=PLAYBOOK, neighbourhoods=NEIGHBOURHOODS, form=WRONG),
        {},
    ),
    "activate-form-second": (
        "activate_form",
        start.FillIn(
            playbook=PLAYBOOK,
            neighbourhoods=NEIGHBOURHOODS,
            calamity=start.OpenCalamity(id="c-1", title=CARD.title),
        ),
        {},
    ),
    "activate-form-watch": (
        "activate_form",
        start.FillIn(
            playbook=PLAYBOOK,
            neighbourhoods=NEIGHBOURHOODS,
            questions=(start.Question("answer-here", "Is het hier gebeurd?"),),
            knows_little=True,
            form=Form(
                values={"answer-here": "unknown", "scope": "watch"},
                errors={"watch_reason": "Zeg waar je op wacht."},
            ),
        ),
        {},
    ),
    "activate-form-second-watch": (
        "activate_form",
        start.FillIn(
            playbook=PLAYBOOK,
            neighbourhoods=NEIGHBOURHOODS,
            calamity=start.OpenCalamity(id="c-1", title=CARD.title, watch=True),
        ),
        {},
    ),
    "activate-review": ("activate_review", REVIEW, EXERCISE),
    "activate-review-watch": (
        "activate_review",
        structs.replace(
            REVIEW,
            exercise=False,
            plan=structs.replace(PLAN, dispatches=WATCHED),
            watch=True,
            watch_reason=WATCH.reason,
        ),
        {},
    ),
    "room": ("room", ROOM, LIVE),
    "room-watch": (
        "room",
        structs.replace(
            ROOM,
            summary=structs.replace(SUMMARY, watch=WATCH),
            tasks=structs.replace(ROOM.tasks, later=(HELD_TASK,)),
            rounds=room.Rounds(calamity="c-1", held=True),
        ),
        LIVE,
    ),
    "watch": (
        "watch",
        watch.WatchPage(
            calamity="c-1",
            title=CARD.title,
            watch=WATCH,
            go_on=watch.WatchEnd(
                tuple(structs.replace(each, watch=False) for each in WATCHED[1:]), 34
            ),
            stand_down=watch.WatchEnd(WATCHED[:1], 6),
        ),
        {},
    ),
    "watch-wrong": (
        "watch",
        watch.WatchPage(
            calamity="c-1",
            title=CARD.title,
            watch=watch.Watch(ago(minutes=40)),
            go_on=watch.WatchEnd(),
            stand_down=watch.WatchEnd(),
            failed="go-on",
            form=Form(errors={"reason": "Zeg waarom het hele draaiboek start."}),
        ),
        {},
    ),
    "task-watch": (
        "task",
        room.TaskPage(
            calamity="c-1",
            calamity_title=CARD.title,
            task=HELD_TASK,
            idempotency_key="k-9",
        ),
        {},
    ),
    "room-exercise": (
        "room",
        msgspec.structs.replace(ROOM, guide=GUIDE),
        LIVE | EXERCISE | {"phones_url": "http://127.0.0.1:8001/phones"},
    ),
    "room-guided": (
        "room",
        msgspec.structs.replace(
            EMPTY_ROOM, guide=msgspec.structs.replace(GUIDE, done=frozenset(guide.STEPS))
        ),
        LIVE | EXERCISE,
    ),
    "room-empty": ("room", EMPTY_ROOM, LIVE),
    "task": (
        "task",
        room.TaskPage(
            calamity="c-1",
            calamity_title=CARD.title,
            task=TASKS.open[2],
            idempotency_key="k-2",
            plan=PLAN,
            others=OTHERS,
        ),
        {},
    ),
    "task-hand": (
        "task",
        room.TaskPage(
            calamity="c-1",
            calamity_title=CARD.title,
            task=TASKS.open[2],
            idempotency_key="k-7",
            others=OTHERS,
            form=Form(
                values={"to": "WIJ", "why": "Bel 0612345678"},
                errors={
                    "why": "In deze tekst staan persoonsgegevens. "
                    "Laat namen, nummers en adressen weg."
                },
            ),
        ),
        {},
    ),
    "task-decision": (
        "task",
        room.TaskPage(
            calamity="c-1",
            calamity_title=CARD.title,
            task=TASKS.open[4],
            idempotency_key="k-3",
            question="Gaan we extra zichtbaar zijn op straat?",
            options=("Ja, vanavond", "Ja, morgenochtend", "Nee"),
            others=OTHERS,
        ),
        {},
    ),
    "task-waiting": (
        "task",
        room.TaskPage(
            calamity="c-1",
            calamity_title=CARD.title,
            task=room.TaskLine(
                id="t8",
                title="Beeld opvragen bij scholen",
                role="netwerkbeheerder",
                due=ahead(days=1),
                state="waiting",
                who="partner",
                waits="zodra deze fase begint: Nazorg",
                only_if="sociaal niveau 2 of hoger",
                repeats=True,
                occurrence=2,
            ),
            idempotency_key="k-5",
            cards=(room.CardLink("De praatstok", "/playbooks/small/versions/1/cards/stick"),),
        ),
        {},
    ),
    **{
        f"task-{kind}": (
            "task",
            room.TaskPage(
                calamity="c-1",
                calamity_title=CARD.title,
                task=room.TaskLine(
                    id="t9",
                    title="Overleg",
                    role="teamleider",
                    due=ahead(hours=2),
                    state="ready",
                    act=kind,
                    fills=True,
                ),
                idempotency_key="k-6",
                sheet=room.TaskForm(kind, ("De vlag",), 6),
                form=form,
            ),
            {},
        )
        for kind, form in (
            ("meeting", Form(errors={"decision_1_owner": "Noem wie dit doet."})),
            ("fact-card", Form(values={"we_know": "Er is een aanslag geweest."})),
            ("rumour-list", Form()),
            ("measure", Form()),
        )
    },
    "card": (
        "card",
        playbook.CardPage(
            slug="small",
            version=1,
            playbook="Aanslag elders in Nederland",
            kind="conversation",
            title="De praatstok",
            purpose="Iedereen komt aan het woord.",
            minutes=45,
            people="Acht tot twaalf mensen",
            needs=("Een stok",),
            sections=(
                ("Zo gaat het", ("Wie de stok heeft, praat.", "De anderen luisteren.")),
                ("Let op", ("Niemand hoeft iets te zeggen.",)),
            ),
        ),
        {"here": "playbooks"},
    ),
    "activate-form-questions": (
        "activate_form",
        start.FillIn(
            playbook=PLAYBOOK,
            neighbourhoods=NEIGHBOURHOODS,
            questions=(
                start.Question("answer-here", "Is het hier gebeurd?", "Binnen de gemeente."),
            ),
            proposal=start.ProposedLevel(2, "Het draaiboek stelt niveau 2 voor."),
            form=Form(errors={"answer-here": "Kies een van de antwoorden."}),
        ),
        {},
    ),
    "task-done": (
        "task",
        room.TaskPage(
            calamity="c-1", calamity_title=CARD.title, task=TASKS.settled[1], idempotency_key="k-4"
        ),
        {},
    ),
    "round": (
        "round",
        picture.RoundPage(
            calamity="c-1",
            title=CARD.title,
            number=2,
            closes_at=ago(minutes=34),
            question="Hoe is de sfeer in je wijk? Antwoord 1 (rustig) tot 5 (onveilig).",
            picture=PICTURE,
            trend=TREND,
            geojson=GEOJSON,
        ),
        {"here": "round"},
    ),
    "round-open": (
        "round",
        picture.RoundPage(
            calamity="c-1",
            title=CARD.title,
            number=3,
            closes_at=ahead(hours=3),
            question="Hoe is de sfeer in je wijk?",
        ),
        {},
    ),
    "timeline": ("timeline", TIMELINE, {}),
    "timeline-empty": ("timeline", room.Timeline(calamity="c-1", title=CARD.title), {}),
    "timeline-line": ("timeline_line", RUMOUR, {}),
    "timeline-line-file": ("timeline_line", FILE_LINE, {}),
    "attach": ("attach", ATTACH, {}),
    "attach-wrong": ("attach", ATTACH_WRONG, {}),
    "attach-not-allowed": ("attach", msgspec.structs.replace(ATTACH, is_allowed=False), {}),
    "attach-closed": ("attach", msgspec.structs.replace(ATTACH, closed=True), {}),
    "timeline-line-wrong": ("timeline_line", RUMOUR_WRONG, {}),
    "timeline-line-corrected": ("timeline_line", CORRECTED, {}),
    "timeline-line-erased": ("timeline_line", ERASED, {}),
    **OFFICIAL_PAGES,
    "officials": ("officials", OFFICIALS, LIVE | {"here": "officials", "viewer": OFFICIAL}),
    "officials-watch": (
        "officials",
        structs.replace(OFFICIALS, summary=structs.replace(SUMMARY, watch=WATCH)),
        {"here": "officials", "viewer": OFFICIAL},
    ),
    "officials-empty": ("officials", EMPTY_OFFICIALS, {"here": "officials", "viewer": COORDINATOR}),
    "inbox": ("inbox", INBOX, {"here": "inbox", "viewer": CONTACT}),
    "inbox-exercise": (
        "inbox",
        msgspec.structs.replace(INBOX, exercise=guide.Reach(False)),
        {"here": "inbox", "viewer": CONTACT} | EXERCISE,
    ),
    "inbox-empty": ("inbox", people.Inbox(), {"here": "inbox", "viewer": CONTACT}),
    "conversation": ("conversation", CONVERSATION, {"here": "inbox", "viewer": CONTACT}),
    "conversation-checked": (
        "conversation",
        CONVERSATION_CHECKED,
        {"here": "inbox", "viewer": CONTACT},
    ),
    "conversation-stopped": (
        "conversation",
        people.Conversation(
            key_figure="k5",
            name="Jo Meijer",
            neighbourhood="Boskant",
            language="nl",
            phone=None,
            stopped=True,
            bubbles=(),
        ),
        {"viewer": CONTACT},
    ),
    "check-in": ("check_in", CHECK_IN, {"viewer": PROFESSIONAL}),
    "check-in-wrong": ("check_in", CHECK_IN_WRONG, {"viewer": PROFESSIONAL}),
    "check-in-closed": (
        "check_in",
        check_in.CheckInForm(
            round="r-2", title=CARD.title, closes_at=ago(hours=1), neighbourhoods=(), closed=True
        ),
        {"viewer": PROFESSIONAL},
    ),
    "facts": (
        "facts",
        facts.Facts(
            municipality="Oeverlanden",
            incident="een aanslag in Voorbeeldstad",
            since=ahead(hours=-3),
            next_update_at=ahead(hours=1),
            phone="+3197010240999",
            phone_shown="+31 970 102 40999",
            we_do=("Wij luisteren en leggen uit wat we weten.",),
            we_do_not=("Wij vragen nooit naar personen.",),
        ),
        {"viewer": None},
    ),
    "check-in-thanks": (
        "check_in_thanks",
        check_in.CheckInThanks(
            round="r-3",
            form="/check-in/r-3",
            title=CARD.title,
            closes_at=ahead(hours=3),
            neighbourhood="Molenwijk",
        ),
        {"viewer": PROFESSIONAL},
    ),
    "report": (
        "report",
        report.ReportPage(
            calamity="c-1",
            title=CARD.title,
            sheet=SHEET,
            versions=(
                report.VersionLine(2, ago(minutes=5), "noor@waterveen"),
                report.VersionLine(1, ago(hours=3), "noor@waterveen"),
            ),
            has_picture=True,
        ),
        {"here": "room"},
    ),
    "report-none": ("report", report.ReportPage("c-1", CARD.title, None), {"viewer": OFFICIAL}),
    "report-draft": (
        "report_draft",
        report.DraftPage(
            calamity="c-1",
            title=CARD.title,
            sections=SHEET.sections,
            team_only={"behaviour": ["za 21 nov 20.10 uur: Drie klassen bleven thuis."]},
            language="nl",
            revision=3,
            saved_at=ago(minutes=9),
            saved_by="noor@waterveen",
            last=1,
            theirs={"well": "De scholen zijn open.\nDe markt ook."},
            form=Form(errors={"well": "Schrijf minstens één ding op dat goed gaat."}),
        ),
        {"here": "room"},
    ),
    "calendar": (
        "calendar",
        start.CalendarPage(ago(days=3), "https://calamity.example/calendar/x/calamity.ics"),
        {},
    ),
    "calendar-none": ("calendar", start.CalendarPage(), {"viewer": PROFESSIONAL}),
    "call-list": (
        "call_list",
        call_list.CallListPage(
            calamity="c-1",
            title=CARD.title,
            made_at=ago(minutes=1),
            shows_numbers=True,
            lists=(
                call_list.CallList(
                    title="Roep het snelteam op",
                    quota=3,
                    coming=1,
                    words="ALARM Oeverlanden: snelteam start. Overleg 22.30, stadhuis.",
                    words_language="nl",
                    lines=(
                        call_list.CallListLine(
                            "Eva Smit",
                            "communicatie",
                            1,
                            "+31 970 102 40003",
                            "eva.smit@oeverlanden.example",
                            ago(minutes=12),
                        ),
                        call_list.CallListLine(
                            "Hassan Amrani", "communicatie", 2, "+31 970 102 40004"
                        ),
                    ),
                ),
            ),
        ),
        {"here": "room"},
    ),
    "answer": (
        "answer",
        AnswerPage(action="/a/token", answer=None),
        {"viewer": None},
    ),
    "answer-given": (
        "answer",
        AnswerPage(action="/a/token", answer="cannot"),
        {"viewer": None},
    ),
    "check-in-danger": (
        "check_in_danger",
        check_in.CheckInDanger(round="r-3", form="/check-in/r-3"),
        {"viewer": PROFESSIONAL},
    ),
    "playbooks": (
        "playbooks",
        playbook.Playbooks(
            playbooks=(PLAYBOOK, PLAYBOOK_HERE),
            blocks=(playbook.BlockLine("words", "Woorden voor iedereen", 2),),
            waiting=(
                playbook.WaitingVersion("words", "Woorden", 3, "Eva Smit", NOW, True, "block"),
            ),
            drafts=studio.Drafts(
                (studio.DraftLine("d-1", "riots", "Rellen", "Eva Smit", NOW),),
                (("playbook/attack-here/1", "Aanslag in onze gemeente, versie 1"),),
            ),
        ),
        {"here": "playbooks"},
    ),
    "playbooks-empty": ("playbooks", playbook.Playbooks(), {"here": "playbooks"}),
    "playbook": ("playbook", PLAYBOOK_PAGE, {"here": "playbooks"}),
    "playbook-used": (
        "playbook",
        msgspec.structs.replace(
            PLAYBOOK_PAGE,
            version=msgspec.structs.replace(
                VERSIONS[0],
                state="retired",
                reason="Versie 4 is er.",
                good_until=NOW,
                past_date=True,
            ),
            uses=(playbook.UseLine("c-1", "Aanslag elders", True, NOW, "Noor Vermeer"),),
            origin="Waterstad",
        ),
        {"here": "playbooks"},
    ),
    "block": ("block", BLOCK_PAGE, {"here": "playbooks"}),
    "playbook-compare": (
        "playbook_compare",
        playbook_transfer.ComparePage(
            "playbook", "attack-elsewhere", PLAYBOOK.title, 2, 3, (3, 2), CHANGES, ("", "")
        ),
        {"here": "playbooks"},
    ),
    "playbook-compare-short": (
        "playbook_compare",
        playbook_transfer.ComparePage(
            "playbook",
            "attack-elsewhere",
            PLAYBOOK.title,
            2,
            3,
            (3, 2),
            CHANGES * 8,
            (
                "gebruikt blok words in versie 2 in plaats van 1: 3 wijzigingen (3 berichten anders).",
            ),
        ),
        {"here": "playbooks"},
    ),
    "playbook-import": ("playbook_import", playbook_transfer.ImportPage(), {"here": "playbooks"}),
    "playbook-import-look": (
        "playbook_import",
        playbook_transfer.ImportPage(
            file="UEsDBA==",
            filename="waterstad.calamity.zip",
            municipality="Waterstad",
            fingerprint=FINGERPRINT,
            playbooks=(
                playbook_transfer.IncomingView(
                    "attack-elsewhere",
                    PLAYBOOK.title,
                    4,
                    "merge",
                    3,
                    CHANGES,
                    ("stap S09 (Vlag): is nieuw.",),
                    playbook_transfer.ApprovalView("official", "Waterstad", FINGERPRINT, NOW),
                ),
                playbook_transfer.IncomingView("riots", "Rellen", 1, "new", None, ()),
                playbook_transfer.IncomingView(
                    "theirs",
                    "Poorten dicht",
                    1,
                    "unfinished",
                    None,
                    (),
                    crossings=(
                        "Dit moet je zelf overnemen. (workflow.action--61a6c41e-6efc-4516)",
                    ),
                    faults=("Regel 3: Het Engels ontbreekt. Schrijf het erbij.",),
                ),
            ),
            gaps=GAPS,
        ),
        {"here": "playbooks"},
    ),
    "playbook-merge": (
        "playbook_merge",
        playbook_transfer.MergePage(
            import_id="i-1",
            slug="attack-elsewhere",
            title=PLAYBOOK.title,
            municipality="Waterstad",
            theirs=4,
            ours=3,
            has_base=False,
            parts=(
                playbook_transfer.MergePart(
                    "steps/S04",
                    "stap S04 (Snelteam oproepen)",
                    (CHANGES[0].says,),
                    (CHANGES[1].says,),
                    CHANGES,
                    None,
                ),
                playbook_transfer.MergePart(
                    "playbook/title", "het draaiboek", (), (), CHANGES[:1], "ours"
                ),
            ),
        ),
        {"here": "playbooks"},
    ),
    "keys": (
        "keys",
        playbook_transfer.KeysPage(
            name="Oeverlanden",
            fingerprint=FINGERPRINT,
            keys=(
                playbook_transfer.KeyLine("k-1", "Waterstad", FINGERPRINT, NOW, None),
                playbook_transfer.KeyLine("k-2", "Bergdorp", FINGERPRINT, NOW, NOW),
            ),
        ),
        {"here": "keys", "viewer": ADMINISTRATOR},
    ),
    **PREVIEW_PAGES,
    **MATTER_PAGES,
    "studio-submit": (
        "studio_submit",
        studio.Submission(
            "d-1",
            "Rellen",
            3,
            (
                studio.FaultLine(
                    12, 3, "warning", "De zin is lang.", "Maak er twee.", "steps/0", ""
                ),
            ),
            0,
        ),
        {"here": "playbooks"},
    ),
    "neighbourhoods": (
        "neighbourhoods",
        HOODS,
        {"here": "neighbourhoods", "viewer": ADMINISTRATOR},
    ),
    "neighbourhoods-empty": (
        "neighbourhoods",
        people.Neighbourhoods(
            problems=("Het bestand is geen GeoJSON: het begint niet met een accolade.",)
        ),
        {"here": "neighbourhoods", "viewer": ADMINISTRATOR},
    ),
    "people": ("people", PEOPLE, {"here": "people", "viewer": ADMINISTRATOR}),
    "person": (
        "person",
        people.Person(
            id="p-1",
            name="Daan Prins",
            phone_masked="+31 97 ••• ••12",
            back="/people",
            form=Form(values={"email": "daan.prins@waterveen.example", "check_word": "anker"}),
        ),
        {"here": "people", "viewer": ADMINISTRATOR},
    ),
    "person-refused": (
        "person",
        people.Person(
            id="p-1",
            name="Daan Prins",
            phone_masked="+31 97 ••• ••12",
            back="/people",
            form=Form(
                values={"phone": "030 1234567"},
                errors={
                    "phone": "Dit is een vast nummer en kan geen sms krijgen. Vraag een mobiel nummer."
                },
            ),
        ),
        {"here": "people", "viewer": ADMINISTRATOR},
    ),
    "key-figures": (
        "key_figures",
        people.KeyFigures(
            (
                people.KeyFigureLine("k1", "Ali Yilmaz", "Molenwijk", "tr", "Samira Bos"),
                people.KeyFigureLine("k5", "Jo Meijer", "Boskant", "nl", "Noor Vermeer", True),
            )
        ),
        {"here": "people"},
    ),
    "second-writer": ("second_writer", SECOND_WRITER, {"here": "people"}),
    "second-writer-refused": (
        "second_writer",
        structs.replace(
            SECOND_WRITER,
            check=CONVERSATION_CHECKED.check,
            form=Form(
                values={"text": "Goede ideeën, bel Fatima op 0970 10240012"},
                errors={
                    "reason": "Zeg waarom je zelf schrijft. De contactpersoon leest het.",
                },
            ),
        ),
        {"here": "people"},
    ),
    "people-empty": ("people", people.People(), {"here": "people"}),
    "unknown-numbers": ("unknown_numbers", UNKNOWN, {"here": "unknown_numbers"}),
    "unknown-numbers-empty": (
        "unknown_numbers",
        people.UnknownNumbers(),
        {"here": "unknown_numbers"},
    ),
    "users": ("users", USERS, {"here": "users", "viewer": ADMINISTRATOR}),
    "quarantine": (
        "quarantine",
        carrier.Quarantine(
            lines=tuple(
                carrier.QuarantineLine(
                    id=f"q{place}",
                    at=NOW,
                    cause=cause.value,
                    sid="SM" + f"{place:x}" * 32,
                    status="delivered",
                    error="Dit nummer is niet meer in gebruik." if place == 1 else None,
                    handled=place > 9,
                )
                for place, cause in enumerate(Cause)
            ),
            routes=(
                carrier.RouteLine(
                    "Twilio",
                    "open",
                    numbers=("+3197010250001",),
                    since=NOW,
                    why="Er is een storing bij de provider.",
                    moved=12,
                ),
                carrier.RouteLine(
                    "de provider via SMPP", "closed", in_use=True, numbers=("+3197010250077",)
                ),
                carrier.RouteLine("het oefennetwerk", "trying", since=NOW, moved=1),
            ),
        ),
        {"here": "quarantine", "viewer": ADMINISTRATOR},
    ),
    "quarantine-empty": (
        "quarantine",
        carrier.Quarantine(),
        {"here": "quarantine", "viewer": ADMINISTRATOR},
    ),
    "help": ("help", None, {}),
    "accessibility": (
        "accessibility",
        Accessibility(NOW, "toegankelijk@waterveen.example"),
        {"viewer": None},
    ),
    "accessibility-no-contact": ("accessibility", Accessibility(NOW), {}),
    "not-found": ("problem", Problem(kind="not-found", reference="7f3a"), {}),
    "forbidden": ("problem", Problem(kind="forbidden", reference="7f3b"), {}),
    "conflict": (
        "problem",
        Problem(kind="conflict", reference="7f3c", advice="Bekijk de tijdlijn."),
        {},
    ),
    "refused": (
        "problem",
        Problem(
            kind="refused",
            reference="7f3d",
            advice="Een sleutelfiguur krijgt eerst iets van ons, voor we iets vragen.",
        ),
        {},
    ),
    "unavailable": ("problem", Problem(kind="unavailable", reference="7f3e"), {}),
    "broken": ("problem", Problem(kind="broken", reference="7f3f"), {"viewer": None}),
}

PARTIALS: dict[str, object] = {
    "letters": LETTERS,
    "summary": SUMMARY,
    "roster": ROSTER,
    "tasks": TASKS,
    "messages": MESSAGES,
    "rounds": ROUNDS,
    "timeline": TIMELINE,
    "picture": PICTURE_PART,
    "officials_head": SUMMARY,
    "situation": SITUATION,
    "told": SITUATION,
    "wall": WALL,
    "wall_end": officials.WallEnd("c-1"),
    "inbox": INBOX,
}
