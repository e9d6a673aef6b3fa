"""Probe the sandbox before a class is graded: a child attempts everything that the sandbox must block.

The sandbox level of a run depends on the result of these attempts, not on version numbers.
"""

from __future__ import annotations

from grader.core.outcome_text import reason_text
from grader.core.outcomes import Observed
from grader.core.reasons import Reason
from grader.execution.guest.frames import CheckFinished
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.worker import Worker

CHECK = "attempts::probe"
EXPERIMENT = b"""
def probe(attempts, given):
    return attempts()
"""
PROBE_FILE = ("probe", EXPERIMENT)
"""The experiment file that a worker needs for `probe`."""

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
    # Use a file without a name (O_TMPFILE). A sandbox may allow a write but not the removal of a named file afterwards.
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
    """Run the probe in a child of the worker; return whether each attempt was blocked. Raises WorkerDiedError."""
    job = Job((("probe.py", SUBMISSION),), {"attempts": "probe"}, (CheckRequest("attempts", CHECK, 0),))
    (report,) = worker.run([job], 10.0)
    for _, frame in report.frames:
        if isinstance(frame, CheckFinished) and isinstance(frame.outcome, Observed):
            return {what: answer is True for what, answer in frame.outcome.values.items()}
    ended = reason_text(report.ending) if isinstance(report.ending, Reason) else report.ending
    return {f"run the probe ({ended or 'it failed'})": False}
