"""Grade one submission, or many: run them, decide, recognise mistakes, add up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property

from grader.core.outcomes import GraderFault, Missing, Outcome, Raised, Refused
from grader.core.reasons import Code, Reason
from grader.core.submission import Submission
from grader.judge.entry import Attachments, JournalEntry
from grader.judge.judgement import Judge
from grader.judge.library import Library
from grader.judge.record import FunctionRecord
from grader.judge.references import References
from grader.judge.render import Renderer
from grader.judge.verdict import Verdict
from grader.run.pool import TIME_LIMIT, Executor, Result, Work
from grader.run.wire import Task

WALL_SIGNS = ("Operation not permitted", "Function not implemented", "can't start new process", "Read-only file system")
"""What the refusals of the walls look like from inside."""


@dataclass(frozen=True)
class Graded:
    """A submission with its verdicts and what the journal keeps of them, function by function.

    The attachments are pictures without texts; `output` is what the submission printed.
    """

    student: str
    renderer: Renderer
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)
    entries: list[JournalEntry] = field(default_factory=list)
    output: str = ""

    @cached_property
    def records(self) -> list[FunctionRecord]:
        """The records, in the language of the session."""
        return [self.renderer.record(entry, self.student) for entry in self.entries]

    @property
    def review(self) -> dict[str, str]:
        """Why a person must look, by function."""
        found = {entry.result.function: self.renderer.review(entry) for entry in self.entries}
        return {function: why for function, why in found.items() if why}


class Session:
    """A batch: one seed, one selection of functions, one pool."""

    def __init__(
        self,
        library: Library,
        pool: Executor,
        seed: int,
        functions: Sequence[str],
        time_limit: float = TIME_LIMIT,
        language: str = "en",
    ) -> None:
        self._library, self._pool = library, pool
        self._functions, self._seed, self._time_limit = list(functions), seed, time_limit
        self._judge, self._renderer = (
            Judge(library, References(library, pool, seed, functions)),
            Renderer(library, language),
        )
        self._tasks = {
            f: tuple(Task(f, check.id, seed) for check in library.course.home[f].checks_of(f)) for f in functions
        }

    def grade(self, submission: Submission) -> Graded:
        """Grade one submission."""
        files = submission.read()
        return self.finish(submission, self.start(files, self._functions) if files else None, self._functions)

    def start(self, files: tuple[tuple[str, bytes], ...], functions: Sequence[str]) -> Future[Result]:
        """Have the files run on the checks of these functions."""
        tasks = tuple(task for function in functions for task in self._tasks[function])
        return self._pool.submit(Work(files, self._library.homes, tasks, self._time_limit))

    def finish(self, submission: Submission, future: Future[Result] | None, functions: Sequence[str]) -> Graded:
        """Decide on what was run; without a future, on a submission that has no file that can be read."""
        result, fault = Result(), ""
        if future is not None:
            try:
                result = future.result()
            except Exception as error:  # noqa: BLE001  (whatever goes wrong in our own code is our fault, not a zero)
                fault = f"{type(error).__name__}: {error}"
        outcome = self._outcome_of(submission, result, fault)
        found = {f: tuple(outcome(task.check) for task in self._tasks[f]) for f in functions}
        graded = Graded(submission.student, self._renderer, output=result.output)
        for function, judgement in self._judge.judge(found).items():
            place = result.places.get(function)
            file, seconds = place.file if place else "", result.seconds.get(function, 0.0)
            graded.verdicts[function] = judgement.verdicts
            attachments = Attachments(pictures=dict(judgement.pictures))
            graded.entries.append(JournalEntry(judgement.entry, file, round(seconds, 4), attachments))
        return graded

    def _outcome_of(self, submission: Submission, result: Result, fault: str) -> Callable[[str], Outcome]:
        def outcome(check: str) -> Outcome:
            if fault:
                return GraderFault(Reason.of(Code.INTERNAL, error=fault))
            found = result.outcomes.get((check, self._seed), Missing(Reason.of(Code.NO_FILE)))
            if isinstance(found, Missing) and submission.problems:
                # It may stand in a file that could not be read: a person must look.
                return Refused(tuple(submission.problems), review=True)
            return forbidden(found) if self._pool.level.holds else found

        return outcome


def forbidden(outcome: Outcome) -> Outcome:
    """What a wall refused is said as such, with the honest alternative, instead of as an error of Python's."""
    if not isinstance(outcome, Raised):
        return outcome
    words = f"{outcome.error} {outcome.message}"
    if outcome.error != "PermissionError" and not any(sign in words for sign in WALL_SIGNS):
        return outcome
    return Refused((Reason.of(Code.FORBIDDEN, error=f"{outcome.error}: {outcome.message}"),))
