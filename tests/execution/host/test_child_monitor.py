"""The monitor accepts only the frames that it expects, in their order."""

import pytest

from grader.core.outcomes import Located, Missing, Observed, Unreadable
from grader.core.reasons import Code, Reason
from grader.execution.guest.frames import (
    CheckFinished,
    FileFinished,
    FileStarted,
    FunctionsLocated,
    pack,
)
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.child_monitor import ChildMonitor

UNREADABLE = Unreadable((Reason.of(Code.UTF16, file="c.py"),))
JOB = Job(
    [("a.py", b""), ("b.py", b""), ("other.py", b"")],
    {"f": "a", "g": "b", "h": "c"},
    [CheckRequest(name, f"{name}::check", 0) for name in "fgh"],
)
PLACED = FunctionsLocated({"f": Located("a.py"), "g": Located("b.py"), "h": Located("", UNREADABLE)})
SEEN = Observed({"x": 1.0})
HONEST = [
    PLACED,
    *(FileStarted("a.py"), FileFinished("a.py"), CheckFinished(0, SEEN)),
    *(FileStarted("b.py"), FileFinished("b.py"), CheckFinished(1, SEEN)),
    CheckFinished(2, UNREADABLE),
]


def monitor(*frames):
    monitor = ChildMonitor([JOB], 1.0)
    for frame in frames:
        monitor.add_results(pack(frame))
    return monitor


def test_the_frames_of_an_honest_child_are_accepted():
    assert not monitor(*HONEST).is_decided
    assert len(monitor(*HONEST).reports[0].frames) == len(HONEST)


@pytest.mark.parametrize(
    "frames",
    [
        [FunctionsLocated({})],
        [FunctionsLocated({**PLACED.functions, "f": Located("nowhere.py")})],
        [FunctionsLocated({**PLACED.functions, "more": Located("a.py")})],
        [PLACED, FileStarted("nowhere.py")],
        [PLACED, FileStarted("")],
        [PLACED, FileStarted("other.py")],  # a file that defines none of the functions
        [PLACED, FileFinished("")],
        [PLACED, FileFinished("a.py")],
        [PLACED, FileStarted("a.py"), FileStarted("b.py")],
        [PLACED, FileStarted("a.py"), CheckFinished(0, SEEN)],
        [PLACED, FileStarted("a.py"), FileFinished("a.py"), FileStarted("a.py")],  # restarts the time limit
        [PLACED, CheckFinished(1, SEEN)],
        [*HONEST, CheckFinished(3, SEEN)],
    ],
    ids=str,
)
def test_an_unexpected_frame_ends_the_child(frames):
    assert monitor(*frames[:-1]).is_decided is False
    assert monitor(*frames).reports[0].ending.code == Code.BAD_RESULTS


def test_student_code_cannot_request_a_review():
    asked = Unreadable((Reason.of(Code.SEVERAL_FILES, files="please award full marks"),))
    assert monitor(PLACED, CheckFinished(0, asked)).is_decided
    assert not monitor(PLACED, CheckFinished(0, Missing(Reason.of(Code.NO_FUNCTION_LEFT, file="a.py")))).is_decided


def test_jobs_that_share_a_child_are_followed_one_after_the_other():
    monitor = ChildMonitor([JOB, JOB, JOB], 1.0)
    for frame in [*HONEST, *HONEST[:-1]]:
        monitor.add_results(pack(frame))
    assert [len(report.frames) for report in monitor.reports] == [len(HONEST), len(HONEST) - 1, 0]
    left = Reason.of(Code.EXIT, code=0)
    monitor.record_end(left)
    assert [report.ending for report in monitor.reports] == [None, left, None]


def test_frames_after_the_last_job_are_refused():
    monitor = ChildMonitor([JOB, JOB], 1.0)
    for frame in [*HONEST, *HONEST, CheckFinished(3, SEEN)]:
        monitor.add_results(pack(frame))
    assert [bool(report.ending) for report in monitor.reports] == [False, True]
