"""Notices as messages to one topic of one MQTT broker.

MQTT 3.1.1, which every broker speaks. It has no room beside a message, so the id is in an envelope, as with SNS:
`{"MessageId": ID, "Message": TEXT}`.
"""

import json
import os
import queue
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from regard.jobs.delivery import DeliveryError
from regard.jobs.records import Notice

TIMEOUT_SECONDS = 10.0
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_AT_LEAST_ONCE = 1


class MqttTopic:
    """One topic. Each notice has a connection of its own: jobs end rarely, and an idle one would have to be kept."""

    def __init__(
        self,
        url: str,
        topic: str,
        user: str | None = None,
        password: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        """url: as `Settings` allows it, `mqtt://HOST:PORT` or `mqtts://`. timeout_seconds: to connect, and again from
        then to the acknowledgement."""
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        self._tls = _context() if parts.scheme == "mqtts" else None
        self._topic, self._user, self._password = topic, user, password
        self._timeout_seconds = timeout_seconds

    def send(self, notice: Notice) -> None:
        """As `Channel.send`. Taken is what the broker has acknowledged (QoS 1)."""
        said: queue.SimpleQueue[str] = queue.SimpleQueue()
        client = self._client(said)
        try:
            client.connect(self._host, self._port)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise DeliveryError(f"the broker cannot be reached: {reason}") from error
        client.loop_start()
        try:
            deadline = time.monotonic() + self._timeout_seconds
            _await(said, "connected", deadline)
            client.publish(self._topic, envelope(notice), _AT_LEAST_ONCE)
            _await(said, "published", deadline)
        finally:
            client.disconnect()
            client.loop_stop()

    def _client(self, said: "queue.SimpleQueue[str]") -> Client:
        def on_connect(_: Client, __: Any, ___: Any, reason: Any, ____: Any) -> None:
            said.put(f"refused: {reason}" if reason.is_failure else "connected")

        client = Client(
            CallbackAPIVersion.VERSION2,
            f"regard-{os.urandom(8).hex()}",  # 23 characters, which every broker has to take
            protocol=MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = self._timeout_seconds
        client.on_connect = on_connect
        client.on_publish = lambda *_: said.put("published")
        client.on_disconnect = lambda *_: said.put("the connection ended")
        if self._user is not None:
            client.username_pw_set(self._user, self._password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        return client


class _ClosingSocket(ssl.SSLSocket):
    """Works around paho-mqtt (2.2.0 at least), which leaves a socket open whose handshake fails.

    Can go when the test of a broker that has to prove who it is passes without.
    """

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.sslsocket_class = _ClosingSocket
    return context


def envelope(notice: Notice) -> bytes:
    """What is sent: a JSON object with the id, and the message as text."""
    return json.dumps({"MessageId": notice.id, "Message": notice.body}, ensure_ascii=False).encode()


def _await(said: "queue.SimpleQueue[str]", wanted: str, deadline: float) -> None:
    try:
        heard = said.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty as error:
        raise DeliveryError("the broker does not answer") from error
    if heard != wanted:
        raise DeliveryError(f"the broker did not take it: {heard}")
