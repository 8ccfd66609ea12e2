"""The composition root: settings in, a wired application out. The only place that knows every concrete class."""

import os
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from regard.analysis.colours import ColourAnalyser
from regard.analysis.counting import CrowdCounter
from regard.analysis.embedding import DIMENSIONS, FaceEmbedder
from regard.analysis.face_search import FaceSearch
from regard.analysis.faces import FaceAnalyser, FaceNetworks
from regard.analysis.labels import LabelDetector
from regard.analysis.moderation import Moderator
from regard.analysis.ppe import EquipmentInspector
from regard.analysis.repeated_tags import RepeatedTags
from regard.analysis.text import TextReader
from regard.app_jobs import AppJobs
from regard.jobs.kinds import Kind
from regard.jobs.redaction_work import RedactionWork
from regard.jobs.redactions import RedactionJobs
from regard.jobs.worker import Worker
from regard.lazy import Lazy
from regard.media.images import ALL_FORMATS, Budget
from regard.media.sources import LocalBuckets, ObjectSource, S3Endpoint
from regard.media.video_limits import VideoLimits
from regard.models.centerface import CenterFace
from regard.models.efficientdet import EfficientDet
from regard.models.efficientnet import EfficientNet
from regard.models.engine import Engine, EngineOptions
from regard.models.face_mask import FaceMask
from regard.models.face_mesh import Blendshapes, FaceMesh
from regard.models.image_safety import ImageSafety
from regard.models.mobilefacenet import MobileFaceNet
from regard.models.movenet import MoveNet
from regard.models.nsfwjs import Nsfwjs
from regard.models.open_nsfw import OpenNsfw
from regard.models.ppocr_detection import TextDetector
from regard.models.ppocr_recognition import TextRecogniser
from regard.models.selfie_segmenter import SelfieSegmenter
from regard.models.sface import SFace
from regard.models.u2net import U2Net
from regard.models.weights import WeightStore, default_folder
from regard.models.yunet import YuNet
from regard.operations import limits
from regard.operations.call import Operation
from regard.operations.collections import CollectionOperations
from regard.operations.comparing import ComparisonOperations
from regard.operations.enrolment import EnrolmentOperations
from regard.operations.faces import FaceOperations
from regard.operations.images import Pictures
from regard.operations.labels import LabelOperations
from regard.operations.media_analysis import MediaAnalysisOperations, moderation_answers
from regard.operations.moderation import ModerationOperations
from regard.operations.probes import Probes
from regard.operations.protective_equipment import ProtectiveEquipmentOperations
from regard.operations.redactions import RedactionOperations
from regard.operations.searching import SearchOperations
from regard.operations.stored_faces import StoredFaceOperations
from regard.operations.tags import TagOperations
from regard.operations.text import TextOperations
from regard.operations.users import UserOperations
from regard.operations.video_faces import FaceKind
from regard.operations.video_labels import LabelKind
from regard.operations.video_moderation import ModerationKind
from regard.operations.video_segments import SegmentKind
from regard.operations.video_text import SEARCH, TextKind
from regard.people.open import People, open_people
from regard.redaction.finding import Finder, FinderNetworks
from regard.redaction.pictures import RedactedPicture, redact_picture
from regard.redaction.settings import RedactionSettings
from regard.settings import Settings
from regard.storage.open import open_storage
from regard.wire.tokens import PageTokens


