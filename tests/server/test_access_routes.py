"""Making, listing, testing and revoking access keys over HTTP, on a server that runs."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from regard.server.http import make_asgi
from regard.settings import Settings, SettingsError
from tests.media.picture_files import png
from tests.server.service import MASTER_KEY, Answer, Service, StubbedApp, running
from tests.server.signing import Key, ask, make_key, signed

IN_A_YEAR = (datetime.now(UTC) + timedelta(days=365)).isoformat(timespec="seconds")


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("keyed")) as made:
        yield made


@pytest.fixture(scope="module")
def admin(keyed: Service) -> Key:
    """The first key of the server, made while it asked nobody for one."""
    return make_key(keyed, None, "*")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Service]:
    """A server without keys."""
    with running(tmp_path / "data") as made:
        yield made


def faces(service: Service, key: Key) -> int:
    return len(key.client(service).detect_faces(Image={"Bytes": png()})["FaceDetails"])


def refused(call: Callable[[], Any]) -> str:
    """The code of the error that a boto3 call ends in."""
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def test_first_key_closes_an_open_server_at_once(fresh: Service) -> None:
    assert len(fresh.client().detect_faces(Image={"Bytes": png()})["FaceDetails"]) == 1
    key = make_key(fresh, None, "*")
    assert refused(lambda: fresh.client().detect_faces(Image={"Bytes": png()})) == "MissingAuthenticationTokenException"
    assert ask(fresh, None, "GET", "/v1/models").json["code"] == "MissingAuthenticationTokenException"
    assert faces(fresh, key) == 1


def test_server_stays_closed_though_every_key_is_revoked(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        key = make_key(service, None, "*")
        assert ask(service, key, "POST", f"/v1/access-keys/{key.id}/revocation").json["state"] == "revoked"
        assert refused(lambda: service.client().list_collections()) == "MissingAuthenticationTokenException"
        assert ask(service, None, "POST", "/v1/access-keys").json["code"] == "MissingAuthenticationTokenException"
    with running(tmp_path / "data") as service:
        assert refused(lambda: service.client().list_collections()) == "MissingAuthenticationTokenException"


def test_key_outlives_a_restart_and_opens_another_host(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        key = make_key(service, None, "*")
    with running(tmp_path / "data", host="0.0.0.0") as service:
        assert faces(service, key) == 1


def test_data_folder_without_keys_is_not_served_to_others(tmp_path: Path) -> None:
    with running(tmp_path / "data"):
        pass
    settings = Settings(host="0.0.0.0", data=tmp_path / "data", master_key=MASTER_KEY)
    with pytest.raises(SettingsError, match=f"make a key with `regard access create --data {tmp_path / 'data'}`"):
        make_asgi(StubbedApp(settings, {}))
    with running(tmp_path / "data") as service:  # the refused server has let go of the folder
        assert service.ask("GET", "/healthz").status == 200


def test_key_of_the_folder_is_not_taken_from_the_file_where_it_could_do_everything(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        key = make_key(service, None, "ListFaces")
    file = tmp_path / "keys"
    file.touch(0o600)
    file.write_text(f"[copied]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n")
    settings = Settings(data=tmp_path / "data", master_key=MASTER_KEY, access_keys=file)
    with pytest.raises(SettingsError, match=f"access key {key.id} of .* has a policy in the data folder"):
        make_asgi(StubbedApp(settings, {}))


def test_revoked_key_fails_with_its_next_request(keyed: Service, admin: Key) -> None:
    key = make_key(keyed, admin, "DetectFaces")
    client = key.client(keyed)
    assert len(client.detect_faces(Image={"Bytes": png()})["FaceDetails"]) == 1
    ask(keyed, admin, "POST", f"/v1/access-keys/{key.id}/revocation")
    assert refused(lambda: client.detect_faces(Image={"Bytes": png()})) == "UnrecognizedClientException"
    bearer = keyed.ask("GET", "/v1/models", headers=key.bearer)
    assert bearer.json["code"] == "UnrecognizedClientException"


def test_secret_is_told_once_and_the_answer_is_kept_nowhere(keyed: Service, admin: Key) -> None:
    content = {"name": "till 4", "policy": {"operations": ["ListFaces"], "collections": ["a"]}, "expires": IN_A_YEAR}
    answer = ask(keyed, admin, "POST", "/v1/access-keys", content)
    assert (answer.status, answer.headers["Cache-Control"]) == (201, "no-store")
    secret = answer.json.pop("secret")
    listed = ask(keyed, admin, "GET", "/v1/access-keys?limit=1000")
    [shown] = [one for one in listed.json["access_keys"] if one["id"] == answer.json["id"]]
    assert shown == {name: value for name, value in answer.json.items() if name != "secret"}
    assert secret not in listed.body.decode()
    assert shown["policy"] == {
        "operations": ["ListFaces"],
        "collections": ["a"],
        "purposes": ["*"],
        "searches_per_minute": None,
        "reviewer": False,
    }
    assert (shown["name"], shown["state"], shown["created_by"]) == ("till 4", "live", admin.id)
    assert datetime.fromisoformat(shown["expires"]) == datetime.fromisoformat(IN_A_YEAR)


def test_keys_are_listed_page_by_page(keyed: Service, admin: Key) -> None:
    make_key(keyed, admin, "ListFaces")
    whole = ask(keyed, admin, "GET", "/v1/access-keys?limit=1000").json
    first = ask(keyed, admin, "GET", "/v1/access-keys?limit=1").json
    rest = ask(keyed, admin, "GET", f"/v1/access-keys?limit=1000&after={first['next']}").json
    assert first["access_keys"] + rest["access_keys"] == whole["access_keys"]
    assert (whole["next"], rest["next"]) == (None, None)


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ({"name": "x"}, "ValidationException", "policy: Field required"),
        ({"name": "x", "policy": {}}, "ValidationException", "policy.operations: Field required"),
        ({"name": "x", "policy": {"operations": []}}, "InvalidParameterException", "operations is empty"),
        ({"name": "x", "policy": {"operations": ["*"], "admin": True}}, "ValidationException", "policy.admin: Extra"),
        ({"name": "x", "policy": {"operations": [""]}}, "InvalidParameterException", "operations has ''"),
        ({"name": "[x]", "policy": {"operations": ["*"]}}, "InvalidParameterException", "The name of a key is '[x]'"),
        (
            {"name": "x", "policy": {"operations": ["*"]}, "expires": "2020-01-01T00:00:00Z"},
            "InvalidParameterException",
            "would have expired already",
        ),
        ({"name": "x", "policy": {"operations": ["*"]}, "expires": "2030-01-01T00:00"}, "ValidationException", "timez"),
        (
            {"name": "x", "policy": {"operations": ["*"]}, "expires": "9999-12-31T23:59:59-12:00"},
            "ValidationException",
            "9999-12-31T23:59:59-12:00 is not within the years 1 to 9999, UTC",
        ),
        (
            {"name": "x", "policy": {"operations": ["*"]}, "expires": "0001-01-01T00:00:00+14:00"},
            "ValidationException",
            "is not within the years",
        ),
        ({"name": "x", "policy": {"operations": ["*"]}, "secret": "mine"}, "ValidationException", "secret: Extra"),
    ],
)
def test_wrong_wish_is_told_where(keyed: Service, admin: Key, content: Any, code: str, message: str) -> None:
    answer = ask(keyed, admin, "POST", "/v1/access-keys", content)
    assert (answer.status, answer.json["code"]) == (400, code)
    assert message in answer.json["message"]


@pytest.mark.parametrize("what", ["revocation", "test"])
def test_unknown_key_is_told(keyed: Service, admin: Key, what: str) -> None:
    answer = ask(keyed, admin, "POST", f"/v1/access-keys/RGDKNONE/{what}", {"operation": "ListFaces"})
    assert answer.json["code"] == "ResourceNotFoundException"


def test_key_cannot_raise_its_own_rights(keyed: Service, admin: Key) -> None:
    key = make_key(keyed, admin, "ManageAccessKeys", "List*", collections=["a"])

    def wish(**policy: Any) -> Answer:
        return ask(keyed, key, "POST", "/v1/access-keys", {"name": "more", "policy": policy})

    wider = [
        wish(operations=["*"], collections=["a"]),
        wish(operations=["List*", "SearchFaces"], collections=["a"]),
        wish(operations=["List*"], collections=["a", "b"]),
        wish(operations=["List*"], collections=["*"]),
        wish(operations=["List*"], collections=["a"], reviewer=True),
    ]
    assert {answer.json["code"] for answer in wider} == {"AccessDeniedException"}
    assert wish(operations=["ListFaces"], collections=["a"]).status == 201


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_no_route_changes_a_key(keyed: Service, admin: Key, method: str) -> None:
    headers = signed(keyed, admin, method, f"/v1/access-keys/{admin.id}", b"{}", {"Content-Type": "application/json"})
    assert keyed.ask(method, f"/v1/access-keys/{admin.id}", b"{}", headers).status in (404, 405)


def test_test_says_what_the_server_would_do(keyed: Service, admin: Key) -> None:
    key = make_key(keyed, admin, "List*", collections=["a-*"])

    def said(operation: str, collection: str | None = None) -> bool:
        content = {"operation": operation} | ({"collection": collection} if collection else {})
        return bool(ask(keyed, admin, "POST", f"/v1/access-keys/{key.id}/test", content).json["allowed"])

    assert (said("ListFaces"), said("ListFaces", "a-1"), said("ListFaces", "b"), said("SearchFaces", "a-1")) == (
        True,
        True,
        False,
        False,
    )


@pytest.mark.parametrize("path", ["/v1/models", "/v1/collections", "/v1/access-keys"])
def test_bearer_is_taken_by_our_own_interface(keyed: Service, admin: Key, path: str) -> None:
    assert keyed.ask("GET", path, headers=admin.bearer).status == 200


@pytest.mark.parametrize(
    "value",
    [
        "Bearer {id}.{wrong}",
        "Bearer {id}.",
        "Bearer {id}",
        "Bearer .{secret}",
        "Bearer RGDKAAAAAAAAAAAAAAAA.{secret}",
        "Bearer {id}.{secret}x",
        "Bearer ",
        "Bearer é.é",
    ],
)
def test_wrong_bearer_is_refused_alike_whether_the_key_is_known(keyed: Service, admin: Key, value: str) -> None:
    header = value.format(id=admin.id, secret=admin.secret, wrong="x" * 40)
    answer = keyed.ask("GET", "/v1/models", headers={"Authorization": header})
    assert (answer.status, answer.json["code"]) == (400, "UnrecognizedClientException")
    assert answer.json["message"] == "The security token included in the request is invalid."


@pytest.mark.parametrize("value", ["Basic {id}.{secret}", "{id}.{secret}", "Token {id}.{secret}"])
def test_other_schemes_are_refused_and_not_echoed(keyed: Service, admin: Key, value: str) -> None:
    header = value.format(id=admin.id, secret=admin.secret)
    answer = keyed.ask("GET", "/v1/models", headers={"Authorization": header})
    assert answer.json["code"] == "IncompleteSignatureException"
    assert admin.secret not in answer.body.decode()


def test_bearer_is_no_signature_of_the_amazon_route_and_is_not_echoed(keyed: Service, admin: Key) -> None:
    answer = keyed.call("ListCollections", b"{}", **admin.bearer)
    assert answer.json["__type"] == "IncompleteSignatureException"
    assert admin.secret not in answer.body.decode()


@pytest.mark.parametrize("query", ["?access_key={id}.{secret}", "?Authorization=Bearer%20{id}.{secret}"])
def test_secret_in_the_address_is_not_looked_at(keyed: Service, admin: Key, query: str) -> None:
    answer = keyed.ask("GET", "/v1/models" + query.format(id=admin.id, secret=admin.secret))
    assert answer.json["code"] == "MissingAuthenticationTokenException"
    assert admin.secret not in answer.body.decode()


def test_temporary_key_of_the_file_is_no_bearer_without_its_token(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.touch(0o600)
    file.write_text(
        "[one]\naws_access_key_id = AKIA\naws_secret_access_key = secret\naws_session_token = token\n"
        "[two]\naws_access_key_id = AKIB\naws_secret_access_key = secret\n"
        "[three]\naws_access_key_id = AKIC\naws_secret_access_key = secret\nexpires = 2020-01-01T00:00:00Z\n"
    )
    with running(tmp_path / "data", access_keys=file) as service:
        codes = [
            service.ask("GET", "/v1/operations", headers=Key(key, "secret").bearer).json.get("code")
            for key in ("AKIA", "AKIB", "AKIC")
        ]
    assert codes == ["UnrecognizedClientException", None, "ExpiredTokenException"]


def test_no_log_line_holds_a_secret(keyed: Service, admin: Key, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    key = make_key(keyed, admin, "*")
    keyed.ask("GET", "/v1/models", headers=key.bearer)
    keyed.call("ListCollections", b"{}", **key.bearer)
    assert not [record for record in caplog.records if key.secret in str(record.__dict__)]
