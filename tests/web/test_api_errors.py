"""What the API says when something is wrong: problems, every fault at once, no values repeated."""

from typing import Any

import httpx
import pytest

from calamity.domain.errors import Conflict, Forbidden, NotFound, Refused, Unavailable
from calamity.web.api.wire import faults_in
from calamity.web.errors import problem_of
from tests.web.api_stage import Api, new_calamity


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (NotFound("Gone."), 404, "not-found"),
        (Conflict("Later."), 409, "conflict"),
        (Refused("No."), 400, "refused"),
        (Forbidden("Not you."), 403, "forbidden"),
        (Unavailable("Down."), 503, "unavailable"),
        (RuntimeError("+31612345678"), 500, "broken"),
    ],
)
def test_each_error_has_one_status(error: Exception, status: int, kind: str) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.kind) == (status, kind)
    assert "612345678" not in str(problem)


def test_a_field_becomes_a_pointer_in_the_words_of_the_api() -> None:
    (fault,) = problem_of(Refused("Give a reason.", field="social_reason")).errors
    assert fault.pointer == "#/socialReason"


async def test_every_fault_of_a_body_is_named_at_once(api: Api) -> None:
    body = new_calamity(slug=7, tempo="fast", surprise=1, inputs={"incident": {"nl": "x" * 61}})
    body["levels"] = {"social": 9, "socialReason": "x"}
    said = await api.post("/v1/calamities", body)
    assert said.status_code == 400
    assert said.headers["Content-Type"] == "application/problem+json"
    problem = said.json()
    assert problem.keys() >= {"type", "status", "title", "detail", "errors"}
    assert {each["pointer"] for each in problem["errors"]} == {
        "#/slug", "#/tempo", "#/surprise", "#/inputs/incident", "#/levels/social",
        "#/levels/socialReason",
    }  # fmt: skip
    said_of = {each["pointer"]: each["detail"] for each in problem["errors"]}
    assert "3" in said_of["#/levels/socialReason"]


async def test_what_was_sent_is_never_repeated(api: Api) -> None:
    calamity = await api.calamity()
    secret = "0612345678"
    answers: list[httpx.Response] = [
        await api.post("/v1/calamities", new_calamity(slug=secret, inputs={"incident": secret})),
        await api.post(f"/v1/calamities/{calamity}/timeline", {"kind": secret, "text": "Iets."}),
        await api.get(f"/v1/calamities/{calamity}/timeline?kind={secret}"),
        await api.get(f"/v1/calamities/{calamity}/timeline?limit={secret}x"),
        await api.get(f"/v1/calamities/{secret}"),
        await api.client.get(f"/v1/{secret}"),
    ]
    for said in answers:
        assert said.status_code in (400, 404)
        assert secret not in said.text


async def test_query_parameters_are_named(api: Api) -> None:
    said = await api.get("/v1/calamities?limit=0")
    assert said.status_code == 400
    assert said.json()["errors"][0]["parameter"] == "limit"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"null"])
async def test_a_body_that_is_no_object_is_refused(api: Api, body: bytes) -> None:
    said = await api.ask(
        "POST", "/v1/calamities", content=body, headers={"Content-Type": "application/json"}
    )
    assert said.status_code == 400
    assert said.json()["errors"][0]["pointer"] == "#"


async def test_addresses_and_methods_that_do_not_exist_are_problems_too(api: Api) -> None:
    missing = await api.client.get("/v1/nothing")
    assert (missing.status_code, missing.headers["API-Version"]) == (404, "1.0.0")
    assert missing.headers["Content-Type"] == "application/problem+json"
    wrong = await api.client.delete("/v1/calamities")
    assert wrong.status_code == 405
    assert wrong.headers["Content-Type"] == "application/problem+json"


async def test_security_headers_stand_on_answers_and_problems(api: Api) -> None:
    for said in (await api.get("/v1/calamities"), await api.get("/v1/calamities/nothing")):
        assert said.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in said.headers["Content-Security-Policy"]
        assert said.headers["Strict-Transport-Security"].startswith("max-age=")


def test_faults_point_into_lists_and_maps() -> None:
    kind: Any = dict[str, list[int]]
    (fault,) = faults_in(kind, {"a": [1, "x"]})
    assert fault.pointer == "#/1"
    (in_list,) = faults_in(list[int], [1, "x"])
    assert in_list.pointer == "#/1"
