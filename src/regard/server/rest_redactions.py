"""`/v1/redactions`: a picture comes back redacted at once; a video becomes a job, with progress and files to fetch."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, JSONResponse, Response

from regard.app import App
from regard.errors import InvalidParameter
from regard.jobs.redaction_records import RedactionJob, State
from regard.people.acts import Asker
from regard.redaction.pictures import RedactedPicture
from regard.redaction.settings import RedactionSettings, SettingsFault
from regard.redaction.work import Progress
from regard.server.rest_parts import PictureRequest, RestEdge, Strict, moment, parsed, requires

JobId = Annotated[str, Path(max_length=100)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
_MICROSECONDS = 1_000_000


class RegionRequest(Strict):
    """A rectangle that is covered whatever is there, in ratios of the upright frame, and when."""

    left: Ratio
    top: Ratio
    right: Ratio
    bottom: Ratio
    begin: Seconds = Field(0, description="seconds from the start")
    end: Seconds | None = Field(None, description="seconds from the start; to the end where it is not said")


class MarkRequest(Strict):
    """Where the one person who is kept visible is at a moment, in ratios of the upright frame."""

    time: Seconds = Field(description="from the start")
    x: Ratio
    y: Ratio


class SpanRequest(Strict):
    """A while, in seconds from the start."""

    begin: Seconds
    end: Seconds


class RedactionRequest(PictureRequest):
    """A picture or a video, what to cover in it, and how."""

    what: list[Literal["faces", "plates", "people", "text", "screens"]] = Field(["faces"])
    way: Literal["blur", "pixelate", "fill"] = "blur"
    shape: Literal["oval", "box", "outline"] = "oval"
    fill: str = Field("#000000", pattern="^#[0-9A-Fa-f]{6}$")
    margin: float = Field(0.15, ge=0, le=2)
    confidence: float = Field(50, ge=1, le=100)
    stride: int = Field(1, ge=1, le=10)
    sound: Literal["keep", "drop"] = "keep"
    mute: list[SpanRequest] = Field(default_factory=list, max_length=1000)
    metadata: Literal["strip", "keep"] = "strip"
    regions: list[RegionRequest] = Field(default_factory=list, max_length=1000)
    marks: list[MarkRequest] = Field(default_factory=list, max_length=1000)
    container: Literal["mp4", "mov", "mkv", "webm"] = "mp4"

    def settings(self) -> RedactionSettings:
        """Raises InvalidParameter."""
        plain = self.model_dump(exclude={"bytes", "object", "container", "mute", "regions", "marks"})
        try:
            return RedactionSettings.from_json(
                {
                    **plain,
                    "mute": [(_us(span.begin), _us(span.end)) for span in self.mute],
                    "regions": [_region(one) for one in self.regions],
                    "marks": [{"time_us": _us(one.time), "x": one.x, "y": one.y} for one in self.marks],
                }
            )
        except SettingsFault as error:
            raise InvalidParameter(f"Request has invalid parameters. {error}") from error


class JobAnswer(BaseModel):
    """A video that is redacted, or was."""

    id: str
    state: State
    created: datetime
    ended: datetime | None
    progress: float | None = Field(description="0..1 while it runs; null where it cannot be told")
    stage: str | None
    message: str = Field(description="why it failed")
    uncertain: int | None = Field(description="spans that somebody should look at, when it is done")
    files: dict[str, str] = Field(description="paths to fetch, when it is done")


class JobsAnswer(BaseModel):
    """The caller's redactions, the newest first."""

    redactions: list[JobAnswer]


