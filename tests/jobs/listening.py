"""Places that notices are sent to: an HTTP server of our own, and all that Python's sockets are connected to."""

import http.server
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from regard.jobs.records import Notice

SECRET = bytes.fromhex("31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0")


@dataclass
class Listener:
    """An HTTP server that answers as it is told, and what it was sent."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)  # of the next answers; then 204
    headers: dict[str, str] = field(default_factory=dict)
    is_silent: bool = False  # until `released`
    released: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    requests: list[tuple[str, dict[str, str], str]] = field(default_factory=list)  # path, headers, body

    @property
    def ids(self) -> list[str]:
        """The webhook-id of each request."""
        return [headers["webhook-id"] for _, headers, _ in self.requests]


@contextmanager
def listening(answer: Listener) -> Iterator[Listener]:
    """Serves while in the context."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer.requests.append((self.path, headers, body))
            answer.asked.set()
            if answer.is_silent:
                answer.released.wait(60)
            self.send_response(answer.statuses.pop(0) if answer.statuses else 204)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answer.url = f"http://127.0.0.1:{server.server_port}/hooks/T0KEN?to=us"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield answer
    finally:
        answer.released.set()
        server.shutdown()
        server.server_close()


def notice(notice_id: str, body: str, target: str = "") -> Notice:
    """One as a deliverer hands it to a channel."""
    return Notice(notice_id, "9b" * 32, "webhook", target, body, "waiting", attempts=1, due_ms=0)


_CONNECTED: list[tuple[int, str]] = []  # thread and address


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        host, port, *_ = arguments[1]
        _CONNECTED.append((threading.get_ident(), f"http://{host}:{port}"))


@dataclass
class Contacts:
    """What this thread connects to."""

    start: int

    @classmethod
    def from_now(cls) -> Self:
        """From here on. A hook cannot be taken away again, so that there is one for all."""
        if not _CONNECTED:
            sys.addaudithook(_hear)
            _CONNECTED.append((0, ""))
        return cls(len(_CONNECTED))

    @property
    def urls(self) -> list[str]:
        """In order."""
        return [url for thread, url in _CONNECTED[self.start :] if thread == threading.get_ident()]
