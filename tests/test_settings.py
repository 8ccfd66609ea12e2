"""Settings from the command line, the environment and defaults."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from regard.settings import ROWS, Settings, SettingsError

WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WEBHOOK = {"REGARD_WEBHOOK_URL": "https://hooks.example/T0KEN", "REGARD_WEBHOOK_SECRET": WEBHOOK_SECRET}


def test_a_machine_that_says_nothing_gets_the_defaults() -> None:
    settings = Settings.read({})
    assert (settings.host, settings.port, settings.limits) == ("127.0.0.1", 8080, "aws")
    assert settings.max_body_bytes == 32 * 1024 * 1024  # above CompareFaces' two pictures of 5 MB in base64
    assert settings.access_keys is None
    assert settings.s3_endpoint is None


def test_the_environment_is_read_in_each_settings_own_type() -> None:
    settings = Settings.read({"REGARD_PORT": "9000", "REGARD_DATA": "/srv/regard", "REGARD_LIMITS": "relaxed"})
    assert (settings.port, settings.data, settings.limits) == (9000, Path("/srv/regard"), "relaxed")
    assert settings.buckets == Path("/srv/regard/buckets")


def test_the_command_line_goes_over_the_environment() -> None:
    assert Settings.read({"REGARD_PORT": "9000"}, port=9001).port == 9001
    assert Settings.read({"REGARD_PORT": "9000"}, port=None).port == 9000
    assert Settings.read({"REGARD_PORT": "9000"}, port=0).port == 0


def test_an_empty_variable_counts_as_unset() -> None:
    assert Settings.read({"REGARD_PORT": "", "REGARD_ACCESS_KEYS": ""}) == Settings()


def test_every_setting_has_a_row_and_a_variable_of_its_own() -> None:
    assert list(ROWS) == [field.name for field in fields(Settings)]
    variables = [row.variable for row in ROWS.values()]
    assert len(set(variables)) == len(variables)
    assert [variable for variable in variables if not variable.startswith("REGARD_")] == []
    assert [name for name, row in ROWS.items() if not row.unit or not row.sentence.endswith(".")] == []


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"REGARD_PORT": "http"}, "REGARD_PORT is 'http'; port must be a whole number"),
        ({"REGARD_PORT": "65536"}, "port is 65536; it must be from 0 to 65535"),
        ({"REGARD_PORT": "-1"}, "port is -1; it must be from 0 to 65535"),
        ({"REGARD_LIMITS": "none"}, "limits is 'none'; it must be one of aws, relaxed"),
        ({"REGARD_WORKERS": "-1"}, "workers is -1; it must be from 0 to 256"),
        ({"REGARD_QUEUE": "1e9"}, "REGARD_QUEUE is '1e9'; queue must be a whole number"),
        ({"REGARD_BODY_SECONDS": "0"}, "body_seconds is 0; it must be from 1 to 3600"),
        ({"REGARD_MAX_BODY": "0"}, "max_body_bytes is 0; it must be from 1 to 1073741824"),
        ({"REGARD_JOB_WORKERS": "-1"}, "job_workers is -1; it must be from 0 to 64"),
        ({"REGARD_JOB_DISK": "0"}, "job_disk_bytes is 0; it must be from 1 to 1152921504606846976"),
        ({"REGARD_ACCOUNT": "me"}, "account is 'me'; it must be 12 digits"),
        ({"REGARD_S3_ENDPOINT": "s3.example"}, "s3_endpoint is 's3.example'; it must start with http:// or https://"),
        ({"REGARD_S3_ENDPOINT": "file:///etc"}, "s3_endpoint is 'file:///etc'; it must start with http:// or https://"),
        ({"REGARD_S3_ACCESS_KEY_ID": "a"}, "s3_access_key_id and s3_secret_access_key must be set together"),
        ({"REGARD_S3_SECRET_ACCESS_KEY": "a"}, "s3_access_key_id and s3_secret_access_key must be set together"),
        ({"REGARD_SNS_ENDPOINT": "sns"}, "sns_endpoint must be a URL that starts with http:// or https://"),
        ({"REGARD_SNS_ACCESS_KEY_ID": "a"}, "sns_access_key_id and sns_secret_access_key must be set together"),
        ({"REGARD_WEBHOOK_URL": "http://a"}, "webhook_url and webhook_secret must be set together"),
        ({"REGARD_WEBHOOK_SECRET": WEBHOOK_SECRET}, "webhook_url and webhook_secret must be set together"),
        (WEBHOOK | {"REGARD_WEBHOOK_SECRET": " "}, "webhook_secret is blank"),
        (
            WEBHOOK | {"REGARD_WEBHOOK_SECRET": "whsec_?"},
            "webhook_secret must be whsec_ and base64, or two of these with a space",
        ),
        (
            WEBHOOK | {"REGARD_WEBHOOK_SECRET": "whsec_dG9vIHNob3J0"},
            "webhook_secret must be whsec_ and the base64 of 24 to 64 bytes; it has 9 bytes",
        ),
        ({"REGARD_MQTT_URL": "http://a"}, "mqtt_url must be a URL that starts with mqtt:// or mqtts://"),
        (
            {"REGARD_MQTT_URL": "mqtt://a/topic"},
            "mqtt_url must be a scheme, a host and perhaps a port; mqtt_topic is set by itself",
        ),
        ({"REGARD_MQTT_TOPIC": "jobs/#"}, "mqtt_topic is 'jobs/#'; it must be 1 to 200 characters without + and #"),
        ({"REGARD_MQTT_PASSWORD": "a"}, "mqtt_password is set without mqtt_user"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.read(environ)
    assert str(caught.value) == message


@pytest.mark.parametrize("chosen", [{"limits": "AWS"}, {"port": 70_000}, {"workers": 1000}])
def test_a_wrong_choice_is_told_too(chosen: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        Settings.read({}, **chosen)


def test_workers_are_the_processors_unless_chosen() -> None:
    assert Settings(workers=3).worker_count == 3
    assert Settings().worker_count >= 1


def test_folders_are_made_once_and_again(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "deep" / "data")
    settings.make_folders()
    settings.make_folders()
    assert (tmp_path / "deep" / "data" / "buckets").is_dir()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=f"the data folder {tmp_path / 'file'} cannot be made: Not a directory"):
        Settings(data=tmp_path / "file").make_folders()


def test_settings_in_a_log_hold_no_secret() -> None:
    assert "hidden" not in repr(Settings(s3_access_key_id="key", s3_secret_access_key="hidden"))


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("REGARD_WEBHOOK_URL", "https://user:hidden@hooks.example/"),
        ("REGARD_WEBHOOK_URL", "https://hidden@hooks.example/"),
        ("REGARD_WEBHOOK_URL", "https://hooks.example/#hidden"),
        ("REGARD_WEBHOOK_URL", "https://hooks.example:port/hidden"),
        ("REGARD_WEBHOOK_URL", "https://hooks.example:0/hidden"),
        ("REGARD_WEBHOOK_URL", "ftp://hooks.example/hidden"),
        ("REGARD_WEBHOOK_URL", "https:///hidden"),
        ("REGARD_WEBHOOK_URL", "https://[hooks.example/hidden"),
        ("REGARD_WEBHOOK_URL", "https://hooks.example/hidden\r\nX: y"),
        ("REGARD_SNS_ENDPOINT", "https://user:hidden@sns.example"),
        ("REGARD_MQTT_URL", "mqtt://user:hidden@broker.example"),
        ("REGARD_MQTT_URL", "ws://broker.example/hidden"),
        ("REGARD_WEBHOOK_SECRET", "hidden"),
        ("REGARD_WEBHOOK_SECRET", "whsec_hidden!"),
        ("REGARD_WEBHOOK_SECRET", "whsec_hidden=="),
    ],
)
def test_a_wrong_address_or_secret_is_refused_and_not_repeated(variable: str, url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.read(WEBHOOK | {variable: url})
    assert variable.removeprefix("REGARD_").lower() in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_what_a_log_says_of_the_settings_of_notices_holds_no_secret() -> None:
    settings = Settings.read(
        WEBHOOK
        | {
            "REGARD_SNS_ENDPOINT": "http://sns.example",
            "REGARD_SNS_ACCESS_KEY_ID": "AKID",
            "REGARD_SNS_SECRET_ACCESS_KEY": "hidden",
            "REGARD_MQTT_URL": "mqtts://broker.example",
            "REGARD_MQTT_USER": "regard",
            "REGARD_MQTT_PASSWORD": "hidden",
        }
    )
    said = f"{settings!r} {settings.told()}"
    assert "mqtts://broker.example" in said
    assert [secret for secret in ("hidden", WEBHOOK_SECRET, "T0KEN") if secret in said] == []


def test_a_webhook_has_two_keys_while_its_secret_is_being_changed() -> None:
    assert Settings.read(WEBHOOK).webhook_keys == (bytes.fromhex("31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0"),)
    both = Settings.read(WEBHOOK | {"REGARD_WEBHOOK_SECRET": f"{WEBHOOK_SECRET} whsec_{'A' * 32}"})
    assert both.webhook_keys[1] == bytes(24)
