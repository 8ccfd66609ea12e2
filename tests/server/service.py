"""A running server whose one network is a stand-in, and ways to talk to it."""

import asyncio
import base64
import contextlib
import http.client
import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import boto3
import numpy as np
from botocore import UNSIGNED
from botocore.config import Config
from numpy.typing import NDArray

from regard.analysis.counting import CrowdCounter
from regard.analysis.face_search import FaceSearch
from regard.analysis.faces import FaceAnalyser, FaceNetworks
from regard.app import App
from regard.models.efficientdet import Detections
from regard.models.face_mesh import FaceMeshes
from regard.models.yunet import FaceBoxes
from regard.operations.call import Operation
from regard.redaction.settings import RedactionSettings
from regard.server.http import bound_socket, make_asgi, make_server
from regard.settings import Settings
from tests.redaction.red_squares import RedSquares

CONTENT_TYPE = "application/x-amz-json-1.1"
PATIENCE = 20  # seconds until a test gives up on what should come at once
MASTER_KEY = base64.b64encode(bytes(32)).decode()


class OneFace:
    """A network that finds one face, a quarter of the way in, five hundredths of the picture wide."""

    def detect(self, image: NDArray[np.uint8], longer_side: int, min_score: float) -> FaceBoxes:
        """The face."""
        size = np.array([image.shape[1], image.shape[0]] * 2, np.float32)
        box = np.array([0.25, 0.25, 0.30, 0.32], np.float32) * size
        places = np.array([[0.2, 0.3], [0.8, 0.3], [0.5, 0.5], [0.3, 0.8], [0.7, 0.8]], np.float32)
        points = box[:2] + places * (box[2:] - box[:2])
        return FaceBoxes(box[None], points[None], np.array([0.9], np.float32))


class NoLargeFace:
    """The networks that look closer at large faces, given none."""

    def find(self, image: NDArray[np.uint8], boxes: NDArray[np.float32], landmarks: NDArray[np.float32]) -> FaceMeshes:
        """No mesh."""
        return FaceMeshes(np.zeros((len(boxes), 478, 3), np.float32), np.zeros(len(boxes), np.float32))

    def weigh(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """No weight."""
        return np.zeros((len(points), 52), np.float32)

    def covered(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """No belief."""
        return np.zeros(len(crops), np.float32)


class TwoObjects:
    """A network that finds a person on the left and a car on the right, both standing at the bottom."""

    classes = ("person", "car", "cat")

    def detect(self, image: NDArray[np.uint8], threshold: float) -> Detections:
        """The person and the car."""
        size = np.array([image.shape[1], image.shape[0]] * 2, np.float32)
        boxes = np.array([[0.1, 0.2, 0.3, 0.9], [0.6, 0.5, 0.9, 0.9], [0.4, 0.4, 0.5, 0.5]], np.float32) * size
        return Detections(boxes, np.array([0.9, 0.8, 0.7], np.float32), np.array([0, 1, 2]))


class StubbedApp(App):
    """The application with networks that need no file."""

    def __init__(self, settings: Settings, operations: Mapping[str, Operation]) -> None:
        super().__init__(settings, {})
        self._more = operations
        closer: dict[str, Any] = {field.name: NoLargeFace for field in fields(FaceNetworks)}
        analyser = FaceAnalyser(FaceNetworks(**closer | {"search": FaceSearch(OneFace())}))
        self.faces = lambda: analyser  # type: ignore[assignment]  # a made thing in place of one made when needed
        self.counter = lambda: CrowdCounter(analyser, TwoObjects())  # type: ignore[assignment]  # the same

    def operations(self) -> dict[str, Operation]:
        return super().operations() | dict(self._more)

    def redactor(self, settings: RedactionSettings) -> Any:
        """Finds red squares."""
        return RedSquares()

    def warm(self) -> None:
        """Nothing is to be loaded."""


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Service:
    """A server that runs in a thread."""

    port: int
    settings: Settings

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str | None] | None = None
    ) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        sent = {name: value for name, value in (headers or {}).items() if value is not None}
        with contextlib.closing(connection):
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    def call(self, operation: str | None, body: Any = b"{}", **headers: str | None) -> Answer:
        """An RPC request; `headers` by name with _ for -, None to leave one out."""
        target = None if operation is None else f"RekognitionService.{operation}"
        standard = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": target}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", "/", data, standard | {name.replace("_", "-"): v for name, v in headers.items()})

    def client(self, region: str = "us-east-1", **options: Any) -> Any:
        """A boto3 client that asks once, unless options say otherwise."""
        config = Config(
            retries=options.pop("retries", {"total_max_attempts": 1}),
            signature_version=options.pop("signature_version", UNSIGNED),
        )
        return boto3.client("rekognition", endpoint_url=self.url, region_name=region, config=config, **options)

    def connect(self) -> socket.socket:
        """A connection that has sent nothing."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def metric(self, name: str, **labels: str) -> float:
        """A value of /metrics; 0 where it is not there."""
        label_text = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
        start = f"{name}{{{label_text}}} " if labels else f"{name} "
        lines = self.ask("GET", "/metrics").body.decode().splitlines()
        return next((float(line.removeprefix(start)) for line in lines if line.startswith(start)), 0.0)


@contextlib.contextmanager
def running(
    folder: Path,
    operations: Mapping[str, Operation] | None = None,
    make: Callable[[Settings, Mapping[str, Operation]], App] = StubbedApp,
    **chosen: Any,
) -> Iterator[Service]:
    """A server on a free port of 127.0.0.1, stopped as SIGTERM would stop it."""
    settings = Settings.read({}, **({"port": 0, "data": folder, "workers": 2, "master_key": MASTER_KEY} | chosen))
    settings.make_folders()
    app = make(settings, operations or {})
    with bound_socket(settings) as listener:
        server = make_server(app, make_asgi(app))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        try:
            wait_until(lambda: server.started)
            yield Service(listener.getsockname()[1], settings)
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
    assert not thread.is_alive()


def head(*lines: str) -> bytes:
    """The header of a DetectFaces request, to be sent by hand."""
    first = ["POST / HTTP/1.1", "Host: localhost", f"Content-Type: {CONTENT_TYPE}"]
    return "\r\n".join([*first, "X-Amz-Target: RekognitionService.DetectFaces", *lines, "", ""]).encode()


def received(connection: socket.socket) -> Answer:
    """The next answer on a connection."""
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return Answer(answer.status, answer.headers, answer.read())


def has_answer(connection: socket.socket) -> bool:
    """Whether bytes, or the end, have come."""
    return bool(select.select([connection], [], [], 0)[0])


def wait_until(is_so: Any) -> None:
    """Returns as soon as `is_so()`; fails where that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
