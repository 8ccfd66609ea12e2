"""The 1:1 questions of /v1 with the networks themselves."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Images

from regard.app import App
from regard.models.weights import WeightStore
from regard.operations.verification import OneToOne
from regard.people.acts import Asker
from regard.settings import Settings
from tests.media.picture_files import encoded
from tests.server.service import MASTER_KEY

ASKER = Asker("123456789012", "us-east-1", "request")

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def questions(store: WeightStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneToOne]:
    settings = Settings.read({}, data=tmp_path_factory.mktemp("data"), master_key=MASTER_KEY, weights=store.folder)
    app = App(settings, {})
    people = app.people()
    yield OneToOne(people.collections, people.matching, app.probes(), settings.face_model)
    people.close()


def jpeg(pixels: NDArray[np.uint8], side: int = 512, quality: int = 85) -> dict[str, bytes]:
    """An `Image` of the array, scaled to a square of `side`."""
    return {"Bytes": encoded(Images.fromarray(pixels).resize((side, side)), "JPEG", quality=quality)}


def test_mirrored_and_smaller_picture_shows_the_same_person(questions: OneToOne, astronaut: NDArray[np.uint8]) -> None:
    found = questions.compare(ASKER, jpeg(astronaut), jpeg(astronaut[:, ::-1].copy(), 300))
    assert len(found.targets) == 1
    assert found.targets[0].similarity >= 99
    assert found.targets[0].false_match_rate <= 1e-6
    # The face is at about (177, 64)-(271, 181) of 512.
    assert found.source.box == pytest.approx((177 / 512, 64 / 512, 94 / 512, 117 / 512), abs=0.04)


def test_good_portrait_has_no_reason_for_doubt(questions: OneToOne, astronaut: NDArray[np.uint8]) -> None:
    found = questions.compare(ASKER, jpeg(astronaut), jpeg(astronaut))
    names = {component.name for component in found.source.quality}
    assert {"IlluminationUniformity", "EyesOpen", "MouthClosed", "HeadPoseYaw", "Sharpness"} <= names
    assert [component.name for component in found.source.quality if component.reason] == []


def test_dark_picture_is_told_to_be_dark(questions: OneToOne, astronaut: NDArray[np.uint8]) -> None:
    dark = questions.compare(ASKER, jpeg((astronaut * 0.08).astype(np.uint8), quality=95), jpeg(astronaut)).source
    assert "The face is too dark." in [component.reason for component in dark.quality]


def test_strangers_do_not_match(questions: OneToOne, astronaut: NDArray[np.uint8], testdata: Path) -> None:
    others = sorted((testdata / "synthetic_people").rglob("*.jpg"))[:5]
    found = [questions.compare(ASKER, jpeg(astronaut), {"Bytes": other.read_bytes()}).targets for other in others]
    assert [[face.similarity >= 90 for face in faces] for faces in found] == [[False]] * 5
