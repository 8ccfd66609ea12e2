"""What is under /v1, and health."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.media.picture_files import png
from tests.server.service import Answer, Service

LEFT = {"name": "left", "polygon": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]}
RIGHT = {"name": "right", "polygon": [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]}
PICTURE = base64.b64encode(png(400, 300)).decode()


def count(service: Service, body: Any) -> Answer:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return service.ask("POST", "/v1/count", sent, {"Content-Type": "application/json"})


def numbers(faces: int, persons: int, vehicles: int) -> dict[str, int]:
    return {"faces": faces, "persons": persons, "vehicles": vehicles}


def test_a_picture_is_counted(service: Service) -> None:
    answer = count(service, {"bytes": PICTURE})
    assert (answer.status, answer.json) == (200, {"picture": numbers(1, 1, 1), "zones": []})


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_that_a_foreign_page_could_send_unasked_is_not_read(service: Service, kind: str | None) -> None:
    answer = service.ask("POST", "/v1/count", json.dumps({"bytes": PICTURE}).encode(), {"Content-Type": kind})
    assert (answer.status, answer.json["code"]) == (400, "SerializationException")


def test_zones_are_counted_in_their_order(service: Service) -> None:
    answer = count(service, {"bytes": PICTURE, "zones": [RIGHT, LEFT]})
    assert answer.json["zones"] == [
        {"name": "right", **numbers(0, 0, 1)},
        {"name": "left", **numbers(1, 1, 0)},
    ]


def test_an_object_is_counted(service: Service, buckets: Path) -> None:
    (buckets / "square").mkdir(exist_ok=True)
    (buckets / "square" / "at noon.png").write_bytes(png(400, 300))
    answer = count(service, {"object": {"bucket": "square", "key": "at noon.png"}})
    assert answer.json["picture"] == numbers(1, 1, 1)


def test_a_count_says_nothing_but_numbers(service: Service) -> None:
    answer = count(service, {"bytes": PICTURE, "zones": [LEFT]})
    assert set(answer.json["zones"][0]) == {"name", "faces", "persons", "vehicles"}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "body: Invalid JSON"),
        (b"[]", "body: Input should be an object"),
        (b"[" * 10_000, "body: Invalid JSON: recursion limit exceeded"),
        (b'{"zones":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "recursion limit exceeded"),
        ({"bytes": PICTURE, "colour": 1}, "colour: Extra inputs are not permitted"),
        ({"bytes": 17}, "bytes: Input should be a valid bytes"),
        ({"bytes": "!!!!"}, "bytes: Input should be base64"),
        ({"bytes": "abc"}, "bytes: Input should be base64"),
        ({"object": {"bucket": "b"}}, "object.key: Field required"),
        ({"object": {"bucket": "", "key": "k"}}, "object.bucket: String should have at least 1 character"),
        ({"object": {"bucket": "b", "key": "k" * 1025}}, "object.key: String should have at most 1024 characters"),
        ({"bytes": PICTURE, "zones": [LEFT] * 101}, "zones: List should have at most 100 items"),
        ({"bytes": PICTURE, "zones": [{"polygon": LEFT["polygon"]}]}, "zones.0.name: Field required"),
        ({"bytes": PICTURE, "zones": [LEFT | {"polygon": [[0, 0], [1, 1]]}]}, "should have at least 3 items"),
        ({"bytes": PICTURE, "zones": [LEFT | {"polygon": [[0, 0]] * 101}]}, "should have at most 100 items"),
        ({"bytes": PICTURE, "zones": [LEFT | {"polygon": [[0, 0], [1.5, 0], [0, 1]]}]}, "less than or equal to 1"),
        ({"bytes": PICTURE, "zones": [LEFT | {"polygon": [[0, 0], [-1, 0], [0, 1]]}]}, "greater than or equal to 0"),
        (
            {"bytes": PICTURE, "zones": [LEFT | {"polygon": [[0], [1, 0], [0, 1]]}]},
            "zones.0.polygon.0.1: Field required",
        ),
        ({"bytes": PICTURE, "zones": [LEFT | {"polygon": [["a", 0], [1, 0], [0, 1]]}]}, "valid number"),
        ({"bytes": PICTURE, "zones": [LEFT | {"polygon": [[float("nan"), 0], [1, 0], [0, 1]]}]}, "zones.0.polygon.0.0"),
    ],
)
def test_a_request_in_a_wrong_form_is_told_where(service: Service, body: Any, problem: str) -> None:
    answer = count(service, body)
    assert (answer.status, answer.json["code"]) == (400, "ValidationException")
    assert problem in answer.json["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "InvalidParameterException"),
        ({"bytes": PICTURE, "object": {"bucket": "square", "key": "k"}}, "InvalidParameterException"),
        ({"bytes": base64.b64encode(b"no picture").decode()}, "InvalidImageFormatException"),
        ({"bytes": base64.b64encode(png(79, 79)).decode()}, "InvalidParameterException"),
        ({"bytes": base64.b64encode(png() + bytes(5 << 20)).decode()}, "ImageTooLargeException"),
        ({"object": {"bucket": "square", "key": "missing"}}, "InvalidS3ObjectException"),
        ({"object": {"bucket": "square", "key": "../../secret"}}, "InvalidS3ObjectException"),
        ({"object": {"bucket": "../..", "key": "etc/passwd"}}, "InvalidS3ObjectException"),
        ({"object": {"bucket": "square\0", "key": "k"}}, "InvalidS3ObjectException"),
        ({"object": {"bucket": "square", "key": "k\0"}}, "InvalidS3ObjectException"),
        ({"object": {"bucket": "square", "key": "k" * 1024}}, "InvalidS3ObjectException"),
        ({"object": {"bucket": "square", "key": "k", "version": "v"}}, "InvalidS3ObjectException"),
    ],
)
def test_a_picture_that_cannot_be_had_is_told_as_on_the_other_route(service: Service, body: Any, code: str) -> None:
    answer = count(service, body)
    assert (answer.status, answer.json["code"]) == (400, code)


def test_a_body_beyond_the_cap_is_refused(service: Service) -> None:
    answer = count(service, b" " * (service.settings.max_body_bytes + 1))
    assert (answer.status, answer.json["code"]) == (413, "RequestEntityTooLargeException")


def test_the_networks_are_told_with_licence_and_hash(service: Service) -> None:
    networks = {network["name"]: network for network in service.ask("GET", "/v1/models").json}
    yunet = networks["yunet"]
    assert yunet["licence"] == "MIT"
    assert yunet["sha256"] == "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
    assert yunet["is_loaded"] is False


def test_the_interface_describes_itself(service: Service) -> None:
    paths = service.ask("GET", "/v1/openapi.json").json["paths"]
    assert {path: set(paths[path]) for path in paths} == {
        "/models": {"get"},
        "/operations": {"get"},
        "/count": {"post"},
        "/compare": {"post"},
        "/verifications": {"post"},
        "/consents": {"get", "post"},
        "/consents/batch": {"post"},
        "/consents/{id}": {"get"},
        "/consents/{id}/withdrawal": {"post"},
        "/consents/{id}/receipt": {"get"},
        "/receipt-key": {"get"},
        "/collections": {"get"},
        "/collections/import": {"post"},
        "/collections/{name}/export": {"post"},
        "/access-keys": {"get", "post"},
        "/access-keys/{id}/revocation": {"post"},
        "/access-keys/{id}/test": {"post"},
        "/reviews": {"get"},
        "/reviews/{id}": {"get"},
        "/reviews/{id}/approval": {"post"},
        "/subjects/{subject}": {"get"},
        "/subjects/{subject}/page": {"get"},
        "/subjects/{subject}/export": {"post"},
        "/subjects/{subject}/erasure": {"post"},
        "/retention": {"get"},
        "/retention/sweep": {"post"},
        "/redactions": {"get", "post"},
        "/redactions/{job}": {"get", "delete"},
        "/redactions/{job}/cancel": {"post"},
        "/redactions/{job}/video": {"get"},
        "/redactions/{job}/report": {"get"},
        "/redactions/{job}/page": {"get"},
        "/redactions/{job}/plan": {"get"},
    }


def test_the_description_of_the_interface_points_nowhere_else(service: Service) -> None:
    text = service.ask("GET", "/v1/openapi.json").body.decode()
    described = json.loads(text)["components"]["schemas"]
    assert set(re.findall(r'"\$ref":"#/([^"]+)"', text)) <= {f"components/schemas/{name}" for name in described}


def test_health_and_readiness(service: Service) -> None:
    assert service.ask("GET", "/healthz").json == {"status": "ok"}
    answer = service.ask("GET", "/readyz")
    assert (answer.status, answer.json) == (200, {"status": "ready"})


@pytest.mark.parametrize("path", ["/v1/none", "/v1/", "/v1"])
def test_other_paths_of_the_interface_do_not_exist(service: Service, path: str) -> None:
    assert service.ask("GET", path).status in (403, 404)
