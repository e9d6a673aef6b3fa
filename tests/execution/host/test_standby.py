"""Workers on standby: they import torch before anybody knows what they will run, and are never left behind."""

import pytest

from grader.core.errors import UsageError
from grader.execution.guest.frames import TIME_LIMIT, Job, Task
from grader.execution.host.pool import MEMORY_LIMIT, Pool
from grader.execution.host.sandbox_detection import EARLY, standby, wall_in
from grader.execution.host.sandbox_levels import Level
from tests.tools import PROBES

FILES = [(str(PROBES), PROBES.read_bytes())]
LIMITS = (MEMORY_LIMIT, TIME_LIMIT)
WORK = Job(
    (("answer.py", b"def first(): return 1.0"),), {"first": "answer"}, (Task("first", "first::value_of_first", 0),)
)


def processes(workers):
    return [worker._process for worker in workers]


def test_who_stands_by_is_taken_and_runs_what_was_learned_later():
    with standby(1, "none", *LIMITS) as early:
        (started,) = processes(early)
        assert started is not None and started.poll() is None
        workers, _ = wall_in(FILES, 2, "none", *LIMITS, early)
        assert workers[0] is early[0] and processes(workers)[0] is started
        with Pool(workers) as pool:
            found = pool.submit(WORK).result().outcomes["first::value_of_first", 0]
        assert found.values == {"value": 1.0}
    assert started.poll() is not None


def test_who_was_not_needed_ends_with_the_block_also_when_it_fails():
    with pytest.raises(UsageError), standby(2, "none", *LIMITS) as early:
        started = processes(early)
        raise UsageError("the submissions cannot be read")
    assert len(started) == 2
    assert all(process.poll() is not None for process in started)


def test_those_behind_other_walls_than_are_wanted_in_the_end_are_not_taken():
    with standby(1, "none", *LIMITS) as early:
        workers, _ = wall_in(FILES, 1, "weak", *LIMITS, early)
        assert workers[0] is not early[0] and workers[0].confinement.level == Level.WEAK
        workers[0].stop()


def test_no_more_than_a_few_stand_by_and_none_where_none_are_asked_for():
    with standby(EARLY + 3, "none", *LIMITS) as early:
        assert len(early) == EARLY
    with standby(0, "none", *LIMITS) as early:
        assert early == []
