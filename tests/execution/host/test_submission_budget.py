"""All checks of a submission share one budget, over all children that run them."""

import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.core.outcomes import Crashed, GraderFault, Located, Observed, TimedOut
from grader.core.reasons import Code, Reason
from grader.execution.guest.frames import FrameSize, FunctionsLocated, pack
from grader.execution.guest.job import Budget, CheckRequest, Job
from grader.execution.host import child_monitor
from grader.execution.host.child_monitor import ChildMonitor
from grader.execution.host.dask_serialization import pack_job, pack_result, unpack_job, unpack_result
from grader.execution.host.extraction_worker import StreamMonitor
from grader.execution.host.job_run import run_job
from grader.execution.host.submission_budget import (
    LEAST_BYTES,
    LEAST_VALUES,
    MAX_DISPLAYS,
    BudgetUse,
    make_budget,
    submission_seconds,
)
from grader.execution.host.worker import Worker
from tests.tools import PROBES, unavailable

FIRST, AGAIN, SECOND = "first::value_of_first", "first::again_first", "second::value_of_second"
RIGHT = "def first(): return 1.0\ndef second(): return 2.0\n"
SLOW = "import time\ndef first():\n    time.sleep(1.2)\n    return 1.0\ndef second(): return 2.0\n"
NEVER = "import time\ndef first():\n    time.sleep(99)\ndef second():\n    time.sleep(99)\n"


def job(source, budget, *checks, limit=1.0):
    requests = tuple(CheckRequest(check.partition("::")[0], check, 0) for check in checks or (FIRST, AGAIN, SECOND))
    return Job(
        (("answer.py", source.encode()),), {"first": "answer", "second": "answer"}, requests, limit, budget=budget
    )


@pytest.fixture
def spend(pool):
    """A function that runs a submission with a budget and returns the result of the pool."""
    return lambda source, budget, *checks, **more: pool.submit(job(source, budget, *checks, **more)).result(60)


def test_twelve_time_limits_are_allowed_and_a_minute_at_least():
    assert (submission_seconds(5.0), submission_seconds(20.0), submission_seconds(5.0, 7.0)) == (60.0, 240.0, 7.0)


def test_checks_that_stay_below_their_limit_use_up_the_budget_together(spend):
    result = spend(SLOW, Budget(2.2), limit=5.0)
    reason = Reason.of(Code.TIME_BUDGET, seconds=2)
    assert [result.outcomes[check, 0] for check in (FIRST, AGAIN, SECOND)] == [
        Observed({"value": 1.0}),
        TimedOut(5.0, reason=reason),
        TimedOut(5.0, unrun=True, reason=reason),
    ]
    assert result.is_over_budget
    assert result.seconds_used == pytest.approx(2.2)


def test_children_share_one_budget(spend):
    result = spend(NEVER, Budget(1.5))
    assert result.outcomes[FIRST, 0] == TimedOut(1.0)
    assert result.outcomes[SECOND, 0] == TimedOut(1.0, reason=Reason.of(Code.TIME_BUDGET, seconds=2))
    assert result.is_over_budget


def test_no_child_starts_once_the_budget_is_used_up(spend):
    result = spend(NEVER, Budget(1.0))
    assert result.outcomes[SECOND, 0].is_over_budget
    assert result.seconds_used == pytest.approx(1.0)


def test_a_right_answer_leaves_most_of_its_budget(spend):
    result = spend(RIGHT, Budget(60.0))
    assert not result.is_over_budget
    assert 0 < result.seconds_used < 5


def test_sources_of_the_course_have_no_budget(spend):
    result = spend(SLOW, None, limit=5.0)
    assert result.outcomes[SECOND, 0] == Observed({"value": 2.0})
    assert not result.is_over_budget


def test_the_solution_decides_how_much_a_submission_may_return():
    assert make_budget(60.0, []) == Budget(60.0, LEAST_BYTES, LEAST_VALUES)
    assert make_budget(60.0, [FrameSize(50_000, 3), FrameSize(50_000, 1000)]) == Budget(60.0, 6_400_000, 64_192)


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        (Budget(60.0, bytes=50_000), Reason.of(Code.OUTPUT_BUDGET, kb=50)),
        (Budget(60.0, values=2_000), Reason.of(Code.VALUES_BUDGET, values=2_000)),
    ],
    ids=["bytes", "values"],
)
def test_children_share_one_budget_of_results(spend, budget, reason):
    result = spend("def first(): return [0.5] * 1500\ndef second(): return [0.25] * 15_000\n", budget)
    assert result.outcome(FIRST, 0) == Observed({"value": (0.5,) * 1500})
    ended = result.outcomes[SECOND if budget.values > 2_000 else AGAIN, 0]
    assert ended == TimedOut(1.0, reason=reason)
    assert result.is_over_budget


def test_a_child_that_crashes_does_not_get_a_new_budget_of_results(spend):
    source = "import os\ndef first(): return [0.5] * 1500 if not CALLS.append(0) and len(CALLS) == 1 else os._exit(3)\n"
    result = spend(source + "CALLS = []\ndef second(): return [0.5] * 1500\n", Budget(60.0, values=2_500))
    assert result.outcomes[AGAIN, 0] == Crashed(Reason.of(Code.EXIT, code=3))
    assert result.outcomes[SECOND, 0] == TimedOut(1.0, reason=Reason.of(Code.VALUES_BUDGET, values=2_500))


