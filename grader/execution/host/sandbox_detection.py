"""Choice of the sandbox: try the levels on this machine and take the strongest.

If the strongest level is too weak, grading stops.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from grader.core.errors import GraderErrors, NoSandboxError, UsageError, WorkerDiedError, WorkerStartError
from grader.execution.host.sandbox_levels import (
    Level,
    Sandbox,
    anybody_can_run_python,
    candidates,
    missing_tools,
)
from grader.execution.host.sandbox_probe import PROBE_FILE, probe
from grader.execution.host.worker import Worker, make_workers

MAX_STANDBY_WORKERS = 4
"""Maximum number of standby workers, which start before the number of submissions is known."""

AUTOMATIC = (Level.FULL, Level.CORE)
"""The levels that `auto` accepts. To use a weaker level, a user must name it."""


@dataclass(frozen=True)
class SandboxTrial:
    """The trial of a sandbox.

    refused: the attempts of the probe, each with True if the sandbox blocked it; empty if the worker did not start.
    error: the message of a worker that did not start.
    """

    sandbox: Sandbox
    refused: dict[str, bool]
    error: str = ""

    @property
    def passed(self) -> bool:
        """Whether the sandbox blocked every attempt."""
        return bool(self.refused) and all(self.refused.values())

    @property
    def fault(self) -> UsageError | None:
        """The reason why the sandbox did not pass the trial; None if it passed."""
        if self.passed:
            return None
        if self.error:
            return UsageError("the sandbox does not start: {error}", error=self.error)
        holes = ", ".join(what for what, refused in self.refused.items() if not refused)
        return UsageError("the sandbox does not block: {holes}", holes=holes)


class StandbyWorkers:
    """Workers that import torch before they are needed, for example while the grader reads the submissions of a class.

    The import takes most of the start of a worker. The workers run in the first sandbox that
    `launch_sandboxed_workers` will try. If the user of that sandbox is "nobody", and "nobody" cannot run Python, the
    workers run in the first sandbox that has the grader's own user. `launch_sandboxed_workers` uses the workers if it
    chooses their sandbox. `workers` is empty until `launch` is called. The end of the `with` block stops all workers.
    """

    def __init__(self, jobs: int, level_option: str, memory: int, time_limit: float) -> None:
        self.workers: list[Worker] = []
        self._jobs = min(jobs, MAX_STANDBY_WORKERS) if sys.platform.startswith("linux") else 0
        self._level_option, self._limits = level_option, (memory, time_limit)

    def launch(self) -> None:
        """Start the workers without waiting for them; do nothing if they were started before."""
        if self.workers or not self._jobs:
            return
        possible = candidates(_levels(self._level_option)[0], *self._limits)
        sandbox = next(sandbox for sandbox in possible if sandbox.user is None or anybody_can_run_python())
        self.workers = make_workers(self._jobs, sandbox=sandbox)
        with suppress(WorkerStartError):  # `launch_sandboxed_workers` starts these workers again, and reports the error
            for worker in self.workers:
                worker.launch()

    def __enter__(self) -> StandbyWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.stop()


def launch_sandboxed_workers(
    files: list[tuple[str, bytes]],
    jobs: int,
    level_option: str,
    memory: int,
    time_limit: float,
    standby_workers: Sequence[Worker] = (),
) -> tuple[list[Worker], list[SandboxTrial]]:
    """Launch workers in the strongest sandbox that this machine supports; return them with the trials of all sandboxes.

    `level_option` is "auto" or a level, `memory` is in MiB, `time_limit` in seconds. `standby_workers` come from
    `StandbyWorkers`. On return all workers are launched, and the first one is warm. Raises NoSandboxError,
    which says what is missing and how to install it.
    """
    trials: list[SandboxTrial] = []
    if not sys.platform.startswith("linux"):
        raise UsageError(
            "This system has no sandbox: {cure}. To grade without one, pass --sandbox none.", cure=missing_tools()[0]
        )
    for level in _levels(level_option):
        for sandbox in candidates(level, memory, time_limit):
            reused = [worker for worker in standby_workers if worker.sandbox == sandbox][:jobs]
            workers = [*reused, *make_workers(jobs - len(reused), sandbox=sandbox, together_with=reused)]
            trial = _try_equipped(workers, files)
            if trial.error and "bwrap" in sandbox.protections and workers[0].fork_server:
                for worker in workers:
                    worker.stop()
                # On this machine a process may start in bubblewrap, but may not join its sandbox as forked zygotes do.
                workers = [Worker(None, sandbox) for _ in range(jobs)]
                trial = _try_equipped(workers, files)
            trials.append(trial)
            if trial.passed or (level in (Level.WEAK, Level.NONE) and not trial.error):
                return workers, trials
            for worker in workers:
                worker.stop()
    faults = [(trial.sandbox.level, trial.fault) for trial in trials if trial.fault]
    tried = [UsageError("{level}: {fault}", level=level, fault=fault) for level, fault in faults]
    fault = UsageError(
        "The sandbox level {level} is not available on this machine.\n{tried}\n{cures}\n"
        "To grade with less protection, pass --sandbox weak or --sandbox none.",
        level=level_option,
        tried=GraderErrors(tried),
        cures=GraderErrors(missing_tools()),
    )
    raise NoSandboxError([fault])


def _try_equipped(workers: Sequence[Worker], files: list[tuple[str, bytes]]) -> SandboxTrial:
    for worker in workers:
        worker.equip([*files, PROBE_FILE])
    return try_sandbox(workers)


def _levels(level_option: str) -> tuple[Level, ...]:
    return AUTOMATIC if level_option == "auto" else (Level(level_option),)


def try_levels(levels: Sequence[Level], memory: int, time_limit: float) -> Iterator[SandboxTrial]:
    """Try all sandboxes of these levels on this machine, in the order of the levels; yield each trial."""
    for level in levels:
        for sandbox in candidates(level, memory, time_limit):
            worker = Worker([PROBE_FILE], sandbox)
            yield try_sandbox([worker])
            worker.stop()


def try_sandbox(workers: Sequence[Worker]) -> SandboxTrial:
    """Launch workers of one sandbox, and run the probe in a child of the first worker."""
    first = workers[0]
    try:
        for worker in workers:
            worker.launch()
        return SandboxTrial(first.sandbox, probe(first))
    except WorkerDiedError as death:
        return SandboxTrial(first.sandbox, {}, str(death))
