"""What counts, after the checks: the policy of the course, and what persons wrote into overrides.csv."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from grader.core.digests import digest
from grader.core.language import translator
from grader.core.visible_text import visible
from grader.course.exercise import Course
from grader.grading.policy.final_score import TOTAL, Override
from grader.grading.policy.overrides import decided, read_sheet
from grader.grading.policy.policy import Policy, plain_policy
from grader.grading.policy.settlement import Say, for_class, is_undated, nearest_student
from grader.grading.runs.journal import Judged
from grader.grading.runs.running import Order
from grader.submissions.submission import About


@dataclass(frozen=True)
class Decided:
    """Who has a say in the scores of a class, beside the checks.

    `remarks` are for whoever grades; `problems` need a hand: rows of overrides.csv that could not be applied. `facts`
    are what run.json keeps of the policy.
    """

    say: Say
    facts: dict[str, Any]
    remarks: list[str]
    problems: list[str]


def decide(order: Order, run: Mapping[str, Any], course: Course, policy: Policy, out: Path) -> Decided:
    """Find out who has a say. Raises UsageError when overrides.csv is no table."""
    tr = translator(order.language)
    people = {submission.student: submission.about for submission in order.submissions}
    known, strangers = for_class(policy, people)
    maxima = {
        function: float(policy.points.get(function, e.points[function])) for function, e in course.exercise_of.items()
    }
    maxima[TOTAL] = sum(maxima[function] for function in order.functions)
    overrides, problems = decided(read_sheet(out), people, maxima, tr)
    say = Say(known, _with_baselines(overrides, run.get("overrides")))
    return Decided(say, _facts(known), [*map(visible, _strangers(strangers, people, tr))], problems)


def _facts(policy: Policy) -> dict[str, Any]:
    """What run.json keeps of the policy: as data, and its hash."""
    if policy == Policy():
        return {"policy": None}
    plain = plain_policy(policy)
    return {"policy": plain, "policy_hash": digest(msgspec.json.encode(plain, order="sorted"))}


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
class Noted:
    """Takes one student after the other: the overrides with a score, as run.json keeps them for the next run."""

    say: Say
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, judged: Judged, about: About) -> None:
        """One more student."""
        own = self.say.overrides.get(judged.student)
        if not own:
            return
        now = {record.function: record.score for record in judged.records}
        now[TOTAL] = judged.final.automatic if judged.final else None
        for function, override in sorted(own.items()):
            if override.score is not None and function in now:
                automatic = override.automatic if override.noted else now[function]
                row = {"student": judged.student, "function": function, "score": override.score}
                self.rows.append(row | {"automatic": automatic})


@dataclass
class Remarks:
    """Takes one student after the other: what the policy and persons changed."""

    policy: Policy
    late: int = 0
    taken: float = 0
    scores: int = 0
    undated: int = 0

    def add(self, judged: Judged, about: About) -> None:
        """One more student."""
        self.undated += is_undated(about, self.policy)
        if judged.final:
            self.scores += len(judged.final.scores)
            if judged.final.why:
                self.late += 1
                self.taken += judged.final.penalty

    def lines(self, tr: Callable[[str], str]) -> Iterator[str]:
        """It in a line each."""
        if self.late:
            words = tr("late: {number}, which takes {points:.2f} points in all")
            yield visible(words.format(number=self.late, points=self.taken))
        if self.scores:
            yield visible(tr("scores set by a person (overrides.csv): {number}").format(number=self.scores))
        if self.undated:
            words = tr("without a time of submission: {number}. Nothing says that they were late, so nothing was taken")
            yield visible(words.format(number=self.undated))


def _strangers(names: Sequence[str], people: Mapping[str, About], tr: Callable[[str], str]) -> Iterator[str]:
    for name in names:
        text = tr("the policy's extension for {name}: no such student here").format(name=name)
        near = nearest_student(name, people)
        yield text + (tr(". Did you mean {nearest}?").format(nearest=near) if near else "")
