"""What a child is to do, as JSON: the name of a function of ours and plain arguments. Nothing read could run."""

import importlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from regard.media.video_limits import VideoLimits


def packed(target: Callable[..., None], arguments: Sequence[object], limits: VideoLimits) -> bytes:
    """A top-level function; arguments of JSON's types, paths and limits. Raises TypeError for others."""
    job = {"module": target.__module__, "function": target.__qualname__}
    return json.dumps(job | {"arguments": [_plain(one) for one in arguments], "limits": asdict(limits)}).encode()


def unpacked(job: bytes) -> tuple[Callable[..., None], list[Any], VideoLimits]:
    """Function, arguments and limits of `packed`."""
    told = json.loads(job)
    target = getattr(importlib.import_module(told["module"]), told["function"])
    return target, [_made(one) for one in told["arguments"]], VideoLimits(**told["limits"])


def _plain(argument: object) -> object:
    if isinstance(argument, Path):
        return {"path": str(argument)}
    if isinstance(argument, VideoLimits):
        return {"limits": asdict(argument)}
    return argument


def _made(argument: Any) -> Any:
    if isinstance(argument, dict):
        return Path(argument["path"]) if "path" in argument else VideoLimits(**argument["limits"])
    return argument
