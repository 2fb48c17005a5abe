"""One sentence per happening, in both languages."""

import typing
from datetime import UTC, datetime
from types import UnionType
from zoneinfo import ZoneInfo

import msgspec
import pytest

from calamity.domain import timeline as line
from calamity.domain.channels import Channel
from calamity.domain.picture import Cell, Picture
from calamity.web.language import languages
from calamity.web.sentences import own_words, sentence

LANGUAGES = languages(ZoneInfo("Europe/Amsterdam"))
AT = datetime(2026, 11, 21, 20, 4, tzinfo=UTC)
NAMES = {"LEI": "teamleider", "acute": "Acuut", "KF": "sleutelfiguren"}
CELL = Cell(
    places=("a", "b"), asked=9, answered=6, mood=3, spread="mixed", status="merged", behind=4
)
PICTURE = Picture(groups=(CELL,), white_spots=(), asked=9, answered=6, k=3)

SAMPLES: list[line.Happening] = [
    line.CalamityOpened(title="Brand"),
    line.CalamityOpened(title="Brand", exercise=True),
    line.PlaybookActivated(
        activation_id="a",
        slug="s",
        version=3,
        sha256="0" * 64,
        title_nl="Elders",
        title_en="Elsewhere",
    ),
    line.LevelSet(kind="social", value=2, previous=1, reason="Familie daar."),
    line.LevelSet(kind="social", value=2, previous=None, reason="Onrust.", proposed=1),
    line.LevelSet(kind="threat", value=4, previous=None, reason="NCTV."),
    line.PhaseSet(phase="acute", reason="Begonnen."),
    line.CallOutStarted(call_out_id="o", roles=["LEI"], quota=5),
    line.CallOutReminded(role="LEI"),
    line.OtherWayTried(role="LEI", way=Channel.VOICE),
    line.OtherWayTried(role="LEI", way=Channel.EMAIL),
    line.DeputyCalled(role="LEI", reason="Geen antwoord."),
    line.Acknowledged(
        role="LEI", answer="late", by_deputy=False, coming=1, quota=5, way=Channel.VOICE
    ),
    line.Acknowledged(role="LEI", answer="coming", by_deputy=True, coming=3, quota=5),
    line.Acknowledged(
        role="LEI", answer="cannot", by_deputy=False, coming=2, quota=5, previous="coming"
    ),
    line.ReportReleased(number=2, sha256="0" * 64),
    line.Attached(title="Brief", kind="pdf", size=240_000, sha256="0" * 64, reason="Voor ouders"),
    line.CallOutFilled(coming=5, quota=5, cancelled=2),
    line.DeputyCalled(role="LEI", reason="nobody-left"),
    line.CallOutEnded(coming=4, quota=5),
    line.CallOutEnded(coming=4, quota=5, roles=["LEI", "COM"]),
    line.DispatchQueued(
        dispatch_id="d",
        audience="KF",
        kind="give",
        message_code="K1",
        texts={"nl": "x"},
        recipients=40,
        held_back={"stopped": 2},
    ),
    line.DispatchFinished(dispatch_id="d", accepted=38, failed=1, in_doubt=1, cancelled=0),
    line.HeldDecided(message_id="m", purpose="action", again=True),
    line.HeldDecided(message_id="m", purpose="ask", again=False, channel=Channel.EMAIL),
    line.CodesLocked(wrong=5, until=AT),
    line.RouteOpened(route="twilio", code=20003, instead="smpp"),
    line.RouteOpened(route="smpp"),
    line.RouteClosed(route="twilio", moved=12),
    line.AlarmsCopied(route="twilio", instead="smpp", texts=1, seconds=45),
    line.AlarmsCopied(route="twilio", instead="smpp", texts=9, seconds=45),
    line.RoundOpened(round_id="r", number=2, audiences=["KF"], asked=34, closes_at=AT),
    line.RoundClosed(round_id="r", number=2, asked=34, answered=20),
    line.RoundClosed(round_id="r", number=2, asked=4),
    line.PicturePublished(round_id="r", audience="team", picture=PICTURE),
    line.TaskStarted(step="S1", title_nl="Bellen", title_en="Phone"),
    line.TaskDone(step="S1", title_nl="Bellen", title_en="Phone", note="Gebeld."),
    line.TaskSkipped(step="S1", title_nl="Bellen", title_en="Phone", reason="Niet nodig."),
    line.TaskDone(step="S1", title_nl="Bellen", title_en="Phone", occurrence=2),
    line.TaskMissed(step="S1", title_nl="Bellen", title_en="Phone", times=3),
    line.TaskHanded(
        task_id="t",
        step="S1",
        title_nl="Bellen",
        title_en="Phone",
        from_role="LEI",
        to_role="COM",
        reason="Te druk.",
        occurrence=2,
    ),
    line.Statement(kind="rumour", text="Er rijdt een busje.", spread="several", harm="clear"),
    line.Statement(
        kind="rumour",
        text="Er rijdt een busje.",
        spread="everywhere",
        harm="grave",
        status="untrue",
        answer="Er is geen busje.",
        told="scholen",
        replaces=4,
        why="Nagezocht",
    ),
    line.Statement(kind="fact", text="Wie het deed.", part="we_do_not_know"),
    line.MatterEnded(kind="fact", refers_to=4, outcome="withdrawn", reason="Het klopt niet."),
    line.Statement(
        kind="measure",
        text="Agenten bij de kerk.",
        actual_risk="gelijk",
        felt_risk="hoger",
        ends_at=AT,
    ),
    line.Statement(kind="commitment", text="We komen langs.", to="Wijk 1", owner="LEI", due_at=AT),
    line.SummaryWritten(sentences=["Een.", "Twee."]),
    line.NextUpdateSet(at=AT),
    line.UpdateRequested(words="Zijn de scholen open?", by="u-1"),
    line.UpdateAnswered(refers_to=4, text="Ja."),
    line.HandedOver(role="LEI", text="Alles loopt."),
    line.TakenOver(role="LEI", refers_to=4, by="u-1"),
    line.Corrected(refers_to=4, text="Twee klassen."),
    line.Erased(refers_to=4, ground="Verzoek."),
    line.Sealed(head_seq=9, head_hash="0" * 64, signature="x", public_key="y"),
    line.NeedConfirmed(reason="Nog onrust.", review_at=AT),
    line.CalamityClosed(reason="Rust."),
    line.CalamityClosed(reason="Loos alarm.", stood_down=True),
    line.WatchBegun(reason="Nog onzeker."),
    line.WatchEnded(reason="Het is zeker.", since=AT, steps=4),
    line.CalamityClosed(
        reason="Rust.",
        stop=[
            line.StopMark(code="a", text_nl="Rust", text_en="Calm", is_met=True),
            line.StopMark(code="b", text_nl="Uitleg", text_en="Told", is_met=False),
        ],
        deviation="Uitleg volgt.",
    ),
    line.CalamityClosed(
        reason="Rust.", stop=[line.StopMark(code="a", text_nl="Rust", text_en="Calm", is_met=True)]
    ),
    line.PlaybookActivated(
        activation_id="a",
        slug="s",
        version=3,
        sha256="0" * 64,
        title_nl="Elders",
        title_en="Elsewhere",
        past_date=True,
        retired=True,
    ),
]


