"""Messages of the zygote, in a module of their own, so that the worker can read them without importing torch."""

from __future__ import annotations

import struct

READY, PIDFD = b"ready", b"pidfd"
JOB, COMPILER_JOB = b"job", b"job compiler"
"""A job to run; a job that probably uses the compiler, so that the zygote imports it before the fork."""
STATUS = struct.Struct("<i")
"""The wait status of a child, as an integer of 4 bytes."""
