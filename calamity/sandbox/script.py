"""A script of an exercise: what goes wrong when, told beforehand and the same each time."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, structs

from calamity.sandbox.agenda import Agenda
from calamity.sandbox.carrier import Carrier
from calamity.sandbox.faults import Fault, FaultBox
from calamity.sandbox.states import PhoneState
from calamity.sandbox.transcript import Transcript


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """What happens *at* so many seconds of the carrier's time after the start of the script.

    *numbers* is a phone, or the begin of numbers and a star, that comes into *state*; *mend* ends
    all faults first.
    """

    at: Annotated[float, Meta(ge=0)] = 0
    fault: Fault | None = None
    numbers: Annotated[str, Meta(pattern=r"^\+[0-9]{0,15}\*?$")] = "+*"
    state: PhoneState | None = None
    mend: bool = False


class Script(Struct, frozen=True, forbid_unknown_fields=True):
    """The steps of an exercise, and the seed of its chance."""

    steps: Annotated[list[Step], Meta(max_length=1000)]
    seed: int | None = None


def read_script(path: str) -> Script:
    """Read a script from a file; raise ValueError, which names the field, if it is wrong."""
    return msgspec.json.decode(Path(path).read_bytes(), type=Script)


class Prompter:
    """Carry out one script; a new one takes the place of the old."""

    def __init__(
        self, agenda: Agenda, faults: FaultBox, carrier: Carrier, transcript: Transcript
    ) -> None:
        self._agenda = agenda
        self._faults = faults
        self._carrier = carrier
        self._transcript = transcript
        self._script: Script | None = None
        self.waiting = 0

    def start(self, script: Script) -> None:
        """Mend everything, and begin."""
        self._script, self.waiting = script, len(script.steps)
        self._transcript.add("script", steps=len(script.steps), seed=script.seed)
        self._faults.clear(seed=script.seed)
        now = self._agenda.clock.now()
        for step in script.steps:
            if step.at:
                self._agenda.at(now + step.at, self._take, (script, step))
            else:
                self._take((script, step), now)

    def stop(self) -> None:
        """Leave the steps that still wait undone."""
        self._script, self.waiting = None, 0

    def _take(self, one: tuple[Script, Step], _: float) -> None:
        script, step = one
        if script is not self._script:
            return
        self.waiting -= 1
        self._transcript.add("step", step=structs.asdict(step))
        if step.mend:
            self._faults.clear()
        if step.fault is not None:
            self._faults.add(step.fault)
        if step.state is not None:
            self._carrier.set_states(step.numbers, step.state)
