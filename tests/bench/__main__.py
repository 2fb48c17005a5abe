"""Measure the hot paths, each against a raw reference of the same run.

python -m tests.bench [NAME ...] [--quick] [--json FILE]
"""

import argparse
import json
import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path

from tests.bench.figures import Figure, table
from tests.bench.stage import say, stage

NAMES = ("outbound", "inbound", "receipts", "kannel", "timeline", "live", "room", "start")


def main() -> int:
    """Run the benches that were asked for; exit code 1 when an aim is missed."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    reader.add_argument("--quick", action="store_true", help="smaller amounts, under two minutes")
    reader.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    options = reader.parse_args()
    if unknown := set(options.names) - set(NAMES):
        reader.error(f"no such bench: {', '.join(unknown)}")
    # Whoever stops us stops the processes too, and finds no folders left.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begun = time.monotonic()
    figures: list[Figure] = []
    with stage(quick=options.quick) as where:
        for name in options.names or NAMES:
            found = import_module(f"tests.bench.{name}").measure(where)
            figures += found
            print(table(found) + "\n", flush=True)
    say(f"{time.monotonic() - begun:.0f} s; load average now {os.getloadavg()[0]:.1f}")
    if options.json:
        data = [each.as_data() for each in figures]
        options.json.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    return 1 if any(each.verdict.startswith("NOT") for each in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