def test_every_happening_has_a_sample() -> None:
    union = line.Happening
    assert isinstance(union, UnionType)
    assert {type(happening) for happening in SAMPLES} == set(typing.get_args(union))


@pytest.mark.parametrize("happening", SAMPLES, ids=lambda it: type(it).__name__)
def test_every_happening_is_one_sentence_in_each_language(happening: line.Happening) -> None:
    said = {code: sentence(happening, language, NAMES) for code, language in LANGUAGES.items()}
    for words in said.values():
        assert words.strip()
        assert words.endswith((".", "uur."))
        assert "%(" not in words
    if not isinstance(happening, line.LevelSet) or happening.kind != "grip":
        assert said["nl"] != said["en"]


def test_names_stand_for_codes_and_codes_stand_alone() -> None:
    started = next(each for each in SAMPLES if isinstance(each, line.CallOutStarted))
    assert sentence(started, LANGUAGES["nl"], NAMES) == "Team opgeroepen: teamleider. Nodig: 5."
    assert sentence(started, LANGUAGES["en"]) == "Team called: LEI. Needed: 5."


def test_a_task_says_from_which_role_to_which_it_went() -> None:
    handed = next(each for each in SAMPLES if isinstance(each, line.TaskHanded))
    assert sentence(handed, LANGUAGES["nl"], NAMES) == (
        'Taak S1 "Bellen (keer 2)" overgedragen van teamleider aan COM.'
    )
    assert own_words(handed, LANGUAGES["nl"]) == "Te druk."


def test_own_words_are_kept_as_they_are() -> None:
    english = LANGUAGES["en"]
    assert own_words(line.CalamityClosed(reason="Rust %s."), english) == "Rust %s."
    summary = line.SummaryWritten(sentences=["Een.", "Twee."])
    assert own_words(summary, english) == "Een.\nTwee."
    assert own_words(line.CallOutReminded(role="LEI"), english) is None
    level = line.LevelSet(kind="social", value=2, previous=0, reason="Onrust.")
    assert own_words(level, english) == "Onrust."
    of_the_playbook = msgspec.structs.replace(level, reason_en="Unrest.")
    assert own_words(of_the_playbook, english) == "Unrest."
    assert own_words(of_the_playbook, LANGUAGES["nl"]) == "Onrust."
    proposed = msgspec.structs.replace(of_the_playbook, proposed=2)
    assert sentence(proposed, english) == sentence(level, english), "said once"
    asked = line.Statement(kind="decision", text="Vlag? Ja. Rouw.", text_en="Flag? Yes. Rouw.")
    assert own_words(asked, english) == "Flag? Yes. Rouw."
    assert own_words(asked, LANGUAGES["nl"]) == "Vlag? Ja. Rouw."
    percent = msgspec.structs.replace(SAMPLES[0], title="100 %")
    assert "100 %" in sentence(percent, LANGUAGES["nl"])
