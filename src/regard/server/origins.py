"""Whom the server answers: which pages of browsers, and to which names."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from regard.errors import WrongHost

_EXPOSED = (
    "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date,"
    "x-regard-effective-threshold,x-regard-false-match-rate,x-regard-gallery,x-regard-sandbox,x-regard-sandbox-expires"
)
# Of the Host header, RFC 9110 7.2: a name or an address, and perhaps a port. What else is there, such as a path or a
# user, could make a URL that is built from it mean something else.
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z.-]+))(?::[0-9]{1,5})?")


class Origins:
    """Which browsers' pages may call, contract 1.4.

    Where signatures are asked for, any page, as with AWS. Without them a page may call only if it comes from this
    machine itself: else every site that a person visits could use the server behind their back.
    """

    def __init__(self, is_open: bool) -> None:
        self._is_open = is_open

    def headers(self, request: Request) -> dict[str, str]:
        """What an answer to `request` carries."""
        origin = request.headers.get("origin")
        if origin is None or not (self._is_open or is_loopback(_host_of(origin))):
            return {}
        allowed = "*" if self._is_open else origin
        return {"Access-Control-Allow-Origin": allowed, "Access-Control-Expose-Headers": _EXPOSED, "Vary": "Origin"}

    def preflight(self, request: Request) -> Response:
        """The answer to OPTIONS with an Origin."""
        headers = self.headers(request)
        if headers:
            headers |= {
                "Access-Control-Allow-Methods": request.headers.get("access-control-request-method", "POST"),
                "Access-Control-Allow-Headers": request.headers.get("access-control-request-headers", ""),
                "Access-Control-Max-Age": "172800",
            }
        return Response(headers=headers)

    def check_host(self, request: Request) -> None:
        """Raises WrongHost where no signatures are asked for and the name asked for is not this machine's own.

        A page cannot choose the Host its browser sends, so this stops one whose name was made to resolve to 127.0.0.1
        (DNS rebinding).
        """
        given = request.headers.get("host", "")
        named = _HOST.fullmatch(given)
        if not self._is_open and not (named and is_loopback((named[1] or named[2]).lower())):
            raise WrongHost(f"Host {given!r} is not this machine's own; a server without access keys answers no other")


def _host_of(url: str) -> str:
    """The host in a URL; empty where there is none, or what is there is no URL."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a name or address, without its port, is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
