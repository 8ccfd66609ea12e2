"""The clients that put the questions, one a module. Each opens or says with `Unavailable` why it cannot."""

from collections.abc import Callable
from pathlib import Path

from regard_conformance.case import Driver, Target
from regard_conformance.sdk.command_line import CommandLine
from regard_conformance.sdk.javascript import JavaScript
from regard_conformance.sdk.python import Boto3

# What `--sdk` may name. The folder is where the JavaScript SDK was installed.
SDKS: dict[str, Callable[[Target, Path | None], Driver]] = {
    "boto3": lambda target, _folder: Boto3(target),
    "cli": lambda target, _folder: CommandLine(target),
    "js": JavaScript,
}
