"""Data of an export: the results of a class, the options of `grader export`, and a summary of the written files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from grader.core.errors import UsageError
from grader.core.files.atomic_files import write_atomically
from grader.core.language import translator
from grader.grading.policy.final_score import FinalScore
from grader.grading.policy.hidden_check_visibility import records_with_set_scores
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.people import display_name
from grader.submissions.students.look_alikes import comparison_key, id_key, ids_with_hash
from grader.submissions.submission import SubmissionMetadata


@dataclass(frozen=True)
class StudentResult:
    """The result of one student: the records of all functions, and the final score.

    id: the id in results.jsonl, unchanged.
    score: the score after late penalty and overrides. None for an ungraded or missing submission, unless the policy
        exports such submissions as zero.
    as_zero: True if the policy exports an ungraded or missing submission of this student as zero.
    """

    id: str
    records: tuple[FunctionRecord, ...]
    score: float | None
    final: FinalScore
    metadata: SubmissionMetadata = field(default_factory=SubmissionMetadata)
    as_zero: bool = False

    @property
    def maximum(self) -> float:
        """The sum of the maximum points of all graded functions."""
        return self.final.max_score

    @property
    def review_reason(self) -> str:
        """Why a person must review this result; empty if no review is needed."""
        return self.final.review_reason

    @property
    def is_skipped(self) -> bool:
        """True for a missing submission whose score is not exported."""
        return self.final.missing and self.score is None

    @property
    def name(self) -> str:
        """The name of the student; empty if it is unknown."""
        return self.metadata.name

    @property
    def email(self) -> str:
        """The e-mail address of the student; empty if it is unknown."""
        return self.metadata.email

    @property
    def group(self) -> tuple[str, ...]:
        """The names of all members of the group that submitted together; empty for a single student."""
        return self.metadata.group

    @property
    def ungraded(self) -> list[FunctionRecord]:
        """The records of the functions without a score."""
        return [record for record in self.records if self.function_score(record) is None]

    def function_score(self, record: FunctionRecord) -> float | None:
        """Return the points of a function: those of its override, else those of its checks; None if ungraded."""
        return self.final.scores.get(record.function, record.score)

    @property
    def remarks(self) -> list[str]:
        """Lines for the student: late penalty, comments of the instructor, remarks on files and second tries."""
        late = [self.final.why] if self.final.penalty and self.final.why else []
        comments = [f"{function}: {text}" if function else text for function, text in self.final.comments.items()]
        encodings = dict.fromkeys(record.remark for record in self.records if record.remark)
        return [*late, *comments, *encodings]


def _whole_record(record: FunctionRecord) -> FunctionRecord:
    return record


@dataclass(frozen=True)
class ClassResults:
    """The results of one class, in the order of results.jsonl.

    functions: names of all graded functions.
    run: the content of run.json.
    visible_part: a function that returns a record without the parts that its student may not see. A target whose files
        are read by students must take all records from `visible_records`.
    """

    students: tuple[StudentResult, ...]
    functions: tuple[str, ...]
    run: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"
    visible_part: Callable[[FunctionRecord], FunctionRecord] = _whole_record

    @property
    def tr(self) -> Callable[[str], str]:
        """The function that translates messages into the language of these results."""
        return translator(self.language)

    @cached_property
    def ids_with_hash(self) -> set[str]:
        """The ids that get a hash (`id_hash`): a spreadsheet program changes them, or they look like another id."""
        return ids_with_hash(student.id for student in self.students)

    def label(self, student: StudentResult) -> str:
        """Return the name of a student, with the id if another student has that name; without a name, the id."""
        if student.name and self._names[comparison_key(student.name)] == 1:
            return student.name
        return display_name(student.id, {student.id: student.metadata})

    @cached_property
    def _names(self) -> Counter[str]:
        return Counter(comparison_key(student.name) for student in self.students)

    @cached_property
    def look_alikes(self) -> frozenset[str]:
        """The ids that look like the id of another student."""
        keys = Counter(id_key(student.id) for student in self.students)
        return frozenset(student.id for student in self.students if keys[id_key(student.id)] > 1)

    @property
    def maximum(self) -> float:
        """The highest number of points that any student can reach.

        Students with fewer functions can reach fewer points.
        """
        return max((student.maximum for student in self.students), default=0.0)

    def visible_records(self, student: StudentResult) -> list[FunctionRecord]:
        """Return the records of a student with overrides applied, and without parts that the student may not see."""
        return records_with_set_scores(
            [self.visible_part(record) for record in student.records], student.final, self.language
        )


@dataclass(frozen=True)
class ExportOptions:
    """Options of `grader export`.

    into: `--into`, the file or folder to write.
    template: `--from`, a file that the LMS exported and that the export fills in.
    title: `--title`, the title of the assignment's column.
    collected: a dictionary for `--dry-run`: it receives the files by path, and nothing is written to the disk.
    """

    into: Path
    template: Path | None = None
    title: str = ""
    collected: dict[Path, bytes] | None = None

    def write(self, path: Path, data: bytes) -> None:
        """Write a file of the export, or collect it for `--dry-run`. Raises UsageError if the file cannot be written.

        If writing fails halfway, an existing file stays unchanged.
        """
        if self.collected is None:
            write_atomically(path, data)
        else:
            self.collected[path] = data

    def output_file(self, name: str) -> Path:
        """Return the file to write: `into` if it has the suffix of `name`, else `name` in the folder `into`.

        Raises UsageError if `into` should be a folder and is a file.
        """
        return self.into if self.into.suffix.lower() == Path(name).suffix else self.output_folder() / name

    def output_folder(self) -> Path:
        """Return the folder to write into. Raises UsageError if `into` is a file."""
        if self.into.is_file():
            raise UsageError(
                "--into {path} is a file, but this export writes a folder. Pass a folder with --into", path=self.into
            )
        return self.into


@dataclass(frozen=True)
class ScoreCell:
    """A cell with a score of one student, in a file of an LMS or in an exported file.

    student, name: id and name of the student.
    before, after: text of the cell before and after the export.
    why: why the export does not write the cell; empty if it writes the cell.
    column: name of the function if the file has a cell for each function; else empty.
    """

    student: str
    name: str
    before: str
    after: str
    why: str = ""
    column: str = ""


@dataclass(frozen=True)
class ExportSummary:
    """Summary of an export.

    files: the files that it wrote.
    notes: notes for the instructor.
    unwritten: one line for each score that it did not write.
    cells: all cells for scores, if the target fills in a file of an LMS; else empty.
    withheld: ids of the students whose score was not written. Only a target without `cells` sets it.
    """

    files: Sequence[Path]
    notes: Sequence[str] = ()
    unwritten: Sequence[str] = ()
    cells: Sequence[ScoreCell] = ()
    withheld: Collection[str] = ()

    def students_not_written(self, results: ClassResults) -> frozenset[str]:
        """Return the ids of the students who have a score, but whose score the export did not write."""
        scored = frozenset(student.id for student in results.students if student.score is not None)
        written = {cell.student for cell in self.cells if not cell.why}
        return scored - written if self.cells else scored & frozenset(self.withheld)
