"""The tree of exceptions against the service model, and against the picture of it."""

import re

from botocore.loaders import Loader
from botocore.model import ServiceModel as BotocoreModel

from regard import errors

MODELLED = {
    shape.metadata.get("error", {}).get("code", shape.name): 500 if shape.name == "InternalServerError" else 400
    for shape in BotocoreModel(Loader().load_service_model("rekognition", "service-2"), "rekognition").error_shapes
}

# The codes AWS front ends use, which no service models. NotImplementedException is ours.
FRONT_END = {
    "ExpiredToken": ("ExpiredTokenException", 400),
    "IncompleteSignature": ("IncompleteSignatureException", 400),
    "InvalidSignature": ("InvalidSignatureException", 400),
    "MissingAuthenticationToken": ("MissingAuthenticationTokenException", 400),
    "NotImplementedYet": ("NotImplementedException", 400),
    "Serialization": ("SerializationException", 400),
    "UnknownOperation": ("UnknownOperationException", 400),
    "UnrecognizedClient": ("UnrecognizedClientException", 400),
    "Validation": ("ValidationException", 400),
}


def below(kind: type[errors.ApiError]) -> list[type[errors.ApiError]]:
    return [*kind.__subclasses__(), *(lower for upper in kind.__subclasses__() for lower in below(upper))]


def test_service_errors_are_those_of_the_service_model() -> None:
    assert {kind.code: kind.status for kind in below(errors.ServiceError)} == MODELLED


def test_front_end_errors_have_the_codes_of_aws() -> None:
    codes = {kind.__name__: (kind.code, kind.status) for kind in below(errors.FrontEndError)}
    assert codes.items() >= FRONT_END.items()


def test_drawn_tree_is_the_tree_of_classes() -> None:
    drawn: list[tuple[str, str, int]] = []
    parents = ["", "", "", "", ""]
    lines = re.findall(r"^ {4}([│├└─ ]*)([A-Z]\w+)(?: +(?:body .*|(\d{3})))?$", errors.__doc__ or "", re.MULTILINE)
    for indent, name, status in lines:
        depth = len(indent) // 4
        parents[depth] = name
        drawn.append((name, parents[depth - 1] if depth else "Exception", int(status or 400)))
    classes: list[type[errors.ApiError]] = [errors.ApiError, *below(errors.ApiError)]
    assert sorted(drawn) == sorted((kind.__name__, kind.__bases__[0].__name__, kind.status) for kind in classes)
