"""Students and their totals, as both kinds of pages show them."""

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
KINDS = ("passed", "partly", "wrong", "silent", "untouched", "fault")
"""What became of a function, as the pages colour it: best first."""


@dataclass(frozen=True, eq=False)
class Person:
    """One student, with the name of the page, which holds nothing of the student's own text; "" is none."""

    result: FinalResult
    page: str

    @property
    def metadata(self) -> SubmissionMetadata:
        """What is known of the student."""
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
        """The student's functions."""
        return self.result.records

    @cached_property
    def score(self) -> float | None:
        """The total as it counts; none when a fault of the grader leaves it open."""
        return self.result.final.score if self.result.final else total(self.records)

    @cached_property
    def maximum(self) -> float:
        """The most that could be had."""
        return sum(record.max_score for record in self.records)

    @property
    def share(self) -> float | None:
        """The part of the maximum that was reached."""
        return None if self.score is None else self.score / self.maximum if self.maximum else 0.0

    @cached_property
    def kinds(self) -> list[str]:
        """What became of every function."""
        return [kind(record) for record in self.records]


def page_of(student: str) -> str:
    """A student's page: a name that says nothing and clashes with none."""
    return f"{STUDENTS}/{sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:20]}.html"


def kind(record: FunctionRecord) -> str:
    """One of KINDS."""
    if record.outcome == "grader_fault":
        return "fault"
    if record.outcome in ("not_attempted", "missing"):
        return "untouched"
    if record.outcome == "passed":
        return "passed"
    if record.score:
        return "partly"
    return "silent" if record.outcome in ("timed_out", "crashed", "refused") else "wrong"


def total(records: Iterable[FunctionRecord]) -> float | None:
    """The points of several functions; none when one of them has none."""
    scores = [record.score for record in records]
    return None if None in scores else sum(score or 0.0 for score in scores)


def points(score: float | None) -> str:
    """Points as a person writes them: 2, 1.5, 0.33, and a dash where there are none."""
    return "—" if score is None else f"{score:.2f}".rstrip("0").rstrip(".")


def percent(share: float | None) -> str:
    """A share in whole percent, rounded down: only what is whole is 100."""
    return "—" if share is None else f"{int(share * 100 + 1e-9)} %"


def decimal(number: float | None) -> str:
    """A number between 0 and 1 as statistics write it."""
    return "—" if number is None else f"{number:.2f}"


def signed(number: float | None) -> str:
    """A correlation or a difference, with its sign."""
    return "—" if number is None else f"{number:+.2f}".replace("-", "−")


def sort_key(number: float | None) -> str:
    """By what the script sorts a number that may be missing."""
    return "-9" if number is None else f"{number:.6f}"
