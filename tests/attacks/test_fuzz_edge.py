"""Random requests of the protocol, a small part of what `python -m bench.fuzz_edge` sends."""

from typing import Any

import pytest

from bench.fuzz_edge import Fuzzer, Outcome, judged, serving
from bench.fuzz_grammar import Sent

REQUESTS, SEED = 2000, 20261124
TARGET = {"X-Amz-Target": "RekognitionService.DescribeCollection"}
HEADERS = {"x-amzn-requestid": "1", "content-type": "application/x-amz-json-1.1"}


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    with serving() as (port, pid):
        return Fuzzer(port, pid, SEED, None).run(REQUESTS)


@pytest.mark.slow
def test_random_requests_get_answers_of_the_protocol_and_never_a_500(outcome: Outcome) -> None:
    assert outcome.failures == []


@pytest.mark.slow
def test_random_requests_reach_the_operations(outcome: Outcome) -> None:
    """Else the test above would prove little: requests that are nearly right come further than noise."""
    assert len(outcome.served) >= 20
    assert outcome.codes["200 OK"] > REQUESTS / 10
    assert len(outcome.codes) >= 12


@pytest.mark.parametrize(
    ("status", "more_headers", "body", "wrong"),
    [
        (200, {}, b'{"FaceCount": 1}', ""),
        (200, {}, b'{"FaceCount": "1"}', "FaceCount is a string, not long"),
        (200, {}, b'{"Faces": 1}', "Faces is not in the model"),
        (200, {}, b"<html>", "not JSON"),
        (200, {"x-amzn-requestid": ""}, b"{}", "headers"),
        (400, {"x-amzn-errortype": "ValidationException"}, b'{"__type": "ValidationException", "message": "x"}', ""),
        (400, {}, b'{"__type": "ValidationException", "message": "x"}', "not in the form of an error"),
        (400, {"x-amzn-errortype": "MadeUp"}, b'{"__type": "MadeUp", "message": "x"}', "is no error of"),
        (500, {"x-amzn-errortype": "X"}, b'{"__type": "X", "message": "x"}', "status 500"),
    ],
    ids=str,
)
def test_the_judge_sees_what_it_is_for(status: int, more_headers: dict[str, str], body: bytes, wrong: str) -> None:
    sent = Sent("POST", "/", TARGET, b"{}", "DescribeCollection")
    found: Any = judged(sent, status, HEADERS | more_headers, body)[1]
    assert (wrong in found) if wrong else found == ""
