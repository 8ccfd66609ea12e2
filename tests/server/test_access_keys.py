"""The file of access keys."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from regard.server.access_keys import read_access_keys
from regard.settings import SettingsError

KEY = "[one]\naws_access_key_id = AKIA\naws_secret_access_key = s3cr%t/+=\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.touch(0o600)
    return path


def test_keys_are_read_in_the_form_of_aws_credentials(file: Path) -> None:
    file.write_text(KEY + "[two]\naws_access_key_id=ASIA\naws_secret_access_key=x\naws_session_token=t\nregion=eu\n")
    keys = read_access_keys(file)
    assert {key: (c.secret, c.session_token, c.expires) for key, c in keys.items()} == {
        "AKIA": ("s3cr%t/+=", None, None),
        "ASIA": ("x", "t", None),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:00:00+00:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T14:00:00+02:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_an_expiry_is_a_moment(file: Path, text: str, expected: datetime) -> None:
    file.write_text(f"{KEY}expires = {text}\n")
    assert read_access_keys(file)["AKIA"].expires == expected


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o660, 0o777])
def test_a_file_that_others_may_read_is_refused_with_the_remedy(file: Path, mode: int) -> None:
    file.write_text(KEY)
    file.chmod(mode)
    with pytest.raises(SettingsError, match=f"others may read it; run: chmod 600 {file}"):
        read_access_keys(file)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_for_its_owner_alone_is_read(file: Path, mode: int) -> None:
    file.write_text(KEY)
    file.chmod(mode)
    assert list(read_access_keys(file)) == ["AKIA"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no access key"),
        ("# nothing\n", "holds no access key"),
        ("AKIA:secret\n", r"is not in the form of ~/\.aws/credentials"),
        ("[one]\nx\n", r"is not in the form of ~/\.aws/credentials"),
        (KEY + KEY, r"is not in the form of ~/\.aws/credentials"),
        ("[one]\naws_access_key_id = AKIA\n", r"\[one\] in .* needs aws_access_key_id and aws_secret_access_key"),
        ("[one]\naws_secret_access_key = s3cr3t\n", r"\[one\] in .* needs aws_access_key_id and aws_secret_access_key"),
        ("[one]\naws_access_key_id =\naws_secret_access_key = s3cr3t\n", r"\[one\] in .* needs"),
        (KEY + "expires = tomorrow\n", r"expires is 'tomorrow'; it must be like 2026-01-31T12:00:00\+00:00"),
        (KEY + KEY.replace("one", "two"), "access key AKIA stands in .* twice"),
    ],
)
def test_a_file_in_a_wrong_form_is_told_without_its_secrets(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError, match=message) as caught:
        read_access_keys(file)
    assert "s3cr" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"the access keys in {tmp_path / 'none'} cannot be read"):
        read_access_keys(tmp_path / "none")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_access_keys(tmp_path)


def test_bytes_that_are_no_text_are_told(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_access_keys(file)
