"""The code of the README and of the pages that begin with it, run."""

import base64
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from regard import samples
from regard.analysis.taxonomy import load_taxonomy
from regard.app import App
from regard.models.cards import default_cards
from regard.server.http import bound_socket, make_asgi, make_server
from regard.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = ("README.md", "docs/quickstart.md", "docs/migrating-from-rekognition.md")

# A Python block, and what it prints, which is the next block of text.
SHOWN = re.compile(r"^```python\n(.*?)^```(?:(?!^```).)*^```text\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROGRAMS = [
    pytest.param(*shown, id=f"{page}-{number}")
    for page in PAGES
    for number, shown in enumerate(SHOWN.findall((ROOT / page).read_text("utf-8")))
]
DETECT = re.findall(r"^regard detect .+$", README, re.MULTILINE)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server as `regard serve` makes it, on a free port of this machine."""
    key = base64.b64encode(bytes(32)).decode()
    app = App(Settings(port=0, data=tmp_path_factory.mktemp("data"), master_key=key), os.environ)
    app.settings.make_folders()
    with bound_socket(app.settings) as listener:
        server = make_server(app, make_asgi(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that the README's lines name."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photo.jpg").write_bytes(samples.astronaut())
    (tmp_path / "photos" / "one.jpg").write_bytes(samples.astronaut())
    return tmp_path


@pytest.mark.weights
@pytest.mark.parametrize(("program", "shown"), PROGRAMS)
def test_python_prints_what_the_page_says(program: str, shown: str, endpoint: str, folder: Path) -> None:
    environment = os.environ | {
        "AWS_ENDPOINT_URL_REKOGNITION": endpoint,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert (answer.stdout, answer.stderr) == (shown, "")


def test_every_python_program_has_what_it_prints() -> None:
    programs = [
        program for page in PAGES for program in re.findall("^```python$", (ROOT / page).read_text("utf-8"), re.M)
    ]
    assert len(programs) == len(PROGRAMS)


@pytest.mark.weights
@pytest.mark.parametrize("line", DETECT)
def test_detect_commands_run_and_leave_the_files_they_name(line: str, folder: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    answer = subprocess.run(
        line, shell=True, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert [name for name in re.findall(r"(?:--overlay|>) (\S+)", line) if not (folder / name).stat().st_size] == []


def test_size_of_what_is_fetched_is_told() -> None:
    fetched = [card for card in default_cards() if card.carriers]
    size = sum(card.size_bytes for card in fetched) / 1e6
    assert f"fetches {len(fetched)} networks, {size:.0f} MB" in README


def test_number_of_labels_is_told() -> None:
    assert f"| {len(load_taxonomy().labels):,} labels," in README
