"""A topic of a broker: amqtt, as a process of its own, and some that do not keep to the protocol."""

import json
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import argon2
import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from regard.app import App
from regard.jobs.channel_mqtt import MqttTopic
from regard.jobs.delivery import DeliveryError
from regard.jobs.notices import MQTT
from regard.jobs.records import Media, NewJob
from regard.settings import Settings
from tests.jobs.listening import notice, self_signed, talking

ID, BODY = "5f0c3d6e-0a53-5b0f-9a3c-2f8a3f3f7f11", json.dumps({"JobId": "9b" * 32, "Status": "FAILED", "JobTag": "é"})
USER, PASSWORD = "regard", "hidden-passw0rd"
BROKER = "import sys; from amqtt.scripts.broker_script import main; sys.argv = ['amqtt', '-c', sys.argv[1]]; main()"


@contextmanager
def serving(folder: Path, **options: Any) -> Iterator[int]:
    """A broker that knows one user; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "users").write_text(f"{USER}:{argon2.PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)}\n")
    configuration = {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"} | options},
        "plugins": {"amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(folder / "users")}},
    }
    (folder / "broker.yaml").write_text(json.dumps(configuration))  # which is YAML too
    with subprocess.Popen(
        [sys.executable, "-c", BROKER, str(folder / "broker.yaml")], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        reader = threading.Thread(target=process.stderr.read, daemon=True)
        try:
            assert any(" bind to " in line for line in process.stderr)
            reader.start()
            yield port
        finally:
            process.kill()
        reader.join(30)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serving(tmp_path_factory.mktemp("broker")) as port:
        yield port


@contextmanager
def subscriber(port: int, topic: str) -> Iterator["queue.SimpleQueue[MQTTMessage]"]:
    """What arrives at a topic."""
    arrived: queue.SimpleQueue[MQTTMessage] = queue.SimpleQueue()
    is_subscribed = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(USER, PASSWORD)
    client.on_subscribe = lambda *_: is_subscribed.set()
    client.on_message = lambda _, __, message: arrived.put(message)
    client.connect("127.0.0.1", port)
    client.subscribe(topic, 1)
    client.loop_start()
    assert is_subscribed.wait(30)
    try:
        yield arrived
    finally:
        client.disconnect()
        client.loop_stop()


def test_whoever_has_subscribed_gets_the_message_in_an_envelope_with_its_id(port: int) -> None:
    with subscriber(port, "regard/jobs") as arrived:
        MqttTopic(f"mqtt://127.0.0.1:{port}", "regard/jobs", USER, PASSWORD).send(notice(ID, BODY))
        message = arrived.get(timeout=30)
    assert (message.topic, message.qos, message.retain) == ("regard/jobs", 1, False)
    assert json.loads(message.payload) == {"MessageId": ID, "Message": BODY}


def test_broker_of_the_settings_hears_of_the_end_of_a_job(port: int, tmp_path: Path) -> None:
    environ = {"REGARD_MQTT_URL": f"mqtt://127.0.0.1:{port}", "REGARD_MQTT_TOPIC": "plant/7"}
    credentials = {"REGARD_MQTT_USER": USER, "REGARD_MQTT_PASSWORD": PASSWORD}
    app = App(Settings.read(environ | credentials, data=tmp_path), {})
    new = NewJob("123456789012", "us-east-1", "key", "labels", "StartLabelDetection", Media("media", "in/clip.mp4"))
    with closing(app.stored), subscriber(port, "plant/7") as arrived:
        job = app.jobs().cancel(app.jobs().submit(new, "video").id)
        assert app.stored.deliverer().attempt(MQTT)
        said = json.loads(arrived.get(timeout=30).payload)
        [told] = app.jobs().notices()
    assert (told.channel, told.state, told.id) == ("mqtt", "delivered", said["MessageId"])
    assert json.loads(said["Message"]) == {
        "JobId": job.id,
        "Status": "FAILED",
        "API": "StartLabelDetection",
        "Timestamp": job.ended_ms,
        "Video": {"S3ObjectName": "in/clip.mp4", "S3Bucket": "media"},
    }


@pytest.mark.parametrize(("user", "password"), [(USER, "wrong"), ("somebody", PASSWORD), (None, None)])
def test_a_broker_that_refuses_is_told_without_the_password(port: int, user: str | None, password: str | None) -> None:
    with pytest.raises(DeliveryError, match=r"^the broker did not take it: ") as caught:
        MqttTopic(f"mqtt://127.0.0.1:{port}", "regard/jobs", user, password).send(notice(ID, BODY))
    assert PASSWORD not in str(caught.value)


def silent(caller: socket.socket) -> None:
    while caller.recv(65536):
        pass


def welcoming(caller: socket.socket) -> None:
    caller.recv(65536)
    caller.sendall(bytes.fromhex("20020000"))  # CONNACK: accepted. The message is never acknowledged.
    silent(caller)


def hanging_up(caller: socket.socket) -> None:
    caller.recv(65536)


def gabbling(caller: socket.socket) -> None:
    caller.recv(65536)
    caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(65536))


@pytest.mark.parametrize("talk", [silent, welcoming, hanging_up, gabbling])
def test_a_broker_that_does_not_acknowledge_is_left(talk: Callable[[socket.socket], None]) -> None:
    with talking(talk) as address, pytest.raises(DeliveryError, match=r"^the broker "):
        MqttTopic(f"mqtt://{address}", "regard/jobs", timeout_seconds=0.5).send(notice(ID, BODY))


def test_a_broker_that_is_down_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(DeliveryError, match=r"^the broker cannot be reached: Connection refused$"):
        MqttTopic(f"mqtt://127.0.0.1:{port}", "regard/jobs").send(notice(ID, BODY))


def test_a_broker_has_to_prove_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = self_signed(tmp_path)
    with serving(tmp_path, ssl=True, certfile=str(certificate), keyfile=str(certificate)) as port:
        url = f"mqtts://localhost:{port}"
        with pytest.raises(DeliveryError, match="CERTIFICATE_VERIFY_FAILED"):
            MqttTopic(url, "regard/jobs", USER, PASSWORD).send(notice(ID, BODY))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        MqttTopic(url, "regard/jobs", USER, PASSWORD).send(notice(ID, BODY))
