"""Run submissions on several workers: `submit` a job, get a `concurrent.futures.Future` of its result.

One child runs a whole submission. When it gives no answer in one function, that function's other tasks count the
same, unrun, and the functions not yet run get a fresh child. Sources of our own (the solution, its mistakes) may share
a child; what ends it is then run again by itself, so that its neighbours decide nothing about it.
"""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import partial
from types import TracebackType
from typing import Protocol, TypeAlias

from msgspec import structs

from grader.core.errors import WorkerDiedError, WorkerStartError
from grader.core.outcomes import Crashed, GraderFault, Located, Outcome, TimedOut
from grader.core.reasons import Code, Reason
from grader.execution.guest.frames import FileFinished, FileStarted, FunctionsLocated, Job, Task, TaskFinished
from grader.execution.host.child_monitor import ChildReport
from grader.execution.host.portable_worker import FreshWorker
from grader.execution.host.sandbox_detection import wall_in
from grader.execution.host.sandbox_levels import Level
from grader.execution.host.worker import Worker

AnyWorker: TypeAlias = Worker | FreshWorker
CAN_FORK = hasattr(os, "pidfd_open") and hasattr(os, "memfd_create")
"""Linux; elsewhere every child is a fresh interpreter."""

MEMORY_LIMIT = 1536
"""MiB that a submission may use beyond torch itself: low enough that a bomb meets it before the clock."""


@dataclass
class JobResult:
    """What became of every task, where the functions are, seconds by function, and what was printed.

    `more` are the results of the job's `more`.
    """

    outcomes: dict[tuple[str, int], Outcome] = field(default_factory=dict)
    places: dict[str, Located] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    output: str = ""
    more: list[JobResult] = field(default_factory=list)


class Executor(Protocol):
    """What runs submissions: the workers of this machine, or those of a cluster."""

    jobs: int

    @property
    def level(self) -> Level:
        """The level of the sandbox."""
        ...

    def submit(self, job: Job) -> Future[JobResult]:
        """Run a submission on the next idle worker."""
        ...


class Pool:
    """Some workers, each with its own zygote, behind an executor of as many threads."""

    def __init__(self, workers: Sequence[AnyWorker]) -> None:
        self.jobs = len(workers)
        self._workers = workers
        self._idle: queue.SimpleQueue[AnyWorker] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(self.jobs, thread_name_prefix="worker")

    @property
    def level(self) -> Level:
        """The level of the sandbox."""
        return self._workers[0].confinement.level

    def start(self) -> Pool:
        """Start all workers and wait until one is warm; the others join it. Raises WorkerDiedError when none starts."""
        for worker in self._workers:
            worker.launch()
        starting = [self._threads.submit(self._warm, worker) for worker in self._workers]
        for one in as_completed(starting):
            if not one.exception():
                return self
        raise WorkerStartError(str(starting[0].exception()))

    def _warm(self, worker: AnyWorker) -> None:
        worker.start()
        self._idle.put(worker)

    def submit(self, job: Job) -> Future[JobResult]:
        """Run a submission on the next idle worker."""
        return self._threads.submit(self._run, job)

    def _run(self, job: Job) -> JobResult:
        worker = self._idle.get()
        try:
            return run_job(worker, job)
        finally:
            self._idle.put(worker)

    def __enter__(self) -> Pool:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=kind is None, cancel_futures=True)
        for worker in self._workers:
            worker.stop()


def submit_together(pool: Executor, jobs: Sequence[Job], at_a_time: int) -> list[Callable[[], JobResult]]:
    """Run jobs of our own, so many in a child: for each a function that waits for its result."""
    waiting: list[Callable[[], JobResult]] = []
    for start in range(0, len(jobs), at_a_time):
        first, *more = jobs[start : start + at_a_time]
        future = pool.submit(structs.replace(first, more=tuple(more)))
        waiting += [partial(_share, future, number) for number in range(1 + len(more))]
    return waiting


def _share(future: Future[JobResult], number: int) -> JobResult:
    result = future.result()
    return result.more[number - 1] if number else result


