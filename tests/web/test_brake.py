"""The brake on guessing: free at first, then one by one, and never for the neighbours."""

from calamity.domain.permissions import UserRole
from calamity.web import brake
from calamity.web.brake import Brake
from tests.web.pages_stage import make_app, visiting


def test_after_many_wrong_tries_an_address_takes_turns() -> None:
    time = [0.0]
    made = Brake(lambda: time[0])
    for _ in range(brake.FREE):
        assert made.seconds_to_wait("10.0.0.1") == 0
        made.was_wrong("10.0.0.1")
    assert [made.seconds_to_wait("10.0.0.1") for _ in range(3)] == [0, 1, 2]
    assert made.seconds_to_wait("10.0.0.2") == 0
    while made.seconds_to_wait("10.0.0.1") is not None:
        pass
    time[0] += 2 * brake.EACH
    assert made.seconds_to_wait("10.0.0.1") is not None, "those who waited had their turn"
    time[0] += brake.FORGETS
    assert [made.seconds_to_wait("10.0.0.1") for _ in range(3)] == [0, 0, 0]


def test_a_network_of_ipv6_is_one_address() -> None:
    made = Brake(lambda: 0.0)
    for number in range(brake.FREE):
        made.was_wrong(f"2001:db8:1:1::{number:x}")
    assert [made.seconds_to_wait("2001:db8:1:1::ffff") for _ in range(2)] == [0, 1]
    assert [made.seconds_to_wait("2001:db8:1:2::1") for _ in range(2)] == [0, 0]


async def test_who_tries_many_names_from_one_place_is_slowed_down(
    town, database_url, tmp_path, monkeypatch
):
    monkeypatch.setattr(brake, "FREE", 2)
    monkeypatch.setattr(brake, "MOST_WAITING", -1)
    async with visiting(make_app(database_url, tmp_path)) as visit:
        for number in range(2):
            assert (await visit.enter(f"nobody{number}", "a guess")).status_code == 401
        await visit.open("/sign-in")
        assert (await visit.enter("nobody3", "a guess")).status_code == 429
        assert "come from your network" in visit.visible()
        assert "calamity_session" not in visit.client.cookies
        monkeypatch.setattr(brake, "MOST_WAITING", 20)
        monkeypatch.setattr(brake, "EACH", 0.01)
        await visit.sign_in(UserRole.COORDINATOR)
        assert "calamity_session" in visit.client.cookies, "nobody is shut out"
