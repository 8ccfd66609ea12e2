"""The AWS edge: one RPC route on any path. Signature, target, operation, one place where errors become bodies."""

import logging
import time
import uuid

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from regard.errors import (
    ApiError,
    InternalServerError,
    Serialization,
    UnknownOperation,
    WrongContentType,
    WrongMethod,
)
from regard.operations.registry import Registry
from regard.server.bodies import read_body
from regard.server.guard import Guard, content_type
from regard.server.metrics import Metrics
from regard.wire.codec import error_body
from regard.wire.model import OperationShape

CONTENT_TYPE = "application/x-amz-json-1.1"
_LOG = logging.getLogger("regard.requests")
_UNKNOWN = "unknown"  # the label of requests that name no operation of the model


class AwsEdge:
    """Answers Rekognition's RPC requests."""

    def __init__(self, registry: Registry, guard: Guard, metrics: Metrics) -> None:
        self._registry = registry
        self._guard = guard
        self._metrics = metrics

    async def answer(self, request: Request) -> Response:
        """The answer to any request; an exception never leaves."""
        if request.method == "OPTIONS" and "origin" in request.headers:
            return self._guard.origins.preflight(request)
        started = time.perf_counter()
        request_id = str(uuid.uuid4())
        operation, status, size = _UNKNOWN, 200, 0
        own: dict[str, str] = {}
        error: ApiError | None = None
        try:
            shape, body = await self._received(request)
            operation, size = shape.name, len(body)
            content = await self._guard.run(
                request,
                body,
                lambda asker: self._registry.answer(shape, body, asker, own),
                operation=operation,
                request_id=request_id,
            )
        except ApiError as caught:
            error = caught
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:  # the server's edge: whatever is no ApiError is a bug, logged with its traceback
            _LOG.exception("internal error", extra={"fields": {"request_id": request_id, "operation": operation}})
            error = InternalServerError("Internal server error")
        if error is not None:
            status, content = error.status, error_body(error, request_id)
        seconds = time.perf_counter() - started
        self._record(request_id, operation, error.code if error else "OK", status, seconds, size)
        headers = own | {"x-amzn-RequestId": request_id} | self._guard.origins.headers(request)
        if error is not None:
            headers["x-amzn-ErrorType"] = error.code
        return Response(content, status, headers, media_type=CONTENT_TYPE)

    async def _received(self, request: Request) -> tuple[OperationShape, bytes]:
        """Operation and body, in the order of contract 1.5."""
        self._guard.origins.check_host(request)
        if request.method != "POST":
            raise WrongMethod("Unable to determine service/operation name to be authorized")
        if content_type(request) != CONTENT_TYPE:
            raise WrongContentType(
                f"Content-Type is {request.headers.get('content-type')!r}; it has to be {CONTENT_TYPE}"
            )
        body = await read_body(request, self._guard.limits)
        try:
            return self._registry.model.of_target(request.headers.get("x-amz-target")), body
        except UnknownOperation:
            _check_object(body)
            raise

    def _record(self, request_id: str, operation: str, code: str, status: int, seconds: float, size: int) -> None:
        self._metrics.requests.labels(operation, code).inc()
        self._metrics.seconds.labels(operation).observe(seconds)
        fields = {
            "request_id": request_id,
            "operation": operation,
            "code": code,
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "bytes": size,
        }
        _LOG.info("request", extra={"fields": fields})


def _check_object(body: bytes) -> None:
    """Raises Serialization where `body` is no JSON object."""
    try:
        is_object = isinstance(orjson.loads(body), dict)
    except orjson.JSONDecodeError:
        is_object = False
    if not is_object:
        raise Serialization("The request's body is not a JSON object")