@pytest.mark.parametrize(("start", "most"), [(b'["shown",', MAX_DISPLAYS), (b'[ "shown",', 1 << 20)])
def test_displays_use_the_budget_and_frames_that_look_like_none_count_as_results(start, most):
    monitor = ChildMonitor([job(RIGHT, None)], 5.0, BudgetUse(Budget(60.0, bytes=1 << 20)))
    monitor.add_results(pack(FunctionsLocated({"first": Located("answer.py"), "second": Located("answer.py")})))
    body = start + b'0,"%s"]' % (b"x" * (1 << 19))
    frame = struct.pack("<I", len(body)) + body
    for _ in range(most // len(body)):
        monitor.add_results(frame)
        assert not monitor.is_decided
    monitor.add_results(frame)
    assert monitor.reports[0].ending == Reason.of(Code.OUTPUT_BUDGET, kb=most // 1000)


def test_a_large_result_stays_encoded_until_its_verdict_is_decided(spend):
    source = "def first(): return [0.5] * 10_000\ndef second(): return 2.0\n"
    result = spend(source, Budget(60.0), FIRST, SECOND)
    assert [*result.outcomes] == [(SECOND, 0)]
    assert result.outcome(FIRST, 0) == Observed({"value": (0.5,) * 10_000})
    assert 40_000 < result.memory < 60_000
    assert unpack_result(pack_result(result)) == result


def test_results_of_the_course_are_decoded_at_once(spend):
    result = spend("def first(): return [0.5] * 10_000\n", None, FIRST)
    assert result.outcomes[FIRST, 0] == Observed({"value": (0.5,) * 10_000})


def test_a_pause_of_the_machine_uses_no_budget(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    use = BudgetUse(Budget(60.0))
    monitor = ChildMonitor([job(RIGHT, None)], 5.0, use)
    monitor.restart_clock()
    now += 3600
    assert monitor.seconds_overdue == 3595
    monitor.restart_clock()  # as the worker does when it notices the pause
    assert use.seconds == 5.0
    assert monitor.seconds_left == 5.0


def test_waiting_for_a_processor_uses_no_budget(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    use = BudgetUse(Budget(60.0))
    monitor = ChildMonitor([job(RIGHT, None)], 5.0, use)
    monitor.restart_clock()
    now += 5
    monitor.extend_clock(4.0)
    assert monitor.seconds_left == 4.0
    now += 4
    monitor.time_out()
    assert use.seconds == 5.0


def test_a_step_waits_for_a_processor_no_longer_than_twelve_time_limits(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monitor = ChildMonitor([job(RIGHT, None)], 5.0, BudgetUse(None))
    monitor.restart_clock()
    while monitor.seconds_left:
        now += monitor.seconds_left
        assert now < 2000
        monitor.extend_clock(25.0)
    monitor.time_out()
    assert now == 1000 + 5 + 60
    assert monitor.reports[0].ending == Reason.of(Code.NO_PROCESSOR, seconds=60)


def test_a_submission_that_waits_in_every_step_takes_four_times_its_budget_at_most(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    use = BudgetUse(Budget(60.0))
    while not use.exceeded:
        monitor = ChildMonitor([job(RIGHT, None)], 5.0, use)
        monitor.restart_clock()
        now += monitor.seconds_left
        monitor.extend_clock(50.0)
        now += monitor.seconds_left
        monitor.restart_clock()  # the step has ended at the last moment
        assert now < 2000
    assert now == 1000 + 4 * 60


def test_an_archive_waits_for_a_processor_no_longer_than_twelve_time_limits(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monitor = StreamMonitor(20.0, 1 << 20)
    while monitor.seconds_left:
        now += monitor.seconds_left
        assert now < 2000
        monitor.extend_clock(100.0)
    assert now == 1000 + 20 + 240


@pytest.fixture
def crowded_worker(forked_zygotes):
    """A worker that has run a job, on one processor with three endless loops."""
    if not Path("/proc/self/schedstat").exists():
        unavailable("this system does not count the time that a process waits for a processor")
    usual, loops = os.sched_getaffinity(0), []
    os.sched_setaffinity(0, {min(usual)})
    worker = Worker([(str(PROBES), PROBES.read_bytes())])
    try:
        assert run_job(worker, job(RIGHT, None, limit=60.0)).outcomes[SECOND, 0] == Observed({"value": 2.0})
        for _ in range(3):  # the worker starts before them, because beside them it would take four times as long
            loops.append(subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True))
        yield worker
    finally:
        worker.stop()
        for loop in loops:
            loop.kill()
            loop.wait()
        os.sched_setaffinity(0, usual)


def test_waiting_for_a_processor_uses_no_time_of_a_step_and_an_endless_step_times_out(crowded_worker):
    burns = (
        "import time\ndef first():\n    end = time.process_time() + 0.4\n    while time.process_time() < end: pass\n"
    )
    endless = "def second():\n    while True: pass\n"
    result = run_job(crowded_worker, job(burns + endless, None, FIRST, SECOND, limit=0.6))
    assert result.outcomes[FIRST, 0] == Observed({"value": None})
    assert result.outcomes[SECOND, 0] == TimedOut(0.6)


def test_checks_that_wait_too_long_for_a_processor_are_ungraded(crowded_worker, monkeypatch):
    monkeypatch.setattr(child_monitor, "WAIT_LIMITS", 1)
    source = "def first():\n    while True: pass\ndef second(): return 2.0\n"
    result = run_job(crowded_worker, job(source, None, limit=0.4))
    outcomes = [result.outcomes[check, 0] for check in (FIRST, AGAIN, SECOND)]
    assert outcomes == [GraderFault(Reason.of(Code.NO_PROCESSOR, seconds=0))] * 3


def test_dask_carries_the_budget_and_what_was_used_of_it(spend):
    assert unpack_job(pack_job(job(RIGHT, Budget(7.0)))).budget == Budget(7.0)
    result = spend(SLOW, Budget(1.0), limit=5.0)
    found = unpack_result(pack_result(result))
    assert (found.seconds_used, found.is_over_budget, found.outcomes) == (result.seconds_used, True, result.outcomes)
