"""Load the results of a class from a results folder, as the `ClassResults` that an export target receives."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from grader.core.errors import UsageError
from grader.course.library import Library
from grader.exports.export_data import ClassResults, StudentResult
from grader.grading.policy.hidden_check_visibility import visible_record
from grader.grading.policy.policy import HiddenChecks, Policy, ScoreExport, policy_from_run
from grader.grading.results.final_result import FinalResult
from grader.grading.results.result_files import read_final_results
from grader.grading.results.run_file import read_run
from grader.grading.verdicts.record import FunctionRecord


@dataclass
class StudentView:
    """Decides which parts of a record its student may see.

    policy: says what students see of hidden checks.
    library: the course, which says which checks are hidden. If `library` is None, a hidden check cannot be recognized,
        so messages, calls and mistakes of all checks are removed, unless the policy shows everything.
    without_messages: True after messages were removed because `library` is None.
    """

    policy: Policy
    library: Library | None
    language: str
    without_messages: bool = field(default=False, init=False)

    def visible_part(self, record: FunctionRecord) -> FunctionRecord:
        """Return a record without the parts that its student may not see."""
        if self.library is not None:
            return visible_record(record, self.library, self.policy, self.language)
        if self.policy.hidden == HiddenChecks.FULL:
            return record
        self.without_messages = True
        checks = [msgspec.structs.replace(check, message="", call="") for check in record.checks]
        return msgspec.structs.replace(record, checks=checks, mistakes=[])


def load_class_results(folder: Path, view: StudentView) -> ClassResults:
    """Read the results that `grader grade` wrote into a folder. Raises UsageError if the folder holds none."""
    found, run = read_final_results(folder), read_run(folder)
    if not found:
        raise UsageError("{path}: results.jsonl holds no students. Grade again into this folder", path=folder)
    policy = view.policy if view.library else policy_from_run(run)
    return ClassResults(
        students=tuple(student_result(result, policy) for result in found),
        functions=tuple(dict.fromkeys(record.function for result in found for record in result.records)),
        run=run,
        language=view.language,
        visible_part=view.visible_part,
    )


def student_result(result: FinalResult, policy: Policy) -> StudentResult:
    """Return the result of one student for an export. If the policy says so, missing scores are replaced by zero."""
    final, score = result.final, result.final.score
    export = (policy.missing if final.missing else policy.ungraded).export
    without_score = {r.function for r in result.records if r.score is None} - final.scores.keys()
    if export == ScoreExport.SKIP or not without_score:
        return StudentResult(result.student, result.records, score, final, result.metadata)
    records = tuple(_as_zero(record) if record.function in without_score else record for record in result.records)
    if score is None:
        score = round((final.total_so_far or 0.0) - final.penalty, 2)
    return StudentResult(result.student, records, score, final, result.metadata, as_zero=True)


def _as_zero(record: FunctionRecord) -> FunctionRecord:
    checks = [msgspec.structs.replace(check, passed=False, points=0.0) for check in record.checks]
    return msgspec.structs.replace(record, score=0.0, checks=checks)
