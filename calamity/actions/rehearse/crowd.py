"""Whom the texts of a rehearsal reach: the rules of the real thing over what would be sent."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from calamity.actions.compose import (
    Circumstances,
    Composer,
    Selection,
    audience_of,
    select_members,
)
from calamity.domain.activation import Member, Snapshot
from calamity.domain.dispatch import Held
from calamity.domain.playbook import Group, Message, MessageKind, seconds
from calamity.domain.rehearsal import RehearsalRequest
from calamity.domain.texts import segments

_DAY = timedelta(hours=24)


class Batch(Struct, frozen=True):
    """Texts of one step that leave together."""

    step: str
    leaves_at: datetime
    parts: int
    valid_until: datetime


class Sending(Struct, frozen=True):
    """What became of one sending act."""

    step: str
    audience: str
    message: str
    at: datetime
    reached: int
    held: Mapping[str, int]
    parts: int
    batches: list[Batch]
    stale: int
    """How many get it in quiet hours' stead only after its words are said to be too old."""
    too_late: int
    """How many get a question only after it closed."""


class Sent(Struct, frozen=True):
    """A batch on its way: from when until when its texts leave the sender."""

    batch: Batch
    first_at: datetime
    last_at: datetime


class _Spent(Struct, frozen=True):
    at: datetime
    recipients: list[str]
    is_ask: bool


