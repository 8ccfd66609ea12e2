"""The results for a person: a table of operations and SDKs, then what failed."""

from collections import Counter
from collections.abc import Iterable, Sequence

from regard_conformance.case import Result

LONGEST_DETAIL = 240


def summary(results: Sequence[Result]) -> str:
    """Counts for each operation and SDK, the reasons for NA where an operation has nothing else, the failures."""
    sdks = list(dict.fromkeys(result.sdk for result in results))
    operations = sorted({result.operation for result in results})
    width = max((len(operation) for operation in operations), default=0)
    lines = ["  ".join([" " * width, *(f"{sdk:<20}" for sdk in sdks)]).rstrip()]
    for operation in operations:
        cells = (_cell(r for r in results if (r.operation, r.sdk) == (operation, sdk)) for sdk in sdks)
        lines.append("  ".join([f"{operation:<{width}}", *(f"{cell:<20}" for cell in cells)]).rstrip())
    lines += ["", *_not_tried(results), *_failures(results), _totals(results)]
    return "\n".join(lines)


def _cell(results: Iterable[Result]) -> str:
    counts = Counter(result.status for result in results)
    parts = [f"{counts[status]} {status}" for status in ("PASS", "FAIL", "NA") if counts[status]]
    return ", ".join(parts) or "-"


def _not_tried(results: Sequence[Result]) -> list[str]:
    reasons = Counter((result.sdk, result.detail) for result in results if result.status == "NA")
    lines = [f"NA    {sdk}: {detail} ({count} cases)" for (sdk, detail), count in reasons.items()]
    return [*lines, ""] if lines else []


def _failures(results: Sequence[Result]) -> list[str]:
    lines = [
        f"FAIL  {result.sdk} {result.operation}, {result.case}: {result.detail[:LONGEST_DETAIL]}"
        for result in results
        if result.status == "FAIL"
    ]
    return [*lines, ""] if lines else []


def _totals(results: Sequence[Result]) -> str:
    counts = Counter(result.status for result in results)
    seconds = sum(result.duration for result in results)
    return f"{counts['PASS']} PASS, {counts['FAIL']} FAIL, {counts['NA']} NA in {seconds:.1f} s"
