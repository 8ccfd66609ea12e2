"""The processes of bench/job_faults.py: `regard serve` and `regard worker` on one data folder, and whom they tell."""

import base64
import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket

SERVER, WORKER = "server", "worker"
_SECRET = "whsec_cmVnYXJkIGpvYiBmYXVsdHMgd2ViaG9vayBrZXk="
_MASTER_KEY = base64.b64encode(b"regard job faults, 32 bytes long").decode()  # it guards nothing
_START_SECONDS = 120
_POLL_SECONDS = 0.05


class Processes:
    """Both, started again after each kill."""

    def __init__(self, folder: Path, webhook_port: int) -> None:
        """folder: of their data and logs."""
        self.data, self._folder = folder / "data", folder
        self.port = _free_port()
        self._environ = _environ(webhook_port)
        self._started = 0
        self._running: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}

    @property
    def url(self) -> str:
        """Of the server."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str) -> None:
        """Returns at once."""
        self._started += 1
        log = self._folder / f"{name}-{self._started:04d}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(self._command(name), stdout=output, stderr=output, env=self._environ)
        self._running[name] = process, log

    def kill(self, names: Sequence[str]) -> None:
        """With SIGKILL, all as nearly at once as can be. Raises RuntimeError where one had ended by itself."""
        for name in names:
            self._check(name)
        for name in names:
            self._running[name][0].kill()
        for name in names:
            self._running[name][0].wait()

    def wait_until_ready(self) -> None:
        """Raises RuntimeError where one ends by itself or takes two minutes."""
        end = time.monotonic() + _START_SECONDS
        while not (self._answers() and b"Working on the jobs" in self._running[WORKER][1].read_bytes()):
            for name in self._running:
                self._check(name)
            if time.monotonic() > end:
                raise RuntimeError(f"server or worker were not ready after {_START_SECONDS} s")
            time.sleep(_POLL_SECONDS)

    def close(self) -> None:
        """Ends what runs."""
        for process, _ in self._running.values():
            process.kill()
            process.wait()

    def _check(self, name: str) -> None:
        process, log = self._running[name]
        if process.poll() is not None:
            said = log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"the {name} ended by itself with {process.returncode}: {said}")

    def _command(self, name: str) -> list[str]:
        binary = str(Path(sys.executable).with_name("regard"))
        if name == WORKER:
            return [binary, "worker", "--data", str(self.data)]
        return [binary, "serve", "--port", str(self.port), "--data", str(self.data)]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False


@dataclass(frozen=True, slots=True)
class Heard:
    """A notice as it arrived."""

    id: str
    job_id: str
    status: str


class Webhook:
    """Takes every notice, and waits a little before it says so, so that kills fall in between too."""

    def __init__(self, pause_seconds: float) -> None:
        self.heard: list[Heard] = []  # grows by appending only
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.heard.append(Heard(self.headers["webhook-id"], body["JobId"], body["Status"]))
                time.sleep(pause_seconds)
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a killed sender reads no answer
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Hears nothing more."""
        self._server.shutdown()
        self._server.server_close()


def _environ(webhook_port: int) -> Mapping[str, str]:
    """This process's, without settings of Regard's but for where its networks are, and of AWS's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == "REGARD_WEIGHTS" or not name.startswith(("REGARD_", "AWS_"))
    }
    webhook = {"REGARD_WEBHOOK_URL": f"http://127.0.0.1:{webhook_port}/", "REGARD_WEBHOOK_SECRET": _SECRET}
    return kept | webhook | {"REGARD_JOB_WORKERS": "1", "REGARD_MASTER_KEY": _MASTER_KEY}


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
