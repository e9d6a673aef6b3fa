"""The child: one submission, one process, forked from the zygote. It runs what it is given and reports what it saw.

It holds no expected value and decides nothing. Descriptors on arrival: the job, the result pipe, the output pipe.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from grader.execution.guest.frames import Frame, Job, pack
from grader.execution.guest.job_runner import run_jobs
from grader.execution.guest.limits.confinement import Walls, die_with_parent
from grader.experiments.declaration import Experiment

JOB, RESULT = 4, 3
"""The descriptors of a child; 0 is /dev/null, 1 and 2 are the output pipe."""


def run_child(job_fd: int, result_fd: int, output_fd: int, experiments: Mapping[str, Experiment], walls: Walls) -> None:
    """Move into a world of five descriptors, put up the walls, run the jobs. Never returns to the zygote's loop."""
    die_with_parent()
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    walls.restrict_files()
    # Two moves: a descriptor must not be overwritten before it has been copied.
    high = [os.dup2(fd, 200 + i) for i, fd in enumerate((null, output_fd, output_fd, result_fd, job_fd))]
    for target, fd in enumerate(high):
        os.dup2(fd, target)
    os.closerange(5, 4096)  # the control socket above all: close-on-exec does nothing at a fork
    with os.fdopen(JOB, "rb") as file:
        jobs = msgspec.msgpack.decode(file.read(), type=list[Job])
    walls.restrict_calls()
    run_jobs(jobs, experiments, send)


def send(frame: Frame) -> None:
    """Write a frame to the result pipe."""
    data = memoryview(pack(frame))
    while data:
        data = data[os.write(RESULT, data) :]
