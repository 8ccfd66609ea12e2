"""`regard doctor`: what this machine has, and what is wrong."""

import os
import platform
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regard import __version__
from regard.settings import Settings, SettingsError

_LEAST_FREE_BYTES = 500_000_000  # the networks and what they unpack to on the way
_FLAGS = ("sse4_2", "avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimd")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    subject: str
    state: str
    remedy: str = ""  # what to do; empty where all is well


def doctor(port: Annotated[int | None, typer.Option(help="The port that serving would use.")] = None) -> None:
    """Say what this machine has and what is wrong. Exit code 1 where something would keep Regard from working."""
    try:
        settings = Settings.read(os.environ, port=port)
    except SettingsError as error:
        typer.echo(f"regard: {error}", err=True)
        raise typer.Exit(1) from error
    checks: list[Callable[[Settings], Iterator[Finding]]] = [_program, _processor, _runtime, _weights, _disk, _port]
    findings = [finding for check in checks for finding in check(settings)]
    table = Table("What", "Here", "To do")
    for finding in findings:
        cells = map(Text, (finding.subject, finding.state, finding.remedy))
        table.add_row(*cells, style="bold red" if finding.remedy else "")
    Console().print(table)
    raise typer.Exit(1 if any(finding.remedy for finding in findings) else 0)


def _program(settings: Settings) -> Iterator[Finding]:
    yield Finding("Regard", f"{__version__} on Python {platform.python_version()}, {sys.platform} {platform.machine()}")
    yield Finding("Limits", settings.limits)


def _processor(settings: Settings) -> Iterator[Finding]:
    cpuinfo = Path("/proc/cpuinfo")
    known = set(cpuinfo.read_text("utf-8", "replace").split()) if cpuinfo.exists() else set()
    flags = " ".join(flag for flag in _FLAGS if flag in known) or "not known on this system"
    yield Finding("Processor", f"{settings.worker_count} usable; {flags}")


def _runtime(settings: Settings) -> Iterator[Finding]:
    from regard.models import engine

    try:
        options = engine.EngineOptions(threads=1, streams=1, cache_folder=None)
        yield Finding("Runtime", f"OpenVINO {engine.runtime_version()} on {engine.Engine(options).device()}")
    except RuntimeError as error:
        yield Finding("Runtime", str(error), "this processor has no OpenVINO plug-in; it needs x86-64 or Arm64")


def _weights(settings: Settings) -> Iterator[Finding]:
    from regard.models.cards import default_cards
    from regard.models.weights import State, WeightStore, default_folder

    store = WeightStore(settings.weights or default_folder(os.environ))
    findings = store.verify(default_cards())
    missing = sum(finding.state is State.MISSING for finding in findings)
    right = sum(finding.state is State.PRESENT for finding in findings)
    state = f"{right} of {len(findings)} in {store.folder}"
    yield Finding("Networks", state, "regard models pull" if missing else "")
    for finding in findings:
        if finding.state is State.ALTERED:
            yield Finding(finding.card.name, finding.detail, f"delete {finding.path} and run regard models pull")


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = next(parent for parent in (settings.data.absolute(), *settings.data.absolute().parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    yield Finding("Disk", f"{free / 1e9:.1f} GB free at {folder}", "" if free > _LEAST_FREE_BYTES else "make room")
    if not os.access(folder, os.W_OK):
        yield Finding("Data folder", f"{folder} cannot be written", "choose another with --data or REGARD_DATA")


def _port(settings: Settings) -> Iterator[Finding]:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            remedy = "stop what listens there, or choose another with --port"
            yield Finding("Port", f"{settings.host} port {settings.port}: {error.strerror}", remedy)
        else:
            yield Finding("Port", f"{settings.host} port {settings.port} is free")
