"""kill -9 of those who start jobs and of those who work on them: each accepted job ends once, with its result."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KILLS = 40


@pytest.mark.slow
def test_killed_at_any_moment_every_accepted_job_ends_once_with_the_same_result(tmp_path: Path) -> None:
    seed = secrets.randbelow(1_000_000)
    done = subprocess.run(
        [sys.executable, "-m", "tests.jobs.job_killer", str(tmp_path / "jobs"), str(KILLS), str(seed)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), f"seed {seed}"
    accepted, jobs, walks, losses = map(int, done.stdout.split())
    assert KILLS // 3 <= accepted <= jobs
    assert walks < jobs  # some were shared
    assert losses > KILLS // 20  # steps were indeed lost in the middle
