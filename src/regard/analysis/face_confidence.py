"""What a face detector's score is worth."""

import numpy as np

# Score of YuNet against the share of boxes with such a score that were faces, on the 197 WIDER FACE pictures of
# bench/accuracy.py with the sizes of face_search.py. Faces too small or blurred for the annotators count as wrong
# there, so the truth is rather higher.
_SCORES = (0.0, 0.06, 0.25, 0.35, 0.45, 0.525, 0.575, 0.625, 0.675, 0.725, 0.775, 0.825, 0.875, 0.925, 1.0)
_PERCENT = (0.0, 0.2, 3.0, 5.3, 10.5, 21.0, 26.7, 35.4, 45.0, 59.3, 84.7, 96.3, 99.1, 99.9, 100.0)


def confidence(score: float) -> float:
    """0..100 for a score of 0..1: the percentage of such boxes that are faces."""
    return float(np.interp(score, _SCORES, _PERCENT))


def score(percent: float) -> float:
    """The score whose `confidence` is `percent`."""
    return float(np.interp(percent, _PERCENT, _SCORES))
