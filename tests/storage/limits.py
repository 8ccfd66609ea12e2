"""A process that may write files of so many bytes only: as near to a full disk as one gets without being root."""

import subprocess
import sys
from pathlib import Path

_BEGINNING = """
import resource, signal, sys
from pathlib import Path
folder = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def limit(most_bytes):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
"""


def run_with_file_limit(program: str, folder: Path) -> list[str]:
    """The lines that `program` prints; it has `folder`, and `limit(most_bytes)`; -1 lifts the limit again."""
    done = subprocess.run(
        [sys.executable, "-c", _BEGINNING + program, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.splitlines()
