"""How words travel over SMPP: the default alphabet of GSM, one septet to an octet, or UCS-2."""

from calamity.domain.texts import GSM_BASIC, GSM_EXTENSION, parts, segments

DEFAULT, ASCII, LATIN, UCS2 = 0, 1, 3, 8
_ESCAPE = 0x1B
_BEFORE_ESCAPE = GSM_BASIC.index("Æ")
_TABLE = GSM_BASIC[:_BEFORE_ESCAPE] + "\x1b" + GSM_BASIC[_BEFORE_ESCAPE:]
_SEPTETS = {char: bytes([code]) for code, char in enumerate(_TABLE)}
_EXTENDED = dict(
    zip(GSM_EXTENSION, (0x0A, 0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65), strict=True)
)
_SEPTETS |= {char: bytes([_ESCAPE, code]) for char, code in _EXTENDED.items()}
_AFTER_ESCAPE = {code: char for char, code in _EXTENDED.items()}
_UNREADABLE = "\ufffd"
_CLASS_GROUP = 0xF0
_EIGHT_BIT = 0x04


def written(text: str) -> tuple[int, list[bytes]]:
    """Return the data coding of a text and the octets of each part, as `segments` counts them.

    Raises UnicodeEncodeError for half a surrogate pair.
    """
    if segments(text).encoding == "UCS-2":
        return UCS2, [part.encode("utf-16-be") for part in parts(text)]
    return DEFAULT, [b"".join([_SEPTETS[char] for char in part]) for part in parts(text) or [""]]


def read(octets: bytes, data_coding: int) -> str:
    """Return the words that octets stand for; what cannot be read is shown as such, never lost."""
    if data_coding & _CLASS_GROUP == _CLASS_GROUP:
        # A message class says only whether it is in eight bits.
        data_coding = LATIN if data_coding & _EIGHT_BIT else DEFAULT
    match data_coding:
        case 0:
            return _from_septets(octets)
        case 8:
            return octets.decode("utf-16-be", "replace")
        case 1:
            return octets.decode("ascii", "replace")
        case _:
            return octets.decode("latin-1")


def _from_septets(octets: bytes) -> str:
    found: list[str] = []
    codes = iter(octets)
    for code in codes:
        if code == _ESCAPE:
            found.append(_AFTER_ESCAPE.get(next(codes, -1), " "))
        else:
            found.append(_TABLE[code] if code < len(_TABLE) else _UNREADABLE)
    return "".join(found)
