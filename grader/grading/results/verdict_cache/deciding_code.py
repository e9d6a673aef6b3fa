"""Hash of the grader's code that decides verdicts: part of every cache key, because other code may decide otherwise.

The hash covers the whole package except for the files and folders listed here, so it also covers every new module. If
the list lacks a file that decides nothing, a change of that file grades every class again without need. If the list
holds a file that decides verdicts, a change of that file has no effect on verdicts that `grade` reuses.
test_deciding_code.py in tests/grading/results/verdict_cache looks for such files.
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
    "grading/results/answer_lookup.py",
    "grading/results/earlier_fixes.py",
    "grading/results/earlier_scores.py",
    "grading/results/local_time.py",
    "grading/results/overrides",
    "grading/results/published_scores.py",
    "grading/results/result_files.py",
)
"""Code that only reads verdicts: the command line, reports, exports, packages."""

READS_DOWNLOADS = (
    "submissions/class_submissions.py",
    "submissions/download_reader.py",
    "submissions/fixes",
    "submissions/download_warnings.py",
    "submissions/download_summary.py",
    "submissions/layouts",
    "submissions/members",
    "submissions/people.py",
    "submissions/roster_matching.py",
    "submissions/rosters.py",
    "submissions/student_archives.py",
    "submissions/student_files.py",
    "submissions/csv_encodings.py",
    "submissions/timestamps.py",
    "execution/extraction",
    "execution/host/archive_extraction.py",
    "execution/host/extraction_worker.py",
    "grading/results/journal_rows/extraction_table.py",
    "grading/runs/archive_opening.py",
)
"""Code that reads the bytes of submissions. Each key contains a hash of the bytes, so it need not contain this code."""

TRANSLATES = ("locale",)

SETS_SCORES = (
    "grading/policy",
    "grading/runs/accepting_files.py",
    "grading/runs/fix_review.py",
    "grading/runs/policy_trial.py",
    "grading/runs/score_inputs.py",
    "grading/runs/final_results.py",
)
"""Code that computes scores from verdicts and the policy when files are written, after the verdicts are decided."""

HELPS_LEARNERS = ("learner",)

HELPS_AUTHORS = ("authoring",)
"""Code that generates files of the course. Each key contains a hash of the files, so it need not contain this code."""

DECIDES_NOTHING = (*SHOWS, *READS_DOWNLOADS, *TRANSLATES, *SETS_SCORES, *HELPS_LEARNERS, *HELPS_AUTHORS)


def deciding_code() -> str:
    """Return the hash of the code that decides verdicts in the installed package."""
    return code_hash(PACKAGE, (*DECIDES_NOTHING, HANDOUT.name))
