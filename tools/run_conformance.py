"""Starts a server of this working tree and asks it everything the protocol has: `python -m tools.run_conformance`.

Arguments go on to `regard-conformance`; conformance/README.md says what there is. With `--limits relaxed` or
`--access-key` and `--secret-key` the server is started to match.
"""

import argparse
import io
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from PIL import Image

from regard import samples

_READY_SECONDS = 600  # the first start may have to fetch the networks
_REGARD = (sys.executable, "-c", "from regard.cli.main import main; main()")
_BUCKET, _KEY, _VIDEO = "conformance", "astronaut.jpg", "astronaut.mp4"
_FRAMES, _RATE, _SIDE_PIXELS = 100, 20, 384  # of the video: five seconds of one picture, looked at every two


class NotReadyError(Exception):
    """The server ended or did not become ready; the message holds what it said."""


def main(arguments: Sequence[str]) -> int:
    """The exit code of `regard-conformance`, or 2 when the server does not start."""
    with tempfile.TemporaryDirectory(prefix="regard-conformance-") as name:
        folder = Path(name)
        picture = folder / "data" / "buckets" / _BUCKET / _KEY
        picture.parent.mkdir(parents=True)
        picture.write_bytes(samples.astronaut())
        write_video(picture.with_name(_VIDEO))
        try:
            with served(folder, arguments) as url:
                command = [sys.executable, "-m", "regard_conformance.command", "--endpoint", url]
                command += ["--s3-object", f"{_BUCKET}/{_KEY}", "--s3-video", f"{_BUCKET}/{_VIDEO}", *arguments]
                return subprocess.run(command, check=False).returncode
        except NotReadyError as error:
            print(f"run_conformance: {error}", file=sys.stderr)
            return 2


@contextmanager
def served(folder: Path, arguments: Sequence[str]) -> Iterator[str]:
    """The address of a server on a free port, ready, with its data and log in `folder`. Raises NotReadyError."""
    port = _free_port()
    url, log = f"http://127.0.0.1:{port}", folder / "server.log"
    options = ["--port", str(port), "--data", str(folder / "data"), *_matching(folder, arguments)]
    with log.open("wb") as output:
        server = subprocess.Popen([*_REGARD, "serve", *options], stderr=output)
        try:
            _wait(server, url, log)
            yield url
        finally:
            server.terminate()
            server.wait()


def write_video(path: Path) -> None:
    """The sample picture, standing still."""
    still = np.asarray(Image.open(io.BytesIO(samples.astronaut())).convert("RGB").resize((_SIDE_PIXELS, _SIDE_PIXELS)))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=_RATE)
        stream.width, stream.height, stream.pix_fmt = _SIDE_PIXELS, _SIDE_PIXELS, "yuv420p"
        for number in range(_FRAMES):
            frame = av.VideoFrame.from_ndarray(still, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _matching(folder: Path, arguments: Sequence[str]) -> list[str]:
    """Options of the server that fit those of the suite."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("--limits", "--access-key", "--secret-key"):
        parser.add_argument(name)
    known, _ = parser.parse_known_args(arguments)
    options = ["--limits", known.limits] if known.limits else []
    if known.access_key and known.secret_key:
        keys = folder / "access-keys"
        keys.touch(0o600)
        keys.write_text(
            f"[conformance]\naws_access_key_id = {known.access_key}\naws_secret_access_key = {known.secret_key}\n"
        )
        options += ["--access-keys", str(keys)]
    return options


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Returns when the server is ready."""
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            raise NotReadyError(f"the server ended with exit code {server.returncode}:\n{log.read_text('utf-8')}")
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise NotReadyError(f"the server was not ready after {_READY_SECONDS} seconds:\n{log.read_text('utf-8')}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
