"""A worker ends whenever it is told to, also while its walls are still being built."""

import shutil
import threading
import time

import pytest

from grader.run.pool import MEMORY_LIMIT
from grader.run.walls import Level, candidates
from grader.run.wire import TIME_LIMIT
from grader.run.worker import Worker

needs_bubblewrap = pytest.mark.skipif(not shutil.which("bwrap"), reason="needs bubblewrap")


@needs_bubblewrap
def test_a_worker_that_is_stopped_while_bubblewrap_sets_up_is_gone_at_once():
    confinement = list(candidates(Level.FULL, MEMORY_LIMIT, TIME_LIMIT))[-1]
    for attempt in range(30):  # the gap in which the inner process was left over is a few milliseconds
        worker = Worker([], confinement)
        worker.launch()
        time.sleep(attempt % 10 / 1000)
        stopping = threading.Thread(target=worker.stop, daemon=True)
        stopping.start()
        stopping.join(20)
        assert not stopping.is_alive(), attempt
