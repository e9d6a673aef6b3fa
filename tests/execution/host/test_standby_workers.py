"""Workers on standby import torch while the class is read, and never outlive the block."""

import psutil
import pytest

from grader.core.errors import UsageError
from grader.execution.guest.default_limits import MEMORY_LIMIT, TIME_LIMIT
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.pool import Pool
from grader.execution.host.sandbox_detection import (
    MAX_STANDBY_WORKERS,
    StandbyWorkers,
    launch_sandboxed_workers,
)
from grader.execution.host.sandbox_levels import Level
from tests.tools import PROBES

FILES = [(str(PROBES), PROBES.read_bytes())]
LIMITS = (MEMORY_LIMIT, TIME_LIMIT)
JOB = Job(
    (("answer.py", b"def first(): return 1.0"),),
    {"first": "answer"},
    (CheckRequest("first", "first::value_of_first", 0),),
)


def launched(jobs):
    """Return workers on standby that were started."""
    standby = StandbyWorkers(jobs, "none", *LIMITS)
    standby.launch()
    return standby


def processes(workers):
    """Return the processes that import torch for these workers."""
    return [
        psutil.Process(pid)
        for pid in {worker.fork_server.pid if worker.fork_server else worker._process.pid for worker in workers}
    ]


def test_a_standby_worker_is_reused_and_runs_experiments_that_it_gets_later():
    with launched(1) as standby:
        (started,) = processes(standby.workers)
        workers, _ = launch_sandboxed_workers(FILES, 2, "none", *LIMITS, standby.workers)
        assert workers[0] is standby.workers[0] and started in processes(workers)
        with Pool(workers) as pool:
            found = pool.submit(JOB).result().outcomes["first::value_of_first", 0]
        assert found.values == {"value": 1.0}
    assert not started.is_running()


def test_unused_standby_workers_end_with_the_block_also_after_an_error():
    with pytest.raises(UsageError), launched(2) as standby:
        started = processes(standby.workers)
        raise UsageError("the submissions cannot be read")
    assert len(started) == 1  # both workers share it
    assert not started[0].is_running()


def test_standby_workers_of_another_sandbox_are_not_reused():
    with launched(1) as standby:
        workers, _ = launch_sandboxed_workers(FILES, 1, "weak", *LIMITS, standby.workers)
        assert workers[0] is not standby.workers[0] and workers[0].sandbox.level == Level.WEAK
        workers[0].stop()


def test_the_number_of_standby_workers_is_limited_and_may_be_zero():
    with launched(MAX_STANDBY_WORKERS + 3) as standby:
        assert len(standby.workers) == MAX_STANDBY_WORKERS
    with launched(0) as standby:
        assert standby.workers == []


def test_a_second_launch_starts_no_other_workers():
    with launched(1) as standby:
        first = processes(standby.workers)
        standby.launch()
        assert processes(standby.workers) == first
