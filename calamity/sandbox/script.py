"""A script of an exercise: what goes wrong when, told beforehand and the same each time."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, structs

from calamity.sandbox.agenda import Agenda
from calamity.sandbox.carrier import Carrier
from calamity.sandbox.faults import Fault, FaultBox
from calamity.sandbox.ledger import Ledger
from calamity.sandbox.states import PhoneState
from calamity.sandbox.transcript import Transcript

_KIND = "scripts"


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


class _Waiting(Struct):
    """A step whose time, the carrier's, is still to come."""

    due: float
    step: Step


class Prompter:
    """Carry out one script; a new one takes the place of the old."""

    def __init__(
        self,
        agenda: Agenda,
        faults: FaultBox,
        carrier: Carrier,
        transcript: Transcript,
        ledger: Ledger,
    ) -> None:
        self._agenda = agenda
        self._faults = faults
        self._carrier = carrier
        self._transcript = transcript
        self._ledger = ledger
        self._left: list[_Waiting] = []

    @property
    def waiting(self) -> int:
        """How many steps are still to come."""
        return len(self._left)

    def start(self, script: Script) -> None:
        """Mend everything, and begin."""
        self._transcript.add("script", steps=len(script.steps), seed=script.seed)
        self._faults.clear(seed=script.seed)
        now = self._agenda.clock.now()
        self._left = [_Waiting(now + step.at, step) for step in script.steps]
        self._go_on()

    def resume(self) -> bool:
        """Go on with the script that an earlier run left; tell whether there was one."""
        for _, left in self._ledger.read(_KIND, list[_Waiting]):
            self._left = left
        self._go_on()
        return bool(self._left)

    def stop(self) -> None:
        """Leave the steps that still wait undone."""
        self._left = []
        self._keep()

    def _go_on(self) -> None:
        """Take the steps whose time has come, and wait for the others."""
        now = self._agenda.clock.now()
        for one in list(self._left):
            if one.due > now:
                self._agenda.at(one.due, self._take, one)
            else:
                self._take(one, now)
        self._keep()

    def _keep(self) -> None:
        self._ledger.put(_KIND, _KIND, self._left or None)

    def _take(self, one: _Waiting, _: float) -> None:
        if not any(each is one for each in self._left):
            return
        self._left = [each for each in self._left if each is not one]
        self._keep()
        step = one.step
        self._transcript.add("step", step=structs.asdict(step))
        if step.mend:
            self._faults.clear()
        if step.fault is not None:
            self._faults.add(step.fault)
        if step.state is not None:
            self._carrier.set_states(step.numbers, step.state)
