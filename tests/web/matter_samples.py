# ruff: noqa: E501 - texts of people are as long as they are
"""The fact card, rumours, promises, measures, words to audiences and the handover, to look at."""

from datetime import UTC, datetime, timedelta

from calamity.web.views import duties, handover, matters
from calamity.web.views.frame import Form

NOW = datetime(2026, 11, 21, 20, 4, tzinfo=UTC)
TITLE = "Schietpartij op een station"
HERE = "/calamities/c-1/matters"


def _line(first: int, kind: str, text: str, **more: object) -> matters.MatterLine:
    given: dict[str, object] = {
        "first": first,
        "version": first,
        "kind": kind,
        "url": f"{HERE}/{kind}/{first}",
        "text": text,
        "by": "coördinator",
        "at": NOW - timedelta(minutes=40),
    }
    return matters.MatterLine(**(given | more))  # type: ignore[arg-type]


FACTS = matters.MattersPage(
    calamity="c-1",
    title=TITLE,
    kind="fact",
    open=(
        _line(12, "fact", "In onze gemeente is niets gebeurd.", versions=2),
        _line(13, "fact", "De basisscholen zijn morgen gewoon open."),
        _line(14, "fact", "Of de treinen morgen rijden.", part="we_do_not_know"),
        _line(15, "fact", "We zijn vanavond en morgen zichtbaar in de wijken.", part="we_do"),
        _line(16, "fact", "We doen geen onderzoek naar daders.", part="we_do_not"),
    ),
    over=(
        _line(9, "fact", "De sporthal is dicht.", outcome="withdrawn", reason="De beheerder belde: hij is open.", ended_at=NOW - timedelta(minutes=8)),
    ),
)  # fmt: skip
RUMOURS = matters.MattersPage(
    calamity="c-1",
    title=TITLE,
    kind="rumour",
    open=(
        _line(21, "rumour", "Er zou ook hier iemand rondrijden.", spread="everywhere", spread_number=3, harm="grave", harm_number=3, weight=9, status="checking", owner="communicatieadviseur", due=NOW - timedelta(minutes=4), late=True),
        _line(22, "rumour", "De school gaat morgen dicht.", spread="several", spread_number=2, harm="clear", harm_number=2, weight=4, status="untrue", owner="adviseur jeugd en onderwijs", answer="De scholen zijn morgen gewoon open.", told="scholen en ouderraden", versions=2),
        _line(23, "rumour", "De weekmarkt gaat niet door."),
    ),
    form=Form(
        values={"text": "Volgens Grasmus is het busje wit", "harm": "clear"},
        errors={"confirmed": "Dit kan de naam van een mens zijn. Laat hem weg, of bevestig dat het geen naam is."},
    ),
)  # fmt: skip
PROMISES = matters.MattersPage(
    calamity="c-1",
    title=TITLE,
    kind="commitment",
    open=(
        _line(31, "commitment", "Iemand van ons is morgenochtend bij het hek van de school.", to="ouders in Molenwijk", owner="wijkregisseur", due=NOW + timedelta(hours=11)),
    ),
    over=(
        _line(30, "commitment", "We bellen vandaag terug.", to="de sportclubs", owner="netwerkbeheerder", outcome="not-kept", reason="Er was niemand vrij; we bellen morgen om 9 uur.", ended_at=NOW - timedelta(minutes=20)),
    ),
)  # fmt: skip
MEASURES = matters.MattersPage(
    calamity="c-1",
    title=TITLE,
    kind="measure",
    open=(
        _line(41, "measure", "Agenten te voet bij de scholen.", actual_risk="Gelijk gebleven, zegt de politie.", felt_risk="Hoog: ouders houden kinderen thuis.", owner="adviseur openbare orde", ends_at=NOW + timedelta(hours=40)),
    ),
)  # fmt: skip
NO_DECISIONS = matters.MattersPage(calamity="c-1", title=TITLE, kind="decision", closed=True)
FACT = matters.MatterPage(
    calamity="c-1",
    title=TITLE,
    kind="fact",
    line=_line(12, "fact", "In onze gemeente is niets gebeurd.", version=18, versions=2),
    versions=(
        matters.VersionLine(18, NOW - timedelta(minutes=10), "coördinator", "In onze gemeente is niets gebeurd.", "Wat zeker is. Nieuwe woorden voor regel 12. Waarom: de politie heeft het nagekeken."),
        matters.VersionLine(12, NOW - timedelta(minutes=40), "coördinator", "Voor zover we weten is hier niets gebeurd.", "Wat zeker is."),
    ),
    outcomes=("withdrawn",),
    received=38,
    corrects=True,
    form=Form(values={"text": "In onze gemeente is niets gebeurd.", "part": "we_know"}),
)  # fmt: skip
PROMISE = matters.MatterPage(
    calamity="c-1",
    title=TITLE,
    kind="commitment",
    line=PROMISES.open[0],
    versions=(matters.VersionLine(31, NOW, "coördinator", PROMISES.open[0].text, "Toegezegd. Aan: ouders in Molenwijk."),),
    outcomes=("kept", "not-kept"),
    form=Form(values={"text": PROMISES.open[0].text, "to": "ouders in Molenwijk"}, errors={"outcome": "Vul dit in."}),
)  # fmt: skip
WITHDRAWN = matters.MatterPage(
    calamity="c-1",
    title=TITLE,
    kind="fact",
    line=FACTS.over[0],
    versions=(matters.VersionLine(9, NOW, "coördinator", FACTS.over[0].text, "Wat zeker is."),),
    outcomes=("withdrawn",),
    received=6,
    corrected=True,
)
CORRECTION = matters.TellingPage(
    calamity="c-1",
    title=TITLE,
    kind="correction",
    fields=(("corrects", "12"),),
    people=37,
    held=(("stopped", 1),),
    words=(
        matters.Spoken("nl", 31, 2, "Verbetering. Eerder schreven we: De sporthal is dicht. Dat klopt niet meer. Nu weten we: De sporthal is open. Vragen? Bel 14 0999. Samira Bos"),
        matters.Spoken("en", 6, 2, "Correction. We wrote before: De sporthal is dicht. That is no longer so. What we know now: De sporthal is open. Questions? Call 14 0999. Samira Bos"),
    ),
    must_look=True,
    form=Form(values={"nl": "Verbetering. Eerder schreven we: De sporthal is dicht. Dat klopt niet meer. {phone} {sender}"}),
)  # fmt: skip
SEND_FACT = matters.TellingPage(
    calamity="c-1",
    title=TITLE,
    kind="fact",
    fields=(("fact", "12"),),
    audiences=(("key-figures", "Alle sleutelfiguren"), ("professionals", "Alle professionals")),
    form=Form(values={"nl": "In onze gemeente is niets gebeurd. Vragen? Bel {phone}. {sender}"}, errors={"nl": "Je verstuurde precies deze woorden net al."}),
)  # fmt: skip
HANDOVER = handover.HandoverPage(
    calamity="c-1",
    title=TITLE,
    handovers=(
        handover.HandoverLine(61, "teamleider", "Wat er gebeurde:\n- 20.10 Sociaal niveau van 1 naar 2. Inwoners hebben familie in de getroffen stad.\n- 20.31 Besloten. Extra toezicht rond de scholen.\n\nWat te laat is:\n- niets\n\nWat je verder moet weten:\n- De burgemeester belt om 23.00 uur.", NOW - timedelta(minutes=5), "Bram Visser", waits=True),
        handover.HandoverLine(40, "teamleider", "Alles loopt.", NOW - timedelta(hours=8), "Eva Smit", "Bram Visser", NOW - timedelta(hours=8) + timedelta(minutes=6)),
    ),
    roles=(("LEI", "teamleider"), ("COM", "communicatieadviseur")),
    form=Form(values={"text": "Wat er gebeurde:\n- niets\n\nWat te laat is:\n- niets"}),
)  # fmt: skip
DUTIES = (
    duties.DutyLine(30, "commitment", "We bellen vandaag terug.", f"{HERE}/commitment/30", "netwerkbeheerder", NOW - timedelta(minutes=24), to="de sportclubs", late=True),
    duties.DutyLine(41, "measure", "Agenten te voet bij de scholen.", f"{HERE}/measure/41", "adviseur openbare orde", NOW + timedelta(hours=9)),
    duties.DutyLine(61, "handover", "teamleider", "/calamities/c-1/handovers", "", NOW + timedelta(minutes=10), soon=True),
)  # fmt: skip
CLOSING = duties.Closing(
    stop=(
        ("calm", "Drie dagen rustig in alle wijken"),
        ("kept", "Alle toezeggingen zijn nagekomen"),
    ),
    thanks=(
        duties.Thanks("t8", "Bedank het snelteam", True),
        duties.Thanks("t9", "Laatste bericht aan sleutelfiguren", False),
    ),
    loop_back="waits",
)
MATTER_PAGES: dict[str, tuple[str, object, dict[str, object]]] = {
    "facts-card": ("matters", FACTS, {}),
    "rumours": ("matters", RUMOURS, {}),
    "promises": ("matters", PROMISES, {}),
    "measures": ("matters", MEASURES, {}),
    "decisions-none": ("matters", NO_DECISIONS, {}),
    "fact": ("matter", FACT, {}),
    "promise": ("matter", PROMISE, {}),
    "fact-withdrawn": ("matter", WITHDRAWN, {}),
    "correction": ("telling", CORRECTION, {}),
    "send-fact": ("telling", SEND_FACT, {}),
    "handover": ("handover", HANDOVER, {}),
    "handover-none": ("handover", handover.HandoverPage(calamity="c-1", title=TITLE), {}),
}
