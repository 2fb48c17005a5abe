"""What codes of a document stand for, by their titles; and the choices of the language by name."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from calamity.domain.playbook import Playbook, Words
from calamity.domain.playbook_prose.said import NOTHING, Said, said_of

_LANGUAGES = {
    "nl": Said("Nederlandse", "Dutch"),
    "en": Said("Engelse", "English"),
    "ar": Said("Arabische", "Arabic"),
    "tr": Said("Turkse", "Turkish"),
    "pl": Said("Poolse", "Polish"),
    "uk": Said("Oekraïense", "Ukrainian"),
}
_ACTS = {
    "NoneType": Said("niets", "nothing"),
    "CallOut": Said("een oproep", "a call-out"),
    "Dispatch": Said("een verzending", "a dispatch"),
    "Round": Said("een ronde", "a round"),
    "Decision": Said("een besluit", "a decision"),
    "Meeting": Said("een overleg", "a meeting"),
    "FactCard": Said("de feitenkaart", "the fact card"),
    "RumourList": Said("de geruchtenlijst", "the rumour list"),
    "Measure": Said("een maatregel", "a measure"),
}
CHOICES: Mapping[str, Said] = {
    "attack-here": Said("een aanslag in de eigen gemeente", "an attack in the own municipality"),
    "attack-elsewhere": Said(
        "een aanslag elders in Nederland", "an attack elsewhere in the country"
    ),
    "attack-abroad": Said("een aanslag in het buitenland", "an attack abroad"),
    "place-of-worship": Said("een aanslag op een gebedshuis", "an attack on a place of worship"),
    "riots": Said("rellen", "riots"),
    "rumour": Said("een gevoelig incident of gerucht", "a sensitive incident or a rumour"),
    "prolonged-tension": Said("langdurige spanning", "prolonged tension"),
    "threat": Said("een dreiging zonder incident", "a threat without an incident"),
    "planned-event": Said("een gepland evenement", "a planned event"),
    "aftercare": Said("nazorg", "aftercare"),
    "rapid-team": Said("het snelteam", "the rapid team"),
    "key-figures": Said("sleutelfiguren", "key figures"),
    "professionals": Said("professionals", "professionals"),
    "contact-persons": Said("contactpersonen", "contact persons"),
    "everywhere": Said("de hele gemeente", "the whole municipality"),
    "affected": Said("de getroffen wijken", "the affected neighbourhoods"),
    "give": Said("brengen", "give"),
    "ask": Said("halen", "ask"),
    "action": Said("oproepen", "call"),
    "close": Said("afsluiten", "close"),
    "municipality": Said("de gemeente", "the municipality"),
    "partner": Said("een partner", "a partner"),
    "residents": Said("bewoners", "residents"),
    "conversation": Said("een gesprek", "a conversation"),
    "street": Said("werk op straat", "work in the street"),
    "school": Said("school", "school"),
    "words": Said("woorden", "words"),
    "facts": Said("feiten", "facts"),
    "report": Said("een verslag", "a report"),
    "checklist": Said("een checklist", "a checklist"),
    "yes": Said("ja", "yes"),
    "no": Said("nee", "no"),
    "unknown": Said("onbekend", "unknown"),
}


def choice(value: str | Enum) -> Said:
    """Return the name of one of the choices that the language offers."""
    code = value.value if isinstance(value, Enum) else value
    return CHOICES.get(code, said_of(code))


def language_name(language: str) -> Said:
    """Return the name of a language, as it stands before a noun."""
    return _LANGUAGES.get(language, said_of(language))


def act_name(act: object) -> Said:
    """Return what an act is called; of no act: nothing."""
    return _ACTS.get(type(act).__name__, NOTHING)


def named(parts: Sequence[Any], code: str) -> Said:
    """Return the title of the part with this code, or the code where it has none."""
    for part in parts:
        title = getattr(part, "title", None)
        if part.code == code and isinstance(title, Words):
            return said_of(title)
    return said_of(code)


def role_name(playbook: Playbook, code: str) -> Said:
    """Return the title of a role."""
    return named(playbook.roles, code)


def audience_name(playbook: Playbook, code: str) -> Said:
    """Return the title of an audience."""
    return named(playbook.audiences, code)


def phase_name(playbook: Playbook, code: str) -> Said:
    """Return the title of a phase."""
    return named(playbook.phases, code)


def step_name(playbook: Playbook, code: str) -> Said:
    """Return a step by its code and its title."""
    title = named(playbook.steps, code)
    if title == said_of(code):
        return Said(f"stap {code}", f"step {code}")
    return Said(f"stap {code} ({title.nl})", f"step {code} ({title.en})")
