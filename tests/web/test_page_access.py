"""Who may open which page and press which button, and who ever sees a key figure.

The rights are one table (`domain/permissions.py`); here it is walked over every page and every
role, beside `test_api_access.py` for the API. `MATRIX` is what the field asks of it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from calamity.domain.audit import Deed
from calamity.domain.permissions import Permission, UserRole, allows
from calamity.domain.phone import read_any_phone
from calamity.store import accounts, sessions
from calamity.store.audit import Wanted, list_audit
from calamity.store.database import Database
from calamity.store.wakes import Wakes
from calamity.web.auth import COOKIE
from calamity.web.house import now
from tests.make import T0, Town, make_activation
from tests.web.pages_stage import make_app, visiting

P = Permission
# The roles of the field, the account they use here, and whether they may know key figures.
MATRIX: dict[str, tuple[UserRole, bool]] = {
    "LEI": (UserRole.COORDINATOR, True),
    "BUR": (UserRole.OFFICIAL, False),
    "OOV": (UserRole.RESPONDER, False),
    "SOC": (UserRole.RESPONDER, False),
    "WIJ": (UserRole.CONTACT_PERSON, True),
    "NET": (UserRole.NETWORK_MANAGER, True),
    "COM": (UserRole.RESPONDER, False),
    "JON": (UserRole.RESPONDER, False),
    "PSH": (UserRole.RESPONDER, False),
    "LOG": (UserRole.RESPONDER, False),
    "FG": (UserRole.PRIVACY_OFFICER, False),
    "INF": (UserRole.INFORMATION_MANAGER, False),
    "LEZ": (UserRole.OFFICIAL, False),
    # Not of the team: who works in the street, and who keeps the accounts.
    "professional": (UserRole.PROFESSIONAL, False),
    "administrator": (UserRole.ADMINISTRATOR, False),
}
OPEN, ANYONE = None, ()
ROUTES: dict[tuple[Permission, ...] | None, tuple[str, ...]] = {
    ANYONE: (
        "GET /account",
        "POST /account/sessions/end",
        "POST /account/password",
        "GET /account/prove",
        "POST /account/prove",
        "GET /account/codes",
        "POST /account/codes",
        "GET /account/passkeys",
        "POST /account/passkeys",
        "POST /account/second-steps/{factor}/remove",
        "POST /account/recovery-codes",
        "POST /account/break-glass/end",
        "POST /guide",
        "GET /calendar",
        "POST /calendar",
        "POST /calendar/withdraw",
        "GET /",
    ),
    OPEN: (
        "GET /sign-in",
        "POST /sign-in",
        "POST /sign-out",
        "POST /language",
        "GET /help",
        "GET /accessibility",
        "GET /theme/{file}",
        "GET /signals-worker.js",
        "GET /sign-in/provider",
        "GET /sign-in/provider/return",
        "POST /sign-in/provider/back-channel",
        "GET /sign-out/provider",
        "GET /sign-out/return",
        "GET /sign-in/second",
        "POST /sign-in/second",
        "GET /sign-in/set-up",
        "POST /sign-in/set-up",
        "GET /c/{code}",
        "GET /calendar/{token}/calamity.ics",
        "GET /a/{token}",
        "POST /a/{token}",
        "GET /f/{token}",
        "POST /f/{token}",
        "GET /f/{token}/thanks",
        "GET /f/{token}/danger",
        "POST /f/{token}/danger",
    ),
    (P.ACTIVATE,): (
        "GET /activate",
        "GET /activate/{slug}",
        "POST /activate/{slug}",
        "POST /activate/{slug}/review",
        "POST /activate/{slug}/confirm",
    ),
    (P.APPROVE,): (
        "POST /playbooks/{slug}/versions/{version}/approve",
        "POST /playbooks/{slug}/versions/{version}/retire",
        "POST /playbooks/{slug}/versions/{version}/revoke",
        "POST /blocks/{slug}/versions/{version}/approve",
        "POST /blocks/{slug}/versions/{version}/retire",
        "POST /blocks/{slug}/versions/{version}/revoke",
    ),
    (P.BREAK_GLASS,): (
        "GET /account/break-glass",
        "POST /account/break-glass",
    ),
    (P.CHECK_IN,): (
        "GET /check-in/{round}",
        "POST /check-in/{round}",
        "GET /check-in/{round}/thanks",
        "GET /check-in/{round}/danger",
        "POST /check-in/{round}/danger",
    ),
    (P.ERASE,): ("POST /calamities/{calamity}/timeline/{sequence}/erasures",),
    (P.EXPORT_TIMELINE,): ("GET /calamities/{calamity}/timeline/export",),
    (P.IMPORT,): (
        "POST /neighbourhoods/import",
        "POST /people/import",
        "GET /people/sheet.csv",
    ),
    (
        P.IMPORT,
        P.READ_REPLIES,
    ): (
        "GET /people/{person}",
        "POST /people/{person}",
        "POST /people/{person}/stop-checked",
    ),
    (P.JUDGE_BREAK_GLASS,): (
        "GET /settings/break-glass",
        "POST /settings/break-glass/{glass}/judge",
    ),
    (P.MANAGE_ACCOUNTS,): (
        "GET /settings/users",
        "POST /settings/users",
        "POST /settings/users/{user}/disable",
        "POST /settings/users/{user}/sign-out",
        "POST /settings/users/{user}/second-steps/remove",
    ),
    (P.PUBLISH,): (
        "POST /playbooks",
        "GET /playbooks/import",
        "POST /playbooks/import",
        "POST /playbooks/import/confirm",
        "GET /playbooks/imports/{came}",
        "POST /playbooks/imports/{came}",
        "POST /playbooks/drafts",
        "GET /playbooks/language.json",
        "GET /playbooks/drafts/{draft}",
        "POST /playbooks/drafts/{draft}",
        "POST /playbooks/drafts/{draft}/look",
        "POST /playbooks/drafts/{draft}/save",
        "POST /playbooks/drafts/{draft}/merge",
        "GET /playbooks/drafts/{draft}/submit",
        "POST /playbooks/drafts/{draft}/submit",
        "POST /playbooks/drafts/{draft}/discard",
    ),
    (P.READ_REPLIES,): (
        "GET /inbox",
        "GET /inbox/parts/{part}",
        "GET /inbox/{key_figure}",
        "POST /inbox/{key_figure}/messages",
        "POST /inbox/{key_figure}/handled",
        "POST /inbox/{key_figure}/summaries",
    ),
    (P.WRITE_AS_SECOND,): (
        "GET /people/key-figures",
        "GET /people/{person}/messages",
        "POST /people/{person}/messages",
    ),
    (P.SEE_AUDIT,): (
        "GET /settings/audit",
        "GET /settings/audit.csv",
    ),
    (P.SEE_NEIGHBOURHOODS,): ("GET /neighbourhoods",),
    (P.SEE_ROOM, P.SEE_OFFICIALS_PAGE): ("GET /calamities/{calamity}/rounds/{round}",),
    (P.SEE_OFFICIALS_PAGE,): (
        "GET /calamities/{calamity}/officials",
        "GET /calamities/{calamity}/officials/parts/{part}",
        "GET /calamities/{calamity}/officials/as-of",
        "GET /calamities/{calamity}/officials/wall",
    ),
    (P.REQUEST_UPDATE,): (
        "GET /calamities/{calamity}/update-requests",
        "POST /calamities/{calamity}/update-requests",
    ),
    (P.SEE_PEOPLE,): ("GET /people",),
    (P.SEE_PLAYBOOKS,): (
        "GET /playbooks",
        "GET /playbooks/{slug}/versions/{version}",
        "GET /blocks/{slug}/versions/{version}",
        "GET /blocks/{slug}/compare",
        "GET /playbooks/{slug}/versions/{version}/cards/{card}",
        "GET /playbooks/{slug}/compare",
        "GET /playbooks/bundle",
        "GET /playbooks/{slug}/versions/{version}/preview",
        "GET /playbooks/{slug}/versions/{version}/folder",
        "GET /playbooks/{slug}/versions/{version}/folder.pdf",
        "GET /playbooks/{slug}/versions/{version}/cacao.json",
        "GET /playbooks/{slug}/versions/{version}/rehearsal",
    ),
    (P.SEE_QUARANTINE,): (
        "GET /settings/carrier",
        "POST /settings/carrier/{line}/handled",
    ),
    (P.SEE_ROOM,): (
        "GET /calamities/{calamity}",
        "GET /calamities/{calamity}/parts/{part}",
        "GET /calamities/{calamity}/tasks/{task}",
        "GET /calamities/{calamity}/call-list",
        "GET /calamities/{calamity}/call-list.pdf",
        "GET /calamities/{calamity}/handovers",
        "GET /calamities/{calamity}/update-requests/{sequence}",
    ),
    (P.ATTACH,): (
        "GET /calamities/{calamity}/timeline/files",
        "POST /calamities/{calamity}/timeline/files",
    ),
    (P.SEE_TIMELINE,): (
        "GET /calamities/{calamity}/timeline",
        "GET /calamities/{calamity}/timeline/{sequence}/file",
        "GET /calamities/{calamity}/timeline/{sequence}",
        "GET /calamities/{calamity}/report",
        "GET /calamities/{calamity}/report/versions/{number}",
        "GET /calamities/{calamity}/report/versions/{number}/files/{form}",
        "GET /calamities/{calamity}/matters/{kind}",
        "GET /calamities/{calamity}/matters/{kind}/{first}",
    ),
    (P.SEE_UNKNOWN_NUMBERS,): (
        "GET /unknown-numbers",
        "POST /unknown-numbers/{reply}/take",
    ),
    (P.STEER,): (
        "POST /calamities/{calamity}/phase",
        "POST /calamities/{calamity}/levels/{level}",
        "POST /calamities/{calamity}/review",
        "POST /calamities/{calamity}/close",
        "GET /calamities/{calamity}/watch",
        "POST /calamities/{calamity}/watch/end",
        "POST /calamities/{calamity}/watch/stand-down",
        "POST /calamities/{calamity}/letters/{reply}/handled",
        "POST /calamities/{calamity}/messages/{message}/decision",
        "POST /calamities/{calamity}/tasks/{task}/start",
        "POST /calamities/{calamity}/tasks/{task}/decide",
        "POST /calamities/{calamity}/call-outs/{call_out}/acknowledgements",
        "POST /calamities/{calamity}/call-outs/{call_out}/enough",
        "POST /calamities/{calamity}/rounds",
        "POST /calamities/{calamity}/rounds/{round}/close",
        "POST /calamities/{calamity}/sentences",
        "POST /calamities/{calamity}/update-requests/{sequence}",
        "GET /calamities/{calamity}/tellings",
        "POST /calamities/{calamity}/tellings",
        "POST /calamities/{calamity}/tellings/send",
    ),
    (P.TRUST_KEYS,): (
        "GET /settings/keys",
        "POST /settings/keys",
        "POST /settings/keys/{key}/withdraw",
    ),
    (P.WORK_TASKS,): (
        "POST /calamities/{calamity}/tasks/{task}/done",
        "POST /calamities/{calamity}/tasks/{task}/skip",
        "POST /calamities/{calamity}/tasks/{task}/hand",
        "POST /calamities/{calamity}/handovers",
        "POST /calamities/{calamity}/handovers/{sequence}/taken",
    ),
    (P.WRITE_REPORT,): (
        "GET /calamities/{calamity}/report/draft",
        "POST /calamities/{calamity}/report/draft",
    ),
    (P.WRITE_ENTRIES,): (
        "POST /calamities/{calamity}/timeline",
        "POST /calamities/{calamity}/timeline/{sequence}/corrections",
        "POST /calamities/{calamity}/matters/{kind}",
        "POST /calamities/{calamity}/matters/{kind}/{first}/versions",
        "POST /calamities/{calamity}/matters/{kind}/{first}/ending",
    ),
}
NEEDS = {route: needs for needs, routes in ROUTES.items() for route in routes}
UNBEGUN = {"/account/codes", "/account/passkeys"}
PERSON = {
    UserRole.CONTACT_PERSON: "contact1", UserRole.PROFESSIONAL: "pro1", UserRole.RESPONDER: "lei1",
}  # fmt: skip


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def app(town: Town, database_url: str, tmp_path: Path) -> Litestar:
    return make_app(database_url, tmp_path)


@pytest.fixture
async def cookies(town: Town, database: Database) -> dict[UserRole, str]:
    """A session for an account in each role."""
    made = {}
    async with database.transaction() as session:
        for role in UserRole:
            person = PERSON.get(role)
            user_id = await accounts.add_user(
                session, town.id, login=f"{role}@walk", name="Iemand", role=role,
                password_hash="x", recipient_id=town[person].id if person else None, at=T0,
            )  # fmt: skip
            made[role] = await sessions.start_session(session, user_id, now())
    return made


def pages(app: Litestar) -> set[str]:
    """Every page and button: what is not for programs, and not a file of our own."""
    others = ("/v1/", "/hooks/", "/health/", "/metrics", "/assets")
    return {
        f"{method} {path}"
        for method, path in routes(app)
        if method not in ("OPTIONS", "HEAD") and not path.startswith(others)
    }


def test_this_table_names_every_page(app: Litestar) -> None:
    assert pages(app) == set(NEEDS)


async def test_every_page_lets_in_exactly_the_roles_of_the_table(
    app: Litestar, cookies: dict[UserRole, str]
) -> None:
    async with visiting(app) as visit:
        for role, cookie in cookies.items():
            visit.client.cookies.set(COOKIE, cookie, domain="testserver.local")
            await visit.open("/help")
            token = {"x-csrftoken": visit.fields("/sign-out")["_csrf_token"][0]}
            for route, needs in NEEDS.items():
                method, path = route.split()
                if needs is OPEN:
                    continue
                filled = re.sub(r"\{(version|sequence|first|number)\}", "77", path)
                filled = re.sub(r"\{\w+\}", "nothing", filled)
                answer = await visit.client.request(
                    method, filled, headers=token, follow_redirects=False
                )
                may = needs == ANYONE or any(allows(role, each) for each in needs)
                # What was not begun cannot be ended: that too is said with 403.
                if not (path in UNBEGUN and method == "POST"):
                    assert (answer.status_code != 403) is may, (role, route, answer.status_code)
                assert answer.headers.get("location", "") != "/sign-in", (role, route)


async def test_a_stranger_is_sent_to_sign_in_from_everywhere(app: Litestar) -> None:
    async with visiting(app) as visit:
        for route, needs in NEEDS.items():
            method, path = route.split()
            if needs is not OPEN:
                filled = re.sub(r"\{\w+\}", "77", path)
                answer = await visit.client.request(method, filled, follow_redirects=False)
                assert answer.status_code == (303 if method == "GET" else 403), route


def routes(app: Litestar) -> Iterator[tuple[str, str]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            yield from ((method, route.path_format) for method in sorted(route.methods))


async def test_nobody_sees_a_key_figure_who_need_not_and_every_look_is_noted(
    app: Litestar, town: Town, database: Database, cookies: dict[UserRole, str]
) -> None:
    """Every page and call that can be read, by every role: names and numbers of key figures."""
    activation = await make_activation(database, Wakes(database), town)
    figures = town.named("kf")
    marks = [person.name for person in figures]
    for person in figures:
        marks += [person.phone, read_any_phone(person.phone).shown, person.phone[1:]]
    ids = {
        "calamity": activation.calamity_id, "calamity_id": activation.calamity_id,
        "activation_id": activation.id, "key_figure": town["kf1"].id, "person": town["kf1"].id,
        "recipient_id": town["kf1"].id, "slug": "small", "version": "1", "number": "1",
        "sequence": "1", "seq": "1", "part": "people",
    }  # fmt: skip
    seen: dict[UserRole, set[str]] = {role: set() for role in UserRole}
    async with visiting(app) as visit:
        for method, path in routes(app):
            if method != "GET" or path.startswith(("/assets", "/hooks")) or "stream" in path:
                continue
            filled = re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], "nothing"), path)
            for role, cookie in cookies.items():
                visit.client.cookies.clear()
                visit.client.cookies.set(COOKIE, cookie, domain="testserver.local")
                before = await _looks(database, town, role)
                answer = await visit.open(filled)
                assert answer.status_code != 500, (path, role)
                if any(mark in visit.text for mark in marks):
                    seen[role].add(path)
                    noted = (await _looks(database, town, role)) - before
                    assert noted == 1, f"{role} saw a key figure at {path}, and nobody noted it"
    allowed = {role for role, may in MATRIX.values() if may}
    assert {role for role, found in seen.items() if found} <= allowed, seen
    assert seen[UserRole.CONTACT_PERSON] >= {"/inbox", "/inbox/{key_figure}", "/v1/key-figures"}
    assert seen[UserRole.NETWORK_MANAGER] == {
        "/v1/key-figures", "/people/key-figures", "/people/{person}/messages",
    }  # fmt: skip


async def _looks(database: Database, town: Town, role: UserRole) -> int:
    wanted = Wanted(login=f"{role}@walk")
    async with database.reading() as session:
        found = await list_audit(session, town.id, wanted, most=10_000)
    return sum(each.line.deed in (Deed.SAW_PEOPLE, Deed.SAW_LETTERS) for each in found)


def test_every_role_of_the_field_has_an_account_and_every_account_a_role() -> None:
    assert {role for role, _ in MATRIX.values()} == set(UserRole)
    for code, (role, may) in MATRIX.items():
        knows = allows(role, P.SEE_KEY_FIGURES) or allows(role, P.READ_REPLIES)
        assert knows is may, code
    # Who keeps the network has no part in public order, and nobody keeps watch over themselves.
    assert not allows(UserRole.NETWORK_MANAGER, P.STEER)
    assert [role for role in UserRole if allows(role, P.SEE_AUDIT)] == [UserRole.PRIVACY_OFFICER]
    assert not allows(UserRole.PRIVACY_OFFICER, P.BREAK_GLASS)
