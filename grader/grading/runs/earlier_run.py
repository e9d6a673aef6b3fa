"""An earlier run as run.json records it: its plan, and what it read, so that a submission can be graded again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from grader.core.errors import UsageError
from grader.course.library import Library, open_library
from grader.execution.host.sandbox_levels import Level
from grader.grading.results.plan import Plan
from grader.submissions.class_submissions import latest_attempts, read_class_submissions
from grader.submissions.people import people_from_run
from grader.submissions.submission import Submission


@dataclass(frozen=True)
class EarlierRun:
    """A finished run: its plan, the folder it was started in, its seed and level, and which attempt of each student."""

    plan: Plan
    folder: Path
    seed: int
    level: str
    attempts: Mapping[str, int]

    def library(self) -> Library:
        """The course. Raises UsageError."""
        return open_library(self.plan.course_root(self.folder))

    def submission(self, student: str, library: Library, moved: Path | None) -> Submission:
        """The submission of a student, read again; `moved` is where the submissions are now. Raises UsageError."""
        place = moved or self.plan.submissions_path(self.folder)
        if not place.exists():
            raise UsageError(
                "{path}: the submissions lay there when they were graded, and do not any more: "
                "say where they are with --submissions PATH",
                path=place,
            )
        roster = self.folder / self.plan.roster if self.plan.roster else None
        handed_in = read_class_submissions(place, library.stub_files, self.plan.layout, roster)
        counted = self.attempts.get(student)
        for submission in [*handed_in.attempts, *latest_attempts(handed_in.attempts)]:
            if submission.student == student and counted in (None, submission.metadata.attempt):
                return submission
        raise UsageError(
            "{path}: nothing of {student} is there any more: say where it is with --submissions PATH",
            path=place,
            student=student,
        )


def read_earlier_run(results: Path, run: Mapping[str, Any]) -> EarlierRun:
    """Return the run that wrote a results folder. Raises UsageError when run.json does not say how."""
    if run and "schema" not in run:
        raise UsageError(
            "{path}: written by release 0.1, which kept no plan. Grade once more with the same command", path=results
        )
    seed, level = run.get("seed"), run.get("sandbox")
    try:
        plan = msgspec.convert(run.get("plan"), Plan)
    except msgspec.ValidationError:
        plan = None
    if plan is None or not isinstance(seed, int) or not isinstance(level, str) or level not in [*Level]:
        raise UsageError(
            "{file}: does not say how the run was made. Grade again into this folder", file=results / "run.json"
        )
    folder = run.get("folder")
    attempts = {student: about.attempt for student, about in people_from_run(run).items()}
    return EarlierRun(plan, Path(folder) if isinstance(folder, str) else Path.cwd(), seed, level, attempts)
