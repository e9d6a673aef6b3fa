"""What a run needs to compute scores from verdicts: the policy of the course, and overrides.csv."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.grading.policy.final_score import TOTAL, Override
from grader.grading.policy.lateness import is_undated
from grader.grading.policy.named_students import for_class, nearest_student
from grader.grading.policy.overrides import decided, read_sheet
from grader.grading.policy.policy import Policy
from grader.grading.results.final_result import FinalResult
from grader.grading.runs.grading_run import GradingRun
from grader.grading.runs.settlement import ScoreInputs
from grader.submissions.submission import SubmissionMetadata


@dataclass(frozen=True)
class ClassInputs:
    """What decides scores of a class besides the checks, and how many students it has.

    `remarks` are for the instructor; `problems` are rows of overrides.csv that could not be applied.
    """

    scores: ScoreInputs
    students: int
    remarks: list[str]
    problems: list[str]


def read_score_inputs(run: GradingRun, policy: Policy) -> ClassInputs:
    """Read overrides.csv and find the students that it and the policy name. Raises UsageError when it is no table."""
    tr, course, people = translator(run.plan.language), run.library.course, run.people()
    known, strangers = for_class(policy, people)
    maxima = {
        function: float(policy.points.get(function, e.points[function])) for function, e in course.exercise_of.items()
    }
    maxima[TOTAL] = sum(maxima[function] for function in run.functions)
    overrides, problems = decided(read_sheet(run.out), people, maxima, tr)
    scores = ScoreInputs(known, _with_baselines(overrides, run.facts.get("overrides")))
    return ClassInputs(scores, len(people), [*map(visible, _strangers(strangers, people, tr))], problems)


def _with_baselines(overrides: dict[str, dict[str, Override]], earlier: object) -> dict[str, dict[str, Override]]:
    """The overrides, and for those that name no automatic score the one that they were first seen against."""
    seen = {}
    for row in earlier if isinstance(earlier, list) else []:
        if isinstance(row, dict):
            seen[row.get("student"), row.get("function"), row.get("score")] = row.get("automatic")
    return {
        student: {function: _with_baseline(override, seen) for function, override in own.items()}
        for student, own in overrides.items()
    }


def _with_baseline(override: Override, seen: dict[tuple[Any, Any, Any], Any]) -> Override:
    key = (override.student, override.function, override.score)
    if override.noted or key not in seen:
        return override
    automatic = seen[key]
    return replace(override, noted=True, automatic=automatic if isinstance(automatic, float | int) else None)


@dataclass
class Remarks:
    """What policy and overrides changed, from final results added one by one."""

    policy: Policy
    late: int = 0
    taken: float = 0
    scores: int = 0
    undated: int = 0

    def add(self, result: FinalResult) -> None:
        """Add a student."""
        self.undated += is_undated(result.metadata, self.policy)
        if result.final:
            self.scores += len(result.final.scores)
            if result.final.why:
                self.late += 1
                self.taken += result.final.penalty

    def lines(self, tr: Callable[[str], str]) -> Iterator[str]:
        """Yield a line for each kind of change."""
        if self.late:
            words = tr("late submissions: {number}, penalty in total: {points:.2f} points")
            yield visible(words.format(number=self.late, points=self.taken))
        if self.scores:
            yield visible(tr("scores set by a person (overrides.csv): {number}").format(number=self.scores))
        if self.undated:
            words = tr("submissions without a time: {number}. They are treated as on time.")
            yield visible(words.format(number=self.undated))


def _strangers(
    names: Sequence[str], people: Mapping[str, SubmissionMetadata], tr: Callable[[str], str]
) -> Iterator[str]:
    for name in names:
        text = tr("The policy has an extension for {name}, who is not in this class.").format(name=name)
        near = nearest_student(name, people)
        yield text + (tr(". Did you mean {nearest}?").format(nearest=near) if near else "")
