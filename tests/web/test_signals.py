"""What needs a person now: the keys that each part of a page carries, and for whom."""

from msgspec.structs import replace

from calamity.domain.permissions import Permission
from calamity.web.urgent import KINDS, changes_in, urgent
from calamity.web.views import people, room
from calamity.web.views.duties import DutyLine
from calamity.web.views.frame import Viewer
from tests.web import samples

CALL_OUT = room.CallOutView("o-1", "Oproep", 3, 1, ())
ASKED = DutyLine(9, "request", "Hoe staat het?", "/", "bestuurder", samples.NOW)
HELD = room.HeldLine("m-1", "Lea Voorn", samples.NOW)
TASK = room.TaskLine("t-1", "Bel", "leider", samples.ago(minutes=5), "ready", late=True)
LATER = replace(TASK, id="t-2", due=samples.ahead(seconds=90), late=False)
LETTER = room.LetterLine("l-1", "Lea Voorn", samples.NOW, "Waar moet ik zijn?")
LINE = people.InboxLine("k-1", "Bram", "Wijk", "nl", "new", samples.NOW, "Mijn woorden")
FRAME = samples.frame(alarm="g-1")


def test_each_part_says_what_cannot_wait_by_keys_without_a_word_of_a_person() -> None:
    ended = replace(CALL_OUT, ended_at=samples.NOW)
    nobody = replace(CALL_OUT, id="o-2", roles_with_nobody=("voorlichter",))
    filled = replace(ended, coming=3, enough_at=samples.NOW)
    roster = room.Roster("c-1", (ended, nobody, filled, CALL_OUT))
    told = [
        *urgent(roster, FRAME),
        *urgent(room.Tasks("c-1", (TASK, LATER, ASKED, *samples.DUTIES)), FRAME),
        *urgent(room.Messages("c-1", held=(HELD,), paused_code=30, route_since=samples.NOW), FRAME),
        *urgent(room.Letters("c-1", (LETTER,)), FRAME),
        *urgent(samples.ROOM.summary, FRAME),
    ]
    assert told[:2] == ["short:o-1", "role:o-2-1"]
    kinds = [key.partition(":")[0] for key in told]
    assert set(kinds) == set(KINDS) - {"text", "stop"}
    assert kinds.count("late") == 1 + sum(
        duty.late and duty.kind not in ("handover", "request") for duty in samples.DUTIES
    )
    assert "late:t-1" in told
    assert len(set(told)) == len(told)
    assert not any(word in " ".join(told) for word in ("Lea", "Waar", "voorlichter"))


def test_only_who_can_act_hears_of_it() -> None:
    reader = replace(FRAME, viewer=Viewer("Wie", "teamlid", frozenset({Permission.SEE_ROOM})))
    for view in (room.Tasks("c-1", (TASK,)), room.Letters("c-1", (LETTER,)), samples.ROOM.summary):
        assert urgent(view, reader) == []
        assert urgent(view, FRAME) != []
    inbox = people.Inbox(None, (LINE, replace(LINE, key_figure="k-2", state="check-stop")))
    assert urgent(inbox, FRAME) == [], "a coordinator does not read the texts of key figures"
    contact = replace(FRAME, viewer=samples.CONTACT)
    assert [key.partition("-")[0] for key in urgent(inbox, contact)] == ["text:k", "stop:k"]


def test_what_is_over_needs_nobody() -> None:
    roster = room.Roster("c-1", (replace(CALL_OUT, ended_at=samples.NOW),), closed=True)
    assert urgent(roster, FRAME) == urgent(room.Tasks("c-1", (TASK,), closed=True), FRAME) == []


def test_a_list_is_asked_for_again_when_its_next_task_becomes_late() -> None:
    tasks = room.Tasks("c-1", (TASK, LATER))
    assert changes_in(tasks, samples.NOW) == 91
    assert changes_in(replace(tasks, open=(TASK,)), samples.NOW) is None
    assert changes_in(replace(tasks, closed=True), samples.NOW) is None
