"""A key with rights to some collections, through boto3 and over HTTP: what it gets, and what of others it cannot tell.

CVE-2026-33470 was a guard that was declared and an object that was never checked; here the object is.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from regard.ledger.entries import parse
from tests.operations.drawn_people import Drawn, Room, image, picture, serving
from tests.people.rooms import EVIDENCE, GOVERNED, PURPOSE
from tests.server.service import Answer
from tests.server.signing import Key, ask, make_key, signed

PASSPHRASE = "correct horse battery staple"
GRANT = {"subject": "carol", "purpose": PURPOSE, "expires": "2027-06-30T00:00:00Z", "evidence_sha256": EVIDENCE}


@dataclass(frozen=True)
class House:
    """A server with the governed collections "mine" and "theirs", a person in each."""

    room: Room
    admin: Key
    guest: Key  # may do everything in "mine"
    faces: Mapping[str, str]  # the FaceId in each collection
    consents: Mapping[str, str]  # the consent's id in each

    @property
    def client(self) -> Any:
        """boto3 with the guest's key."""
        return self.guest.client(self.room.service)

    def ask(self, method: str, path: str, content: Any = None, key: Key | None = None) -> Answer:
        """Our own interface with the guest's key, or another."""
        return ask(self.room.service, key or self.guest, method, "/v1" + path, content)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with serving(tmp_path_factory.mktemp("house")) as room:
        faces, consents = {}, {}
        for number, (name, subject) in enumerate((("mine", "anna"), ("theirs", "bert"))):
            room.client.create_collection(CollectionId=name, Tags=GOVERNED)
            consents[name] = room.consent(name, subject)
            [faces[name]] = room.enrol(name, Drawn(number), name=subject)
            room.client.create_user(CollectionId=name, UserId=subject)
        admin = make_key(room.service, None, "*")
        yield House(room, admin, make_key(room.service, admin, "*", collections=["mine"]), faces, consents)


def arn(name: str) -> str:
    return f"arn:aws:rekognition:us-east-1:123456789012:collection/{name}"


def refusal(house: House, operation: str, resource: str) -> str:
    return (
        f"User: arn:aws:iam::123456789012:user/{house.guest.id} is not authorized to perform: rekognition:{operation} "
        f"on resource: {resource}"
    )


FACE, USER = "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "bert"
OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("CreateCollection", "create_collection", {}),
    ("CreateCollection", "create_collection", {"Tags": GOVERNED}),
    ("DescribeCollection", "describe_collection", {}),
    ("DeleteCollection", "delete_collection", {}),
    ("IndexFaces", "index_faces", {"Image": image(Drawn(5))}),
    ("ListFaces", "list_faces", {}),
    ("DeleteFaces", "delete_faces", {"FaceIds": [FACE]}),
    ("SearchFaces", "search_faces", {"FaceId": FACE}),
    ("SearchFacesByImage", "search_faces_by_image", {"Image": image(Drawn(1))}),
    ("SearchUsers", "search_users", {"UserId": USER}),
    ("SearchUsersByImage", "search_users_by_image", {"Image": image(Drawn(1))}),
    ("CreateUser", "create_user", {"UserId": USER}),
    ("ListUsers", "list_users", {}),
    ("DeleteUser", "delete_user", {"UserId": USER}),
    ("AssociateFaces", "associate_faces", {"UserId": USER, "FaceIds": [FACE]}),
    ("DisassociateFaces", "disassociate_faces", {"UserId": USER, "FaceIds": [FACE]}),
]
WITH_TAGS: list[tuple[str, str, dict[str, Any]]] = [
    ("ListTagsForResource", "list_tags_for_resource", {}),
    ("TagResource", "tag_resource", {"Tags": {"colour": "red"}}),
    ("UntagResource", "untag_resource", {"TagKeys": ["colour"]}),
]


