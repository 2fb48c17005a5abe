"""The rules for blocks, moments, conditions and repeats."""

from calamity.domain.playbook_check.rule import error, warning

_ASK = "Or ask who wrote the playbook for a bundle: that holds all of it."
_VRAAG = "Of vraag de schrijver van het draaiboek om een bundel: daar zit alles in."

BLOCKS = {
    "is-block": error(
        "This is the block {block}, and no playbook.",
        "Name a playbook here.",
        "Dit is het blok {block}, en geen draaiboek.",
        "Noem hier een draaiboek.",
    ),
    "no-block": error(
        "This is the playbook {slug}, and no block.",
        "Name a block here; a playbook cannot be a part of another.",
        "Dit is het draaiboek {slug}, en geen blok.",
        "Noem hier een blok; een draaiboek kan geen deel van een ander zijn.",
    ),
    "unknown-block": error(
        "There is no block {block} here (asked for: version {version}).{hint}",
        f"Publish it here and have it approved, or put it in the folder blocks. {_ASK}",
        "Er is hier geen blok {block} (gevraagd: versie {version}).{hint}",
        f"Publiceer het hier en laat het goedkeuren, of zet het in de map blocks. {_VRAAG}",
    ),
    "unknown-block-version": error(
        "The block {block} has no version {version} here.",
        f"Use one that there is: {{known}}. {_ASK}",
        "Het blok {block} heeft hier geen versie {version}.",
        f"Gebruik een versie die er is: {{known}}. {_VRAAG}",
    ),
    "other-block": warning(
        "This was built with other words than version {version} of the block {block} has here.",
        "Take out sha256 to build with the words from here; else leave it.",
        "Dit is gebouwd met andere woorden dan versie {version} van het blok {block} hier heeft.",
        "Haal sha256 weg om met de woorden van hier te bouwen; laat het anders staan.",
    ),
    "blocks-clash": error(
        "The blocks {first} and {second} each hold another {what} {code}.",
        "Write {code} in this document itself: that takes the place of both.",
        "De blokken {first} en {second} hebben elk een andere {what} {code}.",
        "Schrijf {code} in dit document zelf: dat komt in de plaats van beide.",
    ),
}

TIMES = {
    "reserved-code": error(
        "The code {code} means something else in moments and conditions.",
        "Choose another code.",
        "De code {code} betekent iets anders in momenten en voorwaarden.",
        "Kies een andere code.",
    ),
    "ambiguous-code": error(
        "The code {code} of this {what} is also that of a {other}.",
        "Give one of them another code: moments and conditions name both by code.",
        "De code {code} van deze {what} is ook die van een {other}.",
        "Geef een van beide een andere code: momenten en voorwaarden noemen ze met hun code.",
    ),
    "never-comes": error(
        "The moment {moment} never comes: {reason}.",
        "Write a moment that can be told when it is there, such as T+4h or 2027-03-18 @ 10:00.",
        "Het moment {moment} komt nooit: {reason}.",
        "Schrijf een moment dat te zien is als het er is, zoals T+4h of 2027-03-18 @ 10:00.",
    ),
    "cyclic-steps": error(
        "These steps wait for each other, so none of them ever comes: {circle}.",
        "Let one of them count from T0 or from a phase.",
        "Deze stappen wachten op elkaar, dus geen ervan komt ooit: {circle}.",
        "Laat een ervan tellen vanaf T0 of vanaf een fase.",
    ),
    "may-never-come": warning(
        "This counts from the step {step}, which is there only if {when}.",
        "Give this step the same condition, or let it count from something else.",
        "Dit telt vanaf de stap {step}, die er alleen is bij {when}.",
        "Geef deze stap dezelfde voorwaarde, of laat hem vanaf iets anders tellen.",
    ),
    "past-date": warning(
        "The date {moment} is over.",
        "Write a date to come, or count from T0, such as T + 1y.",
        "De datum {moment} is voorbij.",
        "Schrijf een datum die nog komt, of tel vanaf T0, zoals T + 1y.",
    ),
    "due-may-come-first": warning(
        "When T0 is at another time of day, {due} comes before the start, {start}.",
        "Give both the same time of day, or let due count from more than a day.",
        "Als T0 op een andere tijd valt, komt {due} voor het begin, {start}.",
        "Geef beide dezelfde tijd van de dag, of laat due meer dan een dag later vallen.",
    ),
    "repeat-how": error(
        "A repeat has either every or at.",
        "Write every: 12h, or at: with times of day.",
        "Een herhaling heeft of every, of at.",
        "Schrijf every: 12h, of at: met tijden van de dag.",
    ),
    "repeat-times": error(
        "The times of day are not in order, or one stands there twice.",
        "Write each once, the earliest first.",
        "De tijden staan niet op volgorde, of een staat er twee keer.",
        "Schrijf elke tijd een keer, de vroegste eerst.",
    ),
    "repeat-call-out": error(
        "A call-out is not repeated.",
        "Remove repeat: a call-out reminds by itself.",
        "Een oproep wordt niet herhaald.",
        "Haal repeat weg: een oproep herinnert uit zichzelf.",
    ),
    "until-before-start": error(
        "The repeat ends at {until}, before its first time at {start}.",
        "Make until later than start.",
        "De herhaling stopt op {until}, voor de eerste keer op {start}.",
        "Zet until later dan start.",
    ),
    "repeat-too-often": error(
        "The step would come more than {limit} times.",
        "Make every longer, or until earlier.",
        "De stap zou meer dan {limit} keer komen.",
        "Maak every langer, of until eerder.",
    ),
}

CONDITIONS = {
    "formula": error(
        "The condition cannot be read from character {place}, at {rest}.",
        "Write it like (a and b) or h, or like level >= 2 and phase = acute.",
        "De voorwaarde is niet te lezen vanaf teken {place}, bij {rest}.",
        "Schrijf hem zoals (a and b) or h, of zoals level >= 2 and phase = acute.",
    ),
    "cannot-compare": error(
        "{comparison} is never true: these cannot be compared.",
        "Write it like {how}.",
        "{comparison} is nooit waar: deze zijn niet te vergelijken.",
        "Schrijf het zoals {how}.",
    ),
    "levels-without-questions": warning(
        "Levels are proposed, but nothing is asked.",
        "Add questions that the conditions name, or remove levels.",
        "Er worden niveaus voorgesteld, maar er wordt niets gevraagd.",
        "Voeg questions toe die de voorwaarden noemen, of haal levels weg.",
    ),
}
