"""Who may do what through the API: deny by default, and municipalities strictly apart."""

import re

import pytest
from litestar.routes import HTTPRoute

from calamity.domain.permissions import Actor, Permission, UserRole, allows
from calamity.store import sessions
from calamity.web.auth import COOKIE
from calamity.web.house import now
from tests.make import PASSWORD
from tests.web.api_stage import Api, new_calamity

P = Permission
CALAMITY = "/v1/calamities/{calamity_id}"
NEEDS: dict[tuple[str, str], tuple[Permission, ...]] = {
    ("GET", "/v1/calamities"): (P.SEE_CALAMITIES,),
    ("POST", "/v1/calamities"): (P.ACTIVATE,),
    ("POST", "/v1/calamities/plan"): (P.ACTIVATE,),
    ("GET", CALAMITY): (P.SEE_CALAMITIES,),
    ("POST", f"{CALAMITY}/levels"): (P.STEER,),
    ("POST", f"{CALAMITY}/phase"): (P.STEER,),
    ("POST", f"{CALAMITY}/close"): (P.STEER,),
    ("GET", f"{CALAMITY}/watch"): (P.STEER,),
    ("POST", f"{CALAMITY}/watch/end"): (P.STEER,),
    ("POST", f"{CALAMITY}/watch/stand-down"): (P.STEER,),
    ("GET", f"{CALAMITY}/activations"): (P.SEE_CALAMITIES,),
    ("POST", f"{CALAMITY}/activations"): (P.ACTIVATE,),
    ("GET", f"{CALAMITY}/activations/{{activation_id}}"): (P.SEE_CALAMITIES,),
    ("GET", f"{CALAMITY}/timeline"): (P.SEE_TIMELINE,),
    ("POST", f"{CALAMITY}/timeline"): (P.WRITE_ENTRIES,),
    ("GET", f"{CALAMITY}/timeline/{{seq}}"): (P.SEE_TIMELINE,),
    ("GET", f"{CALAMITY}/timeline/{{seq}}/file"): (P.SEE_TIMELINE,),
    ("POST", f"{CALAMITY}/attachments"): (P.ATTACH,),
    ("POST", f"{CALAMITY}/timeline/{{seq}}/corrections"): (P.WRITE_ENTRIES,),
    ("POST", f"{CALAMITY}/timeline/{{seq}}/erasures"): (P.ERASE,),
    ("POST", f"{CALAMITY}/summaries"): (P.STEER,),
    ("GET", f"{CALAMITY}/timeline/export"): (P.EXPORT_TIMELINE,),
    ("GET", f"{CALAMITY}/timeline/verification"): (P.SEE_TIMELINE,),
    ("GET", f"{CALAMITY}/matters"): (P.SEE_TIMELINE,),
    ("POST", f"{CALAMITY}/matters/{{first}}/versions"): (P.WRITE_ENTRIES,),
    ("POST", f"{CALAMITY}/matters/{{first}}/ending"): (P.WRITE_ENTRIES,),
    ("POST", f"{CALAMITY}/tellings/plan"): (P.STEER,),
    ("POST", f"{CALAMITY}/tellings"): (P.STEER,),
    ("GET", f"{CALAMITY}/handovers"): (P.SEE_ROOM,),
    ("POST", f"{CALAMITY}/handovers"): (P.WORK_TASKS,),
    ("POST", f"{CALAMITY}/handovers/{{seq}}/taken"): (P.WORK_TASKS,),
    ("GET", f"{CALAMITY}/update-requests"): (P.SEE_OFFICIALS_PAGE,),
    ("POST", f"{CALAMITY}/update-requests"): (P.REQUEST_UPDATE,),
    ("POST", f"{CALAMITY}/update-requests/{{seq}}/answer"): (P.STEER,),
    ("GET", f"{CALAMITY}/call-outs"): (P.SEE_ROOM,),
    (
        "POST",
        f"{CALAMITY}/call-outs/{{call_out_id}}/ladders/{{ladder_id}}/acknowledgement",
    ): (P.STEER,),
    ("POST", f"{CALAMITY}/call-outs/{{call_out_id}}/stop"): (P.STEER,),
    ("GET", f"{CALAMITY}/dispatches"): (P.SEE_ROOM,),
    ("GET", f"{CALAMITY}/messages"): (P.SEE_ROOM,),
    ("GET", f"{CALAMITY}/messages/held"): (P.STEER,),
    ("POST", f"{CALAMITY}/messages/{{message_id}}/send-again"): (P.STEER,),
    ("POST", f"{CALAMITY}/messages/{{message_id}}/leave"): (P.STEER,),
    ("GET", f"{CALAMITY}/rounds"): (P.SEE_CALAMITIES,),
    ("POST", f"{CALAMITY}/rounds"): (P.STEER,),
    ("POST", f"{CALAMITY}/rounds/{{round_id}}/close"): (P.STEER,),
    ("GET", f"{CALAMITY}/rounds/{{round_id}}/picture"): (P.SEE_TIMELINE,),
    ("GET", f"{CALAMITY}/tasks"): (P.SEE_ROOM,),
    ("POST", f"{CALAMITY}/tasks/{{task_id}}/start"): (P.STEER,),
    ("POST", f"{CALAMITY}/tasks/{{task_id}}/done"): (P.WORK_TASKS,),
    ("POST", f"{CALAMITY}/tasks/{{task_id}}/skip"): (P.WORK_TASKS,),
    ("POST", f"{CALAMITY}/tasks/{{task_id}}/hand"): (P.WORK_TASKS,),
    ("GET", f"{CALAMITY}/report"): (P.SEE_TIMELINE,),
    ("GET", f"{CALAMITY}/reports"): (P.SEE_TIMELINE,),
    ("POST", f"{CALAMITY}/reports"): (P.RELEASE_REPORT,),
    ("GET", f"{CALAMITY}/reports/{{number}}"): (P.SEE_TIMELINE,),
    ("GET", f"{CALAMITY}/reports/{{number}}/files/{{form}}"): (P.SEE_TIMELINE,),
    ("GET", f"{CALAMITY}/report-draft"): (P.WRITE_REPORT,),
    ("PUT", f"{CALAMITY}/report-draft"): (P.WRITE_REPORT,),
    ("GET", "/v1/playbooks"): (P.SEE_PLAYBOOKS,),
    ("POST", "/v1/playbooks"): (P.PUBLISH,),
    ("GET", "/v1/blocks"): (P.SEE_PLAYBOOKS,),
    ("POST", "/v1/blocks"): (P.PUBLISH,),
    ("GET", "/v1/blocks/{slug}/versions/{number}/changes"): (P.SEE_PLAYBOOKS,),
    ("POST", "/v1/blocks/{slug}/versions/{number}/approve"): (P.APPROVE,),
    ("POST", "/v1/blocks/{slug}/versions/{number}/retire"): (P.APPROVE,),
    ("POST", "/v1/blocks/{slug}/versions/{number}/revoke"): (P.APPROVE,),
    ("GET", "/v1/playbooks/{slug}/versions/{number}"): (P.SEE_PLAYBOOKS,),
    ("GET", "/v1/playbooks/{slug}/versions/{number}/document"): (P.SEE_PLAYBOOKS,),
    ("POST", "/v1/playbooks/{slug}/versions/{number}/approve"): (P.APPROVE,),
    ("POST", "/v1/playbooks/{slug}/versions/{number}/retire"): (P.APPROVE,),
    ("POST", "/v1/playbooks/{slug}/versions/{number}/revoke"): (P.APPROVE,),
    ("GET", "/v1/playbooks/{slug}/versions/{number}/activations"): (P.SEE_CALAMITIES,),
    ("GET", "/v1/playbooks/{slug}/versions/{number}/changes"): (P.SEE_PLAYBOOKS,),
    ("GET", "/v1/playbook-drafts"): (P.PUBLISH,),
    ("POST", "/v1/playbook-drafts"): (P.PUBLISH,),
    ("GET", "/v1/playbook-drafts/{draft_id}"): (P.PUBLISH,),
    ("PUT", "/v1/playbook-drafts/{draft_id}"): (P.PUBLISH,),
    ("DELETE", "/v1/playbook-drafts/{draft_id}"): (P.PUBLISH,),
    ("POST", "/v1/playbook-drafts/{draft_id}/submit"): (P.PUBLISH,),
    ("GET", "/v1/playbook-bundle"): (P.SEE_PLAYBOOKS,),
    ("POST", "/v1/playbook-bundle"): (P.PUBLISH,),
    ("POST", "/v1/playbook-bundle/look"): (P.PUBLISH,),
    ("GET", "/v1/playbook-imports"): (P.PUBLISH,),
    ("GET", "/v1/playbook-imports/{import_id}/differences"): (P.PUBLISH,),
    ("POST", "/v1/playbook-imports/{import_id}/merge"): (P.PUBLISH,),
    ("GET", "/v1/trusted-keys"): (P.TRUST_KEYS,),
    ("POST", "/v1/trusted-keys"): (P.TRUST_KEYS,),
    ("POST", "/v1/trusted-keys/{key_id}/withdraw"): (P.TRUST_KEYS,),
    ("POST", "/v1/playbooks/{slug}/versions/{number}/rehearsals"): (P.SEE_PLAYBOOKS,),
    ("POST", "/v1/rehearsals"): (P.PUBLISH,),
    ("GET", "/v1/playbooks/{slug}/versions/{number}/cacao"): (P.SEE_PLAYBOOKS,),
    ("GET", "/v1/playbooks/{slug}/versions/{number}/preview"): (P.SEE_PLAYBOOKS,),
    ("POST", "/v1/calamities/proposal"): (P.ACTIVATE,),
    ("POST", "/v1/calamities/{calamity_id}/review"): (P.STEER,),
    ("GET", "/v1/neighbourhoods"): (P.SEE_NEIGHBOURHOODS,),
    ("POST", "/v1/neighbourhoods"): (P.IMPORT,),
    ("GET", "/v1/key-figures"): (P.SEE_KEY_FIGURES, P.READ_REPLIES),
    ("POST", "/v1/key-figures/{recipient_id}/messages"): (P.READ_REPLIES, P.WRITE_AS_SECOND),
    ("GET", "/v1/responders"): (P.SEE_PEOPLE,),
    ("GET", "/v1/people"): (P.SEE_PEOPLE,),
    ("POST", "/v1/people"): (P.IMPORT,),
    ("PATCH", "/v1/people/{recipient_id}"): (P.IMPORT, P.READ_REPLIES),
    ("POST", "/v1/people/{recipient_id}/check-stop"): (P.IMPORT, P.READ_REPLIES),
    ("GET", "/v1/replies"): (P.READ_REPLIES, P.STEER),
    ("GET", "/v1/replies/unknown-numbers"): (P.SEE_UNKNOWN_NUMBERS,),
    ("POST", "/v1/replies/{reply_id}/handle"): (
        P.READ_REPLIES,
        P.STEER,
        P.SEE_UNKNOWN_NUMBERS,
    ),
    ("GET", "/v1/quarantine"): (P.SEE_QUARANTINE,),
    ("POST", "/v1/quarantine/{line_id}/handle"): (P.SEE_QUARANTINE,),
    ("GET", "/v1/check-ins"): (P.CHECK_IN,),
    ("POST", "/v1/check-ins/{round_id}"): (P.CHECK_IN,),
    ("POST", "/v1/calendar-link"): (P.SEE_CALAMITIES, P.CHECK_IN),
    ("DELETE", "/v1/calendar-link"): (P.SEE_CALAMITIES, P.CHECK_IN),
    ("GET", "/v1/users"): (P.MANAGE_ACCOUNTS,),
    ("POST", "/v1/users"): (P.MANAGE_ACCOUNTS,),
    ("POST", "/v1/users/{user_id}/disable"): (P.MANAGE_ACCOUNTS,),
    ("GET", "/v1/tokens"): (P.MANAGE_ACCOUNTS,),
    ("POST", "/v1/tokens"): (P.MANAGE_ACCOUNTS,),
    ("POST", "/v1/tokens/{token_id}/revoke"): (P.MANAGE_ACCOUNTS,),
}
SPEAKER = {UserRole.CONTACT_PERSON: "contact1", UserRole.PROFESSIONAL: "pro1"}