class App:
    """Everything one process needs to answer, made when first needed."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self.settings = settings
        self._environ = environ
        self.limits = limits.BY_NAME[settings.limits]
        self.budget = Budget(self.limits.formats, self.limits.max_pixels)
        self.store = WeightStore(settings.weights or default_folder(environ), environ)
        self.engine = Engine(
            EngineOptions(
                threads=settings.threads,
                streams=settings.streams,
                cache_folder=_compiled(self.store),
            )
        )
        source = _source(settings)
        self.pictures = Pictures(source, self.limits)
        self._face_cover = Lazy(lambda: FaceMask(self.engine, self.store))
        self._detector = Lazy(lambda: YuNet(self.engine, self.store))
        self._second_detector = Lazy(lambda: CenterFace(self.engine, self.store))
        self._mesh = Lazy(lambda: FaceMesh(self.engine, self.store))
        self._expressions = Lazy(lambda: Blendshapes(self.engine, self.store))
        self.objects = Lazy(lambda: EfficientDet(self.engine, self.store))
        self._tags = Lazy(lambda: EfficientNet(self.engine, self.store))
        self._scenes = Lazy(lambda: RepeatedTags(self._tags()))
        self.faces = Lazy(self._make_faces)
        self.labels = Lazy(lambda: LabelDetector(self.objects(), self._scenes()))
        self.colours = Lazy(lambda: ColourAnalyser(_LazySaliency(Lazy(lambda: U2Net(self.engine, self.store)))))
        self._lines = Lazy(lambda: TextDetector(self.engine, self.store))
        self._words = Lazy(lambda: TextRecogniser(self.engine, self.store))
        self.text = Lazy(lambda: TextReader(self._lines(), self._words()))
        self.video_text = Lazy(lambda: TextReader(self._lines(), self._words(), SEARCH))
        self._masks = Lazy(lambda: SelfieSegmenter(self.engine, self.store))
        self.moderation = Lazy(self._make_moderation)
        self.equipment = Lazy(self._make_equipment)
        self.counter = Lazy(lambda: CrowdCounter(self.faces(), self.objects()))
        self.people = Lazy(self._make_people)
        self._sface = Lazy(lambda: SFace(self.engine, self.store))
        self._mobilefacenet = Lazy(lambda: MobileFaceNet(self.engine, self.store))
        self.probes = Lazy(lambda: Probes(self.pictures, self.faces, self.embedder, self.strengths))
        self.redactions = Lazy(
            lambda: RedactionJobs(
                settings.data / "redactions",
                lambda: RedactionWork(self.redactor, VideoLimits()),
                self.people().clock.now_ms,
            )
        )
        self.redacting = Lazy(lambda: self._make_redacting(source))
        self._moderating = Lazy(lambda: ModerationOperations(self.pictures, self.moderation()))
        answers = moderation_answers(lambda image, least: self._moderating().answer(image, least))
        self.stored = AppJobs(settings, source, lambda: self.kinds, answers)
        self.job_store, self.jobs = self.stored.store, self.stored.queue
        self._tokens = Lazy(lambda: PageTokens(self.people().storage.keyring.derive("page tokens")))
        self._bulk = Lazy(lambda: MediaAnalysisOperations(self.jobs(), source, self._tokens()))
        self._embedders = {version: Lazy(partial(self._make_embedder, version)) for version in DIMENSIONS}

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The analyses of videos, by their names."""
        kinds: tuple[Kind, ...] = (
            LabelKind(self.labels),
            FaceKind(self.faces, self.limits.faces),
            TextKind(self.video_text, self.limits.words),
            ModerationKind(self.moderation),
            SegmentKind(self.video_text),
        )
        return {kind.name: kind for kind in kinds}

    def make_worker(self) -> Worker:
        """As `AppJobs.make_worker`."""
        return self.stored.make_worker()

    def operations(self) -> dict[str, Operation]:
        """What is served, by AWS's name."""
        faces = Lazy(lambda: FaceOperations(self.pictures, self.faces(), self.limits.faces))
        labels = Lazy(lambda: LabelOperations(self.pictures, self.labels(), self.colours()))
        text = Lazy(lambda: TextOperations(self.pictures, self.text(), self.limits.words))
        equipment = Lazy(lambda: ProtectiveEquipmentOperations(self.pictures, self.equipment()))
        return {
            "DetectFaces": lambda call: faces().detect_faces(call),
            "DetectLabels": lambda call: labels().detect_labels(call),
            "DetectText": lambda call: text().detect_text(call),
            "DetectModerationLabels": lambda call: self._moderating().detect_moderation_labels(call),
            "DetectProtectiveEquipment": lambda call: equipment().detect_protective_equipment(call),
            "StartMediaAnalysisJob": lambda call: self._bulk().start_media_analysis_job(call),
            "GetMediaAnalysisJob": lambda call: self._bulk().get_media_analysis_job(call),
            "ListMediaAnalysisJobs": lambda call: self._bulk().list_media_analysis_jobs(call),
        } | {**self._identity_operations(), **self.stored.operations(self._tokens)}

    def embedder(self, version: str) -> FaceEmbedder:
        """What turns faces into vectors of one model version."""
        return self._embedders[version]()

    def strengths(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As `SFace.strengths`."""
        return self._sface().strengths(crops)

    def redactor(self, settings: RedactionSettings) -> Finder:
        """What finds what is to be covered; one for each video."""
        networks = FinderNetworks(self._detector, self._second_detector, self.objects, self._lines, self._masks)
        return Finder(networks, settings.kinds, has_outlines=settings.shape == "outline")

    def redact_picture(self, data: bytes, settings: RedactionSettings) -> RedactedPicture:
        """As `redaction.pictures.redact_picture`, in every format that can be read."""
        budget = Budget(ALL_FORMATS, self.limits.max_pixels)
        return redact_picture(data, self.redactor(settings), settings, budget)

    def warm(self) -> None:
        """Loads the networks that `DetectFaces` needs, so that the first request is as quick as the others."""
        self.faces()
        self._mesh()

    def _make_faces(self) -> FaceAnalyser:
        return FaceAnalyser(
            FaceNetworks(FaceSearch(self._detector()), self._mesh, self._expressions, self._face_cover, self._tags)
        )

    def _identity_operations(self) -> dict[str, Operation]:
        people, probes, tokens = self.people, self.probes, self._tokens
        comparing = Lazy(lambda: ComparisonOperations(people().matching, probes(), self.settings.face_model))
        collections = Lazy(lambda: CollectionOperations(people().collections, tokens()))
        enrolment = Lazy(lambda: EnrolmentOperations(people().collections, people().faces, probes()))
        stored = Lazy(lambda: StoredFaceOperations(people().collections, people().faces, tokens()))
        searching = Lazy(lambda: SearchOperations(people().collections, people().matching, probes()))
        users = Lazy(lambda: UserOperations(people().collections, people().users, tokens()))
        tags = Lazy(lambda: TagOperations(people().collections))
        return {
            "CompareFaces": lambda call: comparing().compare_faces(call),
            "CreateCollection": lambda call: collections().create_collection(call),
            "DescribeCollection": lambda call: collections().describe_collection(call),
            "ListCollections": lambda call: collections().list_collections(call),
            "DeleteCollection": lambda call: collections().delete_collection(call),
            "IndexFaces": lambda call: enrolment().index_faces(call),
            "ListFaces": lambda call: stored().list_faces(call),
            "DeleteFaces": lambda call: stored().delete_faces(call),
            "SearchFaces": lambda call: searching().search_faces(call),
            "SearchFacesByImage": lambda call: searching().search_faces_by_image(call),
            "SearchUsers": lambda call: searching().search_users(call),
            "SearchUsersByImage": lambda call: searching().search_users_by_image(call),
            "CreateUser": lambda call: users().create_user(call),
            "DeleteUser": lambda call: users().delete_user(call),
            "ListUsers": lambda call: users().list_users(call),
            "AssociateFaces": lambda call: users().associate_faces(call),
            "DisassociateFaces": lambda call: users().disassociate_faces(call),
            "ListTagsForResource": lambda call: tags().list_tags_for_resource(call),
            "TagResource": lambda call: tags().tag_resource(call),
            "UntagResource": lambda call: tags().untag_resource(call),
        }

    def _make_people(self) -> People:
        settings = self.settings
        storage = open_storage(settings.data, settings.master_key_file, settings.master_key, self._environ)
        try:
            return open_people(
                storage,
                model_version=settings.face_model,
                dimension_of=DIMENSIONS.__getitem__,
                settings=settings.told(),
            )
        except BaseException:
            storage.close()
            raise

    def _make_redacting(self, source: ObjectSource) -> RedactionOperations:
        return RedactionOperations(
            source, self.limits.object_bytes, self.redact_picture, self.redactions(), VideoLimits()
        )

    def _make_embedder(self, version: str) -> FaceEmbedder:
        return FaceEmbedder(version, {"sface": self._sface, "mobilefacenet": self._mobilefacenet})

    def _make_moderation(self) -> Moderator:
        engine, store = self.engine, self.store
        return Moderator(ImageSafety(engine, store), Nsfwjs(engine, store), OpenNsfw(engine, store), self._scenes())

    def _make_equipment(self) -> EquipmentInspector:
        return EquipmentInspector(
            self.objects(),
            MoveNet(self.engine, self.store),
            self._detector(),
            self._face_cover(),
            self.limits.persons,
        )


class _LazySaliency:
    """The saliency network, which only IMAGE_PROPERTIES needs, loaded when it does."""

    def __init__(self, network: Callable[[], U2Net]) -> None:
        self._network = network

    def saliency(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As `U2Net.saliency`."""
        return self._network().saliency(image)


def _compiled(store: WeightStore) -> Path | None:
    """Where compiled networks are kept between starts, beside their weights; nowhere if that may not be written."""
    folder = store.folder / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _source(settings: Settings) -> ObjectSource:
    if settings.s3_endpoint is None:
        return LocalBuckets(settings.buckets)
    return S3Endpoint(
        settings.s3_endpoint, settings.s3_region, settings.s3_access_key_id, settings.s3_secret_access_key
    )