def run_job(worker: AnyWorker, job: Job) -> JobResult:
    """Run all tasks of a job, in as many children as it takes: at most one for each function and file."""
    if not job.more:
        return _run_alone(worker, job)
    results: list[JobResult] = []
    todo = [structs.replace(job, more=()), *job.more]
    while todo:
        results += _run_together(worker, todo)
        todo = [structs.replace(job, more=()), *job.more][len(results) :]
        if todo:  # it ended the child, or stands last
            results.append(_run_alone(worker, todo.pop(0)))
    return replace(results[0], more=results[1:])


def _run_together(worker: AnyWorker, jobs: Sequence[Job]) -> list[JobResult]:
    """The results of the jobs, in their order, up to the first that did not run to its end."""
    try:
        reports = worker.run(jobs, jobs[0].time_limit)
    except WorkerDiedError:
        worker.stop()
        return []
    done = []
    for job, report in zip(jobs, reports, strict=True):
        if report.ended or (job.tasks and not report.frames):
            break
        result = JobResult()
        _absorb(report, [*job.tasks], result, job)
        done.append(result)
    return done


def _run_alone(worker: AnyWorker, job: Job) -> JobResult:
    result, left, deaths = JobResult(), list(job.tasks), 0
    while left:
        try:
            (report,) = worker.run([structs.replace(job, tasks=tuple(left))], job.time_limit)
        except WorkerDiedError as death:
            worker.stop()
            deaths += 1
            if deaths > 1:
                # Once is an accident. A worker that dies twice under the same submission dies of it.
                fault = GraderFault(Reason.of(Code.INTERNAL, error=str(death)))
                ours = isinstance(death, WorkerStartError)
                _settle(result, left, fault if ours else Crashed(Reason.of(Code.LOST_WORKERS)))
                break
            continue
        left = _absorb(report, left, result, job)
    return result


def _absorb(report: ChildReport, tasks: list[Task], result: JobResult, job: Job) -> list[Task]:
    """Enter what a child reported into the result; the tasks that still need a child."""
    done, loading, before = 0, "", None
    for moment, frame in report.frames:
        match frame:
            case FunctionsLocated(functions):
                result.places = dict(functions)
            case FileStarted(file):
                loading = file
            case FileFinished():
                loading = ""
            case TaskFinished(index, outcome):
                task = tasks[index]
                result.outcomes[task.check, task.seed] = outcome
                done = index + 1
                spent = moment - before if before is not None else 0.0
                result.seconds[task.function] = result.seconds.get(task.function, 0.0) + spent
        before = moment
    result.output += report.output.decode("utf-8", "replace")
    if not report.ended or done == len(tasks):
        return []
    return _stopped(report, tasks[done:], loading, result, job)


def _stopped(report: ChildReport, left: list[Task], loading: str, result: JobResult, job: Job) -> list[Task]:
    """A child ended in the first of the tasks `left`: settle what that decides and return the rest."""
    ending: TimedOut | Crashed
    ending = Crashed(report.ended) if isinstance(report.ended, Reason) else TimedOut(job.time_limit)
    if not report.frames:
        lost = left  # it did not even get through the parser
    else:
        lost = [task for task in left if loading and result.places[task.function].file == loading]
        # A child may say that it loads a file of which nothing is left: something must be lost all the same.
        lost = lost or [task for task in left if task.function == left[0].function]
    result.outcomes[lost[0].check, lost[0].seed] = ending
    _settle(result, lost[1:], replace(ending, unrun=True))
    return [task for task in left if task not in lost]


def _settle(result: JobResult, tasks: Sequence[Task], outcome: Outcome) -> None:
    for task in tasks:
        result.outcomes[task.check, task.seed] = outcome


def trusted_pool(files: list[tuple[str, bytes]], jobs: int) -> Pool:
    """Workers without walls, for code of our own: solutions, mistakes, alternatives."""
    return Pool([Worker(files) if CAN_FORK else FreshWorker(files) for _ in range(jobs)])


def walled_pool(
    files: list[tuple[str, bytes]],
    jobs: int,
    wanted: str,
    memory: int,
    time_limit: float,
    early: Sequence[Worker] = (),
) -> Pool:
    """Workers for code of others, behind the walls that `wanted` asks for. Raises UsageError where none stand."""
    if wanted == Level.NONE and not CAN_FORK:
        return Pool([FreshWorker(files) for _ in range(jobs)])
    workers, _ = wall_in(files, jobs, wanted, memory, time_limit, early)
    return Pool(workers)