def _filled(path: str, calamity: str = "nothing") -> str:
    path = path.replace("{calamity_id}", calamity)
    path = path.replace("{seq}", "1").replace("{first}", "1").replace("{number}", "77")
    path = path.replace("{form}", "pdf")
    return re.sub(r"\{\w+\}", "nothing", path)


def test_this_table_names_every_route(api: Api) -> None:
    routes = {
        (method, route.path_format)
        for route in api.app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"OPTIONS"}
    }
    assert routes - {("GET", "/v1/openapi.json")} == set(NEEDS)


async def test_every_route_lets_in_exactly_the_roles_of_the_table(api: Api) -> None:
    for role in UserRole:
        actor = Actor(api.town.id, "someone", role)
        for (method, path), permissions in NEEDS.items():
            body = {"json": {}} if method == "POST" else {}
            said = await api.ask(method, _filled(path), SPEAKER.get(role, role), **body)
            may = any(actor.may(permission) for permission in permissions)
            assert said.status_code != 401, (role, method, path)
            assert (said.status_code != 403) is may, (role, method, path, said.text)


async def test_a_stranger_gets_nothing_anywhere(api: Api) -> None:
    for method, path in NEEDS:
        for headers in (
            {},
            {"Authorization": "Bearer cal_made-up"},
            {"Authorization": "Basic eA=="},
        ):
            said = await api.ask(method, _filled(path), None, headers=headers)
            assert said.status_code == 401, (method, path)
            assert said.headers["WWW-Authenticate"].startswith("Bearer")
            assert said.json()["type"] == "urn:calamity:problem:not-signed-in"


