import pytest

from regard import errors
from regard.wire.model import ServiceModel


def test_target_names_an_operation(model: ServiceModel) -> None:
    assert model.of_target("RekognitionService.DetectFaces").name == "DetectFaces"


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "DetectFaces",
        "RekognitionService.",
        "RekognitionService.detectfaces",
        "RekognitionService.DetectFaces.x",
        "Rekognition.DetectFaces",
        "DynamoDB_20120810.ListTables",
    ],
)
def test_target_that_names_no_operation_is_unknown(model: ServiceModel, target: str | None) -> None:
    with pytest.raises(errors.UnknownOperation, match=r"it has to be RekognitionService\.<Operation>$"):
        model.of_target(target)
