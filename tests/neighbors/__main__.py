"""`make neighbors`: grade honest submissions beside a hundred hostile ones on a busy machine, ten times.

    python -m tests.neighbors [LEVEL [TIMES]]

After each run, print how many functions of honest submissions did not get full marks. The exit code is 1 if there was
such a function.
"""

from __future__ import annotations

import os
import sys
import time

from tests.neighbors.neighborhood import busy_machine, grade_neighborhood, lost_points

TIMES, WORST, HONEST = 10, 100, 20
LOOPS_PER_CORE = 2
TIME_LIMIT = 1.0
"""Time limit of each check, in seconds. It is a fifth of the default, so waiting would cost points five times as soon.
"""


def main(level: str = "auto", times: int = TIMES) -> int:
    """Grade the class several times; return the number of functions of honest submissions that lost points."""
    cores, lost = os.cpu_count() or 1, 0
    for number in range(1, times + 1):
        started = time.monotonic()
        with busy_machine(LOOPS_PER_CORE * cores):
            honest = grade_neighborhood(level, cores, WORST, HONEST, TIME_LIMIT)
        lines = lost_points(honest)
        lost += len(lines)
        seconds, load = time.monotonic() - started, os.getloadavg()[0]
        print(  # noqa: T201  (a program's output)
            f"{number}: {len(honest)} honest submissions, {len(lines)} functions without full marks, "
            f"{seconds:.0f} s, load {load:.0f}",
            *lines,
            sep="\n    ",
            flush=True,
        )
    return lost


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:2], *map(int, sys.argv[2:3])) else 0)
