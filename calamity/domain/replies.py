"""What a reply by SMS means: one table of words, the digits of all scripts, and the rest.

A reply counts only if the whole message is the answer. Everything else is kept for a person:
a wrong guess costs more than a second look.
"""

import re
import unicodedata

from msgspec import Struct


class _Read(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """One way in which a reply can be read."""


class Stop(_Read, frozen=True, tag="stop"):
    """No more messages."""


class Start(_Read, frozen=True, tag="start"):
    """Messages again."""


class Help(_Read, frozen=True, tag="help"):
    """Help wanted: after an attack this may be a cry for help, so a person must look."""


class CallMe(_Read, frozen=True, tag="call-me"):
    """Please call me."""


class Digit(_Read, frozen=True, tag="digit"):
    """One digit, whatever the question was."""

    value: int


class InWords(_Read, frozen=True, tag="in-words"):
    """The answer to a call-out in words: 1 coming, 2 cannot, 3 later.

    It is no Digit, since "later" must never count as a mood.
    """

    value: int


class Yes(_Read, frozen=True, tag="yes"):
    """Yes."""


class No(_Read, frozen=True, tag="no"):
    """No."""


class Tapback(_Read, frozen=True, tag="tapback"):
    """A reaction to our own text, which the phone quotes: no answer."""


class AutoReply(_Read, frozen=True, tag="auto-reply"):
    """Written by a device, such as a driving mode: no answer, and nothing to answer to."""


class Unclear(_Read, frozen=True, tag="unclear"):
    """For a person to read. *digit_hint* is the one digit among signs that are no words."""

    digit_hint: int | None = None


Reading = Stop | Start | Help | CallMe | Digit | InWords | Yes | No | Tapback | AutoReply | Unclear

# The whole message, apart from case, accents, spaces and end marks. Carriers act on the control
# words by themselves, hence they stand here too. Not here: "ok" and a thumb, which only say "seen".
_TABLE: tuple[tuple[Reading, str], ...] = (
    (
        Stop(),
        """stop, stopall, stoppen, stopzetten, afmelden, uitschrijven, unsubscribe, end, quit,
        cancel, revoke, optout, opt out, durdur, iptal, abonelikten çık, توقف, ايقاف, إلغاء,
        koniec, rezygnuję, wypisz, стоп, зупинити, відписатися""",
    ),
    (
        Start(),
        """start, unstop, aanmelden, inschrijven, subscribe, başla, başlat, ابدأ, اشتراك, zapisz,
        старт, почати, підписатися""",
    ),
    (
        Help(),
        """help, hulp, info, sos, 112, noodgeval, emergency, yardım, imdat, bilgi, مساعدة, النجدة,
        معلومات, pomoc, pomocy, ratunku, допомога, допоможіть, інфо""",
    ),
    (
        CallMe(),
        """bel, bel me, bel mij, bel me terug, bel mij terug, bel terug, bel me aub, bel mij aub,
        terugbellen, bellen, call, call me, call me back, please call, please call me, ara,
        ara beni, beni ara, beni arayın, اتصل, اتصل بي, اتصلوا بي, zadzwoń, zadzwoń do mnie,
        proszę zadzwonić, подзвони, подзвоніть, подзвоніть мені, зателефонуйте,
        зателефонуйте мені""",
    ),
    (
        InWords(1),
        """ik kom, kom, ik kom eraan, ik kom er aan, kom eraan, ik kom nu, ik kom direct, onderweg,
        ik ben onderweg, ik ben er, ja ik kom, ja ik kom eraan, coming, i'm coming, i am coming,
        i come, on my way, i'm on my way, i will come, i'll come, yes i'm coming,
        yes i am coming""",
    ),
    (
        InWords(2),
        """kan niet, ik kan niet, ik kan niet komen, kan niet komen, ik kan vandaag niet,
        ik kom niet, kom niet, lukt niet, het lukt niet, lukt me niet, het lukt me niet, verhinderd,
        ik ben verhinderd, nee ik kan niet, nee ik kom niet, cannot, can not, i cannot, can't,
        i can't, i can't come, i cannot come, can't come, can't make it, i can't make it,
        i'm not coming, not coming, unable, i am unable to come, no i can't""",
    ),
    (
        InWords(3),
        """later, kom later, ik kom later, ik kom iets later, iets later, ik ben later,
        ik kan later, kan later, ik kom wat later, coming later, i'm coming later, i'll come later,
        i'll be late, i will be late, running late, late""",
    ),
    (
        Yes(),
        """ja, jaa, jaaa, ja ja, jazeker, jawel, ja hoor, ja graag, ja prima, ja is goed,
        ja dat is goed, ja dat mag, ja natuurlijk, ja akkoord, akkoord, yes, yes please, yeah, yep,
        yes of course, evet, evet lütfen, evet olur, نعم, نعم من فضلك, اي نعم, أجل, أيوه, ايوا,
        tak, tak proszę, tak jest, так, так будь ласка, авжеж""",
    ),
    (
        No(),
        """nee, neen, neee, nee hoor, nee nee, nee dank je, nee dank u, nee dankjewel, nee bedankt,
        nee liever niet, liever niet, nee dat mag niet, no, nope, no thanks, no thank you, hayır,
        hayır teşekkürler, لا, لا شكرا, كلا, nie, nie dziękuję, ні, ні дякую""",
    ),
    (
        AutoReply(),
        """ik rijd nu, ik ben aan het rijden, ik ben aan het autorijden, ik zit achter het stuur,
        i'm driving, i am driving, i'm driving right now, araba kullanıyorum, أنا أقود الآن,
        prowadzę samochód, я за кермом""",
    ),
)

_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ß": "ss"})
# Marks that ride on a character, joiners, fillers and the Arabic lengthening sign say nothing.
_SILENT = frozenset({"Mn", "Me", "Cf", "Cc", "Cs"})
_APOSTROPHES = re.compile("['’‘`´]")
_END_MARKS = re.compile(r"[\s.,!;:\"“”„«»()\[\]…*_،؛。、\-‐‑–—]+")
_FRIENDLY = " 👍👌🙏🙂😊❤✅🏻🏼🏽🏾🏿"
_MINUS = ("-", "−", "–", "—")
_WORD = re.compile(r"\w+")


def _fold(text: str) -> str:
    """Return the text as the table knows it: small letters, no accents, words and other signs."""
    spaced = re.sub(r"\s", " ", text)
    small = unicodedata.normalize("NFKD", spaced.casefold()).casefold()
    heard = "".join(
        char for char in small if char != "ـ" and unicodedata.category(char) not in _SILENT
    )
    plain = _APOSTROPHES.sub("", heard.translate(_LETTERS))
    return _END_MARKS.sub(" ", plain).strip()


_PHRASES: dict[str, Reading] = {
    _fold(phrase): reading for reading, phrases in _TABLE for phrase in phrases.split(",")
}

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


def read_reply(body: str) -> Reading:
    """Read one inbound text. Control words come first; a doubt is always Unclear."""
    if any(pattern.fullmatch(_visible(body)) for pattern in _TAPBACKS):
        return Tapback()
    folded = _fold(body)
    known = _PHRASES.get(folded) or _known_but_for_signs(folded)
    if known is not None:
        return known
    if _AUTOMATIC.search(folded):
        return AutoReply()
    return _read_digit(folded, signed=body.lstrip().startswith(_MINUS))


def _known_but_for_signs(folded: str) -> Reading | None:
    """Look past a friendly sign behind yes or no, and past the question mark of a control word.

    "Yes?" is a doubt; "help?" and "stop?" are not.
    """
    polite = _PHRASES.get(folded.rstrip(_FRIENDLY))
    if isinstance(polite, Yes | No):
        return polite
    asked = _PHRASES.get(folded.strip("?؟ "))
    return asked if isinstance(asked, Stop | Start | Help | CallMe) else None


def _visible(text: str) -> str:
    """Take out what phones put around quotes unseen, and surplus space."""
    shown = "".join(char for char in text if unicodedata.category(char) != "Cf" or char == "\u200d")
    return re.sub(r"\s+", " ", shown).strip()


def _read_digit(folded: str, *, signed: bool) -> Digit | Unclear:
    words = _WORD.findall(folded)
    if len(words) != 1 or len(words[0]) != 1 or not words[0].isdigit():
        return Unclear()
    value = unicodedata.digit(words[0])
    clean = folded == words[0] and not signed
    return Digit(value) if clean else Unclear(digit_hint=value)
