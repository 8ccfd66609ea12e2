"""No face is ever searchable without a live consent, through any interleaving of calls, restarts and clock moves."""

import contextlib
import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from regard.errors import AccessDenied
from regard.people.records import Collection
from tests.people.rooms import ASKER, DAY_MS, GOVERNED, START_MS, Wall, enrol, found, grant, opened

SUBJECTS = st.integers(0, 3)


class ConsentGate(RuleBasedStateMachine):
    """Keeps beside the product a plain account of who may be found, made from the rules of scope.md alone."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.wall = Wall()
        self.latest = START_MS
        self.expiry: dict[int, int] = {}  # of each subject's longest consent that was not withdrawn
        self.interaction: dict[int, int] = {}
        self.enrolled: set[int] = set()
        self.ids: dict[int, str] = {}
        self._open()
        self.people.collections.create(ASKER, "staff", GOVERNED)

    @rule(subject=SUBJECTS, days=st.sampled_from([1, 30, 365, 3 * 365]))
    def grants(self, subject: int, days: int) -> None:
        self._pass()
        self.ids[subject] = grant(self.people, self._staff(), str(subject), expires_ms=self.latest + days * DAY_MS)
        self.expiry[subject] = max(self.expiry.get(subject, 0), self.latest + days * DAY_MS)
        self.interaction[subject] = self.latest

    @rule(subject=SUBJECTS)
    def withdraws(self, subject: int) -> None:
        self._pass()
        if subject in self.ids:
            self.people.consents.withdraw(ASKER, self.ids.pop(subject))
            self._forget(subject)

    @rule(subject=SUBJECTS)
    def enrols(self, subject: int) -> None:
        self._pass()
        may = self._is_live(subject)
        with contextlib.nullcontext() if may else contextlib.suppress(AccessDenied):
            enrol(self.people, self._staff(), str(subject), subject)
            assert may
            self.enrolled.add(subject)
            self.interaction[subject] = self.latest

    @rule(days=st.sampled_from([-400, -1, 0, 1, 29, 31, 366, 2 * 365, 3 * 365 + 1]))
    def clock_moves(self, days: int) -> None:
        self.wall.now_ms += days * DAY_MS

    @rule()
    def restarts(self) -> None:
        self._pass()
        self.open.close()
        self._open()

    @rule(subject=SUBJECTS)
    def searches(self, subject: int) -> None:
        self._pass()
        expected = [str(subject)] if subject in self.enrolled else []
        assert found(self.people, self._staff(), subject) == expected
        if expected:
            self.interaction[subject] = self.latest

    @invariant()
    def stored_faces_are_those_of_live_consents(self) -> None:
        if hasattr(self, "people"):
            self._pass()
            faces, _ = self.people.faces.page(self._staff(), None, 100, None, None)
            assert {face.subject for face in faces} == {str(subject) for subject in self.enrolled}
            assert len(self.people.galleries.faces(self._staff())) == len(self.enrolled)

    def teardown(self) -> None:
        if hasattr(self, "open"):
            self.open.close()
            self.folder.cleanup()

    def _open(self) -> None:
        self.open = contextlib.ExitStack()
        self.people = self.open.enter_context(opened(Path(self.folder.name), self.wall))

    def _staff(self) -> Collection:
        return self.people.collections.get(ASKER, "staff")

    def _is_live(self, subject: int) -> bool:
        return self.expiry.get(subject, 0) > self.latest

    def _pass(self) -> None:
        """Time goes on, never back, and takes with it what it ends."""
        self.latest = max(self.latest, self.wall.now_ms)
        for subject in list(self.expiry):
            is_idle = self.interaction[subject] + 3 * 365 * DAY_MS <= self.latest
            if not self._is_live(subject) or is_idle:
                self._forget(subject)

    def _forget(self, subject: int) -> None:
        self.expiry.pop(subject, None)
        self.interaction.pop(subject, None)
        self.enrolled.discard(subject)
        self.ids.pop(subject, None)


TestConsentGate = ConsentGate.TestCase
TestConsentGate.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
