"""Connections that cannot be held open, or filled, without sending requests, and whose requests end where they say."""

import asyncio
from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# More than any client's header, and more than one read from a socket, which may bring the end of the body before.
_MOST_HEAD_BYTES = 1 << 19


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol with deadlines, for by itself it waits for ever for a request that never begins, never ends
    its header, or goes on after it was answered.

    A request that is answered before its body has come, being too large or too slow, may still send the rest, so that
    its client gets to read the answer; what comes is thrown away.

    A request of which a proxy could think that it ends elsewhere, or goes to another name, is refused and the
    connection closed.
    """

    seconds = 15.0  # for a header, and for the rest of a body that nobody waits for
    _refusal = ""  # why the latest header is not taken

    def connection_made(self, transport: Any) -> None:
        """A client has connected and must begin."""
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._is_in_head = self._is_in_message = False
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._clear_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of any part of a request."""
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _MOST_HEAD_BYTES:
                self.send_400_response("The request's header is too long.")
        elif not self._is_in_message and self.timeout_keep_alive_task is None and self._is_answered():
            # Line ends between requests begin none, but uvicorn stopped its own clock when they came.
            self._deadline = self._deadline or self.loop.call_later(self.seconds, self.transport.close)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._is_in_head = self._is_in_message = True
        self._head_bytes = 0
        self._set_deadline()

    def on_headers_complete(self) -> None:
        """The header has come whole; the body has a deadline of its own, in `server/bodies.py`."""
        self._is_in_head = False
        self._clear_deadline()
        is_upgrade = self.parser.should_upgrade()
        self._refusal = _refusal(self.headers, is_upgrade)
        if self._refusal:
            raise ValueError(self._refusal)  # which the parser turns into a call of `send_400_response`
        super().on_headers_complete()
        if is_upgrade:
            self.cycle.keep_alive = False  # the parser has lost what came in one piece with this header

    def on_message_complete(self) -> None:
        """The body has come whole."""
        self._is_in_message = False
        self._clear_deadline()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer has been written, perhaps before the body has come."""
        super().on_response_complete()
        if self._is_in_message and self._is_answered():
            self._set_deadline()

    def send_400_response(self, msg: str) -> None:
        """Says why, and closes."""
        super().send_400_response(self._refusal or msg)

    def _is_answered(self) -> bool:
        """Whether the latest request has its answer."""
        return self.cycle is not None and self.cycle.response_complete

    def _set_deadline(self) -> None:
        self._clear_deadline()
        self._deadline = self.loop.call_later(self.seconds, self.transport.close)

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _refusal(headers: Sequence[tuple[bytes, bytes]], is_upgrade: bool) -> str:
    """Why a request is not taken for its header alone; "" where it is."""
    encodings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
    lengths = [value for name, value in headers if name == b"content-length"]
    if sum(name == b"host" for name, _ in headers) > 1:
        return "A request has one Host."
    if encodings not in ([], [b"chunked"]):
        return "Transfer-Encoding has to be chunked."
    if is_upgrade and (encodings or lengths not in ([], [b"0"])):
        # The parser takes the body for another protocol's, and then for a request: uvicorn's issue 2722.
        return "No upgrade is offered; send the request without Upgrade."
    return ""
