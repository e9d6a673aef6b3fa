"""Read overrides.csv, match the students of policy and overrides with a class, and count the changes of scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader.core.errors import suggest_names
from grader.core.language import translator
from grader.core.visible_text import visible
from grader.course.exercise import Course
from grader.grading.policy.final_score import TOTAL, Override
from grader.grading.policy.lateness import is_undated
from grader.grading.policy.named_students import ClassPolicy, resolve_extensions
from grader.grading.policy.override_students import unsure_rows
from grader.grading.policy.overrides import FILE, read_override_table, read_overrides
from grader.grading.policy.policy import Policy
from grader.grading.results.final_result import FinalResult
from grader.grading.runs.final_results import ScoreInputs, is_dated_class
from grader.grading.runs.grading_run import GradingRun
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import SubmissionMetadata


@dataclass(frozen=True)
class ClassInputs:
    """Policy and overrides of a class, and its number of students.

    `remarks` are for the instructor; `problems` are rows of overrides.csv that could not be applied.
    """

    scores: ScoreInputs
    students: int
    remarks: list[str]
    problems: list[str]


def read_score_inputs(run: GradingRun, policy: Policy) -> ClassInputs:
    """Read overrides.csv, and find the students whom the file and the policy name.

    Raises UsageError if the file is not a table.
    """
    earlier = run.facts.get("overrides")
    return match_score_inputs(
        run.out, run.library.course, run.functions, run.people(), policy, earlier, run.plan.language
    )


def match_score_inputs(
    out: Path,
    course: Course,
    functions: Sequence[str],
    people: Mapping[str, SubmissionMetadata],
    policy: Policy,
    earlier_overrides: object,
    language: str,
) -> ClassInputs:
    """Read overrides.csv of a results folder, and match its students and those of the policy with `people`.

    `earlier_overrides` are those in run.json. Raises UsageError if the file is not a table.
    """
    tr, index, table = translator(language), StudentIndex(people), read_override_table(out)
    class_policy = resolve_extensions(policy, index)
    maxima = {
        function: float(policy.points.get(function, e.points[function])) for function, e in course.exercise_of.items()
    }
    maxima[TOTAL] = sum(maxima[function] for function in functions)
    overrides, problems = read_overrides(table, people, maxima, tr)
    rows = ((line, table.student_cells(row)) for line, row in table.rows)
    remarks = [*_warn_of_names(class_policy, index, tr), *unsure_rows(rows, FILE, index, tr)]
    scores = ScoreInputs(class_policy.policy, _with_baselines(overrides, earlier_overrides), is_dated_class(people))
    return ClassInputs(scores, len(people), [*map(visible, remarks)], problems)


def _with_baselines(overrides: dict[str, dict[str, Override]], earlier: object) -> dict[str, dict[str, Override]]:
    """Return the overrides, each with the automatic score that it replaced.

    If overrides.csv lacks that score, it comes from run.json, which kept it when the override was first applied.
    """
    first_automatic = {}
    for row in earlier if isinstance(earlier, list) else []:
        if isinstance(row, dict):
            first_automatic[row.get("student"), row.get("function"), row.get("score")] = row.get("automatic")
    return {
        student: {function: _with_baseline(override, first_automatic) for function, override in own.items()}
        for student, own in overrides.items()
    }


def _with_baseline(override: Override, first_automatic: dict[tuple[Any, Any, Any], Any]) -> Override:
    key = (override.student, override.function, override.score)
    if override.noted or key not in first_automatic:
        return override
    automatic = first_automatic[key]
    return replace(override, noted=True, automatic=automatic if isinstance(automatic, float | int) else None)


@dataclass
class PolicyEffects:
    """Counts how a policy and overrides change the scores of a class. Call `add` with each final result."""

    policy: Policy
    late: int = 0
    taken: float = 0
    scores: int = 0
    undated: int = 0

    def add(self, result: FinalResult) -> None:
        """Count the penalty and the overrides of one student."""
        self.undated += is_undated(result.metadata, self.policy)
        self.scores += len(result.final.scores)
        if result.final.why:
            self.late += 1
            self.taken += result.final.penalty

    def lines(self, tr: Callable[[str], str]) -> Iterator[str]:
        """Yield a sentence for each kind of change."""
        if self.late:
            words = tr("late submissions: {number}, penalty in total: {points:.2f} points")
            yield visible(words.format(number=self.late, points=self.taken))
        if self.scores:
            yield visible(tr("scores set by a person (overrides.csv): {number}").format(number=self.scores))
        if self.undated:
            words = tr("submissions without a time: {number}. These submissions are treated as on time.")
            yield visible(words.format(number=self.undated))


def _warn_of_names(class_policy: ClassPolicy, index: StudentIndex, tr: Callable[[str], str]) -> Iterator[str]:
    """Yield a line for each name in the policy that a person must correct, because its extension is not applied."""
    for student, names in class_policy.repeated_names.items():
        words = tr(
            "The policy has several extensions of the same deadline for {student}, under the names {names}. Only the "
            "last one is applied. Keep one of them."
        )
        yield words.format(student=index.spelling(student), names=", ".join(names))
    for name, matches in class_policy.unclear_names.items():
        if matches:
            words = tr(
                "The policy has an extension for {name}, which matches several students: {students}. This "
                "extension is not applied. Write an id, or an id_hash, in place of the name."
            )
            yield words.format(name=name, students=index.describe(matches))
            continue
        problem = tr("The policy has an extension for {name}, who is not in this class").format(name=name)
        yield suggest_names(problem, [index.spelling(student) for student in index.nearest(name)[:1]], (), tr)
