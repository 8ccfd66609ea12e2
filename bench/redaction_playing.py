"""Whether a browser plays a redacted file to its end, with sound where it has any.

Usage: python -m bench.redaction_playing FILE... [--chromium PATH] [--seconds S]

A page with a `<video>` is opened in headless Chromium and tells which events came, how many frames were shown and how
many bytes of sound were decoded. A Chromium that was built without H.264 says so with its own error.
"""

import argparse
import functools
import http.server
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PAGE = """<!doctype html><video id="v" preload="auto" src="{name}" muted></video><script>
const video = document.getElementById("v"), told = [];
const tell = () => fetch("/told", {{method: "POST", body: JSON.stringify({{events: told, seconds: video.currentTime,
  duration: video.duration, width: video.videoWidth, height: video.videoHeight,
  frames: video.getVideoPlaybackQuality().totalVideoFrames, audioBytes: video.webkitAudioDecodedByteCount || 0,
  error: video.error && video.error.message}})}});
for (const name of ["loadedmetadata", "canplay", "ended", "error"])
  video.addEventListener(name, () => {{ told.push(name); if (name == "ended" || name == "error") tell(); }});
video.addEventListener("canplay", () => {{ video.playbackRate = {speed}; video.play(); }}, {{once: true}});
setTimeout(tell, {milliseconds});
</script>"""
_SPEED = 4  # times as fast as meant, so that a clip of a minute takes seconds; sound is still decoded


@dataclass(frozen=True, slots=True)
class Playing:
    """What the browser told of one file."""

    file: str
    told: str  # JSON of the page, or why there is none

    @property
    def has_sound(self) -> bool:
        """Whether sound was decoded."""
        return '"audioBytes":' in self.told and '"audioBytes":0' not in self.told

    @property
    def has_ended(self) -> bool:
        """Whether it was played to the end."""
        return '"ended"' in self.told


def played(file: Path, chromium: str, seconds: float) -> Playing:
    """Opens `file` in a browser and waits at most so many seconds."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        link = folder / f"output{file.suffix}"
        link.symlink_to(file.resolve())
        page = _PAGE.format(name=link.name, speed=_SPEED, milliseconds=round(seconds * 1000))
        (folder / "index.html").write_text(page)
        return Playing(file.name, _told(folder, chromium, seconds + 30))


def _told(folder: Path, chromium: str, patience_seconds: float) -> str:
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()
    handler = functools.partial(_Handler, answers, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required",
        "--remote-debugging-port=0",  # else it ends as soon as the page is loaded
        f"--user-data-dir={folder / 'profile'}", f"http://127.0.0.1:{server.server_port}/index.html",
    ]  # fmt: skip
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return answers.get(timeout=patience_seconds)
    except queue.Empty:
        return f"{chromium} said nothing for {patience_seconds:.0f} s"
    finally:
        browser.terminate()
        browser.wait()
        server.shutdown()
        server.server_close()


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the page and the file over HTTP, and takes what the page tells."""

    def __init__(self, answers: "queue.SimpleQueue[str]", *arguments: Any, **options: Any) -> None:
        self._answers = answers
        super().__init__(*arguments, **options)

    def do_POST(self) -> None:
        """The page's one message."""
        self._answers.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when all files were played to their end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args(arguments)
    found = [played(file, options.chromium, options.seconds) for file in options.files]
    for one in found:
        end = "played to the end" if one.has_ended else "NOT played to the end"
        print(f"{one.file}: {end}, {'with sound' if one.has_sound else 'no sound'}: {one.told}")
    return 0 if all(one.has_ended for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
