"""`/log`: the published files of the log, as https://c2sp.org/tlog-tiles has them, for auditors.

    /log/checkpoint, /log/vkey, /log/tile/LEVEL/N[.p/WIDTH]     for everybody: they hold nothing but hashes
    /log/tile/entries/N[.p/WIDTH]                               for those who may read the log

A path is held against the grammar of tile names before any file is touched.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from regard.errors import ApiError
from regard.ledger.opening import VKEY
from regard.ledger.publishing import CHECKPOINT
from regard.ledger.tile_names import parsed
from regard.ledger.tiles import in_folder

_PREFIX = "/log/"
# A tile never changes under its name.
_FOR_EVER = "max-age=31536000, immutable"
_ASKED_AGAIN = {"Cache-Control": "no-cache"}
_UNKEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def log_routes(folder: Path, may_read: Callable[[Request], Awaitable[bool]]) -> list[Route]:
    """folder: the log's. may_read: whether the asker may read entries; it may raise ApiError instead."""
    fetch = in_folder(folder)

    async def answer(request: Request) -> Response:
        path = request.scope["path"].removeprefix(_PREFIX)
        if path in (CHECKPOINT, VKEY):
            data = await run_in_threadpool(fetch, path)
            return _missing() if data is None else PlainTextResponse(data, headers=_UNKEPT | _ASKED_AGAIN)
        name = parsed(path)
        if name is None:
            return _missing()
        if name.level is None and not await may_read(request):
            return _refused("AccessDeniedException", "You may not read entries of the log", 403)
        data = await run_in_threadpool(fetch, name.path)
        if data is None:
            return _missing()
        kept = {"Cache-Control": f"{'private' if name.level is None else 'public'}, {_FOR_EVER}"}
        return Response(data, headers=_UNKEPT | kept, media_type="application/octet-stream")

    async def told(request: Request) -> Response:
        try:
            return await answer(request)
        except ApiError as error:
            return _refused(error.code, error.message, error.status)

    # One route for all, so that no other part of the server answers for what is not there.
    return [Route(f"{_PREFIX}{{path:path}}", told)]


def _missing() -> Response:
    return _refused("ResourceNotFoundException", "The log has no such file", 404)


def _refused(code: str, message: str, status: int) -> Response:
    return JSONResponse({"code": code, "message": message}, status, headers=_UNKEPT)
