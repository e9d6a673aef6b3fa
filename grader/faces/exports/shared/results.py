"""What a target is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.core.errors import UsageError
from grader.core.language import translator
from grader.judge.record import FunctionRecord


@dataclass(frozen=True)
class Student:
    """One submission with its verdicts.

    `id` is the raw one of results.jsonl. `score` is the final one, after whatever the policy does; None where a fault
    of the grader leaves it open. `group` are the names of all who handed it in together. `human` says why a person
    must look, if one must. `late` and `submitted` are what the place of download said.
    """

    id: str
    records: tuple[FunctionRecord, ...]
    score: float | None
    maximum: float
    name: str = ""
    email: str = ""
    group: tuple[str, ...] = ()
    human: str = ""
    late: bool = False
    submitted: str = ""

    @property
    def faults(self) -> list[FunctionRecord]:
        """The functions that have no score."""
        return [record for record in self.records if record.score is None]


def _whole(record: FunctionRecord) -> FunctionRecord:
    return record


@dataclass(frozen=True)
class Results:
    """One graded class, in the order of results.jsonl.

    `run` is run.json. `seen` gives of a record what its student may see: whatever reaches a student goes through it.
    """

    students: tuple[Student, ...]
    functions: tuple[str, ...]
    run: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"
    seen: Callable[[FunctionRecord], FunctionRecord] = _whole

    @property
    def tr(self) -> Callable[[str], str]:
        """The grader's own words in the language of these results."""
        return translator(self.language)

    @property
    def maximum(self) -> float:
        """The points that the whole selection is worth."""
        return max((student.maximum for student in self.students), default=0.0)

    def shown_to(self, student: Student) -> list[FunctionRecord]:
        """The records of a student as that student may see them."""
        return [self.seen(record) for record in student.records]


@dataclass(frozen=True)
class Order:
    """Where an export goes, and what it starts from: `template` is a file that the LMS gave, `title` a column in it."""

    into: Path
    template: Path | None = None
    title: str = ""

    def file(self, name: str) -> Path:
        """The one file to write: `into` itself where it ends like `name`, else that name in the folder `into`."""
        return self.into if self.into.suffix.lower() == Path(name).suffix else self.folder() / name

    def folder(self) -> Path:
        """The folder to write into. Raises UsageError where a file stands there."""
        if self.into.is_file():
            raise UsageError(f"--into {self.into}: a file stands there, and this export writes a folder")
        return self.into


@dataclass(frozen=True)
class Exported:
    """The files that were written, and what the instructor must know; nothing that was left out goes unsaid."""

    files: Sequence[Path]
    notes: Sequence[str] = ()
