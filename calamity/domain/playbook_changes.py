"""What differs between two versions of a playbook, in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from calamity.domain.playbook import Message, Playbook, Prose, Role, Step, Words


class Change(Struct, frozen=True):
    """One difference; *where* names the part, such as `step S04`."""

    where: str
    nl: str
    en: str


def compare(old: Playbook, new: Playbook) -> list[Change]:
    """Return every difference, in the order of the document."""
    changes = [*_plain("playbook", old, new, _HEAD)]
    for name, nl, en in _LISTS:
        changes += _listed(en, nl, getattr(old, name), getattr(new, name))
    return changes


# Each list of parts with a code, and what one part is called.
_LISTS = (
    ("roles", "rol", "role"),
    ("phases", "fase", "phase"),
    ("audiences", "doelgroep", "audience"),
    ("messages", "bericht", "message"),
    ("steps", "stap", "step"),
    ("questions", "vraag", "question"),
    ("stop", "stopvoorwaarde", "stop condition"),
    ("cards", "kaart", "card"),
)
_HEAD = (
    "title", "scenario", "purpose", "limits", "triggers", "levels", "valid_months", "review_days",
    "quiet_hours", "budget", "uses",
)  # fmt: skip
_NAMES: Mapping[str, tuple[str, str]] = {
    "title": ("titel", "title"),
    "scenario": ("scenario", "scenario"),
    "purpose": ("doel", "purpose"),
    "limits": ("wat we wel en niet doen", "what we do and do not"),
    "valid_months": ("geldig in maanden", "valid in months"),
    "quiet_hours": ("rusttijd", "quiet hours"),
    "budget": ("berichten per dag", "messages per day"),
    "task": ("taak", "task"),
    "minimum": ("minimum aantal mensen", "fewest people"),
    "starts": ("begin", "beginning"),
    "of": ("soort mensen", "kind of people"),
    "where": ("waar", "where"),
    "kind": ("soort", "kind"),
    "valid_for": ("houdbaar", "valid for"),
    "alarm": ("alarm", "alarm"),
    "phase": ("fase", "phase"),
    "role": ("rol", "role"),
    "due": ("uiterlijk", "due"),
    "start": ("vroegste moment", "start"),
    "evidence": ("bewijs", "evidence"),
    "help": ("uitleg", "help"),
    "may_skip": ("mag worden overgeslagen", "may be skipped"),
    "automatic": ("gaat vanzelf", "runs by itself"),
    "roles": ("rollen", "roles"),
    "quota": ("aantal dat moet komen", "quota"),
    "message": ("bericht", "message"),
    "reminder": ("herinnering", "reminder"),
    "deputy": ("bericht aan de vervanger", "message to the deputy"),
    "enough": ("bericht bij genoeg mensen", "message when there are enough"),
    "reminder_after": ("herinnering na", "reminder after"),
    "deputy_after": ("vervanger na", "deputy after"),
    "next_way_after": ("andere manier na", "next way after"),
    "audience": ("doelgroep", "audience"),
    "audiences": ("doelgroepen", "audiences"),
    "form": ("bericht met formulier", "message with the form"),
    "closes_after": ("sluit na", "closes after"),
    "question": ("vraag", "question"),
    "options": ("keuzes", "options"),
    "triggers": ("aanleidingen", "triggers"),
    "levels": ("niveaus", "levels"),
    "review_days": ("herzien na dagen", "reviewed after days"),
    "uses": ("blokken", "blocks"),
    "not_with": ("gaat niet samen met", "not together with"),
    "for_audience": ("woorden per doelgroep", "words per audience"),
    "to_be_checked": ("nog na te kijken", "to be checked"),
    "who": ("wie het doet", "who does it"),
    "when": ("alleen als", "only if"),
    "repeat": ("herhaling", "repeat"),
    "cards": ("kaarten", "cards"),
    "text": ("tekst", "text"),
    "sections": ("delen", "sections"),
    "minutes": ("minuten", "minutes"),
    "people": ("mensen", "people"),
    "needs": ("nodig", "needs"),
    "points": ("agenda", "agenda"),
    "we_know": ("wat we weten", "what we know"),
    "we_do_not_know": ("wat we niet weten", "what we do not know"),
    "we_do": ("wat we doen", "what we do"),
    "we_do_not": ("wat we niet doen", "what we do not do"),
    "you_can": ("wat u kunt doen", "what you can do"),
    "owner_within": ("uitzoeker binnen", "owner within"),
    "what": ("maatregel", "measure"),
    "lasts": ("duurt", "lasts"),
}


def _listed(en: str, nl: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    before, after = ({part.code: part for part in parts} for parts in (old, new))
    for code, part in after.items():
        where = f"{en} {code}"
        if code not in before:
            yield Change(
                where,
                f"{nl} {code} is nieuw{_titled(part, 0)}.",
                f"{en} {code} is new{_titled(part, 1)}.",
            )
        else:
            yield from _part(where, before[code], part)
    for code, part in before.items():
        if code not in after:
            yield Change(
                f"{en} {code}",
                f"{nl} {code} is vervallen{_titled(part, 0)}.",
                f"{en} {code} was removed{_titled(part, 1)}.",
            )
    kept_before = [code for code in before if code in after]
    kept_after = [code for code in after if code in before]
    if kept_before != kept_after:
        yield Change(f"{en}s", f"{nl}: andere volgorde.", f"{en}s: another order.")


def _titled(part: Any, language: int) -> str:
    title = getattr(part, "title", None)
    return f": {title.en if language else title.nl}" if isinstance(title, Words) else ""


def _part(where: str, old: Any, new: Any) -> Iterator[Change]:
    if isinstance(new, Message):
        yield from _texts(where, old, new)
    names = [name for name in new.__struct_fields__ if name not in ("code", "texts", "act")]
    yield from _plain(where, old, new, names)
    if isinstance(new, Step):
        yield from _act(where, old.act, new.act)


def _act(where: str, old: Any, new: Any) -> Iterator[Change]:
    if type(old) is not type(new):
        was, is_ = _act_name(old), _act_name(new)
        yield Change(
            where, f"doet nu: {is_[0]} (was: {was[0]}).", f"now: {is_[1]} (was: {was[1]})."
        )
    elif new is not None:
        yield from _plain(where, old, new, new.__struct_fields__)


def _act_name(act: Any) -> tuple[str, str]:
    return {
        "CallOut": ("oproep", "call-out"),
        "Dispatch": ("verzending", "dispatch"),
        "Round": ("ronde", "round"),
        "Decision": ("besluit", "decision"),
        "Meeting": ("overleg", "meeting"),
        "FactCard": ("feitenkaart", "fact card"),
        "RumourList": ("geruchtenlijst", "rumour list"),
        "Measure": ("maatregel", "measure"),
    }.get(type(act).__name__, ("niets", "nothing"))


def _texts(where: str, old: Message, new: Message) -> Iterator[Change]:
    for language in sorted({*old.texts, *new.texts}):
        before, after = old.texts.get(language), new.texts.get(language)
        if before == after:
            continue
        if before is None:
            yield Change(
                where, f"tekst ({language}) is nieuw: {after}", f"text ({language}) is new: {after}"
            )
        elif after is None:
            yield Change(where, f"tekst ({language}) is vervallen.", f"text ({language}) is gone.")
        else:
            yield Change(
                where,
                f"tekst ({language}) was: {before} - wordt: {after}",
                f"text ({language}) was: {before} - becomes: {after}",
            )


def _plain(where: str, old: Any, new: Any, names: Sequence[str]) -> Iterator[Change]:
    for name in names:
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        nl, en = _NAMES[name]
        yield Change(
            where,
            f"{nl} was: {_spoken(before, _dutch)} - wordt: {_spoken(after, _dutch)}",
            f"{en} was: {_spoken(before, _english)} - becomes: {_spoken(after, _english)}",
        )


Say = Callable[[Any], str]


def _dutch(value: Any) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nee"
    return (
        "niets" if value is None else value.nl if isinstance(value, Words | Prose) else str(value)
    )


def _english(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        "nothing" if value is None else value.en if isinstance(value, Words | Prose) else str(value)
    )


def _spoken(value: Any, say: Say) -> str:
    if isinstance(value, list):
        return ", ".join(_spoken(item, say) for item in value)
    if value in ([], {}):
        return say(None)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_spoken(item, say)}" for name, item in value.items())
    if isinstance(value, Struct) and not isinstance(value, Words | Prose | Role):
        return ", ".join(_spoken(item, say) for item in structs.astuple(value))
    return say(value)
