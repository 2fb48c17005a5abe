"""One sentence per happening, in the reader's language: for page, stream and CSV alike."""

from collections.abc import Callable, Mapping
from typing import Any

from calamity.domain import timeline as line
from calamity.domain.channels import Channel
from calamity.web import task_sentences
from calamity.web.language import Language
from calamity.web.matter_sentences import matter_ended, statement
from calamity.web.route_words import route_name, why_open

Names = Mapping[str, str]
_KILO = 1000


def sentence(happening: line.Happening, language: Language, names: Names | None = None) -> str:
    """Say what happened. *names* holds the titles of roles, phases and audiences, by code."""
    return _SENTENCES[type(happening)](happening, language, names or {})


def own_words(happening: line.Happening, language: Language) -> str | None:
    """Return what a person wrote with it, in that person's language; the playbook's own in ours."""
    if isinstance(happening, line.CalamityClosed) and happening.deviation:
        return f"{happening.reason}\n{happening.deviation}"
    ours = ("reason_en", "text_en") if language.code == "en" else ()
    for name in (*ours, "reason", "note", "text", "ground", "words"):
        words = getattr(happening, name, None)
        if words:
            return str(words)
    if isinstance(happening, line.SummaryWritten):
        return "\n".join(happening.sentences)
    return None


def _named(codes: list[str], names: Names) -> str:
    return ", ".join(names.get(code, code) for code in codes)


def _calamity_opened(it: line.CalamityOpened, say: Language, names: Names) -> str:
    if it.exercise:
        return say.text("Exercise opened: %(title)s.", title=it.title)
    return say.text("Calamity opened: %(title)s.", title=it.title)


def _activated(it: line.PlaybookActivated, say: Language, names: Names) -> str:
    title = it.title_en if say.code == "en" else it.title_nl
    said = [
        say.text(
            "Playbook %(title)s, version %(version)s, activated.", title=title, version=it.version
        )
    ]
    if it.past_date:
        said.append(say.text("This version was past its date."))
    if it.retired:
        said.append(say.text("This version had been retired; it was chosen all the same."))
    return " ".join(said)


def _watch_begun(it: line.WatchBegun, say: Language, names: Names) -> str:
    return say.text("Only watching for now: the rapid team alone. Nobody else hears from us yet.")


def _watch_ended(it: line.WatchEnded, say: Language, names: Names) -> str:
    over = say.text(
        "The whole playbook starts; the watch that began %(moment)s is over.",
        moment=say.moment(it.since),
    )
    held = say.plural(
        "%(num)s step that waited counts from this moment.",
        "%(num)s steps that waited count from this moment.",
        it.steps,
    )
    return f"{over} {held}"


def _level_set(it: line.LevelSet, say: Language, names: Names) -> str:
    kind = {
        "social": say.text("Social level"),
        "grip": "GRIP",
        "threat": say.text("Threat level"),
    }[it.kind]
    if it.previous is None:
        words = say.text("%(kind)s set to %(value)s.", kind=kind, value=it.value)
    else:
        words = say.text(
            "%(kind)s from %(previous)s to %(value)s.",
            kind=kind, previous=it.previous, value=it.value,
        )  # fmt: skip
    if it.proposed is None or it.reason_en:
        return words  # the reason of the playbook begins with what it proposes
    proposed = say.text("The playbook proposed %(level)s.", level=it.proposed)
    return f"{words} {proposed}"


def _phase_set(it: line.PhaseSet, say: Language, names: Names) -> str:
    return say.text("Phase: %(phase)s.", phase=names.get(it.phase, it.phase))


def _call_out_started(it: line.CallOutStarted, say: Language, names: Names) -> str:
    return say.text(
        "Team called: %(roles)s. Needed: %(quota)s.", roles=_named(it.roles, names), quota=it.quota
    )


def _reminded(it: line.CallOutReminded, say: Language, names: Names) -> str:
    return say.text("Reminder to: %(role)s.", role=names.get(it.role, it.role))


def _other_way(it: line.OtherWayTried, say: Language, names: Names) -> str:
    role = names.get(it.role, it.role)
    if it.way is Channel.EMAIL:
        return say.text("E-mailed: %(role)s.", role=role)
    return say.text("Phoned: %(role)s.", role=role)


def _deputy_called(it: line.DeputyCalled, say: Language, names: Names) -> str:
    if it.reason == "nobody-left":
        return say.text("No deputy is left for: %(role)s.", role=names.get(it.role, it.role))
    return say.text("Deputy called for: %(role)s.", role=names.get(it.role, it.role))


def _acknowledged(it: line.Acknowledged, say: Language, names: Names) -> str:
    role = names.get(it.role, it.role)
    who = say.text("%(role)s (deputy)", role=role) if it.by_deputy else role
    words = {
        "coming": say.text("is coming"),
        "cannot": say.text("cannot come"),
        "late": say.text("comes later"),
        "unreachable": say.text("cannot be reached"),
    }
    said = say.text(
        "%(who)s %(answer)s. %(coming)s of %(quota)s needed.",
        who=who, answer=words[it.answer], coming=it.coming, quota=it.quota,
    )  # fmt: skip
    if it.way is not None:
        way = say.text("By e-mail.") if it.way is Channel.EMAIL else say.text("By phone.")
        said = f"{said} {way}"
    if it.previous is None:
        return said
    before = say.text("First answer: %(answer)s.", answer=words[it.previous])
    return f"{said} {before}"


