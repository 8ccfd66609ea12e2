"""The files of a log that a server shows under `/log`."""

import http.client
from contextlib import closing
from urllib.parse import urlsplit

from regard.ledger.errors import LedgerError
from regard.ledger.tiles import Fetch

_SECONDS = 30
_MOST_BYTES = 1 << 16  # a tile has 8,192 bytes, a checkpoint a few hundred


class Unreachable(LedgerError):
    """There is no answer, or none that a log gives."""


def on_server(url: str) -> Fetch:
    """Gets the files of the log of the Regard server at `url`, which may have a path; redirections are not followed.

    The function raises Unreachable. Raises ValueError for a URL that is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0 or "@" in parts.netloc:
        raise ValueError(f"{url!r} is no URL of a server; it must be like http://127.0.0.1:8080")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    base = parts.path.rstrip("/")

    def fetch(path: str) -> bytes | None:
        try:
            with closing(kind(parts.netloc, timeout=_SECONDS)) as connection:
                connection.request("GET", f"{base}/log/{path}")
                answer = connection.getresponse()
                data = answer.read(_MOST_BYTES + 1)
        except (OSError, UnicodeError, http.client.HTTPException) as error:
            raise Unreachable(f"no server answers at {url}: {getattr(error, 'strerror', None) or error}") from error
        if answer.status == http.client.NOT_FOUND:
            return None
        if answer.status != http.client.OK or len(data) > _MOST_BYTES:
            raise Unreachable(f"{url}/log/{path} answers with status {answer.status} and {len(data):,} bytes")
        return data

    return fetch
