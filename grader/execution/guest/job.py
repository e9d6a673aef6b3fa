"""Jobs: what a zygote and a child process in the sandbox get from the parent."""

from __future__ import annotations

import msgspec

MAX_TOTAL = 32 << 20
"""Maximum size of all frames of one child together, in bytes."""

TIME_LIMIT = 5.0
"""Default time limit, in seconds, for one experiment; right answers take milliseconds."""


class CheckRequest(msgspec.Struct, frozen=True):
    """A request to run one check: the function, the id of the check ("function::name"), the seed of its inputs."""

    function: str
    check: str
    seed: int


class Budget(msgspec.Struct, frozen=True):
    """What all children of one submission may use together: seconds of elapsed time, bytes and values of results."""

    seconds: float
    bytes: int = MAX_TOTAL
    values: int = MAX_TOTAL


class Job(msgspec.Struct, frozen=True):
    """The input of a worker for one submission: its files, the stem of each function's stub file, the checks to run.

    `requests` are grouped by function. `time_limit` is in seconds for each file and each check. The jobs in `more` run
    afterwards in the same child. `more` is only for sources of the course, which need no protection from each other.
    With `record_calls` the child also sends the first call of each check, to be displayed. With `strict_encoding` a
    file must be in an encoding that Python itself can read. `accepted` holds the file that counts for a function, if
    the instructor chose it among several. `budget` limits all checks together; the sources of the course have none.
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

    It contains no right answer. `memory` is in MiB beyond the zygote's own memory, `cpu` in seconds for one child.
    """

    files: list[tuple[str, bytes]]
    protections: list[str] = []
    memory: int = 0
    cpu: int = 0
