"""`regard-conformance`: the way in."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from regard_conformance.case import Result, Target
from regard_conformance.cases import GROUPS
from regard_conformance.fixtures import Unavailable, load_face
from regard_conformance.report import summary
from regard_conformance.runner import RAW, Plan
from regard_conformance.sdk import SDKS
from regard_conformance.sdk.javascript import default_folder, install

ALL_SDKS = (*SDKS, RAW)
FAILED, MISUSED = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the arguments say; 0 without a FAIL, 1 with one, 2 when it could not be run."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if options.install_js:
            install(options.js_folder or default_folder())
            print(f"the JavaScript SDK is in {options.js_folder or default_folder()}", file=sys.stderr)
            return 0
        plan = _plan(options)
        if options.list:
            _print_cases(plan, options.sdk)
            return 0
        if options.endpoint is None:
            parser.error("--endpoint is needed")
        return _run(plan, options.json)
    except (Unavailable, OSError) as error:
        print(f"regard-conformance: {error}", file=sys.stderr)
        return MISUSED


def _run(plan: Plan, path: Path | None) -> int:
    results: list[Result] = []
    with path.open("w", encoding="utf-8") if path else nullcontext(sys.stdout) as output:
        for result in plan.run():
            results.append(result)
            print(json.dumps(result.as_json(), ensure_ascii=False), file=output, flush=True)
    print(summary(results), file=sys.stderr)
    return FAILED if any(result.status == "FAIL" for result in results) else 0


def _print_cases(plan: Plan, sdks: Sequence[str]) -> None:
    for sdk in sdks:
        cases = plan.wire_cases() if sdk == RAW else plan.cases(sdk)
        for case in cases:
            print(f"{sdk}\t{case.group}\t{case.operation}\t{case.name}")


def _plan(options: argparse.Namespace) -> Plan:
    environment = os.environ
    target = Target(
        endpoint=(options.endpoint or "").rstrip("/"),
        region=options.region,
        access_key=options.access_key or environment.get("AWS_ACCESS_KEY_ID", "conformance"),
        secret_key=options.secret_key or environment.get("AWS_SECRET_ACCESS_KEY", "conformance"),
        session_token=None if options.access_key else environment.get("AWS_SESSION_TOKEN"),
        keys_are_known=options.access_key is not None,
        limits=options.limits,
        timeout_s=options.timeout,
    )
    return Plan(
        target,
        sdks=options.sdk,
        groups=frozenset(options.groups),
        operations=frozenset(options.operations) if options.operations else None,
        face=load_face(options.face_picture),
        s3_object=_named(options.s3_object),
        s3_video=_named(options.s3_video),
        js_folder=options.js_folder,
    )


def _named(text: str | None) -> tuple[str, str] | None:
    """Bucket and key."""
    if text is None:
        return None
    bucket, _, key = text.partition("/")
    return bucket, key


class _Names:
    """Parses `a,b` into a list of allowed names."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = allowed

    def __call__(self, text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        if unknown := sorted(set(names) - set(self._allowed)):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; there are {', '.join(self._allowed)}")
        return names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="regard-conformance",
        description="Ask an endpoint whether it speaks the Amazon Rekognition protocol. JSON Lines on standard output, "
        "a summary on standard error; exit 1 when a case fails.",
    )
    add = parser.add_argument
    add("--endpoint", metavar="URL", help="what to ask, such as http://127.0.0.1:8080")
    add("--sdk", type=_Names(ALL_SDKS), default=list(ALL_SDKS), metavar="A,B", help=f"of {', '.join(ALL_SDKS)}")
    add("--groups", type=_Names(GROUPS), default=list(GROUPS), metavar="A,B", help=f"of {', '.join(GROUPS)}")
    add("--operations", type=lambda text: text.split(","), metavar="A,B", help="only these, such as DetectFaces")
    add("--limits", choices=("aws", "relaxed"), default="aws", help="the limits the endpoint was started with")
    add("--json", type=Path, metavar="FILE", help="write the lines there and not to standard output")
    add("--list", action="store_true", help="print the cases and ask nothing")
    add("--face-picture", type=Path, metavar="FILE", help="a portrait of one person, head upright, nothing covering it")
    add("--s3-object", metavar="BUCKET/KEY", help="a picture in a bucket that the endpoint can read")
    add("--s3-video", metavar="BUCKET/KEY", help="a video in such a bucket, a few seconds long, with things to see")
    add("--region", default="us-east-1", help="that of the signatures (%(default)s)")
    add("--access-key", help="one the endpoint knows; adds the cases on signatures")
    add("--secret-key", help="that of --access-key; both default to the environment's, then to any")
    add("--timeout", type=float, default=120.0, metavar="S", help="seconds for one answer (%(default)g)")
    add("--js-folder", type=Path, metavar="DIR", help="where the JavaScript SDK is installed")
    add("--install-js", action="store_true", help="fetch the JavaScript SDK with npm, then end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
