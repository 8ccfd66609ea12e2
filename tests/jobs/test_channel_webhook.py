"""Signed webhooks, against real servers on this machine."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from regard.jobs.channel_webhook import Webhook
from regard.jobs.delivery import DeliveryError
from tests.jobs.listening import SECRET, Contacts, Listener, listening, notice, self_signed, talking

# The example that the reference implementations of Standard Webhooks are tested with.
ID, SECONDS, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOTICE = notice(ID, BODY)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening(Listener()) as served:
        yield served


@pytest.fixture
def contacts() -> Contacts:
    return Contacts.from_now()


def webhook(url: str, timeout_seconds: float = 10) -> Webhook:
    return Webhook(url, [SECRET], lambda: SECONDS + 0.9, timeout_seconds)


def test_a_notice_is_posted_as_standard_webhooks_has_it(listener: Listener) -> None:
    webhook(listener.url).send(NOTICE)
    ((path, headers, body),) = listener.requests
    assert (path, body) == ("/hooks/T0KEN?to=us", BODY)
    assert headers["content-type"] == "application/json"
    assert {name: value for name, value in headers.items() if name.startswith("webhook-")} == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_both_secrets_sign_while_one_replaces_the_other(listener: Listener) -> None:
    Webhook(listener.url, [bytes(24), SECRET], lambda: SECONDS).send(NOTICE)
    signatures = listener.requests[0][1]["webhook-signature"].split(" ")
    assert len(signatures) == 2
    assert signatures[1] == SIGNATURE


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_an_answer_of_success_takes_the_notice(listener: Listener, status: int) -> None:
    listener.statuses = [status]
    webhook(listener.url).send(NOTICE)
    assert listener.ids == [ID]


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(listener: Listener, status: int, contacts: Contacts) -> None:
    listener.statuses, listener.headers = [status], {"Location": "http://127.0.0.2:9/elsewhere"}
    with pytest.raises(DeliveryError, match=f"^the answer was {status}$"):
        webhook(listener.url).send(NOTICE)
    assert [f"{url}/hooks/T0KEN?to=us" for url in contacts.urls] == [listener.url]


def test_no_proxy_of_the_environment_is_asked(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    webhook(listener.url).send(NOTICE)
    assert listener.ids == [ID]


@pytest.mark.parametrize(
    ("status", "is_final"), [(400, False), (401, False), (404, False), (429, False), (500, False), (410, True)]
)
def test_only_gone_ends_it(listener: Listener, status: int, is_final: bool) -> None:
    listener.statuses = [status]
    with pytest.raises(DeliveryError) as caught:
        webhook(listener.url).send(NOTICE)
    assert caught.value.is_final == is_final


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [("120", 120), ("9" * 100, 0), ("-5", 0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0), ("²", 0), ("", 0)],
)
def test_a_server_may_ask_for_a_pause(listener: Listener, wait: str, seconds: float) -> None:
    listener.statuses, listener.headers = [503], {"Retry-After": wait.encode("utf-8").decode("latin-1")}
    with pytest.raises(DeliveryError) as caught:
        webhook(listener.url).send(NOTICE)
    assert caught.value.wait_seconds == seconds


def silent(caller: socket.socket) -> None:
    while caller.recv(65536):
        pass


def dripping(caller: socket.socket) -> None:
    """A header without an end, a byte at a time, so that no single wait is long."""
    caller.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    hung_up = threading.Event()
    while not hung_up.wait(0.02):
        caller.sendall(b"x")


def hanging_up(caller: socket.socket) -> None:
    caller.recv(65536)


def gabbling(caller: socket.socket) -> None:
    caller.recv(65536)
    caller.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


@pytest.mark.parametrize("talk", [silent, dripping, hanging_up, gabbling])
def test_a_server_that_does_not_answer_is_left(talk: Callable[[socket.socket], None]) -> None:
    with talking(talk) as address, pytest.raises(DeliveryError, match=r"^no answer") as caught:
        webhook(f"http://{address}/T0KEN", timeout_seconds=0.5).send(NOTICE)
    assert "T0KEN" not in str(caught.value)


def test_an_answer_that_goes_on_for_ever_is_taken_by_its_status() -> None:
    def endless(caller: socket.socket) -> None:
        caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            caller.sendall(b"x" * 65536)

    with talking(endless) as address:
        webhook(f"http://{address}/").send(NOTICE)


def test_a_server_that_is_down_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/T0KEN"
    with pytest.raises(DeliveryError, match=r"^no answer: Connection refused$"):
        webhook(url).send(NOTICE)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return self_signed(tmp_path)


@contextmanager
def tls_server(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def talk(caller: socket.socket) -> None:
        with context.wrap_socket(caller, server_side=True) as wrapped:
            wrapped.recv(65536)
            wrapped.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with talking(talk) as address:
        yield f"https://localhost:{address.partition(':')[2]}/"


def test_a_server_that_cannot_prove_who_it_is_hears_nothing(certificate: Path) -> None:
    with tls_server(certificate) as url, pytest.raises(DeliveryError, match=r"no answer: .*CERTIFICATE_VERIFY_FAILED"):
        webhook(url).send(NOTICE)


def test_a_server_that_a_known_authority_vouches_for_is_believed(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with tls_server(certificate) as url:
        webhook(url).send(NOTICE)
