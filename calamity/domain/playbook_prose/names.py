"""What codes of a document stand for, by their titles; and the choices of the language by name."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from calamity.domain.playbook import Act, Playbook, Words
from calamity.domain.playbook_prose.said import NOTHING, Said, said_of

PARTS: Mapping[str, tuple[Said, Said]] = {
    "questions": (Said("Vragen voor het niveau", "Level questions"), Said("vraag", "question")),
    "levels": (
        Said("Regels voor het niveau", "Level rules"),
        Said("regel voor een niveau", "rule for a level"),
    ),
    "phases": (Said("Fasen", "Phases"), Said("fase", "phase")),
    "steps": (Said("Stappen", "Steps"), Said("stap", "step")),
    "roles": (Said("Rollen", "Roles"), Said("rol", "role")),
    "audiences": (Said("Doelgroepen", "Audiences"), Said("doelgroep", "audience")),
    "messages": (Said("Berichten", "Messages"), Said("bericht", "message")),
    "cards": (Said("Kaarten", "Cards"), Said("kaart", "card")),
    "stop": (Said("Stopvoorwaarden", "Stop conditions"), Said("stopvoorwaarde", "stop condition")),
    "uses": (Said("Blokken", "Blocks"), Said("blok", "block")),
}
"""The lists of a document, in the order in which people think of them: of many, and of one."""
ACTS: Mapping[str, tuple[Said, Said]] = {
    "call-out": (Said("een oproep", "a call-out"), Said("Het team oproepen", "Call out the team")),
    "dispatch": (
        Said("een verzending", "a dispatch"), Said("Een bericht sturen", "Send a message"),
    ),
    "round": (
        Said("een ronde", "a round"),
        Said("Vragen hoe het in de wijk is", "Ask how the neighbourhood feels"),
    ),
    "decision": (
        Said("een besluit", "a decision"), Said("Een besluit voorleggen", "Put a decision"),
    ),
    "meeting": (
        Said("een overleg", "a meeting"),
        Said("Een overleg met formulier", "A meeting with a form"),
    ),
    "fact-card": (
        Said("de feitenkaart", "the fact card"),
        Said("De feitenkaart bijhouden", "Keep the fact card"),
    ),
    "rumour-list": (
        Said("de geruchtenlijst", "the rumour list"),
        Said("De geruchtenlijst bijhouden", "Keep the rumour list"),
    ),
    "measure": (
        Said("een maatregel", "a measure"),
        Said("Een zichtbare maatregel", "A visible measure"),
    ),
}  # fmt: skip
"""The acts by their kind: what each is called, and what the system does."""
LANGUAGES: Mapping[str, Said] = {
    "nl": Said("Nederlands", "Dutch"),
    "en": Said("Engels", "English"),
    "ar": Said("Arabisch", "Arabic"),
    "tr": Said("Turks", "Turkish"),
    "pl": Said("Pools", "Polish"),
    "uk": Said("Oekraïens", "Ukrainian"),
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
    """Return the name of a language."""
    return LANGUAGES.get(language, said_of(language))


def in_its_words(language: str) -> Said:
    """Return the name of a language as it stands before a noun: the Polish text."""
    name = language_name(language)
    return Said(f"{name.nl}e", name.en)


def act_name(act: Act | None) -> Said:
    """Return what an act is called; of no act: nothing."""
    return NOTHING if act is None else ACTS[str(act.__struct_config__.tag)][0]


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
