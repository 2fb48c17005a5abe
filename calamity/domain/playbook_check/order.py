"""Rules for what people get in the course of time: give before ask, and not too much."""

from collections.abc import Iterable

from calamity.domain.playbook import Group, MessageKind
from calamity.domain.playbook_check.draft import Delivery, Draft, moment

_DAY_SECONDS = 24 * 3600
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
        and moment(give.step.due) <= moment(ask.step.start)
        for give in draft.deliveries
    )


def _check_budget(
    draft: Draft, deliveries: Iterable[Delivery], what: tuple[str, str], limit: int
) -> None:
    ordered = sorted(deliveries, key=lambda delivery: moment(delivery.step.start))
    for index, first in enumerate(ordered):
        begin = moment(first.step.start)
        day = [one for one in ordered[index:] if moment(one.step.start) - begin < _DAY_SECONDS]
        if len(day) > limit:
            start = first.step.start
            draft.findings.add(
                "over-budget", day[limit].path, count=len(day), what=what, start=start, limit=limit
            )
