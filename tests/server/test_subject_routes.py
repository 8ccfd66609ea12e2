"""`/v1/subjects` and `/transparency` on a running server."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from regard.app import App
from regard.ledger.reader import LogFiles
from regard.operations.call import Operation
from regard.people.erasure_receipts import verify_erasure_receipt
from regard.people.open import People
from regard.settings import Settings
from tests.people.rooms import ASKER, GOVERNED, enrol, found, grant
from tests.server.service import Answer, Service, StubbedApp, running

JSON = {"Content-Type": "application/json"}
SCRIPT = "<script>alert(1)</script>"
VOID = frozenset({"meta", "br", "hr", "img", "link", "input"})


@dataclass
class Server:
    """A running server, and its rooms from inside: enrolment by request would need networks."""

    service: Service
    people: People

    def post(self, path: str, content: Any) -> Answer:
        return self.service.ask("POST", f"/v1{path}", json.dumps(content).encode(), JSON)

    def get(self, path: str) -> Answer:
        return self.service.ask("GET", path)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made: list[App] = []

    def make(settings: Settings, operations: Mapping[str, Operation]) -> App:
        made.append(StubbedApp(settings, operations))
        return made[0]

    with running(tmp_path_factory.mktemp("data"), make=make, face_model="1.0") as service:
        people = made[0].people()
        staff = people.collections.create(ASKER, "staff", GOVERNED | {"regard:controller": f"Example {SCRIPT}"})
        for number, name in enumerate(("ada", "grace", "edith")):
            grant(people, staff, name, keeps_crops=True, guardian=SCRIPT if name == "grace" else None)
            enrol(people, staff, name, number, b"a crop")
        found(people, staff, 0)
        yield Server(service, people)


class _Page(HTMLParser):
    """What is on a page: tags and words. Fails where a tag is not closed."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self.feed(page.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


def assert_stands_alone(answer: Answer) -> _Page:
    """The page, which runs nothing and fetches nothing."""
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert answer.headers["Cache-Control"] == "no-store"
    page = _Page(answer.body)
    assert page.tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form"})
    assert not any(name.startswith("on") for name in page.attributes)
    assert all(link.startswith("/") and not link.startswith("//") for link in page.links)
    return page


def test_report_tells_what_is_held(server: Server) -> None:
    answer = server.get("/v1/subjects/ada?collection=staff")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["subject"] == "ada"
    (held,) = answer.json["collections"]
    assert (held["collection"], held["purpose"], len(held["faces"])) == ("staff", "staff entrance", 1)
    assert [act["act"] for act in held["acts"]][:3] == ["grant consent", "enrol", "search faces"]
    # Signing aside, a request without keys is answered for the principal "local", and its id is the answer's.
    assert held["acts"][-1]["request"] == answer.headers["x-amzn-RequestId"]


def test_page_tells_it_to_people(server: Server) -> None:
    page = assert_stands_alone(server.get("/v1/subjects/grace/page"))
    for words in ("What is held about grace", "staff entrance", "Their face was enrolled: 1 face.", SCRIPT):
        assert words in page.text


def test_export_holds_template_and_picture(server: Server) -> None:
    answer = server.post("/subjects/grace/export", {})
    assert answer.status == 200
    (face,) = answer.json["collections"][0]["faces"]
    assert len(face["template"]) == 344  # base64 of 128 numbers of two bytes
    assert face["crop"] == "YSBjcm9w"


def test_erasure_answers_with_a_receipt_that_the_logs_files_bear_out(server: Server) -> None:
    answer = server.post("/subjects/edith/erasure", {"collection": "staff"})
    assert answer.status == 200
    (receipt,) = answer.json["receipts"]
    files = LogFiles(server.service.settings.data / "ledger")
    story = verify_erasure_receipt(receipt["receipt"], files, None, files.vkey)
    assert (story.subject, story.faces, story.crops) == ("edith", 1, 1)
    assert receipt["says"]["subject"] == "edith"
    assert server.get("/v1/subjects/edith").json["collections"][0]["faces"] == []
    again = server.post("/subjects/edith/erasure", {})
    assert (again.status, again.json["code"]) == (400, "ResourceNotFoundException")


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        pytest.param("GET", "/v1/subjects/nobody", None, "ResourceNotFoundException", id="unknown subject"),
        pytest.param("GET", "/v1/subjects/nobody/page", None, "ResourceNotFoundException", id="unknown, as a page"),
        pytest.param("GET", "/v1/subjects/a%20b", None, "ValidationException", id="no subject's name"),
        pytest.param("GET", f"/v1/subjects/{'a' * 129}", None, "ValidationException", id="a long name"),
        pytest.param("GET", "/v1/subjects/ada?collection=a/b", None, "ValidationException", id="no collection's name"),
        pytest.param("POST", "/v1/subjects/ada/erasure", b'{"colection": "x"}', "ValidationException", id="misspelt"),
        pytest.param("POST", "/v1/subjects/ada/erasure", b"", "ValidationException", id="no body"),
        pytest.param("POST", "/v1/subjects/ada/export", b"{", "ValidationException", id="no JSON"),
    ],
)
def test_bad_request_says_what_is_wrong(server: Server, method: str, path: str, body: bytes | None, code: str) -> None:
    answer = server.service.ask(method, path, body, JSON if body is not None else None)
    assert answer.status in (400, 404)
    assert answer.json["code"] == code


def test_erasure_that_was_misspelt_erases_nothing(server: Server) -> None:
    server.post("/subjects/ada/erasure", {"colection": "visitors"})
    assert len(server.get("/v1/subjects/ada").json["collections"][0]["faces"]) == 1


def test_transparency_page_is_for_everybody_and_about_nobody(server: Server) -> None:
    page = assert_stands_alone(server.get("/transparency"))
    for words in ("staff entrance", SCRIPT, "fewer than 10", "three years", "regard log verify"):
        assert words in page.text
    for name in ("ada", "grace", "edith"):
        assert name not in page.text.split()


def test_transparency_is_json_too(server: Server) -> None:
    answer = server.get("/transparency.json")
    assert answer.headers["Content-Type"] == "application/json"
    (purpose,) = answer.json["purposes"]
    assert (purpose["purpose"], purpose["subjects"]) == ("staff entrance", {"at_least": 0, "at_most": 9})
    assert answer.json["months"][0]["exact"]["searches"] == 1
    assert answer.json["log_vkey"] == LogFiles(server.service.settings.data / "ledger").vkey


def test_transparency_asks_for_no_key_and_the_rest_does(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("[default]\naws_access_key_id = AKIDEFAULT\naws_secret_access_key = " + "x" * 40 + "\n")
    keys.chmod(0o600)
    with running(tmp_path / "data", access_keys=keys) as service:
        assert service.ask("GET", "/transparency").status == 200
        assert service.ask("GET", "/transparency.json").status == 200
        assert service.ask("GET", "/v1/subjects/ada").status == 400
        assert service.ask("POST", "/v1/subjects/ada/erasure", b"{}", JSON).status == 400
