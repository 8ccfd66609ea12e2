"""The tree of exceptions against the service model, and against the picture of it."""

import re

from botocore.loaders import Loader
from botocore.model import ServiceModel as BotocoreModel

from regard import errors

MODELLED = {
    shape.metadata.get("error", {}).get("code", shape.name): 500 if shape.name == "InternalServerError" else 400
    for shape in BotocoreModel(Loader().load_service_model("rekognition", "service-2"), "rekognition").error_shapes
}

# AWS front ends' names, which no service models; NotImplementedException is ours.
FRONT_END = {
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "NotImplementedException",
    "SerializationException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationException",
}


def below(kind: type[errors.ApiError]) -> list[type[errors.ApiError]]:
    return [*kind.__subclasses__(), *(lower for upper in kind.__subclasses__() for lower in below(upper))]


def test_service_errors_are_those_of_the_service_model() -> None:
    assert {kind.code: kind.status for kind in below(errors.ServiceError)} == MODELLED


def test_front_end_errors_are_those_of_aws() -> None:
    assert {kind.code: kind.status for kind in below(errors.FrontEndError)} == dict.fromkeys(FRONT_END, 400)


def test_drawn_tree_is_the_tree_of_classes() -> None:
    drawn: list[tuple[str, str]] = []
    parents = ["", "", ""]
    for indent, name in re.findall(r"^ {4}([│├└─ ]*)([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE):
        depth = len(indent) // 4
        parents[depth : depth + 1] = [name]
        drawn.append((name, parents[depth - 1] if depth else "Exception"))
    classes: list[type[errors.ApiError]] = [errors.ApiError, *below(errors.ApiError)]
    assert sorted(drawn) == sorted((kind.__name__, kind.__bases__[0].__name__) for kind in classes)
