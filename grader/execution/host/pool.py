"""Pool of workers: `submit` a job, get a `concurrent.futures.Future` of its result.

One child runs a whole submission. If a check times out or ends the child, the other checks of its function get the same
outcome without a run, and a new child runs the remaining functions. Sources of the course (the solution, its mistakes)
may share a child; a source that ends the child runs again alone, so that the other sources do not influence its
outcome.
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
from grader.execution.guest.frames import (
    CheckDisplayed,
    CheckFinished,
    CheckRequest,
    FileFinished,
    FileStarted,
    FunctionsLocated,
    Job,
)
from grader.execution.host.child_monitor import ChildReport
from grader.execution.host.interpreter_conditions import USUAL, Conditions
from grader.execution.host.portable_worker import PortableWorker
from grader.execution.host.sandbox_detection import launch_sandboxed_workers
from grader.execution.host.sandbox_levels import Level
from grader.execution.host.worker import Worker, make_workers

AnyWorker: TypeAlias = Worker | PortableWorker
CAN_FORK = hasattr(os, "pidfd_open") and hasattr(os, "memfd_create")
"""Whether zygotes are supported (Linux); elsewhere each job starts a new interpreter."""

MEMORY_LIMIT = 1536
"""MiB that a submission may use beyond torch itself: a memory bomb reaches this limit before the time limit."""


@dataclass
class JobResult:
    """Result of a job: outcomes by (check, seed), locations and seconds by function, the printed output.

    `displays` holds the encoded calls and exceptions that are shown with the outcomes; no verdict depends on them.
    `encodings` holds the encoding of each file that is not UTF-8, a key of `core.source_encoding.ENCODINGS`.
    `more` are the results of the jobs in `Job.more`.
    """

    outcomes: dict[tuple[str, int], Outcome] = field(default_factory=dict)
    places: dict[str, Located] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    output: str = ""
    displays: dict[tuple[str, int], bytes] = field(default_factory=dict)
    more: list[JobResult] = field(default_factory=list)
    encodings: dict[str, str] = field(default_factory=dict)


class Executor(Protocol):
    """Interface of the pools: workers on this machine, or on a Dask cluster. `jobs` is the number of workers."""

    jobs: int

    @property
    def level(self) -> Level:
        """The sandbox level of all workers."""
        ...

    def submit(self, job: Job) -> Future[JobResult]:
        """Run a job on the next idle worker; return the future of its result."""
        ...


class Pool:
    """Workers on this machine: one zygote and one thread for each."""

    def __init__(self, workers: Sequence[AnyWorker]) -> None:
        self.jobs = len(workers)
        self._workers = workers
        self._idle: queue.SimpleQueue[AnyWorker] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(self.jobs, thread_name_prefix="worker")

    @property
    def level(self) -> Level:
        """The sandbox level of all workers."""
        return self._workers[0].sandbox.level

    def start(self) -> Pool:
        """Start all workers; return when the first is warm. Raises WorkerStartError if none starts."""
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
        """Run a job on the next idle worker; return the future of its result."""
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
    """Run jobs of the course's own sources, `at_a_time` jobs in each child.

    Returns a function for each job; the function waits for the result of the job. A submission, or a mistake with a
    student's code, needs a separate child: `at_a_time` is 1.
    """
    waiting: list[Callable[[], JobResult]] = []
    for start in range(0, len(jobs), at_a_time):
        first, *more = jobs[start : start + at_a_time]
        future = pool.submit(structs.replace(first, more=tuple(more)))
        waiting += [partial(_result_of, future, number) for number in range(1 + len(more))]
    return waiting


def _result_of(future: Future[JobResult], number: int) -> JobResult:
    result = future.result()
    return result.more[number - 1] if number else result


def run_job(worker: AnyWorker, job: Job) -> JobResult:
    """Run all checks of a job; after a check that ended its child, a new child runs the remaining functions."""
    if not job.more:
        return _run_alone(worker, job)
    results: list[JobResult] = []
    pending = [structs.replace(job, more=()), *job.more]
    while pending:
        results += _run_together(worker, pending)
        pending = [structs.replace(job, more=()), *job.more][len(results) :]
        if pending:  # the first of the remaining jobs ended the child, or the worker
            results.append(_run_alone(worker, pending.pop(0)))
    return replace(results[0], more=results[1:])


def _run_together(worker: AnyWorker, jobs: Sequence[Job]) -> list[JobResult]:
    """Run jobs in one child; return the results of the jobs before the one that ended the child."""
    try:
        reports = worker.run(jobs, jobs[0].time_limit)
    except WorkerDiedError:
        worker.stop()
        return []
    done = []
    for job, report in zip(jobs, reports, strict=True):
        if report.ending or (job.requests and not report.frames):
            break
        result = JobResult()
        _add_report(report, [*job.requests], result, job)
        done.append(result)
    return done


def _run_alone(worker: AnyWorker, job: Job) -> JobResult:
    result, remaining, deaths, ours = JobResult(), list(job.requests), 0, False
    while remaining:
        try:
            (report,) = worker.run([structs.replace(job, requests=tuple(remaining))], job.time_limit)
        except WorkerDiedError as death:
            worker.stop()
            deaths += 1
            ours = ours or isinstance(death, WorkerStartError)
            if deaths > 1:
                # If two workers die while they run the same submission, it killed them; one death may be chance.
                fault = GraderFault(Reason.of(Code.INTERNAL, error=str(death)))
                _record_outcome(result, remaining, fault if ours else Crashed(Reason.of(Code.LOST_WORKERS)))
                break
            continue
        remaining = _add_report(report, remaining, result, job)
    return result


def _add_report(report: ChildReport, requests: list[CheckRequest], result: JobResult, job: Job) -> list[CheckRequest]:
    """Add a report to the result; return the requests that a new child must run."""
    done, loading, previous = 0, "", None
    for time, frame in report.frames:
        match frame:
            case FunctionsLocated(functions, encodings):
                result.places, result.encodings = dict(functions), dict(encodings)
            case FileStarted(file):
                loading = file
            case FileFinished():
                loading = ""
            case CheckFinished(index, outcome):
                request = requests[index]
                result.outcomes[request.check, request.seed] = outcome
                done = index + 1
                spent = time - previous if previous is not None else 0.0
                result.seconds[request.function] = result.seconds.get(request.function, 0.0) + spent
            case CheckDisplayed(index, display):
                result.displays[requests[index].check, requests[index].seed] = display
        previous = time
    result.output += report.output.decode("utf-8", "replace")
    if not report.ending or done == len(requests):
        return []
    return _settle_stopped(report, requests[done:], loading, result, job)


def _settle_stopped(
    report: ChildReport, remaining: list[CheckRequest], loading: str, result: JobResult, job: Job
) -> list[CheckRequest]:
    """Record the outcomes that the end of a child decides; return the other requests.

    The child ended while it ran the file `loading`, or if `loading` is empty, the check `remaining[0]`.
    """
    ending: TimedOut | Crashed
    ending = Crashed(report.ending) if isinstance(report.ending, Reason) else TimedOut(job.time_limit)
    if not report.frames:
        lost = remaining  # the parser crashed
    else:
        lost = [request for request in remaining if loading and result.places[request.function].file == loading]
        # A hostile child may report a file that defines none of the remaining functions. Then drop one function, so
        # that the loop in `_run_alone` ends.
        lost = lost or [request for request in remaining if request.function == remaining[0].function]
    result.outcomes[lost[0].check, lost[0].seed] = ending
    _record_outcome(result, lost[1:], replace(ending, unrun=True))
    return [request for request in remaining if request not in lost]


def _record_outcome(result: JobResult, requests: Sequence[CheckRequest], outcome: Outcome) -> None:
    for request in requests:
        result.outcomes[request.check, request.seed] = outcome


def make_pool_without_sandbox(files: list[tuple[str, bytes]], jobs: int, conditions: Conditions = USUAL) -> Pool:
    """Return a pool for trusted code, which the authors of a course wrote. Never run a student's code in it.

    For the sources of a course use `grading.runs.source_pool`: a known mistake may be the code of a student.
    """
    if not CAN_FORK:
        return Pool([PortableWorker(files, conditions) for _ in range(jobs)])
    return Pool(make_workers(jobs, files, conditions=conditions))


def make_sandboxed_pool(
    files: list[tuple[str, bytes]],
    jobs: int,
    sandbox: str,
    memory: int,
    time_limit: float,
    standby_workers: Sequence[Worker] = (),
) -> Pool:
    """Return a pool for submissions. `sandbox` is "auto" or a level, `memory` in MiB, `time_limit` in seconds.

    Raises UsageError if this machine does not reach the level.
    """
    if sandbox == Level.NONE and not CAN_FORK:
        return Pool([PortableWorker(files) for _ in range(jobs)])
    workers, _ = launch_sandboxed_workers(files, jobs, sandbox, memory, time_limit, standby_workers)
    return Pool(workers)
