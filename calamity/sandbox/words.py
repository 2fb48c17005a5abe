"""What people read in the sandbox, per language."""

from pathlib import Path

import msgspec

_FOLDER = Path(__file__).parent / "words"

WORDS: dict[str, dict[str, str]] = {
    language: msgspec.json.decode((_FOLDER / f"{language}.json").read_bytes())
    for language in ("nl", "en")
}
