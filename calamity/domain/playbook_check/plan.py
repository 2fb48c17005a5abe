"""Rules for the plan: codes that meet, times in order, acts that can run."""

from pathlib import PurePath

from calamity.domain.playbook import (
    FORMS,
    CallOut,
    Decision,
    Dispatch,
    Group,
    MessageKind,
    Role,
    Round,
    Step,
)
from calamity.domain.playbook_check.codes import check_codes, check_known, check_unused
from calamity.domain.playbook_check.draft import Draft, length
from calamity.domain.playbook_check.faults import Findings, Path, shown
from calamity.domain.playbook_check.names import NAMES

_MIN_ROUND_SECONDS = 30 * 60
_MAX_ROUND_SECONDS = 48 * 3600
_ASKED = frozenset({Group.KEY_FIGURES, Group.PROFESSIONALS})
_OWN_PEOPLE = frozenset({Group.RAPID_TEAM, Group.CONTACT_PERSONS})


def check_plan(draft: Draft) -> None:
    """Report everything that is wrong with the plan, its texts aside."""
    playbook = draft.playbook
    check_filename(draft.findings, ("slug", playbook.slug), playbook.version)
    check_codes(draft)
    _check_phases(draft)
    if playbook.quiet_hours.start == playbook.quiet_hours.end:
        draft.findings.add("no-quiet", ("quiet_hours", "end"), clock=playbook.quiet_hours.end)
    for index, role in enumerate(draft.playbook.roles):
        _check_exclusions(draft, role, ("roles", index, "not_with"))
    for index, step in enumerate(draft.playbook.steps):
        _check_step(draft, step, ("steps", index))
    _check_kinds(draft)
    if not draft.findings.is_broken_within(("steps",)):
        check_unused(draft)


def check_filename(findings: Findings, named: tuple[str, str], version: int) -> None:
    """Report a slug that is not the folder, or a version that is not the name of the file.

    *named* is the field that holds the slug, and the slug.
    """
    path = PurePath(findings.filename.replace("\\", "/"))
    (field, slug), folder = named, path.parent.name
    if folder and folder not in {".", ".."} and folder != slug:
        findings.add("slug-path", (field,), slug=shown(slug), folder=shown(folder))
    is_versioned = path.suffix == ".yaml" and path.stem[:1] == "v" and path.stem[1:].isdigit()
    if is_versioned and path.stem != f"v{version}":
        name = shown(path.name)
        findings.add("version-path", ("version",), version=version, name=name)


def _check_phases(draft: Draft) -> None:
    latest = 0
    for index, phase in enumerate(draft.playbook.phases):
        starts = length(phase.starts)
        if starts < latest:
            draft.findings.add("phases-order", ("phases", index, "starts"))
        latest = max(latest, starts)


def _check_step(draft: Draft, step: Step, path: Path) -> None:
    check_known(draft, "roles", step.role, (*path, "role"))
    if check_known(draft, "phases", step.phase, (*path, "phase")):
        _check_phase_of(draft, step, path)
    _check_due(draft, step, path)
    for index, card in enumerate(step.cards):
        check_known(draft, "cards", card, (*path, "cards", index))
    act_path = (*path, "act")
    match step.act:
        case CallOut():
            _check_call_out(draft, step.act, act_path)
        case Dispatch():
            check_known(draft, "audiences", step.act.audience, (*act_path, "audience"))
            check_known(draft, "messages", step.act.message, (*act_path, "message"))
        case Round():
            _check_round(draft, step.act, act_path)
    if step.automatic and not draft.findings.is_broken_within(act_path):
        _check_automatic(draft, step, (*path, "automatic"))


def _check_due(draft: Draft, step: Step, path: Path) -> None:
    took = draft.between(step.start, step.due)
    if took is None or draft.findings.is_broken((*path, "start")):
        return
    shortest, longest = took
    if shortest < 0:
        # A time of day may come before the start for one T0, and after it for another.
        rule = "due-before-start" if longest < 0 else "due-may-come-first"
        draft.findings.add(rule, (*path, "due"), due=step.due, start=step.start)


def _check_phase_of(draft: Draft, step: Step, path: Path) -> None:
    starts = next(phase.starts for phase in draft.playbook.phases if phase.code == step.phase)
    found = draft.between(starts, step.due)
    if found is not None and found[1] < 0:
        draft.findings.add(
            "step-before-phase", (*path, "due"), due=step.due, phase=step.phase, start=starts
        )


def _check_exclusions(draft: Draft, role: Role, path: Path) -> None:
    others = {other.code: other for other in draft.playbook.roles}
    for index, code in enumerate(role.not_with):
        at = (*path, index)
        if code == role.code:
            draft.findings.add("not-with-itself", at)
        elif check_known(draft, "roles", code, at) and role.code not in others[code].not_with:
            draft.findings.add("one-sided", at, role=role.code, other=code)


def _check_call_out(draft: Draft, act: CallOut, path: Path) -> None:
    seen: set[str] = set()
    for index, role in enumerate(act.roles):
        check_known(draft, "roles", role, (*path, "roles", index))
        if role in seen:
            at = (*path, "roles", index)
            draft.findings.add("duplicate-code", at, code=shown(role), what=NAMES["roles"])
        seen.add(role)
    for name in ("message", "reminder", "deputy", "enough"):
        check_known(draft, "messages", getattr(act, name), (*path, name))
    if act.quota > len(seen) and not draft.findings.is_broken((*path, "roles")):
        draft.findings.add("quota", (*path, "quota"), quota=act.quota, count=len(seen))
    reminder, deputy = act.reminder_after, act.deputy_after
    if length(reminder) >= length(deputy) and not draft.findings.is_broken((*path, "deputy_after")):
        at = (*path, "reminder_after")
        draft.findings.add("call-out-order", at, reminder=reminder, deputy=deputy)


def _check_round(draft: Draft, act: Round, path: Path) -> None:
    check_known(draft, "messages", act.message, (*path, "message"))
    if act.form is not None:
        check_known(draft, "messages", act.form, (*path, "form"))
    groups = set()
    for index, audience in enumerate(act.audiences):
        at = (*path, "audiences", index)
        check_known(draft, "audiences", audience, at)
        group = draft.group(audience)
        groups.add(group)
        if group is not None and group not in _ASKED:
            draft.findings.add("round-audience", at, code=shown(audience), group=group.value)
    _check_form(draft, act, groups, path)
    closes = length(act.closes_after)
    if not _MIN_ROUND_SECONDS <= closes <= _MAX_ROUND_SECONDS:
        draft.findings.add("round-window", (*path, "closes_after"), closes=act.closes_after)
    for name in ("message", "form"):
        message = draft.message(getattr(act, name) or "")
        if message is not None and length(message.valid_for) > closes:
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
    if isinstance(step.act, FORMS):
        draft.findings.add("form-needs-person", path)
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
