"""The rules for reading a file, and for the form of each field."""

from calamity.domain.playbook_check.rule import error

FILE = {
    "too-large": error(
        "The file has {size} KiB; {limit} KiB is the limit.",
        "A playbook is a plan, not a library: move long texts to a page of your own.",
        "Het bestand is {size} KiB; {limit} KiB is de grens.",
        "Een draaiboek is een plan, geen bibliotheek: zet lange teksten op een eigen pagina.",
    ),
    "not-utf8": error(
        "From here on the file is not UTF-8.",
        "Save the file as UTF-8 in your editor.",
        "Vanaf hier is het bestand geen UTF-8.",
        "Sla het bestand in je editor op als UTF-8.",
    ),
    "hidden-character": error(
        "A character that nobody can see stands here ({code}).",
        "Remove it: retype the word instead of pasting it.",
        "Hier staat een teken dat niemand kan zien ({code}).",
        "Haal het weg: typ het woord opnieuw in plaats van het te plakken.",
    ),
    "syntax": error(
        "This is not YAML: {problem}.",
        "{hint}",
        "Dit is geen YAML: {problem}.",
        "{hint}",
    ),
    "empty": error(
        "The document is empty.",
        "Begin with a copy of an existing playbook.",
        "Het document is leeg.",
        "Begin met een kopie van een bestaand draaiboek.",
    ),
    "several-documents": error(
        "A second document begins here.",
        "Keep one playbook per file, and remove the line with ---.",
        "Hier begint een tweede document.",
        "Houd één draaiboek per bestand en haal de regel met --- weg.",
    ),
    "too-deep": error(
        "Values are nested more than {limit} levels deep here.",
        "Check the indentation; no field of a playbook lies this deep.",
        "Waarden zitten hier meer dan {limit} niveaus diep.",
        "Controleer de inspringing; geen veld van een draaiboek ligt zo diep.",
    ),
    "alias": error(
        "A reference (*) stands here; references are not read.",
        "Write the value itself.",
        "Hier staat een verwijzing (*); verwijzingen worden niet gelezen.",
        "Schrijf de waarde zelf op.",
    ),
    "anchor": error(
        "An anchor (&) stands here; anchors are not read.",
        "Remove the & with its name, or put quotes around a text that begins with &.",
        "Hier staat een anker (&); ankers worden niet gelezen.",
        "Haal de & met zijn naam weg, of zet aanhalingstekens om een tekst die met & begint.",
    ),
    "tag": error(
        "A tag ({tag}) stands here; tags are not read.",
        "Remove it, or put quotes around a text that begins with !.",
        "Hier staat een tag ({tag}); tags worden niet gelezen.",
        "Haal hem weg, of zet aanhalingstekens om een tekst die met ! begint.",
    ),
    "bad-key": error(
        "The name of a field must be a single word.",
        "Put quotes around a text that begins with a bracket or a brace.",
        "De naam van een veld moet één woord zijn.",
        "Zet aanhalingstekens om een tekst die met een haak of accolade begint.",
    ),
    "duplicate-key": error(
        "The field {name} stands here for the second time; it stood on line {line} already.",
        "Keep one of the two.",
        "Het veld {name} staat hier voor de tweede keer; het stond al op regel {line}.",
        "Houd er één van de twee.",
    ),
    "too-many-faults": error(
        "There are {count} more faults.",
        "Cure those above first, then check again.",
        "Er zijn nog {count} fouten.",
        "Los eerst de fouten hierboven op en controleer dan opnieuw.",
    ),
}

SHAPE = {
    "missing-field": error(
        "The field {name} is missing.",
        "Add it here.",
        "Het veld {name} ontbreekt.",
        "Voeg het hier toe.",
    ),
    "unknown-field": error(
        "There is no field {name} here.{hint}",
        "Use one of: {known}.",
        "Er is hier geen veld {name}.{hint}",
        "Gebruik een van: {known}.",
    ),
    "wrong-type": error(
        "This must be {expected}; it is {found}.",
        "{cure}",
        "Dit moet {expected} zijn; het is {found}.",
        "{cure}",
    ),
    "wrong-form": error(
        '"{value}" is not written in the right form.',
        "Write it like one of these: {examples}.",
        '"{value}" is niet in de goede vorm geschreven.',
        "Schrijf het zoals een van deze: {examples}.",
    ),
    "unknown-value": error(
        '"{value}" is not one of the choices.{hint}',
        "Use one of: {known}.",
        '"{value}" is geen van de keuzes.{hint}',
        "Gebruik een van: {known}.",
    ),
    "empty-text": error(
        "The text is empty.",
        "Write the words, or leave out a field that is not required.",
        "De tekst is leeg.",
        "Schrijf de woorden, of laat een veld weg dat niet verplicht is.",
    ),
    "too-long": error(
        "The text has {length} characters; {limit} is the limit.",
        "Shorten it.",
        "De tekst heeft {length} tekens; {limit} is de grens.",
        "Maak hem korter.",
    ),
    "too-few": error(
        "The list has {count} items; {limit} is the least.",
        "Add what is missing.",
        "De lijst heeft {count} onderdelen; {limit} is het minste.",
        "Voeg toe wat ontbreekt.",
    ),
    "too-many": error(
        "The list has {count} items; {limit} is the most.",
        "Take out, or join, what can go.",
        "De lijst heeft {count} onderdelen; {limit} is het meeste.",
        "Haal weg of voeg samen wat kan.",
    ),
    "out-of-range": error(
        "{value} is too small or too large.",
        "Use a number from {low} to {high}.",
        "{value} is te klein of te groot.",
        "Gebruik een getal van {low} tot en met {high}.",
    ),
}
