"""Worker: sends jobs to one zygote, whose children run the code of submissions, and returns reports on the jobs."""

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

    files: the experiment files (path, source); None to launch the zygote first and call `equip` later.
    conditions: if they differ from the usual ones, the sandbox must not use bubblewrap.
    fork_server: the server that forks the zygote; None to start a separate process. `make_workers` sets this.
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
        """Send the experiment files to the zygote. After the import of torch, the zygote waits for them."""
        protections = sorted(self.sandbox.protections)
        self.set_up(msgspec.msgpack.encode(Setup(files, protections, self.sandbox.memory, self.sandbox.cpu)))

    def run(self, jobs: Sequence[Job], time_limit: float, use: BudgetUse | None = None) -> list[ChildReport]:
        """Run jobs in sequence in one new child; return a report for each. A submission must be the only job.

        `time_limit` is in seconds, for each file and each check. `use` counts what earlier children of the same
        submission have used. Raises WorkerStartError if the zygote does not start, or ended before it forked the child.
        Raises WorkerDiedError if the zygote ended later.
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
    """Return new workers with one sandbox. Two or more workers share a fork server, which imports torch once.

    If `together_with` holds earlier workers, the new workers share their fork server. The earlier workers must have the
    same sandbox, files and conditions.
    """
    server = next((worker.fork_server for worker in together_with), None)
    if server is None and number > 1:
        server = ForkServer(STUDENT_CODE, sandbox, conditions)
    return [Worker(files, sandbox, conditions, server) for _ in range(number)]
