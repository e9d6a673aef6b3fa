"""Compute the final results of a graded class under another policy, from the journal alone. No file is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from grader.core.errors import UsageError
from grader.core.language import translator
from grader.course.library import Library
from grader.grading.policy.policy import Attempts, Policy
from grader.grading.results.final_result import FinalResult
from grader.grading.results.journal import Journal
from grader.grading.results.run_file import JOURNAL_FILE, finishing_command
from grader.grading.runs.final_results import compute_final_results
from grader.grading.runs.recorded_attempts import RecordedAttempt, recorded_attempts
from grader.grading.runs.score_inputs import ClassInputs, match_score_inputs


class PolicyTrial:
    """The last run of a results folder: computes its final results under any policy. Use it in a `with` block.

    `functions` are the functions that the run graded. Raises UsageError if the folder has no graded run.
    """

    def __init__(self, out: Path, library: Library, run: Mapping[str, Any], language: str) -> None:
        self._out, self._library, self._run, self._language = out, library, run, language
        if not (out / JOURNAL_FILE).is_file():
            raise _no_verdicts(out)
        self._journal = Journal(out / JOURNAL_FILE, read_only=True)
        try:
            if not self._journal.runs.reopen():
                raise _no_verdicts(out)
            keys, known = self._journal.runs.exercise_keys, library.course.exercise_of
            self.functions = [function for function in keys if function in known]
            self.people = {attempt.student: attempt.metadata for attempt in self._journal.runs.attempts()}
        except BaseException as error:
            self._journal.__exit__(type(error), error)
            raise

    def results(self, policy: Policy) -> Iterator[FinalResult]:
        """Return the final result of each student under a policy and the overrides of the folder.

        Raises UsageError if the run graded none of the policy's functions.
        """
        selected = self._library.course.select(list(policy.exercises))
        functions = [function for function in self.functions if function in selected]
        if not functions:
            raise UsageError(
                "{path}: the last run graded none of the functions that this policy names. Grade them first, or change "
                "`exercises` in the policy",
                path=self._out,
            )
        attempts: Iterable[RecordedAttempt] = recorded_attempts(
            self._journal, self._library, functions, self._language, self._out
        )
        if policy.attempts == Attempts.LATEST:
            attempts = (list(own)[-1] for _, own in groupby(attempts, lambda attempt: attempt[0].student))
        inputs = self._inputs(policy, functions)
        return compute_final_results(attempts, self._library.course, inputs.scores, translator(self._language))

    def remarks(self, policy: Policy) -> list[str]:
        """Return sentences about effects of this policy that the journal does not show, and about wrong overrides."""
        tr = translator(self._language)
        missing = [f for f in self._library.course.select(list(policy.exercises)) if f not in self.functions]
        inputs = self._inputs(policy, self.functions)
        found = [*inputs.remarks, *inputs.problems]
        if policy.exercises and missing:
            found.append(tr("not graded in this run, so left out: {names}").format(names=", ".join(missing)))
        plan = self._run.get("plan") or {}
        if policy.attempts == Attempts.BEST and plan.get("attempts") != Attempts.BEST:
            found.append(tr("This run graded only the latest attempts, so the best attempt is not known."))
        if policy.files.is_strict != bool(plan.get("strict_encoding")):
            words = tr(
                "This run read files under another `encoding` than that of the policy. To see the policy's effect, "
                "grade again."
            )
            found.append(words)
        return found

    def _inputs(self, policy: Policy, functions: Sequence[str]) -> ClassInputs:
        course, earlier = self._library.course, self._run.get("overrides")
        return match_score_inputs(self._out, course, functions, self.people, policy, earlier, self._language)

    def __enter__(self) -> PolicyTrial:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, *trace: object) -> None:
        self._journal.__exit__(kind, error)


def _no_verdicts(out: Path) -> UsageError:
    """Return the error for a results folder whose journal has no verdicts."""
    return UsageError(
        "{path}: the journal has no verdicts, so another policy cannot be computed. Run: {command}",
        path=out,
        command=finishing_command(out),
    )
