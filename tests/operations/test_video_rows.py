"""What the kinds of analysis of videos share."""

import numpy as np

from regard.operations.video_rows import PictureAnalyser, rounded
from tests.operations.made_looks import look


def test_times_are_whole_milliseconds_and_frames_without_a_picture_have_no_row() -> None:
    analyser = PictureAnalyser(lambda image: [{"Mean": float(image.mean())}])
    analyser.add(look(0, 7))
    analyser.add(look(40, has_image=False))
    analyser.add(look(500, 9))

    assert analyser.rows() == [{"Timestamp": 0, "Mean": 7.0}, {"Timestamp": 500, "Mean": 9.0}]


def test_numbers_are_cut_and_nothing_else() -> None:
    row = {"A": [np.float32(1 / 3), 1], "B": {"C": 2 / 3, "D": "0.123456789", "E": True}}

    assert rounded(row) == {"A": [0.33333, 1], "B": {"C": 0.66667, "D": "0.123456789", "E": True}}
