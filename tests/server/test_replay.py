"""A request that was overheard and is sent again."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from regard.wire.replays import AGAIN_SECONDS
from tests.media.picture_files import png
from tests.server.service import CONTENT_TYPE, Service, running
from tests.server.signing import Key, make_key, signed

TARGET = "RekognitionService.ListCollections"
LATER = AGAIN_SECONDS + 0.1


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("keyed")) as made:
        yield made


@pytest.fixture(scope="module")
def key(keyed: Service) -> Key:
    return make_key(keyed, None, "*")


def test_request_that_is_sent_again_later_is_refused(keyed: Service, key: Key) -> None:
    rpc = signed(keyed, key, "POST", "/", b"{}", {"Content-Type": CONTENT_TYPE, "X-Amz-Target": TARGET})
    rest = signed(keyed, key, "GET", "/v1/models")
    assert keyed.ask("POST", "/", b"{}", rpc).json == {"CollectionIds": [], "FaceModelVersions": []}
    assert keyed.ask("GET", "/v1/models", None, rest).status == 200
    time.sleep(LATER)
    again = keyed.ask("POST", "/", b"{}", rpc).json
    assert again["__type"] == "InvalidSignatureException"
    assert "was received before at" in again["message"]
    assert keyed.ask("GET", "/v1/models", None, rest).json["code"] == "InvalidSignatureException"


def test_refused_request_was_no_use_of_its_signature(keyed: Service, key: Key) -> None:
    """Who changes a copy on its way cannot have the original refused."""
    headers = signed(keyed, key, "POST", "/", b"{}", {"Content-Type": CONTENT_TYPE, "X-Amz-Target": TARGET})
    assert keyed.ask("POST", "/", b'{"MaxResults":1}', headers).json["__type"] == "InvalidSignatureException"
    time.sleep(LATER)
    assert keyed.ask("POST", "/", b"{}", headers).status == 200


class _FirstAnswerLost(URLLib3Session):  # type: ignore[misc]  # botocore has no types
    """A connection that breaks once, after the server has answered."""

    is_lost = False

    def send(self, request: Any) -> Any:
        answer = super().send(request)
        if not self.is_lost:
            self.is_lost = True
            time.sleep(LATER)
            raise ConnectionClosedError(endpoint_url=request.url)
        return answer


def test_sdk_signs_its_second_try_anew(keyed: Service, key: Key) -> None:
    client = key.client(keyed, retries={"total_max_attempts": 2, "mode": "standard"})
    client._endpoint.http_session = session = _FirstAnswerLost()
    assert len(client.detect_faces(Image={"Bytes": png()})["FaceDetails"]) == 1
    assert session.is_lost
