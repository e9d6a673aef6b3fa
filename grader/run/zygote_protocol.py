"""The words between a worker and its zygote; apart from the zygote, so that the parent imports no torch."""

from __future__ import annotations

import struct

READY, PIDFD = b"ready", b"pidfd"
STATUS = struct.Struct("<i")
"""A child's wait status."""
