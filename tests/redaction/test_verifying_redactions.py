"""Whether an output, its report, its page, its input and its plan belong together."""

import hashlib
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from regard.redaction.plan import Plan, PlanFault
from regard.redaction.report import ReportFault, file_facts, report_of, report_paths
from regard.redaction.verifying import Verified, verify_output
from tests.redaction.plans import plan, track


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """With its report and page beside it, and input and plan."""
    source, output = tmp_path / "in.mp4", tmp_path / "out.mp4"
    source.write_bytes(b"a video")
    output.write_bytes(b"a covered video")
    facts = file_facts(source)
    made = plan(track(1, 0, 1))
    made = replace(made, input=replace(made.input, sha256=facts.sha256, bytes=facts.bytes))
    (tmp_path / "plan.json").write_bytes(made.to_bytes())
    place, page = report_paths(output)
    page.write_bytes(b"<p>A page</p>")
    place.write_bytes(report_of(made, output).to_bytes(hashlib.sha256(b"<p>A page</p>").hexdigest()))
    return output


def verify(output: Path) -> Verified:
    return verify_output(output, source=output.with_name("in.mp4"), plan=output.with_name("plan.json"))


def wrong(verified: Verified) -> list[str]:
    return [finding.what for finding in verified.findings if not finding.is_right]


def test_what_belongs_together_is_right(output: Path) -> None:
    verified = verify(output)
    assert verified.is_right
    assert [finding.what for finding in verified.findings] == ["report", "page", "output", "input", "plan"]


@pytest.mark.parametrize(
    ("name", "what"),
    [("out.mp4", "output"), ("in.mp4", "input"), ("out.mp4.report.html", "page")],
)
def test_a_file_that_was_changed_is_named_with_both_hashes(output: Path, name: str, what: str) -> None:
    changed = output.with_name(name)
    before = file_facts(changed).sha256
    changed.write_bytes(b"another")
    verified = verify(output)
    assert wrong(verified) == [what]
    said = next(finding.says for finding in verified.findings if not finding.is_right)
    assert name in said
    assert what == "page" or (before in said and hashlib.sha256(b"another").hexdigest() in said)


def test_a_report_that_was_changed_is_told(output: Path) -> None:
    place = report_paths(output)[0]
    place.write_bytes(place.read_bytes().replace(b'"cuts": []', b'"cuts": [5]'))
    assert wrong(verify(output)) == ["report"]


def test_a_report_that_was_only_laid_out_anew_is_right(output: Path) -> None:
    place = report_paths(output)[0]
    place.write_bytes(orjson.dumps(orjson.loads(place.read_bytes())))
    assert verify(output).is_right


def test_a_plan_that_was_edited_is_told_and_one_that_was_laid_out_anew_is_right(output: Path) -> None:
    file = output.with_name("plan.json")
    file.write_bytes(orjson.dumps(orjson.loads(file.read_bytes())))
    assert verify(output).is_right
    edited = Plan.from_bytes(file.read_bytes())
    file.write_bytes(replace(edited, cuts=(7,)).to_bytes())
    assert wrong(verify(output)) == ["plan"]


def test_only_what_is_given_is_compared(output: Path) -> None:
    report_paths(output)[1].unlink()
    assert [finding.what for finding in verify_output(output).findings] == ["report", "output"]


def test_a_report_may_stand_elsewhere(output: Path, tmp_path: Path) -> None:
    elsewhere = report_paths(output)[0].rename(tmp_path / "kept.json")
    assert verify_output(output, report=elsewhere).is_right


def test_what_is_no_report_or_no_plan_is_told(output: Path) -> None:
    output.with_name("plan.json").write_bytes(b"{}")
    with pytest.raises(PlanFault, match=r"plan\.json: This is no plan"):
        verify(output)
    place = report_paths(output)[0]
    place.write_bytes(b'{"format": "regard-redaction-report-1"}')
    with pytest.raises(ReportFault, match="no member 'integrity'"):
        verify(output)
