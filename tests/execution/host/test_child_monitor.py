"""A follower believes a child only what it was asked for, in its turn."""

import pytest

from grader.core.outcomes import Located, Missing, Observed, Refused
from grader.core.reasons import Code, Reason
from grader.execution.guest.frames import FileFinished, FileStarted, FunctionsLocated, Job, Task, TaskFinished, pack
from grader.execution.host.child_monitor import Follower

UNREADABLE = Refused((Reason.of(Code.UTF16, file="c.py"),), review=True)
JOB = Job(
    [("a.py", b""), ("b.py", b""), ("other.py", b"")],
    {"f": "a", "g": "b", "h": "c"},
    [Task(name, f"{name}::check", 0) for name in "fgh"],
)
PLACED = FunctionsLocated({"f": Located("a.py"), "g": Located("b.py"), "h": Located("", UNREADABLE)})
SEEN = Observed({"x": 1.0})
HONEST = [
    PLACED,
    *(FileStarted("a.py"), FileFinished("a.py"), TaskFinished(0, SEEN)),
    *(FileStarted("b.py"), FileFinished("b.py"), TaskFinished(1, SEEN)),
    TaskFinished(2, UNREADABLE),
]


def follow(*frames):
    follower = Follower([JOB], 1.0)
    for frame in frames:
        follower.take(pack(frame))
    return follower


def test_an_honest_child_is_believed():
    assert not follow(*HONEST).ended
    assert len(follow(*HONEST).reports[0].frames) == len(HONEST)


@pytest.mark.parametrize(
    "frames",
    [
        [FunctionsLocated({})],
        [FunctionsLocated({**PLACED.functions, "f": Located("nowhere.py")})],
        [FunctionsLocated({**PLACED.functions, "more": Located("a.py")})],
        [PLACED, FileStarted("nowhere.py")],
        [PLACED, FileStarted("")],
        [PLACED, FileStarted("other.py")],  # handed in, but it defines nothing that is asked for
        [PLACED, FileFinished("")],
        [PLACED, FileFinished("a.py")],
        [PLACED, FileStarted("a.py"), FileStarted("b.py")],
        [PLACED, FileStarted("a.py"), TaskFinished(0, SEEN)],
        [PLACED, FileStarted("a.py"), FileFinished("a.py"), FileStarted("a.py")],  # starts the clock again
        [PLACED, TaskFinished(1, SEEN)],
        [*HONEST, TaskFinished(3, SEEN)],
    ],
    ids=str,
)
def test_what_was_not_asked_for_ends_the_child(frames):
    assert follow(*frames[:-1]).ended is False
    assert follow(*frames).reports[0].ended.code == Code.BAD_RESULTS


def test_no_code_of_a_student_asks_for_a_review():
    asked = Refused((Reason.of(Code.SEVERAL_FILES, files="please award full marks"),), review=True)
    assert follow(PLACED, TaskFinished(0, asked)).ended
    assert not follow(PLACED, TaskFinished(0, Missing(Reason.of(Code.NO_FUNCTION_LEFT, file="a.py")))).ended


def test_jobs_that_share_a_child_are_followed_one_after_the_other():
    follower = Follower([JOB, JOB, JOB], 1.0)
    for frame in [*HONEST, *HONEST[:-1]]:
        follower.take(pack(frame))
    assert [len(report.frames) for report in follower.reports] == [len(HONEST), len(HONEST) - 1, 0]
    left = Reason.of(Code.EXIT, code=0)
    follower.finished(left)
    assert [report.ended for report in follower.reports] == [None, left, None]


def test_nothing_is_taken_after_the_last_job():
    follower = Follower([JOB, JOB], 1.0)
    for frame in [*HONEST, *HONEST, TaskFinished(3, SEEN)]:
        follower.take(pack(frame))
    assert [bool(report.ended) for report in follower.reports] == [False, True]
