"""Try the walls before a class is graded: a child behind them attempts what they must refuse.

The level of a run is what was refused, not what a version number promises.
"""

from __future__ import annotations

from grader.core.outcome_text import reason_text
from grader.core.outcomes import Observed
from grader.core.reasons import Reason
from grader.execution.guest.frames import Job, Task, TaskFinished
from grader.execution.host.worker import Worker

CHECK = "attempts::probe"
EXPERIMENT = b"""
def probe(attempts, given):
    return attempts()
"""
PROBE_FILE = ("probe", EXPERIMENT)
"""What a worker must hold to be probed."""

SUBMISSION = b"""
import os, socket, sys

def refused(attempt):
    try:
        attempt()
    except BaseException:
        return True
    return False

def fork():
    if os.fork() == 0:
        os._exit(0)

def write():
    # A file without a name leaves nothing behind: where the write is let through, the unlink may be refused.
    os.write(os.open("/tmp", os.O_TMPFILE | os.O_WRONLY, 0o600), b"x")

def abstract_socket():
    socket.socket(socket.AF_UNIX).bind("\\0sandbox-probe")

def attempts():
    return {
        "read a file of the system": refused(lambda: open("/etc/passwd").read()),
        "write a file": refused(write),
        "start a process": refused(fork),
        "open a network socket": refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
        "open a local socket": refused(abstract_socket),
        "signal its parent": refused(lambda: os.kill(os.getppid(), 0)),
        "read its parent's memory": refused(lambda: open(f"/proc/{os.getppid()}/mem", "rb")),
    }
"""


def probe(worker: Worker) -> dict[str, bool]:
    """What a child attempted, and whether it was refused. Raises WorkerDiedError."""
    job = Job((("probe.py", SUBMISSION),), {"attempts": "probe"}, (Task("attempts", CHECK, 0),))
    (report,) = worker.run([job], 10.0)
    for _, frame in report.frames:
        if isinstance(frame, TaskFinished) and isinstance(frame.outcome, Observed):
            return {what: answer is True for what, answer in frame.outcome.values.items()}
    ended = reason_text(report.ended) if isinstance(report.ended, Reason) else report.ended
    return {f"answer at all ({ended or 'the probe itself failed'})": False}
