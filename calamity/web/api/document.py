"""The OpenAPI document: what the API promises, readable by everyone."""

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    Contact,
    License,
    OpenAPIMediaType,
    Operation,
    RequestBody,
    Schema,
    SecurityScheme,
    Server,
)
from litestar.openapi.spec.enums import OpenAPIType
from litestar.types import ControllerRouterHandler

from calamity.web.errors import API_VERSION, MEDIA_TYPE

PREFIX = "/v1"
_BEARER = "bearer"
_READ_ONLY_NOTE = """\
Playbooks for the social side of a calamity. Every request carries a bearer token; a session cookie
may read, never write. Times are answered in UTC. Names in a playbook's document and in the body of
a timeline entry are as they were stored, for hashes stand over them."""
_PROBLEM = {
    "type": "object",
    "description": "A problem (RFC 9457), with every fault under errors.",
    "required": ["type", "status", "title", "detail"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "detail": {"type": "string"},
                    "pointer": {"type": "string"},
                    "parameter": {"type": "string"},
                    "line": {"type": "integer"},
                    "column": {"type": ["string", "integer"]},
                    "severity": {"enum": ["error", "warning"]},
                },
            },
        },
    },
}


def takes(media_type: str, description: str, schema: Schema | None = None) -> type[Operation]:
    """Return an operation that documents a body which the handler reads by itself."""

    @dataclass
    class Takes(Operation):
        def __post_init__(self) -> None:
            body = OpenAPIMediaType(schema=schema or Schema(type=OpenAPIType.STRING))
            self.request_body = RequestBody(
                required=True, description=description, content={media_type: body}
            )

    return Takes


class _Unserved(Router):
    """Takes the pages that Litestar would make of the document, which load scripts of others."""

    def register(self, value: ControllerRouterHandler) -> list[Any]:
        """Register nothing."""
        return []


def openapi_config() -> OpenAPIConfig:
    """Return what the document says of the API as a whole."""
    return OpenAPIConfig(
        title="Calamity",
        version=API_VERSION,
        description=_READ_ONLY_NOTE,
        contact=Contact(
            name="Calamity", email="calamity@example.org", url="https://calamity.example.org"
        ),
        license=License(name="EUPL-1.2", identifier="EUPL-1.2"),
        servers=[Server(url="/")],
        security=[{_BEARER: []}],
        components=Components(
            security_schemes={
                _BEARER: SecurityScheme(
                    type="http", scheme="bearer", description="calamity token create --help"
                )
            }
        ),
        use_handler_docstrings=True,
        render_plugins=[JsonRenderPlugin()],
        openapi_router=_Unserved(PREFIX, route_handlers=[]),
    )


def document_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the document for outsiders: the API alone, with problems as they really are."""
    paths = {path: item for path, item in schema["paths"].items() if path.startswith(f"{PREFIX}/")}
    problem = {
        "description": "A problem.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        "headers": {"API-Version": {"schema": {"type": "string"}}},
    }
    for item in paths.values():
        for operation in item.values():
            responses = operation["responses"]
            kept = {code: said for code, said in responses.items() if code.startswith("2")}
            operation["responses"] = kept | {"default": problem}
    components = schema["components"]
    schemas = components["schemas"] | {"Problem": _PROBLEM}
    return schema | {"paths": paths, "components": components | {"schemas": schemas}}


@get("/openapi.json", include_in_schema=False, name="api.document")
async def document(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return the OpenAPI document, to everyone and to scripts of every origin."""
    state = request.app.state
    if "openapi_document" not in state:
        schema = msgspec.json.decode(msgspec.json.encode(request.app.openapi_schema.to_schema()))
        state.openapi_document = msgspec.json.encode(document_of(schema))
    return Response(
        state.openapi_document,
        media_type="application/vnd.oai.openapi+json",
        headers={
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "API-Version": API_VERSION,
        },
    )
