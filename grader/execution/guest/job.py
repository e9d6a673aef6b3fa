"""Jobs and setups: the input that a zygote and its child processes get from their parent process."""

from __future__ import annotations

import msgspec

from grader.execution.guest.default_limits import TIME_LIMIT

MAX_TOTAL = 32 << 20
"""Maximum size of all frames of one child together, in bytes."""


class CheckRequest(msgspec.Struct, frozen=True):
    """Request to run one check: the function, the id of the check ("function::name"), and the seed of its inputs."""

    function: str
    check: str
    seed: int


class Budget(msgspec.Struct, frozen=True):
    """Limits for all children of one submission together.

    `seconds` is elapsed time; `bytes` and `values` limit the size of the results.
    """

    seconds: float
    bytes: int = MAX_TOTAL
    values: int = MAX_TOTAL


class Job(msgspec.Struct, frozen=True):
    """The input of a worker for one submission.

    files: the path and content of each file.
    homes: the stem of the stub file of each function, by the name of the function.
    requests: the checks to run, grouped by function.
    time_limit: the limit for each file and each check, in seconds.
    more: further jobs, which run afterwards in the same child. Only sources of the course may share a child, because
        they need no protection from each other.
    record_calls: True to have the child also send the first call of each check, to be displayed.
    strict_encoding: True to accept only files in an encoding that Python itself can read.
    accepted: for some functions the file that counts, chosen by the instructor among several files.
    budget: the limits of all checks together; None for the sources of the course.
    """

    files: tuple[tuple[str, bytes], ...]
    homes: dict[str, str]
    requests: tuple[CheckRequest, ...]
    time_limit: float = TIME_LIMIT
    more: tuple[Job, ...] = ()
    record_calls: bool = False
    strict_encoding: bool = False
    accepted: dict[str, str] = {}
    budget: Budget | None = None


class Setup(msgspec.Struct, frozen=True):
    """The input of a zygote: the experiment files (path, source) and the protections of its children.

    This input contains no right answer. `memory` is the limit of a child in MiB, beyond the zygote's own memory. `cpu`
    is the limit of a child's processor time in seconds.
    """

    files: list[tuple[str, bytes]]
    protections: list[str] = []
    memory: int = 0
    cpu: int = 0
