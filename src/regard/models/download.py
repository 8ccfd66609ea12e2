"""HTTP as the registries need it: proxies and certificates as configured on the machine, and reasons a person can read.

Proxies come from the usual variables (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`). A connection that begins with TLS
stays with TLS: a redirect or a link to plain HTTP is refused. Passwords in addresses are sent to that host only and
never printed.
"""

import base64
import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from regard.models.registries import Registries

_TIMEOUT_SECONDS = 30.0
_BUSY = frozenset({429, 500, 502, 503, 504})
_PAUSES_SECONDS = (0.5, 2.0)


class FetchError(Exception):
    """Why something could not be fetched, as half a sentence. `status` is the server's, None when none answered."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        """reason: names the thing, the value and, where there is one, the remedy."""
        super().__init__(reason)
        self.status = status


class UnreachableError(FetchError):
    """No way to the server; asking it for something else is of no use."""


class NotFoundError(FetchError):
    """The server was reached and does not have it."""


class _BusyError(FetchError):
    """The server may well answer a moment later."""


class Body(AbstractContextManager["Body"]):
    """An answer that is being read. Counts what has come; a break in the connection is a FetchError."""

    def __init__(self, response: http.client.HTTPResponse, host: str) -> None:
        """host: for messages."""
        self._response = response
        self._host = host
        self.received_bytes = 0
        self.status = response.status
        self.headers = response.headers
        length = response.headers.get("Content-Length", "")
        self.length_bytes = int(length) if length.isdigit() else None

    @property
    def url(self) -> str:
        """Where the answer came from, after redirects."""
        return str(self._response.url)

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, fewer or none at the end, as files do it."""
        try:
            data = self._response.read(None if size < 0 else size)
        except http.client.IncompleteRead as error:
            raise self._ended_early(self.received_bytes + len(error.partial)) from error
        except (http.client.HTTPException, OSError) as error:
            raise FetchError(f"the connection to {self._host} broke ({error})") from error
        self.received_bytes += len(data)
        if len(data) < size and self.length_bytes is not None and self.received_bytes < self.length_bytes:
            raise self._ended_early(self.received_bytes)
        return data

    def _ended_early(self, received_bytes: int) -> FetchError:
        whole = "an unknown number of" if self.length_bytes is None else f"{self.length_bytes:,}"
        return FetchError(f"{self._host} ended the download early, after {received_bytes:,} of {whole} bytes")

    def close(self) -> None:
        """End the connection, read to the end or not."""
        self._response.close()

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()


class Downloader:
    """Opens addresses. One object serves several threads."""

    def __init__(self, registries: Registries) -> None:
        """Raises FetchError when the configured certificates cannot be read."""
        context = _tls_context(registries)
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _SameSecurity())

    def open(self, url: str, *, headers: Mapping[str, str] | None = None, linked_from: str | None = None) -> Body:
        """The answer to a GET, its body unread.

        linked_from: the page that named `url`; plain HTTP is refused when that page came over TLS, and its password
        goes along when it is on the same server.
        Raises NotFoundError for 404 and 410, UnreachableError, or FetchError for everything else that goes wrong.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FetchError(f"{_shown(url)} is not an http or https address")
        if linked_from is not None and parts.scheme == "http" and urlsplit(linked_from).scheme == "https":
            raise FetchError(f"{_shown(linked_from)} points at {_shown(url)}, which is not secured by TLS")
        request = _request(url, headers or {}, linked_from)
        for pause in _PAUSES_SECONDS:
            try:
                return self._answer(request, url)
            except _BusyError:
                time.sleep(pause)
        return self._answer(request, url)

    def _answer(self, request: urllib.request.Request, url: str) -> Body:
        try:
            return Body(self._opener.open(request, timeout=_TIMEOUT_SECONDS), urlsplit(url).hostname or "")
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(error.code, error.reason, url) from error
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(error, url) from error


class _SameSecurity(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but not from TLS to plain HTTP."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The next request, or an error when it would leave TLS."""
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            raise urllib.error.URLError(f"it redirects to {_shown(newurl)}, which is not secured by TLS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _request(url: str, headers: Mapping[str, str], linked_from: str | None) -> urllib.request.Request:
    """A request without the password in its address; urllib would take "user:password@host" for the host's name."""
    parts = urlsplit(url)
    # The registries ask for a User-Agent that names the client; it carries no version and nothing of the machine.
    request = urllib.request.Request(_bare(url), headers={"User-Agent": "regard", **headers})
    page = urlsplit(linked_from or "")
    keeper = page if parts.username is None and _server(page) == _server(parts) else parts
    if keeper.username is not None:
        pair = f"{unquote(keeper.username)}:{unquote(keeper.password or '')}".encode()
        # Unredirected, so that another host never sees it.
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(pair).decode())
    return request


def _server(parts: SplitResult) -> tuple[str, str]:
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def _tls_context(registries: Registries) -> ssl.SSLContext:
    if registries.ca_bundle is not None:
        path = Path(registries.ca_bundle)
        try:
            if path.is_dir():
                return ssl.create_default_context(capath=path)
            return ssl.create_default_context(cafile=path)
        except (OSError, ssl.SSLError) as error:
            raise FetchError(f"{registries.ca_variable} names {path}, which holds no usable certificates") from error
    context = ssl.create_default_context()
    system = ssl.get_default_verify_paths()
    if system.cafile is None and system.capath is None:
        # Python from python.org on macOS comes without certificates; botocore brings the usual set.
        import botocore

        context.load_verify_locations(Path(botocore.__file__).with_name("cacert.pem"))
    return context


def _refused(status: int, reason: str, url: str) -> FetchError:
    if status in (404, 410):
        return NotFoundError(f"{_shown(url)} does not exist there")
    if status == 407:
        return FetchError(_proxy_refusal(url, f"{status} {reason}"))
    if status in (401, 403):
        return FetchError(
            f"{_shown(url)} refused access ({status} {reason}); check the password in the index's address"
        )
    kind = _BusyError if status in _BUSY else FetchError
    return kind(f"{_shown(url)} answered {status} {reason}", status)


def _unreachable(error: Exception, url: str) -> FetchError:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if "407" in str(reason):
        return UnreachableError(_proxy_refusal(url, "407 Proxy Authentication Required"))
    proxy = _proxy_of(url)
    through = f" through the proxy {_shown(proxy)}" if proxy else ""
    if isinstance(reason, ssl.SSLCertVerificationError):
        remedy = "name your organisation's certificate file in PIP_CERT or SSL_CERT_FILE"
        return UnreachableError(
            f"the certificate of {urlsplit(url).hostname}{through} is not trusted ({reason.verify_message}); {remedy}"
        )
    words = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason) or type(reason).__name__
    kind = _BusyError if isinstance(reason, ConnectionResetError) else UnreachableError
    return kind(f"{_shown(url)} cannot be reached{through} ({words})")


def _proxy_refusal(url: str, words: str) -> str:
    proxy = _proxy_of(url)
    named = f"the proxy {_shown(proxy)}" if proxy else "the proxy"
    variable = f"{urlsplit(url).scheme.upper()}_PROXY"
    return f"{named} refused the connection ({words}); put the user and password into {variable}"


def _proxy_of(url: str) -> str | None:
    """The proxy that urllib uses for this address, by its own rules."""
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return urllib.request.getproxies().get(parts.scheme)


def _shown(url: str) -> str:
    """The address as it may be printed: without password, query and fragment."""
    return urlunsplit(urlsplit(_bare(url))._replace(query="", fragment=""))


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
