"""Rules for words that everybody can read: short sentences, plain words."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from msgspec import Struct

from calamity.domain.playbook import Language, Prose, Words
from calamity.domain.playbook_check.draft import Draft
from calamity.domain.playbook_check.faults import Path, shown

LONGEST_SMS_SENTENCE: Final = 15
LONGEST_SENTENCE: Final = 25
_LONGEST_TEXT = 2000
_LONGEST_PHRASE = 6
"""Words in the longest phrase of the list."""
_LANGUAGES: tuple[Language, ...] = ("nl", "en")
_SENTENCE = re.compile(r"[^.!?:;\n]+(?:[.!?:;](?!\s)[^.!?:;\n]*)*")
_WORD = re.compile(r"[^\W_][\w'’-]*")
_LETTER = re.compile(r"[^\W\d_]")


def check_readable_words(draft: Draft) -> None:
    """Report sentences that are long and words that are hard, in what this file itself says."""
    playbook = draft.playbook
    for index, message in enumerate(playbook.messages):
        path: Path = ("messages", index)
        _check_texts(draft, message.texts, (*path, "texts"))
        for audience, texts in message.for_audience.items():
            _check_texts(draft, texts, (*path, "for_audience", audience))
    for at, words in _spoken(playbook, ()):
        _check(draft, words.nl, "nl", (*at, "nl"), LONGEST_SENTENCE)
        _check(draft, words.en, "en", (*at, "en"), LONGEST_SENTENCE)


def _check_texts(draft: Draft, texts: Mapping[Language, str], path: Path) -> None:
    for language in _LANGUAGES:
        _check(draft, texts.get(language), language, (*path, language), LONGEST_SMS_SENTENCE)


def _spoken(part: object, path: Path) -> Iterator[tuple[Path, Words | Prose]]:
    if isinstance(part, Words | Prose):
        yield path, part
    elif isinstance(part, Struct):
        for name in part.__struct_fields__:
            yield from _spoken(getattr(part, name), (*path, name))
    elif isinstance(part, list):
        for index, item in enumerate(part):
            yield from _spoken(item, (*path, index))


def _check(draft: Draft, text: str | None, language: str, path: Path, limit: int) -> None:
    findings = draft.findings
    if not text or len(text) > _LONGEST_TEXT or not findings.is_own(path):
        return
    for sentence in _SENTENCE.findall(text):
        count = sum(_LETTER.search(word) is not None for word in _WORD.findall(sentence))
        if count > limit:
            begin = " ".join(sentence.split()[:5])
            findings.add("long-sentence", path, begin=shown(begin), count=count, limit=limit)
    for word, plain in hard_words(text, language):
        findings.add("hard-word", path, word=word, plain=plain)


def hard_words(text: str, language: str) -> list[tuple[str, str]]:
    """Return the hard words of a text, each with what to say instead."""
    hard = _hard()[language]
    words = [word.casefold() for word in _WORD.findall(text)]
    phrases = (
        " ".join(words[at : at + length])
        for at in range(len(words))
        for length in range(1, _LONGEST_PHRASE + 1)
    )
    return [(phrase, hard[phrase]) for phrase in dict.fromkeys(phrases) if phrase in hard]


@cache
def _hard() -> Mapping[str, Mapping[str, str]]:
    lists: dict[str, dict[str, str]] = {language: {} for language in _LANGUAGES}
    file = files("calamity.domain.playbook_check") / "plain_words.tsv"
    for line in file.read_text(encoding="utf-8").splitlines():
        language, hard, plain = line.split("\t")
        lists[language] |= dict.fromkeys(hard.split("|"), plain)
    return lists
