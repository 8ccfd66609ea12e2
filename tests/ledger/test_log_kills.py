"""kill -9 while many threads write and tiles are published: what was acknowledged is there, in its place."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KILLS = 100


@pytest.mark.slow
def test_killed_at_any_moment_every_acknowledged_entry_is_in_its_place(tmp_path: Path) -> None:
    seed = secrets.randbelow(1_000_000)
    done = subprocess.run(
        [sys.executable, "-m", "tests.ledger.log_killer", str(tmp_path / "log"), str(KILLS), str(seed)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), f"seed {seed}"
    assert int(done.stdout) > 20 * KILLS
