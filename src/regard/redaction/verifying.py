"""Whether a redacted video and its report belong together and are as they were made."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regard.redaction.plan import Plan, PlanFault
from regard.redaction.report import ReportFault, content_sha256, file_facts, plan_sha256, read_members, report_paths


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was compared."""

    what: str  # "output", "report", "page", "input" or "plan"
    is_right: bool
    says: str  # in plain words


@dataclass(frozen=True, slots=True)
class Verified:
    """What comparing came to."""

    findings: tuple[Finding, ...]
    report_sha256: str  # of the report's content, to compare with one kept elsewhere

    @property
    def is_right(self) -> bool:
        """Whether nothing differs."""
        return all(finding.is_right for finding in self.findings)


def verify_output(
    output: Path, *, report: Path | None = None, source: Path | None = None, plan: Path | None = None
) -> Verified:
    """Compares an output with its report, and the report with what else is given.

    report: its JSON, None for the one beside the output; source: the input; plan: the file it was rendered from. The
    page is compared where it stands beside the report. Raises ReportFault or PlanFault for a file that is none, OSError
    for one that cannot be read.
    """
    place = report or report_paths(output)[0]
    members = read_members(place.read_bytes())
    try:
        integrity, told = members["integrity"], members["output"]
        content = content_sha256(members)
        findings = [
            _report_finding(place, integrity["content_sha256"], content),
            *_page_findings(place, integrity["page_sha256"]),
            _file_finding("output", output, told["sha256"], told["bytes"]),
        ]
        if source is not None:
            findings.append(_file_finding("input", source, members["input"]["sha256"], members["input"]["bytes"]))
        if plan is not None:
            findings.append(_plan_finding(plan, members["plan_sha256"]))
    except (KeyError, TypeError) as error:
        said = f"no member {error}" if isinstance(error, KeyError) else str(error)
        raise ReportFault(f"The report cannot be read: {said}") from error
    return Verified(tuple(findings), content)


def _report_finding(place: Path, stated: Any, content: str) -> Finding:
    if stated == content:
        return Finding("report", True, f"{place.name} is as it was made.")
    return Finding(
        "report", False, f"{place.name} was changed after it was made: its content has not the hash that it states."
    )


def _page_findings(place: Path, stated: Any) -> list[Finding]:
    page = place.with_suffix(".html")
    if stated is None or not page.is_file():
        return []
    if hashlib.sha256(page.read_bytes()).hexdigest() == stated:
        return [Finding("page", True, f"{page.name} is the page that was made with this report.")]
    return [Finding("page", False, f"{page.name} is not the page that was made with this report.")]


def _file_finding(what: str, path: Path, sha256: str, size: int) -> Finding:
    facts = file_facts(path)
    if facts.sha256 == sha256:
        made = "that this report is about" if what == "output" else "that it was made from"
        return Finding(what, True, f"{path.name} is the {what} {made}, byte for byte (SHA-256 {sha256}).")
    return Finding(
        what,
        False,
        f"{path.name} is not the {what} of this report: it has {facts.bytes:,} bytes and the SHA-256 {facts.sha256}; "
        f"the report says {size:,} bytes and {sha256}.",
    )


def _plan_finding(path: Path, sha256: str) -> Finding:
    try:
        found = plan_sha256(Plan.from_bytes(path.read_bytes()))
    except PlanFault as error:
        raise PlanFault(f"{path}: {error}") from error
    if found == sha256:
        return Finding("plan", True, f"{path.name} is the plan that it was rendered from.")
    return Finding(
        "plan",
        False,
        f"{path.name} is not the plan that it was rendered from: it has {found}; the report says {sha256}.",
    )
