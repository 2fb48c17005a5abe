"""A hostile PDF costs a process of its own its life, and nobody else their time or memory."""

import os
import time
from pathlib import Path

import pytest
import typst

from calamity.domain.errors import Refused
from calamity.web.pdf_reading import read_aside
from tests.domain.test_attachment import drawing, pdf


async def test_what_our_own_paper_says_is_read_aside() -> None:
    assert await read_aside(typst.compile(b"De school is morgen *open*."))
    with pytest.raises(Refused, match="personal data") as refused:
        await read_aside(typst.compile(b"Bel #box[06] 1234 #strong[5678] vanavond."))
    assert refused.value.field == "file"


def children() -> set[str]:
    """Return the processes that this one started and that did not end."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {child for task in tasks for child in task.read_text().split()}


async def test_a_hostile_pdf_is_given_up_and_its_process_ends() -> None:
    before = children()
    began = time.monotonic()
    # Many seconds of work in 5 kB; and a word of four million letters.
    slow = pdf(drawing(f"BT /F1 9 Tf {'(a) Tj ' * 400_000} ET"))
    assert not await read_aside(slow, seconds=0.6)
    assert time.monotonic() - began < 5
    large = pdf(drawing(f"BT /F1 9 Tf ({'a' * 4_000_000}) Tj ET"))
    assert not await read_aside(large, megabytes=64)
    with pytest.raises(Refused, match="too much text"):
        await read_aside(large)
    assert children() == before
