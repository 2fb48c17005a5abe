"""Rules for the plan: codes that meet, times in order, acts that can run."""

from collections.abc import Iterable
from pathlib import PurePath

from calamity.domain.playbook import (
    Act,
    CallOut,
    Decision,
    Dispatch,
    Group,
    MessageKind,
    Round,
    Step,
)
from calamity.domain.playbook_check.draft import Draft, moment
from calamity.domain.playbook_check.faults import Path, shown
from calamity.domain.playbook_check.source import closest

_NAMES = {
    "roles": ("role", "rol"),
    "phases": ("phase", "fase"),
    "audiences": ("audience", "doelgroep"),
    "messages": ("message", "bericht"),
    "steps": ("step", "stap"),
}
_MIN_ROUND_SECONDS = 30 * 60
_MAX_ROUND_SECONDS = 48 * 3600
_ASKED = frozenset({Group.KEY_FIGURES, Group.PROFESSIONALS})
_OWN_PEOPLE = frozenset({Group.RAPID_TEAM, Group.CONTACT_PERSONS})


def check_plan(draft: Draft) -> None:
    """Report everything that is wrong with the plan, its texts aside."""
    _check_filename(draft)
    for collection in _NAMES:
        _check_codes(draft, collection)
    _check_phases(draft)
    for index, step in enumerate(draft.playbook.steps):
        _check_step(draft, step, ("steps", index))
    _check_kinds(draft)
    if not draft.findings.is_broken_within(("steps",)):
        _check_unused(draft)


def _check_filename(draft: Draft) -> None:
    path = PurePath(draft.findings.filename.replace("\\", "/"))
    playbook, folder = draft.playbook, path.parent.name
    if folder and folder not in {".", ".."} and folder != playbook.slug:
        draft.findings.add("slug-path", ("slug",), slug=shown(playbook.slug), folder=shown(folder))
    is_versioned = path.suffix == ".yaml" and path.stem[:1] == "v" and path.stem[1:].isdigit()
    if is_versioned and path.stem != f"v{playbook.version}":
        name, version = shown(path.name), playbook.version
        draft.findings.add("version-path", ("version",), version=version, name=name)


def _codes(draft: Draft, collection: str) -> list[str]:
    return [part.code for part in getattr(draft.playbook, collection)]


def _check_codes(draft: Draft, collection: str) -> None:
    seen: set[str] = set()
    for index, code in enumerate(_codes(draft, collection)):
        if code in seen:
            path = (collection, index, "code")
            draft.findings.add("duplicate-code", path, code=shown(code), what=_NAMES[collection])
        seen.add(code)


def _check_known(draft: Draft, collection: str, code: str, path: Path) -> bool:
    known = list(dict.fromkeys(filter(None, _codes(draft, collection))))
    if code in known:
        return True
    if not draft.findings.is_broken((collection,)):
        draft.findings.add(
            "unknown-code",
            path,
            what=_NAMES[collection],
            code=shown(code),
            known=", ".join(known),
            hint=closest(code, known),
        )
    return False


def _check_phases(draft: Draft) -> None:
    latest = 0
    for index, phase in enumerate(draft.playbook.phases):
        starts = moment(phase.starts)
        if starts < latest:
            draft.findings.add("phases-order", ("phases", index, "starts"))
        latest = max(latest, starts)


def _check_step(draft: Draft, step: Step, path: Path) -> None:
    _check_known(draft, "roles", step.role, (*path, "role"))
    if _check_known(draft, "phases", step.phase, (*path, "phase")):
        _check_phase_of(draft, step, path)
    if moment(step.due) < moment(step.start) and not draft.findings.is_broken((*path, "start")):
        due = (*path, "due")
        draft.findings.add("due-before-start", due, due=step.due, start=step.start)
    act_path = (*path, "act")
    match step.act:
        case CallOut():
            _check_call_out(draft, step.act, act_path)
        case Dispatch():
            _check_known(draft, "audiences", step.act.audience, (*act_path, "audience"))
            _check_known(draft, "messages", step.act.message, (*act_path, "message"))
        case Round():
            _check_round(draft, step.act, act_path)
    if step.automatic and not draft.findings.is_broken_within(act_path):
        _check_automatic(draft, step, (*path, "automatic"))


def _check_phase_of(draft: Draft, step: Step, path: Path) -> None:
    starts = next(phase.starts for phase in draft.playbook.phases if phase.code == step.phase)
    if moment(step.due) < moment(starts):
        draft.findings.add(
            "step-before-phase", (*path, "due"), due=step.due, phase=step.phase, start=starts
        )


