"""Find personal data in free text before it is kept: what is certain is blocked, a name is asked.

It protects people from a slip, not from someone who wants to write a name.
"""

import re
from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Literal

import phonenumbers
from msgspec import Struct
from phonenumbers import PhoneNumberType

from calamity.domain.errors import Refused
from calamity.domain.names import FIRST_NAMES, NO_NAMES, SURNAMES


class Kind(StrEnum):
    """What was found."""

    BSN = "bsn"
    PHONE = "phone"
    EMAIL = "email"
    PROFILE = "profile"
    HANDLE = "handle"
    PLATE = "plate"
    IBAN = "iban"
    ADDRESS = "address"
    NAME = "name"
    SHORT_LINK = "short-link"


class Finding(Struct, frozen=True, forbid_unknown_fields=True):
    """One place in a text. It holds positions, never the words themselves."""

    kind: Kind
    severity: Literal["blocked", "warning"]
    start: int
    end: int


_EMAIL = re.compile(r"[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}")
_PROFILE = re.compile(
    r"(?:https?://)?(?:[\w-]{1,20}\.)?"
    r"(?:facebook\.com|fb\.com|fb\.me|m\.me|instagram\.com|tiktok\.com|twitter\.com|x\.com|linkedin\.com"
    r"|youtube\.com|snapchat\.com|t\.me|telegram\.me|wa\.me|threads\.net|threads\.com|bsky\.app|vk\.com"
    r"|reddit\.com|discord\.gg|pinterest\.com|twitch\.tv|mastodon\.\w{2,10})/[\w@.%?=/+-]{2,200}",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w.@/])@[A-Za-z_][\w.]{1,30}")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,8}(?!\w)", re.IGNORECASE)
_DUTCH_IBAN = re.compile(r"NL\d{2}[A-Z]{4}\d{10}")
_BSN = re.compile(
    r"(?<![\w.+-])(?:\d{9}|\d{3}[ .-]\d{3}[ .-]\d{3}|\d{4}[ .-]\d{2}[ .-]\d{3})(?![\w-])"
)
_POSTCODE = r"[1-9]\d{3}(?: ?(?!SA|SD|SS)[A-Z]{2}|(?!sa|sd|ss)[a-z]{2})"
_HOUSE = r"(?:nr\.?|nummer|huisnummer|huisnr\.?|no\.?)? ?\d{1,4}(?![\d:.]\d)"
_ADDRESS = re.compile(
    rf"(?<!\w){_POSTCODE}(?!\w)[ ,-]{{0,3}}{_HOUSE}|(?<!\w)\d{{1,4}} ?[a-zA-Z]?,? {_POSTCODE}(?!\w)"
)

# The series of Dutch number plates: X a letter, 9 a digit. Later series have no vowels, which
# tells 12-DFG-3 from 12-JAN-3; pairs of letters with dashes are taken with vowels too.
_PAIRED_PLATES = ("XX-99-99", "99-99-XX", "99-XX-99", "XX-99-XX", "XX-XX-99", "99-XX-XX")
_PLATES = (
    "XX-99-XX", "XX-XX-99", "99-XX-XX", "99-XXX-9", "9-XXX-99", "XX-999-X", "X-999-XX",
    "XXX-99-X", "X-99-XXX", "9-XX-999", "999-XX-9",
)  # fmt: skip


def _plate_pattern() -> re.Pattern[str]:
    consonant = "[BDFGHJKLMNPRSTVWXZ]"
    shapes = []
    for code in _PAIRED_PLATES:
        shapes.append(code.replace("9", r"\d").replace("X", "[A-Z]"))
    for code in _PLATES:
        dashed = code.replace("9", r"\d").replace("X", consonant)
        shapes += [dashed, f"(?i:{dashed})", dashed.replace("-", ""), dashed.replace("-", " ")]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(shapes)})(?![\w-])")


_PLATE = _plate_pattern()

# Numbers that are meant for everyone may be named.
_PUBLIC = {
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.UAN,
}


