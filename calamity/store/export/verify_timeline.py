"""Controleer een geëxporteerde tijdlijn / check an exported timeline (Python 3.9+, nothing else).

Use: python verify_timeline.py [timeline.jsonl [manifest.json [PUBLIC_KEY]]]
Ends with 0: intact, 1: tampered with, 2: no verdict. Headers hold the hash of the one before, and
seals sign such a hash. Get the key by another way: who rebuilds a file can put his own key in it.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)
FIELDS = {"body", "erased", "hash", "header", "hidden", "salt"}
SEAL = ("head_seq", "head_hash", "public_key", "signature")
REACH = {"coordinators": 0, "team": 1, "officials": 2}
CANONICAL: Any = {"ensure_ascii": False, "sort_keys": True, "separators": (",", ":")}
DUTCH = {"changed": "anders", "removed": "weg", "inserted": "extra", "reordered": "verplaatst"}
TAMPERED = "NIET IN ORDE: regel {} is {}.\nTAMPERED WITH: line {} was {}.\n"
NO_MANIFEST = "Zonder manifest valt een weggelaten einde niet op / a lost end goes unseen.\n"
OWN_KEY = "Sleutel uit het bestand zelf: vergelijk hem / key from the file itself: compare it.\n"


def _add(a: Any, b: Any) -> Any:
    k, m = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    return (m - k) * (d - c) % P, (d + c) * (m + k) % P, (d * d - c * c) % P, (m * m - k * k) % P


def _times(n: int, point: Any) -> Any:
    half = _times(n >> 1, _add(point, point)) if n else (0, 1, 1, 0)
    return _add(half, point) if n & 1 else half


def _point(data: bytes) -> Any:
    y, odd = int.from_bytes(data, "little") % 2**255, data[31] >> 7
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    x = x if (x * x - xx) % P == 0 else x * ROOT % P
    if y >= P or (x * x - xx) % P or (x == 0 and odd):
        raise ValueError("not a point of the curve")
    x = x if x % 2 == odd else P - x
    return x, y, 1, x * y % P


def _is_signed(key: str, head: str, signature: str) -> bool:
    """Check a signature as in RFC 8032, 5.1.7."""
    a, text, both = bytes.fromhex(key), bytes.fromhex(head), bytes.fromhex(signature)
    s, base = int.from_bytes(both[32:], "little"), (4 * pow(5, P - 2, P) % P).to_bytes(32, "little")
    h = int.from_bytes(hashlib.sha512(both[:32] + a + text).digest(), "little") % ORDER
    left, right = _times(s, _point(base)), _add(_point(both[:32]), _times(h, _point(a)))
    same = all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))
    return same and s < ORDER and (len(a), len(both)) == (32, 64)


def _read(raw: bytes, reader: int) -> Any:
    """Return a line, or nothing if it cannot be read, and whether it answers to its own hashes."""
    try:
        line = json.loads(raw.decode())
        head, body, salt = line["header"], line["body"], line["salt"]
        sound = head["seq"] > 0 and head["previous"] != ""
        sound &= json.dumps(line, **CANONICAL).encode() == raw and line.keys() == FIELDS
        sound &= hashlib.sha256(json.dumps(head, **CANONICAL).encode()).hexdigest() == line["hash"]
        if body is None:
            told = line["erased"] or (line["hidden"] and REACH[head["visibility"]] < reader)
            return line, bool(sound and salt is None and told)
        told = line["erased"] is line["hidden"] is False and bytes.fromhex(salt).hex() == salt
        found = hashlib.sha256(bytes.fromhex(salt) + body.encode()).hexdigest()
        return line, bool(sound and told and found == head["commitment"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None, False


def _name(lines: Any, i: int, previous: str) -> Any:
    """Name what happened at the first line that does not fit, as far as can be known."""
    (line, sound), due, last = lines[i], i + 1, i + 1 == len(lines)
    rest = [(other["header"], good) for other, good in lines[due:] if other]
    seq = line["header"]["seq"] if sound else due
    if any(good and (h["seq"], h["previous"]) == (due, previous) for h, good in rest):
        twin = seq <= due or any(h["seq"] == seq for h, _ in rest)
        return ("inserted" if twin else "reordered"), due
    if seq > due:
        return ("reordered" if any(h["seq"] == due for h, _ in rest) else "removed"), due
    after = lines[due][0] if sound and not last else None
    followed = bool(after and after["header"].get("previous") == line["hash"])
    if seq < due:
        return "inserted", due - (followed and seq == i and line != lines[i - 1][0])
    return "changed", due - (sound and (last or followed) and i > 0)


def _seal(text: str, hashes: Any, key: Any) -> Any:
    """Return the line that a seal vouches for, minus that line if it differs, 0 for a bad seal."""
    try:
        at, head, own, name = (json.loads(text)[field] for field in SEAL)
        good = key in (None, own) and at > 0 and _is_signed(own, head, name)
        return (at if hashes[at] == head else -at) if good else 0, key or own
    except (ValueError, KeyError, TypeError, IndexError):
        return 0, key


def _judge(lines: Any, end: Any, key: Any) -> Any:
    """Return the fault and its line, up to where a signature vouches, and with which key."""
    hashes, owed, sealed, total = ["0" * 64], frozenset[Any](), 0, len(lines)
    for i, (line, sound) in enumerate(lines, 1):
        head = line["header"] if sound else {}
        if (head.get("seq"), head.get("previous")) != (i, hashes[-1]):
            return (*_name(lines, i - 1, hashes[-1]), sealed, key)
        owed = owed | {i} if line["erased"] else owed
        owed = owed - {head.get("refers_to")} if head.get("kind") == "erasure" else owed
        if head.get("kind") == "seal" and line["body"] is not None:
            at, key = _seal(line["body"], hashes, key)
            if at <= 0:
                return "changed", -at or i, sealed, key
            sealed = max(sealed, at)
        hashes.append(line["hash"])
    if owed or total != (count := end.get("count", total)):
        fault = "changed" if owed else "removed" if total < count else "inserted"
        return fault, min(owed) if owed else min(total, count) + 1, sealed, key
    at = int(end.get("head_hash", hashes[-1]) == hashes[-1])
    if end.get("signature") and at:
        at, key = _seal(json.dumps({**end, "head_seq": total}), hashes, key)
        sealed = max(sealed, at)
    return (None if at > 0 else "changed"), total, sealed, key


def _main(given: list[str]) -> int:
    say = sys.stdout.write
    name, manifest, key = (*given, *("timeline.jsonl", "manifest.json", None)[len(given) :])[:3]
    try:
        *parts, tail = Path(str(name)).read_bytes().split(b"\n")
        has_end = len(given) > 1 or Path(str(manifest)).exists()
        end = json.loads(Path(str(manifest)).read_bytes()) if has_end else {}
        reader = REACH[end["visibility"]] if has_end else 9
        lines = [_read(part, reader) for part in parts] + [(None, False)] * bool(tail)
        fault, at, sealed, used = _judge(lines, end, key)
        if not any(line for line, _ in lines) or (key and not fault and not sealed):
            raise ValueError("no timeline, or no signature, in it")
    except (OSError, ValueError, KeyError, TypeError) as error:
        return say(f"GEEN OORDEEL / NO VERDICT: {error!r}\n") and 2
    say(TAMPERED.format(at, DUTCH[fault], at, fault) if fault else "IN ORDE / INTACT.\n")
    say(f"{len(lines)} regels / lines; getekend t/m / signed up to: {sealed}; {used or '-'}\n")
    say(("" if has_end else NO_MANIFEST) + ("" if key or not used else OWN_KEY))
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
