"""A hash of the grader's code that decides verdicts: part of every cache key, for another grader may decide otherwise.

The hash covers the whole package except for the files and folders listed here, so a new module or folder enters it by
itself. One that is missing in the list costs a class that is graded again without need. One that is wrongly in it makes
`grade` reuse verdicts that another grader made: tests/grading/results/test_deciding_code.py looks for those.
"""

from __future__ import annotations

from grader.core.hashing import code_hash
from grader.core.package_paths import HANDOUT, PACKAGE

SHOWS = (
    "cli",
    "rendering",
    "reports",
    "exports",
    "packaging",
    "grading/results/override_changes.py",
    "grading/results/result_files.py",
)
"""The command line, reports, exports, packages: they read verdicts."""

READS_DOWNLOADS = (
    "submissions/class_submissions.py",
    "submissions/download_reader.py",
    "submissions/download_warnings.py",
    "submissions/download_summary.py",
    "submissions/layouts",
    "submissions/members",
    "submissions/people.py",
    "submissions/roster_matching.py",
    "submissions/rosters.py",
    "submissions/student_files.py",
    "core/text_encodings.py",
    "submissions/timestamps.py",
)
"""What is read of a download enters the key as bytes."""

TRANSLATES = ("locale",)

SETS_SCORES = ("grading/policy", "grading/runs/score_inputs.py", "grading/runs/settlement.py")
"""Applied to the verdicts when the files are written. Points enter the key with the experiments."""

HELPS_LEARNERS = ("learner",)

HELPS_AUTHORS = ("authoring",)
"""What authors generate enters the key as files of the course."""

DECIDES_NOTHING = (*SHOWS, *READS_DOWNLOADS, *TRANSLATES, *SETS_SCORES, *HELPS_LEARNERS, *HELPS_AUTHORS)


def deciding_code() -> str:
    """Return the hash of the code that decides, in the installed package."""
    return code_hash(PACKAGE, (*DECIDES_NOTHING, HANDOUT.name))
