"""A call-out in a rehearsal: the same ladder as the real one, climbed in one go.

`actions/call_out.py` is the ladder itself; a test holds the two to each other.
"""

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from calamity.domain.activation import Member, span
from calamity.domain.channels import Channel
from calamity.domain.playbook import CallOut
from calamity.domain.rehearsal import What

ANSWERS_AFTER = timedelta(minutes=3)
"""How soon somebody answers who does."""


class Rung(Struct, frozen=True):
    """One thing that happens on the ladder."""

    at: datetime
    what: What
    role: str
    recipient_id: str = ""
    way: str = ""


class Climbed(Struct, frozen=True):
    """How a call-out went."""

    rungs: list[Rung]
    coming: int
    ended_at: datetime
    is_filled: bool
    texts: Counter[str]
    """How many texts each person got."""


class Ladder:
    """Climbs the ladders of one imagined call-out."""

    def __init__(
        self,
        act: CallOut,
        members: Iterable[Member],
        *,
        reached: set[str],
        comes: Callable[[str], bool],
        ways: Callable[[str], Sequence[Channel]],
        at: datetime,
    ) -> None:
        self._act, self._comes, self._ways, self._at = act, comes, ways, at
        self._waiting = sorted(
            (m for m in members if m.role in act.roles and m.recipient_id in reached),
            key=lambda member: member.rank,
        )
        self._busy: set[str] = set()
        self._roles: dict[str, list[str]] = {}
        self._texts: Counter[str] = Counter()
        self._rungs: list[Rung] = []
        self._due: list[tuple[datetime, int, What, str, str]] = []
        self._order = itertools.count()
        self._coming: set[str] = set()

    def climb(self) -> Climbed:
        """Call, remind and replace until enough people come or nobody is left."""
        for role in self._act.roles:
            self._call_next(role, What.CALLED)
        while self._due:
            self._at, _, what, who, way = heapq.heappop(self._due)
            if what is What.FILLED:
                self._coming.add(who)
                if len(self._coming) >= self._act.quota:
                    return self._filled()
            elif who not in self._coming:
                self._silence(what, who, way)
        self._note(What.NOT_FILLED, "")
        return self._outcome(is_filled=False)

    def _filled(self) -> Climbed:
        self._note(What.FILLED, "")
        for who in self._busy - self._coming:
            self._texts[who] += 1
        return self._outcome(is_filled=True)

    def _outcome(self, *, is_filled: bool) -> Climbed:
        return Climbed(
            self._rungs, len(self._coming), self._at, is_filled=is_filled, texts=self._texts
        )

    def _silence(self, what: What, who: str, way: str) -> None:
        """Do what is due for somebody who has not answered."""
        role = self._roles[who][0]
        if what is What.OTHER_WAY:
            self._note(what, role, who, way)
        elif what is What.REMINDED:
            self._note(what, role, who)
            self._texts[who] += 1
        else:
            for each in self._roles[who]:
                self._call_next(each, What.DEPUTY)

    def _call_next(self, role: str, what: What) -> None:
        """Call the lowest rank of a role that was not called yet; nobody is called twice."""
        of_role = [member for member in self._waiting if member.role == role]
        if what is What.CALLED and of_role and of_role[0].recipient_id in self._busy:
            # One call for one person: the answer, and the silence, hold for both roles.
            self._waiting.remove(of_role[0])
            self._roles[of_role[0].recipient_id].append(role)
            return
        free = [member for member in of_role if member.recipient_id not in self._busy]
        if not free:
            if what is What.DEPUTY:
                self._note(What.NOBODY, role)
            return
        rank = free[0].rank
        for member in free:
            if member.rank == rank:
                self._call(member, What.DEPUTY if rank > 1 else what)

    def _call(self, member: Member, what: What) -> None:
        who, act = member.recipient_id, self._act
        self._waiting.remove(member)
        self._busy.add(who)
        self._roles.setdefault(who, []).append(member.role)
        self._note(what, member.role, who)
        self._texts[who] += 1
        if self._comes(who):
            self._plan(ANSWERS_AFTER, What.FILLED, who)
        self._plan(span(act.reminder_after, 1), What.REMINDED, who)
        self._plan(span(act.deputy_after, 1), What.DEPUTY, who)
        for number, way in enumerate(self._ways(who), 1):
            self._plan(span(act.next_way_after, 1) * number, What.OTHER_WAY, who, way)

    def _plan(self, after: timedelta, what: What, who: str, way: str = "") -> None:
        heapq.heappush(self._due, (self._at + after, next(self._order), what, who, way))

    def _note(self, what: What, role: str, who: str = "", way: str = "") -> None:
        self._rungs.append(Rung(self._at, what, role, who, way))
