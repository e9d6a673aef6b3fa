"""References: the outcomes of the solution and of the known mistakes, with which a grading run compares submissions.

Theory of operation
    In a grading run, the solution and each mistake run once, in the same workers as the submissions
    (`execution.host.pool`). The solution starts at once, because every submission is compared with it. A mistake starts
    only when it may explain a wrong answer, and only on the checks that decide whether it does
    (`known_mistakes.mistake_observation`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from grader.core.outcomes import Outcome
from grader.course.library import Library
from grader.execution.guest.call_recording.recorded_call import RecordedCall, decode_display
from grader.execution.guest.frames import CheckFinished, FrameSize, pack
from grader.execution.host.pool import Executor
from grader.grading.verdicts.diagnosis import MistakeVerdicts
from grader.grading.verdicts.known_mistakes.mistake_observation import KnownMistakes
from grader.grading.verdicts.known_mistakes.outcome_file import OutcomeFile
from grader.grading.verdicts.known_mistakes.source_runs import make_source_job, outcomes_by_check, run_sources


class References:
    """Outcomes of the solution and of the known mistakes (`mistakes`) with one seed.

    functions: the functions that are graded; None for all functions of the course.
    outcome_file: outcomes of mistakes that earlier grading runs observed.
    """

    def __init__(
        self,
        library: Library,
        pool: Executor,
        seed: int,
        functions: Iterable[str] | None = None,
        outcome_file: OutcomeFile | None = None,
    ) -> None:
        self._library = library
        functions_of: dict[str, list[str]] = {}
        for function in library.course.exercise_of if functions is None else functions:
            functions_of.setdefault(library.course.exercise_of[function].name, []).append(function)
        jobs = [
            replace(
                make_source_job(
                    exercise,
                    library.exercise_files[exercise].solution,
                    ((function, check) for function in functions for check in self._check_ids(function)),
                    seed,
                ),
                record_calls=True,
            )
            for exercise, functions in functions_of.items()
        ]
        self._running = dict(zip(functions_of, run_sources(pool, jobs), strict=True))
        self._solution_outcomes: dict[str, Mapping[str, Outcome]] = {}
        self._calls: dict[str, RecordedCall] = {}
        self.mistakes = KnownMistakes(library, pool, seed, self.solution, outcome_file)
        self._result_sizes: dict[str, FrameSize] = {}

    def solution(self, function: str) -> Mapping[str, Outcome]:
        """Return the solution's outcomes by check id, for the checks of all graded functions of the same exercise."""
        exercise = self._library.course.exercise_of[function].name
        if exercise not in self._solution_outcomes:
            result = self._running[exercise]()
            self._solution_outcomes[exercise] = outcomes_by_check(result)
            shown = {check: decode_display(display).call for (check, _), display in result.displays.items()}
            self._calls |= {check: call for check, call in shown.items() if call}
        return self._solution_outcomes[exercise]

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

    def _check_ids(self, function: str) -> list[str]:
        return [check.id for check in self._library.course.exercise_of[function].checks_of(function)]
