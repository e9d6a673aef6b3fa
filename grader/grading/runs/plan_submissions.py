"""Read the submissions that the plan of a grading run names."""

from __future__ import annotations

from pathlib import Path

from grader.course.library import Library
from grader.grading.policy.policy import Attempts
from grader.grading.results.plan import Plan
from grader.submissions.class_submissions import latest_attempts, read_class_submissions
from grader.submissions.submission import Submission


def read_submissions(plan: Plan, library: Library) -> list[Submission]:
    """Return the attempts to grade: all if the policy takes the best one, else the latest of each student.

    Raises UsageError if the plan's download or roster cannot be read.
    """
    roster = Path(plan.roster) if plan.roster else None
    class_submissions = read_class_submissions(
        plan.submissions_path(), library.stub_files, plan.layout, roster, plan.language
    )
    return class_submissions.attempts if plan.attempts == Attempts.BEST else latest_attempts(class_submissions.attempts)
