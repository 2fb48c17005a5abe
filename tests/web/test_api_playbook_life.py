"""Drafts, withdrawals, comparisons, bundles and keys through the API."""

from typing import Any

from calamity.domain.playbook_check import canonical
from tests.make import make_playbook
from tests.web.api_stage import Api

V1 = "/v1/playbooks/small/versions/1"
ZIP = {"headers": {"Content-Type": "application/zip"}}


async def begun(api: Api, **body: Any) -> dict[str, Any]:
    made = await api.post("/v1/playbook-drafts", body)
    assert made.status_code == 201, made.text
    draft: dict[str, Any] = made.json()
    assert made.headers["Location"] == f"/v1/playbook-drafts/{draft['id']}"
    return draft


async def put(api: Api, draft: dict[str, Any], source: str, as_: str = "coordinator") -> Any:
    body = {"revision": draft["revision"], "source": source}
    return await api.ask("PUT", f"/v1/playbook-drafts/{draft['id']}", as_, json=body)


async def test_a_draft_is_edited_by_two_and_submitted_once(api: Api) -> None:
    draft = await begun(api, slug="new-plan")
    place = f"/v1/playbook-drafts/{draft['id']}"
    assert (await api.get(place)).json()["faults"] == []
    broken = await put(api, draft, draft["source"].replace("role: LEI", "role: NONE"))
    assert broken.json()["draft"]["revision"] == 2
    assert broken.json()["faults"][0]["messageNl"]
    lost = await put(api, draft, "mine", as_="second")
    assert lost.status_code == 409
    assert "token:coordinator saved this draft" in lost.json()["detail"]
    assert (await api.post(f"{place}/submit", {"revision": 2})).status_code == 400
    sound = (await put(api, broken.json()["draft"], draft["source"])).json()["draft"]
    done = await api.post(f"{place}/submit", {"revision": sound["revision"]})
    assert (done.status_code, done.json()["state"]) == (201, "submitted")
    assert (await api.get("/v1/playbook-drafts")).json()["drafts"] == []


async def test_a_draft_from_a_version_is_thrown_away(api: Api) -> None:
    draft = await begun(api, slug="small", version=1)
    place = f"/v1/playbook-drafts/{draft['id']}"
    assert (await api.ask("DELETE", f"{place}?revision=2")).status_code == 409
    assert (await api.ask("DELETE", f"{place}?revision=1")).status_code == 204
    assert (await api.get(place)).status_code == 404
    assert (await api.post("/v1/playbook-drafts", {})).status_code == 400


async def test_a_revoked_version_is_not_activated_and_says_why(api: Api) -> None:
    calamity = await api.calamity()
    (use,) = (await api.get(f"{V1}/activations")).json()["activations"]
    assert (use["calamityId"], use["activatedBy"]) == (calamity, "token:coordinator")
    said = await api.post(f"{V1}/revoke", {"reason": "Er staat een fout in."}, "official")
    assert said.json()["state"] == "revoked"
    assert said.json()["revoked"]["reason"] == "Er staat een fout in."
    body = {"slug": "small", "requestKey": "request-2", "title": "Aanslag",
            "inputs": {"incident": {"nl": "een aanslag"}},
            "levels": {"social": 1, "socialReason": "Onrust."}}  # fmt: skip
    refused = await api.post("/v1/calamities", body)
    assert refused.status_code == 409
    assert "Er staat een fout in." in refused.json()["detail"]


async def test_a_retired_version_is_activated_by_who_confirms_it(api: Api) -> None:
    assert (await api.post(f"{V1}/retire", {"reason": "Te oud."})).json()["state"] == "retired"
    calamity = await api.calamity(version=1, althoughRetired=True)
    assert calamity


