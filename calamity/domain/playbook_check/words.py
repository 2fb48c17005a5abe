"""Rules for the texts: what they cost, what they must say, what they may not say."""

import re
from typing import Final, get_args

from calamity.domain import texts
from calamity.domain.playbook import (
    LONGEST,
    CallOut,
    Group,
    Language,
    Message,
    MessageKind,
    Round,
)
from calamity.domain.playbook_check.draft import Delivery, Draft
from calamity.domain.playbook_check.faults import Path, shown
from calamity.domain.playbook_check.said import (
    SAID,
    asks_who,
    loaded_words,
    says_no_names,
    says_voluntary,
)
from calamity.domain.playbook_check.source import closest

REQUIRED_LANGUAGES: Final[dict[Language, tuple[str, str]]] = {
    "nl": ("Dutch", "Nederlands"),
    "en": ("English", "Engels"),
}
MAX_PARTS: Final[dict[Language, int]] = {
    language: 2 if language in REQUIRED_LANGUAGES else 3 for language in get_args(Language)
}
Texts = dict[Language, str]
_FILLINGS = {name: "x" * length for name, length in LONGEST.items()}
_PART_CHARS = {"GSM-7": 153, "UCS-2": 67}
_STRAY_SPACE = re.compile(r"^\s|\s$|[^\S\n]{2}|\t")
_EXERCISE = re.compile(r"(?<!\w)(oefening|exercise)(?!\w)", re.IGNORECASE)
_RESERVED = r"YES|START|UNSTOP|HELP|INFO|HULP|END|CANCEL|QUIT|REVOKE|OPTOUT|SUBSCRIBE|AANMELDEN|SOS"
_LEAVING = r"STOP|STOPALL|UNSUBSCRIBE|STOPPEN|AFMELDEN|UITSCHRIJVEN"
_OFFERED = re.compile(
    rf"\b({_RESERVED}|{_LEAVING})\s*[=:]"
    rf"|\b(?i:antwoord|reply|answer|sms|stuur|send|text)\s+(?:(?i:met|with)\s+)?\"?({_RESERVED})\b"
)
_CALL_ANSWERS: Final[tuple[str, ...]] = ("1", "2", "3")
_MOOD_ANSWERS: Final[tuple[str, ...]] = ("1", "5", "0")
_EXAMPLES: Final[dict[tuple[str, ...], str]] = {
    _CALL_ANSWERS: "1 = ik kom, 2 = ik kan niet, 3 = ik kom later",
    _MOOD_ANSWERS: "1 = rustig ... 5 = onveilig, 0 = geen idee",
}


def check_words(draft: Draft) -> None:
    """Report everything that is wrong with the texts of the messages."""
    uses: dict[str, list[Delivery]] = {}
    for delivery in draft.deliveries:
        uses.setdefault(delivery.message, []).append(delivery)
    for index, question in enumerate(draft.playbook.questions):
        path: Path = ("questions", index, "text")
        _check_asked(draft, question.text.nl, "nl", (*path, "nl"))
        _check_asked(draft, question.text.en, "en", (*path, "en"))
    for index, message in enumerate(draft.playbook.messages):
        path = ("messages", index)
        sent = uses.get(message.code, [])
        _check_texts(draft, message.texts, sent, (*path, "texts"))
        for audience, words in message.for_audience.items():
            heard = [delivery for delivery in sent if delivery.audience == audience]
            _check_texts(draft, words, heard, (*path, "for_audience", audience))
        _check_to_be_checked(draft, message, (*path, "to_be_checked"))
    _check_role_titles(draft)


def _check_texts(draft: Draft, words: Texts, uses: list[Delivery], path: Path) -> None:
    if draft.findings.is_broken(path):
        return
    _check_languages(draft, words, path)
    for language, text in words.items():
        if draft.findings.is_broken((*path, language)):
            continue
        _check_text(draft, text, language, (*path, language))
        _check_uses(draft, text, language, uses, (*path, language))


def _check_to_be_checked(draft: Draft, message: Message, path: Path) -> None:
    languages = {
        *message.texts,
        *(each for words in message.for_audience.values() for each in words),
    }
    for index, language in enumerate(message.to_be_checked):
        if language not in languages:
            draft.findings.add("nothing-to-check", (*path, index), language=language)


def _check_languages(draft: Draft, words: Texts, path: Path) -> None:
    for language, name in REQUIRED_LANGUAGES.items():
        if language not in words:
            draft.findings.add("missing-language", path, language=name, code=language)
    if "nl" not in words:
        return
    dutch = set(texts.placeholders(words["nl"]))
    for language, text in words.items():
        here = set(texts.placeholders(text))
        missing, extra = _in_braces(dutch - here), _in_braces(here - dutch)
        # Other languages may say less: Dutch fillings read badly among other letters.
        if missing and language in REQUIRED_LANGUAGES:
            draft.findings.add("placeholders-differ", (*path, language), missing=missing)
        if extra:
            draft.findings.add("extra-placeholder", (*path, language), extra=extra)


