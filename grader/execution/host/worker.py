"""A worker: one zygote whose children run the code of submissions. It sends jobs and returns reports on them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from grader.execution.guest.compiler_placeholder import mentions_compiler
from grader.execution.guest.job import Job, Setup
from grader.execution.guest.zygote_protocol import COMPILER_JOB, JOB
from grader.execution.host.child_monitor import ChildMonitor, ChildReport
from grader.execution.host.interpreter_conditions import USUAL, Conditions
from grader.execution.host.sandbox_levels import STUDENT_CODE, Level, Sandbox
from grader.execution.host.submission_budget import BudgetUse
from grader.execution.host.zygotes.fork_server import ForkServer
from grader.execution.host.zygotes.zygote_process import ZygoteProcess

NO_SANDBOX = Sandbox(Level.NONE, frozenset())


class Worker(ZygoteProcess):
    """One zygote with torch and the experiments. Runs one child at a time.

    `files` are the experiment files (path, source); pass None to launch the zygote first, and call `equip` later.
    `conditions` other than the usual ones need a sandbox without bubblewrap. `make_workers` makes several workers, with
    a `fork_server` where they can share one.
    """

    def __init__(
        self,
        files: list[tuple[str, bytes]] | None = None,
        sandbox: Sandbox = NO_SANDBOX,
        conditions: Conditions = USUAL,
        fork_server: ForkServer | None = None,
    ) -> None:
        super().__init__(STUDENT_CODE, sandbox, conditions, fork_server)
        if files is not None:
            self.equip(files)

    def equip(self, files: list[tuple[str, bytes]]) -> None:
        """Send the experiment files to the zygote, which waits for them after the import of torch."""
        protections = sorted(self.sandbox.protections)
        self.set_up(msgspec.msgpack.encode(Setup(files, protections, self.sandbox.memory, self.sandbox.cpu)))

    def run(self, jobs: Sequence[Job], time_limit: float, use: BudgetUse | None = None) -> list[ChildReport]:
        """Run jobs in sequence in one new child; return a report for each. A submission must be the only job.

        `time_limit` is in seconds, for each file and each check; `use` is that of `ChildMonitor`. Raises
        WorkerDiedError if the zygote has ended, and WorkerStartError if it had ended before, without a child.
        """
        monitor = ChildMonitor(jobs, time_limit, use)
        self.run_child(_message_for(jobs), msgspec.msgpack.encode(jobs), monitor)
        return monitor.reports


def _message_for(jobs: Sequence[Job]) -> bytes:
    return COMPILER_JOB if any(mentions_compiler(data) for job in jobs for _, data in job.files) else JOB


def make_workers(
    number: int,
    files: list[tuple[str, bytes]] | None = None,
    sandbox: Sandbox = NO_SANDBOX,
    conditions: Conditions = USUAL,
    together_with: Sequence[Worker] = (),
) -> list[Worker]:
    """Return new workers of one sandbox, which share one import of torch unless bubblewrap separates them.

    They also share the import of the workers `together_with`, which have the same sandbox, files and conditions.
    """
    server = next((worker.fork_server for worker in together_with), None)
    if server is None and number > 1:
        server = ForkServer(STUDENT_CODE, sandbox, conditions)
    return [Worker(files, sandbox, conditions, server) for _ in range(number)]
