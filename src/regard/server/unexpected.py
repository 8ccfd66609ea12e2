"""What happens to an exception that nobody expected: a line in the log, and an answer that tells nothing."""

import logging

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from regard.errors import InternalServerError
from regard.server.rest_parts import error_answer

_LOG = logging.getLogger("regard.requests")


class UnexpectedErrors:
    """ASGI middleware: a bug is answered in JSON, and the connection serves on. The AWS route has a form of its own.

    The frameworks would answer with plain text and raise again, at which the server drops the connection.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Raises only what comes after the answer has begun."""
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            await Response(status_code=400)(scope, receive, send)
        except Exception:  # the server's edge: whatever is no ApiError is a bug, logged with its traceback
            if has_begun:
                raise
            request = Request(scope)
            _LOG.exception(
                "internal error", extra={"fields": {"request_id": getattr(request.state, "request_id", None)}}
            )
            answer = await error_answer(request, InternalServerError("Internal server error"))
            await answer(scope, receive, send)
