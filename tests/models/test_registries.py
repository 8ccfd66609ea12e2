"""Expected values are what `pip config list` and `npm config get registry` answer for the same files and variables."""

from pathlib import Path

import pytest

from regard.models.registries import PUBLIC_NPM_REGISTRY, PUBLIC_PYTHON_INDEX, configured


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({}, PUBLIC_PYTHON_INDEX, id="nothing"),
        pytest.param({"PIP_INDEX_URL": "https://mirror/simple/"}, "https://mirror/simple", id="pip"),
        pytest.param({"UV_DEFAULT_INDEX": "https://mirror/simple"}, "https://mirror/simple", id="uv"),
        pytest.param({"UV_DEFAULT_INDEX": "work=https://mirror/simple"}, "https://mirror/simple", id="uv-named"),
        pytest.param({"UV_INDEX_URL": "https://mirror/simple"}, "https://mirror/simple", id="uv-old"),
        pytest.param({"PIP_INDEX_URL": "https://a/b=c", "UV_INDEX_URL": "https://d"}, "https://a/b=c", id="pip-first"),
    ],
)
def test_python_index_is_the_one_pip_uses(environ: dict[str, str], expected: str, tmp_path: Path) -> None:
    assert configured({"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null", **environ}).python == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("[global]\nindex-url = https://mirror/simple\n", "https://mirror/simple", id="global"),
        pytest.param("[global]\nindex-url = https://a\n[install]\nindex-url = https://b\n", "https://b", id="install"),
        pytest.param("[global]\ntimeout = 60\n", PUBLIC_PYTHON_INDEX, id="no-index"),
        pytest.param("index-url = https://mirror/simple\n", PUBLIC_PYTHON_INDEX, id="not-a-pip-file"),
    ],
)
def test_python_index_is_read_from_pips_file(text: str, expected: str, tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(text)
    assert configured({"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(file)}).python == expected


def test_users_pip_file_is_found_under_the_configuration_folder(tmp_path: Path) -> None:
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "pip.conf").write_text("[global]\nindex-url = https://mirror/simple\n")
    assert configured({"HOME": "/nowhere", "XDG_CONFIG_HOME": str(tmp_path)}).python == "https://mirror/simple"


@pytest.mark.parametrize(
    ("environ", "npmrc", "expected"),
    [
        pytest.param({}, "", PUBLIC_NPM_REGISTRY, id="nothing"),
        pytest.param({"npm_config_registry": "https://mirror/npm/"}, "", "https://mirror/npm", id="variable"),
        pytest.param({}, "fund=false\nregistry = https://mirror/npm/\n", "https://mirror/npm", id="file"),
        pytest.param({}, "@acme:registry=https://other\n", PUBLIC_NPM_REGISTRY, id="of-a-scope-only"),
        pytest.param({"NPM_CONFIG_REGISTRY": "https://a"}, "registry=https://b\n", "https://a", id="variable-first"),
    ],
)
def test_npm_registry_is_the_one_npm_uses(environ: dict[str, str], npmrc: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text(npmrc)
    assert configured({"HOME": str(tmp_path), **environ}).npm == expected


def test_certificates_named_for_pip_come_before_those_named_for_everyone() -> None:
    found = configured({"SSL_CERT_FILE": "/everyone.pem", "PIP_CERT": "/pip.pem"})
    assert (found.ca_variable, found.ca_bundle) == ("PIP_CERT", "/pip.pem")
