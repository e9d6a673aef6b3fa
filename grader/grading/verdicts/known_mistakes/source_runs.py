"""Run sources of the course (solutions and known mistakes) in the worker pool, many sources in one child process."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from grader.core.outcomes import Crashed, Outcome, TimedOut
from grader.core.reasons import Code, Reason
from grader.course.library import Library
from grader.course.mistakes import Mistake
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.job_run import JobResult
from grader.execution.host.pool import Executor, submit_together

SOURCES_PER_CHILD = 48
"""Maximum number of sources that share a child process. Sharing saves time: one fork takes as long as a few sources."""

PendingOutcomes: TypeAlias = Callable[[], Mapping[str, Outcome]]
"""A callable that waits until the code of one mistake or solution has run, and returns its outcomes by check id."""


def make_source_job(exercise: str, source: str, checks: Iterable[tuple[str, str]], seed: int) -> Job:
    """Return the job that runs the text of one source file of an exercise with one seed.

    `checks` are pairs of function and check id.
    """
    requests = tuple(CheckRequest(function, check, seed) for function, check in checks)
    module_of = {request.function: exercise for request in requests}
    return Job(((f"{exercise}.py", source.encode()),), module_of, requests)


def run_sources(pool: Executor, jobs: Sequence[Job]) -> list[Callable[[], JobResult]]:
    """Start the jobs on all workers. Return for each job a function that waits for its result."""
    return submit_together(pool, jobs, min(SOURCES_PER_CHILD, -(-len(jobs) // pool.jobs)) or 1)


def start_mistakes(
    library: Library, pool: Executor, seed: int, runs: Sequence[tuple[Mistake, Collection[str]]]
) -> list[PendingOutcomes]:
    """Start running mistakes. `runs` are pairs of a mistake and the ids of the checks on which it runs, in this order.

    Returns for each pair of `runs` a function that waits for the outcomes of the mistake.

    An adopted mistake is code of a student. So an adopted mistake runs in a separate child process, as a submission
    does.
    """
    own = iter(run_sources(pool, list(_jobs(library, seed, runs, adopted=False))))
    adopted = iter(submit_together(pool, list(_jobs(library, seed, runs, adopted=True)), 1))
    return [partial(_outcomes_of, next(adopted if mistake.adopted else own)) for mistake, _ in runs]


def _jobs(library: Library, seed: int, runs: Sequence[tuple[Mistake, Collection[str]]], adopted: bool) -> Iterator[Job]:
    for mistake, checks in runs:
        if mistake.adopted == adopted:
            exercise = library.course.exercise_of[mistake.function].name
            yield make_source_job(exercise, mistake.source, ((mistake.function, check) for check in checks), seed)


def _outcomes_of(result: Callable[[], JobResult]) -> Mapping[str, Outcome]:
    return outcomes_by_check(result())


def outcomes_by_check(result: JobResult) -> dict[str, Outcome]:
    """Return the outcomes of a job, by check id. All checks of the job must have run with the same seed."""
    return {check: outcome for (check, _), outcome in result.outcomes.items()}


def declared_outcome(mistake: Mistake) -> Outcome:
    """Return the outcome that the author has declared for a mistake which times out or crashes."""
    return TimedOut(0.0) if mistake.fatal_outcome == "timed_out" else Crashed(Reason.of(Code.AS_DECLARED))
