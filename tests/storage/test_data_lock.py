"""Two processes never share a data folder."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from regard.storage.errors import DataFolderInUse
from regard.storage.lock import DataLock

_HOLD = "import sys; from pathlib import Path; from regard.storage.lock import DataLock\n"
_HOLD += "lock = DataLock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"


def _holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with _holder(tmp_path) as process:
        with pytest.raises(DataFolderInUse) as refusal:
            DataLock(tmp_path)
        process.kill()
    assert str(refusal.value) == f"the data folder {tmp_path} is in use by process {process.pid}; stop that first"


def test_second_time_in_one_process_is_refused_too(tmp_path: Path) -> None:
    lock = DataLock(tmp_path)
    with pytest.raises(DataFolderInUse, match=f"in use by process {os.getpid()};"):
        DataLock(tmp_path)
    lock.release()
    DataLock(tmp_path).release()


def test_killed_holder_leaves_the_folder_free(tmp_path: Path) -> None:
    with _holder(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
    DataLock(tmp_path).release()


def test_child_that_is_started_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = DataLock(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as child:
        lock.release()
        DataLock(tmp_path).release()
        child.kill()
