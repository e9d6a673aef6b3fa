"""`make faults`: interrupt a run at every one of its writes, and print how many trials lost a result.

The exit code is 1 if a trial lost a result. `--students N` sets the size of the class, `--real N` the number of trials
that kill a run with real workers.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from grader.course.library import open_library
from grader.execution.guest.default_limits import MEMORY_LIMIT, TIME_LIMIT
from grader.execution.host.pool import make_sandboxed_pool
from tests.faults.classroom import Classroom
from tests.faults.real_kills import RealClass
from tests.faults.trials import DISK_ERRORS, disk_trial, kill_trial, lasting_trial, spread
from tests.tools import COURSE

DISK_POINTS, REAL_POINTS = 30, 60


def run_trials(name, points, trial):
    """Run `trial` for each point; print and return the number of trials that lost a result."""
    lost = 0
    for point in points:
        try:
            trial(point)
        except AssertionError as error:
            lost += 1
            print(f"{name} at {point}: {error}")
    print(f"{name:<40} points: {len(points):>4}  lost: {lost}", flush=True)
    return lost


def main():
    """Run all trials in a temporary folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--students", type=int, default=16)
    parser.add_argument("--real", type=int, default=REAL_POINTS)
    options = parser.parse_args()
    files, lost = open_library(COURSE).experiment_files, 0
    with tempfile.TemporaryDirectory() as folder:
        with make_sandboxed_pool(files, 1, "auto", MEMORY_LIMIT, TIME_LIMIT) as pool:
            (Path(folder) / "recorded").mkdir()
            classroom = Classroom(Path(folder) / "recorded", pool, options.students)
            level = pool.level.value
        everywhere = range(len(classroom.undisturbed.points))
        lost += run_trials("killed at a write", everywhere, lambda point: kill_trial(classroom, point))
        lost += run_trials("power lost at a write", everywhere, lambda point: kill_trial(classroom, point, "power"))
        lost += run_trials("power lost after the end", [0], lambda _: lasting_trial(classroom))
        for kind in (*DISK_ERRORS, "EMFILE"):
            points = spread(len(everywhere), DISK_POINTS)
            lost += run_trials(
                f"{kind} from a write on", points, lambda point, kind=kind: disk_trial(classroom, point, kind)
            )
        if options.real:
            (Path(folder) / "real").mkdir()
            real = RealClass(Path(folder) / "real", 6, level)
            points = range(options.real)
            lost += run_trials("killed with real workers", points, lambda point: real.trial(point, options.real))
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
