"""Trials: run `grader grade` with a fault at one write, check the files, run the command again, compare the results."""

import errno
import resource
import shutil

from tests.faults.classroom import OUT, difference, whole_files
from tests.faults.write_points import KILLED, DiskError, Fault, Kill, PowerLoss, PowerLossAtEnd

TRIED_TWICE = frozenset({"crashed", "timed_out"})
"""Outcomes for which a submission runs once more at the end of a run, or at the end of the resumed run."""
DISK_ERRORS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EROFS": errno.EROFS}


class TooManyFiles(Fault):
    """From one write point on, this process cannot open a file, because the limit of the system is lowered."""

    def __init__(self, number):
        self.number = number

    def at(self, point, points):
        """Lower the limit of open files at the write point of this fault."""
        if point == self.number:
            _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))


FAULTS = {"kill": Kill, "power": PowerLoss, "EMFILE": TooManyFiles} | {
    name: lambda number, code=code: DiskError(number, code) for name, code in DISK_ERRORS.items()
}


def spread(total, wanted):
    """Return `wanted` numbers from 0 to `total` - 1 at equal distances; all of these numbers if there are fewer."""
    return sorted({number * total // wanted for number in range(wanted)}) if wanted < total else list(range(total))


def kill_trial(classroom, number, kind="kill", without=""):
    """Kill a run at a write (or cut the power, for kind "power"), and resume it. Raises AssertionError."""
    name = f"{kind}-{number}{without}"
    ended = classroom.grade(name, FAULTS[kind](number), without)
    assert ended.code == KILLED, ended.output
    whole_files(classroom.place(name), pages=kind == "kill")
    resume(classroom, name)


def lasting_trial(classroom, without=""):
    """Cut the power after the command has ended. Raises AssertionError if a file is not on the disk."""
    name = f"ended{without}"
    ended = classroom.grade(name, PowerLossAtEnd(), without)
    assert ended.code == classroom.undisturbed.code, ended.output
    different = difference(classroom.expected, classroom.contents(name))
    assert not different, f"different after the loss of power: {different}"
    shutil.rmtree(classroom.folder / name)


def disk_trial(classroom, number, kind):
    """Make every write fail from one write on, check that one message says so, and resume the run.

    Raises AssertionError.
    """
    name = f"{kind}-{number}"
    ended = classroom.grade(name, FAULTS[kind](number))
    point = classroom.undisturbed.points[number]
    if ended.code == classroom.undisturbed.code and kind == "EMFILE":  # the run did not open a file after this write
        resume(classroom, name)
        return
    assert ended.code == 2, f"{point}: exit code {ended.code}\n{ended.output}"
    assert "Traceback" not in ended.output and "The grader failed" not in ended.output, f"{point}\n{ended.output}"
    message = [line for line in ended.output.splitlines() if line.startswith("error:")]
    assert len(message) == 1 and ended.output.rstrip().endswith(message[0]), ended.output
    assert "same command again" in message[0] or "Move this file away" in message[0], message[0]
    assert OUT in message[0] or kind == "EMFILE", message[0]
    whole_files(classroom.place(name))
    resume(classroom, name)


def resume(classroom, name):
    """Run the same command again without a fault, and compare the results with those of the undisturbed run.

    Raises AssertionError if a stored verdict was lost, so that a submission runs again, or if a file differs.
    """
    before, _ = classroom.graded(name), classroom.started(name)
    second_tries = set() if classroom.has_all_attempts(name) else classroom.students_with(TRIED_TWICE)
    # If the journal has verdicts, the seed must be stored, too: a run that draws another seed grades all again.
    again = classroom.grade(name, Fault(), seed=classroom.seed + 1 if before else None)
    assert again.code == classroom.undisturbed.code, again.output
    started = classroom.started(name)
    twice = {student for student in before & set(started) if started.count(student) > (student in second_tries)}
    assert not twice, f"graded twice: {twice}"
    different = difference(classroom.expected, classroom.contents(name))
    assert not different, f"different after the fault: {different}"
    shutil.rmtree(classroom.folder / name)
