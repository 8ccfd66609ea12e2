"""Places that notices are sent to: an HTTP server of our own, and all that Python's sockets are connected to."""

import datetime
import http.server
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

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


@contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serves `talk` to one caller, while in the context, at the address that it gives, HOST:PORT."""

    def serve() -> None:
        with suppress(OSError):
            caller, _ = server.accept()
            with caller:
                talk(caller)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(30)


def self_signed(folder: Path) -> Path:
    """A file with a certificate of `localhost` that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(private + made.public_bytes(pem))
    return folder / "server.pem"


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
