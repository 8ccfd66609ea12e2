"""`/v1/compare` and `/v1/verifications`: questions about one person, with the reasons for doubt."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from regard.app import App
from regard.operations.comparing import DEFAULT_THRESHOLD
from regard.operations.verification import AssessedFace, ComparedFace, OneToOne
from regard.people.acts import Asker
from regard.people.matches import LEAST_VERIFIED
from regard.server.rest_parts import CollectionName, PictureRequest, RestEdge, Strict, SubjectName, parsed, requires

Threshold = Annotated[float, Field(ge=0, le=100)]


class CompareRequest(Strict):
    """Two pictures: one person, and who may be that person."""

    source: PictureRequest
    target: PictureRequest
    threshold: Threshold = DEFAULT_THRESHOLD


class VerificationRequest(Strict):
    """A picture, and who it is said to show."""

    collection: CollectionName
    subject: SubjectName
    image: PictureRequest
    threshold: Annotated[float, Field(ge=LEAST_VERIFIED, le=100)] = DEFAULT_THRESHOLD


class BoxAnswer(BaseModel):
    """Ratios of the picture's width and height."""

    left: float
    top: float
    width: float
    height: float


class ComponentAnswer(BaseModel):
    """A quality component in the words of ISO/IEC 29794-5."""

    name: str
    native: float  # in the component's own unit
    value: int  # 0, useless, to 100, ideal
    is_standard: bool  # computed as the standard does, or our own measure under its name


class FaceAnswer(BaseModel):
    """A face, how fit its picture is for comparison, and what is wrong with it."""

    box: BoxAnswer
    confidence: float
    quality: list[ComponentAnswer]
    low_quality: list[str]  # a sentence each; empty where nothing hinders comparison


class SimilarFaceAnswer(BaseModel):
    """A face of the target beside the source's."""

    face: FaceAnswer
    similarity: float
    false_match_rate: float  # the share of strangers who are as similar or more


class CompareAnswer(BaseModel):
    """Faces of the target at or above the threshold, and below it; the most similar first."""

    source: FaceAnswer
    matches: list[SimilarFaceAnswer]
    others: list[SimilarFaceAnswer]
    threshold: float


class VerificationAnswer(BaseModel):
    """Whether the picture shows the subject."""

    is_match: bool
    similarity: float  # exact from 80 on; below, of 50 to 80 the tens, and 0 of what is less
    false_match_rate: float  # of that similarity
    faces_compared: int  # of the subject
    threshold: float


def identity_routes(app: App, edge: RestEdge) -> APIRouter:
    """The routes."""
    router = APIRouter()
    people = app.people()
    questions = OneToOne(people.collections, people.matching, app.probes(), app.settings.face_model)

    @router.post(
        "/compare",
        response_model=CompareAnswer,
        summary="CompareFaces with the reasons for low quality",
        openapi_extra=requires(CompareRequest),
    )
    async def compare(request: Request) -> Response:
        return await edge.answer(
            request,
            lambda asker, body: _compare(questions, asker, parsed(CompareRequest, body)),
            operation="CompareFaces",
        )

    @router.post(
        "/verifications",
        response_model=VerificationAnswer,
        summary="Is this the subject of that id?",
        openapi_extra=requires(VerificationRequest),
    )
    async def verify(request: Request) -> Response:
        return await edge.answer(
            request,
            lambda asker, body: _verify(questions, asker, parsed(VerificationRequest, body)),
            operation="VerifySubject",
        )

    return router


def _compare(questions: OneToOne, asker: Asker, asked: CompareRequest) -> CompareAnswer:
    found = questions.compare(asker, asked.source.image(), asked.target.image())
    return CompareAnswer(
        source=_face(found.source),
        matches=[_similar(one) for one in found.targets if one.similarity >= asked.threshold],
        others=[_similar(one) for one in found.targets if one.similarity < asked.threshold],
        threshold=asked.threshold,
    )


def _verify(questions: OneToOne, asker: Asker, asked: VerificationRequest) -> VerificationAnswer:
    found = questions.verify(asker, asked.collection, asked.subject, asked.image.image(), asked.threshold)
    return VerificationAnswer(
        is_match=found.is_match,
        similarity=found.similarity,
        false_match_rate=found.false_match_rate,
        faces_compared=found.faces,
        threshold=asked.threshold,
    )


def _similar(one: ComparedFace) -> SimilarFaceAnswer:
    return SimilarFaceAnswer(face=_face(one.face), similarity=one.similarity, false_match_rate=one.false_match_rate)


def _face(face: AssessedFace) -> FaceAnswer:
    left, top, width, height = face.box
    return FaceAnswer(
        box=BoxAnswer(left=left, top=top, width=width, height=height),
        confidence=face.confidence,
        quality=[
            ComponentAnswer(name=one.name, native=one.native, value=one.scalar, is_standard=one.is_standard)
            for one in face.quality
        ],
        low_quality=[one.reason for one in face.quality if one.reason],
    )
