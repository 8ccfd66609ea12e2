"""Notices as signed HTTP requests to one address that the operator configured.

Standard Webhooks 1.0.0: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from regard import __version__
from regard.jobs.delivery import DeliveryError
from regard.jobs.records import Notice

TIMEOUT_SECONDS = 10.0
_ANSWER_BYTES = 65_536  # that are read of an answer; nothing is done with them
_SECONDS = re.compile("[0-9]{1,9}")


class Webhook:
    """One address. No redirect is followed and no proxy is asked."""

    def __init__(
        self,
        url: str,
        secrets: Sequence[bytes],
        now_seconds: Callable[[], float] = time.time,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        """url: as `Settings` allows it. secrets: each signs, so that one can be replaced by another without a gap.

        timeout_seconds: to connect, and again from then to the answer.
        """
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._secrets, self._now_seconds, self._timeout_seconds = secrets, now_seconds, timeout_seconds

    def send(self, notice: Notice) -> None:
        """As `Channel.send`. Taken is what is answered with 2xx; 410 ends it."""
        connection = self._connection()
        try:
            status, wait = self._answered(connection, notice)
        except OSError as error:
            raise DeliveryError(f"no answer: {error.strerror or type(error).__name__}") from error
        except http.client.HTTPException as error:
            raise DeliveryError(f"no answer in HTTP: {type(error).__name__}") from error
        finally:
            connection.close()
        _check_status(status, wait)

    def _answered(self, connection: http.client.HTTPConnection, notice: Notice) -> tuple[int, str]:
        """The answer's status, and what it says of when to come again. Raises OSError, HTTPException."""
        connection.connect()
        with _cut_off(connection.sock, self._timeout_seconds) as is_cut:
            connection.request("POST", self._target, notice.body.encode(), self._headers(notice))
            with connection.getresponse() as answer:
                if is_cut.is_set():  # within its headers
                    raise TimeoutError
                with suppress(OSError, http.client.HTTPException):
                    answer.read(_ANSWER_BYTES)
                return answer.status, answer.getheader("Retry-After", "")

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_seconds)
        return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout_seconds, context=self._tls)

    def _headers(self, notice: Notice) -> dict[str, str]:
        seconds = int(self._now_seconds())
        return {
            "Content-Type": "application/json",
            "User-Agent": f"regard/{__version__}",
            "Connection": "close",
            "webhook-id": notice.id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": " ".join(
                signature(secret, notice.id, seconds, notice.body) for secret in self._secrets
            ),
        }


def signature(secret: bytes, notice_id: str, seconds: int, body: str) -> str:
    """What the specification calls a symmetric signature, `v1,BASE64`."""
    signed = hmac.digest(secret, f"{notice_id}.{seconds}.{body}".encode(), "sha256")
    return f"v1,{base64.b64encode(signed).decode()}"


@contextmanager
def _cut_off(connected: socket.socket | None, seconds: float) -> Iterator[threading.Event]:
    """Ends whatever goes on with the socket after a time, as if the other side had; the event tells it from that.

    The socket's own timeout begins anew with each byte.
    """
    is_cut = threading.Event()

    def cut() -> None:
        is_cut.set()
        with suppress(OSError):
            # That of a TLS socket would first say goodbye, and wait.
            socket.socket.shutdown(connected, socket.SHUT_RDWR)  # type: ignore[arg-type]  # connected is not None

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield is_cut
    finally:
        timer.cancel()


def _check_status(status: int, wait: str) -> None:
    if 200 <= status < 300:
        return
    raise DeliveryError(
        f"the answer was {status}",
        is_final=status == http.client.GONE,
        wait_seconds=int(wait) if _SECONDS.fullmatch(wait) else 0,
    )
