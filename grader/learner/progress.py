"""Where a learner stands: the verdicts on all her functions, of which only what a change can have touched is run anew.

Nothing here runs code: `to_run` and `jobs` say what must be run, `enter` takes what came of it.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from grader.core.digests import digest
from grader.core.outcomes import (
    WORST_FIRST,
    Crashed,
    GraderFault,
    Missing,
    NotAttempted,
    Outcome,
    Raised,
    Refused,
    Status,
    TimedOut,
)
from grader.core.reasons import Code, Reason
from grader.course.exercise import Exercise
from grader.course.goldens import PUBLIC_SEED, torch_minor
from grader.execution.guest.frames import TIME_LIMIT, CheckRequest, Job
from grader.execution.host.pool import JobResult
from grader.experiments.declaration import Declared
from grader.grading.verdicts.diagnosis import Known, judge_known, recognise, with_hints
from grader.grading.verdicts.verdict import Verdict, decide
from grader.learner.exercise_material import Material
from grader.learner.learner_files import DefinitionPlace, OwnFiles


@dataclass(frozen=True)
class Kept:
    """The outcomes of a function, with the fingerprint of what they came from and the line it stood on."""

    key: str
    line: int
    outcomes: Mapping[str, Outcome]

    def fits(self, key: str, line: int) -> bool:
        """Whether running it again would say the same, lines in messages included."""
        says_lines = any(isinstance(outcome, Raised) for outcome in self.outcomes.values())
        return self.key == key and (self.line == line or not says_lines)

    @property
    def lasting(self) -> bool:
        """Whether it may be kept for another day: a time-out or a crash may come out otherwise then."""
        return not any(isinstance(o, TimedOut | Crashed | GraderFault) for o in self.outcomes.values())


@dataclass(frozen=True)
class FunctionState:
    """One function of a learner: where it stands, the verdicts on its public checks, its points in them.

    It is `waiting` as long as nothing is known of it because it was never run.
    """

    function: str
    exercise: Exercise
    place: DefinitionPlace
    verdicts: tuple[Verdict, ...]
    points: float
    most: float
    waiting: bool = False

    @property
    def status(self) -> Status:
        """The worst of its checks."""
        return next(s for s in WORST_FIRST if any(v.status == s for v in self.verdicts))

    @property
    def passed(self) -> bool:
        """Whether every public check passes."""
        return all(verdict.passed for verdict in self.verdicts)

    @property
    def open(self) -> Verdict | None:
        """The first check that does not pass."""
        return next((verdict for verdict in self.verdicts if not verdict.passed), None)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The known mistakes that were recognised, the first check's first."""
        return tuple(dict.fromkeys(mistake for verdict in self.verdicts for mistake in verdict.hints))