def _filled(it: line.CallOutFilled, say: Language, names: Names) -> str:
    return say.text(
        "Enough people: %(coming)s of %(quota)s. The rest is thanked.",
        coming=it.coming, quota=it.quota,
    )  # fmt: skip


def _call_out_ended(it: line.CallOutEnded, say: Language, names: Names) -> str:
    words = say.text(
        "Nobody is left to call: %(coming)s of %(quota)s come. Find the others by hand.",
        coming=it.coming, quota=it.quota,
    )  # fmt: skip
    if not it.roles:
        return words
    roles = ", ".join(names.get(role, role) for role in it.roles)
    return f"{words} {say.text('Nobody for: %(roles)s', roles=roles)}."


def _queued(it: line.DispatchQueued, say: Language, names: Names) -> str:
    held = sum(it.held_back.values())
    audience = names.get(it.audience, it.audience)
    words = say.plural(
        "%(audience)s: %(num)s message planned.",
        "%(audience)s: %(num)s messages planned.",
        it.recipients,
        audience=audience,
    )
    if held == 0:
        return words
    kept = say.plural("%(num)s person gets nothing.", "%(num)s people get nothing.", held)
    return f"{words} {kept}"


def _finished(it: line.DispatchFinished, say: Language, names: Names) -> str:
    words = say.plural("%(num)s message sent", "%(num)s messages sent", it.accepted)
    rest = [
        words
        for n, words in (
            (it.failed, say.text("%(n)s not delivered", n=it.failed)),
            (it.in_doubt, say.text("%(n)s in doubt", n=it.in_doubt)),
            (it.cancelled, say.text("%(n)s cancelled", n=it.cancelled)),
        )
        if n
    ]
    return ", ".join([words, *rest]) + "."


def _held_decided(it: line.HeldDecided, say: Language, names: Names) -> str:
    what = {
        Channel.SMS: say.text("One text"),
        Channel.VOICE: say.text("One call"),
        Channel.EMAIL: say.text("One e-mail"),
    }[it.channel]
    if it.again:
        return say.text(
            "%(what)s may not have left. It leaves again, marked as repeated.", what=what
        )
    return say.text("%(what)s may not have left. It is not sent again.", what=what)


def _codes_locked(it: line.CodesLocked, say: Language, names: Names) -> str:
    return say.text(
        "One number sent %(wrong)s wrong codes. Codes from it do not count until %(time)s.",
        wrong=it.wrong, time=say.moment(it.until),
    )  # fmt: skip


def _route_opened(it: line.RouteOpened, say: Language, names: Names) -> str:
    route, why = route_name(it.route, say), why_open(it.code, say)
    if it.instead is None:
        return say.text(
            "Texts do not get through by %(route)s. %(why)s They are tried again by themselves.",
            route=route, why=why,
        )  # fmt: skip
    return say.text(
        "Texts do not get through by %(route)s. %(why)s They leave by %(instead)s now.",
        route=route, why=why, instead=route_name(it.instead, say),
    )  # fmt: skip


def _alarms_copied(it: line.AlarmsCopied, say: Language, names: Names) -> str:
    return say.plural(
        "Nothing was heard of %(num)s alarm by %(route)s for %(seconds)s seconds. A copy leaves by "
        "%(instead)s.",
        "Nothing was heard of %(num)s alarms by %(route)s for %(seconds)s seconds. A copy of each "
        "leaves by %(instead)s.",
        it.texts, route=route_name(it.route, say), instead=route_name(it.instead, say),
        seconds=it.seconds,
    )  # fmt: skip


def _route_closed(it: line.RouteClosed, say: Language, names: Names) -> str:
    words = say.text("Texts get through by %(route)s again.", route=route_name(it.route, say))
    if it.moved == 0:
        return words
    moved = say.plural(
        "%(num)s text left another way.", "%(num)s texts left another way.", it.moved
    )
    return f"{words} {moved}"


def _round_opened(it: line.RoundOpened, say: Language, names: Names) -> str:
    return say.text(
        "Round %(number)s opened: %(asked)s people asked, until %(time)s.",
        number=it.number, asked=it.asked, time=say.moment(it.closes_at),
    )  # fmt: skip


def _round_closed(it: line.RoundClosed, say: Language, names: Names) -> str:
    if it.answered is None:
        return say.text(
            "Round %(number)s closed: %(asked)s people asked.", number=it.number, asked=it.asked
        )
    return say.text(
        "Round %(number)s closed: %(answered)s of %(asked)s people answered.",
        number=it.number, answered=it.answered, asked=it.asked,
    )  # fmt: skip


def _picture(it: line.PicturePublished, say: Language, names: Names) -> str:
    shown = sum(len(cell.places) for cell in it.picture.groups if cell.mood is not None)
    return say.plural(
        "Picture made: %(num)s neighbourhood shown.",
        "Picture made: %(num)s neighbourhoods shown.",
        shown,
    )


