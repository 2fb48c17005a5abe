"""Something said in both languages of the product."""

from collections.abc import Sequence

from msgspec import Struct

from calamity.domain.playbook import Prose, Words


class Said(Struct, frozen=True):
    """The same in Dutch and in English."""

    nl: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the English words for English, else the Dutch."""
        return self.en if language == "en" else self.nl

    def filled(self, **parts: "Said") -> "Said":
        """Return the words with {parts} filled in, each in its own language."""
        return Said(
            self.nl.format_map({name: part.nl for name, part in parts.items()}),
            self.en.format_map({name: part.en for name, part in parts.items()}),
        )


NOTHING = Said("niets", "nothing")


def said_of(words: Words | Prose | str | int) -> Said:
    """Return words of a document, or a text or a number that is the same in both languages."""
    if isinstance(words, str | int):
        return Said(str(words), str(words))
    return Said(words.nl, words.en)


def quoted(said: Said) -> Said:
    """Return words as somebody's own."""
    return Said(f"“{said.nl}”", f"“{said.en}”")


def joined(parts: Sequence[Said], nl: str = "en", en: str = "and") -> Said:
    """Return a list in one sentence: a, b and c."""
    if not parts:
        return NOTHING
    return Said(_joined([part.nl for part in parts], nl), _joined([part.en for part in parts], en))


def _joined(parts: list[str], last: str) -> str:
    return f" {last} ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