@dataclass
class Standing:
    """All functions of a learner. `kept` are outcomes by function, made now or on another day."""

    material: Material
    limit: float = TIME_LIMIT
    kept: dict[str, Kept] = field(default_factory=dict)
    own: OwnFiles = field(default_factory=lambda: OwnFiles({}, {}))
    _known: dict[str, Known] = field(default_factory=dict)
    _states: dict[str, tuple[object, FunctionState]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._torch = installed("torch")
        about = [installed("numpy"), self._torch, platform.python_version()]
        self._base = {
            e.name: digest(*about, e.files[0].read_bytes(), repr(self.material.goldens[e.name].torch))
            for e in self.material.exercises
        }

    @property
    def homes(self) -> dict[str, str]:
        """The stem of the stub file of every function."""
        return {function: exercise.name for function, exercise in self.material.home.items()}

    def update(self, own: OwnFiles) -> list[str]:
        """Take note of the files as they are now: the functions that must be run to know how they stand."""
        self.own = own
        return [f for f in self.material.home if self._without_a_run(f) is None]

    def jobs(self, functions: Sequence[str]) -> list[Job]:
        """What to run for these functions."""
        return [self._job(files, members) for files, members in self.own.group(functions)]

    def enter(self, functions: Sequence[str], own: OwnFiles, results: Sequence[JobResult]) -> None:
        """Take the outcomes of functions that were run on the files `own`."""
        found = {check: outcome for result in results for (check, _), outcome in result.outcomes.items()}
        for function in functions:
            place = own.places[function]
            outcomes = {c.id: found[c.id] for c in self._checks(function) if c.id in found}
            self.kept[function] = Kept(self._key(function, place), place.line, outcomes)

    def states(self) -> list[FunctionState]:
        """How every function stands; one that was not run yet counts with what is known of it."""
        return [self.state(function) for function in self.material.home]

    def state(self, function: str) -> FunctionState:
        """How a function stands."""
        place, kept = self.own.places.get(function, DefinitionPlace()), self.kept.get(function)
        basis = (place, kept)
        if function not in self._states or self._states[function][0] != basis:
            self._states[function] = basis, self._judge(function, place)
        return self._states[function][1]

    def _judge(self, function: str, place: DefinitionPlace) -> FunctionState:
        outcomes, waiting = self._without_a_run(function), False
        if outcomes is None:  # it waits for its run: what was known before
            waiting = function not in self.kept
            outcomes = {} if waiting else self.kept[function].outcomes
        verdicts = tuple(self._verdicts(function, outcomes))
        points = self.material.golden_of(function).points
        worth = [points.get(verdict.check.id, 0.0) for verdict in verdicts]
        got = sum(p for p, verdict in zip(worth, verdicts, strict=True) if verdict.passed)
        return FunctionState(function, self.material.home[function], place, verdicts, got, sum(worth), waiting)

    def _without_a_run(self, function: str) -> Mapping[str, Outcome] | None:
        """The outcomes of a function where they are known already, or need no run to be known."""
        place = self.own.places.get(function, DefinitionPlace())
        checks = [check.id for check in self._checks(function)]
        if place.problem is None and not place.file:
            return dict.fromkeys(checks, Missing())
        if isinstance(place.problem, Missing):
            return dict.fromkeys(checks, self._missing(function))
        if place.problem:
            return dict.fromkeys(checks, place.problem)
        if place.stub and not place.decorated:
            return dict.fromkeys(checks, NotAttempted())
        kept = self.kept.get(function)
        return kept.outcomes if kept and kept.fits(self._key(function, place), place.line) else None

    def _missing(self, function: str) -> Missing:
        golden, home = self.material.golden_of(function), self.material.home[function].name
        expected = golden.signatures.get(function, f"def {function}(...)")
        return Missing(Reason.of(Code.BELONGS_IN, file=f"{home}.py", signature=expected))

    def _verdicts(self, function: str, outcomes: Mapping[str, Outcome]) -> Iterator[Verdict]:
        golden, verdicts = self.material.golden_of(function), []
        for check in self._checks(function):
            outcome, reference = outcomes.get(check.id, NotAttempted()), golden.references.get(check.id)
            if reference is None:
                verdicts.append(Verdict(check, GraderFault(Reason.of(Code.NO_GOLDEN))))
            elif check.node_names and torch_minor(self._torch) != golden.torch:
                reason = Reason.of(Code.OTHER_TORCH, golden=golden.torch, version=self._torch)
                verdicts.append(Verdict(check, GraderFault(reason)))
            else:
                verdicts.append(decide(check, outcome, reference))
        if all(v.passed or v.status in (Status.NOT_ATTEMPTED, Status.MISSING) for v in verdicts):
            return iter(verdicts)
        judged = [v for v in verdicts if v.status != Status.GRADER_FAULT]
        if function not in self._known:
            checks = [check for check in self._checks(function) if check.id in golden.references]
            self._known[function] = judge_known(checks, golden.references, golden.mistakes.get(function, {}))
        known = self._known[function]
        hinted = {v.check.id: v for v in with_hints(judged, known, recognise(judged, known))}
        return (hinted.get(verdict.check.id, verdict) for verdict in verdicts)

    def _checks(self, function: str) -> list[Declared]:
        return self.material.home[function].checks_of(function)

    def _key(self, function: str, place: DefinitionPlace) -> str:
        return digest(self._base[self.material.home[function].name], place.file, place.code)

    def _job(self, files: tuple[tuple[str, bytes], ...], functions: Sequence[str]) -> Job:
        requests = tuple(CheckRequest(f, check.id, PUBLIC_SEED) for f in functions for check in self._checks(f))
        return Job(files, {f: self.homes[f] for f in functions}, requests, self.limit)


@dataclass(frozen=True)
class Change:
    """What became of a function since it was looked at last: its checks that pass now, and those that fail now."""

    function: str
    gained: tuple[Verdict, ...]
    lost: tuple[Verdict, ...]
    state: FunctionState


def changes(before: Sequence[FunctionState], after: Sequence[FunctionState]) -> list[Change]:
    """The functions of which another check passes, or fails, than before."""
    found = []
    for old, new in zip(before, after, strict=True):
        pairs = list(zip(old.verdicts, new.verdicts, strict=True))
        gained = tuple(n for o, n in pairs if n.passed and not o.passed)
        lost = tuple(n for o, n in pairs if o.passed and not n.passed)
        if (gained or lost) and not old.waiting:
            found.append(Change(new.function, gained, lost, new))
    return found


def broken_files(states: Sequence[FunctionState]) -> list[tuple[str, Raised | Refused]]:
    """Files that no function can be read from, each with the reason, once."""
    found = {s.place.file: s.place.problem for s in states if isinstance(s.place.problem, Raised | Refused)}
    return [(file, problem) for file, problem in found.items() if isinstance(problem, Raised | Refused)]


def installed(package: str) -> str:
    """The version of a package, or nothing where it is missing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
