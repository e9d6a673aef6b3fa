"""Default limits of a submission, from which the options of all commands are made."""

from __future__ import annotations

TIME_LIMIT = 5.0
"""Default time limit in seconds for each file and each check of a submission. Right answers take milliseconds."""

MEMORY_LIMIT = 1536
"""Default memory limit of a submission in MiB, beyond the memory of torch itself.

Code that allocates memory without end reaches this limit before the time limit.
"""
