"""Progress of a learner: the verdicts on all functions. After an edit, only the functions that it may affect run again.

Theory of operation
    This module does not run student code. `update_files` takes the current files and returns the functions to run,
    `jobs_for` returns the jobs for a worker, and `record_results` stores the outcomes of these jobs. A function must
    run again if its fingerprint (`code_fingerprints`), the path of its file, the public experiments, or the version of
    Python, torch or numpy changed. `state_folder` saves the outcomes between commands.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version

from grader.core.hashing import digest
from grader.core.outcomes import (
    WORST_FIRST,
    Crashed,
    GraderFault,
    Missing,
    NotAttempted,
    Outcome,
    Raised,
    Status,
    TimedOut,
    Unreadable,
)
from grader.core.reasons import Code, Reason
from grader.course.exercise import Exercise
from grader.course.goldens import PUBLIC_SEED, torch_minor
from grader.execution.guest.call_recording.recorded_call import NO_DISPLAY, CheckDisplay, decode_display
from grader.execution.guest.default_limits import TIME_LIMIT
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.job_run import JobResult
from grader.experiments.declaration import Check
from grader.grading.verdicts.diagnosis import MistakeVerdicts, add_hints, decide_mistakes, recognize_mistakes
from grader.grading.verdicts.verdict import Verdict, decide
from grader.grading.verdicts.verdict_relations import add_relations
from grader.learner.exercise_folder import ExerciseFolder
from grader.learner.files.function_locations import FunctionLocation
from grader.learner.files.learner_files import LearnerFiles
from grader.learner.next_step import rank_check
from grader.learner.self_check import blame_course


@dataclass(frozen=True)
class StoredOutcomes:
    """Outcomes of a function's checks, with the cache key of their run and the line of the function's definition.

    `displays` holds, for each check, the encoded call and exceptions that are shown with its outcome.
    """

    key: str
    line: int
    outcomes: Mapping[str, Outcome]
    displays: Mapping[str, bytes] = field(default_factory=dict)

    def is_current(self, key: str, line: int) -> bool:
        """Return True if another run would give the same outcomes, with the same lines in messages."""
        names_lines = any(isinstance(outcome, Raised) for outcome in self.outcomes.values())
        return self.key == key and (self.line == line or not names_lines)

    @property
    def is_reproducible(self) -> bool:
        """True if later commands may reuse the outcomes.

        Time-outs, crashes and faults of the grader may not happen again, so they are not reused.
        """
        return not any(isinstance(o, TimedOut | Crashed | GraderFault) for o in self.outcomes.values())


@dataclass(frozen=True)
class FunctionState:
    """State of one function of a learner.

    verdicts: the verdicts on its public checks, in order.
    points, max_points: earned and possible points of the public checks.
    not_run: True if its checks have never run; then every verdict is a placeholder.
    """

    function: str
    exercise: Exercise
    location: FunctionLocation
    verdicts: tuple[Verdict, ...]
    points: float
    max_points: float
    not_run: bool = False

    @property
    def status(self) -> Status:
        """The worst status among its checks."""
        return next(s for s in WORST_FIRST if any(v.status == s for v in self.verdicts))

    @property
    def passed(self) -> bool:
        """True if all public checks passed."""
        return all(verdict.passed for verdict in self.verdicts)

    @property
    def not_started(self) -> bool:
        """True if every check ends at NotImplementedError."""
        return all(verdict.status == Status.NOT_ATTEMPTED for verdict in self.verdicts)

    @property
    def first_failed(self) -> Verdict | None:
        """Verdict on the check to work on next, by the rule of `next_step`; None if all passed."""
        return min((v for v in self.verdicts if not v.passed), key=lambda v: rank_check(v.status), default=None)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """Ids of the recognized mistakes, in the order of the checks."""
        return tuple(dict.fromkeys(mistake for verdict in self.verdicts for mistake in verdict.hints))


@dataclass
class LearnerProgress:
    """Verdicts on all functions of a learner.

    limit: time limit in seconds for one check.
    stored: outcomes by function, from this command or an earlier one.
    files: the learner's files as they were last read.
    """

    exercise_folder: ExerciseFolder
    limit: float = TIME_LIMIT
    stored: dict[str, StoredOutcomes] = field(default_factory=dict)
    files: LearnerFiles = field(default_factory=lambda: LearnerFiles({}, {}))
    _known: dict[str, MistakeVerdicts] = field(default_factory=dict)
    _states: dict[str, tuple[object, FunctionState]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._torch = installed_version("torch")
        versions = [installed_version("numpy"), self._torch, platform.python_version()]
        self._base_keys = {
            e.name: digest(*versions, e.files[0].read_bytes(), repr(self.exercise_folder.goldens[e.name].torch))
            for e in self.exercise_folder.exercises
        }

    @property
    def module_of(self) -> dict[str, str]:
        """Module that each function belongs in: the name of its stub file without .py."""
        return {function: exercise.name for function, exercise in self.exercise_folder.exercise_of.items()}

    def update_files(self, files: LearnerFiles) -> list[str]:
        """Take the current files, and return the functions that must run."""
        self.files = files
        return [f for f in self.exercise_folder.exercise_of if self._known_outcomes(f) is None]

    def jobs_for(self, functions: Sequence[str]) -> list[Job]:
        """Return the jobs for these functions, one for each group that can run in one process."""
        return [self._job(files, members) for files, members in self.files.group(functions)]

    def record_results(self, functions: Sequence[str], files: LearnerFiles, results: Sequence[JobResult]) -> None:
        """Store the outcomes of functions that ran on these files."""
        found = {check: outcome for result in results for (check, _), outcome in result.outcomes.items()}
        shown = {check: display for result in results for (check, _), display in result.displays.items()}
        for function in functions:
            location = files.locations[function]
            outcomes = {c.id: found[c.id] for c in self._checks(function) if c.id in found}
            displays = {check: shown[check] for check in outcomes if check in shown}
            self.stored[function] = StoredOutcomes(self._key(function, location), location.line, outcomes, displays)

    def states(self) -> list[FunctionState]:
        """Return the state of each function, in the order of the course."""
        return [self.state(function) for function in self.exercise_folder.exercise_of]

    def state(self, function: str) -> FunctionState:
        """Return the state of a function. If the function must run again, return its state after the last run."""
        location, stored = self.files.locations.get(function, FunctionLocation()), self.stored.get(function)
        basis = (location, stored)
        if function not in self._states or self._states[function][0] != basis:
            self._states[function] = basis, self._make_state(function, location)
        return self._states[function][1]

    def _make_state(self, function: str, location: FunctionLocation) -> FunctionState:
        outcomes, not_run = self._known_outcomes(function), False
        if outcomes is None:  # the function must run again: until then, use its last outcomes
            not_run = function not in self.stored
            outcomes = {} if not_run else self.stored[function].outcomes
        verdicts = tuple(self._verdicts(function, outcomes))
        points = self.exercise_folder.golden_of(function).points
        maxima = [points.get(verdict.check.id, 0.0) for verdict in verdicts]
        earned = sum(p for p, verdict in zip(maxima, verdicts, strict=True) if verdict.passed)
        exercise = self.exercise_folder.exercise_of[function]
        return FunctionState(function, exercise, location, verdicts, earned, sum(maxima), not_run)

    def _known_outcomes(self, function: str) -> Mapping[str, Outcome] | None:
        """Return the outcomes of a function that are known without a run; None if its checks must run.

        Such outcomes are stored outcomes that are still valid, or the outcomes of a function that cannot run or is
        still the stub.
        """
        location = self.files.locations.get(function, FunctionLocation())
        checks = [check.id for check in self._checks(function)]
        if location.problem is None and not location.file:
            return dict.fromkeys(checks, Missing())
        if isinstance(location.problem, Missing):
            return dict.fromkeys(checks, self._missing(function))
        if location.problem:
            return dict.fromkeys(checks, location.problem)
        if location.stub and not location.decorated:
            return dict.fromkeys(checks, NotAttempted())
        stored = self.stored.get(function)
        current = stored and stored.is_current(self._key(function, location), location.line)
        return stored.outcomes if stored and current else None

    def _missing(self, function: str) -> Missing:
        golden, module = self.exercise_folder.golden_of(function), self.exercise_folder.exercise_of[function].name
        expected = golden.signatures.get(function, f"def {function}(...)")
        return Missing(Reason.of(Code.BELONGS_IN, file=f"{module}.py", signature=expected))

    def _verdicts(self, function: str, outcomes: Mapping[str, Outcome]) -> Iterator[Verdict]:
        golden, verdicts = self.exercise_folder.golden_of(function), []
        for check in self._checks(function):
            outcome, reference = outcomes.get(check.id, NotAttempted()), golden.references.get(check.id)
            if reference is None:
                verdicts.append(Verdict(check, GraderFault(Reason.of(Code.NO_GOLDEN))))
            elif check.node_names and torch_minor(self._torch) != golden.torch:
                reason = Reason.of(Code.OTHER_TORCH, golden=golden.torch, version=self._torch)
                verdicts.append(Verdict(check, GraderFault(reason)))
            else:
                display = self._display(check, outcome)
                verdict = decide(check, blame_course(outcome, display) if display else outcome, reference)
                verdicts.append(verdict if verdict.passed else replace(verdict, display=display or NO_DISPLAY))
        if all(v.passed or v.status in (Status.NOT_ATTEMPTED, Status.MISSING) for v in verdicts):
            return iter(verdicts)
        graded_verdicts = [v for v in verdicts if v.status != Status.GRADER_FAULT]
        if function not in self._known:
            checks = [check for check in self._checks(function) if check.id in golden.references]
            self._known[function] = decide_mistakes(checks, golden.references, golden.mistakes.get(function, {}))
        known = self._known[function]
        hinted_verdicts = add_hints(graded_verdicts, known, recognize_mistakes(graded_verdicts, known))
        calls = {v.check.id: v.display.call for v in hinted_verdicts if v.display.call}
        hinted = {v.check.id: v for v in add_relations(hinted_verdicts, golden.references, calls)}
        return (hinted.get(verdict.check.id, verdict) for verdict in verdicts)

    def _display(self, check: Check, outcome: Outcome) -> CheckDisplay | None:
        """Return the call and exceptions to show for a failed check; None if no display of this outcome is stored."""
        stored = self.stored.get(check.function)
        if stored is None or stored.outcomes.get(check.id) is not outcome or check.id not in stored.displays:
            return None
        return decode_display(stored.displays[check.id])

    def _checks(self, function: str) -> list[Check]:
        return self.exercise_folder.exercise_of[function].checks_of(function)

    def _key(self, function: str, location: FunctionLocation) -> str:
        return digest(
            self._base_keys[self.exercise_folder.exercise_of[function].name], location.file, location.fingerprint
        )

    def _job(self, files: tuple[tuple[str, bytes], ...], functions: Sequence[str]) -> Job:
        requests = tuple(CheckRequest(f, check.id, PUBLIC_SEED) for f in functions for check in self._checks(f))
        homes = {f: self.module_of[f] for f in functions}
        return Job(files, homes, requests, self.limit, record_calls=True)


@dataclass(frozen=True)
class Change:
    """Change of a function between two states: checks that newly passed, and checks that newly failed."""

    function: str
    newly_passed: tuple[Verdict, ...]
    newly_failed: tuple[Verdict, ...]
    state: FunctionState


def find_changes(before: Sequence[FunctionState], after: Sequence[FunctionState]) -> list[Change]:
    """Return a change for each function that was started between the states, or has a newly passed or failed check.

    A function whose checks ran for the first time gives no change, because there is no earlier state to compare.
    """
    found = []
    for old, new in zip(before, after, strict=True):
        pairs = list(zip(old.verdicts, new.verdicts, strict=True))
        newly_passed = tuple(n for o, n in pairs if n.passed and not o.passed)
        newly_failed = tuple(n for o, n in pairs if o.passed and not n.passed)
        started = old.not_started and not new.not_started
        if (newly_passed or newly_failed or started) and not old.not_run:
            found.append(Change(new.function, newly_passed, newly_failed, new))
    return found


def unreadable_files(states: Sequence[FunctionState]) -> list[tuple[str, Raised | Unreadable]]:
    """Return each file that cannot be read or parsed, once, with its problem."""
    found = {s.location.file: s.location.problem for s in states if isinstance(s.location.problem, Raised | Unreadable)}
    return [(file, problem) for file, problem in found.items() if isinstance(problem, Raised | Unreadable)]


def installed_version(package: str) -> str:
    """Return the version of a package; empty if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
