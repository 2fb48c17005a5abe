"""Rules for what people get in the course of time: give before ask, and not too much."""

from collections.abc import Iterable

from calamity.domain.playbook import Group, MessageKind
from calamity.domain.playbook_check.draft import Delivery, Draft, occurrences

_DAY_SECONDS = 24 * 3600
_MOST_TIMES = 60
_GROUPS = {
    Group.KEY_FIGURES: ("Key figures", "Sleutelfiguren"),
    Group.PROFESSIONALS: ("Professionals", "Professionals"),
    Group.CONTACT_PERSONS: ("Contact persons", "Contactpersonen"),
}


def check_order(draft: Draft) -> None:
    """Report questions that come too early, and days that bring too much."""
    for delivery in draft.deliveries:
        is_ask = draft.kind(delivery.message) is MessageKind.ASK
        if is_ask and delivery.group in _GROUPS and not _is_given_before(draft, delivery):
            draft.findings.add(
                "ask-before-give",
                delivery.path,
                group=_GROUPS[delivery.group],
                start=delivery.step.start,
            )
    to_key_figures = [
        delivery for delivery in draft.deliveries if delivery.group is Group.KEY_FIGURES
    ]
    budget = draft.playbook.budget
    _check_budget(draft, to_key_figures, ("messages", "berichten"), budget.messages_per_day)
    asks = [one for one in to_key_figures if draft.kind(one.message) is MessageKind.ASK]
    _check_budget(draft, asks, ("questions", "vragen"), budget.asks_per_day)


def _is_given_before(draft: Draft, ask: Delivery) -> bool:
    """Tell whether all who get *ask* have, when all goes to plan, been given something before."""
    return any(
        draft.kind(give.message) in {MessageKind.GIVE, None}
        and give.group is ask.group
        and (give.is_everywhere or not ask.is_everywhere)
        and _comes_first(draft, give.step.due, ask.step.start)
        for give in draft.deliveries
    )


def _comes_first(draft: Draft, first: str, second: str) -> bool:
    """Tell whether one moment comes no later than another, whenever T0 is, or may do so."""
    found = draft.between(first, second)
    return found is None or found[0] >= 0


def _check_budget(
    draft: Draft, deliveries: Iterable[Delivery], what: tuple[str, str], limit: int
) -> None:
    times = [
        (begin, index, one)
        for index, one in enumerate(deliveries)
        for begin in occurrences(draft, one.step, _MOST_TIMES)
    ]
    ordered = sorted(times, key=lambda time: time[:2])
    told: set[int] = set()
    for index, (begin, _, first) in enumerate(ordered):
        day = ordered[index : index + limit + 1]
        if len(day) <= limit or day[-1][0] - begin >= _DAY_SECONDS or day[-1][1] in told:
            continue
        total = sum(begin <= each < begin + _DAY_SECONDS for each, _, _ in ordered[index:])
        told.add(day[-1][1])
        draft.findings.add(
            "over-budget",
            day[-1][2].path,
            count=total,
            what=what,
            start=first.step.start,
            limit=limit,
        )
