"""The words between a worker and its zygote; apart from the zygote, so that the parent imports no torch."""

from __future__ import annotations

import struct

READY, PIDFD = b"ready", b"pidfd"
JOB, OPTIM_JOB = b"job", b"job optim"
"""A job to run; one in which the word "optim" occurs, so that what optimizers import comes first."""
STATUS = struct.Struct("<i")
"""A child's wait status."""
