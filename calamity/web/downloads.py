"""Files from others, on their way to a reader: to keep, never to open in our name."""

import asyncio
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec.structs import replace

from calamity.domain.attachment import MEDIA_TYPES, Checked, checked
from calamity.store.attachments import Attachment
from calamity.web.pdf_reading import read_aside

_ROOM_AROUND = 64 * 1024
"""Bytes of a form besides its file."""
_TOO_LARGE = 413


def must_fit(request: Request[Any, Any, Any], most_mb: int) -> None:
    """Refuse a body that says to be larger than a file may be, before any of it is read."""
    size = request.headers.get("content-length", "")
    if size.isdigit() and int(size) > most_mb * 1024 * 1024 + _ROOM_AROUND:
        raise HTTPException(
            status_code=_TOO_LARGE, detail=f"This file is too large. Use at most {most_mb} MB."
        )


async def checked_file(data: bytes, most_mb: int) -> Checked:
    """Look into a file while others are served. Raises Refused."""
    file = await asyncio.to_thread(checked, data, most_mb=most_mb)
    if file.kind == "pdf":
        return replace(file, is_read=await read_aside(file.content))
    return file


def as_download(found: Attachment, seq: int) -> Response[bytes]:
    """Answer with a file that a browser keeps, and neither opens nor takes for something else."""
    return Response(
        found.content,
        media_type=MEDIA_TYPES[found.said.kind],
        headers={
            "Content-Disposition": f'attachment; filename="line-{seq}.{found.said.kind}"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "no-store",
        },
    )
