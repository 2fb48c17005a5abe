"""Rules against hearing one side only: who is asked hears back, who got words hears the end."""

from calamity.domain.playbook import Group, MessageKind
from calamity.domain.playbook_check.draft import Delivery, Draft

_GROUPS = {
    Group.KEY_FIGURES: ("Key figures", "Sleutelfiguren"),
    Group.PROFESSIONALS: ("Professionals", "Professionals"),
}
_BRINGS = frozenset({MessageKind.GIVE, MessageKind.CLOSE, None})


def check_heard(draft: Draft) -> None:
    """Report audiences outside the own people that hear one side only."""
    for group, name in _GROUPS.items():
        own = [delivery for delivery in draft.deliveries if delivery.group is group]
        for ask in own:
            if draft.kind(ask.message) is MessageKind.ASK and not _is_told(draft, ask, own):
                draft.findings.add("asked-never-told", ask.path, group=name)
    _check_closed(draft)


def _check_closed(draft: Draft) -> None:
    kinds: dict[Group, set[MessageKind | None]] = {group: set() for group in _GROUPS}
    last: dict[Group, Delivery] = {}
    for delivery in draft.deliveries:
        if delivery.group in _GROUPS:
            kinds[delivery.group].add(draft.kind(delivery.message))
            last[delivery.group] = delivery
    is_closed = any(MessageKind.CLOSE in heard for heard in kinds.values())
    for group, heard in kinds.items():
        if is_closed and MessageKind.GIVE in heard and not {MessageKind.CLOSE, None} & heard:
            draft.findings.add("never-closed", last[group].path, group=_GROUPS[group])


def _is_told(draft: Draft, ask: Delivery, own: list[Delivery]) -> bool:
    """Tell whether all who get *ask* get words after it, when all goes to plan."""
    for give in own:
        if draft.kind(give.message) not in _BRINGS:
            continue
        later = draft.between(ask.step.start, give.step.due)
        reaches_all = give.is_everywhere or not ask.is_everywhere
        if reaches_all and give.step is not ask.step and (later is None or later[1] > 0):
            return True
    return False
