"""Signatures on a real server, as boto3 makes them and as others get them wrong."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.media.picture_files import png
from tests.server.service import CONTENT_TYPE, Answer, Service, running

KEYS = """
[default]
aws_access_key_id = AKIDEFAULT
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY

[temporary]
aws_access_key_id = ASIATEMPORARY
aws_secret_access_key = temporary%secret
aws_session_token = the-token
expires = 2999-01-01T00:00:00+00:00

[expired]
aws_access_key_id = ASIAEXPIRED
aws_secret_access_key = expired
aws_session_token = old-token
expires = 2020-01-01T00:00:00Z
"""
RIGHT = {"aws_access_key_id": "AKIDEFAULT", "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
TEMPORARY = {"aws_access_key_id": "ASIATEMPORARY", "aws_secret_access_key": "temporary%secret"}
EXPIRED = {"aws_access_key_id": "ASIAEXPIRED", "aws_secret_access_key": "expired"}
INVALID_TOKEN = "The security token included in the request is invalid."


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("keyed")
    (folder / "keys").write_text(KEYS)
    (folder / "keys").chmod(0o600)
    with running(folder / "data", access_keys=folder / "keys") as made:
        yield made


def faces(service: Service, **credentials: str) -> Any:
    return service.client(signature_version="v4", **credentials).detect_faces(Image={"Bytes": png()})["FaceDetails"]


def test_the_right_key_is_answered(keyed: Service) -> None:
    assert len(faces(keyed, **RIGHT)) == 1


def test_temporary_credentials_with_their_token_are_answered(keyed: Service) -> None:
    assert len(faces(keyed, **TEMPORARY, aws_session_token="the-token")) == 1


@pytest.mark.parametrize(
    ("credentials", "code", "message"),
    [
        (
            RIGHT | {"aws_secret_access_key": "wrong"},
            "InvalidSignatureException",
            "The request signature we calculated",
        ),
        (RIGHT | {"aws_access_key_id": "AKIAUNKNOWN"}, "UnrecognizedClientException", INVALID_TOKEN),
        (RIGHT | {"aws_session_token": "uncalled-for"}, "UnrecognizedClientException", INVALID_TOKEN),
        (TEMPORARY, "UnrecognizedClientException", INVALID_TOKEN),
        (TEMPORARY | {"aws_session_token": "wrong"}, "UnrecognizedClientException", INVALID_TOKEN),
        (EXPIRED | {"aws_session_token": "old-token"}, "ExpiredTokenException", "included in the request is expired"),
    ],
    ids=["secret", "key", "extra-token", "no-token", "wrong-token", "expired"],
)
def test_wrong_credentials_are_told_as_by_amazon(
    keyed: Service, credentials: dict[str, str], code: str, message: str
) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        faces(keyed, **credentials)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_unsigned_request_is_told_so(keyed: Service) -> None:
    with pytest.raises(ClientError, match="Missing Authentication Token") as caught:
        keyed.client().detect_faces(Image={"Bytes": png()})
    assert caught.value.response["Error"]["Code"] == "MissingAuthenticationTokenException"


def signed(
    service: Service,
    path: str = "/",
    moment: datetime | None = None,
    scope: tuple[str, str] = ("us-east-1", "rekognition"),
) -> dict[str, str]:
    """Headers that botocore signs for a DetectFaces call with an empty object."""
    headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": "RekognitionService.DetectFaces"}
    request = AWSRequest("POST", service.url + path, headers, b"{}")
    signer = SigV4Auth(Credentials(RIGHT["aws_access_key_id"], RIGHT["aws_secret_access_key"]), scope[1], scope[0])
    moment = moment or datetime.now(UTC)
    request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    signer._inject_signature_to_request(request, signature)
    return dict(request.headers.items())


def code_of(answer: Answer) -> str:
    return str(answer.json["__type"])


@pytest.mark.parametrize("path", ["/", "/rek", "/rek/", "/a%20b"])
def test_the_path_is_verified_as_it_was_received(keyed: Service, path: str) -> None:
    assert code_of(keyed.ask("POST", path, b"{}", signed(keyed, path))) == "ValidationException"
    assert code_of(keyed.ask("POST", path + "x", b"{}", signed(keyed, path))) == "InvalidSignatureException"


@pytest.mark.parametrize(
    ("minutes", "text"), [(-6, "Signature expired: .* is now earlier than"), (6, "Signature not yet current: ")]
)
def test_a_clock_that_is_6_minutes_off_is_told(keyed: Service, minutes: int, text: str) -> None:
    answer = keyed.ask("POST", "/", b"{}", signed(keyed, moment=datetime.now(UTC) + timedelta(minutes=minutes)))
    assert code_of(answer) == "InvalidSignatureException"
    assert re.match(text, answer.json["message"])


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_that_is_4_minutes_off_will_do(keyed: Service, minutes: int) -> None:
    answer = keyed.ask("POST", "/", b"{}", signed(keyed, moment=datetime.now(UTC) + timedelta(minutes=minutes)))
    assert code_of(answer) == "ValidationException"


def test_another_body_than_the_signed_one_is_refused(keyed: Service) -> None:
    assert code_of(keyed.ask("POST", "/", b"{} ", signed(keyed))) == "InvalidSignatureException"


def test_another_operation_than_the_signed_one_is_refused(keyed: Service) -> None:
    headers = signed(keyed) | {"X-Amz-Target": "RekognitionService.DetectLabels"}
    assert code_of(keyed.ask("POST", "/", b"{}", headers)) == "InvalidSignatureException"


def test_a_signature_for_another_service_is_refused(keyed: Service) -> None:
    answer = keyed.ask("POST", "/", b"{}", signed(keyed, scope=("us-east-1", "s3")))
    assert code_of(answer) == "InvalidSignatureException"
    assert answer.json["message"] == "Credential should be scoped to correct service: 'rekognition'."


@pytest.mark.parametrize("region", ["eu-central-1", "local", "us-gov-west-1"])
def test_the_region_is_the_clients(keyed: Service, region: str) -> None:
    assert code_of(keyed.ask("POST", "/", b"{}", signed(keyed, scope=(region, "rekognition")))) == "ValidationException"


def test_half_an_authorization_header_is_told_its_missing_parts(keyed: Service) -> None:
    headers = signed(keyed)
    headers["Authorization"] = headers["Authorization"].partition(", Signature=")[0]
    answer = keyed.ask("POST", "/", b"{}", headers)
    assert code_of(answer) == "IncompleteSignatureException"
    assert "Signature" in answer.json["message"]


def test_the_target_is_looked_at_before_the_signature(keyed: Service) -> None:
    """Contract 1.5: an unknown operation is told to anybody."""
    assert code_of(keyed.call("NoSuchOperation")) == "UnknownOperationException"


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/models"), ("GET", "/v1/operations"), ("POST", "/v1/count")])
def test_our_own_interface_asks_for_signatures_too(keyed: Service, method: str, path: str) -> None:
    answer = keyed.ask(method, path, b"{}", {"Content-Type": "application/json"})
    assert (answer.status, answer.json["code"]) == (400, "MissingAuthenticationTokenException")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/refusals"])
def test_health_metrics_and_refusals_need_no_signature(keyed: Service, path: str) -> None:
    assert keyed.ask("GET", path).status == 200


def test_no_answer_and_no_log_holds_a_secret(keyed: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="regard")
    answer = keyed.ask("POST", "/", b"{} ", signed(keyed))
    assert RIGHT["aws_secret_access_key"].encode() not in answer.body
    assert RIGHT["aws_secret_access_key"] not in caplog.text


def test_signatures_are_not_asked_for_where_there_are_no_keys(service: Service) -> None:
    client = service.client(signature_version="v4", aws_access_key_id="any", aws_secret_access_key="thing")
    assert len(client.detect_faces(Image={"Bytes": png()})["FaceDetails"]) == 1
