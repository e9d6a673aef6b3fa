"""References: the outcomes of the solution and of the known mistakes, with which a grading run compares submissions.

Theory of operation
    In a grading run, the solution and each mistake run once, in the same workers as the submissions
    (`execution.host.pool`). The solution starts at once, because every submission is compared with it. A mistake starts
    only when it may explain a wrong answer, and only on the checks that decide whether it does
    (`known_mistakes.mistake_observation`). What an earlier run of the same results folder has observed does not run
    again (`known_mistakes.outcome_file`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from grader.core.outcomes import Outcome
from grader.course.library import Library
from grader.execution.guest.call_recording.recorded_call import RecordedCall, decode_display
from grader.execution.guest.frames import CheckFinished, FrameSize, pack
from grader.execution.host.job_run import JobResult
from grader.execution.host.pool import Executor
from grader.grading.verdicts.diagnosis import MistakeVerdicts
from grader.grading.verdicts.known_mistakes.mistake_observation import KnownMistakes
from grader.grading.verdicts.known_mistakes.outcome_file import SOLUTION, OutcomeFile
from grader.grading.verdicts.known_mistakes.source_runs import make_source_job, outcomes_by_check, run_sources


@dataclass(frozen=True)
class EarlierObservations:
    """What earlier runs of a results folder have observed with the same seed.

    calls: the first call in each check, by check id (`journal_rows.call_table`).
    """

    outcome_file: OutcomeFile
    calls: Mapping[str, RecordedCall]


class References:
    """Outcomes of the solution and of the known mistakes (`mistakes`) with one seed.

    functions: the functions that are graded; None for all functions of the course.
    """

    def __init__(
        self,
        library: Library,
        pool: Executor,
        seed: int,
        functions: Iterable[str] | None = None,
        earlier: EarlierObservations | None = None,
    ) -> None:
        self._library, self._pool, self._seed, self._earlier = library, pool, seed, earlier
        self._functions = list(library.course.exercise_of if functions is None else functions)
        self._solution_outcomes: dict[str, Mapping[str, Outcome]] = {}
        self._result_sizes: dict[str, FrameSize] = {}
        self._calls: dict[str, RecordedCall] = {}
        self._observed: list[str] = []  # functions on which the solution has run
        outcome_file = earlier.outcome_file if earlier else None
        self.mistakes = KnownMistakes(library, pool, seed, self.solution, outcome_file)
        for function in self._functions:
            self._take_stored(function)
        self._running = self._start(f for f in self._functions if f not in self._solution_outcomes)

    def solution(self, function: str) -> Mapping[str, Outcome]:
        """Return the solution's outcomes on the checks of a graded function, by check id."""
        if function not in self._solution_outcomes:
            result = self._running[self._exercise(function)]()
            outcomes, checks = outcomes_by_check(result), self._check_ids(function)
            self._solution_outcomes[function] = {check: outcomes[check] for check in checks}
            self._observed.append(function)
            for (check, _), display in result.displays.items():
                if check in checks and (call := decode_display(display).call):
                    self._calls[check] = call
        return self._solution_outcomes[function]

    def save_outcomes(self) -> None:
        """Add what was observed to the outcome file, if there is one. Raises UsageError if it cannot be written."""
        if self._earlier is not None:
            new = {function: dict(outcomes) for function, outcomes in self.mistakes.new_outcomes().items() if outcomes}
            for function in self._observed:
                new.setdefault(function, {})[SOLUTION] = self._solution_outcomes[function]
            self._earlier.outcome_file.save(new)

    def mistake_verdicts(self, function: str) -> MistakeVerdicts:
        """Run all known mistakes of a function on all of its checks, and return the verdicts."""
        return self.mistakes.verdicts(function)

    def result_size(self, function: str) -> FrameSize:
        """Return the total size of the solution's results on all checks of a function, in bytes and in values."""
        if function not in self._result_sizes:
            solution = self.solution(function)
            sizes = [FrameSize.of(pack(CheckFinished(0, solution[check]))) for check in self._check_ids(function)]
            self._result_sizes[function] = FrameSize(sum(s.length for s in sizes), sum(s.values for s in sizes))
        return self._result_sizes[function]

    def calls(self, function: str) -> Mapping[str, RecordedCall]:
        """Return the first call in each check of a function, by check id. Every answer gets the same first call."""
        self.solution(function)
        return {check: self._calls[check] for check in self._check_ids(function) if check in self._calls}

    def _take_stored(self, function: str) -> None:
        """Take the solution's outcomes on a function from an earlier run, if that run has observed all of them."""
        if self._earlier is not None:
            checks, outcomes = self._check_ids(function), self._earlier.outcome_file.load_solution(function)
            calls = {check: self._earlier.calls[check] for check in checks if check in self._earlier.calls}
            if calls and all(check in outcomes for check in checks):
                self._solution_outcomes[function] = outcomes
                self._calls |= calls

    def _start(self, functions: Iterable[str]) -> dict[str, Callable[[], JobResult]]:
        """Start the solution on these functions. Return for each exercise a function that waits for its result."""
        functions_of: dict[str, list[str]] = {}
        for function in functions:
            functions_of.setdefault(self._exercise(function), []).append(function)
        jobs = []
        for exercise, selected in functions_of.items():
            checks = [(function, check) for function in selected for check in self._check_ids(function)]
            source = self._library.exercise_files[exercise].solution
            jobs.append(replace(make_source_job(exercise, source, checks, self._seed), record_calls=True))
        return dict(zip(functions_of, run_sources(self._pool, jobs), strict=True))

    def _exercise(self, function: str) -> str:
        return self._library.course.exercise_of[function].name

    def _check_ids(self, function: str) -> list[str]:
        return [check.id for check in self._library.course.exercise_of[function].checks_of(function)]
