"""Grade one submission, or many: run them, decide, recognise mistakes, add up."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from grader.core.outcomes import GraderFault, Missing, Outcome, Refused
from grader.core.submission import Submission
from grader.judge.hint import recognise, with_hints
from grader.judge.library import Library
from grader.judge.record import FunctionRecord, make_record, needs_human
from grader.judge.references import References
from grader.judge.verdict import Verdict, decide
from grader.run.pool import TIME_LIMIT, Pool, Result, Work
from grader.run.wire import Task

WINDOW = 4
"""Submissions in flight for each worker: enough to keep them busy, few enough to keep memory flat."""


@dataclass(frozen=True)
class Graded:
    """A submission with its verdicts and records, function by function.

    `human` says why a person must look, or nothing; `output` is what the submission printed.
    """

    student: str
    verdicts: dict[str, list[Verdict]]
    records: list[FunctionRecord]
    human: str = ""
    output: str = ""


class Session:
    """A batch: one seed, one selection of functions, one pool."""

    def __init__(
        self,
        library: Library,
        pool: Pool,
        seed: int,
        functions: Sequence[str],
        time_limit: float = TIME_LIMIT,
        language: str = "en",
    ) -> None:
        self._library, self._pool, self._language = library, pool, language
        self._functions, self._seed, self._time_limit = list(functions), seed, time_limit
        self._references = References(library, pool, seed)
        self._tasks = tuple(Task(f, check.id, seed) for f in functions for check in library.course.home[f].checks_of(f))

    def grade_all(self, submissions: Iterable[Submission]) -> Iterator[Graded]:
        """Grade submissions in their order, a few at a time in parallel."""
        waiting: deque[tuple[Submission, Future[Result] | None]] = deque()
        room = WINDOW * self._pool.jobs
        for submission in submissions:
            waiting.append((submission, self._start(submission)))
            if len(waiting) >= room:
                yield self._finish(*waiting.popleft())
        while waiting:
            yield self._finish(*waiting.popleft())

    def grade(self, submission: Submission) -> Graded:
        """Grade one submission."""
        return self._finish(submission, self._start(submission))

    def _start(self, submission: Submission) -> Future[Result] | None:
        files = submission.read()
        if not files:
            return None
        return self._pool.submit(Work(files, self._library.homes, self._tasks, self._time_limit))

    def _finish(self, submission: Submission, future: Future[Result] | None) -> Graded:
        result, fault = Result(), ""
        if future is not None:
            try:
                result = future.result()
            except Exception as error:  # noqa: BLE001  (whatever goes wrong in our own code is our fault, not a zero)
                fault = f"{type(error).__name__}: {error}"
        verdicts, records = {}, []
        for function in self._functions:
            decided = self._decide(function, self._outcome_of(submission, result, fault))
            named: tuple[str, ...] = ()
            if any(_worth_a_hint(v) for v in decided):
                solution, known = self._references.solution(function), self._references.known(function)
                named = recognise(decided, solution, known)
                decided = with_hints(decided, solution, known)
            verdicts[function] = decided
            records.append(self._record(submission.student, function, decided, named, result))
        human = "; ".join(dict.fromkeys(filter(None, (needs_human(v, self._language) for v in verdicts.values()))))
        return Graded(submission.student, verdicts, records, human, result.output)

    def _outcome_of(self, submission: Submission, result: Result, fault: str) -> Callable[[str], Outcome]:
        def outcome(check: str) -> Outcome:
            if fault:
                return GraderFault(fault)
            found = result.outcomes.get((check, self._seed), Missing("no file was handed in"))
            if isinstance(found, Missing) and submission.problems:
                # It may stand in a file that could not be read: a human must look.
                return Refused("; ".join(submission.problems), human=True)
            return found

        return outcome

    def _decide(self, function: str, outcome: Callable[[str], Outcome]) -> list[Verdict]:
        solution = self._references.solution(function)
        checks = self._library.course.home[function].checks_of(function)
        return [decide(check, outcome(check.id), solution[check.id]) for check in checks]

    def _record(
        self, student: str, function: str, verdicts: list[Verdict], named: tuple[str, ...], result: Result
    ) -> FunctionRecord:
        place = result.places.get(function)
        return make_record(
            student,
            self._library.course.home[function],
            function,
            verdicts,
            [self._library.mistakes[mistake] for mistake in named],
            place.file if place else "",
            result.seconds.get(function, 0.0),
            self._language,
        )


def _worth_a_hint(verdict: Verdict) -> bool:
    """Whether a known mistake could explain it: something was tried, and it is wrong."""
    return verdict.status.value in ("failed", "raised", "timed_out", "crashed")