@pytest.mark.parametrize("name", ["theirs", "absent", "Mine", "mine2"])
@pytest.mark.parametrize(("operation", "method", "members"), OPERATIONS, ids=[row[1] for row in OPERATIONS])
def test_other_collections_are_refused_alike_whether_they_are_there(
    house: House, operation: str, method: str, members: dict[str, Any], name: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(house.client, method)(CollectionId=name, **members)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("AccessDeniedException", refusal(house, operation, arn(name)))


@pytest.mark.parametrize("name", ["theirs", "absent"])
@pytest.mark.parametrize(("operation", "method", "members"), WITH_TAGS, ids=[row[1] for row in WITH_TAGS])
def test_tags_of_other_collections_are_refused_by_their_arn(
    house: House, operation: str, method: str, members: dict[str, Any], name: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(house.client, method)(ResourceArn=arn(name), **members)
    assert caught.value.response["Error"]["Message"] == refusal(house, operation, arn(name))


def test_arn_of_another_region_goes_round_nothing(house: House) -> None:
    house.admin.client(house.room.service, region="eu-west-1").create_collection(CollectionId="theirs")
    elsewhere = arn("theirs").replace("us-east-1", "eu-west-1")
    with pytest.raises(ClientError) as caught:
        house.client.list_tags_for_resource(ResourceArn=elsewhere)
    assert caught.value.response["Error"]["Message"] == refusal(house, "ListTagsForResource", elsewhere)


def test_own_collection_is_there_for_all(house: House) -> None:
    client = house.client
    assert client.describe_collection(CollectionId="mine")["FaceCount"] == 1
    assert [face["FaceId"] for face in client.list_faces(CollectionId="mine")["Faces"]] == [house.faces["mine"]]
    assert client.list_tags_for_resource(ResourceArn=arn("mine"))["Tags"] == GOVERNED
    found = client.search_faces_by_image(CollectionId="mine", Image=image(Drawn(0)), QualityFilter="NONE")
    assert [match["Face"]["ExternalImageId"] for match in found["FaceMatches"]] == ["anna"]


def test_face_of_another_collection_is_not_found_through_ones_own(house: House) -> None:
    with pytest.raises(ClientError) as caught:
        house.client.search_faces(CollectionId="mine", FaceId=house.faces["theirs"])
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    deleted = house.client.delete_faces(CollectionId="mine", FaceIds=[house.faces["theirs"]])
    assert deleted["DeletedFaces"] == []


def test_listings_leave_other_collections_out(house: House) -> None:
    assert house.client.list_collections()["CollectionIds"] == ["mine"]
    assert [one["name"] for one in house.ask("GET", "/collections").json["collections"]] == ["mine"]
    assert {one["subject"] for one in house.ask("GET", "/consents").json["consents"]} == {"anna"}
    assert {one["collection"] for one in house.ask("GET", "/retention").json["due"]} == {"mine"}
    everything = house.ask("GET", "/collections", key=house.admin).json["collections"]
    assert [one["name"] for one in everything] == ["mine", "theirs"]


ROUTES: list[tuple[str, str, str, Any]] = [
    ("ReadConsents", "GET", "/consents?collection=theirs", None),
    ("ReadConsents", "GET", "/consents?collection=absent", None),
    ("ReadConsents", "GET", "/consents/{consent}", None),
    ("ReadConsents", "GET", "/consents/{consent}/receipt", None),
    ("WithdrawConsent", "POST", "/consents/{consent}/withdrawal", {}),
    ("GrantConsent", "POST", "/consents", GRANT | {"collection": "theirs"}),
    ("GrantConsent", "POST", "/consents/batch", {"collection": "theirs", "grants": [GRANT]}),
    ("ExportCollection", "POST", "/collections/theirs/export", {"passphrase": PASSPHRASE}),
    ("ExportCollection", "POST", "/collections/absent/export", {"passphrase": PASSPHRASE}),
    (
        "VerifySubject",
        "POST",
        "/verifications",
        {
            "collection": "theirs",
            "subject": "bert",
            "image": {"bytes": base64.b64encode(picture(Drawn(1))).decode()},
        },
    ),
    ("ReadAccessKeys", "POST", "/access-keys/{guest}/test", {"operation": "ListFaces", "collection": "theirs"}),
]


@pytest.mark.parametrize(("operation", "method", "path", "content"), ROUTES, ids=[row[2] for row in ROUTES])
def test_our_own_interface_checks_the_object_too(
    house: House, operation: str, method: str, path: str, content: Any
) -> None:
    answer = house.ask(method, path.format(consent=house.consents["theirs"], guest=house.guest.id), content)
    name = "absent" if "absent" in path else "theirs"
    assert (answer.status, answer.json["code"], answer.json["message"]) == (
        400,
        "AccessDeniedException",
        refusal(house, operation, arn(name)),
    )


def test_consent_of_ones_own_collection_is_read_by_its_id(house: House) -> None:
    answer = house.ask("GET", f"/consents/{house.consents['mine']}")
    assert (answer.status, answer.json["subject"]) == (200, "anna")


def test_collection_of_another_server_comes_in_only_under_a_name_that_is_allowed(house: House, tmp_path: Path) -> None:
    with serving(tmp_path) as other:
        name = other.governed("anna")
        data = ask(other.service, None, "POST", f"/v1/collections/{name}/export", {"passphrase": PASSPHRASE}).body
    content = {"data": base64.b64encode(data).decode(), "passphrase": PASSPHRASE}
    for named, told in (({}, name), ({"name": "copy"}, "copy")):
        answer = house.ask("POST", "/collections/import", content | named)
        assert answer.json["message"] == refusal(house, "ImportCollection", arn(told))


def test_purpose_is_checked_beside_the_name(house: House) -> None:
    service = house.room.service
    right = make_key(service, house.admin, "*", purposes=[PURPOSE]).client(service)
    wrong = make_key(service, house.admin, "*", purposes=["marketing"]).client(service)
    assert right.describe_collection(CollectionId="mine")["FaceCount"] == 1
    refused: list[Callable[[], Any]] = [
        lambda: wrong.describe_collection(CollectionId="mine"),
        lambda: wrong.create_collection(CollectionId="new", Tags=GOVERNED),
        lambda: right.create_collection(CollectionId="new"),  # a sandbox, which is for no purpose at all
    ]
    for call in refused:
        with pytest.raises(ClientError, match="is not authorized to perform"):
            call()


def test_key_without_collections_analyses_pictures_all_the_same(house: House) -> None:
    key = make_key(house.room.service, house.admin, "Detect*", "CompareFaces", collections=[])
    client = key.client(house.room.service)
    assert len(client.detect_faces(Image=image(Drawn(0)))["FaceDetails"]) == 1
    assert len(client.compare_faces(SourceImage=image(Drawn(0)), TargetImage=image(Drawn(0)))["FaceMatches"]) == 1
    with pytest.raises(ClientError, match="rekognition:ListFaces on resource"):
        client.list_faces(CollectionId="mine")


def test_refusal_is_in_the_log_with_who_and_what(house: House) -> None:
    with pytest.raises(ClientError) as caught:
        house.client.list_faces(CollectionId="theirs")
    entries = [parse(data) for data in house.room.app.people().acts.ledger.entries(0)]
    entry = entries[-1]
    assert (entry["act"], entry["principal"]) == ("refuse access", house.guest.id)
    assert entry["request"] == caught.value.response["ResponseMetadata"]["RequestId"]
    assert entry["details"] == {"operation": "ListFaces", "why": refusal(house, "ListFaces", arn("theirs"))}


def test_acts_name_the_key_and_its_first_use_stands_before_them(house: House) -> None:
    key = make_key(house.room.service, house.admin, "*", collections=["mine"])
    client = key.client(house.room.service)
    client.tag_resource(ResourceArn=arn("mine"), Tags={"colour": "red"})
    client.untag_resource(ResourceArn=arn("mine"), TagKeys=["colour"])
    entries = [parse(data) for data in house.room.app.people().acts.ledger.entries(0)]
    own = [entry["act"] for entry in entries if entry["principal"] == key.id]
    assert own == ["use access key", "change tags", "change tags"]


DECEIVING = {
    "Host": "127.0.0.1/healthz?",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": "localhost",
    "X-Forwarded-Prefix": "/healthz",
    "X-Original-URL": "/healthz",
    "X-Rewrite-URL": "/healthz",
    "X-Forwarded-User": "admin",
    "X-HTTP-Method-Override": "GET",
    "X-Amz-Security-Token": "admin",
}


@pytest.mark.parametrize("name", DECEIVING)
def test_no_header_opens_what_needs_a_key(house: House, name: str) -> None:
    """CVE-2026-48710 forged the path by the Host header."""
    answer = house.room.service.ask("GET", "/v1/collections", headers={name: DECEIVING[name]})
    assert (answer.status, answer.json["code"]) == (400, "MissingAuthenticationTokenException")


@pytest.mark.parametrize("name", [name for name in DECEIVING if name not in ("Host", "X-Amz-Security-Token")])
def test_no_header_widens_the_rights_of_a_key(house: House, name: str) -> None:
    headers = signed(house.room.service, house.guest, "GET", "/v1/consents?collection=theirs")
    answer = house.room.service.ask("GET", "/v1/consents?collection=theirs", headers=headers | {name: DECEIVING[name]})
    assert answer.json["message"] == refusal(house, "ReadConsents", arn("theirs"))


SPELLINGS = (
    "//v1/collections", "/healthz/../v1/collections", "/v1/./collections", "/v1/collections/",
    "/healthz/v1/collections", "/v1%2Fcollections", "/%76%31/collections", "/v1/healthz/../collections",
    "/v1/collections;/healthz", "/v1/collections%00", "/V1/collections",
)  # fmt: skip


@pytest.mark.parametrize("path", SPELLINGS)
def test_no_spelling_of_the_path_opens_what_needs_a_key(house: House, path: str) -> None:
    answer = house.room.service.ask("GET", path)
    assert answer.status in (307, 400, 403, 404)
    assert b"theirs" not in answer.body
