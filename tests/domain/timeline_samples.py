"""A small timeline to check and to tamper with."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from calamity.domain.export import Manifest, json_line, manifest_file
from calamity.domain.timeline import (
    GENESIS,
    CalamityClosed,
    CalamityOpened,
    Corrected,
    Erased,
    Happening,
    Header,
    Line,
    Sealed,
    Statement,
    Visibility,
    commitment,
    encode_happening,
    header_hash,
    kind_of,
    public_key,
    sign,
)

START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
SECRET = bytes(range(32))
OTHER_SECRET = bytes(range(1, 33))
KEY = public_key(SECRET)
EVERYONE = Visibility.OFFICIALS


def note(text: str) -> Statement:
    return Statement(kind="note", text=text)


def appended(
    lines: Sequence[Line], happening: Happening, visibility: Visibility = EVERYONE
) -> list[Line]:
    seq = len(lines) + 1
    body, salt = encode_happening(happening), hashlib.sha256(b"%d" % seq).digest()[:16]
    header = Header(
        calamity_id="C1",
        seq=seq,
        happened_at=START + timedelta(seconds=seq),
        recorded_at=START + timedelta(seconds=seq, microseconds=7),
        kind=kind_of(happening),
        actor_role="coordinator",
        visibility=visibility,
        refers_to=getattr(happening, "refers_to", None),
        commitment=commitment(salt, body),
        previous=lines[-1].hash if lines else GENESIS,
    )
    return [*lines, Line(header, header_hash(header), salt, body)]


def sealed(lines: Sequence[Line], secret: bytes = SECRET) -> list[Line]:
    head = lines[-1].hash
    seal = Sealed(len(lines), head, sign(secret, head), public_key(secret))
    return appended(lines, seal)


def erased(lines: Sequence[Line], seq: int) -> list[Line]:
    longer = appended(lines, Erased(refers_to=seq, ground="Verzoek van de betrokkene"))
    longer[seq - 1] = replace(longer[seq - 1], salt=None, body=None, erased=True)
    return longer


def rebuilt(lines: Iterable[Line]) -> list[Line]:
    """Number and link lines anew, as someone without the key could do it."""
    again: list[Line] = []
    for line in lines:
        assert line.salt is not None
        assert line.body is not None
        header = replace(
            line.header,
            seq=len(again) + 1,
            commitment=commitment(line.salt, line.body),
            previous=again[-1].hash if again else GENESIS,
        )
        again.append(replace(line, header=header, hash=header_hash(header)))
    return again


def rehashed(line: Line, **changes: object) -> Line:
    """Change a header and its own hash, and nothing else."""
    header = replace(line.header, **changes)
    return replace(line, header=header, hash=header_hash(header))


def story() -> list[Line]:
    """Ten lines: some hidden from officials, a seal in the middle and one at the end."""
    lines = appended([], CalamityOpened("Café 'De Zon' – ontploffing", exercise=True))
    lines = appended(lines, note("Team is bijeen"), Visibility.TEAM)
    lines = appended(lines, note("“Gerucht”: €5\n<b>ü</b>\u2028\x7f"), Visibility.COORDINATORS)
    lines = appended(lines, Statement(kind="fact", text="De weg is dicht"))
    lines = sealed(lines)
    lines = appended(lines, Corrected(refers_to=4, text="De weg is weer open"))
    lines = appended(lines, Statement(kind="decision", text="Het wijkcentrum gaat open"))
    lines = appended(lines, note("Dank"), Visibility.TEAM)
    lines = appended(lines, CalamityClosed("Het is rustig"))
    return sealed(lines)


def exported(lines: Iterable[Line], reader: Visibility = Visibility.COORDINATORS) -> bytes:
    return b"".join(json_line(line, reader=reader) for line in lines)


def manifest(
    lines: Sequence[Line],
    reader: Visibility = Visibility.COORDINATORS,
    secret: bytes | None = None,
) -> bytes:
    head = lines[-1].hash
    return manifest_file(
        Manifest(
            title="Oefening",
            count=len(lines),
            head_hash=head,
            exported_at=START,
            visibility=reader,
            public_key=secret and public_key(secret),
            signature=secret and sign(secret, head),
        )
    )