@pytest.fixture
async def cookie(api: Api) -> str:
    async with api.house.database.transaction() as session:
        user_id = api.town.coordinator.user_id
        assert user_id is not None
        return await sessions.start_session(session, user_id, now())


async def test_a_cookie_may_read_but_never_write(api: Api, cookie: str) -> None:
    headers = {"Cookie": f"__Host-{COOKIE}={cookie}"}
    assert (await api.get("/v1/calamities", None, headers=headers)).status_code == 200
    said = await api.post("/v1/calamities", new_calamity(), None, headers=headers)
    assert said.status_code == 403
    assert (await api.get("/v1/calamities")).json()["calamities"] == []


async def test_a_header_that_is_no_token_does_not_let_a_cookie_write(api: Api, cookie: str) -> None:
    headers = {"Cookie": f"__Host-{COOKIE}={cookie}", "Authorization": "Basic eA=="}
    said = await api.post("/v1/calamities", new_calamity(), None, headers=headers)
    assert said.status_code in (401, 403)


async def test_a_revoked_token_opens_nothing(api: Api) -> None:
    made = await api.post("/v1/tokens", {"name": "report", "role": "official"}, "administrator")
    assert made.status_code == 201
    api.tokens["new"] = made.json()["token"]
    assert (await api.get("/v1/calamities", "new")).status_code == 200
    listed = (await api.get("/v1/tokens", "administrator")).json()["tokens"]
    assert made.json()["token"] not in str(listed)
    token_id = next(each["id"] for each in listed if each["name"] == "report")
    assert (await api.post(f"/v1/tokens/{token_id}/revoke", as_="administrator")).status_code == 204
    assert (await api.get("/v1/calamities", "new")).status_code == 401


