"""JPEG inside a document: the picture without place, time, device and remarks."""

from calamity.domain.errors import Refused

_MARK, _START, _SCAN = 0xFF, 0xD8, 0xDA
_FIRST_APP, _COLOURS, _LAST_APP, _REMARK = 0xE0, 0xEE, 0xEF, 0xFE


def cleaned_jpeg(data: bytes) -> bytes:
    """Return the picture without what programs and cameras wrote beside it. Raises Refused."""
    if data[:2] != bytes((_MARK, _START)):
        raise _damaged()
    kept, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == _MARK:
        mark = data[at + 1]
        if mark == _MARK:
            at += 1
            continue
        if mark == _SCAN:
            return b"".join((*kept, data[at:]))
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        # The first tells how large it is to be shown, and that of Adobe what the colours mean.
        beside = _FIRST_APP < mark <= _LAST_APP and mark != _COLOURS
        if not beside and mark != _REMARK:
            kept.append(data[at:end])
        at = end
    raise _damaged()


def _damaged() -> Refused:
    return Refused("A picture in this document is damaged. Take it out.", field="file")
