"""Where a plan does not hold: what would stall, come too late, or ask too much of somebody."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from calamity.actions.rehearse.crowd import Crowd, Sending, Sent
from calamity.actions.rehearse.telling import at_said, many
from calamity.actions.rehearse.walk import Walked
from calamity.domain.activation import CONDITION, Member
from calamity.domain.dispatch import Held
from calamity.domain.playbook import CallOut, Role
from calamity.domain.playbook_prose import (
    Said,
    condition,
    joined,
    phase_name,
    role_name,
    said_of,
    step_name,
)
from calamity.domain.rehearsal import Duty, RoleLoad, Snag, Snagged

_MOST_DUE = 5
_HOUR = timedelta(hours=1)
_SLOW = timedelta(minutes=1)


class Snags:
    """Looks for snags in one rehearsal that was walked through."""

    def __init__(
        self,
        crowd: Crowd,
        walked: Walked,
        trips: Sequence[Sent],
        t0: datetime,
        names: dict[str, str],
    ) -> None:
        self._crowd, self._walked, self._trips = crowd, walked, trips
        self._playbook = crowd.composer.playbook
        self._zone: ZoneInfo = crowd.composer.terms.zone
        self._t0, self._names = t0.astimezone(self._zone), names
        self._held = {m.recipient_id for m in crowd.team() if crowd.why_never(m) is not None}

    def all(self) -> list[Snag]:
        """Return every snag, what stalls first."""
        found = [
            *self._roles(), *self._excluded(), *self._quotas(), *self._never(),
            *(each for sending in self._walked.sendings for each in self._sending(sending)),
            *self._budget(), *self._lanes(), *self._busy(),
        ]  # fmt: skip
        return sorted(self._once(found), key=lambda snag: not snag.stalls)

    def _once(self, snags: Sequence[Snag]) -> list[Snag]:
        """Return each snag once: what repeats every day is said the first time."""
        first: dict[tuple[object, ...], Snag] = {}
        for snag in snags:
            of = (snag.kind, snag.step, snag.role, snag.audience, tuple(snag.names))
            first.setdefault(of, snag)
        return list(first.values())

    def loads(self) -> list[RoleLoad]:
        """Return what falls to each role."""
        duties: defaultdict[str, list[Duty]] = defaultdict(list)
        for duty in self._walked.duties:
            duties[duty.role].append(duty)
        return [
            RoleLoad(
                role.code, said_of(role.title), len(self._people(role, deputies=False)),
                len(self._people(role, deputies=True)),
                sorted(duties[role.code], key=lambda duty: (duty.due_at, duty.step)),
            )
            for role in self._playbook.roles
        ]  # fmt: skip

    def _people(self, role: Role, *, deputies: bool) -> set[str]:
        return {
            member.recipient_id
            for member in self._crowd.team()
            if member.role == role.code
            and (member.rank > 1) is deputies
            and member.recipient_id not in self._held
        }

    def _roles(self) -> Iterator[Snag]:
        called = {
            role
            for step in self._playbook.steps
            if isinstance(step.act, CallOut)
            for role in step.act.roles
        }
        steps = Counter(duty.role for duty in self._walked.duties)
        for role in self._playbook.roles:
            name = role_name(self._playbook, role.code)
            there = self._people(role, deputies=False)
            spare = self._people(role, deputies=True)
            if not there | spare and (role.minimum or role.code in called or steps[role.code]):
                said = Said(
                    "Niemand heeft de rol {role}; {steps} taken wachten op niemand.",
                    "Nobody has the role {role}; {steps} tasks wait for nobody.",
                )
                yield Snag(
                    Snagged.ROLE_EMPTY,
                    said.filled(role=name, steps=said_of(steps[role.code])),
                    stalls=True, role=role.code,
                )  # fmt: skip
            elif len(there | spare) < role.minimum:
                said = Said(
                    "De rol {role} vraagt {minimum} mensen, en er zijn er {there}.",
                    "The role {role} takes {minimum} people, and there are {there}.",
                )
                yield Snag(
                    Snagged.ROLE_SHORT,
                    said.filled(
                        role=name, minimum=said_of(role.minimum), there=said_of(len(there | spare))
                    ),
                    role=role.code,
                )
            elif not spare and role.code in called:
                said = Said(
                    "De rol {role} heeft geen vervanger die te bereiken is.",
                    "The role {role} has no deputy who can be reached.",
                )
                yield Snag(Snagged.NO_DEPUTY, said.filled(role=name), role=role.code)

    def _excluded(self) -> Iterator[Snag]:
        roles: defaultdict[str, set[str]] = defaultdict(set)
        for member in self._crowd.team():
            roles[member.recipient_id].add(member.role)
        for role in self._playbook.roles:
            for other in role.not_with:
                both = sorted(who for who, of in roles.items() if {role.code, other} <= of)
                if not both:
                    continue
                said = Said(
                    "{who} heeft de rollen {one} en {other}, en die gaan niet samen.",
                    "{who} has the roles {one} and {other}, which exclude each other.",
                )
                yield Snag(
                    Snagged.EXCLUDED,
                    said.filled(
                        who=self._who(both), one=role_name(self._playbook, role.code),
                        other=role_name(self._playbook, other),
                    ),
                    role=role.code, people=len(both), names=self._named(both),
                )  # fmt: skip

    def _named(self, ids: Sequence[str]) -> list[str]:
        return [self._names[who] for who in ids if who in self._names]

    def _who(self, ids: Sequence[str]) -> Said:
        names = self._named(ids)
        if names:
            return joined([said_of(name) for name in names])
        one = Said("Eén mens", "One person")
        return one if len(ids) == 1 else Said(f"{len(ids)} mensen", f"{len(ids)} people")

    def _quotas(self) -> Iterator[Snag]:
        for called in self._walked.called:
            if called.climbed.is_filled:
                continue
            said = Said(
                "De oproep van {step} haalt het aantal niet: {coming} van de {quota} komen. Wat "
                "op deze stap wacht, begint pas als iemand beslist.",
                "The call-out of {step} misses its number: {coming} of {quota} come. What waits "
                "for this step begins only when somebody decides.",
            )
            yield Snag(
                Snagged.QUOTA,
                said.filled(
                    step=step_name(self._playbook, called.step),
                    coming=said_of(called.climbed.coming), quota=said_of(called.quota),
                ),
                stalls=True, step=called.step, at=called.climbed.ended_at,
            )  # fmt: skip

    def _never(self) -> Iterator[Snag]:
        for code, waits_for in self._walked.never.items():
            step = self._playbook.step(code)
            name = step_name(self._playbook, code)
            if waits_for == CONDITION and step.when is not None:
                said = Said(
                    "{step} komt nu niet. De voorwaarde: {condition}.",
                    "{step} does not come this time. Its condition: {condition}.",
                )
                said = said.filled(step=name, condition=condition(step.when, self._playbook))
                yield Snag(Snagged.LEFT_OUT, _capital(said), step=code)
                continue
            kind, _, on = waits_for.partition(" ")
            rests_on = (phase_name if kind == "phase" else step_name)(self._playbook, on)
            said = Said(
                "{step} komt nooit: {other} komt er ook niet.",
                "{step} never comes: {other} does not come either.",
            )
            yield Snag(
                Snagged.NEVER, _capital(said.filled(step=name, other=rests_on)),
                stalls=True, step=code,
            )  # fmt: skip
        for code in self._walked.endless:
            said = Said(
                "{step} komt telkens weer, zonder einde in zicht.",
                "{step} comes again and again, with no end in sight.",
            )
            name = step_name(self._playbook, code)
            yield Snag(Snagged.ENDLESS, _capital(said.filled(step=name)), step=code)

    def _sending(self, sending: Sending) -> Iterator[Snag]:
        name = step_name(self._playbook, sending.step)
        counts = {
            Snagged.NO_GIVE: sending.held.get(Held.NOT_GIVEN_YET, 0),
            Snagged.STALE: sending.stale,
            Snagged.TOO_LATE: sending.too_late,
        }
        for kind, people in counts.items():
            if people:
                yield Snag(
                    kind,
                    _SENDINGS[kind].filled(people=_people(people), step=name),
                    stalls=kind is Snagged.TOO_LATE, step=sending.step, at=sending.at,
                    audience=sending.audience, people=people,
                )  # fmt: skip
        if not sending.reached:
            said = _SENDINGS[Snagged.NOBODY].filled(
                step=name, who=said_of(self._playbook.audience(sending.audience).title)
            )
            yield Snag(
                Snagged.NOBODY, said, stalls=True, step=sending.step, at=sending.at,
                audience=sending.audience,
            )  # fmt: skip

    def _budget(self) -> Iterator[Snag]:
        held = [each for each in self._walked.sendings if each.held.get(Held.BUDGET)]
        for sending in held:
            said = Said(
                "Voor {people} is {step} meer dan het draaiboek op een dag toestaat ({most}); dit "
                "bericht bereikt hen niet.",
                "For {people} {step} is more than the playbook allows in a day ({most}); this "
                "message does not reach them.",
            )
            budget = self._playbook.budget
            most = Said(
                f"berichten: {budget.messages_per_day}, waarvan vragen: {budget.asks_per_day}",
                f"messages: {budget.messages_per_day}, of which questions: {budget.asks_per_day}",
            )
            people = sending.held[Held.BUDGET]
            yield Snag(
                Snagged.BUDGET,
                said.filled(
                    people=_people(people), step=step_name(self._playbook, sending.step), most=most
                ),
                step=sending.step, at=sending.at, audience=sending.audience, people=people,
            )  # fmt: skip

    def _lanes(self) -> Iterator[Snag]:
        dues = sorted((duty.due_at, duty.step) for duty in self._walked.duties)
        for trip in self._trips:
            step = trip.batch.step
            name = step_name(self._playbook, step)
            lasts = trip.last_at - trip.batch.leaves_at
            minutes = said_of(max(1, round(lasts.total_seconds() / 60)))
            if trip.last_at > trip.batch.valid_until:
                said = Said(
                    "De texten van {step} doen er {minutes} minuten over; een deel verloopt "
                    "onderweg.",
                    "The texts of {step} take {minutes} minutes; some expire on their way.",
                )
                said = said.filled(step=name, minutes=minutes)
                yield Snag(Snagged.EXPIRES, said, stalls=True, step=step, at=trip.first_at)
            following = next(
                ((at, of) for at, of in dues if at > trip.batch.leaves_at and of != step), None
            )
            if lasts > _SLOW and following is not None and trip.last_at > following[0]:
                said = Said(
                    "De texten van {step} doen er {minutes} minuten over. Vóór de laatste weg is, "
                    "moet {other} al klaar zijn ({when}).",
                    "The texts of {step} take {minutes} minutes. Before the last has left, {other} "
                    "must be done ({when}).",
                )
                said = said.filled(
                    step=name, minutes=minutes,
                    other=step_name(self._playbook, following[1]),
                    when=at_said(following[0].astimezone(self._zone), self._t0),
                )  # fmt: skip
                yield Snag(Snagged.LANE, said, step=step, at=trip.first_at)

    def _busy(self) -> Iterator[Snag]:
        for load in self.loads():
            dues = [duty for duty in load.duties if not duty.is_automatic]
            fullest = max(
                (
                    [d for d in dues if first.due_at <= d.due_at < first.due_at + _HOUR]
                    for first in dues
                ),
                key=len,
                default=[],
            )
            if len(fullest) <= _MOST_DUE:
                continue
            said = Said(
                "De rol {role} heeft {count} taken die binnen één uur klaar moeten zijn, vanaf "
                "{when}: {steps}.",
                "The role {role} has {count} tasks that are due within one hour, from {when}: "
                "{steps}.",
            )
            first = fullest[0].due_at
            yield Snag(
                Snagged.BUSY,
                said.filled(
                    role=load.title, count=said_of(len(fullest)),
                    when=at_said(first.astimezone(self._zone), self._t0),
                    steps=many([said_of(duty.step) for duty in fullest]),
                ),
                role=load.role, at=first,
            )  # fmt: skip


def _people(count: int) -> Said:
    return Said("1 mens", "1 person") if count == 1 else Said(f"{count} mensen", f"{count} people")


def _capital(said: Said) -> Said:
    return Said(said.nl[0].upper() + said.nl[1:], said.en[0].upper() + said.en[1:])


_SENDINGS = {
    Snagged.NO_GIVE: Said(
        "Voor {people} is {step} een vraag vóór er iets gebracht is; zij krijgen die niet.",
        "For {people} {step} asks before anything was given; it does not reach them.",
    ),
    Snagged.STALE: Said(
        "Voor {people} komt de tekst van {step} pas na de stille uren, en dan is die te oud.",
        "For {people} the text of {step} comes only after their quiet hours, when it is too old.",
    ),
    Snagged.TOO_LATE: Said(
        "Voor {people} komt de vraag van {step} pas na de stille uren, als de ronde al dicht is.",
        "For {people} the question of {step} comes only after their quiet hours, when the round "
        "has closed.",
    ),
    Snagged.NOBODY: Said(
        "{step} bereikt niemand van “{who}”.", "{step} reaches nobody of “{who}”."
    ),
}


def members_by_id(members: Sequence[Member]) -> dict[str, Member]:
    """Return the first capacity in which each person stands."""
    found: dict[str, Member] = {}
    for member in members:
        found.setdefault(member.recipient_id, member)
    return found
