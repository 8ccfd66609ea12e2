"""The AWS CLI, whichever version `aws` is: a process for each call, pictures in files."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from botocore import xform_name

from regard_conformance.case import Json, Outcome, Target
from regard_conformance.fixtures import Unavailable

# Members the CLI lifts to an argument of their own, because a file's bytes do not fit into JSON.
LIFTED = {"Image": "--image-bytes", "SourceImage": "--source-image-bytes", "TargetImage": "--target-image-bytes"}
ERROR = re.compile(
    r"An error occurred \((?P<code>[^)]*)\) when calling the \w+ operation"
    r"(?: \(reached max retries: (?P<retries>\d+)\))?: (?P<message>.*)",
    re.DOTALL,
)


class CommandLine:
    """See `case.Driver`. The CLI hides status and request id, and prints the answer after parsing it."""

    name = "cli"

    def __init__(self, target: Target) -> None:
        binary = shutil.which("aws")
        if binary is None:
            raise Unavailable("there is no `aws` on the path")
        version = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=60, check=False)
        if version.returncode != 0:
            raise Unavailable(f"`aws --version` fails: {(version.stdout + version.stderr).strip()[:200]}")
        self._target = target
        self._base = [binary, "rekognition"]
        self._folder = tempfile.TemporaryDirectory(prefix="regard-conformance-")
        self._environment = self._environment_for(target)

    def _environment_for(self, target: Target) -> dict[str, str]:
        config = Path(self._folder.name) / "config"
        config.write_text("[default]\nparameter_validation = false\n", "utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        token = {} if target.session_token is None else {"AWS_SESSION_TOKEN": target.session_token}
        return {
            **kept,
            **token,
            "AWS_ACCESS_KEY_ID": target.access_key,
            "AWS_SECRET_ACCESS_KEY": target.secret_key,
            "AWS_DEFAULT_REGION": target.region,
            "AWS_CONFIG_FILE": str(config),
            "AWS_SHARED_CREDENTIALS_FILE": str(Path(self._folder.name) / "none"),
            "AWS_MAX_ATTEMPTS": "2",
            "AWS_RETRY_MODE": "standard",
            "AWS_PAGER": "",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def call(self, operation: str, request: Json) -> Outcome:
        """See `case.Driver`."""
        command = [
            *self._base,
            xform_name(operation, "-"),
            "--endpoint-url",
            self._target.endpoint,
            "--output",
            "json",
            *self._arguments(request),
        ]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=self._target.timeout_s,
                env=self._environment,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Outcome(code="Timeout", message=f"no answer in {self._target.timeout_s:g} s")
        if done.returncode == 0:
            return Outcome(answer=json.loads(done.stdout or "{}"))
        return _failed(done.stderr.strip())

    def _arguments(self, request: Json) -> list[str]:
        arguments = []
        plain: Json = {}
        for name, value in request.items():
            if name in LIFTED and value.keys() == {"Bytes"}:
                file = Path(self._folder.name) / f"{name}.bin"
                file.write_bytes(value["Bytes"])
                arguments += [LIFTED[name], f"fileb://{file}"]
            else:
                plain[name] = value
        if plain:
            members = Path(self._folder.name) / "members.json"
            members.write_text(json.dumps(plain, default=_text_of_bytes), "utf-8")
            arguments += ["--cli-input-json", f"file://{members}"]
        return arguments

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()


def _failed(text: str) -> Outcome:
    found = ERROR.search(text)
    if found is None:
        return Outcome(code="CommandFailed", message=text[-500:])
    return Outcome(
        code=found["code"],
        message=found["message"].strip(),
        attempts=int(found["retries"] or 0) + 1,
    )


def _text_of_bytes(value: Any) -> str:
    if not isinstance(value, bytes):
        raise TypeError(f"{value!r} is not JSON")
    return value.decode("ascii")
