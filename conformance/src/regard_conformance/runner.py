"""Puts the cases through the clients, one after another, and yields a line for each."""

import http.client
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from regard_conformance import signing, wire_cases
from regard_conformance.case import Case, Driver, Json, Outcome, Result, Target
from regard_conformance.cases import sdk_cases
from regard_conformance.fixtures import FacePicture, Fixtures, Unavailable
from regard_conformance.judge import Verdict, judge
from regard_conformance.sdk import SDKS
from regard_conformance.sdk.raw import RawClient
from regard_conformance.wire import WireCase

RAW = "raw"
_WAIT_S, _PAUSE_S = 300.0, 0.5  # for a job to end, and between two questions about it


class Plan:
    """What is to be asked, of whom, through what."""

    def __init__(
        self,
        target: Target,
        *,
        sdks: Iterable[str],
        groups: frozenset[str],
        operations: frozenset[str] | None,
        face: FacePicture | None,
        s3_object: tuple[str, str] | None,
        s3_video: tuple[str, str] | None = None,
        js_folder: Path | None,
    ) -> None:
        self._target = target
        self._sdks = list(sdks)
        self._groups = groups
        self._operations = operations
        self._face = face
        self._s3_object = s3_object
        self._s3_video = s3_video
        self._js_folder = js_folder

    def cases(self, sdk: str) -> list[Case]:
        """The cases that go through one SDK."""
        return [case for case in sdk_cases() if sdk in case.sdks and self._wanted(case.operation, case.group)]

    def wire_cases(self) -> list[WireCase]:
        """The cases over plain HTTP."""
        cases = [*wire_cases.CASES, *signing.CASES]
        return [case for case in cases if self._wanted(case.operation, case.group)]

    def _wanted(self, operation: str, group: str) -> bool:
        return group in self._groups and (self._operations is None or operation in self._operations)

    def run(self) -> Iterator[Result]:
        """A line for each case, as it is known."""
        for sdk in self._sdks:
            yield from self._run_raw() if sdk == RAW else self._run_sdk(sdk)

    def _run_sdk(self, sdk: str) -> Iterator[Result]:
        cases = self.cases(sdk)
        if not cases:
            return
        try:
            driver = SDKS[sdk](self._target, self._js_folder)
        except Unavailable as reason:
            yield from (Result(sdk, case.operation, case.name, "NA", 0.0, str(reason)) for case in cases)
            return
        fixtures = Fixtures(self._face, self._s3_object, self._s3_video, self._target.limits)
        try:
            yield from (_ask(driver, case, fixtures) for case in cases)
        finally:
            driver.close()

    def _run_raw(self) -> Iterator[Result]:
        client = RawClient(self._target)
        for case in self.wire_cases():
            start = time.perf_counter()
            status, detail = _ask_raw(client, case)
            yield Result(RAW, case.operation, case.name, status, time.perf_counter() - start, detail)


def _ask(driver: Driver, case: Case, fixtures: Fixtures) -> Result:
    try:
        request = case.request(fixtures)
    except Unavailable as reason:
        return Result(driver.name, case.operation, case.name, "NA", 0.0, str(reason))
    start = time.perf_counter()
    outcome = _outcome(driver, case, request)
    duration = time.perf_counter() - start
    status, detail = judge(case, outcome, fixtures)
    _keep(case, outcome, fixtures)
    return Result(driver.name, case.operation, case.name, status, duration, detail)


def _outcome(driver: Driver, case: Case, request: Json) -> Outcome:
    """The answer, or the last one to the same question where a case waits for something."""
    end = time.monotonic() + _WAIT_S
    while True:
        outcome = driver.call(case.operation, request)
        is_last = case.is_done is None or outcome.answer is None or case.is_done(outcome.answer)
        if is_last or time.monotonic() > end:
            return outcome
        time.sleep(_PAUSE_S)


def _keep(case: Case, outcome: Outcome, fixtures: Fixtures) -> None:
    if case.saves is not None and outcome.answer is not None:
        fixtures.save(case.saves, outcome.answer)


def _ask_raw(client: RawClient, case: WireCase) -> Verdict:
    if case.group == "signature" and not client.target.keys_are_known:
        return "NA", "no --access-key was given, so the endpoint may take any"
    try:
        problems = list(case.ask(client))
    except Unavailable as reason:
        return "NA", str(reason)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return "FAIL", f"{type(error).__name__}: {error}"
    return ("FAIL", "; ".join(problems)) if problems else ("PASS", "")
