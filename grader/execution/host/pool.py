"""Pool of workers: `submit` a job, get a `concurrent.futures.Future` of its result."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from functools import partial
from types import TracebackType
from typing import Protocol

from msgspec import structs

from grader.core.errors import WorkerStartError
from grader.execution.guest.job import Job
from grader.execution.host.interpreter_conditions import USUAL, Conditions
from grader.execution.host.job_run import AnyWorker, JobResult, run_job
from grader.execution.host.portable_worker import PortableWorker
from grader.execution.host.sandbox_detection import launch_sandboxed_workers
from grader.execution.host.sandbox_levels import Level
from grader.execution.host.worker import Worker, make_workers

CAN_FORK = hasattr(os, "pidfd_open") and hasattr(os, "memfd_create")
"""Whether zygotes are supported (Linux); elsewhere each job starts a new interpreter."""


class Executor(Protocol):
    """Interface of a pool, whose workers are on this machine or on a Dask cluster. `jobs` is the number of workers."""

    jobs: int

    @property
    def level(self) -> Level:
        """The sandbox level of all workers."""
        ...

    def submit(self, job: Job) -> Future[JobResult]:
        """Run a job on the next idle worker; return the future of its result."""
        ...


class Pool:
    """Pool of workers on this machine. Each worker has one zygote, and runs its jobs in one thread of this process."""

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
        """Start all workers; return when the first worker is warm. Raises WorkerStartError if no worker starts."""
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
            worker.close()


def submit_together(pool: Executor, jobs: Sequence[Job], at_a_time: int) -> list[Callable[[], JobResult]]:
    """Run jobs of the course's own sources, `at_a_time` jobs in each child.

    Returns a function for each job. The function waits for the result of its job and returns it. A submission, or a
    mistake with a student's code, needs a separate child, so for these `at_a_time` must be 1.
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


def make_pool_without_sandbox(files: list[tuple[str, bytes]], jobs: int, conditions: Conditions = USUAL) -> Pool:
    """Return a pool without a sandbox, for trusted code of a course's authors. Never run a student's code in it.

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
    """Return a pool for submissions, which runs them in a sandbox.

    `sandbox` is "auto" or a level, `memory` is in MiB, `time_limit` in seconds. Raises UsageError if the level is not
    available on this machine.
    """
    if sandbox == Level.NONE and not CAN_FORK:
        return Pool([PortableWorker(files) for _ in range(jobs)])
    workers, _ = launch_sandboxed_workers(files, jobs, sandbox, memory, time_limit, standby_workers)
    return Pool(workers)
