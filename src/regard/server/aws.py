"""The AWS edge: one RPC route on any path. Signature, target, operation, one place where errors become bodies."""

import logging
import time
import uuid
from collections.abc import Callable

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
from regard.server.bodies import BodyLimits, read_body
from regard.server.metrics import Metrics
from regard.server.origins import Origins
from regard.server.pool import WorkPool
from regard.wire.codec import error_body
from regard.wire.model import OperationShape
from regard.wire.sigv4 import Verifier, region_of

CONTENT_TYPE = "application/x-amz-json-1.1"
_LOG = logging.getLogger("regard.requests")
_UNKNOWN = "unknown"  # the label of requests that name no operation of the model


class AwsEdge:
    """Answers Rekognition's RPC requests."""

    def __init__(
        self,
        registry: Registry,
        pool: WorkPool,
        metrics: Metrics,
        verifier: Verifier | None,
        limits: BodyLimits,
        account: str,
        region: str,
    ) -> None:
        """`verifier`: None where no access keys are configured. `region`: of requests that name none."""
        self._origins = Origins(is_open=verifier is not None)
        self._registry = registry
        self._pool = pool
        self._metrics = metrics
        self._verifier = verifier
        self._limits = limits
        self._account = account
        self._region = region

    async def answer(self, request: Request) -> Response:
        """The answer to any request; an exception never leaves."""
        if request.method == "OPTIONS" and "origin" in request.headers:
            return self._origins.preflight(request)
        started = time.perf_counter()
        request_id = str(uuid.uuid4())
        operation, status, size = _UNKNOWN, 200, 0
        error: ApiError | None = None
        try:
            shape, body = await self._received(request)
            operation, size = shape.name, len(body)
            content = await self._pool.run(self._work(request, shape, body, request_id))
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
        headers = {"x-amzn-RequestId": request_id} | self._origins.headers(request)
        if error is not None:
            headers["x-amzn-ErrorType"] = error.code
        return Response(content, status, headers, media_type=CONTENT_TYPE)

    async def _received(self, request: Request) -> tuple[OperationShape, bytes]:
        """Operation and body, in the order of contract 1.5."""
        self._origins.check_host(request)
        if request.method != "POST":
            raise WrongMethod("Unable to determine service/operation name to be authorized")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
            raise WrongContentType(
                f"Content-Type is {request.headers.get('content-type')!r}; it has to be {CONTENT_TYPE}"
            )
        body = await read_body(request, self._limits)
        try:
            return self._registry.model.of_target(request.headers.get("x-amz-target")), body
        except UnknownOperation:
            _check_object(body)
            raise

    def _work(self, request: Request, shape: OperationShape, body: bytes, request_id: str) -> Callable[[], bytes]:
        """What a worker thread does for one request."""
        headers = request.headers.raw
        raw_path, query, method = request.scope["raw_path"], request.scope["query_string"], request.method

        def work() -> bytes:
            if self._verifier is None:
                region = region_of(headers, self._region)
            else:
                region = self._verifier.verify(method, raw_path, query, headers, body).region
            return self._registry.answer(shape, body, request_id, region, self._account)

        return work

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
