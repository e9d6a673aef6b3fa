"""Students and their totals, as the class page and the student pages show them."""

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
    """A student with the path of their page (empty: no page).

    The path contains no name or id that a student could choose.
    """

    result: FinalResult
    page: str

    @property
    def metadata(self) -> SubmissionMetadata:
        """What the download and the roster say of the student."""
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
        """Remarks on the encodings of the files, each once."""
        return list(dict.fromkeys(record.remark for record in self.records if record.remark))

    @cached_property
    def score(self) -> float | None:
        """The final score; None if it is ungraded or missing, and no override sets it."""
        return self.result.final.score

    @cached_property
    def maximum(self) -> float:
        """The maximum points of all graded functions."""
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
    """Return the points of several functions together; None if one of them is ungraded."""
    scores = [record.score for record in records]
    return None if None in scores else sum(score or 0.0 for score in scores)


def format_points(score: float | None) -> str:
    """Return points as people write them: 2, 1.5, 0.33, or a dash if there are none."""
    return "—" if score is None else f"{score:.2f}".rstrip("0").rstrip(".")


def format_percent(share: float | None) -> str:
    """Return a share in whole percent, rounded down, so that only 1 is 100 %."""
    return "—" if share is None else f"{int(share * 100 + 1e-9)} %"


def format_decimal(number: float | None) -> str:
    """Return a number between 0 and 1 with two decimals."""
    return "—" if number is None else f"{number:.2f}"


def format_signed(number: float | None) -> str:
    """Return a correlation or a difference with its sign."""
    return "—" if number is None else f"{number:+.2f}".replace("-", "−")


def sort_key(number: float | None) -> str:
    """Return the text by which the page's script sorts a number or None."""
    return "-9" if number is None else f"{number:.6f}"
