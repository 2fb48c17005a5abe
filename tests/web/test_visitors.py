"""Who was let in a moment ago: not for long, and not past a write that took it away."""

from calamity.domain.permissions import Actor, UserRole
from calamity.web.visitors import Sent, Visitor, Visitors

COOKIE, TOKEN = Sent("abc", is_token=False), Sent("abc", is_token=True)
SOMEONE = Visitor(Actor("m1", "someone", UserRole.OFFICIAL), "Someone")


def test_a_visitor_is_known_by_the_same_cookie_and_by_nothing_else() -> None:
    visitors = Visitors()
    visitors.keep(COOKIE, SOMEONE, visitors.writes)
    assert visitors.find(COOKIE) == SOMEONE
    assert visitors.find(TOKEN) is None


def test_a_visitor_is_soon_looked_up_again() -> None:
    visitors = Visitors()
    visitors.SECONDS = 0.0
    visitors.keep(COOKIE, SOMEONE, visitors.writes)
    assert visitors.find(COOKIE) is None


def test_a_write_makes_everybody_a_stranger_also_who_is_being_looked_up() -> None:
    visitors = Visitors()
    visitors.keep(COOKIE, SOMEONE, visitors.writes)
    before = visitors.writes
    visitors.forget()
    visitors.keep(TOKEN, SOMEONE, before)
    assert visitors.find(COOKIE) is None
    assert visitors.find(TOKEN) is None


def test_the_memory_is_bounded() -> None:
    visitors = Visitors()
    visitors.MOST = 3
    sent = [Sent(f"{number}", is_token=True) for number in range(4)]
    for each in sent:
        visitors.keep(each, SOMEONE, visitors.writes)
    assert [visitors.find(each) for each in sent] == [None, None, None, SOMEONE]
