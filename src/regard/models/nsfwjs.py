"""NSFWJS: drawing, hentai, neutral, porn or sexy."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.models import cards
from regard.models.engine import Engine, PixelInput
from regard.models.weights import WeightStore

SIDE = 224


@dataclass(frozen=True, slots=True)
class NsfwjsScores:
    """Probabilities of the five classes, which add up to 1. Their names are the author's."""

    drawing: float  # harmless drawings; photographs of bright, hard-edged things score high as well
    hentai: float  # explicit drawings
    neutral: float
    porn: float  # explicit photographs
    sexy: float  # skin and suggestion without nudity; sports and crowds score high as well


class Nsfwjs:
    """The classifier.

    Source: github.com/GantMan/nsfw_model, github.com/infinitered/nsfwjs; weights: `cards.NSFWJS`.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        pixels = PixelInput(is_channels_first=False, scale=(255.0, 255.0, 255.0))
        self._network = engine.load(store.path(cards.NSFWJS), pixels=pixels)

    def classify(self, image: NDArray[np.uint8]) -> NsfwjsScores:
        """Scores for the whole of a (H, W, 3) RGB picture."""
        # Averaging, where the author samples: measured here, half as many photographs pass for drawings.
        way = cv2.INTER_AREA if min(image.shape[:2]) > SIDE else cv2.INTER_LINEAR
        square = np.asarray(cv2.resize(image, (SIDE, SIDE), interpolation=way), dtype=np.uint8)
        (probabilities,) = self._network.run(square[None])
        return NsfwjsScores(*probabilities[0].tolist())
