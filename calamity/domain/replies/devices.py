"""What devices write: reactions around our text, automatic answers, and our own words sent back."""

import re
import unicodedata
from collections.abc import Iterable

from calamity.domain.replies.folding import fold

# A shorter piece of our text may well be what a person means to say.
_SURELY_OURS = 30

# iOS and Android write a reaction as words around our text in quotes.
_QUOTED = r"[\"“”„«'‘’].*[\"“”»'‘’]"
_TAPBACKS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        # iOS, Dutch and English
        rf"vond {_QUOTED} (niet )?(leuk|geweldig|grappig)\W*",
        rf"(lachte om|benadrukte|legde nadruk op|zette vraagtekens bij|vroeg zich af) {_QUOTED}\W*",
        rf"(liked|loved|disliked|laughed at|emphasi[sz]ed|questioned) (an image|{_QUOTED})\W*",
        rf"(reageerde met|heeft gereageerd met|reacted) \S{{1,16}} (op|to) {_QUOTED}\W*",
        rf"heeft \S{{1,16}} gebruikt als reactie op {_QUOTED}\W*",
        rf"(removed|verwijderde) .{{1,40}} (from|van|bij|uit) {_QUOTED}\W*",
        # Android: a sign, a small word and our text
        rf"[^\w\"“]{{1,12}} ?(to|op|naar aanleiding van|için|na|на|على|إلى|do) {_QUOTED}\W*",
        # Turkish, Arabic, Polish, Ukrainian phones
        rf"{_QUOTED} (ögesini|ögesine|öğesini|iletisini|mesajını) .{{1,40}}",
        rf"(أعجب|أعجبني|أحب|ضحك|أكد|شكك).{{0,12}} {_QUOTED}\W*",
        rf"(polubiono|polubił|polubiła|reakcja .{{1,12}} na|вподобано|уподобано) {_QUOTED}\W*",
    )
)

# Only words that people do not write themselves: a person who writes "I am driving to the square"
# must be read.
_AUTOMATIC = re.compile(
    r"^\W*(dit is een automatisch|automatisch antwoord|automatische (reactie|beantwoording)"
    r"|afwezigheids?(bericht|assistent)|out of (the )?office|automatic (reply|response)"
    r"|auto ?(reply|response|responder)|autoreply|this is an automat|otomatik (yanit|cevap)"
    r"|رد تلقائي|automatyczna odpowiedz|автоматична відповідь)"
    r"|niet storen tijdens (het )?(auto)?rijden"
    r"|do not disturb (while driving|turned on)"
    r"|if this is urgent reply"
    r"|als (dit|het) dringend is antwoord"
    r"|ik (ben|was) (momenteel|op dit moment) (niet op kantoor|afwezig|met vakantie)\b.{0,200}\b"
    r"(terug|bereikbaar|collega)"
)


def is_tapback(body: str) -> bool:
    """Say whether a phone wrote this around a text of ours, on one press of a thumb."""
    shown = _visible(body)
    return any(pattern.fullmatch(shown) for pattern in _TAPBACKS)


def is_automatic(folded: str) -> bool:
    """Say whether a folded text begins as those of machines do."""
    return _AUTOMATIC.search(folded) is not None


def is_echo(body: str, ours: Iterable[str]) -> bool:
    """Say whether this is nothing but one of our own texts, whole or the first or last part of it.

    With a word of one's own beside it, it is for a person.
    """
    folded = fold(body.replace(">", " "))
    if not folded:
        return False
    for text in ours:
        sent = fold(text)
        if folded == sent:
            return True
        is_part = len(folded) >= _SURELY_OURS
        if is_part and (sent.startswith(folded) or sent.endswith(folded)):
            return True
        rest = folded.replace(sent, " ", 1)
        if len(sent) >= _SURELY_OURS and rest != folded and not re.search(r"\w", rest):
            return True
    return False


def _visible(text: str) -> str:
    """Take out what phones put around quotes unseen, and surplus space."""
    shown = "".join(char for char in text if unicodedata.category(char) != "Cf" or char == "\u200d")
    return re.sub(r"\s+", " ", shown).strip()
