"""The JavaScript SDK v3: one Node.js process that is handed a call a line and answers a line."""

import importlib.resources
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, TextIO

from regard_conformance.case import Json, Outcome, Target
from regard_conformance.fixtures import Unavailable

NODE_FILES = importlib.resources.files("regard_conformance") / "node"


def default_folder() -> Path:
    """Where `--install-js` puts the SDK."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "regard-conformance" / "node"


def install(folder: Path) -> None:
    """Fetch the pinned SDK with npm into `folder`; raises Unavailable when that cannot be done."""
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("there is no `npm` on the path")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text((NODE_FILES / "package.json").read_text("utf-8"), "utf-8")
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--no-package-lock"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Unavailable(f"npm install fails: {done.stderr.strip()[-300:]}")


class JavaScript:
    """See `case.Driver`. The answer is the JSON as it crossed the wire."""

    name = "js"

    def __init__(self, target: Target, folder: Path | None) -> None:
        node = shutil.which("node")
        if node is None:
            raise Unavailable("there is no `node` on the path")
        self._folder = tempfile.TemporaryDirectory(prefix="regard-conformance-")
        self._numbers = itertools.count()
        options = {
            "sdkFolder": str(folder or default_folder()),
            "endpoint": target.endpoint,
            "region": target.region,
            "credentials": {
                "accessKeyId": target.access_key,
                "secretAccessKey": target.secret_key,
                "sessionToken": target.session_token,
            },
            "timeoutMs": int(target.timeout_s * 1000),
        }
        driver = Path(self._folder.name) / "driver.mjs"
        driver.write_text((NODE_FILES / "driver.mjs").read_text("utf-8"), "utf-8")
        self._process = subprocess.Popen(
            [node, "--no-warnings", str(driver), json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        ready = self._read()
        if "unavailable" in ready:
            self.close()
            raise Unavailable(f"{ready['unavailable']}; `regard-conformance --install-js` fetches it")

    def _pipe(self, pipe: Any) -> TextIO:
        if pipe is None:
            raise RuntimeError("the process was started without pipes")
        stream: TextIO = pipe
        return stream

    def _read(self) -> Json:
        line = self._pipe(self._process.stdout).readline()
        if not line:
            return {"unavailable": "the Node.js process ended"}
        answer: Json = json.loads(line)
        return answer

    def call(self, operation: str, request: Json) -> Outcome:
        """See `case.Driver`."""
        stdin = self._pipe(self._process.stdin)
        stdin.write(json.dumps({"operation": operation, "input": self._in_files(request)}) + "\n")
        stdin.flush()
        reply = self._read()
        if "unavailable" in reply:
            return Outcome(code="NodeEnded", message=reply["unavailable"])
        answer = None if reply["code"] is not None else json.loads(reply["body"] or "{}")
        return Outcome(
            answer=answer,
            code=reply["code"],
            message=reply["message"],
            http_status=reply["status"],
            attempts=reply["attempts"],
            request_id=reply["requestId"],
        )

    def _in_files(self, value: Any) -> Any:
        """The request with blobs in files, since JSON has none."""
        if isinstance(value, dict):
            return {name: self._in_files(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._in_files(member) for member in value]
        if isinstance(value, bytes):
            file = Path(self._folder.name) / f"{next(self._numbers)}.bin"
            file.write_bytes(value)
            return {"$file": str(file)}
        return value

    def close(self) -> None:
        """End the process and remove the files."""
        self._pipe(self._process.stdin).close()
        self._process.wait(timeout=30)
        self._pipe(self._process.stdout).close()
        self._folder.cleanup()