def _in_braces(names: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


def _check_text(draft: Draft, text: str, language: Language, path: Path) -> None:
    known = sorted(texts.PLACEHOLDERS)
    unknown = [name for name in texts.placeholders(text) if name not in texts.PLACEHOLDERS]
    for name in unknown:
        draft.findings.add(
            "unknown-placeholder",
            path,
            name=f"{{{name}}}",
            known=", ".join(known),
            hint=closest(name, known),
        )
    bare = text
    for name in texts.placeholders(text):
        bare = bare.replace(f"{{{name}}}", "")
    if "{" in bare or "}" in bare:
        draft.findings.add("stray-brace", path)
    if _STRAY_SPACE.search(text):
        draft.findings.add("stray-space", path)
    if said := _EXERCISE.search(text):
        draft.findings.add("exercise-word", path, word=said[0])
    for word, reason in loaded_words(bare, language):
        draft.findings.add("loaded-word", path, word=word, reason=reason)
    _check_asked(draft, text, language, path)
    for found in _OFFERED.finditer(text):
        draft.findings.add("reserved-answer", path, word=found[1] or found[2])
    if language in REQUIRED_LANGUAGES:
        _check_alphabet(draft, text, path)
    if not unknown:
        _check_length(draft, text, language, path)


def _check_asked(draft: Draft, text: str, language: Language, path: Path) -> None:
    for asked in asks_who(text, language):
        draft.findings.add("asks-who", path, words=shown(asked))


def worst_case(text: str) -> str:
    """Return the text as an exercise sends it, with every placeholder at its longest."""
    known = {name: _FILLINGS.get(name, "") for name in texts.placeholders(text)}
    return texts.as_exercise(texts.fill(text, known))


def _check_length(draft: Draft, text: str, language: Language, path: Path) -> None:
    cost, limit = texts.segments(worst_case(text)), MAX_PARTS[language]
    if cost.parts > limit:
        draft.findings.add(
            "too-many-parts",
            path,
            parts=cost.parts,
            units=cost.units,
            encoding=cost.encoding,
            limit=limit,
            over=cost.units - limit * _PART_CHARS[cost.encoding],
        )


def _check_alphabet(draft: Draft, text: str, path: Path) -> None:
    strange = {
        char: texts.gsm_suggestion(char) for char in dict.fromkeys(text) if _is_strange(char)
    }
    if not strange:
        return
    plain = "".join(char for char in text if char not in strange)
    known = all(name in texts.PLACEHOLDERS for name in texts.placeholders(text))
    parts, fewer = ("?", "?")
    if known:
        parts = str(texts.segments(worst_case(text)).parts)
        fewer = str(texts.segments(worst_case(plain)).parts)
    for char, suggestion in strange.items():
        hint = ("Write it in another way.", "Schrijf het op een andere manier.")
        if suggestion:
            hint = (f'Write "{suggestion}" instead.', f'Schrijf in plaats daarvan "{suggestion}".')
        draft.findings.add("not-gsm", path, char=char, parts=parts, plain=fewer, hint=hint)


def _is_strange(char: str) -> bool:
    return texts.segments(char).encoding != "GSM-7"


def _check_uses(
    draft: Draft, text: str, language: Language, uses: list[Delivery], at: Path
) -> None:
    names = texts.placeholders(text)
    groups = {use.group for use in uses}
    if Group.KEY_FIGURES in groups:
        if "sender" not in names:
            draft.findings.add("key-figure-sender", at)
        if "phone" not in names:
            draft.findings.add("key-figure-phone", at)
        if any(draft.kind(use.message) is MessageKind.ASK for use in uses):
            _check_ask(draft, text, language, at)
    if "role" in names and groups - {Group.RAPID_TEAM}:
        draft.findings.add("placeholder-place", at, name="{role}")
    is_form = any(isinstance(use.act, Round) and use.path[-1] == "form" for use in uses)
    if is_form and "link" not in names:
        draft.findings.add("form-link", at)
    for answers in _expected_answers(uses):
        _check_answers(draft, text, answers, at)


def _check_ask(draft: Draft, text: str, language: Language, path: Path) -> None:
    example = SAID[language].example
    if not says_voluntary(text, language):
        draft.findings.add("ask-voluntary", path, example=example)
    if not says_no_names(text, language):
        draft.findings.add("ask-no-names", path, example=example)


def _expected_answers(uses: list[Delivery]) -> set[tuple[str, ...]]:
    """Return the digits that the product reads as answers to these uses of a message."""
    expected: set[tuple[str, ...]] = set()
    for use in uses:
        if isinstance(use.act, CallOut) and use.path[-1] in {"message", "deputy"}:
            expected.add(_CALL_ANSWERS)
        if isinstance(use.act, Round) and use.group is Group.KEY_FIGURES:
            expected.add(_MOOD_ANSWERS)
    return expected


def _check_answers(draft: Draft, text: str, answers: tuple[str, ...], path: Path) -> None:
    offered = set(re.findall(r"(?<![0-9])[0-9](?![0-9])", text))
    absent = [digit for digit in answers if digit not in offered]
    if absent:
        digits = ", ".join(absent)
        draft.findings.add("answers-missing", path, digits=digits, example=_EXAMPLES[answers])


def _check_role_titles(draft: Draft) -> None:
    all_texts = (text for message in draft.playbook.messages for text in message.texts.values())
    if not any("role" in texts.placeholders(text) for text in all_texts):
        return
    limit = LONGEST["role"]
    for index, role in enumerate(draft.playbook.roles):
        for language, title in (("nl", role.title.nl), ("en", role.title.en)):
            if len(title) > limit:
                path = ("roles", index, "title", language)
                draft.findings.add("role-title-long", path, length=len(title), limit=limit)
