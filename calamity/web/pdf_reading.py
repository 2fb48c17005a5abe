"""Reading a PDF in a process of its own, for its maker decides how much work that is.

The process has little time, little memory and none of our secrets; the words stay in it, and only
what was found of them comes out.
"""

import asyncio
import resource
import sys
from asyncio.subprocess import DEVNULL, PIPE

from calamity.domain.attachment.pdf_words import read_pdf
from calamity.domain.errors import Refused

_SECONDS = 10
_MEGABYTES = 512
_AT_ONCE = asyncio.Semaphore(2)
"""Processes at work; another file waits its turn."""


async def read_aside(
    data: bytes, *, seconds: float = _SECONDS, megabytes: int = _MEGABYTES
) -> bool:
    """Return whether all words could be read within these limits.

    Raises Refused for personal data in those that could.
    """
    async with _AT_ONCE:
        try:
            # Without our environment: it holds the keys.
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", __name__, str(megabytes)),
                stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={},
            )  # fmt: skip
        except OSError:
            return False
        try:
            async with asyncio.timeout(seconds):
                said, _ = await child.communicate(data)
        except TimeoutError:
            return False
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    if said:
        raise Refused(said.decode(), field="file")
    return child.returncode == 0


def _read_here(megabytes: int) -> int:
    """Read the file on standard input; say why it is refused, else by the exit code how it went."""
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1024 * 1024,) * 2)
    # The end also of a process that nobody waits for any more.
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    try:
        return 0 if read_pdf(sys.stdin.buffer.read()) else 1
    except Refused as refused:
        sys.stdout.write(refused.message)
        return 1


if __name__ == "__main__":
    sys.exit(_read_here(int(sys.argv[1])))
