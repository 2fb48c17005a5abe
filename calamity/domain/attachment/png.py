"""PNG: the picture and nothing beside it; places, times, names and programs stay behind."""

import struct
import zlib
from collections.abc import Iterator

from calamity.domain.errors import Refused

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
"""What a picture cannot do without; tRNS says what is transparent."""
_WIDEST = 12_000
_MOST_PIXELS = 40_000_000
_AT_ONCE = 256 * 1024
_SUM_BYTES, _HEAD_BYTES = 4, 13
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PASSES = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
    (0, 1, 1, 2),
)  # fmt: skip
"""Where each pass of an interlaced picture begins, and its steps: across, down."""


def is_png(data: bytes) -> bool:
    """Tell whether this says to be a PNG."""
    return data.startswith(_SIGNATURE)


def cleaned_png(data: bytes) -> bytes:
    """Return the picture with what it needs and no more. Raises Refused."""
    chunks = [each for each in _chunks(data) if each[0] in _KEPT]
    names = [name for name, _ in chunks]
    if not chunks or names[0] != b"IHDR" or names[-1] != b"IEND" or names.count(b"IHDR") != 1:
        raise _damaged()
    _must_unpack(chunks[0][1], b"".join(body for name, body in chunks if name == b"IDAT"))
    return _SIGNATURE + b"".join(_written(name, body) for name, body in chunks)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        body, rest = data[at + 8 : at + 8 + size], data[at + 8 + size : at + 12 + size]
        if len(rest) != _SUM_BYTES or zlib.crc32(name + body) != int.from_bytes(rest, "big"):
            raise _damaged()
        if name[:1].isupper() and name not in _KEPT:
            raise _damaged()
        yield name, body
        at += 12 + size
        if name == b"IEND":
            return


def _written(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), name) + body + zlib.crc32(name + body).to_bytes(4, "big")


def _must_unpack(head: bytes, packed: bytes) -> None:
    """Unpack the picture, without keeping it, and see that it is as large as it says."""
    if len(head) != _HEAD_BYTES:
        raise _damaged()
    wide, high, depth, colour, packing, filters, interlaced = struct.unpack(">IIBBBBB", head)
    if not (wide and high) or depth not in _DEPTHS.get(colour, ()):
        raise _damaged()
    if packing or filters or interlaced > 1:
        raise _damaged()
    if max(wide, high) > _WIDEST or wide * high > _MOST_PIXELS:
        raise Refused("This picture has too many pixels. Make it smaller first.", field="file")
    bits = depth * _CHANNELS[colour]
    passes = [(wide, high)]
    if interlaced:
        passes = [
            (-(-(wide - left) // across), -(-(high - top) // down))
            for left, top, across, down in _PASSES
        ]
    due = sum(y * (1 + -(-x * bits // 8)) for x, y in passes if x > 0 and y > 0)
    unpacking = zlib.decompressobj()
    found = 0
    try:
        while packed and found <= due and not unpacking.eof:
            found += len(unpacking.decompress(packed, _AT_ONCE))
            packed = unpacking.unconsumed_tail
    except zlib.error:
        raise _damaged() from None
    if found != due or not unpacking.eof:
        raise _damaged()


def _damaged() -> Refused:
    return Refused("This picture is damaged, or was cut off. Save it as PNG again.", field="file")
