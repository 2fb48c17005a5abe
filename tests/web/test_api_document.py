"""The OpenAPI document is sound, public, and says what the API does."""

import re

from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.web.api_stage import Api


async def test_the_document_is_valid_openapi_31(api: Api) -> None:
    OpenAPIV31SpecValidator(api.document).validate()
    assert api.document["openapi"].startswith("3.1")
    assert api.document["info"]["contact"].keys() >= {"name", "email", "url"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", api.document["info"]["version"])


async def test_the_document_is_open_to_every_origin(api: Api) -> None:
    said = await api.client.get("/v1/openapi.json")
    assert said.status_code == 200
    assert said.headers["Access-Control-Allow-Origin"] == "*"
    assert "cdn" not in said.text


async def test_every_operation_has_a_summary_and_tells_of_problems(api: Api) -> None:
    for path, item in api.document["paths"].items():
        for method, operation in item.items():
            assert operation["description"], (path, method)
            problem = operation["responses"]["default"]["content"]
            assert list(problem) == ["application/problem+json"]


async def test_paths_and_names_follow_the_design_rules(api: Api) -> None:
    for path, item in api.document["paths"].items():
        fixed = re.sub(r"\{[a-z_]+\}", "x", path)
        assert re.fullmatch(r"/v1(/[a-z][a-z0-9-]*)+", fixed), path
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "query":
                    assert re.fullmatch(r"[a-z][a-zA-Z0-9]*", parameter["name"])
    for name, schema in api.document["components"]["schemas"].items():
        for property_name in schema.get("properties", {}):
            assert re.fullmatch(r"[a-z][a-zA-Z0-9]*", property_name), (name, property_name)
