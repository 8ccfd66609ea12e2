"""The ASGI application and the server that runs it."""

import asyncio
import signal
import socket
import threading
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from regard.app import App
from regard.operations.registry import Registry
from regard.people.access import AccessKeys
from regard.people.acts import Asker
from regard.people.open import People, log_folder
from regard.people.refusals import DOCUMENTATION, Refusal
from regard.server.access_keys import read_access_keys
from regard.server.aws import AwsEdge
from regard.server.bodies import BodyLimits
from regard.server.callers import Callers
from regard.server.connections import PatientProtocol
from regard.server.guard import Guard
from regard.server.log_routes import log_routes
from regard.server.metrics import Metrics
from regard.server.origins import is_loopback
from regard.server.pages import refusals_page
from regard.server.pool import WorkPool
from regard.server.rest import rest_api
from regard.server.rest_parts import error_answer
from regard.server.transparency_page import transparency_routes
from regard.server.unexpected import UnexpectedErrors
from regard.settings import Settings, SettingsError
from regard.storage.errors import StorageError
from regard.storage.open import DATABASE
from regard.wire.model import ServiceModel
from regard.wire.sigv4 import Credential

_SHUTDOWN_SECONDS = 60  # for requests that were accepted; SDKs wait no longer
_CONNECTIONS = 1024
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def make_asgi(app: App) -> Starlette:
    """The application: `/v1`, health and metrics by their paths, the AWS route on every other.

    Raises SettingsError where the access keys cannot be read, or where there are none and the host is not loopback;
    StorageError where the data folder is another server's, its master key is missing or wrong, or its jobs are of a
    newer version.
    """
    settings = app.settings
    operators = read_access_keys(settings.access_keys) if settings.access_keys is not None else {}
    if not operators and not (settings.data / DATABASE).exists():
        _check_loopback(settings)  # before anything is made there
    people = app.people()
    try:
        callers = _callers(settings, operators, people.access)
        app.job_store()
    except (SettingsError, StorageError):
        people.close()
        raise
    pool = WorkPool(settings.worker_count, settings.queue)
    metrics = Metrics(
        lambda: app.engine.networks,
        lambda: pool.taken,
        people.counts.totals,
        lambda: people.pace.alarms,
        lambda: app.stored.deliverer().counts(),
    )
    registry = Registry(
        ServiceModel.load(has_image_limit=settings.limits == "aws"),
        app.operations(),
        lambda asker, refusal: _note_refusal(people, metrics, asker, refusal),
    )
    limits = BodyLimits(settings.max_body_bytes, settings.body_seconds)
    guard = Guard(pool, callers, people.access, limits, settings.account)
    edge = AwsEdge(registry, guard, metrics)
    readiness = _Readiness(app)
    redactions = app.redactions()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        warming = asyncio.create_task(readiness.warm())
        people.retention.start()
        redactions.start()
        app.stored.start()
        yield
        await warming
        await run_in_threadpool(app.stored.close)
        await run_in_threadpool(redactions.close)
        pool.close()
        people.close()

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        return JSONResponse({"status": readiness.status}, 200 if readiness.status == "ready" else 503)

    async def exposition(_: Request) -> Response:
        # On a thread: the first time, the whole log is read to count the acts in it.
        return Response(await run_in_threadpool(metrics.text), media_type="text/plain; version=0.0.4")

    async def refusals(_: Request) -> Response:
        return HTMLResponse(refusals_page())

    async def may_read_log(request: Request) -> bool:
        guard.origins.check_host(request)
        return await guard.run(
            request, b"", lambda asker: True, operation="ReadLog", request_id=str(uuid.uuid4()), takes_bearer=True
        )

    routes = [
        Route("/healthz", health),
        Route("/readyz", ready),
        Route("/metrics", exposition),
        Route(DOCUMENTATION, refusals),
        *transparency_routes(people.transparency),
        *log_routes(log_folder(settings.data), may_read_log),
        Mount("/v1", rest_api(app, registry, guard)),
        Route("/{path:path}", edge.answer, methods=_METHODS),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(UnexpectedErrors)],
        lifespan=lifespan,
        exception_handlers={HTTPException: error_answer},
    )


def _note_refusal(people: People, metrics: Metrics, asker: Asker, refusal: Refusal) -> None:
    metrics.refusals.labels(asker.operation).inc()
    people.acts.note("refuse operation", asker=asker, details={"operation": asker.operation, **asdict(refusal)})


class _Readiness:
    """Whether the networks of the first request are loaded."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.status = "loading"

    async def warm(self) -> None:
        await asyncio.to_thread(self._app.warm)
        self.status = "ready"


def _callers(settings: Settings, operators: Mapping[str, Credential], access: AccessKeys) -> Callers:
    """operators: the keys of the file. Raises SettingsError."""
    both = sorted(key_id for key_id in operators if access.has(key_id))
    if both:
        raise SettingsError(
            f"access key {both[0]} of {settings.access_keys} has a policy in the data folder; a key of the file may do "
            "everything, so take it out of the file"
        )
    callers = Callers(operators, access, settings.region)
    if not callers.must_sign:
        _check_loopback(settings)
    return callers


def _check_loopback(settings: Settings) -> None:
    if not is_loopback(settings.host):
        raise SettingsError(
            f"host is {settings.host!r}, which others can reach, and there are no access keys; listen on 127.0.0.1, "
            f"make a key with `regard access create --data {settings.data}`, or give --access-keys FILE "
            "(REGARD_ACCESS_KEYS)"
        )


class _Server(uvicorn.Server):
    """uvicorn's server, save that a stop that was asked for is no death by a signal: the command exits with 0."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stops at SIGTERM and SIGINT while in the context; a second SIGINT does not wait for requests."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread hears signals; whoever runs a server elsewhere stops it by `should_exit`
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def make_server(app: App, asgi: Starlette) -> uvicorn.Server:
    """A server, not yet listening. On SIGTERM or SIGINT it takes no more and finishes what it has."""

    class Protocol(PatientProtocol):
        seconds = min(PatientProtocol.seconds, app.settings.body_seconds)

    return _Server(
        uvicorn.Config(
            asgi,
            host=app.settings.host,
            port=app.settings.port,
            http=Protocol,
            ws="none",
            proxy_headers=False,  # who asks is known by signature, never by what a header says of a proxy's client
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=75,  # longer than SDKs keep theirs, so that they and not we close first
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
    )


def bound_socket(settings: Settings) -> socket.socket:
    """A listening socket on the configured address. Raises SettingsError where it is taken or not this machine's."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio sends answers at once only on sockets that name TCP; on others each waits 40 ms for Nagle's algorithm.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror}; choose another with --port"
        ) from error
    return listener
