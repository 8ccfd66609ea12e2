"""`/v1` against its own description: requests made from it, right and wrong ones, and answers held against it.

For a longer run: REGARD_EXAMPLES=500 python -m pytest tests/attacks/test_schemathesis.py
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.service import Service, running

# Not asked: that every request of the described form succeeds, for it may name what does not exist; and that a 405
# names all methods of a path, of which the framework names those of the first route.
NOT_ASKED = "positive_data_acceptance,allow_header_conformance"


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server of this file alone, for it is filled with nonsense."""
    with running(tmp_path_factory.mktemp("described")) as made:
        yield made


@pytest.mark.slow
def test_every_answer_is_as_described(described: Service, tmp_path: Path) -> None:
    """No 5xx, no undescribed status, type or form, and no request of another form than described is taken."""
    pytest.importorskip("schemathesis")
    options = {
        "--max-examples": os.environ.get("REGARD_EXAMPLES", "10"),
        "--seed": "1",
        "--exclude-checks": NOT_ASKED,
        "--warnings": "off",
    }
    words = [word for option in options.items() for word in option]
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{described.url}/v1/openapi.json", *words]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("path", ["/v1/consents/a%0a", "/v1/models%0a", "/a%0ab"])
def test_a_path_of_two_lines_is_told_in_the_same_form(described: Service, path: str) -> None:
    """The framework's own patterns do not match a line end, so no route does."""
    answer = described.ask("GET", path)
    assert (answer.status, answer.json) == (404, {"code": "NotFound", "message": "Not Found"})
