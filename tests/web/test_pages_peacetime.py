"""The pages of quiet days: who may open which, playbooks, imports, accounts; in both languages."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar import Litestar

from calamity.domain.permissions import Actor, Permission, UserRole
from calamity.domain.playbook_check import canonical
from calamity.store.database import Database
from calamity.store.people import count_people
from calamity.store.playbooks import list_versions
from tests.make import PASSWORD, Town, make_playbook
from tests.web.pages_stage import LOGINS, Visit, add_accounts, make_app, second_visit, visiting

PAGES: dict[str, Permission | None] = {
    "/": None,
    "/help": None,
    "/activate": Permission.ACTIVATE,
    "/activate/small": Permission.ACTIVATE,
    "/playbooks": Permission.SEE_PLAYBOOKS,
    "/playbooks/small/versions/1": Permission.SEE_PLAYBOOKS,
    "/playbooks/small/compare?old=1&new=1": Permission.SEE_PLAYBOOKS,
    "/playbooks/import": Permission.PUBLISH,
    "/settings/keys": Permission.TRUST_KEYS,
    "/playbooks/small/versions/1/rehearsal": Permission.SEE_PLAYBOOKS,
    "/playbooks/small/versions/1/preview": Permission.SEE_PLAYBOOKS,
    "/playbooks/small/versions/1/folder": Permission.SEE_PLAYBOOKS,
    "/neighbourhoods": Permission.SEE_NEIGHBOURHOODS,
    "/people": Permission.SEE_PEOPLE,
    "/unknown-numbers": Permission.SEE_UNKNOWN_NUMBERS,
    "/settings/users": Permission.MANAGE_ACCOUNTS,
    "/settings/carrier": Permission.SEE_QUARANTINE,
}
CSV = (
    "soort;naam;telefoon;taal;rol;rang\n"
    "responder;Bo Winde;06 12345678;nl;LEI;3\n"
    "responder;Sil Roos;06 87654321;nl;COM;4\n"
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
async def app(town: Town, database: Database, database_url: str, tmp_path: Path) -> Litestar:
    async with database.transaction() as session:
        await add_accounts(session, town)
    return make_app(database_url, tmp_path)


@pytest.fixture
async def visit(app: Litestar) -> AsyncIterator[Visit]:
    async with visiting(app) as made:
        yield made


@pytest.mark.parametrize("role", UserRole)
@pytest.mark.parametrize("language", ["nl", "en"])
async def test_each_role_opens_its_pages_and_no_other(
    visit: Visit, role: UserRole, language: str
) -> None:
    await visit.sign_in(role)
    actor = Actor("", "", role)
    for path, permission in PAGES.items():
        answer = await visit.open(path, **{"accept-language": language})
        expected = 200 if permission is None or actor.may(permission) else 403
        assert answer.status_code == expected, (role, path, visit.visible()[:400])
        assert f'<html lang="{language}"' in visit.text
        assert answer.headers["cache-control"] == "no-store"


async def test_the_menu_shows_what_the_role_may_open(visit: Visit) -> None:
    await visit.sign_in(UserRole.OFFICIAL)
    await visit.open("/")
    assert 'href="/playbooks"' in visit.text
    for path in ("/activate", "/people", "/settings/users"):
        assert f'href="{path}"' not in visit.text


@pytest.mark.parametrize("role", UserRole)
async def test_who_sees_no_calamities_is_not_told_that_nothing_goes_on(
    visit: Visit, role: UserRole
) -> None:
    await visit.sign_in(role)
    await visit.open("/")
    words, actor = visit.visible(), Actor("", "", role)
    assert ("Nothing is going on" in words) is actor.may(Permission.SEE_CALAMITIES)
    assert ("or hold an exercise" in words) is actor.may(Permission.ACTIVATE)


async def test_the_start_page_says_what_is_not_ready(visit: Visit) -> None:
    await visit.sign_in()
    await visit.open("/")
    words = visit.visible()
    assert "No exercise in the last twelve months" in words
    assert "A small playbook." in words


async def _publish(visit: Visit, source: bytes, name: str = "v2.yaml") -> int:
    await visit.open("/playbooks")
    answer = await visit.send("/playbooks", files={"file": (name, source, "application/yaml")})
    return answer.status_code


async def test_whoever_publishes_does_not_approve(
    visit: Visit, town: Town, database: Database
) -> None:
    await visit.sign_in()
    assert await _publish(visit, canonical(make_playbook(version=2))) == 303
    assert visit.seen is not None
    assert visit.seen.headers["location"] == "/playbooks/small/versions/2"
    await visit.follow()
    assert "A colleague must approve it" in visit.visible()
    approve = "/playbooks/small/versions/2/approve"
    assert approve not in visit.text
    token = visit.fields("/sign-out")["_csrf_token"]
    answer = await visit.client.post(approve, data={"_csrf_token": token})
    assert answer.status_code == 409
    visit.client.cookies.clear()
    await visit.sign_in(UserRole.OFFICIAL)
    await visit.open("/playbooks")
    assert "Waits for a second person" in visit.visible()
    await visit.open("/playbooks/small/versions/2")
    assert (await visit.send(approve)).status_code == 303
    await visit.follow()
    assert "From now on this version can be used." in visit.visible()
    async with database.reading() as session:
        newest = (await list_versions(session, town.id, "small"))[0]
    assert (newest.number, newest.approved_by) == (2, LOGINS[UserRole.OFFICIAL])


async def test_faults_of_a_playbook_are_told_by_line_in_both_languages(visit: Visit) -> None:
    await visit.sign_in()
    assert await _publish(visit, b"slug: small\nversion: 2\ntitle: x\n") == 422
    assert "Nothing was changed" in visit.visible()
    english = visit.visible()
    visit.client.headers["accept-language"] = "nl"
    assert await _publish(visit, b"slug: small\nversion: 2\ntitle: x\n") == 422
    assert "Regel" in visit.visible()
    assert visit.visible() != english


async def test_a_published_version_with_other_words_is_refused(visit: Visit) -> None:
    await visit.sign_in()
    other = make_playbook(valid_months=12)
    assert await _publish(visit, canonical(other), "v1.yaml") == 422
    assert "a published version never changes" in visit.visible()


async def _people(visit: Visit, text: str, **filled: str) -> int:
    await visit.open("/people")
    files = {"file": ("mensen.csv", text.encode(), "text/csv")}
    return (await visit.send("/people/import", filled, files=files)).status_code


async def test_people_come_in_with_a_report_and_twice_changes_nothing(
    visit: Visit, town: Town, database: Database
) -> None:
    await visit.sign_in()
    assert await _people(visit, CSV) == 200
    words = visit.visible()
    assert "Stored: 2 new, 0 changed, 0 the same." in words
    assert "+31 6 12345678" in words, "the number as we read it"
    assert "Bo Winde" in words
    assert await _people(visit, CSV) == 200
    assert "Stored: 0 new, 0 changed, 2 the same." in visit.visible()
    async with database.reading() as session:
        assert (await count_people(session, town.id)).responders == 8


async def test_one_bad_line_stops_all_unless_it_is_skipped(
    visit: Visit, town: Town, database: Database
) -> None:
    await visit.sign_in()
    bad = CSV + "responder;Fout Nummer;030 1234567;nl;LEI;5\n"
    assert await _people(visit, bad) == 422
    assert "Nothing is stored." in visit.visible()
    assert "This is a landline" in visit.visible()
    async with database.reading() as session:
        assert (await count_people(session, town.id)).responders == 6
    assert await _people(visit, bad, skip_bad="1") == 200
    assert "1 line was left out." in visit.visible()
    async with database.reading() as session:
        assert (await count_people(session, town.id)).responders == 8


async def test_no_file_is_said_beside_the_field(visit: Visit) -> None:
    await visit.sign_in()
    await visit.open("/people")
    answer = await visit.send("/people/import", files={"file": ("", b"", "text/csv")})
    assert answer.status_code == 422
    assert "Choose a file first." in visit.visible()


def _districts() -> bytes:
    ring = [[5.1, 52.1], [5.12, 52.1], [5.12, 52.11], [5.1, 52.11], [5.1, 52.1]]
    properties = {"statcode": "WK036899", "statnaam": "Wijk 99 Nieuwe Dijk"}
    geometry = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


async def test_neighbourhoods_come_in_or_the_page_says_why_not(visit: Visit) -> None:
    await visit.sign_in()
    await visit.open("/neighbourhoods")
    action = "/neighbourhoods/import"
    answer = await visit.send(action, files={"file": ("w.geojson", _districts())})
    assert answer.status_code == 200
    assert "1 new, 0 changed, 0 the same." in visit.visible()
    assert "Nieuwe Dijk" in visit.visible()
    answer = await visit.send(action, files={"file": ("w.geojson", b"PK\x03\x04")})
    assert answer.status_code == 422
    assert "Nothing was changed" in visit.visible()
    assert "This is a zip file." in visit.visible()


async def test_a_stranger_cannot_send_a_file(visit: Visit) -> None:
    await visit.open("/sign-in")
    token = visit.fields("/sign-in")["_csrf_token"]
    answer = await visit.client.post(
        "/people/import",
        data={"_csrf_token": token},
        files={"file": ("m.csv", b"x" * 1000)},
        follow_redirects=False,
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


async def test_an_account_is_made_used_and_closed(app: Litestar, visit: Visit) -> None:
    await visit.sign_in(UserRole.ADMINISTRATOR)
    await visit.open("/settings/users")
    new = {"name": "Nieuw Iemand", "login": "nieuw", "role": "official", "phone": ""}
    assert (await visit.send("/settings/users", new)).status_code == 200
    password = visit.text.split("<code>")[1].split("</code>")[0]
    await visit.open("/settings/users")
    assert password not in visit.text, "shown once"
    action = next(
        line.split('"')[0]
        for line in visit.text.split('action="')
        if line.startswith("/settings/users/") and "Nieuw Iemand" in line.split("</form>")[0]
    )
    async with second_visit(app) as other:
        assert (await other.enter("nieuw", password)).status_code == 303
        assert (await other.open("/playbooks")).status_code == 200
        assert (await visit.send(action)).status_code == 303
        assert (await other.open("/playbooks")).status_code == 303, "closed means signed out"
        assert (await other.enter("nieuw", password)).status_code == 401


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"login": "two words"}, "without spaces"),
        ({"login": "coordinator@oeverlanden"}, "This login is taken."),
        ({"name": ""}, "Fill this in."),
        ({"role": "mayor"}, "Choose one of the answers."),
        ({"phone": "06 11111111"}, "Nobody here has this number yet."),
    ],
)
async def test_a_wrong_account_is_said_beside_its_field(
    visit: Visit, changes: dict[str, str], words: str
) -> None:
    await visit.sign_in(UserRole.ADMINISTRATOR)
    await visit.open("/settings/users")
    new = {"name": "Nieuw Iemand", "login": "nieuw", "role": "official", "phone": ""}
    assert (await visit.send("/settings/users", new | changes)).status_code == 422
    assert words in visit.visible()
    assert PASSWORD not in visit.text


async def test_nobody_closes_their_own_account(visit: Visit, town: Town) -> None:
    await visit.sign_in(UserRole.ADMINISTRATOR)
    await visit.open("/settings/users")
    assert "yourself" in visit.visible()
