"""Yahoo's open_nsfw: sexually explicit or not."""

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.models import cards
from regard.models.engine import Engine, ModelError, PixelInput
from regard.models.weights import WeightStore

RESIZED = 256
SIDE = 224
# Yahoo's own script saves the resized picture as a JPEG at Pillow's default quality before it crops, as in training.
JPEG_QUALITY = 75
MOST_LIKELY_EXPLICIT = 0.8  # from Yahoo's README: above it, "highly probable"; below 0.2 most likely safe


class OpenNsfw:
    """The classifier, a thin ResNet-50.

    Source: github.com/yahoo/open_nsfw; weights: `cards.OPEN_NSFW`.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        pixels = PixelInput(is_bgr=True, is_channels_first=False, mean=(104.0, 117.0, 123.0))
        self._network = engine.load(store.path(cards.OPEN_NSFW), pixels=pixels)

    def explicit_probability(self, image: NDArray[np.uint8]) -> float:
        """0 to 1 for the middle 7/8 of a (H, W, 3) RGB picture."""
        (probabilities,) = self._network.run(_cropped(image)[None])
        return float(probabilities[0][1])


def _cropped(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(224, 224, 3) RGB, the middle of the picture at 256 by 256 after a round trip through JPEG."""
    way = cv2.INTER_AREA if min(image.shape[:2]) > RESIZED else cv2.INTER_LINEAR
    square = cv2.resize(image, (RESIZED, RESIZED), interpolation=way)
    is_written, encoded = cv2.imencode(".jpg", square, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not is_written:
        raise ModelError("the picture for open_nsfw could not be written as a JPEG")
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), dtype=np.uint8)
    edge = (RESIZED - SIDE) // 2
    return np.ascontiguousarray(decoded[edge : edge + SIDE, edge : edge + SIDE])
