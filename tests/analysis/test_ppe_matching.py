"""Who is whose, on pictures drawn as numbers."""

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.ppe_matching import BodyPoints, body_points, faces_of
from regard.models.movenet import Poses
from regard.models.yunet import FaceBoxes


def nobody() -> Poses:
    return Poses(*(np.zeros(shape, dtype=np.float32) for shape in ((0, 17, 2), (0, 17), (0, 4), (0,))))


def poses(*boxes: tuple[float, float, float, float]) -> Poses:
    """People whose every point is the top left corner of their box."""
    rows = np.array(boxes, dtype=np.float32)
    points = np.repeat(rows[:, None, :2], 17, axis=1)
    return Poses(points, np.ones((len(boxes), 17), np.float32), rows, np.ones(len(boxes), np.float32))


class StubPoses:
    """Sees `whole` in the whole picture; in a crop, one person who fills all but the margin."""

    def __init__(self, whole: Poses, crops_show_somebody: bool = True) -> None:
        self.whole = whole
        self.shows = crops_show_somebody
        self.sizes: list[tuple[int, ...]] = []

    def locate(self, image: NDArray[np.uint8], longer_side: int) -> Poses:
        self.sizes.append(image.shape[:2])
        if longer_side == 384:
            return self.whole
        height, width = image.shape[:2]
        return poses((width / 12, height / 12, width * 11 / 12, height * 11 / 12)) if self.shows else nobody()


PICTURE = np.zeros((600, 1000, 3), dtype=np.uint8)


def rows(*boxes: tuple[float, float, float, float]) -> NDArray[np.float32]:
    return np.array(boxes, dtype=np.float32).reshape(-1, 4)


def corner(body: BodyPoints | None) -> list[float]:
    assert body is not None
    corner: list[float] = body.points[0].tolist()
    return corner


def test_poses_go_to_the_boxes_they_overlap_most() -> None:
    network = StubPoses(poses((510, 0, 700, 590), (10, 0, 200, 590)))

    bodies = body_points(network, PICTURE, rows((0, 0, 200, 600), (500, 0, 700, 600)))

    assert [corner(body) for body in bodies] == [[10, 0], [510, 0]]
    assert network.sizes == [(600, 1000)]


def test_somebody_missed_in_the_whole_picture_is_searched_alone() -> None:
    network = StubPoses(poses((10, 0, 200, 590)))

    bodies = body_points(network, PICTURE, rows((0, 0, 200, 600), (500, 100, 600, 500)))

    # The crop is the box with a tenth on each side: 490 to 610 and 60 to 540.
    assert network.sizes == [(600, 1000), (480, 120)]
    assert corner(bodies[1]) == pytest.approx([500, 100])


def test_small_people_are_searched_alone_and_the_whole_is_not() -> None:
    network = StubPoses(nobody())

    body_points(network, PICTURE, rows((0, 0, 100, 200), (500, 0, 600, 200)))

    assert network.sizes == [(220, 110), (220, 120)]  # the first one's margin ends at the picture's edges


def test_somebody_whose_pose_cannot_be_seen_has_none() -> None:
    network = StubPoses(nobody(), crops_show_somebody=False)

    assert body_points(network, PICTURE, rows((0, 0, 200, 600))) == [None]


def face_boxes(*boxes: tuple[float, float, float, float]) -> FaceBoxes:
    count = len(boxes)
    return FaceBoxes(rows(*boxes), np.zeros((count, 5, 2), np.float32), np.ones(count, np.float32))


def body_with_head_at(x: float, y: float) -> BodyPoints:
    scores = np.zeros(17, dtype=np.float32)
    scores[:5] = 0.8
    return BodyPoints(np.tile(np.array([x, y], dtype=np.float32), (17, 1)), scores)


def test_a_face_in_two_boxes_goes_to_the_nearer_head() -> None:
    overlapping = rows((0, 0, 200, 600), (100, 0, 300, 600))
    bodies: list[BodyPoints | None] = [body_with_head_at(60, 60), body_with_head_at(160, 60)]

    assert faces_of(overlapping, bodies, face_boxes((130, 20, 190, 100))) == [None, 0]


def test_without_body_points_the_face_near_the_top_of_the_box_is_taken() -> None:
    faces = face_boxes((70, 300, 130, 380), (70, 20, 130, 100))

    assert faces_of(rows((0, 0, 200, 600)), [None], faces) == [1]


def test_a_face_on_a_shirt_is_nobodys() -> None:
    faces = face_boxes((70, 300, 130, 380))

    assert faces_of(rows((0, 0, 200, 600)), [body_with_head_at(100, 60)], faces) == [None]


def test_no_faces_at_all() -> None:
    assert faces_of(rows((0, 0, 200, 600)), [None], face_boxes()) == [None]
