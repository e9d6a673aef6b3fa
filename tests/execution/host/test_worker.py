"""A worker can be stopped at any time, also during the setup of bubblewrap."""

import shutil
import threading
import time

from grader.execution.guest.default_limits import MEMORY_LIMIT, TIME_LIMIT
from grader.execution.host.sandbox_levels import Level, candidates
from grader.execution.host.worker import Worker
from tests.tools import unavailable


def test_a_worker_that_is_stopped_while_bubblewrap_sets_up_is_gone_at_once():
    if not shutil.which("bwrap"):
        unavailable("this machine has no bubblewrap")
    sandbox = list(candidates(Level.FULL, MEMORY_LIMIT, TIME_LIMIT))[-1]
    for attempt in range(30):  # the inner process could survive only in a gap of a few milliseconds
        worker = Worker([], sandbox)
        worker.launch()
        time.sleep(attempt % 10 / 1000)
        stopping = threading.Thread(target=worker.stop, daemon=True)
        stopping.start()
        stopping.join(20)
        assert not stopping.is_alive(), attempt
