"""A server that shows a log, and nothing else."""

import http.client
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request

from regard.errors import MissingAuthenticationToken
from regard.server.log_routes import log_routes

READER = {"Authorization": "reader"}
_PATIENCE = 20


async def _may_read(request: Request) -> bool:
    """Those called reader; who says nothing is asked to."""
    given = request.headers.get("authorization")
    if given is None:
        raise MissingAuthenticationToken("Sign the request")
    return given == "reader"


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The URL under which the log in `folder` is shown."""
    config = uvicorn.Config(Starlette(routes=log_routes(folder, _may_read)), port=0, log_config=None, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    end = time.monotonic() + _PATIENCE
    while not server.started and time.monotonic() < end:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def ask(url: str, path: str, headers: Mapping[str, str], method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Status, headers by their names in lower case, and body. The path is sent as it is."""
    with closing(http.client.HTTPConnection(url.partition("//")[2], timeout=_PATIENCE)) as connection:
        connection.request(method, path, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
