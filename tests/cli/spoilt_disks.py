"""A command whose data folder lies on a disk that is full, or that may only be read.

Both need a mount, which a process may make in a namespace of its own, where the machine allows that.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REGARD = str(Path(sys.executable).with_name("regard"))
_NAMESPACE = ("unshare", "--map-root-user", "--mount", "sh", "-e", "-c")
_READ_ONLY = 'mount --bind "$0" "$0"; mount -o remount,ro,bind "$0"; exec "$@"'
# As large as what is there and some kilobytes more, which a file takes away again.
_FULL = (
    'mount -t tmpfs -o size="$FREE_KB"k tmpfs "$ELSEWHERE"; cp -a "$0/." "$ELSEWHERE/"; mount --bind "$ELSEWHERE" "$0";'
    'head -c 100M /dev/zero > "$0/buckets/filling" 2>/dev/null || true; exec "$@"'
)


def on_read_only_disk(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """What `regard` does when `folder` and all in it can only be read."""
    return _run(_READ_ONLY, folder, arguments, environ)


def on_full_disk(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """What `regard` does when nothing more can be written to `folder`; what it does there is not kept."""
    elsewhere = folder.with_name("full-disk")
    elsewhere.mkdir()
    (folder / "buckets").mkdir(exist_ok=True)
    return _run(_FULL, folder, arguments, {"FREE_KB": "2048", "ELSEWHERE": str(elsewhere)} | environ)


def _run(
    script: str, folder: Path, arguments: tuple[str, ...], environ: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    try:
        probe = subprocess.run([*_NAMESPACE, "true"], capture_output=True, check=False, timeout=20)
    except FileNotFoundError:
        pytest.skip("unshare is not on this machine")
    if probe.returncode:
        pytest.skip("no namespace may be made on this machine")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGARD_", "AWS_"))}
    return subprocess.run(
        [*_NAMESPACE, script, str(folder), REGARD, *arguments],
        capture_output=True,
        text=True,
        env=kept | {"COLUMNS": "250"} | environ,
        timeout=120,
        check=False,
    )
