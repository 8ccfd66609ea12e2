import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from regard.media.sandbox import Child
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits
from tests.media import child_targets

LIMITS = VideoLimits(address_space_bytes=2 << 30, patience_seconds=60)


def test_child_answers_what_it_is_sent() -> None:
    with Child(child_targets.echo, 2, limits=LIMITS, about="a.mp4") as child:
        child.send(b"one")
        child.send(b"two")

        assert list(child.messages()) == [b"one", b"two"]


def test_many_messages_that_nobody_reads_yet_do_not_block_the_sender() -> None:
    with Child(child_targets.echo, 2000, limits=LIMITS, about="a.mp4") as child:
        for number in range(2000):
            child.send(str(number).encode() * 200)

        assert sum(1 for _ in child.messages()) == 2000


@pytest.mark.parametrize(
    ("target", "arguments", "message"),
    [
        pytest.param(child_targets.crash, (), r"^a\.mp4 .*crashed \(SIGSEGV\)$", id="crash"),
        pytest.param(
            child_targets.fill_memory, (), r"^a\.mp4 needs more memory than the limit of 2\.0 GiB$", id="memory"
        ),
        pytest.param(child_targets.refuse, ("a.mp4 is a song",), r"^a\.mp4 is a song$", id="refusal"),
        pytest.param(child_targets.fail, (), r"^a\.mp4 cannot be processed: ZeroDivisionError: by nothing$", id="bug"),
        pytest.param(
            child_targets.leave, (), r"^a\.mp4 cannot be processed: its process ended with the code 7$", id="exit"
        ),
        pytest.param(child_targets.flood, (), r"^a\.mp4 cannot be processed: its process is not", id="flood"),
    ],
)
def test_what_ends_a_child_is_told(target: Callable[..., None], arguments: tuple[str, ...], message: str) -> None:
    with (
        Child(target, *arguments, limits=LIMITS, about="a.mp4") as child,
        pytest.raises(VideoError, match=message),
    ):
        list(child.messages())


def test_child_that_hangs_is_given_up() -> None:
    limits = VideoLimits(patience_seconds=1)
    with Child(child_targets.sleep_for_ever, limits=limits, about="a.mp4") as child:
        assert child.receive() == b"asleep"
        with pytest.raises(VideoError, match=r"^a\.mp4 was given up: no progress for 1 seconds$"):
            child.receive()


def test_child_that_waits_for_its_parent_is_not_given_up() -> None:
    limits = VideoLimits(patience_seconds=1)
    with Child(child_targets.echo, 1, limits=limits, about="a.mp4") as child:
        time.sleep(2.5)
        child.send(b"late")

        assert child.receive() == b"late"


def test_error_stays_for_those_who_ask_again() -> None:
    with Child(child_targets.refuse, "no", limits=LIMITS, about="a.mp4") as child:
        with pytest.raises(VideoError, match="no"):
            child.receive()
        with pytest.raises(VideoError, match="no"):
            child.receive()


def test_killed_child_is_told() -> None:
    with Child(child_targets.sleep_for_ever, limits=LIMITS, about="a.mp4") as child:
        child.receive()
        child.kill()

        with pytest.raises(VideoError, match="SIGKILL"):
            child.receive()


def test_child_sees_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGARD_SECRET", "x")
    with Child(child_targets.tell_environment, limits=LIMITS, about="a.mp4") as child:
        names = child.receive()

    assert names is not None
    assert b"REGARD_SECRET" not in names


def test_child_inherits_no_sockets() -> None:
    with (
        Child(child_targets.wait_for_ever, limits=LIMITS, about="a.mp4"),
        Child(child_targets.tell_open_sockets, limits=LIMITS, about="b.mp4") as child,
    ):
        assert child.receive() == b"0"


def test_child_ends_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent("""
            import os
            from regard.media.sandbox import Child
            from regard.media.video_limits import VideoLimits
            from tests.media import child_targets
            child = Child(child_targets.sleep_for_ever, limits=VideoLimits(), about="a.mp4")
            child.receive()
            print(child.pid, flush=True)
            os.kill(os.getpid(), 9)
        """)
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment, check=False)

    assert _is_gone(int(ended.stdout), within_seconds=20)


def _is_gone(pid: int, within_seconds: float) -> bool:
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":  # nobody in this container collects orphans
            return True
        time.sleep(0.05)
    return False
