"""Final result of one student: what results.jsonl, grades.csv, the pages and the exports show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.grading.policy.final_score import Final, Override
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.submission import SubmissionMetadata


@dataclass(frozen=True)
class FinalResult:
    """The records of one student in the order of the course, after policy and overrides.

    `human` says why a person must look, if one must. `final` is there when a policy or a person changed a score, and
    `overrides` are those of this student. `metadata` is what the download and the roster say of the student. `keys` are
    the cache keys of the functions: they find the attachments in the journal.
    """

    student: str
    records: tuple[FunctionRecord, ...]
    human: str = ""
    final: Final | None = None
    metadata: SubmissionMetadata = field(default=SubmissionMetadata(), compare=False)
    overrides: Mapping[str, Override] = field(default_factory=dict, compare=False, repr=False)
    keys: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
