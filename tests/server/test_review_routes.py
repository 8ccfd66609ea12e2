"""`/v1/reviews` on a running server: a search of a sensitive collection, and the two who agree to it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.server.reviewing import ADMIN, Vault, vault_server
from tests.server.service import Answer
from tests.server.signing import Key, ask, make_key

USERS = [f"p-{number}" for number in range(6)]


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    with vault_server(tmp_path_factory.mktemp("data"), *USERS) as made:
        yield made


def get(vault: Vault, key: Key, path: str) -> Answer:
    return ask(vault.service, key, "GET", f"/v1{path}")


def approve(vault: Vault, key: Key, review_id: str) -> Answer:
    return ask(vault.service, key, "POST", f"/v1/reviews/{review_id}/approval")


def members(answer: Answer, *names: str) -> list[Any]:
    assert answer.status == 200, answer.body
    return [answer.json[name] for name in names]


def test_a_search_is_answered_once_two_reviewers_have_agreed(vault: Vault) -> None:
    review_id = vault.review("p-0")
    assert members(approve(vault, vault.ann, review_id), "state", "missing") == ["waiting", 1]
    refusal = vault.search("p-0")
    assert refusal.startswith("AccessDeniedException: Collection 'vault' is sensitive")
    assert "1 of 2 approvals are missing" in refusal
    assert members(approve(vault, vault.bob, review_id), "state", "missing") == ["approved", 0]
    assert vault.search("p-0") == ""
    used = get(vault, vault.ann, f"/reviews/{review_id}")
    assert members(used, "state", "approved_by") == ["used", [vault.ann.id, vault.bob.id]]
    assert "2 of 2 approvals are missing" in vault.search("p-0")


def test_a_review_says_who_asked_what_and_until_when(vault: Vault) -> None:
    review_id = vault.review("p-1")
    answer = get(vault, vault.ann, f"/reviews/{review_id}")
    asked, expires, probe = members(answer, "asked", "expires", "probe")
    assert datetime.fromisoformat(expires) - datetime.fromisoformat(asked) == timedelta(hours=24)
    assert len(bytes.fromhex(probe)) == 32
    assert answer.json == {
        "id": review_id,
        "state": "waiting",
        "collection": "vault",
        "purpose": "vault",
        "search": "search users",
        "probe": probe,
        "asked_by": vault.door.id,
        "asked": asked,
        "expires": expires,
        "used": None,
        "approved_by": [],
        "missing": 2,
    }


def test_who_asked_cannot_agree(vault: Vault) -> None:
    review_id = vault.review("p-2")
    refusal = approve(vault, vault.door, review_id)
    assert (refusal.status, refusal.json["code"]) == (400, "AccessDeniedException")
    assert "rekognition:ReviewSearches" in refusal.json["message"]
    assert members(get(vault, vault.door, f"/reviews/{review_id}"), "missing") == [2]


def test_nobody_agrees_twice(vault: Vault) -> None:
    review_id = vault.review("p-3")
    approve(vault, vault.ann, review_id)
    refusal = approve(vault, vault.ann, review_id)
    assert (refusal.status, refusal.json["code"]) == (400, "AccessDeniedException")
    assert "another key has to agree too" in refusal.json["message"]


def test_a_key_without_the_operation_sees_no_review(vault: Vault) -> None:
    other = make_key(vault.service, ADMIN, "Search*")
    for path in ("/reviews", f"/reviews/{vault.review('p-4')}"):
        assert get(vault, other, path).json["code"] == "AccessDeniedException"


def test_reviews_are_listed_page_by_page(vault: Vault) -> None:
    for user in USERS[4:]:
        vault.review(user)
    whole = get(vault, vault.ann, "/reviews?limit=1000").json
    first = get(vault, vault.ann, "/reviews?limit=1").json
    rest = get(vault, vault.ann, f"/reviews?limit=1000&after={first['next']}").json
    assert first["reviews"] + rest["reviews"] == whole["reviews"]
    assert (len(first["reviews"]), whole["next"], rest["next"]) == (1, None, None)


def test_a_review_that_is_not_there_is_not_found(vault: Vault) -> None:
    for answer in (get(vault, vault.ann, "/reviews/none"), approve(vault, vault.ann, "none")):
        assert (answer.status, answer.json["code"]) == (400, "ResourceNotFoundException")
