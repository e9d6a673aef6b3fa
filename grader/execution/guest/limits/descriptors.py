"""Close all descriptors of a child but its five: input, output twice, results, job."""

from __future__ import annotations

import os
from collections.abc import Sequence

from grader.execution.guest.limits.protections import Protections

JOB, RESULT = 4, 3
"""Descriptors of a child process. Descriptor 0 is /dev/null; 1 and 2 are the output pipe."""


def keep_only(descriptors: Sequence[int], protections: Protections) -> None:
    """Give this forked process its descriptors (job, results, output) by fixed numbers, and close all others.

    Landlock is applied in between, because its ruleset is a descriptor, too.
    """
    job_fd, result_fd, output_fd = descriptors
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    protections.restrict_files()
    # Copy each descriptor twice: its new low number may still belong to another of the descriptors.
    high = [os.dup2(fd, 200 + i) for i, fd in enumerate((null, output_fd, output_fd, result_fd, job_fd))]
    for target, fd in enumerate(high):
        os.dup2(fd, target)
    os.closerange(5, 4096)  # most important is the control socket, which a fork leaves open
