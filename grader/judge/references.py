"""The yardsticks of a batch: what the solution and the known mistakes give, observed when first needed, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from threading import Lock

from grader.core.outcomes import Crashed, Outcome, TimedOut
from grader.declare.mistakes import Mistake
from grader.judge.hint import Known, judge_known
from grader.judge.library import Library
from grader.run.pool import Executor, Result, Work, submit_together
from grader.run.wire import Task

AT_A_TIME = 16
"""Mistakes that share a child: a fork costs as much as a few of them, and every worker should have some."""


class References:
    """Observes the solution and the mistakes through the same workers as every submission."""

    def __init__(self, library: Library, pool: Executor, seed: int) -> None:
        self._library, self._pool, self._seed = library, pool, seed
        self._solutions: dict[str, Future[Result]] = {}
        self._mistakes: dict[str, dict[str, Callable[[], Result] | Mistake]] = {}
        self._judged: dict[str, Known] = {}
        self._lock = Lock()

    def solution(self, function: str) -> Mapping[str, Outcome]:
        """What the solution gives on every check of a function."""
        return _by_check(self._solution(function).result())

    def prepare(self, functions: Iterable[str]) -> None:
        """Have the mistakes of these functions observed, all at a time, before the first of them is waited for."""
        for function in functions:
            self._known(function)

    def known(self, function: str) -> Known:
        """What every known mistake of a function gives on its checks, decided once."""
        if function not in self._judged:
            checks = self._library.course.home[function].checks_of(function)
            self._judged[function] = judge_known(checks, self.solution(function), self.outcomes(function))
        return self._judged[function]

    def outcomes(self, function: str) -> Mapping[str, Mapping[str, Outcome]]:
        """The same before anything is decided: mistake -> check -> outcome."""
        found: dict[str, Mapping[str, Outcome]] = {}
        for mistake, result in self._known(function).items():
            if isinstance(result, Mistake):
                found[mistake] = dict.fromkeys(self._ids(function), ending(result))
            else:
                found[mistake] = _by_check(result())
        return found

    def _solution(self, function: str) -> Future[Result]:
        exercise = self._library.course.home[function].name
        with self._lock:
            if exercise not in self._solutions:
                shelf = self._library.shelves[exercise]
                work = self._work(shelf.exercise.points, shelf.file, shelf.solution)
                self._solutions[exercise] = self._pool.submit(work)
            return self._solutions[exercise]

    def _known(self, function: str) -> dict[str, Callable[[], Result] | Mistake]:
        shelf = self._library.shelves[self._library.course.home[function].name]
        with self._lock:
            if function not in self._mistakes:
                mistakes = shelf.mistakes_of(function)
                works = [self._work([function], shelf.file, m.source) for m in mistakes if not m.ends]
                running = iter(submit_together(self._pool, works, AT_A_TIME))
                # One that never ends matches whatever never ends: it need not be run to know that.
                self._mistakes[function] = {m.id: m if m.ends else next(running) for m in mistakes}
            return self._mistakes[function]

    def _ids(self, function: str) -> list[str]:
        return [check.id for check in self._library.course.home[function].checks_of(function)]

    def _work(self, functions: Iterable[str], file: str, source: str) -> Work:
        tasks = tuple(Task(f, check, self._seed) for f in functions for check in self._ids(f))
        homes = {f: file.removesuffix(".py") for f in functions}
        return Work(((file, source.encode()),), homes, tasks)


def ending(mistake: Mistake) -> Outcome:
    """The outcome of a mistake that gives no answer."""
    return TimedOut(0.0) if mistake.ends == "timed_out" else Crashed("as declared")


def _by_check(result: Result) -> dict[str, Outcome]:
    return {check: outcome for (check, _), outcome in result.outcomes.items()}
