"""The product's own processes, born quickly: forked from one that has its libraries already.

Each is a real process of its own that runs the `calamity` command, and can be killed like any.
"""

import importlib
import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.stories.stage import Stage

_PRELOAD = [
    "calamity.cli", "calamity.cli.processes", "calamity.cli.welcome", "calamity.app",
    "calamity.worker", "calamity.sandbox.server", "calamity.gateways.twilio_client",
    "tests.stories.nursery",
]  # fmt: skip

# What the product waits before it looks again. At a pace of 10 its minute is six seconds long,
# and whatever it waits for keeps its proportion to the rest; at a pace of 1 nothing is changed.
_WAITS = {
    "calamity.worker.doubts": ("_FIRST_LOOK", "_LOOKS_APART", "_ALARM_APART", "_ALARM_WAITS"),
    "calamity.worker.sweeps": ("INBOUND_OFTEN", "FOREIGN_OFTEN", "_SETTLES"),
    "calamity.worker.lanes": (
        "_BACKOFF_SECONDS", "_LONGEST_BACKOFF_SECONDS", "_LONGEST_BRAKE_SECONDS",
        "_CONFIG_SECONDS",
    ),
    "calamity.store.inbox.receipts": ("_GRACE",),
}  # fmt: skip

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(_PRELOAD)


def _live(environment: dict[str, str], command: tuple[str, ...], log: str, pace: float) -> None:
    os.setsid()
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.environ.clear()
    os.environ.update(environment)
    for module, names in _WAITS.items():
        found = importlib.import_module(module)
        for name in names:
            setattr(found, name, getattr(found, name) / pace)
    sys.argv = ["calamity", *command]
    importlib.import_module("calamity.cli").main()


def born(environment: dict[str, str], command: tuple[str, ...], log: Path) -> BaseProcess:
    """Start `calamity COMMAND` in this environment alone; what it prints is in *log*."""
    return _born(environment, command, log, 1.0)


def _born(
    environment: dict[str, str], command: tuple[str, ...], log: Path, pace: float
) -> BaseProcess:
    process = _context.Process(
        target=_live, args=(environment, command, str(log), pace), daemon=True
    )
    process.start()
    return process


class QuickStage(Stage):
    """A stage whose processes begin within moments, and are begun anew when they end."""

    def __init__(self, database_url: str, folder: Path, *, pace: float = 1.0, **rest: Any) -> None:
        super().__init__(database_url, folder, **rest)
        self._pace = pace
        self._commands: dict[str, tuple[tuple[str, ...], int | None]] = {}
        self._living: dict[str, BaseProcess] = {}

    def start(self, name: str, *command: str, port: int | None = None) -> None:
        """Start `calamity COMMAND` under a name of our own; its log is NAME.log."""
        environment = dict(self._environment)
        if port is not None:
            environment["CALAMITY_PORT"] = str(port)
        if command[0] == "sandbox":
            environment["CALAMITY_CARRIER"] = "sandbox"
        self._living[name] = _born(environment, command, self.folder / f"{name}.log", self._pace)
        self._commands[name] = command, port

    def kill(self, name: str) -> None:
        """End a process at once, as a power cut does."""
        process = self._living.pop(name)
        process.kill()
        process.join()
        process.close()

    def kill_for_good(self, name: str) -> tuple[str, ...]:
        """End a process that is not begun anew by itself, and return its command."""
        self.kill(name)
        return self._commands[name][0]

    def stop(self) -> None:
        """End everything."""
        for name in tuple(self._living):
            self.kill(name)

    def mind(self) -> None:
        """Start again what ended by itself, as a supervisor does."""
        for name, process in tuple(self._living.items()):
            if not process.is_alive():
                self.kill(name)
                command, port = self._commands[name]
                self.start(name, *command, port=port)