def _check_call_out(draft: Draft, act: CallOut, path: Path) -> None:
    seen: set[str] = set()
    for index, role in enumerate(act.roles):
        _check_known(draft, "roles", role, (*path, "roles", index))
        if role in seen:
            at = (*path, "roles", index)
            draft.findings.add("duplicate-code", at, code=shown(role), what=_NAMES["roles"])
        seen.add(role)
    for name in ("message", "reminder", "deputy", "enough"):
        _check_known(draft, "messages", getattr(act, name), (*path, name))
    if act.quota > len(seen) and not draft.findings.is_broken((*path, "roles")):
        draft.findings.add("quota", (*path, "quota"), quota=act.quota, count=len(seen))
    reminder, deputy = act.reminder_after, act.deputy_after
    if moment(reminder) >= moment(deputy) and not draft.findings.is_broken((*path, "deputy_after")):
        at = (*path, "reminder_after")
        draft.findings.add("call-out-order", at, reminder=reminder, deputy=deputy)


def _check_round(draft: Draft, act: Round, path: Path) -> None:
    _check_known(draft, "messages", act.message, (*path, "message"))
    if act.form is not None:
        _check_known(draft, "messages", act.form, (*path, "form"))
    groups = set()
    for index, audience in enumerate(act.audiences):
        at = (*path, "audiences", index)
        _check_known(draft, "audiences", audience, at)
        group = draft.group(audience)
        groups.add(group)
        if group is not None and group not in _ASKED:
            draft.findings.add("round-audience", at, code=shown(audience), group=group.value)
    _check_form(draft, act, groups, path)
    closes = moment(act.closes_after)
    if not _MIN_ROUND_SECONDS <= closes <= _MAX_ROUND_SECONDS:
        draft.findings.add("round-window", (*path, "closes_after"), closes=act.closes_after)
    for name in ("message", "form"):
        message = draft.message(getattr(act, name) or "")
        if message is not None and moment(message.valid_for) > closes:
            draft.findings.add(
                "ask-outlives-round",
                (*path, name),
                code=message.code,
                valid=message.valid_for,
                closes=act.closes_after,
            )


def _check_form(draft: Draft, act: Round, groups: set[Group | None], path: Path) -> None:
    if Group.PROFESSIONALS in groups and act.form is None:
        draft.findings.add("form-missing", path)
    if act.form is not None and groups == {Group.KEY_FIGURES}:
        draft.findings.add("form-unused", (*path, "form"))


def _check_automatic(draft: Draft, step: Step, path: Path) -> None:
    if step.act is None:
        draft.findings.add("nothing-to-run", path)
        return
    own = [delivery for delivery in draft.deliveries if delivery.step is step]
    is_closing = isinstance(step.act, Dispatch) and any(
        draft.kind(delivery.message) is MessageKind.CLOSE for delivery in own
    )
    if isinstance(step.act, Decision) or is_closing:
        draft.findings.add("person-decides", path)
    elif any(delivery.group is Group.KEY_FIGURES for delivery in own):
        draft.findings.add("person-releases", path)


def _check_kinds(draft: Draft) -> None:
    for delivery in draft.deliveries:
        kind = draft.kind(delivery.message)
        allowed, place = _allowed(delivery.act, delivery.path, delivery.group)
        if kind is not None and kind not in allowed:
            draft.findings.add(
                "wrong-kind",
                delivery.path,
                code=delivery.message,
                kind=kind.value,
                place=place,
                allowed=", ".join(sorted(kind.value for kind in allowed)),
            )


def _allowed(
    act: CallOut | Dispatch | Round, path: Path, group: Group
) -> tuple[set[MessageKind], tuple[str, str]]:
    if isinstance(act, Round):
        return {MessageKind.ASK}, ("a round", "een ronde")
    if isinstance(act, CallOut):
        enough = {MessageKind.CLOSE} if path[-1] == "enough" else set()
        return {MessageKind.ACTION} | enough, ("a call-out", "een oproep")
    if group in _OWN_PEOPLE:
        return set(MessageKind), ("the own people", "het eigen team")
    return set(MessageKind) - {MessageKind.ACTION}, (group.value, group.value)


def _check_unused(draft: Draft) -> None:
    steps = draft.playbook.steps
    acts = [step.act for step in steps]
    named_by_acts = [act.audience for act in acts if isinstance(act, Dispatch)]
    for act in acts:
        named_by_acts += act.audiences if isinstance(act, Round) else []
    called = [role for act in acts if isinstance(act, CallOut) for role in act.roles]
    used: dict[str, set[str]] = {
        "roles": {step.role for step in steps}.union(called),
        "phases": {step.phase for step in steps},
        "audiences": set(named_by_acts),
        "messages": {code for act in acts for code in _messages_of(act)},
    }
    for collection, codes in used.items():
        for index, code in enumerate(_codes(draft, collection)):
            if code not in codes:
                path = (collection, index, "code")
                draft.findings.add("unused", path, what=_NAMES[collection], code=shown(code))


def _messages_of(act: Act | None) -> Iterable[str]:
    names = ("message", "form", "reminder", "deputy", "enough")
    return filter(None, (getattr(act, name, None) for name in names))
