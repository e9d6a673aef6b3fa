"""Report the final totals that changed because the policy changed since the last run into the same folder."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from grader.core.visible_text import join_names, visible
from grader.grading.policy.policy import Policy
from grader.grading.results.final_result import FinalResult
from grader.grading.results.result_files import read_final_results
from grader.grading.runs.grading_run import GradingRun
from grader.grading.runs.score_inputs import ClassInputs
from grader.reports.comparison.final_comparison import TotalChange
from grader.submissions.people import display_name

MAX_NAMED = 5
"""Maximum number of students that the report names."""


class ChangedPolicyReport:
    """Compares the final totals of a run with the totals under the policy of the last run. Call `add` with each result.

    Both totals of a student come from the same verdicts and overrides, so only the policy makes a difference. But if
    the two policies choose different attempts or exercises, the earlier totals come from the result files of the last
    run. So create this object before the run overwrites these files.
    """

    def __init__(self, run: GradingRun, inputs: ClassInputs) -> None:
        self._out, self._found = run.out, list[tuple[str, TotalChange]]()
        self._before = _earlier_totals(run, inputs) if _has_changed(run.earlier_policy, inputs.scores.policy) else {}

    def add(self, result: FinalResult) -> None:
        """Compare the total of one student."""
        if result.student in self._before:
            change = TotalChange(result.student, "", self._before[result.student], result.final.score)
            if change.size:
                self._found.append((display_name(result.student, {result.student: result.metadata}), change))

    def lines(self, tr: Callable[[str], str]) -> list[str]:
        """Return a line with the largest changes, and the command that shows all; empty if no total changed."""
        if not self._found:
            return []
        found = sorted(self._found, key=lambda named: (-named[1].size, named[1].student))
        shown = [f"{name} {_points(c.before, tr)} → {_points(c.after, tr)}" for name, c in found[:MAX_NAMED]]
        if len(found) > MAX_NAMED:
            shown.append(tr("… and {more} more").format(more=len(found) - MAX_NAMED))
        words = tr("The policy changed since the last run. This changed final totals ({count}): {students}")
        more = tr("To see all changes, save the earlier policy as a file, and run: {command}")
        here = Path.cwd()
        folder = self._out.relative_to(here) if self._out.is_relative_to(here) else self._out
        command = shlex.join(["grader", "compare", str(folder), "--policy", "EARLIER.toml"])
        line = words.format(count=len(found), students=join_names(shown, separator="; "))
        return [visible(line), visible(more.format(command=command))]


def _has_changed(earlier: Policy | None, now: Policy) -> bool:
    return earlier is not None and earlier != now


def _earlier_totals(run: GradingRun, inputs: ClassInputs) -> Mapping[str, float | None]:
    """Return the final totals under the policy of the last run, by student."""
    earlier, now = run.earlier_policy or Policy(), inputs.scores.policy
    if (earlier.attempts, set(earlier.exercises)) == (now.attempts, set(now.exercises)):
        results = run.results_under(replace(inputs.scores, policy=earlier))
    else:
        results = iter(read_final_results(run.out))
    return {result.student: result.final.score for result in results}


def _points(score: float | None, tr: Callable[[str], str]) -> str:
    return tr("none") if score is None else f"{score:.2f}"
