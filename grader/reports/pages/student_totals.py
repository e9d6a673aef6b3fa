"""Students and their totals in the form that the class page and the student pages show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from grader.grading.results.final_result import FinalResult
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.submission import SubmissionMetadata

STUDENTS = "students"
"""The folder of the students' pages."""
KINDS = ("passed", "partly", "wrong", "silent", "untouched", "missing", "fault")
"""Result kinds of a function, best first; each has its color on the pages."""


@dataclass(frozen=True, eq=False)
class StudentOnPage:
    """A student with their final result, and `page`, the path of their page (empty: no page).

    The path contains neither the name nor the id, because a student may choose them (`page_path`).
    """

    result: FinalResult
    page: str

    @property
    def metadata(self) -> SubmissionMetadata:
        """Facts about the student from the download and the roster."""
        return self.result.metadata

    @property
    def id(self) -> str:
        """The id of the student in results.jsonl."""
        return self.result.student

    @property
    def name(self) -> str:
        """The name of the student, or the id if no name is known."""
        return self.metadata.name or self.id

    @property
    def records(self) -> Sequence[FunctionRecord]:
        """The records of the student's functions, in the order of the course."""
        return self.result.records

    @property
    def remarks(self) -> list[str]:
        """Remarks on the encodings of the student's files, without repetition."""
        return list(dict.fromkeys(record.remark for record in self.records if record.remark))

    @cached_property
    def score(self) -> float | None:
        """The final score; None if the submission is ungraded or missing and no override sets the total."""
        return self.result.final.score

    @cached_property
    def maximum(self) -> float:
        """The sum of the maximum points of all functions of the run."""
        return sum(record.max_score for record in self.records)

    @property
    def share(self) -> float | None:
        """The score as a share of the maximum, from 0 to 1; None if there is no score."""
        return None if self.score is None else self.score / self.maximum if self.maximum else 0.0

    @cached_property
    def kinds(self) -> list[str]:
        """The result kind of each function, in the order of `records`."""
        return [result_kind(record) for record in self.records]


def page_path(student: str) -> str:
    """Return the path of a student's page: a hash, so that it reveals no id and is unique."""
    return f"{STUDENTS}/{sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:20]}.html"


def result_kind(record: FunctionRecord) -> str:
    """Return the result kind of a function, one of KINDS."""
    if record.score is None:
        return "missing" if record.outcome == "missing" else "fault"
    if record.outcome in ("not_attempted", "missing"):
        return "untouched"
    if record.outcome == "passed":
        return "passed"
    if record.score:
        return "partly"
    return "silent" if record.outcome in ("timed_out", "crashed", "refused") else "wrong"


def add_points(records: Iterable[FunctionRecord]) -> float | None:
    """Return the sum of the points of several functions; None if one of them is ungraded."""
    scores = [record.score for record in records]
    return None if None in scores else sum(score or 0.0 for score in scores)


def format_points(score: float | None) -> str:
    """Return points with at most two decimals, such as 2, 1.5 or 0.33; a dash for None."""
    return "—" if score is None else f"{score:.2f}".rstrip("0").rstrip(".")


def format_percent(share: float | None) -> str:
    """Return a share as whole percent, rounded down, so that only a share of 1 is shown as 100 %."""
    return "—" if share is None else f"{int(share * 100 + 1e-9)} %"


def format_decimal(number: float | None) -> str:
    """Return a number with two decimals; a dash for None."""
    return "—" if number is None else f"{number:.2f}"


def format_signed(number: float | None) -> str:
    """Return a number with its sign and two decimals; a dash for None."""
    return "—" if number is None else f"{number:+.2f}".replace("-", "−")


def sort_key(number: float | None) -> str:
    """Return a number as a text by which the script of the page sorts; None is below every share."""
    return "-9" if number is None else f"{number:.6f}"
