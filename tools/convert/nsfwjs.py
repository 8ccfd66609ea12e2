"""The NSFWJS classifier as ONNX, from the scripts inside the npm package nsfwjs 4.4.0.

    npm pack nsfwjs@4.4.0
    python tools/convert/nsfwjs.py nsfwjs-4.4.0.tgz src/regard/models/converted/nsfwjs_mobilenet_v2.onnx

Needs numpy and onnx in an environment of their own. The scripts are read as text; nothing in them is run.
The original's weights are 8-bit numbers with a scale and an offset an array (TensorFlow.js's layers format); they are
kept as they are.
Classes, in order: drawing, hentai, neutral, porn, sexy.
"""

import base64
import math
import re
import sys
import tarfile
from pathlib import Path

import mobilenet_v2
import numpy as np

_FOLDER = "package/dist/models/mobilenet_v2"
_INPUT_SHA256 = {
    f"{_FOLDER}/model.min.js": "c32f104fd562b08cdff5ed69dfe1209643afa47e792fb12751d2949aa61a397a",
    f"{_FOLDER}/group1-shard1of1.min.js": "ef2e0a63f7d2c4960b37b024b669313f65d3c45cd59e9042636c55b39de53517",
}
_OUTPUT_SHA256 = "5ba07b56f3f7780185cd1868fa609219a25caf010d06d3ff0341edaeb405d015"

_SHARD = re.compile(r'"([A-Za-z0-9+/]{1000,}={0,2})"')
_ENTRY = re.compile(
    r'\{name:"(?P<name>[^"]+)",shape:\[(?P<shape>[\d,]+)\],dtype:"float32",'
    r'quantization:\{min:(?P<min>[-.\de]+),scale:(?P<scale>[-.\de]+),dtype:"uint8"\}\}'
)


def main(tarball: Path, target: Path) -> None:
    """Convert, checking both ends."""
    with tarfile.open(tarball) as archive:
        model, shard = (
            mobilenet_v2.check_input(_read(archive, name), name, expected).decode("ascii")
            for name, expected in _INPUT_SHA256.items()
        )
    mobilenet_v2.write(_weights(model, shard), ["dense_1", "dense_2", "dense_3"], target, _OUTPUT_SHA256)


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    if member is None:
        raise SystemExit(f"{name} is not a file")
    return member.read()


def _weights(model: str, shard: str) -> dict[str, mobilenet_v2.Coded]:
    """Every weight by "layer/part". The manifest lists them in the order in which the shard has their bytes."""
    encoded = _SHARD.search(shard)
    if encoded is None:
        raise SystemExit("the shard holds no base64 text")
    values = np.frombuffer(base64.b64decode(encoded[1]), np.uint8)
    weights = {}
    start = 0
    for entry in _ENTRY.finditer(model, model.index("weightsManifest")):
        shape = tuple(int(side) for side in entry["shape"].split(","))
        codes = values[start : start + math.prod(shape)].reshape(shape)
        scale, offset = (np.full((1,) * len(shape), float(entry[part])) for part in ("scale", "min"))
        weights[entry["name"]] = mobilenet_v2.Coded(codes, scale, offset)
        start += math.prod(shape)
    if start != values.size:
        raise SystemExit(f"the manifest describes {start:,} bytes and the shard has {values.size:,}")
    return weights


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