def redaction_routes(app: App, edge: RestEdge) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.post(
        "/redactions",
        summary="Cover faces and more in a picture or a video",
        openapi_extra=requires(RedactionRequest),
        response_class=Response,
        responses={
            200: {"description": "The redacted picture, in the format that it came in", "content": {"image/*": {}}},
            202: {"description": "A video: the job", "model": JobAnswer},
        },
    )
    async def redact(request: Request) -> Response:
        done = await edge.run(request, lambda asker, body: _redact(app, asker, body), operation="Redact")
        if isinstance(done, RedactedPicture):
            headers = {"Cache-Control": "no-store", "X-Regard-Covered": str(done.covered)}
            return Response(done.data, media_type=done.media_type, headers=headers)
        return JSONResponse(_answer(done, None).model_dump(mode="json"), 202)

    @router.get("/redactions", response_model=JobsAnswer, summary="The caller's redactions of videos")
    async def jobs(request: Request) -> Response:
        return await edge.answer(request, lambda asker, body: _jobs(app, asker), operation="Redact")

    @router.get("/redactions/{job}", response_model=JobAnswer, summary="How far a redaction is")
    async def job(request: Request, job: JobId) -> Response:
        return await edge.answer(
            request, lambda asker, body: _answer(*app.redactions().get(asker.principal, job)), operation="Redact"
        )

    @router.post("/redactions/{job}/cancel", response_model=JobAnswer, summary="Stop a redaction")
    async def cancel(request: Request, job: JobId) -> Response:
        return await edge.answer(
            request,
            lambda asker, body: _answer(app.redactions().cancel(asker.principal, job), None),
            operation="Redact",
        )

    @router.delete("/redactions/{job}", status_code=204, summary="Remove a redaction that has ended, with its files")
    async def remove(request: Request, job: JobId) -> Response:
        await edge.run(request, lambda asker, body: app.redactions().remove(asker.principal, job), operation="Redact")
        return Response(status_code=204)

    for what, (media_type, summary) in _FILES.items():
        router.add_api_route(
            f"/redactions/{{job}}/{what}",
            _fetching(app, edge, what, media_type),
            methods=["GET"],
            summary=summary,
            response_class=Response,
            name=f"fetch_{what}",
        )
    return router


_FILES = {
    "video": (None, "The redacted video"),
    "report": ("application/json", "Its leak report"),
    "page": ("text/html", "The leak report as a page"),
    "plan": ("application/json", "The plan that was rendered, to be edited"),
}


def _fetching(app: App, edge: RestEdge, what: str, media_type: str | None) -> Callable[..., Any]:
    async def fetch(request: Request, job: JobId) -> Response:
        path = await edge.run(
            request, lambda asker, body: app.redactions().file(asker.principal, job, what), operation="Redact"
        )
        return FileResponse(path, media_type=media_type, filename=path.name, headers={"Cache-Control": "no-store"})

    return fetch


def _redact(app: App, asker: Asker, body: bytes) -> RedactedPicture | RedactionJob:
    asked = parsed(RedactionRequest, body)
    return app.redacting().redact(asker.principal, asked.image(), asked.settings(), f".{asked.container}")


def _jobs(app: App, asker: Asker) -> JobsAnswer:
    jobs = app.redactions()
    return JobsAnswer(
        redactions=[_answer(*jobs.get(asker.principal, job.id)) for job in jobs.of_owner(asker.principal)]
    )


def _answer(job: RedactionJob, progress: Progress | None) -> JobAnswer:
    return JobAnswer(
        id=job.id,
        state=job.state,
        created=moment(job.created_ms),
        ended=None if job.ended_ms is None else moment(job.ended_ms),
        progress=1.0 if job.state == "done" else progress.share if progress else None,
        stage=progress.stage if progress else None,
        message=job.message,
        uncertain=job.uncertain,
        files={what: f"/v1/redactions/{job.id}/{what}" for what in _FILES} if job.state == "done" else {},
    )


def _region(asked: RegionRequest) -> dict[str, Any]:
    box = (asked.left, asked.top, asked.right, asked.bottom)
    return {"box": box, "begin_us": _us(asked.begin), "end_us": None if asked.end is None else _us(asked.end)}


def _us(seconds: float) -> int:
    return round(seconds * _MICROSECONDS)
