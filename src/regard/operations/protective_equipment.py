"""DetectProtectiveEquipment."""

from typing import Any

from regard.analysis.ppe import SIDE, BodyPart, EquipmentInspector, EquippedPerson
from regard.analysis.ppe_summary import summarise
from regard.operations.call import Call
from regard.operations.images import ImageRules, Pictures
from regard.operations.shapes import bounding_box

MODEL_VERSION = "1.0"
RULES = ImageRules(min_side=64, max_side=4096, max_inline_bytes=4 * 1024 * 1024)


class ProtectiveEquipmentOperations:
    """Protective equipment in still pictures."""

    def __init__(self, pictures: Pictures, inspector: EquipmentInspector) -> None:
        self._pictures = pictures
        self._inspector = inspector

    def detect_protective_equipment(self, call: Call) -> dict[str, Any]:
        """Persons with their parts, and a summary where one is asked for. Raises what opening the picture raises."""
        image = self._pictures.open(call.input["Image"], RULES).pixels(at_least=SIDE)
        people = self._inspector.inspect(image)
        height, width = image.shape[:2]
        answer: dict[str, Any] = {
            "ProtectiveEquipmentModelVersion": MODEL_VERSION,
            "Persons": [_person(index, person, (width, height)) for index, person in enumerate(people)],
        }
        wanted = call.input.get("SummarizationAttributes")
        if wanted is not None:
            summary = summarise(people, wanted["RequiredEquipmentTypes"], float(wanted["MinConfidence"]))
            answer["Summary"] = {
                "PersonsWithRequiredEquipment": list(summary.equipped),
                "PersonsWithoutRequiredEquipment": list(summary.unequipped),
                "PersonsIndeterminate": list(summary.indeterminate),
            }
        return answer


def _person(index: int, person: EquippedPerson, size: tuple[int, int]) -> dict[str, Any]:
    return {
        "Id": index,
        "BoundingBox": bounding_box(person.box, size),
        "Confidence": person.confidence,
        "BodyParts": [_body_part(part, size) for part in person.parts],
    }


def _body_part(part: BodyPart, size: tuple[int, int]) -> dict[str, Any]:
    detections = []
    if part.cover is not None:
        detections.append(
            {
                "Type": "FACE_COVER",
                "BoundingBox": bounding_box(part.cover.box, size),
                "Confidence": part.cover.confidence,
                # The network knows faces with covered mouth and nose, and bare ones: one figure says both.
                "CoversBodyPart": {"Value": True, "Confidence": part.cover.confidence},
            }
        )
    return {"Name": part.name, "Confidence": part.confidence, "EquipmentDetections": detections}
