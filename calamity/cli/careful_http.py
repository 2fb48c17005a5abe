"""HTTP as uvicorn speaks it, with an end to what a caller may send before the body."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_HEAD_BYTES = 64 * 1024


class CarefulHttp(HttpToolsProtocol):
    """Hangs up on a request whose address and headers do not end.

    uvicorn itself collects them without a limit, and anyone may call.
    """

    _head_bytes: int | None = None

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop counting: bodies have limits of their own."""
        self._head_bytes = None
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Count what comes while the head is not complete."""
        super().data_received(data)
        if self._head_bytes is None or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > _MOST_HEAD_BYTES:
            self.send_400_response("The head of the request is too large.")
