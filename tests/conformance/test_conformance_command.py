"""`regard-conformance` from its arguments to its exit code, against an endpoint that is told what to answer."""

import http.server
import json
import shutil
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from regard_conformance import command
from regard_conformance.sdk.javascript import default_folder

DENIED = {"__type": "AccessDeniedException", "Message": "Following people is refused here, see the documentation."}
NO_FACES: dict[str, Any] = {"FaceDetails": []}


@dataclass
class Endpoint:
    """Answers by operation: (HTTP status, body). Counts what it was asked."""

    url: str
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    served = Endpoint("")

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            served.asked.append(operation)
            not_offered = (400, {"__type": "NotImplementedException", "message": "not offered"})
            status, answer = served.answers.get(operation, not_offered)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


def run(endpoint: Endpoint, folder: Path, *arguments: str) -> tuple[int, dict[tuple[str, str], dict[str, Any]]]:
    """Exit code, and the lines by SDK and case."""
    lines = folder / "lines.jsonl"
    code = command.main(["--endpoint", endpoint.url, "--json", str(lines), *arguments])
    results = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    return code, {(result["sdk"], result["case"]): result for result in results}


def test_lines_have_the_agreed_members(endpoint: Endpoint, tmp_path: Path) -> None:
    _, results = run(endpoint, tmp_path, "--sdk", "boto3", "--groups", "coverage", "--operations", "ListFaces")
    assert [list(result) for result in results.values()] == [
        ["sdk", "operation", "case", "status", "duration", "detail"]
    ]


def test_operation_that_is_not_offered_is_na_and_no_failure(endpoint: Endpoint, tmp_path: Path) -> None:
    code, results = run(endpoint, tmp_path, "--sdk", "boto3", "--groups", "coverage", "--operations", "ListFaces")
    assert code == 0
    assert results["boto3", "a valid request"]["status"] == "NA"