def scan(text: str, *, known_places: Collection[str] = ()) -> list[Finding]:
    """Find personal data; findings come in order and do not overlap.

    *known_places* are names of neighbourhoods and streets that must not be taken for a person.
    """
    findings: list[Finding] = []
    for kind, start, end in (*_blocked(text), *_names(text, known_places)):
        if all(end <= other.start or start >= other.end for other in findings):
            severity: Literal["blocked", "warning"] = "warning" if kind is Kind.NAME else "blocked"
            findings.append(Finding(kind, severity, start, end))
    return sorted(findings, key=lambda finding: finding.start)


def must_hold_nobody(text: str, *, field: str) -> bool:
    """Raise Refused, naming the field, for personal data; return whether a name may be in it."""
    found = scan(text)
    if any(each.severity == "blocked" for each in found):
        raise Refused(
            "This text holds personal data. Leave out names, numbers and addresses.", field=field
        )
    return bool(found)


# Their makers decide where they lead, carriers filter them, and they look like fraud.
_SHORTENERS = (
    r"bit\.ly|bitly\.com|tinyurl\.com|t\.co|goo\.gl|ow\.ly|is\.gd|v\.gd|buff\.ly|rebrand\.ly|cutt\.ly"
    r"|shorturl\.at|tiny\.cc|tiny\.one|rb\.gy|lnkd\.in|s\.id|t\.ly|bl\.ink|adf\.ly|dlvr\.it|qr\.ae"
    r"|forms\.gle|g\.co|kutt\.it|x\.gd|linktr\.ee|shorte\.st|soo\.gd|clck\.ru|da\.gd|urlz\.fr|lc\.cx"
)
_SHORT_LINK = re.compile(
    rf"(?<![\w.@-])(?:https?://)?(?:www\.)?(?:{_SHORTENERS})(?:/[\w%?=&/.+-]*|(?![\w.-]))",
    re.IGNORECASE,
)


def scan_leaving(text: str, *, known_places: Collection[str] = ()) -> list[Finding]:
    """Find in a text that is about to leave what its writer should look at again.

    Personal data, and links of which nobody can see where they lead. All are warnings: the writer
    may have a reason, and says so.
    """
    findings = [
        Finding(found.kind, "warning", found.start, found.end)
        for found in scan(text, known_places=known_places)
    ]
    for match in _SHORT_LINK.finditer(text):
        if all(match.end() <= each.start or match.start() >= each.end for each in findings):
            findings.append(Finding(Kind.SHORT_LINK, "warning", match.start(), match.end()))
    return sorted(findings, key=lambda finding: finding.start)


def _blocked(text: str) -> Iterator[tuple[Kind, int, int]]:
    for kind, pattern in (
        (Kind.EMAIL, _EMAIL),
        (Kind.PROFILE, _PROFILE),
        (Kind.HANDLE, _HANDLE),
        (Kind.ADDRESS, _ADDRESS),
        (Kind.PLATE, _PLATE),
    ):
        for found in pattern.finditer(text):
            yield kind, found.start(), found.end()
    for found in _IBAN.finditer(text):
        if length := _iban_length(found[0]):
            yield Kind.IBAN, found.start(), found.start() + length
    for match in phonenumbers.PhoneNumberMatcher(text, "NL"):
        if phonenumbers.number_type(match.number) not in _PUBLIC:
            yield Kind.PHONE, match.start, match.end
    for found in _BSN.finditer(text):
        if _passes_eleven(re.sub(r"\D", "", found[0])):
            yield Kind.BSN, found.start(), found.end()


