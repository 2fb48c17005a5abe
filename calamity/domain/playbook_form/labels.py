"""What the fields of the language are called in a form, and the help beside them.

The help in English is what the structs say of themselves; its Dutch stands here.
"""

from collections.abc import Mapping

from calamity.domain.playbook_changes.wording import WORDINGS
from calamity.domain.playbook_prose import Said, said_of

_LABELS: Mapping[str, Said] = {
    "slug": Said("Korte naam van het draaiboek", "Short name of the playbook"),
    "block": Said("Korte naam van het blok", "Short name of the block"),
    "version": Said("Versie", "Version"),
    "code": Said("Code", "Code"),
    "title": Said("De titel", "The title"),
    "purpose": Said("Het doel", "The purpose"),
    "changes": Said("Wat er nieuw is", "What is new"),
    "limits": Said("Wat we doen en niet doen", "What we do and do not"),
    "quiet_hours": Said("Rusttijd voor sleutelfiguren", "Quiet hours for key figures"),
    "budget": Said("Hoeveel een sleutelfiguur krijgt", "How much a key figure gets"),
    "texts": Said("De tekst", "The text"),
    "for_audience": Said("Andere woorden voor één doelgroep", "Other words for one audience"),
    "act": Said("Wat het systeem doet", "What the system does"),
    "until": Said("Tot", "Until"),
    "every": Said("Om de", "Every"),
    "at": Said("Op vaste tijden", "At fixed times"),
    "heading": Said("Kop", "Heading"),
    "lines": Said("Regels", "Lines"),
    "level": Said("Sociaal niveau", "Social level"),
    "when": Said("Als", "When"),
    "unknown": Said("Een antwoord dat niemand weet, telt als", "An unknown answer counts as"),
    "sha256": Said("Vingerafdruk", "Fingerprint"),
    "item": Said("Onderdeel", "Item"),
}
"""Of fields whose changes are said in other words than by their name."""

NO_ACT = Said("Niets: een mens doet alles", "Nothing: a person does it all")