async def test_versions_are_compared_in_words(api: Api) -> None:
    source = canonical(make_playbook(version=2, valid_months=12))
    yaml = {"headers": {"Content-Type": "application/yaml"}}
    await api.ask("POST", "/v1/playbooks", content=source, **yaml)
    said = await api.get("/v1/playbooks/small/versions/2/changes?since=1")
    (change,) = said.json()["changes"]
    assert change["en"] == ("the playbook: The playbook is now valid for 12 instead of 24 months.")
    assert change["before"] == {"nl": "24", "en": "24"}


async def test_a_bundle_goes_to_another_municipality_and_comes_back_changed(api: Api) -> None:
    data = (await api.get("/v1/playbook-bundle?slug=small")).content
    own = (await api.get("/v1/trusted-keys", "administrator")).json()
    look = (
        await api.ask("POST", "/v1/playbook-bundle/look", "elsewhere", content=data, **ZIP)
    ).json()
    assert look["signer"]["fingerprint"] == own["fingerprint"]
    assert look["signer"]["trustedAs"] is None
    (incoming,) = look["playbooks"]
    assert incoming["standing"] == "same"

    other = canonical(make_playbook(valid_months=12, review_days=7))
    seen = await api.ask("POST", "/v1/playbook-bundle", content=other, **ZIP)
    (brought,) = seen.json()["playbooks"]
    assert (seen.status_code, brought["became"]) == (201, "merge")
    (imported,) = (await api.get("/v1/playbook-imports")).json()["imports"]
    assert imported["id"] == brought["importId"]
    place = f"/v1/playbook-imports/{imported['id']}"
    found = (await api.get(f"{place}/differences")).json()
    assert (found["hasBase"], found["ours"]) == (False, 1)
    parts = {each["part"] for each in found["differences"]}
    assert parts == {"playbook/valid_months", "playbook/review_days"}
    refused = await api.post(f"{place}/merge", {"choices": {}})
    assert (refused.status_code, "review_days" in refused.text) == (400, True)
    choices = {"playbook/valid_months": "theirs", "playbook/review_days": "ours"}
    made = await api.post(f"{place}/merge", {"choices": choices})
    assert made.status_code == 201
    draft = (await api.get(f"/v1/playbook-drafts/{made.json()['draftId']}")).json()
    assert [each for each in draft["faults"] if each["severity"] == "error"] == []
    assert "valid_months: 12" in draft["draft"]["source"]


async def test_a_bundle_of_an_unknown_key_waits_for_a_confirmation(api: Api) -> None:
    source = canonical(make_playbook(slug="other"))
    yaml = {"headers": {"Content-Type": "application/yaml"}}
    await api.ask("POST", "/v1/playbooks", content=source, **yaml)
    data = (await api.get("/v1/playbook-bundle?slug=other")).content
    refused = await api.ask("POST", "/v1/playbook-bundle", "elsewhere", content=data, **ZIP)
    assert refused.status_code == 409
    query = "/v1/playbook-bundle?althoughUntrusted=true&submit=true"
    done = await api.ask("POST", query, "elsewhere", content=data, **ZIP)
    assert done.json()["playbooks"][0]["became"] == "submitted"


async def test_a_broken_bundle_is_refused(api: Api) -> None:
    data = (await api.get("/v1/playbook-bundle")).content
    said = await api.ask("POST", "/v1/playbook-bundle", content=data[:-30], **ZIP)
    assert said.status_code == 400
    assert "not a bundle" in said.json()["detail"]


async def test_keys_are_trusted_and_withdrawn(api: Api) -> None:
    body = {"name": "Bergen", "fingerprint": "ab" * 32}
    made = await api.post("/v1/trusted-keys", body, "administrator")
    assert made.status_code == 201
    key_id = made.json()["id"]
    assert (await api.post("/v1/trusted-keys", body, "administrator")).status_code == 409
    gone = await api.post(f"/v1/trusted-keys/{key_id}/withdraw", as_="administrator")
    assert gone.status_code == 204
    (key,) = (await api.get("/v1/trusted-keys", "administrator")).json()["trusted"]
    assert key["withdrawnAt"] is not None
