"""Read the submissions that the plan of a grading run names, with the fixes of the instructor."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path

from grader.course.library import Library
from grader.grading.policy.policy import Attempts
from grader.grading.results.plan import Plan
from grader.submissions.class_submissions import ClassSubmissions, latest_attempts, read_class_submissions
from grader.submissions.fixes.fixes_folder import with_fixes
from grader.submissions.submission import Submission


def read_class(
    plan: Plan, library: Library, out: Path | None = None, folder: Path | None = None, zone: tzinfo | None = None
) -> ClassSubmissions:
    """Return every attempt of the class that a plan names, with its fixes, and facts about the download.

    `out` is the results folder, which may be among the submissions. The paths of the plan are relative to `folder`
    (default: the current one). Times of the roster without a time zone are in `zone` (default: that of this computer).
    Raises UsageError if the download, the roster or the fixes cannot be read.
    """
    here = folder or Path()
    roster = here / plan.roster if plan.roster else None
    submissions = read_class_submissions(
        plan.submissions_path(folder), library.stub_files, plan.layout, roster, plan.language, out, zone
    )
    return with_fixes(submissions, here / plan.fixes) if plan.fixes else submissions


def attempts_to_grade(submissions: ClassSubmissions, plan: Plan) -> list[Submission]:
    """Return all attempts if the plan grades the best attempt of each student, else the latest attempts."""
    return submissions.attempts if plan.attempts == Attempts.BEST else latest_attempts(submissions.attempts)


def read_submissions(plan: Plan, library: Library) -> list[Submission]:
    """Return all attempts if the plan grades the best attempt of each student, else the latest attempts.

    Raises UsageError if the plan's download, roster or fixes cannot be read.
    """
    return attempts_to_grade(read_class(plan, library), plan)
