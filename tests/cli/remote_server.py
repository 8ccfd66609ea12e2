"""Commands against a server that runs."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from regard.cli.main import app
from tests.server.service import Service

GOVERNED = {"regard:purpose": "door", "regard:controller": "Example Ltd"}


def regard(*arguments: str, typed: str | None = None) -> Any:
    """What a command does and says."""
    return CliRunner().invoke(app, arguments, input=typed)


def without_credentials(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A machine that has no AWS credentials, and a wide screen."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "no-credentials"))
    monkeypatch.setenv("COLUMNS", "250")


def make_governed(service: Service, name: str, **credentials: str) -> None:
    """Creates a governed collection for the purpose "door"."""
    options = {"signature_version": "v4", **credentials} if credentials else {}
    service.client(**options).create_collection(CollectionId=name, Tags=GOVERNED)
