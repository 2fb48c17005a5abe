"""Telling the faults of a file: one per line, with file and line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calamity.domain.cacao import CacaoFaults
from calamity.domain.districts import DistrictFaults
from calamity.domain.errors import CalamityError
from calamity.domain.people_file import LineFault
from calamity.domain.playbook_check import PlaybookFaults


@contextmanager
def telling(file: Path) -> Iterator[None]:
    """Let an error about *file* tell each of its faults on a line of its own."""
    try:
        yield
    except DistrictFaults as error:
        raise _told(error, [f"{file}: {fault}" for fault in error.faults]) from error
    except PlaybookFaults as error:
        raise _told(error, [str(fault) for fault in error.faults]) from error
    except CacaoFaults as error:
        raise _told(
            error, [f"{file}: {fault.where or 'document'}: {fault.en}" for fault in error.faults]
        ) from error
    except CalamityError as error:
        faults = getattr(error, "faults", None)
        if faults is None:
            raise
        raise _told(error, [line_of(file, fault) for fault in faults]) from error


def line_of(file: Path, fault: LineFault) -> str:
    """Write one fault of a people file the way editors read places."""
    column = f"{fault.column}: " if fault.column else ""
    return f"{file}:{fault.line}: {column}{fault.problem} {fault.cure}"


def _told(error: CalamityError, faults: list[str]) -> CalamityError:
    many = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    told = CalamityError(error.message, field=error.field)
    told.told = [*faults, f"{many}; nothing was taken in."]  # type: ignore[attr-defined]  # for the edge
    return told
