"""Messages between the worker and the zygote, in a separate module, so that the worker need not import torch."""

from __future__ import annotations

import struct

READY, PIDFD = b"ready", b"pidfd"
JOB, COMPILER_JOB = b"job", b"job compiler"
"""A job to run, and a job that probably uses the compiler, which the zygote then imports before the fork."""
STATUS = struct.Struct("<i")
"""The wait status of a child, as an integer of 4 bytes."""
