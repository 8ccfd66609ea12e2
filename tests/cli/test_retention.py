"""`regard retention` against a running server."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.remote_server import regard, without_credentials
from tests.server.service import Service, running


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    without_credentials(monkeypatch, tmp_path)
    with running(tmp_path / "data") as made:
        yield made


def test_empty_calendar_is_told(service: Service) -> None:
    result = regard("retention", "--dry-run", "--url", service.url)
    assert (result.exit_code, result.stdout) == (0, "nothing is to be erased\n")


def test_calendar_shows_the_end_of_a_sandbox(service: Service) -> None:
    service.client().create_collection(CollectionId="trial")
    shown = regard("retention", "--dry-run", "--url", service.url)
    assert "sandbox end" in shown.stdout
    assert "trial" in shown.stdout
    calendar = json.loads(regard("retention", "--dry-run", "--json", "--url", service.url).stdout)
    assert [(one["collection"], one["what"], one["subject"], one["faces"]) for one in calendar["due"]] == [
        ("trial", "sandbox end", None, 0)
    ]
    left = datetime.fromisoformat(calendar["due"][0]["at"]) - datetime.fromisoformat(calendar["now"])
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)


def test_sweep_tells_how_much_it_erased(service: Service) -> None:
    service.client().create_collection(CollectionId="trial")
    result = regard("retention", "--url", service.url)
    assert (result.exit_code, result.stdout) == (0, "0 erased\n")