def test_wrong_shape_fails_and_says_where(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.answers["ListFaces"] = (200, {"Faces": [{"FaceId": "nobody"}], "Total": 1})
    code, results = run(endpoint, tmp_path, "--sdk", "boto3", "--groups", "coverage", "--operations", "ListFaces")
    assert code == 1
    detail = results["boto3", "a valid request"]["detail"]
    assert "ListFaces.Faces[0].FaceId is 'nobody'" in detail
    assert "ListFaces.Total is not in the model" in detail


def test_error_that_an_sdk_retries_fails(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.answers["ListFaces"] = (501, {"__type": "NotImplementedException", "message": "not offered"})
    endpoint.answers["ListUsers"] = (503, {"__type": "NotImplementedException", "message": "not offered"})
    arguments = ("--sdk", "boto3", "--groups", "coverage", "--operations")
    assert run(endpoint, tmp_path, *arguments, "ListFaces")[0] == 0
    assert run(endpoint, tmp_path, *arguments, "ListUsers")[0] == 1


def test_refusal_must_be_access_denied_with_a_reason(endpoint: Endpoint, tmp_path: Path) -> None:
    arguments = ("--sdk", "boto3", "--groups", "refusals", "--operations", "StartPersonTracking,GetPersonTracking")
    endpoint.answers["StartPersonTracking"] = (400, DENIED)
    code, _ = run(endpoint, tmp_path, *arguments)
    assert code == 1  # GetPersonTracking is only "not implemented"
    endpoint.answers["GetPersonTracking"] = (400, DENIED)
    code, _ = run(endpoint, tmp_path, *arguments)
    assert code == 0


def test_answer_is_kept_for_a_later_case(endpoint: Endpoint, tmp_path: Path) -> None:
    arn = "arn:aws:rekognition:us-east-1:123456789012:collection/other"
    endpoint.answers["CreateCollection"] = (200, {"StatusCode": 200, "CollectionArn": arn})
    endpoint.answers["ListTagsForResource"] = (200, {"Tags": {"team": "door"}})
    _, results = run(
        endpoint,
        tmp_path,
        *("--sdk", "boto3", "--groups", "answers", "--operations", "CreateCollection,ListTagsForResource"),
    )
    # The ARN is not that of the collection that was asked for; the tag is.
    assert results["boto3", "a collection with a tag"]["status"] == "FAIL"
    assert results["boto3", "the tag given at creation"]["status"] == "PASS"
    assert results["boto3", "no tag left"]["status"] == "FAIL"


def test_case_without_its_picture_is_na(endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "skimage", None)
    endpoint.answers["DetectFaces"] = (200, NO_FACES)
    _, results = run(endpoint, tmp_path, "--sdk", "boto3", "--groups", "answers", "--operations", "DetectFaces")
    assert results["boto3", "no face in the picture"]["status"] == "PASS"
    assert results["boto3", "one face, ALL"]["status"] == "NA"
    assert "--face-picture" in results["boto3", "one face, ALL"]["detail"]


def test_missing_date_header_fails_over_plain_http(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.answers["DetectFaces"] = (200, NO_FACES)
    _, results = run(endpoint, tmp_path, "--sdk", "raw", "--groups", "wire,signature", "--operations", "DetectLabels")
    assert results["raw", "floats have a decimal point"]["status"] == "NA"
    assert results["raw", "a number that is text"]["status"] == "FAIL"


def test_every_sdk_without_its_program_is_na(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, results = run(endpoint, tmp_path, "--sdk", "cli,js", "--groups", "coverage", "--operations", "ListFaces")
    assert code == 0
    assert results["cli", "a valid request"]["detail"] == "there is no `aws` on the path"
    assert results["js", "a valid request"]["detail"] == "there is no `node` on the path"


def test_list_asks_nothing(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--endpoint", endpoint.url, "--list", "--sdk", "boto3,raw"]) == 0
    listed = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert ["boto3", "refusals", "StartPersonTracking", "is refused"] in listed
    assert ["raw", "wire", "DetectFaces", "wrong content type"] in listed
    assert endpoint.asked == []


@pytest.mark.parametrize("arguments", [["--sdk", "perl"], ["--groups", "everything"], []], ids=["sdk", "group", "url"])
def test_misuse_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(arguments)
    assert stopped.value.code == 2
    assert "regard-conformance: error" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("aws") is None, reason="there is no AWS CLI on this machine")
def test_command_line_reports_answers_and_errors(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.answers["DetectFaces"] = (200, NO_FACES)
    endpoint.answers["DetectText"] = (400, {"__type": "InvalidImageFormatException", "Message": "no picture"})
    _, results = run(
        endpoint, tmp_path, "--sdk", "cli", "--groups", "coverage", "--operations", "DetectFaces,DetectText"
    )
    assert [result["status"] for result in results.values()] == ["PASS"]  # the same name for both operations
    assert results["cli", "a valid request"]["detail"] == "InvalidImageFormatException: no picture"
    assert endpoint.asked == ["DetectFaces", "DetectText"]


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("node") is None or not (default_folder() / "node_modules").is_dir(),
    reason="the JavaScript SDK is not installed; regard-conformance --install-js does it",
)
def test_javascript_reports_answers_and_errors(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.answers["DetectFaces"] = (200, {"FaceDetails": [], "Unknown": 1})
    endpoint.answers["DetectText"] = (400, {"__type": "InvalidImageFormatException", "Message": "no picture"})
    _, faces = run(endpoint, tmp_path, "--sdk", "js", "--groups", "coverage", "--operations", "DetectFaces")
    _, text = run(endpoint, tmp_path, "--sdk", "js", "--groups", "coverage", "--operations", "DetectText")
    assert faces["js", "a valid request"]["detail"] == "DetectFaces.Unknown is not in the model"
    assert text["js", "a valid request"]["detail"] == "InvalidImageFormatException: no picture"
