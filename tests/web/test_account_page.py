"""One's own account: a password alone is never enough, and nothing here can be guessed for free."""

import re

import pyotp

from calamity.domain.permissions import UserRole
from calamity.store.passwords import MOST_FAILURES
from tests.make import PASSWORD
from tests.web.pages_stage import LOGINS, Visit, make_app, second_visit, visiting


async def set_up(visit: Visit) -> str:
    """Come to the page that sets up a second step; return the code that its app would show."""
    await visit.enter(LOGINS[UserRole.COORDINATOR])
    await visit.follow()
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", visit.text)
    assert secret is not None
    return pyotp.TOTP(secret[1]).now()


async def test_of_two_who_set_up_a_second_step_at_once_the_later_is_not_let_in(
    town, database_url, tmp_path
):
    app = make_app(database_url, tmp_path, CALAMITY_SECOND_FACTOR="activate")
    async with visiting(app) as owner, second_visit(app) as thief:
        stolen, mine = await set_up(thief), await set_up(owner)
        assert (await owner.send("/sign-in/set-up", {"code": mine})).status_code == 200
        assert (await thief.send("/sign-in/set-up", {"code": stolen})).status_code == 403
        assert "calamity_session" not in thief.client.cookies
        assert (await owner.open("/playbooks")).status_code == 200


async def test_the_present_password_cannot_be_guessed_in_a_session_that_was_left_open(
    town, database_url, tmp_path
):
    new = {"new_password": "four words that are new", "old_password": "a guess"}
    app = make_app(database_url, tmp_path)
    async with visiting(app) as visit, second_visit(app) as again:
        await visit.sign_in(UserRole.OFFICIAL)
        for _ in range(MOST_FAILURES):
            await visit.open("/account")
            assert (await visit.send("/account/password", new)).status_code == 422
            assert "The present password is not right." in visit.visible()
        await visit.open("/account")
        answer = await visit.send("/account/password", new | {"old_password": PASSWORD})
        assert answer.status_code == 422, "closed for a while"
        assert (await again.enter(LOGINS[UserRole.OFFICIAL])).status_code == 401
        await again.sign_in(UserRole.CONTACT_PERSON)
        await again.open("/account")
        answer = await again.send("/account/password", new | {"old_password": PASSWORD})
        assert answer.status_code == 303
        again.client.cookies.clear()
        await again.enter(LOGINS[UserRole.CONTACT_PERSON], "four words that are new")
        assert "calamity_session" in again.client.cookies
