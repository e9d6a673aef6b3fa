"""Close all file descriptors of a child except five: input, output, errors, results and job."""

from __future__ import annotations

import os
from collections.abc import Sequence

from grader.execution.guest.limits.protections import Protections

JOB, RESULT = 4, 3
"""File descriptors of a child process. Descriptor 0 is /dev/null; 1 and 2 are the output pipe."""


def keep_only(descriptors: Sequence[int], protections: Protections) -> None:
    """Move the descriptors (job, results, output) of this forked process to fixed numbers, and close all others.

    This function also applies Landlock, before it closes descriptors, because the Landlock ruleset is a descriptor.
    """
    job_fd, result_fd, output_fd = descriptors
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    protections.restrict_files()
    # Copy each descriptor to a high number first, because its final low number may still belong to another descriptor.
    high = [os.dup2(fd, 200 + i) for i, fd in enumerate((null, output_fd, output_fd, result_fd, job_fd))]
    for target, fd in enumerate(high):
        os.dup2(fd, target)
    os.closerange(5, 4096)  # above all the zygote's control socket, which the child inherits
