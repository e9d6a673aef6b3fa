"""Final result of one student: what results.jsonl, grades.csv, the pages and the exports show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.grading.policy.final_score import FinalScore, Override
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.submission import SubmissionMetadata


@dataclass(frozen=True)
class FinalResult:
    """Records of one student in the order of the course, after policy and overrides.

    `overrides` holds this student's overrides. `metadata` is what the download and the roster say of the student.
    `keys` are the cache keys of the functions, by which the journal finds the attachments.
    """

    student: str
    records: tuple[FunctionRecord, ...]
    final: FinalScore
    metadata: SubmissionMetadata = field(default=SubmissionMetadata(), compare=False)
    overrides: Mapping[str, Override] = field(default_factory=dict, compare=False, repr=False)
    keys: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def review_reason(self) -> str:
        """Why a person must look at the submission; empty if nobody must."""
        return self.final.review_reason
