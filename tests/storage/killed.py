"""A process that ends as by a loss of power: no handler runs, nothing is closed."""

import signal
import subprocess
import sys
from pathlib import Path


def run_and_kill(program: str, folder: Path) -> None:
    """Run `program`, which has `folder`, to its last line, and kill it there with SIGKILL."""
    beginning = "import os, signal, sys\nfrom pathlib import Path\nfolder = Path(sys.argv[1])\n"
    end = "os.kill(os.getpid(), signal.SIGKILL)\n"
    done = subprocess.run(
        [sys.executable, "-c", beginning + program + end, str(folder)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")
