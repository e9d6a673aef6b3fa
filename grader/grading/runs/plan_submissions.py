"""The submissions that the plan of a grading run names."""

from __future__ import annotations

from pathlib import Path

from grader.course.library import Library
from grader.grading.policy.policy import Attempts
from grader.grading.results.plan import Plan
from grader.submissions.class_submissions import latest_attempts, read_class_submissions
from grader.submissions.submission import Submission


def read_submissions(plan: Plan, library: Library) -> list[Submission]:
    """Return every attempt where the policy takes the best one, else the latest attempt of each student.

    Raises UsageError when the plan's download or roster cannot be read.
    """
    roster = Path(plan.roster) if plan.roster else None
    handed_in = read_class_submissions(plan.submissions_path(), library.stub_files, plan.layout, roster, plan.language)
    return handed_in.attempts if plan.attempts == Attempts.BEST else latest_attempts(handed_in.attempts)
