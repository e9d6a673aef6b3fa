"""One trial: let a fault happen at one write, check what is left, repair the machine, repeat the command, compare."""

import errno
import resource
import shutil

from tests.faults.classroom import OUT, difference, whole_files
from tests.faults.write_points import KILLED, DiskError, Fault, Kill, PowerLoss, PowerLossAtEnd

TRIED_TWICE = frozenset({"crashed", "timed_out"})
"""Outcomes of submissions that run once more at the end of a run, also of a resumed one."""
DISK_ERRORS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EROFS": errno.EROFS}


class TooManyFiles(Fault):
    """From one write point on, this process can open no file: the system's own limit, not an imitation."""

    def __init__(self, number):
        self.number = number

    def at(self, point, points):
        """Lower the limit at the write point."""
        if point == self.number:
            _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))


FAULTS = {"kill": Kill, "power": PowerLoss, "EMFILE": TooManyFiles} | {
    name: lambda number, code=code: DiskError(number, code) for name, code in DISK_ERRORS.items()
}


def spread(total, wanted):
    """Return `wanted` numbers below `total` at equal distances, or all of them if there are fewer."""
    return sorted({number * total // wanted for number in range(wanted)}) if wanted < total else list(range(total))


def kill_trial(classroom, number, kind="kill", without=""):
    """Kill a run at a write, or cut the power, and run the same command again. Raises AssertionError."""
    name = f"{kind}-{number}{without}"
    ended = classroom.grade(name, FAULTS[kind](number), without)
    assert ended.code == KILLED, ended.output
    whole_files(classroom.place(name), pages=kind == "kill")
    resume(classroom, name)


def lasting_trial(classroom, without=""):
    """Cut the power when the command has ended: every file is on the disk. Raises AssertionError."""
    name = f"ended{without}"
    ended = classroom.grade(name, PowerLossAtEnd(), without)
    assert ended.code == classroom.undisturbed.code, ended.output
    different = difference(classroom.expected, classroom.contents(name))
    assert not different, f"different after the loss of power: {different}"
    shutil.rmtree(classroom.folder / name)


def disk_trial(classroom, number, kind):
    """Let the disk refuse every write from one on: one sentence says so. Then run the same command again."""
    name = f"{kind}-{number}"
    ended = classroom.grade(name, FAULTS[kind](number))
    point = classroom.undisturbed.points[number]
    if ended.code == classroom.undisturbed.code and kind == "EMFILE":  # it needed to open no file any more
        resume(classroom, name)
        return
    assert ended.code == 2, f"{point}: exit code {ended.code}\n{ended.output}"
    assert "Traceback" not in ended.output and "The grader failed" not in ended.output, f"{point}\n{ended.output}"
    message = [line for line in ended.output.splitlines() if line.startswith("error:")]
    assert len(message) == 1 and ended.output.rstrip().endswith(message[0]), ended.output
    assert "same command again" in message[0] or "Move it away" in message[0], message[0]
    assert OUT in message[0] or kind == "EMFILE", message[0]
    whole_files(classroom.place(name))
    resume(classroom, name)


def resume(classroom, name):
    """Run the same command without a fault: nothing stored is lost, and the files are the same."""
    before, _ = classroom.graded(name), classroom.started(name)
    second_tries = set() if classroom.has_second_tries(name) else classroom.students_with(TRIED_TWICE)
    # With verdicts in the journal, the seed must be known: a run that draws another grades all again.
    again = classroom.grade(name, Fault(), seed=classroom.seed + 1 if before else None)
    assert again.code == classroom.undisturbed.code, again.output
    started = classroom.started(name)
    twice = {student for student in before & set(started) if started.count(student) > (student in second_tries)}
    assert not twice, f"graded twice: {twice}"
    different = difference(classroom.expected, classroom.contents(name))
    assert not different, f"different after the fault: {different}"
    shutil.rmtree(classroom.folder / name)
