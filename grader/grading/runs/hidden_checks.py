"""Grading run on a single submission, for `pytest tests/hidden`. This run uses the same code as a run on a class."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.core.errors import UsageError
from grader.course.discovery import SOLUTIONS
from grader.course.library import Library, open_library
from grader.execution.guest.default_limits import MEMORY_LIMIT
from grader.execution.host.pool import Pool, make_sandboxed_pool
from grader.experiments.declaration import Check
from grader.grading.policy.policy_file import find_policy_file, read_policy
from grader.grading.runs.experiment_errors import report_unloadable_experiments
from grader.grading.runs.source_pool import make_source_pool
from grader.grading.runs.submission_grader import GradedSubmission, SubmissionGrader
from grader.grading.verdicts.verdict import Verdict
from grader.submissions.file_reading import find_source_files
from grader.submissions.submission import Submission


@dataclass
class HiddenRun:
    """A grading run on one submission. The run grades the submission when the first verdict is needed."""

    library: Library
    submission: Submission
    seed: int
    time_limit: float
    pool: Pool
    strict_encoding: bool = False
    graded: GradedSubmission | None = None

    @classmethod
    def make(cls, root: Path, target: Path | None, seed: int, time_limit: float, sandbox: str) -> HiddenRun:
        """Prepare to grade `target`, a student's folder or file (None: the solutions). Raises UsageError."""
        library = open_library(root)
        if target is None:
            folder = root / SOLUTIONS
            submission = Submission("solutions", folder, tuple(files.file for files in library.exercise_files.values()))
            return cls(library, submission, seed, time_limit, make_source_pool(library, 1))
        if target.is_dir():
            submission = Submission(target.name, target, find_source_files(target))
        elif target.is_file():
            submission = Submission(target.stem, target.parent, (target.name,))
        else:
            raise UsageError("Submission not found: {path}", path=target)
        policy = read_policy(find_policy_file(None, root), library.course)
        with report_unloadable_experiments(library):
            pool = make_sandboxed_pool(library.experiment_files, 1, sandbox, MEMORY_LIMIT, time_limit)
        return cls(library, submission, seed, time_limit, pool, policy.files.is_strict)

    def verdict(self, check: Check) -> Verdict:
        """Return the verdict on a check; the first call grades all functions.

        Raises AuthoringErrors if a file of experiments cannot be loaded.
        """
        if self.graded is None:
            functions = list(self.library.course.exercise_of)
            with report_unloadable_experiments(self.library):
                grader = SubmissionGrader(
                    self.library,
                    self.pool.start(),
                    self.seed,
                    functions,
                    self.time_limit,
                    strict_encoding=self.strict_encoding,
                )
                self.graded = grader.grade(self.submission)
        return next(v for v in self.graded.verdicts[check.function] if v.check.id == check.id)

    def close(self) -> None:
        """Stop the worker process; do not call `verdict` afterwards."""
        self.pool.__exit__(None, None, None)
