"""`regard serve` and `regard try` as a person types them."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from regard.models.cards import default_cards
from regard.models.weights import WeightStore
from regard.samples import astronaut

REGARD = str(Path(sys.executable).with_name("regard"))


def environment(**more: str) -> dict[str, str]:
    """This process's, without settings of Regard's and of AWS's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGARD_", "AWS_"))}
    return kept | {"AWS_EC2_METADATA_DISABLED": "true", "COLUMNS": "200"} | more


@contextmanager
def serving(folder: Path, *arguments: str, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server's process and what it said until it was ready."""
    command = [REGARD, "serve", "--port", "0", "--data", str(folder / "data"), *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(**environ), cwd=folder
    )
    assert process.stderr is not None
    try:
        said = ""
        while " try --url " not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        yield process, said
    finally:
        process.kill()
        process.communicate()


def run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [REGARD, *arguments],
        capture_output=True,
        text=True,
        env=environment(**environ),
        cwd=folder,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def fetched(store: WeightStore) -> None:
    """The networks that serving has before it starts."""
    for card in default_cards():
        store.path(card)


@pytest.mark.weights
@pytest.mark.usefixtures("fetched")
def test_the_printed_line_gives_a_first_answer_and_sigterm_ends_it_well(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, said):
        assert re.search(r"Regard is serving on http://127\.0\.0\.1:\d+ \(ready in \d+\.\d s\)", said)
        line = next(line for line in said.splitlines() if " try --url " in line)
        answer = run(tmp_path, *shlex.split(line)[1:])
        assert (answer.returncode, answer.stderr) == (0, "")
        assert "Boxes and landmarks are drawn in regard-first-answer.jpg" in answer.stdout
        assert (tmp_path / "regard-first-answer.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
        assert (tmp_path / "data" / "buckets").is_dir()
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    assert process.returncode == 0
    assert '"operation": "DetectFaces", "code": "OK", "status": 200' in log
    assert "Traceback" not in log


@pytest.mark.weights
@pytest.mark.usefixtures("fetched")
def test_wide_limits_a_port_in_use_and_control_c(tmp_path: Path) -> None:
    with serving(tmp_path, REGARD_LIMITS="relaxed") as (process, said):
        url = re.findall(r"serving on (\S+) ", said)[0]
        config = Config(signature_version=UNSIGNED)
        client = boto3.client("rekognition", endpoint_url=url, region_name="us-east-1", config=config)
        padded = astronaut() + bytes(6 << 20)
        assert len(client.detect_faces(Image={"Bytes": padded})["FaceDetails"]) == 1
        assert run(tmp_path, "serve", "--port", url.rpartition(":")[2]).returncode == 1
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_port_that_another_program_holds_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run(tmp_path, "serve", "--port", str(port))
    assert result.returncode == 1
    assert result.stderr == (
        f"regard: cannot listen on 127.0.0.1 port {port}: Address already in use; choose another with --port\n"
    )


@pytest.mark.parametrize(
    ("arguments", "environ", "message"),
    [
        (["--host", "0.0.0.0"], {}, "host is '0.0.0.0', which others can reach, and there are no access keys"),
        (["--access-keys", "none"], {}, "the access keys in none cannot be read"),
        (["--limits", "none"], {}, "limits is 'none'; it must be one of aws, relaxed"),
        (["--host", "192.0.2.1", "--access-keys", "keys"], {}, "cannot listen on 192.0.2.1 port 8080: "),
        (["--data", "keys"], {}, "the data folder keys cannot be made"),
        ([], {"REGARD_PORT": "many"}, "REGARD_PORT is 'many'; port must be a whole number"),
    ],
    ids=["open-host", "no-keys-file", "limits", "not-this-machines", "data", "environment"],
)
def test_what_keeps_a_server_from_starting_is_one_sentence(
    tmp_path: Path, arguments: list[str], environ: dict[str, str], message: str
) -> None:
    (tmp_path / "keys").write_text("[one]\naws_access_key_id = AKIA\naws_secret_access_key = s3cr3t\n")
    (tmp_path / "keys").chmod(0o600)
    result = run(tmp_path, "serve", *arguments, **environ)
    assert result.returncode == 1
    assert result.stderr.startswith("regard: ")
    assert message in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.stderr
    assert "s3cr3t" not in result.stderr


def test_trying_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    result = run(tmp_path, "try", "--url", "http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1")
    assert result.returncode == 1
    assert result.stderr == 'regard: Could not connect to the endpoint URL: "http://127.0.0.1:9/"\n'


def test_trying_a_photograph_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    result = run(tmp_path, "try", "none.jpg")
    assert (result.returncode, "No such file or directory: 'none.jpg'" in result.stderr) == (1, True)


def test_the_version_and_the_help_come_without_a_network(tmp_path: Path) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run(tmp_path, "--version").stdout)
    assert run(tmp_path).returncode == 2
