"""Pose, gaze and the thirty landmarks from a face mesh or from five points."""

import numpy as np
from numpy.typing import NDArray

from regard.analysis.results import EyeDirection, Pose

FIVE = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")  # in the detector's order

# Rekognition's landmarks as points of the mesh; left and right are the picture's. Chosen as the nearest points on the
# one recorded Rekognition answer, and looked at on others.
MESH_LANDMARKS: dict[str, int] = {
    "eyeLeft": 468, "eyeRight": 473, "mouthLeft": 61, "mouthRight": 291, "nose": 4,
    "leftEyeBrowLeft": 46, "leftEyeBrowRight": 107, "leftEyeBrowUp": 105,
    "rightEyeBrowLeft": 336, "rightEyeBrowRight": 276, "rightEyeBrowUp": 334,
    "leftEyeLeft": 33, "leftEyeRight": 133, "leftEyeUp": 159, "leftEyeDown": 145,
    "rightEyeLeft": 362, "rightEyeRight": 263, "rightEyeUp": 386, "rightEyeDown": 374,
    "noseLeft": 60, "noseRight": 290, "mouthUp": 0, "mouthDown": 17, "leftPupil": 468, "rightPupil": 473,
    "upperJawlineLeft": 127, "midJawlineLeft": 172, "chinBottom": 152, "midJawlineRight": 397, "upperJawlineRight": 356,
}  # fmt: skip

# Points of MediaPipe's canonical face (x right, y up, z towards the viewer, in cm) with their weights when a face is
# fitted to it. Source: geometry_pipeline_metadata_landmarks.binarypb inside face_landmarker.task.
_FIT = np.array((
    (4, 0.0000, -0.4632, 7.5866, 0.07091), (6, 0.0000, 2.4733, 5.7886, 0.03210),
    (10, 0.0000, 8.2618, 4.4815, 0.00845), (33, -4.4459, 2.6640, 3.1734, 0.05872),
    (54, -6.2793, 6.6154, 1.4259, 0.00767), (67, -3.5240, 8.0060, 3.7292, 0.00908),
    (117, -5.2587, 0.9458, 2.9743, 0.00979), (119, -3.3007, 0.8616, 3.8728, 0.01457),
    (121, -1.8207, 1.4680, 4.2241, 0.01859), (127, -7.7431, 2.3650, -2.0052, 0.00520),
    (129, -1.7858, -0.9783, 4.8505, 0.12063), (132, -7.2709, -2.8909, -2.2525, 0.00556),
    (133, -1.8564, 2.5852, 3.7579, 0.05329), (136, -5.0853, -7.1786, 0.7147, 0.06689),
    (143, -6.4076, 2.2360, 1.5608, 0.01482), (147, -6.2349, -1.9444, 1.6635, 0.01426),
    (198, -1.2468, 0.2303, 5.6810, 0.02546), (205, -3.8329, -1.5373, 4.1377, 0.04725),
    (263, 4.4459, 2.6640, 3.1734, 0.05872), (284, 6.2793, 6.6154, 1.4259, 0.00767),
    (297, 3.5240, 8.0060, 3.7292, 0.00908), (346, 5.2587, 0.9458, 2.9743, 0.00979),
    (348, 3.3007, 0.8616, 3.8728, 0.01457), (350, 1.8207, 1.4680, 4.2241, 0.01859),
    (356, 7.7431, 2.3650, -2.0052, 0.00520), (358, 1.7858, -0.9783, 4.8505, 0.12063),
    (361, 7.2709, -2.8909, -2.2525, 0.00556), (362, 1.8564, 2.5852, 3.7579, 0.05329),
    (365, 5.0853, -7.1786, 0.7147, 0.06689), (372, 6.4076, 2.2360, 1.5608, 0.01482),
    (376, 6.2349, -1.9444, 1.6635, 0.01426), (420, 1.2468, 0.2303, 5.6810, 0.02546),
    (425, 3.8329, -1.5373, 4.1377, 0.04725),
))  # fmt: skip
_FIT_POINTS, _FIT_SHAPE, _FIT_WEIGHTS = _FIT[:, 0].astype(int), _FIT[:, 1:4], _FIT[:, 4:] / _FIT[:, 4].sum()

