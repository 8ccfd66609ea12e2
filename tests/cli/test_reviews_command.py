"""`regard reviews` against a running server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.remote_server import regard, without_credentials
from tests.server.reviewing import Vault, vault_server
from tests.server.signing import Key


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    without_credentials(monkeypatch, tmp_path)
    with vault_server(tmp_path, "p-1") as made:
        yield made


def reviews(vault: Vault, key: Key, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    """What the command does with a key in its environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    return regard("reviews", *arguments, "--url", vault.service.url)


def test_two_reviewers_agree_by_the_command_that_the_refusal_names(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = vault.search("p-1")
    review_id = vault.review("p-1")
    assert f"`regard reviews approve {review_id}`" in refusal
    first = reviews(vault, vault.ann, monkeypatch, "approve", review_id)
    assert (first.exit_code, first.stdout.partition(", until ")[0]) == (
        0,
        f"approved by {vault.ann.id}; 1 more approval is needed",
    )
    second = reviews(vault, vault.bob, monkeypatch, "approve", review_id)
    assert second.stdout.startswith(
        f"approved by {vault.ann.id} and {vault.bob.id}; the search can be asked again now, until "
    )
    assert vault.search("p-1") == ""


def test_approval_can_be_had_as_json(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    review_id = vault.review("p-1")
    shown = reviews(vault, vault.ann, monkeypatch, "approve", review_id, "--json")
    assert [json.loads(shown.stdout)[name] for name in ("id", "approved_by", "missing")] == [
        review_id,
        [vault.ann.id],
        1,
    ]


def test_list_shows_what_waits(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reviews(vault, vault.ann, monkeypatch, "list").stdout == "nothing waits for a review\n"
    review_id = vault.review("p-1")
    shown = reviews(vault, vault.ann, monkeypatch, "list")
    words = (review_id, "waiting", "vault", "search users", vault.door.id)
    assert [word in shown.stdout for word in words] == [True] * len(words)
    found = json.loads(reviews(vault, vault.ann, monkeypatch, "list", "--json").stdout)
    assert [(one["id"], one["state"]) for one in found] == [(review_id, "waiting")]


def test_a_refused_approval_is_told_in_a_sentence(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    review_id = vault.review("p-1")
    reviews(vault, vault.ann, monkeypatch, "approve", review_id)
    refusal = reviews(vault, vault.ann, monkeypatch, "approve", review_id)
    assert (refusal.exit_code, refusal.stdout) == (1, "")
    assert "another key has to agree too (AccessDeniedException)" in refusal.stderr
