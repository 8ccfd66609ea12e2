"""Requests signed as botocore signs them, and the key that they are signed with."""

from collections.abc import Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.server.service import CONTENT_TYPE, Answer, Service

KEY, SECRET = "AKIDATTACKED", "wJalrXUtnFEMI/K7MDENG/attacked"
KEYS = f"[one]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"


def signed(
    service: Service,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    key: tuple[str, str] = (KEY, SECRET),
) -> dict[str, str]:
    """The headers of a request, with the signature among them."""
    request = AWSRequest(method, service.url + path, headers, body)
    SigV4Auth(Credentials(*key), "rekognition", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def rpc(operation: str) -> dict[str, str]:
    """The headers that every request of the protocol has."""
    return {"Content-Type": CONTENT_TYPE, "X-Amz-Target": f"RekognitionService.{operation}"}


def code_of(answer: Answer) -> str:
    """Of a refusal on either route."""
    body = answer.json
    return str(body.get("__type") or body["code"])
