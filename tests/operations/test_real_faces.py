"""The operations on people with the networks that are shipped: one real person, and pictures that are none."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Images

from regard.app import App
from regard.models.weights import WeightStore
from regard.operations.call import Operation
from regard.settings import Settings
from tests.media.picture_files import encoded
from tests.people.rooms import GOVERNED
from tests.server.service import Service, running

pytestmark = pytest.mark.weights

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def real(store: WeightStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    def make(settings: Settings, _: Mapping[str, Operation]) -> App:
        return App(settings, os.environ)

    with running(tmp_path_factory.mktemp("real"), make=make, weights=store.folder) as service:
        yield service


@pytest.fixture(scope="module")
def client(real: Service) -> Any:
    return real.client()


@pytest.fixture
def sandbox(client: Any) -> Iterator[str]:
    client.create_collection(CollectionId="trial")
    yield "trial"
    client.delete_collection(CollectionId="trial")


def jpeg(pixels: Pixels, quality: int = 90) -> dict[str, bytes]:
    return {"Bytes": encoded(Images.fromarray(pixels), "JPEG", quality=quality)}


def posted(service: Service, path: str, body: Any) -> Any:
    """The answer of a route of /v1."""
    answer = service.ask("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    assert answer.status < 300, answer.body
    return answer.json


def another(astronaut: Pixels) -> Pixels:
    """The same person in another picture: mirrored, smaller, darker."""
    smaller = cv2.resize(astronaut[:, ::-1], (300, 300), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller * 0.7, np.uint8)


def test_a_person_is_enrolled_found_and_forgotten(client: Any, sandbox: str, astronaut: Pixels) -> None:
    (record,) = client.index_faces(CollectionId=sandbox, Image=jpeg(astronaut), ExternalImageId="ann")["FaceRecords"]
    box = record["Face"]["BoundingBox"]
    corners = [box["Left"], box["Top"], box["Left"] + box["Width"], box["Top"] + box["Height"]]
    assert np.multiply(corners, 512) == pytest.approx([177, 64, 271, 181], abs=15)
    (match,) = client.search_faces_by_image(CollectionId=sandbox, Image=jpeg(another(astronaut)))["FaceMatches"]
    assert match["Face"]["ExternalImageId"] == "ann"
    assert match["Similarity"] > 99
    client.delete_faces(CollectionId=sandbox, FaceIds=[record["Face"]["FaceId"]])
    assert client.search_faces_by_image(CollectionId=sandbox, Image=jpeg(astronaut))["FaceMatches"] == []


def test_the_same_code_works_with_consent_and_finds_nothing_after_withdrawal(
    real: Service, client: Any, astronaut: Pixels
) -> None:
    client.create_collection(CollectionId="staff", Tags=GOVERNED)
    enrolment = {"CollectionId": "staff", "Image": jpeg(astronaut), "ExternalImageId": "ann"}
    with pytest.raises(client.exceptions.AccessDeniedException, match="regard consent grant --collection staff"):
        client.index_faces(**enrolment)
    asked = {
        "collection": "staff",
        "subject": "ann",
        "purpose": GOVERNED["regard:purpose"],
        "expires": (datetime.now(UTC) + timedelta(days=365)).isoformat(),
        "evidence_sha256": "0" * 64,
    }
    consent = posted(real, "/v1/consents", asked)
    assert len(client.index_faces(**enrolment)["FaceRecords"]) == 1
    search = {"CollectionId": "staff", "Image": jpeg(another(astronaut))}
    assert len(client.search_faces_by_image(**search)["FaceMatches"]) == 1
    posted(real, f"/v1/consents/{consent['id']}/withdrawal", {})
    assert client.search_faces_by_image(**search)["FaceMatches"] == []
    assert client.list_faces(CollectionId="staff")["Faces"] == []


def test_one_person_twice_in_a_picture_matches_twice(client: Any, astronaut: Pixels) -> None:
    both = np.concatenate([astronaut[:300], astronaut[:300, ::-1]], axis=1)
    answer = client.compare_faces(SourceImage=jpeg(astronaut), TargetImage=jpeg(both))
    assert [match["Similarity"] > 99 for match in answer["FaceMatches"]] == [True, True]
    assert answer["UnmatchedFaces"] == []


@pytest.mark.parametrize("name", ["face_1.jpg", "face_10.jpg", "face_11.jpg"])
def test_somebody_who_does_not_exist_is_not_the_astronaut(
    client: Any, testdata: Path, astronaut: Pixels, name: str
) -> None:
    stranger = {"Bytes": (testdata / "synthetic_people" / name).read_bytes()}
    answer = client.compare_faces(SourceImage=jpeg(astronaut), TargetImage=stranger)
    assert (answer["FaceMatches"], len(answer["UnmatchedFaces"])) == ([], 1)


def blurred(astronaut: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(astronaut, (0, 0), 5), np.uint8)


def of_20_pixels(astronaut: Pixels) -> Pixels:
    side = 512 * 20 // 94
    canvas = np.full((512, 512, 3), 200, np.uint8)
    canvas[:side, :side] = cv2.resize(astronaut, (side, side), interpolation=cv2.INTER_AREA)
    return canvas


def dark(astronaut: Pixels) -> Pixels:
    return np.asarray(astronaut * 0.1, np.uint8)


def half_covered(astronaut: Pixels) -> Pixels:
    covered = astronaut.copy()
    covered[64:122, 165:283] = 60
    return covered


def cartoon(astronaut: Pixels) -> Pixels:
    """Few colours and black outlines, as `bench/degraded.py` makes them."""
    flat = cv2.bilateralFilter(astronaut, 9, 75, 75) // 43 * 43 + 21
    grey = cv2.medianBlur(cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY), 5)
    lines = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, 4)
    return np.asarray(np.where(lines[..., None] > 0, flat, 0), np.uint8)


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (blurred, "LOW_SHARPNESS"),
        (of_20_pixels, "SMALL_BOUNDING_BOX"),
        (dark, "LOW_BRIGHTNESS"),
        (half_covered, "LOW_FACE_QUALITY"),
        (cartoon, "LOW_FACE_QUALITY"),
    ],
)
def test_a_poor_picture_is_not_enrolled(
    client: Any, sandbox: str, astronaut: Pixels, spoilt: Callable[[Pixels], Pixels], reason: str
) -> None:
    answer = client.index_faces(CollectionId=sandbox, Image=jpeg(spoilt(astronaut)))
    assert answer["FaceRecords"] == []
    (left,) = answer["UnindexedFaces"]
    assert reason in left["Reasons"]


def test_an_animal_is_nobody(client: Any, sandbox: str) -> None:
    from skimage import data

    cat = jpeg(data.chelsea())  # type: ignore[no-untyped-call]  # scikit-image has no types
    assert client.index_faces(CollectionId=sandbox, Image=cat)["FaceRecords"] == []
    with pytest.raises(client.exceptions.InvalidParameterException, match="There are no faces in the image"):
        client.search_faces_by_image(CollectionId=sandbox, Image=cat)