def _summary(it: line.SummaryWritten, say: Language, names: Names) -> str:
    return say.text("Summary for officials written.")


def _attached(it: line.Attached, say: Language, names: Names) -> str:
    return say.text(
        "File added: %(title)s (%(file)s).", title=it.title, file=file_in_words(it, say)
    )


def file_in_words(it: line.Attached, say: Language) -> str:
    """Say what a file is and how large: PDF, 240 kB."""
    size = max(1, round(it.size / _KILO))
    if size >= _KILO:
        return f"{it.kind.upper()}, {say.number(round(size / _KILO, 1))} MB"
    return f"{it.kind.upper()}, {size} kB"


def _report_released(it: line.ReportReleased, say: Language, names: Names) -> str:
    return say.text("Situation report %(number)s released.", number=it.number)


def _next_update(it: line.NextUpdateSet, say: Language, names: Names) -> str:
    return say.text("Next update promised for %(moment)s.", moment=say.moment(it.at))


def _update_requested(it: line.UpdateRequested, say: Language, names: Names) -> str:
    return say.text("An official asked for an update.")


def _update_answered(it: line.UpdateAnswered, say: Language, names: Names) -> str:
    return say.text("The question of line %(n)s is answered.", n=it.refers_to)


def _handed_over(it: line.HandedOver, say: Language, names: Names) -> str:
    return say.text("Handed over: %(role)s.", role=names.get(it.role, it.role))


def _taken_over(it: line.TakenOver, say: Language, names: Names) -> str:
    return say.text("Taken over: %(role)s.", role=names.get(it.role, it.role))


def _corrected(it: line.Corrected, say: Language, names: Names) -> str:
    return say.text("Correction of line %(n)s.", n=it.refers_to)


def _erased(it: line.Erased, say: Language, names: Names) -> str:
    return say.text("Text of line %(n)s erased.", n=it.refers_to)


def _sealed(it: line.Sealed, say: Language, names: Names) -> str:
    return say.text("Chain signed up to line %(n)s.", n=it.head_seq)


def _closed(it: line.CalamityClosed, say: Language, names: Names) -> str:
    if it.stood_down:
        return say.text(
            "The team stood down and the calamity is closed. Nobody outside the team had heard "
            "from us."
        )
    closed = say.text("Calamity closed.")
    missing = [
        mark.text_en if say.code == "en" else mark.text_nl for mark in it.stop if not mark.is_met
    ]
    if missing:
        unmet = say.text("Not met: %(conditions)s.", conditions="; ".join(missing))
        return f"{closed} {unmet}"
    if not it.stop:
        return closed
    met = say.text("All stop conditions are met.")
    return f"{closed} {met}"


def _still_needed(it: line.NeedConfirmed, say: Language, names: Names) -> str:
    return say.text(
        "Decided that all this is still needed. Next review: %(moment)s.",
        moment=say.moment(it.review_at),
    )


def N_(text: str) -> str:  # noqa: N802 - the name by which the extraction finds sentences
    """Mark a sentence for translation where it is not yet spoken."""
    return text


_SENTENCES: dict[type, Callable[[Any, Language, Names], str]] = {
    line.CalamityOpened: _calamity_opened,
    line.PlaybookActivated: _activated,
    line.WatchBegun: _watch_begun,
    line.WatchEnded: _watch_ended,
    line.LevelSet: _level_set,
    line.PhaseSet: _phase_set,
    line.CallOutStarted: _call_out_started,
    line.CallOutReminded: _reminded,
    line.OtherWayTried: _other_way,
    line.DeputyCalled: _deputy_called,
    line.Acknowledged: _acknowledged,
    line.CallOutFilled: _filled,
    line.CallOutEnded: _call_out_ended,
    line.DispatchQueued: _queued,
    line.DispatchFinished: _finished,
    line.HeldDecided: _held_decided,
    line.CodesLocked: _codes_locked,
    line.RouteOpened: _route_opened,
    line.RouteClosed: _route_closed,
    line.AlarmsCopied: _alarms_copied,
    line.RoundOpened: _round_opened,
    line.RoundClosed: _round_closed,
    line.PicturePublished: _picture,
    line.TaskStarted: task_sentences.started,
    line.TaskDone: task_sentences.done,
    line.TaskSkipped: task_sentences.skipped,
    line.TaskMissed: task_sentences.missed,
    line.TaskHanded: task_sentences.handed,
    line.Statement: statement,
    line.MatterEnded: matter_ended,
    line.SummaryWritten: _summary,
    line.Attached: _attached,
    line.ReportReleased: _report_released,
    line.NextUpdateSet: _next_update,
    line.UpdateRequested: _update_requested,
    line.UpdateAnswered: _update_answered,
    line.HandedOver: _handed_over,
    line.TakenOver: _taken_over,
    line.Corrected: _corrected,
    line.Erased: _erased,
    line.Sealed: _sealed,
    line.NeedConfirmed: _still_needed,
    line.CalamityClosed: _closed,
}
