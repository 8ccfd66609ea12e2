"""What a call came to, held against what was expected of it."""

import re

from regard_conformance.case import Answered, Case, Json, Outcome, Refused, Status
from regard_conformance.fixtures import Fixtures, Unavailable
from regard_conformance.model import error_codes, output_problems

# How servers of this protocol say that they do not offer an operation.
NOT_IMPLEMENTED = frozenset({"NotImplementedException", "NotImplemented", "NotImplementedError", "501"})
MOST_PROBLEMS = 5
Verdict = tuple[Status, str]


def judge(case: Case, outcome: Outcome, fixtures: Fixtures) -> Verdict:
    """PASS, FAIL or NA, and why."""
    if outcome.code in NOT_IMPLEMENTED:
        return _not_implemented(case, outcome)
    expect = case.expect
    if isinstance(expect, Refused):
        return _verdict(_refusal_problems(expect.codes, expect.message, outcome), _said(outcome))
    if outcome.answer is None:
        codes = expect.or_refused if isinstance(expect, Answered) else tuple(error_codes(case.operation))
        if not codes:
            return "FAIL", f"refused with {_said(outcome)}"
        return _verdict(_refusal_problems(codes, "", outcome), _said(outcome))
    try:
        return _verdict(_answer_problems(case, outcome.answer, outcome, fixtures), "")
    except Unavailable as reason:
        return "NA", str(reason)


def _not_implemented(case: Case, outcome: Outcome) -> Verdict:
    if outcome.attempts > 1:
        return "FAIL", f"not offered, and the SDK retries that {outcome.attempts - 1} time(s)"
    if case.group == "refusals":
        return "FAIL", f"{outcome.code}: not offered is not refused"
    return "NA", "not implemented by this endpoint"


def _answer_problems(case: Case, answer: Json, outcome: Outcome, fixtures: Fixtures) -> list[str]:
    problems = output_problems(case.operation, answer)
    # An answer of the wrong shape cannot be looked into.
    if not problems and isinstance(case.expect, Answered):
        problems += case.expect.check(answer, fixtures)
    if outcome.http_status not in (200, None):
        problems.append(f"HTTP status {outcome.http_status}")
    if outcome.attempts > 1:
        problems.append(f"answered at attempt {outcome.attempts}")
    return problems


def _refusal_problems(codes: tuple[str, ...], message: str, outcome: Outcome) -> list[str]:
    if outcome.answer is not None:
        return [f"answered, where {' or '.join(codes)} was expected"]
    problems = []
    if outcome.code not in codes:
        problems.append(f"{_said(outcome)}, where {' or '.join(sorted(codes))} was expected")
    elif not re.search(message, outcome.message):
        problems.append(f"the text {outcome.message!r} does not match {message}")
    if outcome.http_status not in (400, None):
        problems.append(f"HTTP status {outcome.http_status}, not 400")
    if outcome.attempts > 1:
        problems.append(f"the SDK retries it {outcome.attempts - 1} time(s)")
    return problems


def _said(outcome: Outcome) -> str:
    return f"{outcome.code}: {' '.join(outcome.message.split())}"[:240]


def _verdict(problems: list[str], detail: str) -> Verdict:
    if not problems:
        return "PASS", detail
    shown = problems[:MOST_PROBLEMS]
    if len(problems) > len(shown):
        shown.append(f"and {len(problems) - len(shown)} more")
    return "FAIL", "; ".join(shown)
