"""A bulk image job through the whole application: the server's own queue and worker; the networks are stubs."""

import json
from pathlib import Path
from typing import Any

from regard.analysis.moderation import Moderator
from regard.lazy import Lazy
from tests.jobs.picture_lists import listed, put
from tests.operations.media_desk import picture
from tests.operations.test_detect_moderation_labels import StubNsfwjs, StubOpenNsfw, StubSafety, StubTags
from tests.server.service import StubbedApp, running, wait_until


class ModeratingApp(StubbedApp):
    """The application with stubs that see a revolver in red pictures."""

    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        self.moderation = Lazy(lambda: Moderator(StubSafety(), StubNsfwjs(), StubOpenNsfw(), StubTags()))


def test_a_server_works_off_a_list_by_itself(tmp_path: Path) -> None:
    put(tmp_path / "buckets", "photos/red.png", picture(255))
    put(tmp_path / "buckets", "lists/input.jsonl", listed("s3://photos/red.png"))
    (tmp_path / "buckets" / "results").mkdir()
    with running(tmp_path, make=ModeratingApp) as service:
        client = service.client()
        job_id = client.start_media_analysis_job(
            OperationsConfig={"DetectModerationLabels": {}},
            Input={"S3Object": {"Bucket": "lists", "Name": "input.jsonl"}},
            OutputConfig={"S3Bucket": "results"},
        )["JobId"]
        wait_until(lambda: client.get_media_analysis_job(JobId=job_id)["Status"] == "SUCCEEDED")
    (line,) = (tmp_path / "buckets" / "results" / job_id / "results.jsonl").read_bytes().splitlines()
    labels = json.loads(line)["detect-moderation-labels"]["ModerationLabels"]
    assert [label["Name"] for label in labels] == ["Weapons", "Violence"]
