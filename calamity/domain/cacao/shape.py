"""The shape of a CACAO document, as far as it is read here: fields and their types."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Identifier = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9-]+[a-z0-9]--[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-"
        r"[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"
    ),
]
Milliseconds = Annotated[int, Meta(ge=0, le=10**13)]
Anything = dict[str, Any]


class Command(Struct, frozen=True):
    """Something that a step does."""

    type: str
    command: str = ""


class CacaoStep(Struct, frozen=True):
    """One step, of whatever type."""

    type: Literal[
        "start", "end", "action", "playbook-action", "parallel", "if-condition",
        "while-condition", "switch-condition",
    ]  # fmt: skip
    name: str = ""
    description: str = ""
    delay: Milliseconds = 0
    timeout: Milliseconds = 0
    on_completion: Identifier | None = None
    on_success: Identifier | None = None
    on_failure: Identifier | None = None
    on_true: Identifier | None = None
    on_false: Identifier | None = None
    next_steps: list[Identifier] = []
    cases: dict[str, Identifier] = {}
    condition: str = ""
    switch: str = ""
    commands: list[Command] = []
    agent: Identifier | None = None
    targets: list[Identifier] = []
    playbook_id: Identifier | None = None
    step_variables: dict[str, Anything] = {}
    step_extensions: dict[str, Anything] = {}


class Agent(Struct, frozen=True):
    """Who or what does something, or gets it."""

    type: str
    name: str
    description: str = ""


class Document(Struct, frozen=True):
    """The types of the fields that are read here."""

    id: Identifier
    created_by: Identifier
    name: str
    created: str
    modified: str
    workflow_start: Identifier
    workflow: dict[Identifier, CacaoStep]
    description: str = ""
    revoked: bool = False
    valid_from: str | None = None
    valid_until: str | None = None
    workflow_exception: Identifier | None = None
    agent_definitions: dict[Identifier, Agent] = {}
    target_definitions: dict[Identifier, Agent] = {}
    playbook_variables: dict[str, Anything] = {}
    playbook_extensions: dict[str, Anything] = {}
    signatures: list[Anything] = []
