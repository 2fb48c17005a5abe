"""Rendering a timeline for use outside: JSON Lines that still verify, and CSV for a spreadsheet."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, tzinfo
from typing import Final

from msgspec import Struct

from calamity.domain.timeline import Line, Visibility, canonical_header, canonical_time

BOM: Final = "\ufeff"
# A spreadsheet takes a cell that begins with one of these for a formula, and runs it.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Column(Struct, frozen=True):
    """A column of the CSV file and what it holds."""

    code: str
    nl: str
    en: str


COLUMNS: Final = (
    Column("number", "Volgnummer van de regel", "Number of the entry"),
    Column(
        "happened_at", "Wanneer het gebeurde, plaatselijke tijd", "When it happened, local time"
    ),
    Column("happened_offset", "Verschil met UTC op dat moment", "Offset from UTC at that moment"),
    Column("recorded_at", "Wanneer het is vastgelegd, plaatselijke tijd", "When it was recorded"),
    Column("recorded_offset", "Verschil met UTC op dat moment", "Offset from UTC at that moment"),
    Column("kind", "Soort regel", "Kind of entry"),
    Column("actor_role", "Rol van wie het deed", "Role of who did it"),
    Column("visibility", "Tot waar de regel zichtbaar is", "Up to where the entry is seen"),
    Column(
        "refers_to", "Nummer van de regel waar deze over gaat", "Number of the entry it is about"
    ),
    Column("state", "shown, erased of hidden: is de inhoud er", "shown, erased or hidden"),
    Column("content", "Wat er gebeurde", "What happened"),
    Column("hash", "Controlegetal van de regel", "Hash of the entry"),
)


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What the export says of itself, so that a missing end is missed.

    *signature* is over the head hash, with the key of *public_key*, as in a seal.
    """

    title: str
    count: int
    head_hash: str
    exported_at: datetime
    visibility: Visibility
    public_key: str | None = None
    signature: str | None = None


def json_line(line: Line, *, reader: Visibility) -> bytes:
    """Render one line of the JSON Lines file, without the body where *reader* may not see it.

    Names are sorted and there are no spaces, so that the verifier can tell any changed byte.
    """
    seen = reader.sees(line.header.visibility) and not line.hidden
    document = {
        "body": line.body.decode() if seen and line.body is not None else None,
        "erased": line.erased,
        "hash": line.hash,
        "header": json.loads(canonical_header(line.header)),
        "hidden": not seen,
        "salt": line.salt.hex() if seen and line.salt is not None else None,
    }
    return _canonical(document) + b"\n"


def manifest_file(manifest: Manifest) -> bytes:
    """Render the manifest that travels with the JSON Lines file."""
    document = {
        "count": manifest.count,
        "exported_at": canonical_time(manifest.exported_at),
        "head_hash": manifest.head_hash,
        "public_key": manifest.public_key,
        "signature": manifest.signature,
        "title": manifest.title,
        "visibility": manifest.visibility,
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def body_text(line: Line) -> str:
    """Return the body as it is stored, or nothing."""
    return "" if line.body is None else line.body.decode()


def csv_lines(
    lines: Iterable[Line],
    *,
    reader: Visibility,
    zone: tzinfo,
    words: Callable[[Line], str] = body_text,
) -> Iterator[bytes]:
    """Render the CSV file line by line, as Excel in Dutch opens it: UTF-8 with a mark, and ";".

    *words* says in plain language what a line holds; it is not asked where *reader* may not see it.
    """
    yield _csv([BOM + COLUMNS[0].code, *(column.code for column in COLUMNS[1:])])
    for line in lines:
        header = line.header
        state = _state(line, reader)
        refers_to = "" if header.refers_to is None else str(header.refers_to)
        yield _csv(
            [
                str(header.seq),
                *_local(header.happened_at, zone),
                *_local(header.recorded_at, zone),
                header.kind,
                _inert(header.actor_role),
                header.visibility,
                refers_to,
                state,
                _inert(words(line)) if state == "shown" else "",
                line.hash,
            ]
        )


def _state(line: Line, reader: Visibility) -> str:
    if line.hidden or not reader.sees(line.header.visibility):
        return "hidden"
    return "erased" if line.body is None else "shown"


def _local(at: datetime, zone: tzinfo) -> tuple[str, str]:
    """Split a time in what the clock showed and, with letters before the sign, the offset."""
    text = at.astimezone(zone).isoformat(sep=" ", timespec="seconds")
    return text[:19], "UTC" + text[19:]


def _inert(text: str) -> str:
    return "'" + text if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def _csv(cells: list[str]) -> bytes:
    row = io.StringIO()
    csv.writer(row, delimiter=";", lineterminator="\r\n").writerow(cells)
    return row.getvalue().encode()


def _canonical(document: object) -> bytes:
    return json.dumps(
        document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()
