"""The words between a worker and its zygote; apart from the zygote, so that the parent imports no torch."""

from __future__ import annotations

import struct

READY, PIDFD = b"ready", b"pidfd"
JOB, COMPILER_JOB = b"job", b"job compiler"
"""A job to run; one that is likely to ask for the compiler, so that its import comes first."""
STATUS = struct.Struct("<i")
"""A child's wait status."""
