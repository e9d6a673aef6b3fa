"""The parent decides why a child ended, from its wait status and its processor time; the child cannot choose."""

import os
import signal

import pytest

from grader.core.outcomes import Crashed, Observed, TimedOut
from grader.core.reasons import Code, Reason
from grader.execution.extraction.archive_jobs import ArchiveJob
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.guest.zygote_protocol import processor_seconds
from grader.execution.host.extraction_worker import ExtractionTimeoutError, ExtractionWorker
from grader.execution.host.pool import Pool
from grader.execution.host.sandbox_levels import Level, Sandbox
from grader.execution.host.submission_budget import MAX_THREADS, THREADS_INTERVAL
from grader.execution.host.worker import Worker
from tests.archives import seven_zip
from tests.tools import PROBES

FIRST, AGAIN, SECOND = "first::value_of_first", "first::again_first", "second::value_of_second"
LIMITED = Sandbox(Level.WEAK, frozenset({"limits"}), cpu=1)
"""Limits alone, so that the test does not depend on what else the machine supports."""


@pytest.fixture(scope="module")
def run_limited():
    """A function that runs a submission with one second of processor time, and returns its outcomes."""
    with Pool([Worker([(str(PROBES), PROBES.read_bytes())], LIMITED)]) as pool:

        def run_limited(source):
            requests = tuple(CheckRequest(check.partition("::")[0], check, 0) for check in (FIRST, AGAIN, SECOND))
            homes = {"first": "answer", "second": "answer"}
            source += "\ndef second(): return 2.0\n"
            found = pool.submit(Job((("answer.py", source.encode()),), homes, requests, 60.0)).result(100).outcomes
            assert found[SECOND, 0] == Observed({"value": 2.0})
            return found[FIRST, 0], found[AGAIN, 0]

        yield run_limited


THREADS = """
import threading
def burn():
    while True: pass
THREADS = [threading.Thread(target=burn) for _ in "abc"]
"""


@pytest.mark.parametrize("burn", ["while True: pass", "[thread.start() for thread in THREADS]; THREADS[0].join()"])
def test_processor_time_that_is_used_up_is_a_time_out_that_says_so(run_limited, burn):
    first, again = run_limited(f"{THREADS}def first():\n    {burn}\n")
    assert first == TimedOut(60.0, reason=Reason.of(Code.PROCESSOR_TIME, seconds=1))
    assert again == TimedOut(60.0, unrun=True)


@pytest.mark.parametrize("name", ["SIGXCPU", "SIGKILL", "SIGTERM"])
def test_a_signal_that_a_submission_sends_to_itself_is_a_crash(run_limited, name):
    first, again = run_limited(f"import os, signal\ndef first(): os.kill(os.getpid(), signal.{name})\n")
    assert first == Crashed(Reason.of(Code.SIGNAL, signal=name))
    assert again == Crashed(Reason.of(Code.SIGNAL, signal=name), unrun=True)


MANY = """
import _thread, threading
def first():
    threading.stack_size(32768)
    lock = _thread.allocate_lock()
    lock.acquire()
    for _ in range({number}):
        _thread.start_new_thread(lock.acquire, ())
    {then}
"""


@pytest.mark.parametrize("then", ["lock.acquire()", "while True: pass"])
def test_a_child_that_starts_threads_without_end_is_ended_and_costs_its_function(run_limited, then):
    first, again = run_limited(MANY.format(number=MAX_THREADS, then=then))
    assert first == Crashed(Reason.of(Code.TOO_MANY_THREADS, limit=MAX_THREADS))
    assert again == Crashed(Reason.of(Code.TOO_MANY_THREADS, limit=MAX_THREADS), unrun=True)


def test_threads_below_the_limit_are_allowed(run_limited):
    then = f"import time; time.sleep({3 * THREADS_INTERVAL}); return 1.0"
    assert run_limited(MANY.format(number=50, then=then))[0] == Observed({"value": 1.0})


def test_the_time_of_processes_that_a_child_waited_for_is_not_its_own():
    pid = os.fork()
    if pid == 0:
        if grandchild := os.fork():
            os.waitpid(grandchild, 0)
        else:
            while sum(os.times()[:2]) < 0.3:
                pass
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    seconds = processor_seconds(pid)
    _, _, usage = os.wait4(pid, 0)
    assert seconds < 0.2 < usage.ru_utime + usage.ru_stime


def test_an_archive_that_uses_up_its_processor_time_is_slow_and_not_broken(monkeypatch):
    worker = ExtractionWorker(Sandbox(Level.WEAK, frozenset({"limits"}), memory=512, cpu=1))
    monkeypatch.setattr(worker, "_status", lambda original=worker._status: (original(), (signal.SIGKILL, 1.0))[1])
    try:
        with pytest.raises(ExtractionTimeoutError):
            worker.extract(ArchiveJob(seven_zip({"a.py": b"x = 1\n"}), {".py": 1 << 20}, 16 << 20), 60)
    finally:
        worker.stop()