HELP_NL: Mapping[str, str] = {
    "A condition: names, =, !=, <, <=, >, >=, and, or, not, and brackets.": (
        "Een voorwaarde: namen, =, !=, <, <=, >, >=, and, or, not en haakjes."
    ),
    "A length of time.": "Hoe lang.",
    "A moment after T0, a phase or a step, or on a date; at a time of day or not.": (
        "Een moment na de activering, een fase of een stap, of op een datum; met of zonder tijd."
    ),
    "A moment after T0, the moment of activation.": "Een moment na de activering.",
    "A short name: letters, digits, - and _; begins with a letter.": (
        "Een korte naam: letters, cijfers, - en _; begint met een letter."
    ),
    "A time of day, in quotes.": "Een tijd op de dag.",
    "After this it ends, unless somebody decides otherwise.": (
        "Daarna eindigt het, tenzij iemand anders besluit."
    ),
    "After this it still works, with a warning.": "Daarna werkt het nog, met een waarschuwing.",
    "All words that leave by SMS.": "Alle woorden die per sms weggaan.",
    "Cards that help with this step.": "Kaarten die bij deze stap helpen.",
    "Everywhere, or only in the neighbourhoods marked as affected.": (
        "Overal, of alleen in de wijken die als getroffen zijn aangemerkt."
    ),
    "Filled in when the version is published.": "Wordt ingevuld bij het publiceren.",
    "For how many, and who leads.": "Voor hoeveel mensen, en wie leidt.",
    "How long after its moment the text may still leave.": (
        "Hoe lang na zijn moment de tekst nog weg mag."
    ),
    "How long after the time before: 12h.": "Hoe lang na de vorige keer.",
    "How long answers count. The picture is made at closing.": (
        "Hoe lang antwoorden tellen. Bij het sluiten wordt het beeld gemaakt."
    ),
    "How long it takes; 0 when that does not matter.": (
        "Hoe lang het duurt; 0 als dat niet uitmaakt."
    ),
    "How many must be coming before the rest may rest.": (
        "Hoeveel mensen er moeten komen voordat de rest niet meer hoeft."
    ),
    "How many people must be bound to this role.": "Hoeveel mensen deze rol moeten hebben.",
    "How soon a harmful rumour has an owner.": "Hoe snel een kwaad gerucht een eigenaar heeft.",
    "How to do it, for who never did.": "Hoe je het doet, voor wie het nooit deed.",
    "In order of time.": "In volgorde van tijd.",
    "Key figures, professionals, or both.": "Sleutelfiguren, professionals, of beide.",
    "Languages that a native speaker has yet to check.": (
        "Talen die iemand die de taal spreekt nog moet nakijken."
    ),
    "Messages of every kind, questions included.": "Alle berichten, ook vragen.",
    "Only if this holds: level, phase, answers, outcomes.": (
        "Alleen als dit zo is: niveau, fase, antwoorden, uitkomsten."
    ),
    "Other words for one audience, per language.": "Andere woorden voor één doelgroep, per taal.",
    "Pages that people take along.": "Bladen die mensen meenemen.",
    "Passes quiet hours, and is repeated when the carrier is in doubt.": (
        "Gaat ook in de rusttijd weg, en nog eens als niet zeker is of het aankwam."
    ),
    "Questions.": "Vragen.",
    "Roles that the same person may not hold.": "Rollen die niet dezelfde persoon mag hebben.",
    "Silence before the deputy, counted from the call.": (
        "Zo lang blijft het stil voordat de vervanger wordt opgeroepen, vanaf de oproep."
    ),
    "Silence before the next way to reach somebody: after SMS, a phone call.": (
        "Zo lang blijft het stil voordat we het anders proberen: na de sms een telefoontje."
    ),
    "Silence before the reminder, counted from the call.": (
        "Zo lang blijft het stil voordat de herinnering gaat, vanaf de oproep."
    ),
    "So often is decided anew whether all this is still needed.": (
        "Zo vaak wordt opnieuw besloten of dit alles nog nodig is."
    ),
    "The blocks that it is built with.": "De blokken waarmee het is gebouwd.",
    "The earliest moment.": "Het vroegste moment.",
    "The latest moment.": "Het laatste moment.",
    "The message of the call itself.": "Het bericht van de oproep zelf.",
    "The message that brings professionals the form, by {link}.": (
        "Het bericht dat professionals het formulier brengt, met {link}."
    ),
    "The message to the deputy of who stays silent.": (
        "Het bericht aan de vervanger van wie niet antwoordt."
    ),
    "The message to the rest when the quota is reached.": (
        "Het bericht aan de rest als er genoeg mensen komen."
    ),
    "The message to who does not answer.": "Het bericht aan wie niet antwoordt.",
    "The name of the folder that holds the versions of this document.": (
        "De naam van de map met de versies: kleine letters, cijfers en streepjes."
    ),
    "The number in the name of the file: v1.yaml.": "Het nummer van deze versie.",
    "The question to key figures: one digit, 0 to 5, as an answer.": (
        "De vraag aan sleutelfiguren: het antwoord is één cijfer, van 0 tot 5."
    ),
    "The role that does it.": "De rol die het doet.",
    "The roles that are called.": "De rollen die worden opgeroepen.",
    "The times of day, in their order.": "De tijden op een dag, op volgorde.",
    "The words per language; nl and en are required.": (
        "De woorden per taal; Nederlands en Engels moeten er zijn."
    ),
    "What an answer that nobody knows counts as.": "Waarvoor een antwoord telt dat niemand weet.",
    "What can be chosen.": "Wat er te kiezen is.",
    "What is asked at activation, to propose a level.": (
        "Wat bij de activering wordt gevraagd, om een niveau voor te stellen."
    ),
    "What is done, in order of time.": "Wat er gebeurt, in volgorde van tijd.",
    "What is new in this version.": "Wat er nieuw is in deze versie.",
    "What it is for.": "Waarvoor het is.",
    "What it leaves to others, or never does.": "Wat we aan anderen overlaten, of nooit doen.",
    "What may set this playbook off.": "Wat dit draaiboek in gang kan zetten.",
    "What must be on the agenda, besides what came in.": (
        "Wat op de agenda moet staan, naast wat er binnenkwam."
    ),
    "What must be there.": "Wat er moet zijn.",
    "What shows that the step was done.": "Waaruit blijkt dat de stap is gedaan.",
    "What the municipality does itself.": "Wat de gemeente zelf doet.",
    "What the product does in this step; nothing: a person does it all.": (
        "Wat het systeem in deze stap doet; niets: dan doet een mens alles."
    ),
    "What this playbook is for, and when to use it.": (
        "Waarvoor dit draaiboek is, en wanneer je het gebruikt."
    ),
    "When the response may be closed.": "Wanneer het werk klaar is.",
    "Whether it may be skipped, with a reason on the timeline.": (
        "Of het mag worden overgeslagen, met een reden op de tijdlijn."
    ),
    "Whether the act runs by itself at start.": "Of het op het vroegste moment vanzelf gaat.",
    "Which answers propose which level.": "Welke antwoorden welk niveau voorstellen.",
    "Who can be sent a message.": "Wie een bericht kan krijgen.",
    "Who does it; the role sees to it that it is done.": (
        "Wie het doet; de rol let erop dat het gebeurt."
    ),
    "Who is in the rapid team.": "Wie er in het snelteam zit.",
}


def label_of(owner: str, field: str) -> Said:
    """Return what a field of a struct is called."""
    wording = WORDINGS.get(f"{owner}.{field}")
    return wording.name if wording else _LABELS.get(field, said_of(field))


def help_of(description: str | None) -> Said | None:
    """Return the help beside a field, from what its type says of itself."""
    return Said(HELP_NL[description], description) if description else None
