"""What commands that need the server share: one small client of `/v1`.

    Remote(url).get("/retention")                  the answer's JSON
    Remote(url).post("/consents", {...})           the same
    Remote(url).page_all("/consents", "consents")  every item of a listing, page by page
    with errors_told(): ...                        a sentence on standard error and exit code 1, no traceback

Requests are signed where the environment has AWS credentials, as the AWS SDKs find them; a server without access keys
takes no notice.
"""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

import typer

from regard.cli.attempt import DEFAULT_URL

_SECONDS = 600  # an export of a million faces is read, encrypted and sent in one answer
_SIGNED_FOR = "rekognition"

Url = Annotated[str, typer.Option(help="The server.")]
Json = Annotated[bool, typer.Option("--json", help="The answer as JSON.")]


class CommandError(Exception):
    """The server is not there or refuses, or a value cannot be used; the message says which."""


class Remote:
    """A server's `/v1`, one connection a request."""

    def __init__(self, url: str = DEFAULT_URL) -> None:
        """Raises CommandError for a URL that is none."""
        parts = urlsplit(url)
        try:
            has_host = (
                parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and "@" not in parts.netloc
            )
        except ValueError:
            has_host = False
        if not has_host:
            raise CommandError(f"--url is {url!r}; it must be like {DEFAULT_URL}")
        self._url = url.rstrip("/")
        self._secure = parts.scheme == "https"
        self._place = parts.netloc
        self._path = parts.path.rstrip("/")

    def get(self, path: str, **query: str | int | None) -> Any:
        """The JSON under `/v1` + path. Raises CommandError."""
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        return self._json(self._ask("GET", path + ("?" + asked if asked else ""), None))

    def post(self, path: str, content: Mapping[str, Any]) -> Any:
        """The JSON of the answer. Raises CommandError."""
        return self._json(self._ask("POST", path, json.dumps(content).encode()))

    def download(self, path: str, content: Mapping[str, Any]) -> bytes:
        """The bytes of the answer to a POST. Raises CommandError."""
        return self._ask("POST", path, json.dumps(content).encode())

    def page_all(self, path: str, member: str, **query: str | None) -> list[dict[str, Any]]:
        """What stands under `member` of every page. Raises CommandError."""
        found: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            page = self.get(path, after=after, **query)
            found += page[member]
            after = page["next"]
            if after is None:
                return found

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        headers = {"Content-Type": "application/json"} if body is not None else {}
        headers |= _signature(method, f"{self._url}/v1{path}", body, headers)
        try:
            with closing(kind(self._place, timeout=_SECONDS)) as connection:
                connection.request(method, f"{self._path}/v1{path}", body, headers)
                answer = connection.getresponse()
                data = answer.read()
        except (OSError, UnicodeError, http.client.HTTPException) as error:
            raise CommandError(
                f"no server answers at {self._url}: {getattr(error, 'strerror', None) or error}; "
                "start one with `regard serve`, or say with --url where it is"
            ) from error
        if answer.status >= http.client.BAD_REQUEST:
            raise CommandError(self._refusal(answer.status, data))
        return data

    def _json(self, data: bytes) -> Any:
        try:
            return json.loads(data)
        except ValueError as error:
            raise CommandError(f"{self._url} is no Regard server: its answer is no JSON") from error

    def _refusal(self, status: int, data: bytes) -> str:
        try:
            body = json.loads(data)
            return f"{body['message']} ({body['code']})"
        except (ValueError, KeyError, TypeError):
            return f"{self._url} answered with status {status} and no reason; is it a Regard server?"


def _signature(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that sign a request; none where the environment has no credentials."""
    import botocore.session
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import BotoCoreError

    session = botocore.session.Session()
    # Else a machine without credentials would ask a cloud's metadata service for some, and wait.
    session.get_component("credential_provider").remove("iam-role")
    try:
        credentials = session.get_credentials()
        if credentials is None:
            return {}
        region = session.get_config_variable("region") or "us-east-1"
        request = AWSRequest(method, url, data=body or b"", headers=dict(headers))
        SigV4Auth(credentials, _SIGNED_FOR, region).add_auth(request)
    except BotoCoreError as error:
        raise CommandError(f"the AWS credentials of this environment cannot be used: {error}") from error
    return {name: value for name, value in request.headers.items() if name not in headers}


@contextmanager
def errors_told() -> Iterator[None]:
    """The sentence without a traceback, and exit code 1."""
    try:
        yield
    except (CommandError, OSError) as error:
        typer.echo(f"regard: {error}", err=True)
        raise typer.Exit(1) from error


def write_new(path: Path, data: bytes) -> None:
    """Writes a file that nobody else may read. Raises CommandError where there is one already, OSError."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        raise CommandError(f"{path} is there already; name another file") from error
    path.write_bytes(data)
