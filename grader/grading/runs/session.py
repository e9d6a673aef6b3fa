"""Grade one submission, or many: run them, decide, recognise mistakes, add up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from grader.core.outcomes import GraderFault, Missing, Outcome, Raised, Refused
from grader.course.library import Library
from grader.execution.guest.frames import Task
from grader.execution.host.pool import TIME_LIMIT, Executor, Result, Work
from grader.grading.verdicts.function_grading import Judge
from grader.grading.verdicts.pictures import Picture
from grader.grading.verdicts.record import FunctionRecord, record_of
from grader.grading.verdicts.references import References
from grader.grading.verdicts.verdict import Verdict
from grader.submissions.submission import Submission

WALL_SIGNS = ("Operation not permitted", "Function not implemented", "can't start new process", "Read-only file system")
"""What the refusals of the walls look like from inside."""

HONEST = (
    "Files, networks and other processes are not there while a submission is graded: "
    "use num_workers=0 in a DataLoader, keep data in memory, and leave demonstrations out of the file"
)


@dataclass(frozen=True)
class Graded:
    """A submission with its verdicts and records, function by function.

    `human` says of a function why a person must look; `pictures` are by function and name of the check; `output` is
    what the submission printed.
    """

    student: str
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)
    records: list[FunctionRecord] = field(default_factory=list)
    human: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, dict[str, Picture]] = field(default_factory=dict)
    output: str = ""


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
        self._judge = Judge(library, References(library, pool, seed, functions), language)
        self._tasks = {
            f: tuple(Task(f, check.id, seed) for check in library.course.exercise_of[f].checks_of(f)) for f in functions
        }

    def grade(self, submission: Submission) -> Graded:
        """Grade one submission."""
        files = submission.read()
        return self.finish(submission, self.start(files, self._functions) if files else None, self._functions)

    def start(self, files: tuple[tuple[str, bytes], ...], functions: Sequence[str]) -> Future[Result]:
        """Have the files run on the checks of these functions."""
        tasks = tuple(task for function in functions for task in self._tasks[function])
        return self._pool.submit(Work(files, self._library.module_of, tasks, self._time_limit))

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
        graded = Graded(submission.student, output=result.output)
        for function, judgement in self._judge.judge(found).items():
            place = result.places.get(function)
            file, seconds = place.file if place else "", result.seconds.get(function, 0.0)
            graded.verdicts[function] = judgement.verdicts
            graded.pictures[function] = dict(judgement.pictures)
            graded.records.append(record_of(judgement.record, submission.student, file, seconds))
            if judgement.human:
                graded.human[function] = judgement.human
        return graded

    def _outcome_of(self, submission: Submission, result: Result, fault: str) -> Callable[[str], Outcome]:
        def outcome(check: str) -> Outcome:
            if fault:
                return GraderFault(fault)
            found = result.outcomes.get((check, self._seed), Missing("no file was handed in"))
            if isinstance(found, Missing) and submission.problems:
                # It may stand in a file that could not be read: a human must look.
                return Refused("; ".join(submission.problems), human=True)
            return forbidden(found) if self._pool.level.holds else found

        return outcome


def forbidden(outcome: Outcome) -> Outcome:
    """What a wall refused is said as such, with the honest alternative, instead of as an error of Python's."""
    if not isinstance(outcome, Raised):
        return outcome
    words = f"{outcome.error} {outcome.message}"
    if outcome.error != "PermissionError" and not any(sign in words for sign in WALL_SIGNS):
        return outcome
    reason = f"it tried something that the sandbox forbids ({outcome.error}: {outcome.message}). {HONEST}"
    return Refused(reason)
