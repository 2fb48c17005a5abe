"""The JSON Schema of playbooks and blocks, for editors that help while writing."""

from typing import Any

import msgspec

from calamity.domain.playbook import Block, Language, Playbook

SCHEMA_ID = "urn:calamity:playbook:1"


def json_schema() -> dict[str, Any]:
    """Return the schema (2020-12) made from the structs.

    It helps while typing; the checker knows more rules than a schema can say.
    """
    (playbook, block), parts = msgspec.json.schema_components(
        [Playbook, Block], ref_template="#/$defs/{name}"
    )
    texts = parts["Message"]["properties"]["texts"]
    texts["required"] = ["en", "nl"]
    for_one = parts["Message"]["properties"]["for_audience"]["additionalProperties"]
    for words in (texts, for_one):
        words["propertyNames"] = {"enum": msgspec.json.schema(Language)["enum"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Calamity playbook",
        "if": {"required": ["block"]},
        "then": block,
        "else": playbook,
        "$defs": _polished(parts),
    }


def _polished(part: Any) -> Any:
    """Take out what belongs to OpenAPI, and the line breaks and marks of docstrings."""
    if isinstance(part, list):
        return [_polished(item) for item in part]
    if not isinstance(part, dict):
        return part
    polished = {name: _polished(value) for name, value in part.items() if name != "discriminator"}
    if isinstance(polished.get("description"), str):
        polished["description"] = " ".join(polished["description"].replace("*", "").split())
    return polished
