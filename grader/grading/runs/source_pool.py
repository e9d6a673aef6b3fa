"""Worker pool for the sources of a course: solutions, known mistakes, alternative solutions, mutants.

The code of authors runs without a sandbox. An adopted mistake (`grader adopt`) is a student's code, so all sources of a
course with an adopted mistake run in the sandbox.
"""

from __future__ import annotations

from grader.core.errors import NoSandboxError, UsageError
from grader.course.library import Library
from grader.execution.guest.default_limits import MEMORY_LIMIT, TIME_LIMIT
from grader.execution.host.pool import Pool, make_pool_without_sandbox, make_sandboxed_pool
from grader.execution.host.sandbox_detection import AUTOMATIC
from grader.execution.host.sandbox_levels import missing_tools


def make_source_pool(library: Library, jobs: int) -> Pool:
    """Return a worker pool that runs the solutions, alternative solutions and known mistakes of a course.

    Raises NoSandboxError if the course has adopted mistakes, and this machine has no sandbox of level full or core.
    """
    if not library.has_adopted_mistakes:
        return make_pool_without_sandbox(library.experiment_files, jobs)
    return make_pool_for_adopted_code(library, jobs)


def make_pool_for_adopted_code(library: Library, jobs: int) -> Pool:
    """Return a pool in the strongest sandbox of this machine. Raises NoSandboxError if that is weaker than core."""
    try:
        return make_sandboxed_pool(library.experiment_files, jobs, "auto", MEMORY_LIMIT, TIME_LIMIT)
    except UsageError:
        fault = UsageError(
            "Adopted mistakes are the code of students, which runs in a sandbox of level {levels} only. This machine "
            "has no such sandbox: {cure}. `grader doctor --machine` reports what this machine has",
            levels=", ".join(AUTOMATIC),
            cure=missing_tools()[0],
        )
        raise NoSandboxError([fault]) from None
