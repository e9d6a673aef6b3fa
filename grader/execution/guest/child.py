"""The child process, forked from the zygote for one submission: it runs the job and sends observations.

The child has no expected value and decides no verdict. It inherits three descriptors: the job, the result pipe, the
output pipe.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from grader.execution.guest.frames import Frame, Job, pack
from grader.execution.guest.job_runner import run_jobs
from grader.execution.guest.limits.protections import Protections, die_with_parent
from grader.experiments.declaration import Experiment

JOB, RESULT = 4, 3
"""Descriptors of a child process. Descriptor 0 is /dev/null; 1 and 2 are the output pipe."""


def run_child(
    job_fd: int, result_fd: int, output_fd: int, experiments: Mapping[str, Experiment], protections: Protections
) -> None:
    """Close all but five descriptors, apply the protections and run the jobs. The caller must end the process."""
    die_with_parent()
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    protections.restrict_files()
    # Copy each descriptor twice: its new low number may still belong to another of the descriptors.
    high = [os.dup2(fd, 200 + i) for i, fd in enumerate((null, output_fd, output_fd, result_fd, job_fd))]
    for target, fd in enumerate(high):
        os.dup2(fd, target)
    os.closerange(5, 4096)  # most important is the control socket, which a fork leaves open
    with os.fdopen(JOB, "rb") as file:
        jobs = msgspec.msgpack.decode(file.read(), type=list[Job])
    protections.restrict_calls()
    run_jobs(jobs, experiments, send)


def send(frame: Frame) -> None:
    """Write a frame to the result pipe; blocks while the pipe is full."""
    data = memoryview(pack(frame))
    while data:
        data = data[os.write(RESULT, data) :]
