"""A hash of the grader's code that decides verdicts: part of every cache key, for another grader may decide otherwise.

The hash covers the whole package except for the files and folders listed here, so a new module or folder enters it by
itself. One that is missing in the list costs a class that is graded again without need. One that is wrongly in it makes
`grade` reuse verdicts that another grader made: tests/judge/test_deciding_code.py looks for those.
"""

from __future__ import annotations

from grader.core.code_hash import code_hash
from grader.core.package_paths import HANDOUT, PACKAGE

SHOWS = ("cli", "faces", "judge/change.py", "judge/kept.py", "judge/similar.py")
"""The command line, downloads, reports, exports, packages. What is read of a download enters the key as bytes."""

TRANSLATES = ("locale",)

SETS_SCORES = ("judge/policy",)
"""Applied to the verdicts when the files are written. Points enter the key with the experiments."""

HELPS_LEARNERS = (
    "judge/guide.py",
    "judge/handout.py",
    "judge/live.py",
    "judge/material.py",
    "judge/memory.py",
    "judge/own_files.py",
    "judge/self_check.py",
    "judge/standing.py",
    "run/warm.py",
)
HELPS_AUTHORS = (
    "judge/classroom.py",
    "judge/doctor.py",
    "judge/mutants.py",
    "judge/nulls.py",
    "judge/skeleton.py",
    "judge/sync.py",
)
"""What authors generate enters the key as files of the course."""

DECIDES_NOTHING = (*SHOWS, *TRANSLATES, *SETS_SCORES, *HELPS_LEARNERS, *HELPS_AUTHORS)


def deciding_code() -> str:
    """Return the hash of the code that decides, in the installed package."""
    return code_hash(PACKAGE, (*DECIDES_NOTHING, HANDOUT.name))
