"""What a target is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.core.errors import UsageError
from grader.core.language import translator
from grader.grading.policy.final_score import Final
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.submission import About


@dataclass(frozen=True)
class StudentResult:
    """One submission with its verdicts.

    `id` is the raw one of results.jsonl. `score` is the one that counts, after lateness and what a person decided; None
    where a fault of the grader leaves it open. `about` is what the place of download said, `human` why a person must
    look, if one must; `final` is there when a policy or a person had a say.
    """

    id: str
    records: tuple[FunctionRecord, ...]
    score: float | None
    maximum: float
    about: About = field(default_factory=About)
    human: str = ""
    final: Final | None = None

    @property
    def name(self) -> str:
        """The name, where it is known."""
        return self.about.name

    @property
    def email(self) -> str:
        """The e-mail address, where it is known."""
        return self.about.email

    @property
    def group(self) -> tuple[str, ...]:
        """The names of all who handed it in together."""
        return self.about.group

    @property
    def faults(self) -> list[FunctionRecord]:
        """The functions that have no score."""
        return [record for record in self.records if self.score_of(record) is None]

    @property
    def _decided(self) -> Mapping[str, float | None]:
        return self.final.scores if self.final else {}

    def score_of(self, record: FunctionRecord) -> float | None:
        """The points of one function: a person's, else the checks'."""
        score = self._decided.get(record.function)
        return record.score if score is None else score

    @property
    def remarks(self) -> list[str]:
        """What lateness cost and what a person wrote, in words for the student."""
        if self.final is None:
            return []
        late = [self.final.why] if self.final.penalty and self.final.why else []
        comments = [f"{function}: {text}" if function else text for function, text in self.final.comments.items()]
        return [*late, *comments]


def _whole(record: FunctionRecord) -> FunctionRecord:
    return record


@dataclass(frozen=True)
class Results:
    """One graded class, in the order of results.jsonl.

    `run` is run.json. `seen` gives of a record what its student may see: whatever reaches a student goes through it.
    """

    students: tuple[StudentResult, ...]
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

    def shown_to(self, student: StudentResult) -> list[FunctionRecord]:
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
            raise UsageError("--into {path}: a file stands there, and this export writes a folder", path=self.into)
        return self.into


@dataclass(frozen=True)
class Exported:
    """The files that were written, whose scores are not in them and why, and what else the instructor must know."""

    files: Sequence[Path]
    notes: Sequence[str] = ()
    left_out: Sequence[str] = ()
