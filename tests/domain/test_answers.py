"""The short words that answer a text: in plain letters where the language has them, and short."""

import pytest

from calamity.domain.answers import AnswerText, answer_in, code_words
from calamity.domain.playbook import LONGEST
from calamity.domain.replies import Echo, read_reply
from calamity.domain.texts import segments

LANGUAGES = ("nl", "en", "tr", "ar", "pl", "uk")


def filled(which: AnswerText, language: str) -> str:
    words = answer_in(which, language)
    for name in ("phone", "sender"):
        words = words.replace(f"{{{name}}}", "x" * LONGEST[name])
    return words.replace("{date}", "30-11")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("which", AnswerText)
def test_an_answer_is_short_and_fully_filled(which: AnswerText, language: str) -> None:
    words = filled(which, language)
    cost = segments(words)
    assert "{" not in words
    assert cost.parts <= (1 if language in {"nl", "en"} else 2)
    assert cost.encoding == "GSM-7" or language not in {"nl", "en"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("which", AnswerText)
def test_an_answer_sent_back_by_a_machine_starts_no_conversation(
    which: AnswerText, language: str
) -> None:
    words = filled(which, language)
    assert read_reply(words, ours=[words]) == Echo()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_stands_in_the_text_as_it_must_be_sent(language: str) -> None:
    assert "4821" in code_words(language, "4821")
    assert len(code_words(language, "4821")) <= 30
