"""A key that may do everything in one collection gets nothing of another, whatever route it finds: CVE-2026-33470.

Every route of the interface's own description is tried with every name and id of the other collection, so that a new
route is tried without a word here. What single routes answer: tests/server/test_authorisation.py.
"""

import base64
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.operations.drawn_people import Drawn, Room, picture, serving
from tests.people.rooms import EVIDENCE, GOVERNED, PURPOSE
from tests.server.signing import Key, ask, make_key, signed

# What only an answer about the other collection could say. None of it is in a request below.
GUARDIAN, TAG, EXTRA = "guardian-of-theirs", "tag-of-theirs", "second-of-theirs"
PICTURE = base64.b64encode(picture(Drawn(1))).decode()


@dataclass(frozen=True)
class House:
    """A server with the collections "mine" and "theirs", and a key for the former."""

    room: Room
    admin: Key
    guest: Key
    consent: str  # in "theirs"
    face: str  # the same

    def theirs(self) -> Any:
        """All that is known of the other collection."""
        parts = ("/v1/collections", "/v1/consents?collection=theirs&limit=1000", "/v1/access-keys")
        return [ask(self.room.service, self.admin, "GET", path).json for path in parts]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with serving(tmp_path_factory.mktemp("rights")) as room:
        for name in ("mine", "theirs"):
            room.client.create_collection(CollectionId=name, Tags=GOVERNED | {"note": TAG})
        consent = room.consent("theirs", "bert", guardian=GUARDIAN)
        room.consent("theirs", EXTRA)
        [face] = room.enrol("theirs", Drawn(1), name="bert")
        room.client.create_user(CollectionId="theirs", UserId="bert")
        admin = make_key(room.service, None, "*")
        yield House(room, admin, make_key(room.service, admin, "*", collections=["mine"]), consent, face)


def routes(house: House) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every route under `/v1`."""
    description = ask(house.room.service, None, "GET", "/v1/openapi.json").json
    return [(method, path, about) for path, all_ in description["paths"].items() for method, about in all_.items()]


def filled(house: House, path: str) -> list[str]:
    """A path with each id that could be meant, in the path and in a query."""
    names = [part for part in ("{id}", "{name}", "{subject}") if part in path]
    known: dict[str, Sequence[str]] = {
        "{id}": [house.consent, house.face, house.admin.id],
        "{name}": ["theirs"],
        "{subject}": ["bert"],
    }
    paths = []
    for chosen in itertools.product(*(known[name] for name in names)):
        made = path
        for name, value in zip(names, chosen, strict=True):
            made = made.replace(name, value)
        paths += [made, f"{made}?collection=theirs", f"{made}?collection=theirs&subject=bert"]
    return paths


def content(house: House, about: dict[str, Any]) -> dict[str, Any]:
    """A body of the form described, about the other collection."""
    described = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    grant = {"subject": "bert", "purpose": PURPOSE, "expires": "2027-06-30T00:00:00Z", "evidence_sha256": EVIDENCE}
    values: dict[str, Any] = grant | {
        "collection": "theirs",
        "grants": [grant],
        "image": {"bytes": PICTURE},
        "source": {"bytes": PICTURE},
        "target": {"bytes": PICTURE},
        "bytes": PICTURE,
        "passphrase": "correct horse battery staple",
        "data": "AAAA",
        "operation": "ListFaces",
        "policy": {"operations": ["*"], "collections": ["*"], "reviewer": True},
        "name": "theirs",
    }
    return {name: values[name] for name in described.get("properties", {}) if name in values}


def test_no_route_of_ours_tells_or_changes_anything_of_another_collection(house: House) -> None:
    before, service = house.theirs(), house.room.service
    tried = routes(house)
    answers = [
        (method, filled_path, ask(service, house.guest, method.upper(), f"/v1{filled_path}", content(house, about)))
        for method, path, about in tried
        for filled_path in filled(house, path)
    ]
    assert len({path for _, path, _ in tried}) >= 25
    told = [
        (method, path, secret)
        for method, path, answer in answers
        for secret in (GUARDIAN, TAG, EXTRA)
        if secret.encode() in answer.body
    ]
    assert told == []
    assert [(method, path) for method, path, answer in answers if answer.status >= 500] == []
    assert house.theirs() == before
    own = ask(service, house.guest, "GET", "/v1/collections").json["collections"]
    assert [one["name"] for one in own] == ["mine"]  # so the key was good to the end


@pytest.mark.parametrize("policy", [{"collections": ["*"]}, {"searches_per_minute": None}, {"reviewer": True}], ids=str)
def test_a_key_raises_no_rights_of_its_own(house: House, policy: dict[str, Any]) -> None:
    """CVE-2026-23896: a key of Immich could give itself permissions."""
    wide = {"name": "wide", "policy": {"operations": ["*"], "collections": ["mine"]} | policy}
    made = ask(house.room.service, house.guest, "POST", "/v1/access-keys", wide)
    changed = [
        ask(house.room.service, house.guest, method, f"/v1/access-keys/{house.guest.id}", wide)
        for method in ("PUT", "PATCH", "POST")
    ]
    allowed = {"collections": ["mine"], "reviewer": False}
    assert made.status == 400 or {name: made.json["policy"][name] for name in allowed} == allowed
    assert {answer.status for answer in changed} == {404}


def test_entries_of_the_log_are_for_those_who_may_read_it(house: House) -> None:
    service = house.room.service
    reader = make_key(service, house.admin, "DetectFaces")
    path = "/log/tile/entries/000.p/1"
    assert service.ask("GET", path).status in (400, 403)
    assert service.ask("GET", path, None, signed(service, reader, "GET", path)).status in (400, 403)
    assert json.loads(service.ask("GET", path).body)["code"].endswith("Exception")
