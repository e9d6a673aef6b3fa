"""What counts, after the checks: the policy of the course, and what persons wrote into overrides.csv."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from grader.cli.running import Done, Order
from grader.core.language import translator
from grader.core.submission import About, Submission
from grader.core.text import visible
from grader.declare.exercise import Course
from grader.faces.overrides import decided, read_sheet
from grader.judge.journal import Judged, digest
from grader.judge.policy import Policy, plain_policy
from grader.judge.policy.final import TOTAL, Override
from grader.judge.policy.settle import Say, for_class, nearest_student, settle, undated


@dataclass(frozen=True)
class Decided:
    """A run of which it is known what counts: one verdict and one submission for each student.

    `remarks` are for whoever grades; `problems` need a hand: rows of overrides.csv that could not be applied.
    """

    done: Done
    submissions: list[Submission]
    remarks: list[str]
    problems: list[str]


def decide(done: Done, order: Order, course: Course, policy: Policy, out: Path) -> Decided:
    """Settle what counts of the attempts that were judged. Raises UsageError when overrides.csv is no table."""
    tr, attempts = translator(order.language), order.submissions
    people = {submission.student: submission.about for submission in attempts}
    known, strangers = for_class(policy, people)
    maxima = {function: float(policy.points.get(function, e.points[function])) for function, e in course.home.items()}
    maxima[TOTAL] = sum(maxima[function] for function in done.run["functions"])
    overrides, problems = decided(read_sheet(out), people, maxima, tr)
    say = Say(known, _with_baselines(overrides, done.run.get("overrides")))
    settled = settle(zip(done.judged, attempts, strict=True), course, say, tr)
    judged, counting = [one for one, _ in settled], [submission for _, submission in settled]
    facts = _facts(known, _noted(say, judged))
    remarks = [*map(visible, _remarks(judged, counting, known, tr)), *map(visible, _strangers(strangers, people, tr))]
    return Decided(replace(done, judged=judged, run=done.run | facts), counting, remarks, problems)


def _facts(policy: Policy, overrides: list[dict[str, Any]]) -> dict[str, Any]:
    """What run.json keeps: the policy as data, its hash, and the overrides with what they were made against."""
    if policy == Policy():
        return {"policy": None, "overrides": overrides}
    plain = plain_policy(policy)
    return {
        "policy": plain,
        "policy_hash": digest(msgspec.json.encode(plain, order="sorted")),
        "overrides": overrides,
    }


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


def _noted(say: Say, judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """The overrides with a score, as run.json keeps them for the next run."""
    rows = []
    for student in judged:
        now = {record.function: record.score for record in student.records}
        now[TOTAL] = student.final.automatic if student.final else None
        for function, override in sorted(say.overrides.get(student.student, {}).items()):
            if override.score is not None and function in now:
                automatic = override.automatic if override.noted else now[function]
                row = {"student": student.student, "function": function, "score": override.score}
                rows.append(row | {"automatic": automatic})
    return rows


def _remarks(
    judged: Sequence[Judged], submissions: Sequence[Submission], policy: Policy, tr: Callable[[str], str]
) -> Iterator[str]:
    """What the policy and persons changed, in a line each."""
    finals = [student.final for student in judged if student.final]
    if late := [final for final in finals if final.why]:
        taken = sum(final.penalty for final in late)
        yield tr("late: {number}, which takes {points:.2f} points in all").format(number=len(late), points=taken)
    if scores := sum(len(final.scores) for final in finals):
        yield tr("scores set by a person (overrides.csv): {number}").format(number=scores)
    if number := undated((submission.about for submission in submissions), policy):
        words = tr("without a time of submission: {number}. Nothing says that they were late, so nothing was taken")
        yield words.format(number=number)


def _strangers(names: Sequence[str], people: Mapping[str, About], tr: Callable[[str], str]) -> Iterator[str]:
    for name in names:
        text = tr("the policy's extension for {name}: no such student here").format(name=name)
        near = nearest_student(name, people)
        yield text + (tr(". Did you mean {nearest}?").format(nearest=near) if near else "")