async def test_a_token_in_the_name_of_an_account_ends_with_it(api: Api) -> None:
    made = await api.post(
        "/v1/users",
        {"login": "new@oeverlanden", "name": "Nieuw", "role": "official", "password": PASSWORD},
        "administrator",
    )
    assert made.status_code == 201, made.text
    user = made.json()["id"]
    token = await api.post("/v1/tokens", {"name": "mine", "userId": user}, "administrator")
    api.tokens["mine"] = token.json()["token"]
    assert (await api.get("/v1/calamities", "mine")).status_code == 200
    assert (await api.post(f"/v1/users/{user}/disable", as_="administrator")).status_code == 204
    assert (await api.get("/v1/calamities", "mine")).status_code == 401


async def test_another_municipality_finds_nothing_of_ours(api: Api) -> None:
    calamity = await api.calamity()
    tasks = (await api.get(f"/v1/calamities/{calamity}/tasks")).json()["tasks"]
    rosters = (await api.get(f"/v1/calamities/{calamity}/call-outs")).json()["callOuts"]
    ids = {
        "calamity_id": calamity,
        "task_id": tasks[0]["id"],
        "call_out_id": rosters[0]["id"],
        "ladder_id": rosters[0]["lines"][0]["ladderId"],
        "seq": "1",
        "first": "1",
        "number": "1",
        "form": "pdf",
    }
    bodies = {
        "levels": {"kind": "social", "value": 2, "reason": "Onrust."},
        "phase": {"phase": "after", "reason": "Rustiger."},
        "close": {"reason": "Voorbij."},
        "review": {"reason": "Nog onrust."},
        "end": {"reason": "Zeker."},
        "stand-down": {"reason": "Loos."},
        "activations": new_calamity("request-2"),
        "timeline": {"kind": "fact", "text": "Iets."},
        "corrections": {"text": "Iets anders."},
        "erasures": {"ground": "Verzoek."},
        "summaries": {"sentences": ["Rustig."]},
        "acknowledgement": {"answer": "coming"},
        "done": {"note": "Gedaan."},
        "skip": {"reason": "Niet nodig."},
        "hand": {"role": "COM"},
        "reports": {"revision": 1},
        "report-draft": {"revision": 0, "texts": {}},
        "rounds": {"audiences": ["friends"]},
        "versions": {"version": 1, "text": "Iets anders."},
        "ending": {"version": 1, "outcome": "withdrawn", "reason": "Weg."},
        "plan": {"loopBack": True, "texts": {"nl": "Dank."}},
        "tellings": {"loopBack": True, "texts": {"nl": "Dank."}},
        "handovers": {"role": "LEI", "text": "Alles loopt."},
        "update-requests": {"words": "Zijn de scholen open?"},
        "answer": {"text": "Ja."},
    }
    walked = 0
    for (method, path), needs in NEEDS.items():
        if "{calamity_id}" not in path:
            continue
        # Nearly everything is open to coordinators; what only officials do, officials try.
        may = any(allows(UserRole.COORDINATOR, each) for each in needs)
        who = "elsewhere" if may else "official elsewhere"
        filled = re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], "nothing"), path)
        body = {"json": bodies.get(path.rsplit("/", 1)[1], {})} if method in ("POST", "PUT") else {}
        said = await api.ask(method, filled, who, **body)
        assert said.status_code == 404, (method, path, said.text)
        assert calamity not in said.text
        walked += 1
    assert walked > 20
    assert (await api.get("/v1/calamities", "elsewhere")).json()["calamities"] == []
    assert (await api.get(f"/v1/calamities/{calamity}")).json()["socialLevel"] == 1
