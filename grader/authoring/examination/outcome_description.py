"""Describe an exception in the author's code, with the line of the solution or the experiment that raised it."""

from __future__ import annotations

from pathlib import Path

from grader.authoring.doctor_report import Finding
from grader.core.outcome_text import outcome_summary
from grader.core.outcomes import Outcome, Raised
from grader.course.library import ExerciseFiles
from grader.experiments.declaration import Check
from grader.grading.runs.experiment_errors import ErrorLine, find_error_line


def unobserved_solution(root: Path, files: ExerciseFiles, check: Check, seed: int, outcome: Outcome) -> Finding:
    """Return the finding about a check in which the solution gives no observation.

    If there was an exception, the finding names the line that raised it, and the call of the function.

    root: the folder of the course.
    """
    line = find_error_line(root, files, check, seed) if isinstance(outcome, Raised) else None
    found = f"the solution gives no observation with seed {seed}: {_words(root, outcome, line)}"
    cure = f"correct {line.place(root)}" if line else "correct the solution or the experiment"
    return Finding(check.id, found, cure)


def describe_outcome(root: Path, files: ExerciseFiles, check: Check, seed: int, outcome: Outcome, source: str) -> str:
    """Return an outcome of `source` as text. If the experiment raised an exception, the text names its line."""
    if not isinstance(outcome, Raised) or outcome.place:
        return outcome_summary(outcome)
    return _words(root, outcome, find_error_line(root, files, check, seed, source))


def _words(root: Path, outcome: Outcome, line: ErrorLine | None) -> str:
    if line is None:
        return outcome_summary(outcome)
    call = "".join(f"\n        {row}" for row in line.call)
    shown = f"\n    The function was called with:{call}" if call else ""
    return f"{line.error}, in {line.place(root)}: {line.code}{shown}"
