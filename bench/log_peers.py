"""Has other people's programs read a log of Regard: `python -m bench.log_peers [--python PYTHON] [--entries N]`.

    go          golang.org/x/mod/sumdb (note, tlog), where `go` and Debian's golang-golang-x-mod-dev are installed
    aics-tlog   where --python names an interpreter (3.12 or later) that has that package

Each checks the signature, proves a thousand entries from the tiles, computes older roots, and checks Regard's own
proofs. Then a bit of the log is flipped, and each must refuse it. Exit code 1 where one does not agree.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.tables import table
from regard.ledger.entries import canonical, moment_text
from regard.ledger.log import Ledger
from regard.ledger.notes import NoteSigner
from regard.ledger.proof_files import consistency_json, inclusion_json
from regard.ledger.reader import LogFiles

_HERE = Path(__file__).parent
_GO_SOURCES = "/usr/share/gocode"  # of Debian's packages of Go modules
_OLDER = 80  # sizes whose roots are compared
_IN_FIRST_ENTRY = 20  # a byte after the length of the first entry


def main() -> int:
    """Prints a table of who agrees."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--python", help="an interpreter that has aics-tlog")
    arguments.add_argument("--entries", type=int, default=70_000)
    asked = arguments.parse_args()
    peers = available_peers(asked.python)
    with tempfile.TemporaryDirectory() as folder:
        log = written_log(Path(folder) / "log", asked.entries)
        rows = [[name, *judged(command, log)] for name, command in peers.items()]
    print(table(["Reader", "Entries proved", "Older roots", "Our proofs", "Agrees", "Refuses a flipped bit"], rows))
    return 0 if rows and all(row[4:] == ["yes", "yes"] for row in rows) else 1


def available_peers(python: str | None) -> dict[str, list[str]]:
    """The commands that read a log, by the name of the reader."""
    peers = {}
    if shutil.which("go") and Path(_GO_SOURCES, "src/golang.org/x/mod/sumdb/tlog").is_dir():
        peers["golang.org/x/mod/sumdb"] = ["go", "run", str(_HERE / "log_peer.go")]
    if python is not None:
        peers["aics-tlog"] = [python, str(_HERE / "log_peer_aics.py")]
    return peers


def written_log(folder: Path, entries: int) -> LogFiles:
    """A log of so many entries, published in two steps."""
    ledger = Ledger.open(folder, NoteSigner("log.example/door", b"\x07" * 32))
    for stop in (entries // 3, entries):
        ledger.enqueue([_entry(index) for index in range(ledger.size, stop)]).wait()
        ledger.publish()
    ledger.close()
    return LogFiles(folder)


def asked_of(command: Sequence[str], log: LogFiles) -> dict[str, Any] | str:
    """What a reader finds in a log; what it says where it refuses it."""
    indices = {0, log.size // 2, log.size - 1}
    olds = {1, log.size // 3, log.size - 1}
    proofs = [inclusion_json(log, index) for index in indices] + [consistency_json(log, old) for old in olds]
    return _run(command, log.folder, log.vkey, proofs)


def refuses(command: Sequence[str], log: LogFiles) -> bool:
    """Whether a reader refuses the log once a bit of the first entry, which every reader proves, is flipped."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(log.folder, Path(folder) / "log"))
        bundle = copy / "tile/entries/000"
        data = bytearray(bundle.read_bytes())
        data[_IN_FIRST_ENTRY] ^= 1
        bundle.write_bytes(data)
        return isinstance(_run(command, copy, log.vkey, []), str)


def judged(command: Sequence[str], log: LogFiles) -> list[str]:
    """The cells of one reader's row."""
    found = asked_of(command, log)
    if isinstance(found, str):
        return ["", "", "", f"no: {found}", ""]
    proofs = f"{found['inclusion']} + {found['consistency']}"
    answers = ["yes" if one else "no" for one in (agrees(found, log), refuses(command, log))]
    return [f"{found['entries']:,}", f"{len(found['roots'])}", proofs, *answers]


def agrees(found: dict[str, Any], log: LogFiles) -> bool:
    """Whether a reader found what Regard says."""
    sizes = range(1, log.size + 1, log.size // _OLDER + 1)
    roots = {str(size): log.root_at(size).hex() for size in sizes}
    return (found["size"], found["root"], found["roots"]) == (log.size, log.checkpoint.root.hex(), roots)


def _run(command: Sequence[str], folder: Path, vkey: str, proofs: list[dict[str, Any]]) -> dict[str, Any] | str:
    environ = os.environ | {"GO111MODULE": "off", "GOPATH": _GO_SOURCES, "GOFLAGS": ""}
    done = subprocess.run(
        [*command, str(folder), vkey],
        input=json.dumps(proofs),
        capture_output=True,
        text=True,
        env=environ,
        check=False,
    )
    if done.returncode:
        return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}"
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _entry(index: int) -> bytes:
    moment = moment_text(1_763_935_801_000 + index)
    names = {"principal": "local", "request": f"request-{index}", "account": "123456789012", "region": "us-east-1"}
    told = {"v": 1, "id": f"{index:032x}", "act": "compare", "began": moment, "ended": moment, "details": {"n": index}}
    return canonical(told | names)


if __name__ == "__main__":
    sys.exit(main())
