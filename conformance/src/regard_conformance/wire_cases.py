"""The cases over plain HTTP, as a table; what they do is in `wire.py`."""

import json

from regard_conformance.cases.minimal import UUID
from regard_conformance.sdk.raw import JSON_1_1
from regard_conformance.wire import (
    Ask,
    WireCase,
    answered,
    body_of,
    call_from_a_page,
    endless_body,
    floats_have_a_point,
    front_end_error_body,
    other_method,
    preflight,
    refused,
    request_ids_differ,
    service_error_body,
    two_requests_one_connection,
    wrong_content_type,
)

DEEP = b'{"Image":' * 10_000 + b"1" + b"}" * 10_000
WRONG_JSON = {
    "text": b"this is not JSON",
    "nothing": b"",
    "half of it": body_of()[:-10],
    "a list": b"[1, 2]",
    "a number": b"7",
    "null": b"null",
    "objects 10,000 deep": DEEP,
    "lists 10,000 deep": b'{"Image":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "not UTF-8": b'{"Image":{"Bytes":"\xff\xfe"}}',
    "not a number": b'{"Image":{"Bytes":"aGVsbG8="},"MinConfidence":NaN}',
}
WRONG_TYPES = {
    "a picture that is not base64": {"Image": {"Bytes": "!!! not base64 !!!"}},
    "a picture that is a number": {"Image": {"Bytes": 7}},
    "a structure that is a list": {"Image": []},
    "a structure that is text": {"Image": "picture.jpg"},
    "a list that is text": {"Attributes": "ALL"},
    "a list of numbers for text": {"Attributes": [7]},
    "a list that is an object": {"Attributes": {"DEFAULT": True}},
}

LOWER_CASE = {"x-amz-target": "RekognitionService.DetectFaces", "content-type": JSON_1_1}
NUMBER_FOR_ID = json.dumps({"CollectionId": 7, "FaceId": UUID}).encode()
NO_OPERATION = "UnknownOperationException"
# An endpoint that asks for no signatures may well refuse the pages of others.
LOCAL_PAGE = "http://localhost:3000"
NO_JSON = "SerializationException"

ASKED: dict[tuple[str, str], Ask] = {
    ("DetectFaces", "headers of an answer"): answered(),
    ("DetectFaces", "Content-Type with a charset"): answered(headers={"Content-Type": f"{JSON_1_1}; charset=utf-8"}),
    ("DetectFaces", "header names in lower case"): answered(operation=None, headers=LOWER_CASE),
    ("DetectFaces", "Accept as browsers send it"): answered(headers={"Accept": "application/json, */*"}),
    ("DetectFaces", "the path /rek"): answered(path="/rek"),
    ("DetectFaces", "the path /rek/"): answered(path="/rek/"),
    ("DetectFaces", "a member that is null is absent"): answered(body=body_of({"Attributes": None})),
    ("DetectFaces", "an unknown member is ignored"): answered(body=body_of({"NoSuchMember": [1, {"a": None}]})),
    ("DetectFaces", "a service error's body"): service_error_body,
    ("DetectFaces", "a front end error's body"): front_end_error_body,
    ("DetectFaces", "request ids differ"): request_ids_differ,
    ("DetectFaces", "two requests, one connection"): two_requests_one_connection,
    ("DetectFaces", "wrong content type"): wrong_content_type,
    ("DetectFaces", "no target"): refused(NO_OPERATION, operation=None),
    ("DetectFaces", "an unknown operation"): refused(NO_OPERATION, operation="DetectGhosts"),
    ("DetectFaces", "another service's target"): refused(
        NO_OPERATION, operation=None, headers={"X-Amz-Target": "Kinesis_20131202.ListStreams"}
    ),
    ("DetectFaces", "the method GET"): other_method("GET"),
    ("DetectFaces", "the method PUT"): other_method("PUT"),
    ("DetectFaces", "the preflight of a page on this machine"): preflight(LOCAL_PAGE),
    ("DetectFaces", "a call from a page on this machine"): call_from_a_page(LOCAL_PAGE),
    ("DetectFaces", "a body of 1 GB"): endless_body,
    ("DetectLabels", "floats have a decimal point"): floats_have_a_point,
    ("SearchFaces", "a string that is a number"): refused(NO_JSON, operation="SearchFaces", body=NUMBER_FOR_ID),
    ("DetectLabels", "a number that is text"): refused(
        NO_JSON, operation="DetectLabels", body=body_of({"MaxLabels": "ten"})
    ),
    **{("DetectFaces", f"a body that is {name}"): refused(NO_JSON, body=body) for name, body in WRONG_JSON.items()},
    **{("DetectFaces", name): refused(NO_JSON, body=body_of(members)) for name, members in WRONG_TYPES.items()},
}
CASES = [WireCase(operation, name, ask) for (operation, name), ask in ASKED.items()]
