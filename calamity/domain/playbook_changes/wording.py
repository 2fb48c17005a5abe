"""How a change of each field of the language is said.

{change} is what it became and what it was, or where it was nothing, what it became.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from calamity.domain.playbook_prose import Said

Kind = Literal[
    "words", "number", "length", "moment", "formula", "choice", "repeat", "clock",
    "role", "roles", "message", "phase", "audience", "audiences", "cards", "languages", "list",
    "sections", "uses", "flag",
]  # fmt: skip


class Wording(Struct, frozen=True):
    """What a field is called, and the sentence for its change; for a flag: when it goes on, off."""

    kind: Kind
    name: Said
    sentence: Said
    off: Said | None = None


def _is_now(kind: Kind, nl: str, en: str) -> Wording:
    return Wording(kind, Said(nl, en), Said(f"{nl} is nu {{change}}.", f"{en} is now {{change}}."))


def _says(kind: Kind, name: tuple[str, str], nl: str, en: str) -> Wording:
    return Wording(kind, Said(*name), Said(nl, en))


def _text(nl: str, en: str) -> Wording:
    return Wording("words", Said(nl, en), Said(f"{nl} wordt anders.", f"{en} changes."))


def _many(nl: str, en: str, kind: Kind = "list") -> Wording:
    return Wording(kind, Said(nl, en), Said(nl, en))


def _flag(name: tuple[str, str], on: tuple[str, str], off: tuple[str, str]) -> Wording:
    return Wording("flag", Said(*name), Said(*on), Said(*off))


WORDINGS: Mapping[str, Wording] = {
    "Playbook.title": _text("De titel", "The title"),
    "Playbook.scenario": _says(
        "choice",
        ("Waarvoor", "What for"),
        "Het draaiboek is nu voor {change}.",
        "The playbook is now for {change}.",
    ),
    "Playbook.purpose": _text("Het doel", "The purpose"),
    "Playbook.valid_months": _says(
        "number",
        ("Geldig, in maanden", "Valid, in months"),
        "Het draaiboek is nu {change} maanden geldig.",
        "The playbook is now valid for {change} months.",
    ),
    "Playbook.review_days": _says(
        "number",
        ("Opnieuw bekijken na, in dagen", "Review after, in days"),
        "Of alles nog nodig is, wordt nu om de {change} dagen opnieuw bekeken.",
        "Whether all is still needed is now decided anew every {change} days.",
    ),
    "Playbook.triggers": _many("Aanleidingen", "Triggers"),
    "Playbook.uses": _many(
        "Blokken waarmee het is gebouwd", "Blocks that it is built with", "uses"
    ),
    "Limits.we_do": _many("Wat we wel doen", "What we do"),
    "Limits.we_do_not": _many("Wat we niet doen", "What we do not do"),
    "QuietHours.start": _says(
        "clock",
        ("Vanaf", "From"),
        "De rusttijd begint nu om {change}.",
        "Quiet hours now begin at {change}.",
    ),
    "QuietHours.end": _says(
        "clock",
        ("Tot", "Until"),
        "De rusttijd eindigt nu om {change}.",
        "Quiet hours now end at {change}.",
    ),
    "Budget.messages_per_day": _says(
        "number",
        ("Berichten per dag", "Messages a day"),
        "Een sleutelfiguur krijgt nu hoogstens {change} berichten per dag.",
        "A key figure now gets at most {change} messages a day.",
    ),
    "Budget.asks_per_day": _says(
        "number",
        ("Vragen per dag", "Questions a day"),
        "Een sleutelfiguur krijgt nu hoogstens {change} vragen per dag.",
        "A key figure now gets at most {change} questions a day.",
    ),
    "Role.title": _text("De naam", "The name"),
    "Role.task": _text("De taak", "The task"),
    "Role.minimum": _says(
        "number",
        ("Minimum", "At least"),
        "Er zijn nu minstens {change} mensen nodig.",
        "At least {change} people are now needed.",
    ),
    "Role.not_with": _many("Niet samen met", "Not together with", "roles"),
    "Phase.title": _text("De naam", "The name"),
    "Phase.starts": _says(
        "moment",
        ("Begint naar verwachting", "Is expected to begin"),
        "De fase begint nu naar verwachting {change}.",
        "The phase is now expected to begin {change}.",
    ),
    "Audience.title": _text("De naam", "The name"),
    "Audience.of": _is_now("choice", "Wie het zijn", "Who they are"),
    "Audience.where": _is_now("choice", "Waar ze wonen of werken", "Where they live or work"),
    "Message.kind": _is_now("choice", "De soort", "The kind"),
    "Message.valid_for": _says(
        "length",
        ("Mag nog weg tot, na het moment", "May still leave for"),
        "Het bericht mag nu nog vertrekken tot {change} na zijn moment.",
        "The message may now still leave until {change} after its moment.",
    ),
    "Message.alarm": _flag(
        ("Alarm", "Alarm"),
        (
            "Het bericht is nu een alarm: het gaat ook in de rusttijd uit.",
            "The message is now an alarm: it leaves in quiet hours too.",
        ),
        (
            "Het bericht is geen alarm meer: het wacht in de rusttijd.",
            "The message is no alarm any more: it waits in quiet hours.",
        ),
    ),
    "Message.to_be_checked": _many(
        "Nog na te kijken door iemand die de taal spreekt",
        "Still to be checked by a speaker",
        "languages",
    ),
    "Question.text": _text("De vraag", "The question"),
    "Question.help": _text("De uitleg", "The explanation"),
    "StopCondition.text": _text("De voorwaarde", "The condition"),
    "Step.phase": _says(
        "phase",
        ("Fase", "Phase"),
        "De stap hoort nu bij de fase {change}.",
        "The step now belongs to the phase {change}.",
    ),
    "Step.title": _text("De titel", "The title"),
    "Step.role": _says(
        "role",
        ("Welke rol", "Which role"),
        "De stap is nu voor: {change}.",
        "The step is now for: {change}.",
    ),
    "Step.due": _says(
        "moment",
        ("Uiterlijk klaar", "Done at the latest"),
        "Moet nu klaar zijn: {change}.",
        "Must now be done: {change}.",
    ),
    "Step.start": _says(
        "moment",
        ("Op zijn vroegst", "At the earliest"),
        "Begint nu op zijn vroegst: {change}.",
        "Now begins at the earliest: {change}.",
    ),
    "Step.evidence": _text("Het bewijs dat het gedaan is", "What shows that it was done"),
    "Step.help": _text("De uitleg", "The explanation"),
    "Step.may_skip": _flag(
        ("Mag worden overgeslagen", "May be skipped"),
        (
            "De stap mag nu worden overgeslagen, met een reden.",
            "The step may now be skipped, with a reason.",
        ),
        ("De stap mag niet meer worden overgeslagen.", "The step may not be skipped any more."),
    ),
    "Step.automatic": _flag(
        ("Gaat vanzelf", "Goes by itself"),
        ("De stap gaat nu vanzelf.", "The step now runs by itself."),
        (
            "De stap gaat niet meer vanzelf: iemand begint eraan.",
            "The step no longer runs by itself: somebody starts it.",
        ),
    ),
    "Step.who": _says(
        "choice",
        ("Wie het doet", "Who does it"),
        "De stap wordt nu gedaan door {change}.",
        "The step is now done by {change}.",
    ),
    "Step.when": _says(
        "formula",
        ("De voorwaarde", "The condition"),
        "De stap is er nu alleen als {change}.",
        "The step is now there only if {change}.",
    ),
    "Step.repeat": _says(
        "repeat",
        ("De herhaling", "The repeat"),
        "De stap wordt nu herhaald: {change}.",
        "The step is now repeated: {change}.",
    ),
    "Step.cards": _many("Kaarten", "Cards", "cards"),
    "CallOut.roles": _many("Wie wordt opgeroepen", "Who is called out", "roles"),
    "CallOut.quota": _says(
        "number",
        ("Hoeveel mensen", "How many people"),
        "Er moeten nu {change} mensen komen.",
        "Now {change} people must be coming.",
    ),
    "CallOut.message": _says(
        "message",
        ("De oproep", "The call"),
        "De oproep is nu {change}.",
        "The call is now {change}.",
    ),
    "CallOut.reminder": _says(
        "message",
        ("De herinnering", "The reminder"),
        "De herinnering is nu {change}.",
        "The reminder is now {change}.",
    ),
    "CallOut.deputy": _says(
        "message",
        ("Bericht aan de vervanger", "Message to the deputy"),
        "Het bericht aan de vervanger is nu {change}.",
        "The message to the deputy is now {change}.",
    ),
    "CallOut.enough": _says(
        "message",
        ("Bericht bij genoeg mensen", "Message when there are enough"),
        "Het bericht als er genoeg mensen zijn, is nu {change}.",
        "The message when there are enough people is now {change}.",
    ),
    "CallOut.reminder_after": _says(
        "length",
        ("Herinnering na", "Reminder after"),
        "Wie niet antwoordt, krijgt nu een herinnering na {change}.",
        "Who does not answer is now reminded after {change}.",
    ),
    "CallOut.deputy_after": _says(
        "length",
        ("De vervanger oproepen na", "Call the deputy after"),
        "De vervanger wordt nu gebeld na {change}.",
        "The deputy is now called after {change}.",
    ),
    "CallOut.next_way_after": _says(
        "length",
        ("Bellen na", "Phone after"),
        "Wie niet antwoordt, wordt nu op een andere manier geprobeerd na {change}.",
        "Who does not answer is now tried in another way after {change}.",
    ),
    "Dispatch.audience": _says(
        "audience",
        ("Aan wie", "To whom"),
        "Het bericht gaat nu naar {change}.",
        "The message now goes to {change}.",
    ),
    "Dispatch.message": _says(
        "message",
        ("Bericht", "Message"),
        "Er wordt nu een ander bericht gestuurd: {change}.",
        "Another message is now sent: {change}.",
    ),
    "Round.audiences": _many("Aan wie het wordt gevraagd", "Who is asked", "audiences"),
    "Round.message": _says(
        "message",
        ("De vraag", "The question"),
        "De vraag is nu {change}.",
        "The question is now {change}.",
    ),
    "Round.form": _says(
        "message",
        ("Het formulier", "The form"),
        "Het bericht met het formulier is nu {change}.",
        "The message with the form is now {change}.",
    ),
    "Round.closes_after": _says(
        "length",
        ("Sluit na", "Closes after"),
        "De ronde sluit nu na {change}.",
        "The round now closes after {change}.",
    ),
    "Decision.question": _text("De vraag", "The question"),
    "Decision.options": _many("De keuzes", "The choices"),
    "Meeting.points": _many("De agenda", "The agenda"),
    "FactCard.we_know": _many("Wat we weten", "What we know"),
    "FactCard.we_do_not_know": _many("Wat we niet weten", "What we do not know"),
    "FactCard.we_do": _many("Wat we doen", "What we do"),
    "FactCard.we_do_not": _many("Wat we niet doen", "What we do not do"),
    "FactCard.you_can": _many("Wat u kunt doen", "What you can do"),
    "RumourList.owner_within": _says(
        "length",
        ("Een eigenaar binnen", "An owner within"),
        "Een gerucht dat kwaad kan, heeft nu een eigenaar binnen {change}.",
        "A harmful rumour now has an owner within {change}.",
    ),
    "Measure.what": _text("De maatregel", "The measure"),
    "Measure.lasts": _says(
        "length",
        ("Duurt", "Lasts"),
        "De maatregel eindigt nu na {change}.",
        "The measure now ends after {change}.",
    ),
    "Card.kind": _is_now("choice", "De soort", "The kind"),
    "Card.title": _text("De titel", "The title"),
    "Card.purpose": _text("Het doel", "The purpose"),
    "Card.sections": _many("De tekst", "The text", "sections"),
    "Card.minutes": _says(
        "number",
        ("Minuten", "Minutes"),
        "Het duurt nu {change} minuten.",
        "It now takes {change} minutes.",
    ),
    "Card.people": _text("Voor hoeveel mensen", "For how many"),
    "Card.needs": _many("Wat er moet zijn", "What must be there"),
}
