"""Run submissions on several workers: `submit` work, get a `concurrent.futures.Future` of its result.

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

from grader.core.errors import WorkerDiedError, WorkerStartError
from grader.core.outcomes import Crashed, GraderFault, Located, Outcome, TimedOut
from grader.core.reasons import Code, Reason
from grader.run.follow import ChildReport
from grader.run.fresh import FreshWorker
from grader.run.sandbox import wall_in
from grader.run.walls import Level
from grader.run.wire import Done, Job, Loaded, Loading, Placed, Task
from grader.run.worker import Worker

AnyWorker: TypeAlias = Worker | FreshWorker
CAN_FORK = hasattr(os, "pidfd_open") and hasattr(os, "memfd_create")
"""Linux; elsewhere every child is a fresh interpreter."""

TIME_LIMIT = 5.0
"""Seconds for one experiment; the right answers take milliseconds."""

MEMORY_LIMIT = 1536
"""MiB that a submission may use beyond torch itself: low enough that a bomb meets it before the clock."""


@dataclass(frozen=True)
class Work:
    """A submission to run: its files, the stem of each function's stub file, its tasks grouped by function.

    `more` is run after it in the same child: only for sources of our own, which need no walls between them.
    """

    files: tuple[tuple[str, bytes], ...]
    homes: dict[str, str]
    tasks: tuple[Task, ...]
    time_limit: float = TIME_LIMIT
    more: tuple[Work, ...] = ()


@dataclass
class Result:
    """What became of every task, where the functions are, seconds by function, and what was printed.

    `more` are the results of the work's `more`.
    """

    outcomes: dict[tuple[str, int], Outcome] = field(default_factory=dict)
    places: dict[str, Located] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    output: str = ""
    more: list[Result] = field(default_factory=list)


class Executor(Protocol):
    """What runs submissions: the workers of this machine, or those of a cluster."""

    jobs: int

    @property
    def level(self) -> Level:
        """The level of the sandbox."""
        ...

    def submit(self, work: Work) -> Future[Result]:
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

    def submit(self, work: Work) -> Future[Result]:
        """Run a submission on the next idle worker."""
        return self._threads.submit(self._run, work)

    def _run(self, work: Work) -> Result:
        worker = self._idle.get()
        try:
            return run_work(worker, work)
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


def submit_together(pool: Executor, works: Sequence[Work], at_a_time: int) -> list[Callable[[], Result]]:
    """Run works of our own, so many in a child: for each a function that waits for its result."""
    waiting: list[Callable[[], Result]] = []
    for start in range(0, len(works), at_a_time):
        first, *more = works[start : start + at_a_time]
        future = pool.submit(replace(first, more=tuple(more)))
        waiting += [partial(_share, future, number) for number in range(1 + len(more))]
    return waiting


def _share(future: Future[Result], number: int) -> Result:
    result = future.result()
    return result.more[number - 1] if number else result


def run_work(worker: AnyWorker, work: Work) -> Result:
    """Run all tasks of a work, in as many children as it takes: at most one for each function and file."""
    if not work.more:
        return _run_alone(worker, work)
    results: list[Result] = []
    todo = [replace(work, more=()), *work.more]
    while todo:
        results += _run_together(worker, todo)
        todo = [replace(work, more=()), *work.more][len(results) :]
        if todo:  # it ended the child, or stands last
            results.append(_run_alone(worker, todo.pop(0)))
    return replace(results[0], more=results[1:])


def _run_together(worker: AnyWorker, works: Sequence[Work]) -> list[Result]:
    """The results of the works, in their order, up to the first that did not run to its end."""
    jobs = [Job([*work.files], work.homes, [*work.tasks]) for work in works]
    try:
        reports = worker.run(jobs, works[0].time_limit)
    except WorkerDiedError:
        worker.stop()
        return []
    done = []
    for work, report in zip(works, reports, strict=True):
        if report.ended or (work.tasks and not report.frames):
            break
        result = Result()
        _absorb(report, [*work.tasks], result, work)
        done.append(result)
    return done


def _run_alone(worker: AnyWorker, work: Work) -> Result:
    result, left, deaths = Result(), list(work.tasks), 0
    while left:
        job = Job([*work.files], work.homes, left)
        try:
            (report,) = worker.run([job], work.time_limit)
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
        left = _absorb(report, left, result, work)
    return result


def _absorb(report: ChildReport, tasks: list[Task], result: Result, work: Work) -> list[Task]:
    """Enter what a child reported into the result; the tasks that still need a child."""
    done, loading, before = 0, "", None
    for moment, frame in report.frames:
        match frame:
            case Placed(functions):
                result.places = dict(functions)
            case Loading(file):
                loading = file
            case Loaded():
                loading = ""
            case Done(index, outcome):
                task = tasks[index]
                result.outcomes[task.check, task.seed] = outcome
                done = index + 1
                spent = moment - before if before is not None else 0.0
                result.seconds[task.function] = result.seconds.get(task.function, 0.0) + spent
        before = moment
    result.output += report.output.decode("utf-8", "replace")
    if not report.ended or done == len(tasks):
        return []
    return _stopped(report, tasks[done:], loading, result, work)


def _stopped(report: ChildReport, left: list[Task], loading: str, result: Result, work: Work) -> list[Task]:
    """A child ended in the first of the tasks `left`: settle what that decides and return the rest."""
    ending: TimedOut | Crashed
    ending = Crashed(report.ended) if isinstance(report.ended, Reason) else TimedOut(work.time_limit)
    if not report.frames:
        lost = left  # it did not even get through the parser
    else:
        lost = [task for task in left if loading and result.places[task.function].file == loading]
        # A child may say that it loads a file of which nothing is left: something must be lost all the same.
        lost = lost or [task for task in left if task.function == left[0].function]
    result.outcomes[lost[0].check, lost[0].seed] = ending
    _settle(result, lost[1:], replace(ending, unrun=True))
    return [task for task in left if task not in lost]


def _settle(result: Result, tasks: Sequence[Task], outcome: Outcome) -> None:
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
