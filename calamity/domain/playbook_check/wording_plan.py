"""The rules for the plan and for its texts."""

from calamity.domain.playbook_check.rule import error, warning

PLAN = {
    "slug-path": error(
        "The slug {slug} is not the name of the folder, {folder}.",
        "Give both the same name.",
        "De slug {slug} is niet de naam van de map, {folder}.",
        "Geef beide dezelfde naam.",
    ),
    "version-path": error(
        "Version {version} stands in a file named {name}.",
        "Name the file v{version}.yaml, or correct the version.",
        "Versie {version} staat in een bestand met de naam {name}.",
        "Noem het bestand v{version}.yaml, of verbeter de versie.",
    ),
    "duplicate-code": error(
        "The code {code} is used before, for another {what}.",
        "Give each {what} a code of its own.",
        "De code {code} is al gebruikt, voor een andere {what}.",
        "Geef elke {what} een eigen code.",
    ),
    "unknown-code": error(
        "There is no {what} {code}.{hint}",
        "Use the code of a {what} in this document: {known}.",
        "Er is geen {what} {code}.{hint}",
        "Gebruik de code van een {what} uit dit document: {known}.",
    ),
    "unused": warning(
        "Nothing uses the {what} {code}.",
        "Use it in a step, or remove it.",
        "Niets gebruikt de {what} {code}.",
        "Gebruik het in een stap, of haal het weg.",
    ),
    "no-quiet": warning(
        "The quiet hours begin when they end, at {clock}: there are none, also at night.",
        "Let them end later than they begin, such as from 22:00 to 07:00.",
        "De stille uren beginnen als ze eindigen, om {clock}: er zijn er geen, ook 's nachts niet.",
        "Laat ze later eindigen dan ze beginnen, zoals van 22:00 tot 07:00.",
    ),
    "phases-order": error(
        "This phase starts before the one above it.",
        "Put the phases in order of time.",
        "Deze fase begint eerder dan de fase erboven.",
        "Zet de fasen op volgorde van tijd.",
    ),
    "due-before-start": error(
        "The step is due at {due}, before it starts at {start}.",
        "Make due the same as start, or later.",
        "De stap moet klaar zijn op {due}, voordat hij begint op {start}.",
        "Zet due gelijk aan start, of later.",
    ),
    "step-before-phase": warning(
        "The step is due at {due}, before its phase {phase} starts at {start}.",
        "Move the step to an earlier phase, or make it later.",
        "De stap moet klaar zijn op {due}, voordat de fase {phase} begint op {start}.",
        "Zet de stap in een eerdere fase, of later.",
    ),
    "quota": error(
        "The quota is {quota}, but only {count} roles are called.",
        "Lower the quota, or call more roles.",
        "Het quotum is {quota}, maar er worden maar {count} rollen opgeroepen.",
        "Verlaag het quotum, of roep meer rollen op.",
    ),
    "call-out-order": error(
        "The deputy is called at {deputy}, not later than the reminder at {reminder}.",
        "Make reminder_after shorter than deputy_after.",
        "De vervanger wordt na {deputy} geroepen, niet later dan de herinnering na {reminder}.",
        "Maak reminder_after korter dan deputy_after.",
    ),
    "wrong-kind": error(
        "The message {code} is of kind {kind}; {place} takes {allowed}.",
        "Choose another message, or correct its kind.",
        "Het bericht {code} is van de soort {kind}; {place} vraagt {allowed}.",
        "Kies een ander bericht, of verbeter de soort.",
    ),
    "round-audience": error(
        "A round asks key figures and professionals; {code} is made of {group}.",
        "Choose an audience of key-figures or professionals.",
        "Een ronde vraagt sleutelfiguren en professionals; {code} bestaat uit {group}.",
        "Kies een doelgroep van key-figures of professionals.",
    ),
    "form-missing": error(
        "The round asks professionals, but no message brings them the form.",
        "Add form: with the code of an ask message that holds {{link}}.",
        "De ronde vraagt professionals, maar geen bericht brengt hun het formulier.",
        "Voeg form: toe met de code van een ask-bericht waar {{link}} in staat.",
    ),
    "form-unused": warning(
        "The round has a form, but asks no professionals.",
        "Remove form, or add an audience of professionals.",
        "De ronde heeft een formulier, maar vraagt geen professionals.",
        "Haal form weg, of voeg een doelgroep van professionals toe.",
    ),
    "round-window": error(
        "The round closes after {closes}.",
        "Let it last from 30m to 2d: people need time, and a mood does not keep.",
        "De ronde sluit na {closes}.",
        "Laat hem 30m tot 2d duren: mensen hebben tijd nodig, en een stemming blijft niet gelijk.",
    ),
    "ask-outlives-round": warning(
        "The question {code} may still leave after {valid}; the round closes after {closes}.",
        "Make its valid_for as long as the round, or shorter.",
        "De vraag {code} mag na {valid} nog weg; de ronde sluit na {closes}.",
        "Maak valid_for even lang als de ronde, of korter.",
    ),
    "nothing-to-run": error(
        "The step is automatic, but has no act that can run.",
        "Add an act, or remove automatic.",
        "De stap is automatisch, maar heeft geen handeling die kan lopen.",
        "Voeg een act toe, of haal automatic weg.",
    ),
    "person-decides": error(
        "A decision or a closing message never runs by itself.",
        "Remove automatic: a person does this.",
        "Een besluit of een afsluitend bericht loopt nooit vanzelf.",
        "Haal automatic weg: een mens doet dit.",
    ),
    "person-releases": warning(
        "What goes to key figures runs by itself here.",
        "Remove automatic, so that a person reads the words once more before they leave.",
        "Wat naar sleutelfiguren gaat, loopt hier vanzelf.",
        "Haal automatic weg, zodat een mens de woorden nog eens leest voor ze weggaan.",
    ),
    "form-needs-person": error(
        "A form never fills itself in.",
        "Remove automatic: a person does this.",
        "Een formulier vult zichzelf niet in.",
        "Haal automatic weg: een mens doet dit.",
    ),
    "not-with-itself": error(
        "A role cannot exclude itself.",
        "Take it out of not_with.",
        "Een rol kan zichzelf niet uitsluiten.",
        "Haal hem uit not_with.",
    ),
    "one-sided": warning(
        "The role {role} excludes {other}, but {other} does not exclude {role}.",
        "Write {role} in not_with of {other} too: it works both ways.",
        "De rol {role} sluit {other} uit, maar {other} sluit {role} niet uit.",
        "Zet {role} ook in not_with van {other}: het geldt voor beide.",
    ),
    "asked-never-told": warning(
        "{group} are asked something here, and get no words after it.",
        "Add a later step with a give message to them: tell what was done with the answers.",
        "{group} krijgen hier een vraag, en daarna geen bericht meer.",
        "Voeg een latere stap toe met een give-bericht: vertel wat er met de antwoorden gebeurt.",
    ),
    "never-closed": warning(
        "{group} get words, but others alone get the closing message.",
        "Add a step with a close message to them.",
        "{group} krijgen berichten, maar alleen anderen krijgen het afsluitende bericht.",
        "Voeg een stap toe met een close-bericht aan hen.",
    ),
    "ask-before-give": error(
        "{group} are asked something at {start}, before all of them have been given anything.",
        "Add a step with a give message to the same audience that is due at {start} or earlier.",
        "{group} krijgen op {start} een vraag, voordat ze allemaal iets hebben gekregen.",
        "Voeg een stap toe met een give-bericht aan dezelfde doelgroep, uiterlijk op {start}.",
    ),
    "over-budget": warning(
        "Key figures would get {count} {what} within a day of {start}; the budget is {limit}.",
        "Spread the steps over more days, or leave one out.",
        "Sleutelfiguren krijgen {count} {what} binnen een dag na {start}; het budget is {limit}.",
        "Verdeel de stappen over meer dagen, of laat er een weg.",
    ),
    "role-title-long": error(
        "The title has {length} characters; in a text there is room for {limit}.",
        "Shorten the title: messages with {{role}} use it.",
        "De titel heeft {length} tekens; in een bericht is plaats voor {limit}.",
        "Maak de titel korter: berichten met {{role}} gebruiken hem.",
    ),
}

