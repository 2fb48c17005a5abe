"""Rules for codes: each is given once, exists where it is named, and is used."""

from collections.abc import Iterable
from typing import Final

from calamity.domain.playbook import Act, CallOut, Dispatch, Round
from calamity.domain.playbook.formula import NUMBERS, PHASE
from calamity.domain.playbook.moments import T0
from calamity.domain.playbook_check.conditions import names_in
from calamity.domain.playbook_check.draft import Draft
from calamity.domain.playbook_check.faults import Path, shown
from calamity.domain.playbook_check.names import NAMES, tell_unknown

_CODED = (
    "roles", "phases", "audiences", "messages", "steps", "questions", "stop", "cards",
)  # fmt: skip
# What moments and conditions name by code: one code may mean one thing only.
_NAMED: Final = ("phases", "steps", "questions")
RESERVED: Final = frozenset(
    {T0, *NUMBERS, PHASE, "and", "or", "not", "yes", "no", "unknown", "done", "skipped"}
)


def codes_of(draft: Draft, collection: str) -> list[str]:
    """Return the codes of one list of the document."""
    return [part.code for part in getattr(draft.playbook, collection)]


def check_codes(draft: Draft) -> None:
    """Report codes that are given twice, or mean something else already."""
    for collection in _CODED:
        _check_once(draft, collection)
    taken: dict[str, str] = {}
    for collection in _NAMED:
        for index, code in enumerate(codes_of(draft, collection)):
            path = (collection, index, "code")
            first = taken.setdefault(code, collection)
            if code in RESERVED:
                draft.findings.add("reserved-code", path, code=code)
            elif code and first != collection:
                what, other = NAMES[collection], NAMES[first]
                draft.findings.add("ambiguous-code", path, code=code, what=what, other=other)


def _check_once(draft: Draft, collection: str) -> None:
    seen: set[str] = set()
    for index, code in enumerate(codes_of(draft, collection)):
        if code in seen:
            path = (collection, index, "code")
            draft.findings.add("duplicate-code", path, code=shown(code), what=NAMES[collection])
        seen.add(code)


def check_known(draft: Draft, collection: str, code: str, path: Path) -> bool:
    """Report a code that nothing in this list has; tell whether something has it."""
    known = codes_of(draft, collection)
    if code in known:
        return True
    if not draft.findings.is_broken((collection,)):
        tell_unknown(draft.findings, NAMES[collection], code, known, path)
    return False


def check_unused(draft: Draft) -> None:
    """Report parts that no step uses."""
    steps = draft.playbook.steps
    acts = [step.act for step in steps]
    named_by_acts = [act.audience for act in acts if isinstance(act, Dispatch)]
    for act in acts:
        named_by_acts += act.audiences if isinstance(act, Round) else []
    called = [role for act in acts if isinstance(act, CallOut) for role in act.roles]
    asked = {name for level in draft.playbook.levels for name in names_in(level.when)}
    used: dict[str, set[str]] = {
        "roles": {step.role for step in steps}.union(called),
        "phases": {step.phase for step in steps},
        "audiences": set(named_by_acts),
        "messages": {code for act in acts for code in _messages_of(act)},
        "questions": asked.union(*(names_in(step.when) for step in steps)),
        "cards": {code for step in steps for code in step.cards},
    }
    for collection, codes in used.items():
        for index, code in enumerate(codes_of(draft, collection)):
            path = (collection, index, "code")
            # A block holds what other playbooks use, too.
            if code not in codes and draft.findings.is_own(path):
                draft.findings.add("unused", path, what=NAMES[collection], code=shown(code))
    _check_unheard(draft)


def _check_unheard(draft: Draft) -> None:
    """Report words for an audience that never gets that message."""
    what = ("text for the audience", "tekst voor de doelgroep")
    for index, message in enumerate(draft.playbook.messages):
        hears = {one.audience for one in draft.deliveries if one.message == message.code}
        for audience in message.for_audience:
            path = ("messages", index, "for_audience", audience)
            if not check_known(draft, "audiences", audience, path):
                continue
            if audience not in hears and draft.findings.is_own(path):
                draft.findings.add("unused", path, what=what, code=shown(audience))


def _messages_of(act: Act | None) -> Iterable[str]:
    names = ("message", "form", "reminder", "deputy", "enough")
    return filter(None, (getattr(act, name, None) for name in names))