class Crowd:
    """Everyone whom a playbook could reach today, and what they got so far in this rehearsal."""

    def __init__(
        self,
        composer: Composer,
        snapshot: Snapshot,
        now: Circumstances,
        request: RehearsalRequest,
        t0: datetime,
    ) -> None:
        self.composer, self.snapshot = composer, snapshot
        self.now, self._t0 = now, t0
        self._affected = request.affected
        self._answering = request.answering
        self._given = set(now.given)
        self._spent: list[_Spent] = []
        self._asked: list[tuple[datetime, set[str]]] = []
        self._audiences: dict[str, list[Member]] = {}
        self._parts: dict[tuple[object, ...], int] = {}
        self.batches: list[Batch] = []
        self.texts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """How many texts people get, by day (ISO) and recipient."""
        self._names = {
            who: len(person.name.partition(" ")[0]) + len(person.check_word)
            for who, person in composer.people.items()
        }
        self._seats = {who: place for place, who in enumerate(sorted(self._everyone()))}

    def _everyone(self) -> set[str]:
        return {member.recipient_id for member in self.snapshot.members}

    def answers(self, recipient_id: str) -> bool:
        """Tell whether this person answers: every second one does when half do."""
        if self._answering == "half":
            return self._seats[recipient_id] % 2 == 0
        return self._answering == "all"

    def members(self, audience: str) -> list[Member]:
        """Return the members of an audience."""
        if audience not in self._audiences:
            found = self.composer.playbook.audience(audience)
            self._audiences[audience] = audience_of(found, self.snapshot, self._affected)
        return self._audiences[audience]

    def team(self) -> list[Member]:
        """Return the rapid team."""
        return self.snapshot.of(Group.RAPID_TEAM)

    def reached(self, members: Iterable[Member], message: Message) -> set[str]:
        """Return whom of these a call-out can reach at all."""
        chosen = select_members(self.composer, members, message, self.now)
        return {member.recipient_id for member in chosen.members}

    def note_texts(self, at: datetime, texts: Mapping[str, int]) -> None:
        """Count texts of a call-out."""
        self.texts[self._day(at)].update(texts)

    def send(
        self,
        step: str,
        audience: str,
        message: Message,
        at: datetime,
        *,
        closes_at: datetime | None = None,
    ) -> Sending:
        """Send a message to an audience, as the rules allow at this moment."""
        words = message.said_to(audience)
        chosen = select_members(self.composer, self.members(audience), words, self._at(at))
        ids = [member.recipient_id for member in chosen.members]
        self._keep(message, ids, at, closes_at)
        return self._sending((step, audience), words, at, chosen, closes_at)

    def _at(self, at: datetime) -> Circumstances:
        messages: Counter[str] = Counter()
        asks: Counter[str] = Counter()
        if at - self._t0 < _DAY:
            for who, (some, of_these) in self.now.spent.items():
                messages[who], asks[who] = some, of_these
        for each in self._spent:
            if at - each.at < _DAY:
                messages.update(each.recipients)
                if each.is_ask:
                    asks.update(each.recipients)
        spent = {who: (count, asks[who]) for who, count in messages.items()}
        asked = {who for until, people in self._asked if until > at for who in people}
        now = self.now
        return Circumstances(now.stopped, now.paused, self._given, spent, asked)

    def _keep(
        self, message: Message, ids: list[str], at: datetime, closes_at: datetime | None
    ) -> None:
        is_ask = message.kind is MessageKind.ASK
        if message.kind is MessageKind.GIVE:
            self._given.update(ids)
        self._spent.append(_Spent(at, ids, is_ask))
        if is_ask and closes_at is not None:
            self._asked.append((closes_at, {who for who in ids if not self.answers(who)}))

    def _sending(
        self,
        of: tuple[str, str],
        message: Message,
        at: datetime,
        chosen: Selection,
        closes_at: datetime | None,
    ) -> Sending:
        batches, stale, too_late = [], 0, 0
        valid = timedelta(seconds=seconds(message.valid_for))
        for leaves, members in self._by_leaving(chosen.members, message, at).items():
            ids = [member.recipient_id for member in members]
            self.texts[self._day(leaves)].update(ids)
            parts = sum(self._parts_of(message, members, at, closes_at))
            batches.append(Batch(of[0], leaves, parts, leaves + valid))
            stale += len(ids) if leaves - at > valid else 0
            too_late += len(ids) if closes_at is not None and leaves >= closes_at else 0
        self.batches.extend(batches)
        return Sending(
            *of, message.code, at, len(chosen.members), chosen.held,
            sum(batch.parts for batch in batches), batches, stale, too_late,
        )  # fmt: skip

    def _by_leaving(
        self, members: Iterable[Member], message: Message, at: datetime
    ) -> dict[datetime, list[Member]]:
        """Return the members by when quiet hours let their text leave."""
        alike: defaultdict[tuple[object, ...], list[Member]] = defaultdict(list)
        for member in members:
            alike[member.group, member.quiet_from, member.quiet_until].append(member)
        found: defaultdict[datetime, list[Member]] = defaultdict(list)
        for group in alike.values():
            found[self.composer.leaves_at(group[0], message, at)] += group
        return dict(found)

    def _parts_of(
        self, message: Message, members: Iterable[Member], at: datetime, until: datetime | None
    ) -> Iterator[int]:
        """Yield the parts of the longest text among those alike, once for each of them.

        Names differ, and little else: ten thousand texts need not be written to be counted.
        """
        alike: defaultdict[tuple[object, ...], list[Member]] = defaultdict(list)
        for member in members:
            alike[member.language, member.role, member.contact, member.neighbourhood].append(member)
        for key, group in alike.items():
            longest = max(group, key=self._lengths)
            known = (message.code, message.texts["nl"], *key, self._lengths(longest))
            if known not in self._parts:
                link = f"{self.composer.terms.public_url}/f/{'x' * 22}"
                body = self.composer.body(
                    longest, message, at=at, until=until,
                    link=link if message.kind is MessageKind.ASK else "",
                )  # fmt: skip
                self._parts[known] = segments(body).parts
            yield self._parts[known] * len(group)

    def _lengths(self, member: Member) -> int:
        return self._names.get(member.recipient_id, 0)

    def _day(self, at: datetime) -> str:
        return at.astimezone(self.composer.terms.zone).date().isoformat()

    def on_their_way(self) -> list[Sent]:
        """Return when every batch leaves, one after the other, at the rate of the sender."""
        rate, free, found = self.composer.terms.rate, None, []
        for batch in sorted(self.batches, key=lambda batch: batch.leaves_at):
            first = max(batch.leaves_at, free or batch.leaves_at)
            free = first + timedelta(seconds=batch.parts / rate)
            found.append(Sent(batch, first, free))
        return found

    def why_never(self, member: Member) -> Held | None:
        """Return why nothing can reach this member today, or None."""
        if member.recipient_id in self.now.stopped:
            return Held.STOPPED
        if member.recipient_id in self.now.paused:
            return Held.PAUSED
        return None
