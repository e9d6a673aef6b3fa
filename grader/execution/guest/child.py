"""The child process, forked from the zygote for one submission: it runs the job and sends observations.

The child holds no expected value and decides no verdict. The child gets three file descriptors: the job, the result
pipe and the output pipe.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import msgspec

from grader.execution.guest.frames import Frame, pack
from grader.execution.guest.job import Job
from grader.execution.guest.job_runner import run_jobs
from grader.execution.guest.limits.descriptors import JOB, RESULT, keep_only
from grader.execution.guest.limits.protections import Protections
from grader.experiments.declaration import Experiment


def run_child(experiments: Mapping[str, Experiment], protections: Protections, descriptors: Sequence[int]) -> None:
    """Apply the protections to this forked process and run the jobs. The caller must end the process.

    `descriptors` are the job, the result pipe and the output pipe. All other file descriptors are closed first.
    """
    keep_only(descriptors, protections)
    with os.fdopen(JOB, "rb") as file:
        jobs = msgspec.msgpack.decode(file.read(), type=list[Job])
    protections.restrict_calls()
    run_jobs(jobs, experiments, send)


def send(frame: Frame) -> None:
    """Write a frame to the result pipe, and wait while the pipe is full."""
    data = memoryview(pack(frame))
    while data:
        data = data[os.write(RESULT, data) :]
