"""What a CACAO document must be, beyond its schema, before any of it is used here.

The published schemas accept all of what is refused here: steps that lead nowhere, two ways out of
one step, loops without an end, versions that cannot be told apart, people's contact details.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from msgspec import Struct, ValidationError, convert

from calamity.domain.cacao.conditions import variables_used
from calamity.domain.cacao.shape import Document
from calamity.domain.cacao.terms import SPEC_VERSION, Object

MOST_STEPS: Final = 500
_DEEPEST: Final = 40
_FIELDS: Final = frozenset(
    {
        "type", "spec_version", "id", "name", "description", "playbook_types",
        "playbook_activities", "playbook_processing_summary", "created_by", "created", "modified",
        "revoked", "valid_from", "valid_until", "derived_from", "related_to", "priority",
        "severity", "impact", "industry_sectors", "labels", "external_references", "markings",
        "playbook_variables", "workflow_start", "workflow_exception", "workflow",
        "playbook_extensions", "authentication_info_definitions", "agent_definitions",
        "target_definitions", "extension_definitions", "data_marking_definitions", "signatures",
    }
)  # fmt: skip
_ENDS: Final = ("on_completion", "on_success", "on_failure", "on_true", "on_false")


class CacaoFault(Struct, frozen=True, forbid_unknown_fields=True):
    """Something for which a document is refused; *where* is a field or a step."""

    where: str
    rule: str
    en: str
    nl: str


_WORDS: Final[dict[str, tuple[str, str]]] = {
    "not-cacao": (
        "This is no CACAO 2.0 playbook.",
        "Dit is geen CACAO 2.0-draaiboek.",
    ),
    "wrong-type": (
        "This field is missing or holds something else than the standard says.",
        "Dit veld ontbreekt of bevat iets anders dan de standaard zegt.",
    ),
    "unknown-field": (
        "The standard knows no such field here.",
        "De standaard kent hier geen veld met deze naam.",
    ),
    "too-deep": ("The document is nested too deeply.", "Het document is te diep genest."),
    "too-large": (
        "The document is larger than 2 MB. Ask the author for a smaller one.",
        "Het document is groter dan 2 MB. Vraag de maker om een kleiner document.",
    ),
    "too-many-steps": (
        "The document has more than 500 steps.",
        "Het document heeft meer dan 500 stappen.",
    ),
    "no-milliseconds": (
        "This moment is not given in UTC to the millisecond.",
        "Dit tijdstip staat er niet in UTC tot op de milliseconde.",
    ),
    "modified-before-created": (
        "This version was changed before the playbook was made.",
        "Deze versie is gewijzigd voordat het draaiboek er was.",
    ),
    "revoked": (
        "The author has withdrawn this playbook. It is not to be used.",
        "De maker heeft dit draaiboek ingetrokken. Gebruik het niet.",
    ),
    "not-valid-now": (
        "The time for which the author meant this playbook is over, or has yet to come.",
        "De tijd waarvoor de maker dit draaiboek bedoelde, is voorbij of begint nog.",
    ),
    "dangling": (
        "This leads to a step that is not in the document.",
        "Dit leidt naar een stap die niet in het document staat.",
    ),
    "two-ways-out": (
        "A step goes on by on_completion, or by on_success and on_failure, never both.",
        "Een stap gaat verder met on_completion, of met on_success en on_failure, niet allebei.",
    ),
    "shared-end": (
        "Two branches come out at the same end; each needs its own.",
        "Twee takken komen uit bij hetzelfde einde; elke tak heeft een eigen einde nodig.",
    ),
    "no-start": (
        "The workflow does not begin with a start step.",
        "De stappen beginnen niet met een startstap.",
    ),
    "unreachable": ("No other step leads here.", "Geen andere stap leidt hierheen."),
    "loop": (
        "The steps come round to this one again, without a condition that ends it.",
        "De stappen komen hier weer uit, zonder voorwaarde die dat stopt.",
    ),
    "unknown-agent": (
        "This agent or target is not defined in the document.",
        "Deze uitvoerder of ontvanger staat niet in het document beschreven.",
    ),
    "unknown-variable": (
        "This variable is used, and not declared.",
        "Deze variabele wordt gebruikt, maar staat nergens beschreven.",
    ),
    "calls-itself": (
        "The playbook calls itself.",
        "Het draaiboek roept zichzelf aan.",
    ),
    "contact": (
        "The document holds contact details. A playbook holds roles, never people: ask the author "
        "for one without them.",
        "Het document bevat contactgegevens. In een draaiboek staan rollen, nooit mensen: vraag "
        "de maker om een versie zonder die gegevens.",
    ),
    "secrets": (
        "The document holds ways to sign in somewhere. Ask the author for one without them.",
        "Het document bevat inloggegevens. Vraag de maker om een versie zonder die gegevens.",
    ),
}


def check_cacao(document: Any, at: datetime) -> list[CacaoFault]:
    """Return every reason for which a document that was read is refused; none when it is sound."""
    if not isinstance(document, dict) or document.get("spec_version") != SPEC_VERSION:
        return [fault("not-cacao", "spec_version")]
    if document.get("type") != "playbook":
        return [fault("not-cacao", "type")]
    faults = list(_shape(document))
    if not faults:
        faults += _times(document, at)
        faults += _personal(document)
        faults += _Walk(document).faults()
    return faults


def fault(rule: str, where: str) -> CacaoFault:
    """Return a fault in words."""
    en, nl = _WORDS[rule]
    return CacaoFault(where[:120], rule, en, nl)


def _shape(document: Object) -> Iterator[CacaoFault]:
    if _depth(document) > _DEEPEST:
        yield fault("too-deep", "")
        return
    for name in sorted(set(document) - _FIELDS):
        yield fault("unknown-field", name)
    try:
        read = convert(document, Document, strict=True)
    except ValidationError as error:
        # The rest of the message may quote the document.
        yield fault("wrong-type", str(error).rpartition("$.")[2].rstrip("`"))
        return
    if len(read.workflow) > MOST_STEPS:
        yield fault("too-many-steps", "workflow")
    for name, step in read.workflow.items():
        if not name.startswith(f"{step.type}--"):
            yield fault("wrong-type", f"workflow.{name}")


def _depth(part: Any) -> int:
    """Return how deep a document is nested; it stops where that is too deep."""
    level, deep = [part], 0
    while level and deep <= _DEEPEST:
        inner: list[Any] = []
        for each in level:
            inner += each.values() if isinstance(each, dict) else each
        level = [each for each in inner if isinstance(each, dict | list)]
        deep += 1
    return deep


def _times(document: Object, at: datetime) -> Iterator[CacaoFault]:
    read: dict[str, datetime] = {}
    for name in ("created", "modified", "valid_from", "valid_until"):
        written = document.get(name)
        if written is None:
            continue
        if not re.fullmatch(r".*T.*\.[0-9]{3}Z", written):
            yield fault("no-milliseconds", name)
            continue
        try:
            read[name] = datetime.fromisoformat(written)
        except ValueError:
            yield fault("no-milliseconds", name)
    if {"created", "modified"} <= read.keys() and read["modified"] < read["created"]:
        yield fault("modified-before-created", "modified")
    if document.get("revoked") is True:
        yield fault("revoked", "revoked")
    elif read.get("valid_from", at) > at or read.get("valid_until", at) < at:
        yield fault("not-valid-now", "valid_until")


def _personal(document: Object) -> Iterator[CacaoFault]:
    if document.get("authentication_info_definitions"):
        yield fault("secrets", "authentication_info_definitions")
    for field in ("agent_definitions", "target_definitions"):
        for name, agent in document.get(field, {}).items():
            if agent.get("contact") or agent.get("location") or agent.get("type") == "individual":
                yield fault("contact", f"{field}.{name}")


class _Walk:
    """Follows the steps of one workflow from its start."""

    def __init__(self, document: Object) -> None:
        self._document = document
        self._steps: dict[str, Object] = document["workflow"]
        self._agents = {
            **document.get("agent_definitions", {}),
            **document.get("target_definitions", {}),
        }

    def faults(self) -> Iterator[CacaoFault]:
        """Return what is wrong with the workflow as a whole."""
        start = self._document["workflow_start"]
        if self._steps.get(start, {}).get("type") != "start":
            yield fault("no-start", "workflow_start")
            return
        broken = False
        for name, step in self._steps.items():
            for each in self._of_step(name, step):
                broken = True
                yield each
        yield from self._variables()
        if not broken:
            yield from self._ways()

    def _of_step(self, name: str, step: Object) -> Iterator[CacaoFault]:
        where = f"workflow.{name}"
        if "on_completion" in step and ("on_success" in step or "on_failure" in step):
            yield fault("two-ways-out", where)
        for next_ in _next(step):
            if next_ not in self._steps:
                yield fault("dangling", where)
        named = [step["agent"]] if "agent" in step else []
        for each in [*named, *step.get("targets", [])]:
            if each not in self._agents:
                yield fault("unknown-agent", where)
        if step.get("playbook_id") == self._document["id"]:
            yield fault("calls-itself", where)

    def _variables(self) -> Iterator[CacaoFault]:
        known = set(self._document.get("playbook_variables", {}))
        for name, step in self._steps.items():
            declared = known | set(step.get("step_variables", ()))
            texts = [step.get("condition", ""), step.get("switch", "")]
            texts += [command.get("command", "") for command in step.get("commands", [])]
            used = {variable for text in texts for variable in variables_used(text)}
            if used - declared:
                yield fault("unknown-variable", f"workflow.{name}")

    def _ways(self) -> Iterator[CacaoFault]:
        """Report what cannot be reached, ends that are shared, and loops that do not end."""
        leads = Counter(next_ for step in self._steps.values() for next_ in _next(step))
        for name, count in leads.items():
            if self._steps[name]["type"] == "end" and count > 1:
                yield fault("shared-end", f"workflow.{name}")
        firsts = [self._document["workflow_start"], self._document.get("workflow_exception")]
        seen, loops = self._walked([name for name in firsts if name in self._steps])
        for name in self._steps:
            if name in loops:
                yield fault("loop", f"workflow.{name}")
            if name not in seen:
                yield fault("unreachable", f"workflow.{name}")

    def _walked(self, firsts: list[str]) -> tuple[set[str], set[str]]:
        """Return the steps that are reached, and those to which a way leads back."""
        seen, on_way, loops = set[str](), set[str](), set[str]()
        # No recursion: a workflow may be one long row.
        waiting = [(name, False) for name in firsts]
        while waiting:
            name, is_left = waiting.pop()
            if is_left:
                on_way.discard(name)
            elif name in on_way:
                loops.add(name)
            elif name not in seen:
                seen.add(name)
                on_way.add(name)
                waiting.append((name, True))
                waiting += [(next_, False) for next_ in _next(self._steps[name])]
        return seen, loops


def _next(step: Object) -> list[str]:
    """Return where a step can lead."""
    found = [step[name] for name in _ENDS if step.get(name) is not None]
    return [*found, *step.get("next_steps", []), *step.get("cases", {}).values()]
