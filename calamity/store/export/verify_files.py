"""Controleer de bestanden van een tijdlijn / check the files of a timeline (Python 3.9+).

Use: python verify_files.py [timeline.jsonl], after verify_timeline.py found the timeline intact.
Ends with 0: all files are those that the timeline names, 1: not so, 2: no verdict.
"""

import hashlib
import json
import sys
from pathlib import Path

KINDS = ("pdf", "odt", "txt", "png")


def _main(given: "list[str]") -> int:
    timeline = Path(given[0] if given else "timeline.jsonl")
    folder = timeline.parent / "attachments"
    named: dict[str, str] = {}
    try:
        for raw in timeline.read_bytes().splitlines():
            line = json.loads(raw.decode())
            said = json.loads(line["body"]) if line["body"] else {}
            if said.get("type") == "attached":
                kind = KINDS[KINDS.index(said["kind"])]
                named[f"{int(line['header']['seq'])}.{kind}"] = said["sha256"]
        there = {file.name: file.read_bytes() for file in folder.iterdir()} if named else {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        return sys.stdout.write(f"GEEN OORDEEL / NO VERDICT: {error!r}\n") and 2
    found = {name: hashlib.sha256(content).hexdigest() for name, content in there.items()}
    wrong = sorted(name for name in {*named, *found} if named.get(name) != found.get(name))
    for name in wrong:
        sys.stdout.write(f"NIET IN ORDE / TAMPERED WITH: {name}\n")
    sys.stdout.write(
        f"{len(named)} bestanden / files; niet in orde / tampered with: {len(wrong)}\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
