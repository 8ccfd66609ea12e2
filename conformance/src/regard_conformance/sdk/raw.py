"""Plain HTTP, signed by hand: for what no SDK would send, and for what SDKs do not show."""

import http.client
import socket
import ssl
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from regard_conformance.case import Target

TARGET = "RekognitionService.{}"
SERVICE = "rekognition"
JSON_1_1 = "application/x-amz-json-1.1"


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One HTTP response. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    version: int  # 11 for HTTP/1.1


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One HTTP request. A header of None is left out."""

    body: bytes = b"{}"
    method: str = "POST"
    path: str = "/"
    headers: Mapping[str, str | None] = field(default_factory=dict)
    operation: str | None = "DetectFaces"  # None sends no X-Amz-Target


class RawClient:
    """Sends requests to the target over connections of its own."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._url = urllib.parse.urlsplit(target.endpoint)

    def connect(self) -> http.client.HTTPConnection:
        """A new connection, to be closed by the caller."""
        port, host = self._url.port, self._url.hostname or ""
        if self._url.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=self.target.timeout_s, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, port, timeout=self.target.timeout_s)

    def send(self, request: RawRequest, connection: http.client.HTTPConnection | None = None) -> RawAnswer:
        """The answer to one request, signed with the target's keys; over `connection`, or one of its own.

        Raises OSError or http.client.HTTPException when there is none.
        """
        used = connection or self.connect()
        try:
            used.request(request.method, self._path(request), request.body, self.headers(request))
            response = used.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return RawAnswer(response.status, headers, response.read(), response.version)
        finally:
            if connection is None:
                used.close()

    def headers(self, request: RawRequest) -> dict[str, str]:
        """The headers of a request as it is sent: those it names, the usual ones, and a signature."""
        named = {name.lower() for name in request.headers}
        usual = {"Content-Type": JSON_1_1, "Accept-Encoding": "identity"}
        if request.operation is not None:
            usual["X-Amz-Target"] = TARGET.format(request.operation)
        sent = {name: value for name, value in usual.items() if name.lower() not in named}
        sent |= {name: value for name, value in request.headers.items() if value is not None}
        if "authorization" in named:
            return sent
        return sent | signature(self.target, self._signed_url(request), sent, request.body, method=request.method)

    def _path(self, request: RawRequest) -> str:
        return self._url.path.rstrip("/") + request.path

    def _signed_url(self, request: RawRequest) -> str:
        return f"{self._url.scheme}://{self._url.netloc}{self._path(request)}"

    def socket(self) -> socket.socket:
        """A plain connection for a body that is never finished; only for http endpoints."""
        return socket.create_connection((self._url.hostname or "", self._url.port or 80), self.target.timeout_s)


def signature(
    target: Target, url: str, headers: Mapping[str, str], body: bytes, *, method: str = "POST", service: str = SERVICE
) -> dict[str, str]:
    """The headers Signature Version 4 adds, as botocore makes them."""
    request = botocore.awsrequest.AWSRequest(method, url, headers=dict(headers), data=body)
    keys = botocore.credentials.Credentials(target.access_key, target.secret_key, target.session_token)
    botocore.auth.SigV4Auth(keys, service, target.region).add_auth(request)
    names = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")
    return {name: request.headers[name] for name in names if name in request.headers}