WORDS = {
    "missing-language": error(
        "The message has no text in {language}.",
        "Add {code}: with the text.",
        "Het bericht heeft geen tekst in het {language}.",
        "Voeg {code}: toe met de tekst.",
    ),
    "unknown-placeholder": error(
        "There is no placeholder {name}.{hint}",
        "Use one of: {known}.",
        "Er is geen invulveld {name}.{hint}",
        "Gebruik een van: {known}.",
    ),
    "stray-brace": error(
        "A brace stands alone in the text.",
        "Write a placeholder as {{phone}}, and use no other braces.",
        "Er staat een losse accolade in de tekst.",
        "Schrijf een invulveld als {{phone}}, en gebruik verder geen accolades.",
    ),
    "placeholder-place": error(
        "{name} has no value here: only the rapid team has roles.",
        "Take {name} out of what others get.",
        "{name} heeft hier geen waarde: alleen het snelteam heeft rollen.",
        "Haal {name} uit wat anderen krijgen.",
    ),
    "placeholders-differ": warning(
        "The Dutch text uses {missing}, this one does not.",
        "Use it here too, or leave it out of both.",
        "De Nederlandse tekst gebruikt {missing}, deze niet.",
        "Gebruik het hier ook, of laat het uit beide weg.",
    ),
    "extra-placeholder": warning(
        "This text uses {extra}, the Dutch one does not.",
        "Use the same in both, or leave it out here.",
        "Deze tekst gebruikt {extra}, de Nederlandse niet.",
        "Gebruik hetzelfde in beide, of laat het hier weg.",
    ),
    "stray-space": error(
        "The text begins or ends with white space, or has two spaces in a row.",
        "Remove it; write a text of several lines after >- .",
        "De tekst begint of eindigt met witruimte, of heeft twee spaties achter elkaar.",
        "Haal dat weg; schrijf een tekst van meer regels na >- .",
    ),
    "exercise-word": error(
        "The text says {word} itself.",
        "Remove it: in an exercise the product puts it before every text.",
        "De tekst zegt zelf {word}.",
        "Haal het weg: bij een oefening zet het product het voor elke tekst.",
    ),
    "not-gsm": warning(
        '"{char}" is not in the SMS alphabet: the text takes {parts} parts instead of {plain}.',
        "{hint}",
        '"{char}" staat niet in het sms-alfabet: de tekst kost {parts} delen, anders {plain}.',
        "{hint}",
    ),
    "too-many-parts": error(
        "With the longest fillings the text takes {parts} SMS parts ({units} units, {encoding});"
        " {limit} is the limit.",
        "Leave out about {over} characters.",
        "Met de langste invulling kost de tekst {parts} sms-delen ({units} tekens, {encoding});"
        " {limit} is de grens.",
        "Laat ongeveer {over} tekens weg.",
    ),
    "loaded-word": error(
        'The text says "{word}": {reason}.',
        "Say what happened and what people can do, without this word.",
        'De tekst zegt "{word}": {reason}.',
        "Zeg wat er is gebeurd en wat mensen kunnen doen, zonder dit woord.",
    ),
    "asks-who": error(
        'The text asks "{words}": for a person, a name, a belief or an origin.',
        "Ask what is going on or what is needed, never who.",
        'De tekst vraagt "{words}": naar een persoon, een naam, een geloof of een afkomst.',
        "Vraag wat er speelt of wat er nodig is, nooit wie.",
    ),
    "nothing-to-check": error(
        "There are no words in {language} to be checked.",
        "Take {language} out, or add its text.",
        "Er zijn geen woorden in {language} om na te kijken.",
        "Haal {language} weg, of voeg de tekst toe.",
    ),
    "contact-details": error(
        "A number, an address or a link of someone stands here.",
        "A playbook holds none: in messages use {{phone}}, {{place}} or {{link}}.",
        "Hier staat een nummer, een adres of een link van iemand.",
        "In een draaiboek staan die niet: gebruik in berichten {{phone}}, {{place}} of {{link}}.",
    ),
    "reserved-answer": error(
        "The text offers {word} as an answer, but carriers and this product use that word.",
        "Offer digits as answers.",
        "De tekst biedt {word} aan als antwoord, maar dat woord betekent al iets anders.",
        "Bied cijfers aan als antwoord.",
    ),
    "answers-missing": error(
        "The text does not offer {digits}.",
        "Name each answer, as in {example}.",
        "De tekst biedt {digits} niet aan.",
        "Noem elk antwoord, zoals in {example}.",
    ),
    "key-figure-sender": error(
        "A key figure cannot see who writes this.",
        "Name the contact person with {{sender}}.",
        "Een sleutelfiguur ziet niet wie dit schrijft.",
        "Noem de contactpersoon met {{sender}}.",
    ),
    "key-figure-phone": error(
        "A key figure finds no way here to talk to a person.",
        "Offer to call, with {{phone}}.",
        "Een sleutelfiguur vindt hier geen manier om een mens te spreken.",
        "Bied aan om te bellen, met {{phone}}.",
    ),
    "ask-voluntary": error(
        "A key figure is asked something, and the text does not say that it is voluntary.",
        "Say so, for instance: {example}.",
        "Een sleutelfiguur krijgt een vraag, en de tekst zegt niet dat antwoorden vrijwillig is.",
        "Zeg het, bijvoorbeeld: {example}.",
    ),
    "ask-no-names": error(
        "A key figure is asked something, and the text does not say to leave out names.",
        "Say so, for instance: {example}.",
        "Een sleutelfiguur krijgt een vraag, en de tekst zegt niet dat namen weg moeten blijven.",
        "Zeg het, bijvoorbeeld: {example}.",
    ),
    "form-link": error(
        "The message must bring the form, but holds no link.",
        "Add {{link}}.",
        "Het bericht moet het formulier brengen, maar heeft geen link.",
        "Voeg {{link}} toe.",
    ),
}

READING = {
    "long-sentence": warning(
        'The sentence that begins with "{begin}" has {count} words; {limit} is the most here.',
        "Make two sentences of it.",
        'De zin die begint met "{begin}" heeft {count} woorden; {limit} is hier het meeste.',
        "Maak er twee zinnen van.",
    ),
    "hard-word": warning(
        '"{word}" is a hard word.',
        "Say, for instance: {plain}.",
        '"{word}" is een moeilijk woord.',
        "Zeg bijvoorbeeld: {plain}.",
    ),
}
