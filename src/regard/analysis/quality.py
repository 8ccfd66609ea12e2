"""How usable the picture of a face is, as two numbers from 0 to 100."""

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.analysis.results import Quality

_SIDE = 96  # pixels to which every face is brought, so that a small face cannot look sharper than it is
_INSIDE = slice(_SIDE // 8, -(_SIDE // 8))

# The two curves pass through the one answer on record from Rekognition whose picture may be used (brightness 49.3,
# sharpness 38.9), and were checked on faces blurred by known amounts; `docs/concepts/faces.md` has the table.
_BRIGHTNESS_POWER = 0.6
_SHARPNESS_MIDDLE, _SHARPNESS_WIDTH = -0.92, 0.28


def face_quality(image: NDArray[np.uint8], box: NDArray[np.float32]) -> Quality:
    """Brightness and sharpness of the face in `box`, (4,) pixels of the (H, W, 3) RGB `image`.

    Brightness is the mean luma to the power 0.6. Sharpness is a logistic of log10(variance of the Laplacian / variance
    of the luma) with the face 96 pixels wide: about 85 for a sharp face, 40 for a news photograph at 100 pixels, 8 for
    the same with a Gaussian blur of one hundredth of its width or at 32 pixels. A box outside the picture is 0 and 0.
    """
    half = max(box[2] - box[0], box[3] - box[1]) * 0.45
    middle = (box[:2] + box[2:]) / 2
    left, top = np.maximum(np.round(middle - half), 0).astype(int)
    right, bottom = np.round(middle + half).astype(int)
    crop = image[top:bottom, left:right]
    if not crop.size:
        return Quality(0.0, 0.0)
    way = cv2.INTER_AREA if crop.shape[0] > _SIDE else cv2.INTER_LINEAR
    luma = cv2.cvtColor(cv2.resize(crop, (_SIDE, _SIDE), interpolation=way), cv2.COLOR_RGB2GRAY).astype(np.float32)
    inside = luma[_INSIDE, _INSIDE]
    edges = cv2.Laplacian(luma, cv2.CV_32F)[_INSIDE, _INSIDE]
    # 25 is the variance of noise in a flat crop, which must not pass for detail.
    detail = np.log10((edges.var() + 1e-3) / (inside.var() + 25))
    sharpness = 100 / (1 + np.exp(-(detail - _SHARPNESS_MIDDLE) / _SHARPNESS_WIDTH))
    return Quality(float(100 * (inside.mean() / 255) ** _BRIGHTNESS_POWER), float(sharpness))
