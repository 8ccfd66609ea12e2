"""DetectLabels: what is in a picture, its colours and its quality."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regard import errors
from regard.analysis.colours import Colour, ColourAnalyser, ImageProperties, Part, Quality
from regard.analysis.labels import Instance, Label, LabelDetector
from regard.operations.call import Call
from regard.operations.images import ImageRules, Pictures
from regard.operations.shapes import bounding_box

# Clients tell the form of an answer by this number: with 3.0 came aliases and categories. Which networks answered is
# on their cards.
LABEL_MODEL_VERSION = "3.0"
DEFAULT_MIN_CONFIDENCE = 55.0
MOST_LABELS = 1000
DEFAULT_COLOURS = 10
# Above what the networks (448, 300, 320) and the measure of sharpness (512) look at, for any usual shape of picture.
LONGER_SIDE = 640

RULES = ImageRules(max_side=10_000)


class LabelOperations:
    """The family's one operation."""

    def __init__(self, pictures: Pictures, detector: LabelDetector, colours: ColourAnalyser) -> None:
        self._pictures = pictures
        self._detector = detector
        self._colours = colours

    def detect_labels(self, call: Call) -> dict[str, Any]:
        """Answers DetectLabels. Raises InvalidParameter for settings of a feature that was not asked for."""
        features = call.input.get("Features") or ["GENERAL_LABELS"]
        settings = call.input.get("Settings") or {}
        if "GeneralLabels" in settings and "GENERAL_LABELS" not in features:
            raise errors.InvalidParameter(
                "Request has invalid parameters: Settings.GeneralLabels needs GENERAL_LABELS in Features"
            )
        image = self._pictures.open(call.input["Image"], RULES).pixels(at_least=LONGER_SIDE)
        limit = (settings.get("ImageProperties") or {}).get("MaxDominantColors", DEFAULT_COLOURS)
        wants_properties = "IMAGE_PROPERTIES" in features
        answer: dict[str, Any] = {"Labels": [], "LabelModelVersion": LABEL_MODEL_VERSION}
        if "GENERAL_LABELS" in features:
            colours_per_instance = limit if wants_properties else None
            least = call.input.get("MinConfidence", DEFAULT_MIN_CONFIDENCE)
            labels = chosen(self._detector.detect(image, least), least, call.input)
            answer["Labels"] = [self._label(label, image, colours_per_instance) for label in labels]
        if wants_properties:
            answer["ImageProperties"] = properties_members(self._colours.properties(image, limit))
        return answer

    def _label(self, label: Label, image: NDArray[np.uint8], limit: int | None) -> dict[str, Any]:
        return label_members(label, [self._instance(instance, image, limit) for instance in label.instances])

    def _instance(self, instance: Instance, image: NDArray[np.uint8], limit: int | None) -> dict[str, Any]:
        """The members of one object; `limit` None leaves its colours out."""
        height, width = image.shape[:2]
        members: dict[str, Any] = {
            "BoundingBox": bounding_box(instance.box, (width, height)),
            "Confidence": instance.confidence,
        }
        if limit is not None:
            members["DominantColors"] = colours_members(self._colours.colours(crop(image, instance), limit))
        return members


def crop(image: NDArray[np.uint8], instance: Instance) -> NDArray[np.uint8]:
    """The pixels of an object's box, at least one."""
    height, width = image.shape[:2]
    left, top, right, bottom = instance.box
    first_row, first_column = min(int(top), height - 1), min(int(left), width - 1)
    return image[first_row : max(first_row + 1, round(bottom)), first_column : max(first_column + 1, round(right))]


def chosen(labels: Sequence[Label], least: float, request: Mapping[str, Any]) -> list[Label]:
    """The labels a DetectLabels request asks for, in the order given: filtered, then the first so many.

    labels: at least as sure as `least`, 0 to 100; their objects may be less so, and those are left out.
    """
    most = min(request.get("MaxLabels", MOST_LABELS), MOST_LABELS)
    filters = (request.get("Settings") or {}).get("GeneralLabels") or {}
    kept = [sure_enough(label, least) for label in labels if passes(label.name, label.category, filters)]
    return kept[:most]


def sure_enough(label: Label, least: float) -> Label:
    """The label with those of its objects that are themselves at least so sure."""
    instances = tuple(instance for instance in label.instances if instance.confidence >= least)
    return Label(label.name, label.confidence, instances, label.parents, label.aliases, label.category)


def passes(name: str, category: str, filters: Mapping[str, Sequence[str]]) -> bool:
    """Whether a label is included, when anything is, and not excluded.

    Names are compared exactly, with the label's own name and category; a name that no label has matches nothing.
    """
    names, categories = filters.get("LabelInclusionFilters"), filters.get("LabelCategoryInclusionFilters")
    is_included = name in (names or ()) or category in (categories or ())
    if (names or categories) and not is_included:
        return False
    is_excluded = name in (filters.get("LabelExclusionFilters") or ())
    return not is_excluded and category not in (filters.get("LabelCategoryExclusionFilters") or ())


def label_members(label: Label, instances: list[dict[str, Any]]) -> dict[str, Any]:
    """Members of `Label`, with those of its instances."""
    return {
        "Name": label.name,
        "Confidence": label.confidence,
        "Instances": instances,
        "Parents": [{"Name": name} for name in label.parents],
        "Aliases": [{"Name": name} for name in label.aliases],
        "Categories": [{"Name": label.category}],
    }


def properties_members(properties: ImageProperties) -> dict[str, Any]:
    """Members of `DetectLabelsImageProperties`; contrast is given for the whole picture only."""
    whole = properties.whole
    members: dict[str, Any] = {
        "Quality": quality_members(whole.quality) | {"Contrast": whole.quality.contrast},
        "DominantColors": colours_members(whole.colours),
    }
    if properties.foreground:
        members["Foreground"] = part_members(properties.foreground)
    if properties.background:
        members["Background"] = part_members(properties.background)
    return members


def part_members(part: Part) -> dict[str, Any]:
    """Members of `DetectLabelsImageForeground` and of its counterpart."""
    return {"Quality": quality_members(part.quality), "DominantColors": colours_members(part.colours)}


def quality_members(quality: Quality) -> dict[str, float]:
    """Members of `DetectLabelsImageQuality` that every part has."""
    return {"Brightness": quality.brightness, "Sharpness": quality.sharpness}


def colours_members(colours: Sequence[Colour]) -> list[dict[str, Any]]:
    """Members of `DominantColor`."""
    return [
        {
            "Red": colour.red,
            "Green": colour.green,
            "Blue": colour.blue,
            "HexCode": colour.hex_code,
            "CSSColor": colour.css,
            "SimplifiedColor": colour.simplified,
            "PixelPercent": colour.percent,
        }
        for colour in colours
    ]
