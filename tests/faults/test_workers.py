"""A child, a zygote or bubblewrap that is killed or stopped at any step of a job: no verdict is wrong, none is lost."""

import os
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from grader.core.errors import UsageError
from grader.core.outcomes import Crashed, TimedOut
from grader.execution.guest.default_limits import MEMORY_LIMIT
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.job_run import run_job
from grader.execution.host.sandbox_detection import launch_sandboxed_workers
from grader.execution.host.zygotes import child_watch
from tests.tools import PROBES

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]

LIMIT = 0.6
SOURCE = """import time
def first():
    time.sleep(0.05)
    return 1.0
def second():
    time.sleep(0.05)
    return 2.0
"""
CHECKS = ("first::value_of_first", "first::again_first", "second::value_of_second")
STEPS = 4
"""The results of the job (places, file, each check) arrive in at least this number of reads."""


@pytest.fixture(scope="module")
def worker():
    """A worker in the strongest sandbox of this machine."""
    files = [(str(PROBES), PROBES.read_bytes())]
    try:
        (worker,), _ = launch_sandboxed_workers(files, 1, "auto", MEMORY_LIMIT, LIMIT)
    except UsageError:
        (worker,), _ = launch_sandboxed_workers(files, 1, "none", MEMORY_LIMIT, LIMIT)
    yield worker
    worker.stop()


def run(worker, source=SOURCE):
    """Run a submission, and return its outcomes in the order of CHECKS."""
    requests = tuple(CheckRequest(check.partition("::")[0], check, 0) for check in CHECKS)
    job = Job((("answer.py", source.encode()),), {"first": "answer", "second": "answer"}, requests, LIMIT)
    found = run_job(worker, job).outcomes
    return [found[check, 0] for check in CHECKS]


@pytest.fixture(scope="module")
def expected(worker):
    return run(worker)


def descendants(pid):
    """Return the processes below a process, parents first."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended in the meantime
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for parent in found:
        found += parents.get(parent, [])
    return found


def at_step(monkeypatch, step, act):
    """Call `act` once, after the read number `step` (from 0) of results from a child."""
    reads, real_read = count(), child_watch._read

    def read(descriptor):
        data = real_read(descriptor)
        if data and next(reads) == step:
            act()
        return data

    monkeypatch.setattr(child_watch, "_read", read)
    monkeypatch.setattr(child_watch, "READ_INTERVAL", 0)  # so that each frame is a read of its own
    return reads


def send(worker, name, number):
    """Send a signal to `bubblewrap` (the zygote where there is none), to the zygote, or to the child if it still runs.

    Return the ids of the processes that got it.
    """
    chain = descendants(worker._process.pid)
    idle = 3 if "bwrap" in worker.sandbox.protections else 1  # two processes of bubblewrap, and the zygote
    found = {"bubblewrap": chain[:1], "zygote": chain[idle - 1 : idle], "child": chain[idle : idle + 1]}[name]
    for pid in found:
        os.kill(pid, number)
    return found


@pytest.mark.parametrize("step", range(STEPS))
def test_a_killed_child_is_a_crash_or_changes_nothing(worker, expected, monkeypatch, step):
    at_step(monkeypatch, step, lambda: send(worker, "child", signal.SIGKILL))
    outcomes = run(worker)
    assert all(got == wanted or isinstance(got, Crashed) for got, wanted in zip(outcomes, expected, strict=True))
    assert run(worker) == expected


@pytest.mark.parametrize(("step", "name"), [(0, "bubblewrap"), (1, "zygote"), (3, "bubblewrap")])
def test_a_killed_worker_is_replaced_and_the_submission_runs_again(worker, expected, monkeypatch, step, name):
    at_step(monkeypatch, step, lambda: send(worker, name, signal.SIGKILL))
    assert run(worker) == expected


def test_a_child_that_is_stopped_for_longer_than_the_limit_is_timed_out(worker, expected, monkeypatch):
    at_step(monkeypatch, 1, lambda: send(worker, "child", signal.SIGSTOP))
    outcomes = run(worker)
    assert any(isinstance(outcome, TimedOut) for outcome in outcomes)
    assert all(got == wanted or isinstance(got, TimedOut) for got, wanted in zip(outcomes, expected, strict=True))


def test_a_zygote_that_is_stopped_is_replaced_and_the_submission_runs_again(worker, expected, monkeypatch):
    monkeypatch.setattr(child_watch, "REAP_LIMIT", 0.3)
    stopped = []

    def stop():
        stopped.extend(send(worker, "zygote", signal.SIGSTOP))
        send(worker, "child", signal.SIGSTOP)

    at_step(monkeypatch, 1, stop)
    assert run(worker) == expected
    assert stopped and not Path(f"/proc/{stopped[0]}").exists()


def test_a_machine_that_was_suspended_costs_no_submission_its_time(worker, expected, monkeypatch):
    """The grader and the child are stopped for longer than the limit, as when a container is paused."""

    def pause():
        (child,) = send(worker, "child", signal.SIGSTOP)
        seconds = LIMIT + child_watch.MAX_DELAY + 0.5
        me = os.getpid()
        line = f"kill -STOP {me}; sleep {seconds}; kill -CONT {me}; sleep 0.2; kill -CONT {child}"
        helpers.append(subprocess.Popen(["sh", "-c", line], start_new_session=True))

    helpers = []
    at_step(monkeypatch, 1, pause)
    assert run(worker) == expected
    assert helpers[0].wait(10) == 0


def test_workers_that_were_gone_before_are_no_crash_of_the_submission(worker, expected, monkeypatch):
    """One worker dies between two submissions, its successor while it runs the second one."""
    send(worker, "zygote", signal.SIGKILL)
    at_step(monkeypatch, 0, lambda: send(worker, "bubblewrap", signal.SIGKILL))
    assert run(worker) == expected