def _passes_eleven(digits: str) -> bool:
    """Do the eleven test of a citizen service number: 9a + 8b ... + 2h - i is a multiple of 11."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    total = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True))
    return total % 11 == 0 and int(digits) > 0


def _iban_length(raw: str) -> int:
    """Return how many characters of *raw* are an account number; 0 if none.

    A word may follow the number, so the end is looked for. A Dutch one need not add up: a typing
    error still points at a person.
    """
    for end in range(len(raw), 14, -1):
        account = re.sub(r"[ -]", "", raw[:end]).upper()
        if _DUTCH_IBAN.fullmatch(account) or (_fits(account) and _adds_up(account)):
            return end
    return 0


def _fits(account: str) -> bool:
    shortest, longest = 15, 34
    return shortest <= len(account) <= longest and account.isascii() and account.isalnum()


def _adds_up(account: str) -> bool:
    return int("".join(str(int(char, 36)) for char in account[4:] + account[:4])) % 97 == 1


_CAPITAL = r"[A-ZÀ-ÖØ-ÞĞİŞŁŻŚĆ][\wÀ-ÿ'’-]*"
_TITLED = re.compile(
    r"\b(?:meneer|mevrouw|mevr\.?|dhr\.?|mw\.?|de heer|juf|meester|oom|tante|familie|fam\.?|gezin"
    rf"|mr\.?|mrs\.?|ms\.?|imam|dominee|pastoor|rabbijn|wijkagent|agent) (?P<name>{_CAPITAL})",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    ("van", "von", "de", "der", "den", "het", "'t", "ten", "ter", "el", "al", "ben", "ait", "da")
)
_TOKEN = re.compile(r"'t(?!\w)|[^\W\d_][\w'’-]*")
_PLACE_ENDS = re.compile(
    r"(?:straat|laan|weg|plein|park|kade|gracht|singel|steeg|pad|brug|markt|school|kerk|buurt|wijk"
    r"|centrum|college|mavo|lyceum|moskee|club|tocht|feest|dag|avond)$"
)
_SENTENCE_STARTS = '.!?:;\n"“(•-'


def _names(text: str, known_places: Collection[str]) -> Iterator[tuple[Kind, int, int]]:
    """Find likely names: by a title, the lists, a particle, or two capitals in a row."""
    for place in known_places:
        text = re.sub(rf"(?<!\w){re.escape(place)}(?!\w)", "·" * len(place), text)
    for run in _runs(text):
        if (found := _name_in(run, text)) is not None:
            yield Kind.NAME, *found
    for titled in _TITLED.finditer(text):
        if titled["name"][0].isupper() and not _is_no_name(titled["name"]):
            yield Kind.NAME, titled.start(), titled.end()


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Group words with a capital, and particles, that stand together."""
    run: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text):
        member = token[0][0].isupper() or token[0] in _PARTICLES
        if run and not (member and text[run[-1].end() : token.start()] == " "):
            yield run
            run = []
        if member:
            run.append(token)
    yield run


def _name_in(run: list[re.Match[str]], text: str) -> tuple[int, int] | None:
    words = [_bare(token[0]) for token in run]
    while words and words[-1] in _PARTICLES:
        words.pop()
    if not words or any(_PLACE_ENDS.search(word) for word in words):
        return None
    end = run[len(words) - 1].end()
    for token, word in zip(run, words, strict=False):
        if token[0][0].isupper() and word.split("-")[0] in FIRST_NAMES:
            return token.start(), end
    for place, word in enumerate(words):
        if place and word in SURNAMES and words[place - 1] in _PARTICLES:
            return run[_first_particle(words, place)].start(), end
    unknown = [
        token
        for token, word in zip(run, words, strict=False)
        if word not in _PARTICLES and not _is_no_name(token[0])
    ]
    if unknown and unknown[0] is run[0] and _starts_sentence(text, run[0].start()):
        unknown = unknown[1:]
    return (unknown[0].start(), unknown[-1].end()) if len(unknown) > 1 else None


def _first_particle(words: list[str], place: int) -> int:
    while place and words[place - 1] in _PARTICLES:
        place -= 1
    return place


def _bare(word: str) -> str:
    """Return the word as the lists know it: without a possessive ending, in small letters."""
    return re.sub(r"(?:['’]s?|-)$", "", word).casefold() if word != "'t" else word


def _is_no_name(word: str) -> bool:
    bare = _bare(word)
    return bare in NO_NAMES or word.isupper() or _PLACE_ENDS.search(bare) is not None


def _starts_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" ")
    return not before or before[-1] in _SENTENCE_STARTS
