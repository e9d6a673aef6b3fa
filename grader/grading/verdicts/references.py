"""Reference outcomes that verdicts compare with: what the solution and the known mistakes return with this seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from grader.core.outcomes import Crashed, Outcome, TimedOut
from grader.core.reasons import Code, Reason
from grader.course.library import Library
from grader.course.mistakes import Mistake
from grader.execution.guest.frames import CheckRequest, Job
from grader.execution.guest.recorded_call import RecordedCall, decode_display
from grader.execution.host.pool import Executor, JobResult, submit_together
from grader.grading.verdicts.diagnosis import Known, judge_known

AT_A_TIME = 48
"""Sources that share a child at most: a fork costs as much as a few of them, and every worker should have some."""


class References:
    """Observes the solution and the mistakes through the same workers as every submission.

    The solutions are run at once, since everybody is compared with them; mistakes when somebody is wrong, and only on
    the checks that they are not known to pass with every seed. With `everything` they are run on those as well.
    """

    def __init__(
        self,
        library: Library,
        pool: Executor,
        seed: int,
        functions: Iterable[str] | None = None,
        everything: bool = False,
    ) -> None:
        self._library, self._pool, self._seed = library, pool, seed
        self._everything = everything
        asked: dict[str, list[str]] = {}
        for function in library.course.exercise_of if functions is None else functions:
            asked.setdefault(library.course.exercise_of[function].name, []).append(function)
        solutions = {name: library.exercise_files[name].solution for name in asked}
        jobs = [
            replace(self._job(asked[name], f"{name}.py", source), record_calls=True)
            for name, source in solutions.items()
        ]
        self._running = dict(zip(asked, self._submit(jobs), strict=True))
        self._right: dict[str, Mapping[str, Outcome]] = {}
        self._calls: dict[str, RecordedCall] = {}
        self._mistakes: dict[str, dict[str, Callable[[], JobResult] | Mistake]] = {}
        self._judged: dict[str, Known] = {}

    def solution(self, function: str) -> Mapping[str, Outcome]:
        """What the solution gives on every check of a function, and of those asked for with it."""
        exercise = self._exercise(function)
        if exercise not in self._right:
            result = self._running[exercise]()
            self._right[exercise] = _by_check(result)
            shown = {check: decode_display(display).call for (check, _), display in result.displays.items()}
            self._calls |= {check: call for check, call in shown.items() if call}
        return self._right[exercise]

    def calls(self, function: str) -> Mapping[str, RecordedCall]:
        """Return the first call in each check of a function, as the experiment makes it on every answer."""
        self.solution(function)
        return {check: self._calls[check] for check in self._ids(function) if check in self._calls}

    def prepare(self, functions: Iterable[str]) -> None:
        """Have the mistakes of these functions observed, all at a time, before the first of them is waited for."""
        new = {f: self._mistakes_of(f) for f in functions if f not in self._mistakes}
        jobs = [
            self._job([function], f"{self._exercise(function)}.py", mistake.source, self._passed(function, mistake.id))
            for function, mistakes in new.items()
            for mistake in mistakes
            if not mistake.fatal_outcome
        ]
        running = iter(self._submit(jobs))
        for function, mistakes in new.items():
            # One that never ends matches whatever never ends: it need not be run to know that.
            self._mistakes[function] = {m.id: m if m.fatal_outcome else next(running) for m in mistakes}

    def known(self, function: str) -> Known:
        """What every known mistake of a function gives on its checks, decided once."""
        if function not in self._judged:
            checks = self._library.course.exercise_of[function].checks_of(function)
            self._judged[function] = judge_known(checks, self.solution(function), self.outcomes(function))
        return self._judged[function]

    def outcomes(self, function: str) -> Mapping[str, Mapping[str, Outcome]]:
        """The same before anything is decided: mistake -> check -> outcome."""
        found: dict[str, Mapping[str, Outcome]] = {}
        self.prepare([function])
        for mistake, result in self._mistakes[function].items():
            if isinstance(result, Mistake):
                found[mistake] = dict.fromkeys(self._ids(function), ending(result))
            else:
                passed = {f"{function}::{name}" for name in self._passed(function, mistake)}
                right = {check: self.solution(function)[check] for check in self._ids(function) if check in passed}
                found[mistake] = right | _by_check(result())
        return found

    def _exercise(self, function: str) -> str:
        return self._library.course.exercise_of[function].name

    def _mistakes_of(self, function: str) -> list[Mistake]:
        return self._library.exercise_files[self._exercise(function)].mistakes_of(function)

    def _passed(self, function: str, mistake: str) -> frozenset[str]:
        """The names of checks that a mistake passes whatever the seed, as far as that is known."""
        passed = {} if self._everything else self._library.exercise_files[self._exercise(function)].passed_checks
        return passed.get(mistake, frozenset())

    def _submit(self, jobs: Sequence[Job]) -> list[Callable[[], JobResult]]:
        """Run sources of our own, shared out among the workers."""
        return submit_together(self._pool, jobs, min(AT_A_TIME, -(-len(jobs) // self._pool.jobs)) or 1)

    def _ids(self, function: str) -> list[str]:
        return [check.id for check in self._library.course.exercise_of[function].checks_of(function)]

    def _job(self, functions: Iterable[str], file: str, source: str, without: frozenset[str] = frozenset()) -> Job:
        checks = [(f, check) for f in functions for check in self._ids(f) if check.partition("::")[2] not in without]
        requests = tuple(CheckRequest(f, check, self._seed) for f, check in checks)
        homes = {f: file.removesuffix(".py") for f in functions}
        return Job(((file, source.encode()),), homes, requests)


def ending(mistake: Mistake) -> Outcome:
    """The outcome of a mistake that gives no answer."""
    return TimedOut(0.0) if mistake.fatal_outcome == "timed_out" else Crashed(Reason.of(Code.AS_DECLARED))


def _by_check(result: JobResult) -> dict[str, Outcome]:
    return {check: outcome for (check, _), outcome in result.outcomes.items()}