# The five landmarks on the same face: x and y are medians over 461 LFW faces that look ahead, as the detector marks
# them and the mesh turns them back; z is the canonical face's.
_FIVE_SHAPE = np.array((
    (-3.345, 2.725, 3.466), (3.345, 2.725, 3.466), (0, -1.029, 7.587), (-2.961, -4.063, 4.284), (2.961, -4.063, 4.284),
))  # fmt: skip

_UPRIGHT = np.array((1.0, -1.0, -1.0))  # from the picture's y down, z away to the canonical face's axes

# An eye's corners lie about 30 mm apart and the ball's radius is about 12 mm, so the pupil's shift as a share of the
# width between the corners is the sine of the turn, times 12/30. Both are common anatomical means.
_WIDTH_OVER_RADIUS = 30 / 12
# Means over 700 LFW faces, taken as looking straight: pupils sit nearer the nose than the corners' middle, and above.
_NASAL_DEGREES, _RAISED_DEGREES = 5.2, 8.6
_EYES = ((468, 33, 133, -1.0), (473, 362, 263, 1.0))  # iris, corner, corner, the side its nasal shift points from


def head_rotation(mesh: NDArray[np.float32]) -> NDArray[np.float64]:
    """(3, 3) rotation that turns MediaPipe's canonical face as the (478, 3) `mesh` is turned.

    Weighted orthogonal Procrustes fit, as MediaPipe's face geometry module does. Source: Schoenemann, 1966.
    """
    seen = mesh[_FIT_POINTS] * _UPRIGHT
    shape = _FIT_SHAPE - (_FIT_WEIGHTS * _FIT_SHAPE).sum(0)
    seen = seen - (_FIT_WEIGHTS * seen).sum(0)
    u, _, vt = np.linalg.svd((seen * _FIT_WEIGHTS).T @ shape)
    return np.asarray(u @ np.diag((1.0, 1.0, np.linalg.det(u @ vt))) @ vt)


def rotation_from_five(landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
    """The same from the detector's (5, 2) landmarks, for faces too small for a mesh.

    On 700 LFW faces it differs from the mesh's by 4 degrees in yaw, 6 in pitch and 2.5 in roll on average.

    A scaled orthographic camera fitted by least squares, its rows made orthonormal.
    """
    seen = landmarks * _UPRIGHT[:2]
    camera, *_ = np.linalg.lstsq(_FIVE_SHAPE - _FIVE_SHAPE.mean(0), seen - seen.mean(0), rcond=None)
    u, _, vt = np.linalg.svd(camera.T, full_matrices=False)
    across, up = u @ vt
    return np.stack((across, up, np.cross(across, up)))


def pose(rotation: NDArray[np.float64]) -> Pose:
    """Angles of a (3, 3) head rotation."""
    forward = rotation[:, 2]
    return Pose(
        roll=float(-np.degrees(np.arctan2(rotation[1, 0], rotation[1, 1]))),
        yaw=float(np.degrees(np.arctan2(forward[0], forward[2]))),
        pitch=float(np.degrees(np.arcsin(np.clip(forward[1], -1, 1)))),
    )


def eye_direction(mesh: NDArray[np.float32], rotation: NDArray[np.float64], openness: float) -> EyeDirection:
    """Where the eyes look relative to the head.

    openness: 0..1, the belief that the eyes are open. The confidence is that, less what the two eyes disagree: 45
    degrees of disagreement leave none.
    """
    head = (mesh * _UPRIGHT) @ rotation
    turns = []
    for iris, outer, inner, side in _EYES:
        width = abs(head[inner, 0] - head[outer, 0])
        shift = (head[iris] - (head[outer] + head[inner]) / 2) / max(width, 1e-6) * _WIDTH_OVER_RADIUS
        yaw, rise = np.degrees(np.arcsin(np.clip(shift[:2], -1, 1)))
        turns.append((yaw - side * _NASAL_DEGREES, rise - _RAISED_DEGREES))
    (left_yaw, left_pitch), (right_yaw, right_pitch) = turns
    agreement = 1 - min(1.0, abs(left_yaw - right_yaw) / 45)
    return EyeDirection(
        float((left_yaw + right_yaw) / 2), float((left_pitch + right_pitch) / 2), float(100 * openness * agreement)
    )


def named_landmarks(mesh: NDArray[np.float32]) -> tuple[tuple[str, float, float], ...]:
    """Rekognition's thirty, from a (478, 3) mesh."""
    return tuple((name, float(mesh[i, 0]), float(mesh[i, 1])) for name, i in MESH_LANDMARKS.items())
