"""Reference outcomes that verdicts compare with: what the solution and the known mistakes return with this seed.

Theory of operation
    The solution and the mistakes run once per run, in the same workers as the submissions (`execution.host.pool`). The
    solution starts at once, because every submission is compared with it. Mistakes start when the first submission is
    wrong. A mistake skips the checks that it passes with every seed: `passed_checks` of the exercise lists them
    (`authoring.passed_checks_making`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from grader.core.outcomes import Crashed, Outcome, TimedOut
from grader.core.reasons import Code, Reason
from grader.course.library import Library
from grader.course.mistakes import Mistake
from grader.execution.guest.frames import CheckRequest, Job
from grader.execution.guest.recorded_call import RecordedCall, decode_display
from grader.execution.host.job_run import JobResult
from grader.execution.host.pool import Executor, submit_together
from grader.grading.verdicts.diagnosis import MistakeVerdicts, decide_mistakes

SOURCES_PER_CHILD = 48
"""Maximum number of sources that share a child process: one fork takes as long as running a few sources."""


class References:
    """Outcomes of the solution and the mistakes with one seed.

    With `run_all_checks`, mistakes also run on the checks that they are known to pass.
    """

    def __init__(
        self,
        library: Library,
        pool: Executor,
        seed: int,
        functions: Iterable[str] | None = None,
        run_all_checks: bool = False,
    ) -> None:
        self._library, self._pool, self._seed = library, pool, seed
        self._run_all_checks = run_all_checks
        functions_of: dict[str, list[str]] = {}
        for function in library.course.exercise_of if functions is None else functions:
            functions_of.setdefault(library.course.exercise_of[function].name, []).append(function)
        solutions = {name: library.exercise_files[name].solution for name in functions_of}
        jobs = [
            replace(self._job(functions_of[name], f"{name}.py", source), record_calls=True)
            for name, source in solutions.items()
        ]
        self._running = dict(zip(functions_of, self._run_sources(jobs), strict=True))
        self._solution_outcomes: dict[str, Mapping[str, Outcome]] = {}
        self._calls: dict[str, RecordedCall] = {}
        self._mistake_results: dict[str, dict[str, Callable[[], JobResult] | Mistake]] = {}
        self._decided_mistakes: dict[str, MistakeVerdicts] = {}

    def solution(self, function: str) -> Mapping[str, Outcome]:
        """Return the solution's outcomes on all checks of the function's exercise that are graded, by check id."""
        exercise = self._exercise(function)
        if exercise not in self._solution_outcomes:
            result = self._running[exercise]()
            self._solution_outcomes[exercise] = _by_check(result)
            shown = {check: decode_display(display).call for (check, _), display in result.displays.items()}
            self._calls |= {check: call for check, call in shown.items() if call}
        return self._solution_outcomes[exercise]

    def calls(self, function: str) -> Mapping[str, RecordedCall]:
        """Return the first call in each check of a function, as the experiment makes it on every answer."""
        self.solution(function)
        return {check: self._calls[check] for check in self._check_ids(function) if check in self._calls}

    def prepare(self, functions: Iterable[str]) -> None:
        """Start the mistakes of these functions together, before one of them is waited for."""
        new = {f: self._mistakes_of(f) for f in functions if f not in self._mistake_results}
        returning = [mistake for mistakes in new.values() for mistake in mistakes if not mistake.fatal_outcome]
        own = iter(self._run_sources([self._mistake_job(mistake) for mistake in returning if not mistake.adopted]))
        # An adopted mistake is a student's code, so it runs in a separate child, as a submission does.
        adopted = iter(submit_together(self._pool, [self._mistake_job(m) for m in returning if m.adopted], 1))
        for function, mistakes in new.items():
            # A mistake that never returns explains any time-out, so its outcome is known without a run.
            self._mistake_results[function] = {
                m.id: m if m.fatal_outcome else next(adopted if m.adopted else own) for m in mistakes
            }

    def mistake_verdicts(self, function: str) -> MistakeVerdicts:
        """Return the verdicts on every known mistake of a function, decided once."""
        if function not in self._decided_mistakes:
            checks = self._library.course.exercise_of[function].checks_of(function)
            self._decided_mistakes[function] = decide_mistakes(
                checks, self.solution(function), self.mistake_outcomes(function)
            )
        return self._decided_mistakes[function]

    def mistake_outcomes(self, function: str) -> Mapping[str, Mapping[str, Outcome]]:
        """Return the outcomes of every known mistake of a function: mistake -> check id -> outcome."""
        found: dict[str, Mapping[str, Outcome]] = {}
        self.prepare([function])
        for mistake, result in self._mistake_results[function].items():
            if isinstance(result, Mistake):
                found[mistake] = dict.fromkeys(self._check_ids(function), declared_outcome(result))
            else:
                passed = {f"{function}::{name}" for name in self._checks_always_passed(function, mistake)}
                same_as_solution = {
                    check: self.solution(function)[check] for check in self._check_ids(function) if check in passed
                }
                found[mistake] = same_as_solution | _by_check(result())
        return found

    def _exercise(self, function: str) -> str:
        return self._library.course.exercise_of[function].name

    def _mistakes_of(self, function: str) -> list[Mistake]:
        return self._library.exercise_files[self._exercise(function)].mistakes_of(function)

    def _checks_always_passed(self, function: str, mistake: str) -> frozenset[str]:
        """Return the names of the checks that a mistake is known to pass with every seed."""
        passed = {} if self._run_all_checks else self._library.exercise_files[self._exercise(function)].passed_checks
        return passed.get(mistake, frozenset())

    def _run_sources(self, jobs: Sequence[Job]) -> list[Callable[[], JobResult]]:
        """Run sources of the course, shared among the workers."""
        return submit_together(self._pool, jobs, min(SOURCES_PER_CHILD, -(-len(jobs) // self._pool.jobs)) or 1)

    def _check_ids(self, function: str) -> list[str]:
        return [check.id for check in self._library.course.exercise_of[function].checks_of(function)]

    def _mistake_job(self, mistake: Mistake) -> Job:
        passed = self._checks_always_passed(mistake.function, mistake.id)
        return self._job([mistake.function], f"{self._exercise(mistake.function)}.py", mistake.source, passed)

    def _job(self, functions: Iterable[str], file: str, source: str, skipped: frozenset[str] = frozenset()) -> Job:
        checks = [
            (f, check) for f in functions for check in self._check_ids(f) if check.partition("::")[2] not in skipped
        ]
        requests = tuple(CheckRequest(f, check, self._seed) for f, check in checks)
        module_of = {f: file.removesuffix(".py") for f in functions}
        return Job(((file, source.encode()),), module_of, requests)


def declared_outcome(mistake: Mistake) -> Outcome:
    """Return the outcome of a mistake that is declared to time out or crash."""
    return TimedOut(0.0) if mistake.fatal_outcome == "timed_out" else Crashed(Reason.of(Code.AS_DECLARED))


def _by_check(result: JobResult) -> dict[str, Outcome]:
    return {check: outcome for (check, _), outcome in result.outcomes.items()}
