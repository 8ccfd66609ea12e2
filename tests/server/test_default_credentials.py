"""Credentials that the world knows are refused by a fresh install: the only keys are those that the operator makes."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.server.service import Service, running
from tests.server.signing import Key, ask, make_key

PAIRS = {
    "CompreFace recognition": ("00000000-0000-0000-0000-000000000002", "00000000-0000-0000-0000-000000000002"),
    "CompreFace detection": ("00000000-0000-0000-0000-000000000003", "00000000-0000-0000-0000-000000000003"),
    "CompreFace verification": ("00000000-0000-0000-0000-000000000004", "00000000-0000-0000-0000-000000000004"),
    "admin": ("admin", "admin"),
    "nothing": ("admin", ""),
    "MinIO": ("minioadmin", "minioadmin"),
    "LocalStack": ("test", "test"),
    "moto": ("testing", "testing"),
    "PostgreSQL": ("postgres", "postgres"),
    "root": ("root", "root"),
    "Amazon's documentation": ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    "Amazon's test suite": ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    "the principal of open servers": ("local", "local"),
    "our own principal": ("regard", "regard"),
    "our own documentation": ("AKIDSHOP", "a-long-random-secret"),
}
INVALID = "The security token included in the request is invalid."


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A fresh server with the operator's first key."""
    with running(tmp_path_factory.mktemp("fresh")) as made:
        make_key(made, None, "*")
        yield made


def test_fresh_folder_has_no_key(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        assert ask(service, None, "GET", "/v1/access-keys").json == {"access_keys": [], "next": None}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_known_pair_signs_nothing(keyed: Service, pair: tuple[str, str]) -> None:
    with pytest.raises(ClientError, match=INVALID) as caught:
        Key(*pair).client(keyed).list_collections()
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"
    assert ask(keyed, Key(*pair), "GET", "/v1/collections").json["code"] == "UnrecognizedClientException"


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("value", ["{id}.{secret}", "{id}:{secret}", "{id}", "{secret}"])
def test_known_pair_is_no_bearer(keyed: Service, pair: tuple[str, str], value: str) -> None:
    header = f"Bearer {value.format(id=pair[0], secret=pair[1])}"
    answer = keyed.ask("GET", "/v1/collections", headers={"Authorization": header})
    assert (answer.json["code"], answer.json["message"]) == ("UnrecognizedClientException", INVALID)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("name", ["x-api-key", "X-Auth-Token", "api_key", "Cookie", "Proxy-Authorization"])
def test_known_pair_is_not_looked_for_elsewhere(keyed: Service, pair: tuple[str, str], name: str) -> None:
    answer = keyed.ask("GET", "/v1/collections", headers={name: pair[1]})
    assert answer.json["code"] == "MissingAuthenticationTokenException"


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_known_pair_is_no_password(keyed: Service, pair: tuple[str, str]) -> None:
    basic = base64.b64encode(":".join(pair).encode()).decode()
    answer = keyed.ask("GET", "/v1/collections", headers={"Authorization": f"Basic {basic}"})
    assert answer.json["code"] == "IncompleteSignatureException"
    assert basic not in answer.body.decode()
