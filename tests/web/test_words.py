"""The words: nothing untranslated, nothing stale, nothing that the other language would show."""

import re
import subprocess
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

WEB = Path(__file__).parents[2] / "calamity/web"
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@pytest.fixture(scope="module")
def dutch() -> Catalog:
    with (WEB / "locale/nl/LC_MESSAGES/calamity.po").open("rb") as file:
        return read_po(file, locale="nl")


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    template = tmp_path_factory.mktemp("words") / "calamity.pot"
    subprocess.run(
        [
            Path(__file__).parents[2] / ".venv/bin/pybabel", "-q", "extract", "-F", "babel.cfg",
            "-k", "text", "-k", "plural:1,2", "-k", "N_", "-o", template, ".",
        ],
        cwd=WEB, check=True,
    )  # fmt: skip
    with template.open("rb") as file:
        return read_po(file)


def test_every_sentence_has_dutch_words(dutch: Catalog, extracted: Catalog) -> None:
    missing = [m.id for m in extracted if m.id and (m.id not in dutch or not dutch[m.id].string)]
    assert missing == []


def test_no_dutch_words_are_left_over_or_in_doubt(dutch: Catalog, extracted: Catalog) -> None:
    assert [m.id for m in dutch if m.id and m.id not in extracted] == []
    assert [m.id for m in dutch if m.id and m.fuzzy] == []
    assert not dutch.obsolete


def test_placeholders_survive_translation(dutch: Catalog) -> None:
    for message in dutch:
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        words = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(words), message.id
        for source, said in zip(ids, words, strict=True):
            assert set(PLACEHOLDER.findall(said)) == set(PLACEHOLDER.findall(source)), message.id


def test_templates_hold_no_words_outside_the_catalogue() -> None:
    bare = []
    for template in (WEB / "templates").rglob("*.html"):
        text = template.read_text()
        text = re.sub(r"\{% block body_class %\}.*?\{% endblock %\}", " ", text)
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.DOTALL)
        text = re.sub(r"<(script|svg|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
        text = re.sub(r'[\w-]+="[^"]*"', " ", text)
        text = re.sub(r"<!--.*?-->|<[^>]*>", " ", text, flags=re.DOTALL)
        allowed = {
            "Calamity",
            "GRIP",
            "SHA",
            "JSON",
            "Lines",
            "CSV",
            "and",
            "T0",
            "Read this in English",
        }
        bare += [
            (template.name, word)
            for word in re.findall(r"[A-Za-z]{3,}", text)
            if word not in allowed
        ]
    assert bare == []
