"""Chromium as Debian has it: where it is, and how it starts for tests."""

import shutil

from tests.machine import lacks

ARGUMENTS = ["--no-sandbox"]


def executable() -> str:
    """Return where Chromium is; without it a visible skip, and a failure in CI."""
    return shutil.which("chromium") or lacks("Chromium is not installed: no chromium in PATH")
