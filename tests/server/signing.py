"""Access keys in use: made over `/v1`, then signing requests as botocore does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.server.service import Answer, Service


@dataclass(frozen=True)
class Key:
    """An access key with its secret."""

    id: str
    secret: str

    @property
    def bearer(self) -> dict[str, str]:
        """The header of a request that carries the secret itself."""
        return {"Authorization": f"Bearer {self.id}.{self.secret}"}

    def client(self, service: Service, **options: Any) -> Any:
        """A boto3 client that signs with it."""
        return service.client(
            signature_version="v4", aws_access_key_id=self.id, aws_secret_access_key=self.secret, **options
        )


def signed(
    service: Service,
    key: Key,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    moment: datetime | None = None,
    scope: tuple[str, str] = ("us-east-1", "rekognition"),
) -> dict[str, str]:
    """All headers of a request, with the signature that botocore would make at `moment`."""
    request = AWSRequest(method, service.url + path, dict(headers or {}), body or b"")
    signer = SigV4Auth(Credentials(key.id, key.secret), scope[1], scope[0])
    request.context["timestamp"] = (moment or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    signer._inject_signature_to_request(request, signature)
    return dict(request.headers.items())


def ask(service: Service, key: Key | None, method: str, path: str, content: Any = None) -> Answer:
    """A request to our own interface, signed where there is a key."""
    body = json.dumps(content if content is not None else {}).encode() if method == "POST" else None
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if key is not None:
        headers = signed(service, key, method, path, body, headers)
    return service.ask(method, path, body, headers)


def make_key(service: Service, maker: Key | None, *operations: str, **more: Any) -> Key:
    """A new key for these operations, in every collection unless `more` says otherwise."""
    policy = {"operations": operations, "collections": ["*"]} | more
    answer = ask(service, maker, "POST", "/v1/access-keys", {"name": "test", "policy": policy})
    assert answer.status == 201, answer.body
    return Key(answer.json["id"], answer.json["secret"])
