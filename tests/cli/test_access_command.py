"""`regard access`, against a running server and in the folder of a stopped one."""

import configparser
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from regard.cli.access import app
from tests.cli.remote_server import without_credentials
from tests.server.service import MASTER_KEY, Service, running
from tests.server.signing import Key


def access(*arguments: str) -> Any:
    """What a command does and says."""
    return CliRunner().invoke(app, arguments)


def printed_key(result: Any) -> Key:
    """The key in what `create` prints."""
    assert result.exit_code == 0, result.stderr
    profiles = configparser.ConfigParser(interpolation=None)
    profiles.read_string(result.stdout)
    [name] = profiles.sections()
    return Key(profiles[name]["aws_access_key_id"], profiles[name]["aws_secret_access_key"])


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without AWS credentials, whose master key is that of the test's servers."""
    without_credentials(monkeypatch, tmp_path)
    for variable in ("REGARD_DATA", "REGARD_MASTER_KEY_FILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("REGARD_MASTER_KEY", MASTER_KEY)
    return monkeypatch


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def service(data: Path) -> Iterator[Service]:
    with running(data) as made:
        yield made


@pytest.fixture
def admin(service: Service, environment: pytest.MonkeyPatch) -> Key:
    """The server's first key, in the environment as the AWS SDKs look for it."""
    key = printed_key(access("create", "admin", "--operations", "*", "--collections", "*", "--url", service.url))
    environment.setenv("AWS_ACCESS_KEY_ID", key.id)
    environment.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    return key


def test_first_key_is_made_in_the_folder_before_the_server_listens_to_others(data: Path) -> None:
    made = access("create", "admin", "--operations", "*", "--collections", "*", "--data", str(data))
    key = printed_key(made)
    with running(data, host="0.0.0.0") as service:
        assert key.client(service).list_collections()["CollectionIds"] == []
        with pytest.raises(ClientError, match="Missing Authentication Token"):
            service.client().list_collections()


def test_created_key_is_printed_as_a_profile_and_its_secret_once(admin: Key, service: Service, tmp_path: Path) -> None:
    made = access("create", "till 4", "--operations", "List*", "--collections", "a", "--url", service.url)
    key = printed_key(made)
    assert made.stdout.splitlines()[0] == "[till 4]"
    assert (made.stdout + made.stderr).count(key.secret) == 1
    assert made.stderr == "The secret is not shown again. For ~/.aws/credentials:\n"


def test_printed_profile_is_what_boto3_reads(service: Service, tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    made = access("create", "till 4", "--operations", "*", "--collections", "*", "--url", service.url)
    (tmp_path / "credentials").write_text(made.stdout)
    environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    environment.setenv("AWS_PROFILE", "till 4")
    assert json.loads(access("list", "--json", "--url", service.url).stdout)[0]["name"] == "till 4"


def test_options_become_the_policy(admin: Key, service: Service) -> None:
    made = access(
        "create", "x", "--operations", "Search*, ListFaces", "--operations", "GetX", "--collections", "a,b-*",
        "--purposes", "staff, entrance", "--purposes", "door", "--searches-per-minute", "30", "--expires", "2030-01-31",
        "--json", "--url", service.url,
    )  # fmt: skip
    answer = json.loads(made.stdout)
    assert answer["policy"] == {
        "operations": ["Search*", "ListFaces", "GetX"],
        "collections": ["a", "b-*"],
        "purposes": ["staff, entrance", "door"],
        "searches_per_minute": 30,
        "reviewer": False,
    }
    assert (answer["expires"], answer["created_by"]) == ("2030-01-31T23:59:59Z", admin.id)


def test_key_has_no_collection_that_was_not_named(admin: Key, service: Service) -> None:
    made = json.loads(access("create", "x", "--operations", "Detect*", "--json", "--url", service.url).stdout)
    assert (made["policy"]["collections"], made["policy"]["purposes"]) == ([], ["*"])


def test_operations_have_to_be_named(service: Service) -> None:
    assert access("create", "x", "--url", service.url).exit_code == 2


def test_keys_are_listed_with_who_made_them_and_what_they_may(admin: Key, service: Service) -> None:
    made = json.loads(
        access("create", "till", "--operations", "List*", "--collections", "a", "--json", "--url", service.url).stdout
    )
    shown = access("list", "--url", service.url)
    [row] = [line for line in shown.stdout.splitlines() if made["id"] in line]
    assert [cell.strip() for cell in row.strip("│┃ ").split("│")][:7] == [
        made["id"],
        "till",
        "live",
        "List*",
        "a",
        "*",
        admin.id,
    ]
    assert made["secret"] not in shown.stdout


def test_revoked_key_is_refused_at_once(admin: Key, service: Service) -> None:
    key = printed_key(access("create", "x", "--operations", "*", "--collections", "*", "--url", service.url))
    client = key.client(service)
    assert client.list_collections()["CollectionIds"] == []
    assert access("revoke", key.id, "--url", service.url).stdout == f"{key.id} (x) is revoked\n"
    with pytest.raises(ClientError, match="The security token included in the request is invalid"):
        client.list_collections()


def test_test_says_whether_and_why_and_exits_so(admin: Key, service: Service) -> None:
    key = printed_key(access("create", "x", "--operations", "List*", "--collections", "a", "--url", service.url))
    allowed = access("test", key.id, "--operation", "ListFaces", "--collection", "a", "--url", service.url)
    refused = access("test", key.id, "--operation", "SearchFaces", "--url", service.url)
    assert (allowed.exit_code, refused.exit_code) == (0, 1)
    assert allowed.stdout.startswith("allowed: the key is live and its policy allows it")
    assert refused.stdout == "not allowed: no operation of its policy stands for SearchFaces: 'List*'\n"


def test_folder_of_a_stopped_server_answers_the_same(data: Path) -> None:
    at = ("--data", str(data))
    key = printed_key(access("create", "x", "--operations", "List*", "--collections", "a", *at))
    assert [one["id"] for one in json.loads(access("list", "--json", *at).stdout)] == [key.id]
    assert access("test", key.id, "--operation", "ListFaces", *at).exit_code == 0
    assert access("revoke", key.id, *at).exit_code == 0
    assert access("test", key.id, "--operation", "ListFaces", *at).stdout.startswith("not allowed: the key was revoked")


def test_folder_of_a_running_server_says_to_ask_the_server(service: Service, data: Path) -> None:
    result = access("list", "--data", str(data))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "while its server runs, give --url" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--operations", ","), "operations is empty"),
        (("--operations", "*", "--searches-per-minute", "0"), "searches_per_minute: Input should be greater"),
        (("--operations", "*", "--expires", "soon"), "expires is 'soon'; it must be a date"),
        (("--operations", "*", "--expires", "2020-01-01"), "would have expired already"),
    ],
)
def test_wrong_wish_is_one_sentence_in_both_ways(
    service: Service, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    for place in (("--url", service.url), ("--data", str(tmp_path / "other"))):
        result = access("create", "x", *arguments, *place)
        assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
        assert message in result.stderr


def test_new_folder_says_where_its_master_key_is(data: Path, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("REGARD_MASTER_KEY")
    environment.delenv("CREDENTIALS_DIRECTORY", raising=False)
    environment.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    result = access("create", "x", "--operations", "*", "--data", str(data))
    assert f"A master key was made in {tmp_path / 'home' / 'regard' / 'master-key'}" in result.stderr
    assert printed_key(result).id.startswith("RGDK")


def test_wrong_master_key_is_told(data: Path, environment: pytest.MonkeyPatch) -> None:
    access("create", "x", "--operations", "*", "--data", str(data))
    environment.setenv("REGARD_MASTER_KEY", "A" * 42 + "E=")
    result = access("list", "--data", str(data))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is not the one this data folder was made with" in result.stderr


def test_url_and_data_exclude_each_other(service: Service, data: Path) -> None:
    result = access("list", "--url", service.url, "--data", str(data))
    assert (result.exit_code, "not both" in result.stderr) == (1, True)


def test_refusal_of_the_server_is_told_in_its_words(admin: Key, service: Service, environment: Any) -> None:
    key = printed_key(access("create", "x", "--operations", "List*", "--url", service.url))
    environment.setenv("AWS_ACCESS_KEY_ID", key.id)
    environment.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    result = access("create", "y", "--operations", "*", "--url", service.url)
    assert result.exit_code == 1
    assert "is not authorized to perform: rekognition:ManageAccessKeys" in result.stderr
